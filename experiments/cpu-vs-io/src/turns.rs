//! Who runs when: workers that share fewer CPUs note for themselves when they were running and when they weren't.

use std::io;
use std::time::{Duration, Instant};

use lab::trace::{Event, State};
use lab::{Placement, Usage};
use serde::{Deserialize, Serialize};

/// What one worker noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// When it ran, and when it waited to, one after the other.
    pub events: Vec<Event>,
    /// What the kernel counted for it meanwhile.
    pub used: Usage,
}

/// Workers of one kind, by the variant's name.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The variant's name.
    pub name: &'static str,
    /// Has so many workers compute for so much CPU time each, on at most two CPUs.
    pub watch: fn(usize, Duration) -> io::Result<Vec<Notes>>,
}

/// Threads, and processes.
pub const KINDS: [Kind; 2] = [Kind { name: "threads", watch: threads }, Kind { name: "processes", watch: processes }];

// ANCHOR: turns
/// A gap between two time stamps that is longer than this is a turn of somebody else's: the work in between takes a hundredth of it.
const GAP: Duration = Duration::from_micros(500);

/// Computes for so much CPU time, and notes when: whoever sees that the clock has jumped knows that it wasn't running.
fn compute_and_watch(called: Instant, time: Duration) -> Notes {
    let (before, mut events) = (Usage::of_thread(), Vec::new());
    let now = || called.elapsed().as_nanos() as u64;
    let (mut began, mut seen, mut ran) = (now(), now(), 0);
    while ran < time.as_nanos() as u64 {
        lab::work::square_roots(0..2000);
        let stamp = now();
        if stamp - seen > GAP.as_nanos() as u64 {
            events.push(event(State::Runs, began, seen));
            events.push(event(State::Waits, seen, stamp));
            began = stamp;
        } else {
            ran += stamp - seen;
        }
        seen = stamp;
    }
    events.push(event(State::Runs, began, seen));
    Notes { events, used: Usage::of_thread() - before }
}
// ANCHOR_END: turns

fn event(state: State, start: u64, end: u64) -> Event {
    let name = if state == State::Runs { "runs" } else { "waits for a CPU" };
    Event { state, name: name.to_owned(), start, end }
}

fn threads(workers: usize, time: Duration) -> io::Result<Vec<Notes>> {
    let (placement, called) = (Placement::apart(), Instant::now());
    let watched = lab::threads(workers, |worker| {
        placement.take(worker.number % CPUS);
        compute_and_watch(called, time)
    })?;
    Ok(watched.results)
}

fn processes(workers: usize, time: Duration) -> io::Result<Vec<Notes>> {
    let (placement, called) = (Placement::apart(), Instant::now());
    let watched = lab::processes(workers, |worker| {
        placement.take(worker.number % CPUS);
        compute_and_watch(called, time)
    })?;
    Ok(watched.results)
}

/// On how many CPUs the workers take turns, where there are as many.
pub const CPUS: usize = 2;

/// How often a worker ran without a gap.
pub fn turns(notes: &Notes) -> usize {
    notes.events.iter().filter(|event| event.state == State::Runs).count()
}

/// How many workers were under way at the same moment, at most: they had begun, and weren't done.
pub fn under_way(all: &[Notes]) -> usize {
    let whole = |notes: &Notes| Some((notes.events.first()?.start, notes.events.last()?.end));
    let spans: Vec<(u64, u64)> = all.iter().filter_map(whole).collect();
    let at = |moment: u64| spans.iter().filter(|(start, end)| (*start..*end).contains(&moment)).count();
    spans.iter().map(|(start, _)| at(*start)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(spans: &[(State, u64, u64)]) -> Notes {
        let events = spans.iter().map(|(state, start, end)| event(*state, *start, *end)).collect();
        Notes { events, used: Usage::default() }
    }

    #[test]
    fn who_waits_for_its_turn_is_under_way() {
        let first = notes(&[(State::Runs, 0, 10), (State::Waits, 10, 20), (State::Runs, 20, 30)]);
        let second = notes(&[(State::Runs, 10, 20)]);
        let third = notes(&[(State::Runs, 30, 40)]);
        assert_eq!((turns(&first), turns(&second)), (2, 1));
        assert_eq!(under_way(&[first.clone(), second]), 2);
        assert_eq!(under_way(&[first, third]), 1);
        assert_eq!(under_way(&[]), 0);
    }

    #[test]
    fn a_worker_notes_all_the_time_that_it_ran() {
        let time = Duration::from_millis(20);
        let notes = compute_and_watch(Instant::now(), time);
        let ran = notes.events.iter().filter(|event| event.state == State::Runs);
        let ran: u64 = ran.map(|event| event.end - event.start).sum();
        assert!(ran >= time.as_nanos() as u64, "{notes:?}");
        assert!(notes.events.windows(2).all(|pair| pair[0].end == pair[1].start), "{notes:?}");
        assert_eq!(notes.events.last().unwrap().state, State::Runs);
    }
}
