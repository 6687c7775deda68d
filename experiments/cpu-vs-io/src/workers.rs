//! The second question: how much faster is computing with more workers?

use std::io;
use std::iter;

use cpu_vs_io::server::raise_descriptors;
use cpu_vs_io::{Job, ROOTS, VARIANTS, Work};
use lab::report::{shown, thousands};
use lab::{
    Case, Chosen, Done, Question, Report, Row, Usage, Whole, Workers, machine,
};

use crate::measured::{self, Given, SERIAL, measured};

/// How much faster is computing with more workers?
#[derive(clap::Args)]
pub struct OverWorkers {
    /// Compute only this: square roots, or rows of a picture; by default both
    #[arg(long, value_name = "WORK", value_parser = WORKS.map(|(name, ..)| name))]
    work: Option<String>,

    /// Measure in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 100>,
}

/// What is computed, what a task is, and how many tasks there are. A task of `roots` is what the texts give a worker, and 8
/// workers get 3 of the 24 tasks each. The rows are so many and so long that starting a process takes little beside its share.
const WORKS: [(&str, Work, u32); 2] =
    [("roots", Work::Roots(ROOTS), 24), ("rows", Work::Row(640), 640)];

/// What rayon is called here, since its pool has a thread for each worker. Elsewhere the pool has a thread for each CPU.
const RAYON_WORKERS: &str = "rayon-workers";

impl Question for OverWorkers {
    const NAME: &str = "workers";
    const SHOWN: &str = "every number of workers came to the same sum";
    const EXAMPLES: &str = "cargo run -p cpu-vs-io -- workers
        cargo run -p cpu-vs-io -- workers --workers 4 --work roots";
    const WORKERS: Option<Workers> = Some(Workers {
        help: "Compute with 1, 2, 4 and so on, up to 4 times this many workers, but at most 1024; by default as many as CPUs, at least 2",
        ..Workers::ANY
    });
    measured!();

    fn variants() -> Vec<&'static str> {
        vec![SERIAL, "threads", "processes", "programs", "rayon"]
    }

    fn other_names() -> Vec<[&'static str; 2]> {
        vec![[RAYON_WORKERS, "rayon"]]
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
                    cases.push(match variant.name {
                        "rayon" => {
                            Case::new("rayon", workers, given).named(RAYON_WORKERS)
                        }
                        name => Case::new(name, workers, given),
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
        row.words("workers", thousands(u64::from(*workers)));
        let mut switches = |header, metric, count: fn(&Usage) -> u64| {
            let metric = format!("{work}-{metric}");
            row.number_in(
                header,
                &metric,
                "switches",
                measured::of(&done.runs, |took| count(&took.used) as f64),
            );
        };
        switches("stopped", "was-stopped", |used| used.involuntary);
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
        if done.is_empty() {
            return;
        }
        let [(_, _, roots), (_, _, rows)] = WORKS;
        report.say(format!(
            "The work called roots is {roots} tasks of {} square roots, and rows are the {rows} rows of a picture of the Mandelbrot \
             set. The column stopped counts how often the kernel took the CPU from a worker, and the column gave way how often a \
             worker gave it up. The column speed up compares with serial, which does one task after the other.",
            thousands(ROOTS)
        ));
        report.say_of_times(format!(
            "On {cpus}, no number of workers is more than {} times as fast as serial.",
            shown(most, "times")
        ));
    }
}
