//! The fourth question: which worker runs when, if four of them share two CPUs? Each worker notes when it was running and when
//! it wasn't.

use std::io;
use std::time::{Duration, Instant};

use lab::report::thousands;
use lab::trace::{Event, State};
use lab::{
    Case, Chosen, Done, Placement, Question, Report, Row, Span, Usage, Worker,
    processes_on, threads_on,
};
use serde::{Deserialize, Serialize};

/// Which worker runs when, if four of them share two CPUs?
#[derive(clap::Args)]
pub struct Turns {}

const VARIANTS: [&str; 2] = ["threads", "processes"];

/// How many workers take turns.
const WORKERS: usize = 4;

/// How many CPUs the workers share, if the machine has so many.
const CPUS: usize = 2;

/// How much CPU time each worker computes.
const COMPUTES: Duration = Duration::from_millis(40);

/// What one worker noted: when it ran, and what the kernel counted for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notes {
    turns: Vec<Span>,
    used: Usage,
}

impl Question for Turns {
    const NAME: &str = "turns";
    const SHOWN: &str = "all workers were under way at the same time";
    const EXAMPLES: &str = "cargo run -p cpu-vs-io -- turns
        cargo run -p cpu-vs-io -- turns --trace turns.json";
    const TIMES: bool = false;
    type Given = ();
    type Run = Vec<Notes>;

    fn variants() -> Vec<&'static str> {
        VARIANTS.into()
    }

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<()>>> {
        Ok(VARIANTS.map(|name| Case::new(name, WORKERS, ())).into())
    }

    fn run(&self, case: &Case<()>) -> io::Result<Vec<Notes>> {
        let placement =
            Placement::on(Placement::apart().cpus().iter().copied().take(CPUS));
        let called = Instant::now();
        let work = |_: &Worker<'_>| compute_and_watch(called);
        let team = match case.variant {
            "threads" => threads_on(&placement, WORKERS, work)?,
            _ => processes_on(&placement, WORKERS, work)?,
        };
        Ok(team.results)
    }

    fn tell(&self, case: &Case<()>, runs: &[Vec<Notes>], row: &mut Row<'_>) {
        let all = &runs[0];
        let (under_way, turns) =
            (under_way(all), || all.iter().map(|notes| notes.turns.len()));
        row.aside("under-way", "workers", under_way as f64);
        row.aside("fewest-turns", "turns", turns().min().unwrap_or(0) as f64);
        let stops = all.iter().map(|notes| notes.used.involuntary).min();
        row.aside("fewest-stops", "switches", stops.unwrap_or(0) as f64);
        let mut rows = Vec::new();
        for (number, Notes { turns: own, used }) in all.iter().enumerate() {
            row.line_at(WORKERS);
            row.words("worker", number.to_string());
            row.words("gave way", thousands(used.voluntary));
            row.words("stopped", thousands(used.involuntary));
            row.words("turns", own.len().to_string());
            row.bar(own.len() as f64 / turns().max().unwrap_or(1) as f64);
            let runs = |&Span { start, end }: &Span| Event {
                state: State::Runs,
                name: "runs".to_owned(),
                start,
                end,
            };
            rows.push((format!("worker {number}"), own.iter().map(runs).collect()));
        }
        // In the gaps of its row, a worker waits for a CPU.
        row.timeline(&case.name, &rows);
        row.say(format!(
            "{}: {under_way} of {WORKERS} workers were under way at the same time.",
            case.name
        ));
        if under_way != WORKERS {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say(
                "A worker has a CPU for a turn, and waits for a CPU between two turns. The column stopped counts how often the \
                 kernel took the CPU away, and the column gave way counts how often the worker gave it up itself.",
            );
        }
    }
}

/// If the gap between two time stamps is longer than this, somebody else had the CPU. The work between two time stamps takes a
/// hundredth of this.
const GAP: Duration = Duration::from_micros(500);

/// Computes until the worker has used its CPU time, and notes when it ran. If the clock has jumped, the worker wasn't running.
fn compute_and_watch(called: Instant) -> Notes {
    let (before, mut turns) = (Usage::of_thread(), Vec::new());
    let now = || called.elapsed().as_nanos() as u64;
    let (mut start, mut seen, mut ran) = (now(), now(), 0);
    while ran < COMPUTES.as_nanos() as u64 {
        lab::work::square_roots(0..2000);
        let stamp = now();
        if stamp - seen > GAP.as_nanos() as u64 {
            turns.push(Span { start, end: seen });
            start = stamp;
        } else {
            ran += stamp - seen;
        }
        seen = stamp;
    }
    turns.push(Span { start, end: seen });
    Notes { turns, used: Usage::of_thread() - before }
}

/// How many workers were under way at the same moment, at most. A worker is under way when it has begun and isn't done.
fn under_way(all: &[Notes]) -> usize {
    let spans = || {
        all.iter().filter_map(|notes| {
            Some(notes.turns.first()?.start..notes.turns.last()?.end)
        })
    };
    spans()
        .map(|one| spans().filter(|other| other.contains(&one.start)).count())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_waits_for_its_turn_is_under_way() {
        let notes = |turns: &[(u64, u64)]| Notes {
            turns: turns.iter().map(|&(start, end)| Span { start, end }).collect(),
            used: Usage::default(),
        };
        let [first, second, third] =
            [notes(&[(0, 10), (20, 30)]), notes(&[(10, 20)]), notes(&[(30, 40)])];
        assert_eq!(
            [
                under_way(&[first.clone(), second]),
                under_way(&[first, third]),
                under_way(&[])
            ],
            [2, 1, 0]
        );
    }
}
