//! The first question: how long does the same work take on the engine, and from how many cores on does the engine pay?

use std::io;
use std::time::{Duration, Instant};

use beyond_one_machine::cluster::{self, Run, Task};
use beyond_one_machine::{WORKS, Work};
use lab::trace::{Event, State};
use lab::{
    Case, Chosen, Done, Question, Report, Row, Whole, Workers, machine, median,
};

/// How many cores does a distributed engine need to beat one plain thread?
#[derive(clap::Args)]
pub struct Cost {
    /// Measure in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 1000>,

    /// Compute a picture of this many rows
    #[arg(long, value_name = "N", default_value_t = Whole(WORKS[0].size))]
    rows: Whole<1, 4_000, usize>,

    /// Count each node's edges in a graph of this many edges
    #[arg(long, value_name = "N", default_value_t = Whole(WORKS[1].size))]
    edges: Whole<1, 1_000_000_000, usize>,
}

/// The workers that do the work.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    OneThread,
    Threads,
    Processes,
}

/// A task, and how many workers of which kind do it.
pub struct Given {
    task: Task,
    who: Who,
    workers: usize,
    /// Whether this is the greatest number of workers. In the timeline, its group has the variant's name.
    is_most: bool,
}

/// How many cores the projection goes up to.
const FAR: usize = 64;

impl Question for Cost {
    const NAME: &str = "cost";
    const SHOWN: &str = "every way came to the same result as one plain thread";
    const EXAMPLES: &str = "cargo run -p beyond-one-machine
        cargo run -p beyond-one-machine -- --variant degrees-timely-processes --workers 4
        cargo run -p beyond-one-machine -- own-start    # the engine connects its processes itself
        cargo run -p beyond-one-machine -- kill         # one of two processes dies
        cargo run -p beyond-one-machine --example hosts -- --help   # several hosts";
    /// Each process has two threads for each of its peers. With this many processes that is bearable.
    const WORKERS: Option<Workers> = Some(Workers {
        least: 1,
        most: 8,
        default: None,
        help: "Run the engine on up to this many threads, and on up to as many processes; by default as many as CPUs, from 2 to 8",
    });
    type Given = Given;
    type Run = Run;

    fn variants() -> Vec<&'static str> {
        WORKS.iter().flat_map(|work| work.variants).collect()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let mut cases = Vec::new();
        for (work, size) in WORKS.into_iter().zip([self.rows.0, self.edges.0]) {
            for (variant, who) in work.variants.into_iter().zip([
                Who::OneThread,
                Who::Threads,
                Who::Processes,
            ]) {
                let counts = if who == Who::OneThread {
                    vec![1]
                } else {
                    counts(chosen.workers)
                };
                let most = counts[counts.len() - 1];
                let given = |workers| Given {
                    task: Task { work, size },
                    who,
                    workers,
                    is_most: workers == most,
                };
                cases.extend(
                    counts
                        .into_iter()
                        .map(|workers| Case::new(variant, workers, given(workers))),
                );
            }
        }
        Ok(cases)
    }

    fn rounds(&self) -> u64 {
        self.rounds.0
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Run> {
        let Given { task, who, workers, .. } = case.given;
        match who {
            Who::OneThread => Ok(plain(task)),
            Who::Threads => cluster::threads(task, workers),
            Who::Processes => cluster::processes(task, workers),
        }
    }

    fn compare(
        &self,
        Done { case, runs }: &Done<Self>,
        all: &[Done<Self>],
        row: &mut Row<'_>,
    ) {
        let (given, work) = (&case.given, case.given.task.work);
        let plain = all
            .iter()
            .find(|done| done.case.variant == work.variants[0])
            .map(|done| &done.runs[..]);
        row.words("workers", &case.parameter);
        // One plain thread has nothing to start and nothing to end.
        let more = |of: fn(&Run) -> Duration| {
            if given.who == Who::OneThread { f64::NAN } else { middle(runs, of) }
        };
        row.number("start-up", "ns", more(|run| run.start_up));
        row.number("work", "ns", middle(runs, |run| run.work));
        row.number("end", "ns", more(|run| run.end));
        row.aside("elapsed", "ns", middle(runs, Run::elapsed));
        row.aside("result", "results", runs[0].total as f64);
        if let Some(plain) = plain {
            row.number("speed-up", "times", against(plain, runs, Run::elapsed));
            row.aside(
                "work-speed-up",
                "times",
                against(plain, runs, |run| run.work),
            );
        }
        let right = plain.unwrap_or(runs)[0].total;
        if runs.iter().any(|run| run.total != right) {
            row.wrong();
        }
        timeline(case, &runs[runs.len() - 1], row);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say(
                "The work called rows computes a picture, and degrees counts each node's edges in a graph. The column speed up compares with one \
                 plain thread, start-up and end included.",
            );
        }
        for work in WORKS {
            let of_it: Vec<&Done<Self>> = done
                .iter()
                .filter(|done| work.variants.contains(&done.case.variant))
                .collect();
            project(&work, &of_it, report);
        }
        if machine::usable_cpus() == 1 {
            report
                .say("On one CPU the workers take turns, however many there are.");
        }
    }
}

/// One plain thread, with nothing to start and nothing to end.
fn plain(task: Task) -> Run {
    let started = Instant::now();
    let total = (task.work.plain)(task.size);
    let (start_up, end) = (Duration::ZERO, Duration::ZERO);
    Run { total, start_up, work: started.elapsed(), end, processes: Vec::new() }
}

/// 1, 2, 4 workers and so on, and as many as were asked for.
fn counts(workers: usize) -> Vec<usize> {
    (0..)
        .map(|power| 1 << power)
        .take_while(|count| *count < workers)
        .chain([workers])
        .collect()
}

/// The median over the runs, in nanoseconds.
fn middle(runs: &[Run], of: fn(&Run) -> Duration) -> f64 {
    median(runs.iter().map(|run| of(run).as_nanos() as f64))
}

/// How many times as fast as one plain thread it was: the median over the rounds, each of which had both.
fn against(plain: &[Run], runs: &[Run], of: fn(&Run) -> Duration) -> f64 {
    median(speed_ups(plain, runs, of))
}

fn speed_ups(
    plain: &[Run],
    runs: &[Run],
    of: fn(&Run) -> Duration,
) -> impl Iterator<Item = f64> {
    plain.iter().zip(runs).map(move |(plain, run)| {
        of(plain).as_nanos() as f64 / of(run).as_nanos().max(1) as f64
    })
}

/// Tells what more cores would bring by Amdahl's law. This is a projection and no measurement. Source: G. M. Amdahl,
/// *Validity of the single processor approach to achieving large scale computing capabilities*, AFIPS 1967.
fn project(work: &Work, done: &[&Done<Cost>], report: &mut Report) {
    let name = format!("{}-projection", work.name);
    let plain = done.iter().find(|done| done.case.given.who == Who::OneThread);
    let processes =
        || done.iter().filter(|done| done.case.given.who == Who::Processes);
    // Processes that had to take turns on a core tell nothing about more cores.
    let on_own_cores =
        processes().rfind(|done| done.case.given.workers <= machine::usable_cpus());
    let (Some(plain), Some(most)) = (plain, on_own_cores) else { return };
    let (one, most, workers) =
        (&plain.runs[..], &most.runs[..], most.case.given.workers);
    // Start-up and end can't be shared out. All workers' work can, as if nothing were lost by it. Both numbers stand in the
    // table, so that a reader can work out the share.
    let projected = |plain: &[Run], runs: &[Run]| {
        let serial = middle(runs, |run| run.start_up) + middle(runs, |run| run.end);
        let (plain, shared) = (
            middle(plain, Run::elapsed),
            middle(runs, |run| run.work) * workers as f64,
        );
        (serial / (serial + shared), move |workers: usize| {
            plain / (serial + shared / workers as f64)
        })
    };
    let (share, speed_up) = projected(one, most);
    for workers in [workers]
        .into_iter()
        .chain(counts(FAR).into_iter().filter(|further| *further > workers))
    {
        report.outcome(&name, workers, "speed-up", "times", speed_up(workers));
    }
    report.outcome(&name, FAR, "serial-share", "%", 100.0 * share);
    // Each round projects another number, and a single one would look as if it were known. Numbers of processes that were
    // measured aren't projected.
    let catch_up = one.chunks(1).zip(most.chunks(1)).map(|(one, most)| {
        let (_, speed_up) = projected(one, most);
        (workers + 1..=FAR)
            .find(|workers| speed_up(*workers) > 1.0)
            .unwrap_or(FAR + 1)
    });
    // A single process does what the thread does, and runs the engine as well, so it is faster only by chance.
    let is_faster = |done: &Done<Cost>| {
        speed_ups(one, &done.runs, Run::elapsed).map(|times| times > 1.0).collect()
    };
    let more = processes().filter(|done| done.case.given.workers > 1);
    let measured: Vec<(usize, Vec<bool>)> =
        more.map(|done| (done.case.given.workers, is_faster(done))).collect();
    let always = measured.iter().find(|(_, faster)| !faster.contains(&false));
    let sometimes = measured.iter().find(|(_, faster)| faster.contains(&true));
    let pays = match (always, sometimes) {
        (Some((workers, _)), _) => {
            format!("In every round, {} beat one plain thread", plural(*workers))
        }
        (None, Some((workers, _))) => {
            format!(
                "The rounds don't settle whether {} beat one plain thread",
                plural(*workers)
            )
        }
        (None, None) => {
            let fewest = match (catch_up.clone().min(), catch_up.max()) {
                (Some(least), _) if least > FAR => format!("more than {FAR}"),
                (Some(least), Some(greatest)) if greatest > FAR => {
                    format!("{least} or more")
                }
                (Some(least), Some(greatest)) if greatest > least => {
                    format!("{least} to {greatest}")
                }
                (least, _) => least.unwrap_or(FAR).to_string(),
            };
            format!(
                "By Amdahl's law and this run's rounds, it would take {fewest} processes to beat one plain thread"
            )
        }
    };
    let (name, share, what) = (work.name, 100.0 * share, plural(workers));
    report.say_of_times(format!(
        "{name}: start-up and end can't be shared out, and are {share:.1} % of the time of {what}. {pays}."
    ));
}

fn plural(processes: usize) -> String {
    if processes == 1 {
        "one process".to_owned()
    } else {
        format!("{processes} processes")
    }
}

/// Draws a run: start-up, work and end of each process.
fn timeline(case: &Case<Given>, run: &Run, row: &mut Row<'_>) {
    let Given { who, workers, is_most, .. } = case.given;
    let group = if is_most {
        case.name.clone()
    } else {
        format!("{}, {workers}", case.name)
    };
    let ended = run.elapsed().as_nanos() as u64;
    let event = |state, name: &str, start, end| Event {
        state,
        name: name.to_owned(),
        start,
        end,
    };
    let mut rows: Vec<(String, Vec<Event>)> = Vec::new();
    for (number, [ready, done]) in run.processes.iter().copied().enumerate() {
        let (starts, ends) = (
            event(State::Waits, "starts", 0, ready),
            event(State::Waits, "ends", done, ended),
        );
        rows.push((
            format!("process {number}"),
            vec![starts, event(State::Runs, "works", ready, done), ends],
        ));
    }
    if who == Who::OneThread {
        rows.push((
            "thread".to_owned(),
            vec![event(State::Runs, "works", 0, ended)],
        ));
    }
    row.timeline(&group, &rows);
}
