//! The first question: what overlaps under a global interpreter lock, what is late, and what is lost?

use std::cell::OnceCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use global_interpreter_lock::{
    COUNTINGS, Counting, Turns, VARIANTS, Variant, Work,
};
use lab::python::{self, Python};
use lab::report::{shown, thousands};
use lab::trace::{Event, State};
use lab::{
    Case, Chosen, Done, Question, Report, Row, Span, Whole, Workers, machine,
    median,
};

use crate::cpython::{self, Took, Way};

/// What overlaps under a global interpreter lock, what is late, and what is lost?
///
/// The column `computing` compares how long all workers compute at once with how long one thread takes for all of their work.
/// 1.00 means just as long, and 0.50 means half as long. The time to start the workers counts, too. The column `waiting` is the
/// same for workers that wait. The column `late` tells how late a thread comes back from a wait while another
/// thread computes; it is the median. The column `lost` counts how many of all workers' additions to a counter are missing in
/// the end.
#[derive(clap::Args)]
pub struct Overlap {
    /// Let each worker take this many square roots; in CPython, which is slower, a fifth of them
    #[arg(long, value_name = "N", default_value = "4000000")]
    roots: Whole<1000, 40_000_000>,

    /// Let each worker wait for this many milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value = "20")]
    wait: Whole<1, 1000>,

    /// Measure in this many rounds, each with one thread and with all workers at once, and show the median
    #[arg(long, value_name = "N", default_value = "5")]
    rounds: Whole<1, 100>,

    /// Use this Python interpreter; by default the newest with a lock and the newest without, from the PATH and from pyenv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

/// How many square roots Rust takes for each that CPython takes.
const SLOWER: u64 = 5;

/// How often a thread waits beside a computing thread, each time for how long, and how many of the waits the timeline shows.
const WAITS: usize = 41;
const PAUSE: Duration = Duration::from_millis(2);
const DRAWN: usize = 4;

/// How often each thread adds one: in Rust, and in CPython, where this must take longer than some switch intervals.
const INCREMENTS: [u64; 2] = [20_000, 500_000];

/// What CPython shows of shared work, and of a counter: the variants, with the functions of `work.py` and `count.py`.
const SHARED_IN_PYTHON: [Way; 6] = [
    ("python-threads", "threads"),
    ("python-fork", "fork"),
    ("python-spawn", "spawn"),
    ("python-subinterpreters", "subinterpreters"),
    ("python-free-threads", "threads"),
    ("python-free-fork", "fork"),
];
const COUNTED_IN_PYTHON: [Way; 3] = [
    ("python-plain", "plain"),
    ("python-call-inside", "call_inside"),
    ("python-own-lock", "own_lock"),
];

/// A variant, by this many workers.
pub struct Given {
    workers: usize,
    what: What,
}

enum What {
    Shares(Variant),
    Counts(Counting),
    PythonShares(Rc<Interpreter>, &'static str),
    PythonCounts(Rc<Interpreter>, &'static str),
}

/// An interpreter, the ways in which it should share the work, and what they took, once it has tried all of them.
pub struct Interpreter {
    python: Python,
    ways: Vec<&'static str>,
    took: OnceCell<Result<[Took; 2], String>>,
}

/// What a variant showed. Whatever it doesn't show is not a number.
pub struct Found {
    /// How long a square root took on one thread, in nanoseconds.
    serially: f64,
    /// The same in the same CPython built with the lock, where this one is built without.
    with_lock: f64,
    /// How many times as long all workers took as one thread, for computing and for waiting.
    times: [f64; 2],
    /// How late a thread was, in nanoseconds.
    late: f64,
    /// How many additions were lost, and how many were made.
    lost: [f64; 2],
    /// The turns of the workers that computed at once; and the turns of a thread that computed, with one beside it that waited.
    turns: [Turns; 2],
}

const NOTHING: Found = Found {
    serially: f64::NAN,
    with_lock: f64::NAN,
    times: [f64::NAN; 2],
    late: f64::NAN,
    lost: [f64::NAN; 2],
    turns: [const { Vec::new() }; 2],
};

impl Question for Overlap {
    const NAME: &str = "overlap";
    const SHOWN: &str = "additions were lost where they must be, and not where a lock or the order of steps prevents it; no time is judged";
    const EXAMPLES: &str = "cargo run -p global-interpreter-lock
        cargo run -p global-interpreter-lock -- --python /usr/bin/python3.13
        taskset -c 0 cargo run -p global-interpreter-lock        # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        least: 2,
        most: 8,
        default: Some(2),
        help: "Let this many workers do the same work",
    });
    type Given = Given;
    type Run = Found;

    fn variants() -> Vec<&'static str> {
        let shared = VARIANTS
            .map(|variant| variant.name)
            .into_iter()
            .chain(SHARED_IN_PYTHON.map(|(name, _)| name));
        let counted = COUNTINGS
            .map(|counting| counting.name)
            .into_iter()
            .chain(COUNTED_IN_PYTHON.map(|(name, _)| name));
        shared.chain(counted).collect()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let mut all = self.in_python(chosen, report)?;
        all.extend(VARIANTS.map(|variant| (variant.name, What::Shares(variant))));
        all.extend(
            COUNTINGS.map(|counting| (counting.name, What::Counts(counting))),
        );
        all.sort_by_key(|(name, _)| {
            Self::variants().iter().position(|other| other == name)
        });
        let workers = chosen.workers;
        Ok(all
            .into_iter()
            .map(|(name, what)| Case::new(name, workers, Given { workers, what }))
            .collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Found> {
        let workers = case.given.workers;
        let lost = |counted: io::Result<u64>, each: u64| {
            let all = workers as u64 * each;
            Ok(Found {
                lost: [all.saturating_sub(counted?) as f64, all as f64],
                ..NOTHING
            })
        };
        match &case.given.what {
            What::Shares(variant) => self.shared(workers, variant),
            What::Counts(counting) => {
                lost((counting.count)(workers, INCREMENTS[0]), INCREMENTS[0])
            }
            What::PythonShares(shared, way) => {
                self.shared_in_python(workers, shared, way)
            }
            What::PythonCounts(of, way) => lost(
                cpython::count(&of.python, workers, INCREMENTS[1], way),
                INCREMENTS[1],
            ),
        }
    }

    fn tell(&self, case: &Case<Given>, runs: &[Found], row: &mut Row<'_>) {
        let Found {
            times: [compute, wait],
            late,
            lost: [lost, all],
            turns: [turns, beside],
            ..
        } = &runs[0];
        if let What::PythonShares(of, _) | What::PythonCounts(of, _) =
            &case.given.what
        {
            row.ran_on(Some(&of.python.about.to_string()));
        }
        row.number("lost", "updates", *lost);
        row.aside("share-lost", "%", 100.0 * lost / all);
        // A single thread computes here, however many workers there are elsewhere.
        row.at(1);
        row.number("late", "ns", *late);
        row.at(case.given.workers);
        row.number_in("waiting", "wait", "times", *wait);
        row.number_in("computing", "compute", "times", *compute);
        if compute.is_nan() {
            row.bar(0.0);
        }
        match case.given.what {
            What::Counts(Counting { loses, .. }) if (*lost > 0.0) != loses => {
                row.wrong();
            }
            What::PythonCounts(_, "own_lock") if *lost > 0.0 => row.wrong(),
            _ => {}
        }
        // Only workers with a lock take turns.
        if case.name.starts_with("gil") && !turns.is_empty() {
            let has =
                |turns: &[Span]| Event::each(State::Runs, "has the lock", turns);
            let rows = turns
                .iter()
                .enumerate()
                .map(|(number, turns)| (format!("worker {number}"), has(turns)));
            row.timeline(&case.name, &rows.collect::<Vec<_>>());
            if let [computes, waits] = &beside[..] {
                let waits = &waits[..DRAWN.min(waits.len())];
                let until = waits.last().map_or(0, |last| last.end);
                let computes: Vec<Span> = computes
                    .iter()
                    .copied()
                    .filter(|turn| turn.start < until)
                    .collect();
                let wants = Event::each(State::Waits, "wants the lock", waits);
                row.timeline(
                    "gil-late",
                    &[
                        ("computes".to_owned(), has(&computes)),
                        ("waits".to_owned(), wants),
                    ],
                );
            }
        }
    }

    /// What a single thread pays: the time of a square root under our lock, compared with Rust without a lock; and in CPython
    /// without its lock, compared with the same CPython with it.
    fn compare(&self, done: &Done<Self>, all: &[Done<Self>], row: &mut Row<'_>) {
        let serially = |name: &str| {
            let done = all.iter().find(|done| done.case.name == name);
            done.map_or(f64::NAN, |done| done.runs[0].serially)
        };
        let Found { serially: this, with_lock, .. } = &done.runs[0];
        let other = match &done.case.name[..] {
            "gil-threads" => serially("rust-threads"),
            _ => *with_lock,
        };
        self.tell(&done.case, &done.runs, row);
        row.aside("one-thread", "times", this / other);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if let Some(Done { runs, .. }) =
            done.iter().find(|done| done.case.name == COUNTINGS[0].name)
        {
            let lost = thousands(runs[0].lost[0] as u64);
            report.say(format!(
                "In the variant gil-switch-inside, the interpreter may switch threads between the load and the store of an addition, and \
                 {lost} additions were lost."
            ));
        }
        if done.iter().any(|done| done.runs[0].late.is_finite()) {
            report.say("The column late tells how late a thread comes back from a wait while another thread computes.");
        }
        if done.iter().any(|done| done.runs[0].times[0].is_finite()) {
            if machine::usable_cpus() == 1 {
                report.say("On one CPU, no two workers compute at the same time, with a lock or without.");
            }
            report.say(
                "The columns waiting and computing tell how long all workers take, compared with one thread that does all of their work: \
                 1.00 is just as long, and 0.50 is half as long.",
            );
            let one_lock = |done: &Done<Self>| {
                ["gil-threads", "python-threads"].contains(&&done.case.name[..])
            };
            let told = [
                (
                    "where threads share a lock, computing takes",
                    range(done, |done| {
                        one_lock(done).then_some(done.runs[0].times[0])
                    }),
                ),
                (
                    "where workers share no lock, computing takes",
                    range(done, |done| {
                        (!one_lock(done)).then_some(done.runs[0].times[0])
                    }),
                ),
                ("waiting takes", range(done, |done| Some(done.runs[0].times[1]))),
            ];
            let told: Vec<String> = told
                .into_iter()
                .filter_map(|(what, times)| {
                    Some(format!("{what} {} times as long", times?))
                })
                .collect();
            report.say_of_times(format!(
                "Compared with one thread: {}.",
                told.join("; ")
            ));
        }
    }
}

/// The least and the greatest value of `of`, as the table shows them; nothing if there is no value.
fn range(
    done: &[Done<Overlap>],
    of: impl Fn(&Done<Overlap>) -> Option<f64>,
) -> Option<String> {
    let mut told: Vec<f64> =
        done.iter().filter_map(of).filter(|times| times.is_finite()).collect();
    told.sort_unstable_by(f64::total_cmp);
    let [least, most] =
        [told.first()?, told.last()?].map(|times| shown(*times, "times"));
    Some(if least == most { least } else { format!("{least} to {most}") })
}

impl Overlap {
    /// What CPython should show of the variants that are wanted, as far as there are interpreters for them.
    fn in_python(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<(&'static str, What)>> {
        let all: Vec<_> = SHARED_IN_PYTHON
            .iter()
            .chain(&COUNTED_IN_PYTHON)
            .map(|(name, _)| *name)
            .collect();
        let shows = python::can_show(self.python.as_deref(), &all, chosen, report)?;
        Ok(shows.into_iter().flat_map(Self::of_one).collect())
    }

    /// What one interpreter should show.
    fn of_one((python, names): python::Shows) -> Vec<(&'static str, What)> {
        let way = |ways: &[Way], name: &str| {
            ways.iter().find(|(of, _)| *of == name).map(|(_, way)| *way)
        };
        let ways =
            names.iter().filter_map(|name| way(&SHARED_IN_PYTHON, name)).collect();
        let python = Rc::new(Interpreter { python, ways, took: OnceCell::new() });
        let what = |name: &str| match way(&SHARED_IN_PYTHON, name) {
            Some(way) => What::PythonShares(python.clone(), way),
            None => What::PythonCounts(
                python.clone(),
                cpython::function(&COUNTED_IN_PYTHON, name),
            ),
        };
        names.iter().map(|name| (*name, what(name))).collect()
    }

    /// Each round measures one thread and all workers at once, so that a disturbance of the machine hits both.
    fn shared(&self, workers: usize, variant: &Variant) -> io::Result<Found> {
        let work = [
            Work::Compute(self.roots.0),
            Work::Wait(Duration::from_millis(self.wait.0)),
        ];
        let (mut took, mut turns) =
            ([const { [Vec::new(), Vec::new()] }; 2], Vec::new());
        for _ in 0..self.rounds.0 {
            for (work, took) in work.into_iter().zip(&mut took) {
                for (way, took) in
                    [variant.serially, variant.at_once].into_iter().zip(took)
                {
                    let began = Instant::now();
                    let ran = way(workers, work)?;
                    took.push(began.elapsed().as_secs_f64());
                    if let Work::Compute(_) = work {
                        turns = ran;
                    }
                }
            }
        }
        let beside = variant
            .late
            .map(|late| late(WAITS, PAUSE))
            .transpose()?
            .unwrap_or_default();
        let late = median(
            beside
                .iter()
                .skip(1)
                .flatten()
                .map(|late| (late.end - late.start) as f64),
        );
        let times =
            [0, 1].map(|which| proportion(&took[which][1], &took[which][0]));
        let serially = of_a_root(&took[0][0], workers, self.roots.0);
        Ok(Found { serially, times, late, turns: [turns, beside], ..NOTHING })
    }

    fn shared_in_python(
        &self,
        workers: usize,
        interpreter: &Interpreter,
        way: &str,
    ) -> io::Result<Found> {
        let Interpreter { python, ways, took } = interpreter;
        let roots = self.roots.0 / SLOWER;
        let work = || {
            cpython::work(
                python,
                workers,
                [roots, self.rounds.0, self.wait.0],
                ways,
            )
        };
        let took = took.get_or_init(|| work().map_err(|error| error.to_string()));
        let took =
            took.as_ref().map_err(|error| io::Error::other(error.clone()))?;
        let of = |which: usize, way: &str| {
            took[which].get(way).map_or(&[][..], Vec::as_slice)
        };
        let times =
            [0, 1].map(|which| proportion(of(which, way), of(which, "serially")));
        let late = match way {
            "threads" | "subinterpreters" => {
                cpython::late(python, WAITS, PAUSE, way)?
            }
            _ => Vec::new(),
        };
        let serially = of_a_root(of(0, "serially"), workers, roots);
        let with_lock = match python::with_lock(python) {
            Some(locked) if !python.about.locked => {
                let [took, _] = cpython::work(
                    &locked,
                    workers,
                    [roots, self.rounds.0, 1],
                    &[],
                )?;
                of_a_root(&took["serially"], workers, roots)
            }
            _ => f64::NAN,
        };
        let late = median(late) * 1e9;
        Ok(Found { serially, with_lock, times, late, ..NOTHING })
    }
}

/// The median over all rounds of how many times as long a way took as the other way.
fn proportion(rounds: &[f64], others: &[f64]) -> f64 {
    median(rounds.iter().zip(others).map(|(took, other)| took / other))
}

/// How long a square root took, in nanoseconds, if this many workers took this many roots each.
fn of_a_root(rounds: &[f64], workers: usize, roots: u64) -> f64 {
    median(rounds.iter().copied()) * 1e9 / (workers as f64 * roots as f64)
}
