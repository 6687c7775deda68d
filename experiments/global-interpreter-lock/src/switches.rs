//! The third question: what does it cost CPython to hand its lock over?

use std::hint::black_box;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use lab::python::{self, Python};
use lab::work::square_roots;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, median};
use rustix::time::{ClockId, clock_gettime};

use crate::cpython::{self, Way};

/// What does it cost CPython to hand its lock over?
///
/// Two threads compute, and the lock changes hands between them. The shorter the switch interval, the more often it does.
#[derive(clap::Args)]
pub struct Switches {
    /// Let the two threads take this many square roots; in Rust, ten times as many
    #[arg(long, value_name = "N", default_value = "400000")]
    roots: Whole<2000, 40_000_000>,

    /// Measure in this many rounds, each with one thread and with two, and show the median
    #[arg(long, value_name = "N", default_value = "7")]
    rounds: Whole<1, 1000>,

    /// Use this Python interpreter; by default the newest with a lock, from the PATH and from pyenv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

/// On all cores, and on one core, if a process can be bound to one here.
const IN_PYTHON: &[Way] = &[
    ("python-cores", "all"),
    #[cfg(target_os = "linux")]
    ("python-one-core", "one"),
];

/// The switch intervals, in microseconds: ten times the default, the default, a tenth of it.
const INTERVALS: [u64; 3] = [50_000, 5000, 500];

/// What a row shows: CPython with an interval and some cores, or one thread of Rust.
pub enum What {
    Python(Python, &'static str, Duration),
    RustAlone,
}

/// What the rounds showed.
pub struct Found {
    hand_overs: f64,
    waits: f64,
    times: f64,
    cpu: f64,
    alone: f64,
}

impl Question for Switches {
    const NAME: &str = "switches";
    const SHOWN: &str = "the costs were measured; no cost is judged";
    const EXAMPLES: &str = "cargo run -p global-interpreter-lock -- switches
        cargo run -p global-interpreter-lock -- switches --rounds 50        # less depends on chance";
    const DRAWS: bool = false;
    type Given = What;
    type Run = Found;

    fn variants() -> Vec<&'static str> {
        IN_PYTHON.iter().map(|(name, _)| *name).chain(["rust-alone"]).collect()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<What>>> {
        let mut cases = Vec::new();
        let names: Vec<_> = IN_PYTHON.iter().map(|(name, _)| *name).collect();
        for (python, names) in
            python::can_show(self.python.as_deref(), &names, chosen, report)?
        {
            for name in names {
                let cores = cpython::function(IN_PYTHON, name);
                cases.extend(INTERVALS.map(|interval| {
                    let what = What::Python(
                        python.clone(),
                        cores,
                        Duration::from_micros(interval),
                    );
                    Case::new(name, interval, what)
                }));
            }
        }
        cases.push(Case::new("rust-alone", 1, What::RustAlone));
        Ok(cases)
    }

    fn run(&self, case: &Case<What>) -> io::Result<Found> {
        let (roots, rounds) = (self.roots.0, self.rounds.0);
        let What::Python(python, cores, interval) = &case.given else {
            return Ok(alone(10 * roots, rounds));
        };
        let rounds = cpython::switches(python, [roots, rounds], *interval, cores)?;
        let of_two =
            |which: usize| median(rounds.iter().map(|[_, two]| two[which]));
        let proportion = |which: usize| {
            median(rounds.iter().map(|[one, two]| two[which] / one[which]))
        };
        let alone = spread(rounds.iter().map(|[one, _]| one[1]));
        Ok(Found {
            hand_overs: of_two(2),
            waits: of_two(3),
            times: proportion(0),
            cpu: proportion(1),
            alone,
        })
    }

    fn tell(&self, case: &Case<What>, runs: &[Found], row: &mut Row<'_>) {
        let Found { hand_overs, waits, times, cpu, alone } = &runs[0];
        match &case.given {
            What::Python(python, _, interval) => {
                row.ran_on(Some(&python.about.to_string()));
                row.words(
                    "interval",
                    format!("{} ms", interval.as_secs_f64() * 1e3),
                );
            }
            What::RustAlone => row.words("interval", "–"),
        }
        row.number("handed-over", "hand-overs", *hand_overs);
        row.number("waits", "waits", *waits);
        row.number_in("alone", "alone-spread", "times", *alone);
        row.number_in("computing", "of-one-thread", "times", *times);
        row.number_in("CPU time", "cpu-of-one-thread", "times", *cpu);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let is_python =
            |done: &Done<Self>| matches!(done.case.given, What::Python(..));
        if done.iter().any(is_python) {
            report.say(
                "The column handed over counts how often the lock went from one thread to the other, and waits how often a thread gave its \
                 CPU up to wait, by the kernel's count. The columns computing and CPU time compare two threads with one thread that does \
                 the work of both: 1.00 is the same.",
            );
        }
        if !done.is_empty() {
            report.say(
                "The column alone compares the slowest round of one thread with its fastest, in CPU time. That is how much \
                 the same computing varies without any hand-over.",
            );
        }
    }
}

/// One thread in Rust, which has no lock to hand over.
fn alone(roots: u64, rounds: u64) -> Found {
    let took = (0..rounds).map(|_| {
        let before = cpu_time();
        black_box(square_roots(0..roots));
        (cpu_time() - before).as_secs_f64()
    });
    Found {
        hand_overs: f64::NAN,
        waits: f64::NAN,
        times: f64::NAN,
        cpu: f64::NAN,
        alone: spread(took),
    }
}

/// How long the calling thread has had a CPU. We don't ask getrusage(2), which counts a thread's time only up to the kernel's
/// last tick, and a round takes few ticks. Source: clock_gettime(2).
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many times as long the longest took as the shortest.
fn spread(took: impl Iterator<Item = f64>) -> f64 {
    let (least, most) = took
        .fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), took| {
            (least.min(took), most.max(took))
        });
    most / least
}
