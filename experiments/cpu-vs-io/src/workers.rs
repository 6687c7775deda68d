//! The second question: how much faster is computing with more workers?

use std::io;
use std::iter;

use cpu_vs_io::server::raise_descriptors;
use cpu_vs_io::{Job, ROOTS, VARIANTS, Work};
use lab::report::shown;
use lab::{
    Case, Chosen, Done, Question, Report, Row, Usage, Whole, Workers, machine,
};

use crate::measured::{self, Given, SERIAL, measured};

/// How many times as fast is computing with more workers?
#[derive(clap::Args)]
pub struct OverWorkers {
    /// What to compute; by default both
    #[arg(long, value_name = "WORK", value_parser = WORKS.map(|(name, ..)| name))]
    work: Option<String>,

    /// How many rounds; the median of their times is shown
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 100>,
}

/// What is computed, what a task of it is, and how many there are. So many roots as the texts give a worker, 24 times: 8
/// workers get 3 each. So many rows of so many points that the start of a process is little against its share.
const WORKS: [(&str, Work, u32); 2] =
    [("roots", Work::Roots(ROOTS), 24), ("rows", Work::Row(640), 640)];

impl Question for OverWorkers {
    const NAME: &str = "workers";
    const SHOWN: &str = "every number of workers came to the same sum";
    const EXAMPLES: &str = "cargo run -p cpu-vs-io -- workers
        cargo run -p cpu-vs-io -- workers --workers 4 --work roots";
    const WORKERS: Option<Workers> = Some(Workers {
        help: "A quarter of the most workers, which are at most 1024; by default as many as CPUs, at least 2",
        ..Workers::ANY
    });
    measured!();

    fn variants() -> Vec<&'static str> {
        vec![SERIAL, "threads", "processes", "programs", "rayon"]
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        // A process takes a pipe while it runs.
        raise_descriptors()?;
        let most = (4 * workers).min(Workers::MOST) as u32;
        let counts = || {
            iter::successors(Some(1), |count| Some(2 * count))
                .take_while(|count| *count <= most)
        };
        let mut cases = Vec::new();
        measured::wake_all_cpus();
        for (name, work, tasks) in WORKS
            .into_iter()
            .filter(|work| self.work.as_deref().is_none_or(|only| only == work.0))
        {
            for variant in VARIANTS
                .into_iter()
                .filter(|variant| Self::variants().contains(&variant.name))
            {
                for workers in counts()
                    .filter(|workers| variant.name != SERIAL || *workers == 1)
                {
                    let job = Job { work, tasks, workers };
                    let given =
                        Given { variant, work: name, job, often: 1, server: None };
                    let case = Case::new(variant.name, workers, given);
                    // Elsewhere its pool has a thread for each CPU.
                    cases.push(if variant.name == "rayon" {
                        case.named("rayon-workers")
                    } else {
                        case
                    });
                }
            }
            for workers in counts() {
                let ideal = machine::usable_cpus().min(workers as usize) as f64;
                report.outcome(
                    "ideal",
                    workers,
                    &format!("{name}-speed-up"),
                    "times",
                    ideal,
                );
            }
        }
        Ok(cases)
    }

    fn compare(&self, done: &Done<Self>, all: &[Done<Self>], row: &mut Row<'_>) {
        let Given { work, job: Job { workers, .. }, .. } = &done.case.given;
        row.words("work", *work);
        row.words("workers", workers.to_string());
        let mut switches = |header, metric, count: fn(&Usage) -> u64| {
            let metric = format!("{work}-{metric}");
            row.number_in(
                header,
                &metric,
                "switches",
                measured::of(&done.runs, |took| count(&took.used) as f64),
            );
        };
        switches("was stopped", "was-stopped", |used| used.involuntary);
        switches("gave way", "gave-way", |used| used.voluntary);
        let cpu = measured::of(&done.runs, |took| took.used.cpu.as_nanos() as f64);
        row.number_in("CPU time", &format!("{work}-cpu"), "ns", cpu);
        let share = measured::of(&done.runs, |took| {
            took.used.cpu.as_secs_f64() / took.elapsed.as_secs_f64()
        });
        row.aside(
            &format!("{work}-share-of-a-cpu"),
            "%",
            100.0 * share / f64::from(*workers),
        );
        measured::tell(done, all, &format!("{work}-"), row);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let most = done
            .iter()
            .map(|one| measured::speed_up(one, done))
            .fold(0.0, f64::max);
        let cpus = match machine::usable_cpus() {
            1 => "one usable CPU".to_owned(),
            cpus => format!("{cpus} usable CPUs"),
        };
        report.say_of_times(format!(
            "With {cpus}, on which the kernel places all workers freely, the most that any number of them brought is {} times \
             the speed of one after the other.",
            shown(most, "times")
        ));
    }
}
