//! Who holds what, and who waits for what: a wait-for graph that the locks themselves keep, in a mapping that the parent of
//! whoever hangs can read.
//!
//! Source: R. C. Holt, *Some Deadlock Properties of Computer Systems*, ACM Computing Surveys 4(3), 1972.

use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::Instant;

use lab::Shared;
use lab::trace::{Event, State};

/// The most workers that a graph has room for.
pub const MOST_WORKERS: usize = lab::arguments::MOST_WORKERS as usize;

/// Two more than there are workers: the last are those of a whole table and of a waiter who serves a full one.
const MOST_LOCKS: usize = MOST_WORKERS + 2;

/// So many events of each worker are kept for the timeline, from its first one on.
const REMEMBERED: usize = 32;

/// The wait-for graph of a team of workers, threads or processes.
#[derive(Debug)]
pub struct Graph {
    workers: usize,
    began: Instant,
    /// For each lock, who holds it: 1 more than the worker's number, or 0 for nobody.
    holders: Shared<[AtomicU32; MOST_LOCKS]>,
    /// For each worker, what it waits for: 1 more than the lock's number, or 0 for nothing.
    wanted: Shared<[AtomicU32; MOST_WORKERS]>,
    /// How often each worker has changed the graph; it counts before it changes anything.
    changes: Shared<[AtomicU64; MOST_WORKERS]>,
    /// Each worker's first changes.
    log: Shared<[AtomicU64; MOST_WORKERS * REMEMBERED]>,
    /// Whatever a worker counts: its retries, the bytes that it wrote.
    counts: Shared<[AtomicU64; MOST_WORKERS]>,
    /// The kernel's number of each worker's thread.
    tasks: Shared<[AtomicU32; MOST_WORKERS]>,
    /// The private memory of each worker's process when it began and when it ended, in bytes.
    memory: [Shared<[AtomicU64; MOST_WORKERS]>; 2],
}

/// One worker in a cycle: what it holds, what it waits for, and who holds that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The worker's number.
    pub worker: usize,
    /// The numbers of the locks that it holds.
    pub holds: Vec<usize>,
    /// The number of the lock that it waits for.
    pub wants: usize,
    /// The number of the worker that holds this lock.
    pub holder: usize,
}

/// What happened to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Starts,
    Waits,
    Holds,
    Frees,
    Ends,
}

impl Graph {
    /// A graph of so many workers, with no edges yet. Its clock starts now.
    ///
    /// # Errors
    /// The kernel refuses a mapping.
    pub fn new(workers: usize) -> io::Result<Self> {
        assert!(workers <= MOST_WORKERS, "a graph has room for {MOST_WORKERS} workers");
        let numbers = || Shared::new([const { AtomicU64::new(0) }; MOST_WORKERS]);
        Ok(Self {
            workers,
            began: Instant::now(),
            holders: Shared::new([const { AtomicU32::new(0) }; MOST_LOCKS])?,
            wanted: Shared::new([const { AtomicU32::new(0) }; MOST_WORKERS])?,
            changes: numbers()?,
            log: Shared::new([const { AtomicU64::new(0) }; MOST_WORKERS * REMEMBERED])?,
            counts: numbers()?,
            tasks: Shared::new([const { AtomicU32::new(0) }; MOST_WORKERS])?,
            memory: [numbers()?, numbers()?],
        })
    }

    // ANCHOR: edges
    /// The worker can't have the lock now, and is about to block.
    pub fn waits(&self, worker: usize, lock: usize) {
        self.note(worker, What::Waits, lock);
        self.wanted[worker].store(1 + lock as u32, SeqCst);
    }

    /// The worker has the lock. First it waits no longer, then it holds: the other way
    /// round, it would seem to wait for itself.
    pub fn holds(&self, worker: usize, lock: usize) {
        self.note(worker, What::Holds, lock);
        self.wanted[worker].store(0, SeqCst);
        self.holders[lock].store(1 + worker as u32, SeqCst);
    }

    /// The worker is about to give the lock back.
    pub fn frees(&self, worker: usize, lock: usize) {
        self.note(worker, What::Frees, lock);
        self.holders[lock].store(0, SeqCst);
    }
    // ANCHOR_END: edges

    /// The worker waits no longer, and holds nothing for it.
    pub fn goes_on(&self, worker: usize, lock: usize) {
        self.note(worker, What::Frees, lock);
        self.wanted[worker].store(0, SeqCst);
    }

    /// Nobody but this worker can end the others' wait for it. It is no lock, so the timeline doesn't show it.
    pub fn serves(&self, worker: usize, lock: usize) {
        self.holders[lock].store(1 + worker as u32, SeqCst);
    }

    // ANCHOR: cycle
    /// A cycle of waits that stands still, if there is one.
    ///
    /// Its edges are read one after another, while workers may change them. So they are
    /// read twice: if they are the same, and no member has begun a change meanwhile, all
    /// of them were there at one moment. A cycle that was there at one moment is there
    /// for ever, for each of its members waits for another to go on.
    ///
    /// `taken` may look whether what a member waits for really can't be had.
    pub fn cycle(&self, taken: impl Fn(&Link) -> bool) -> Option<Vec<Link>> {
        let before = self.begun();
        let cycle = self.read()?;
        let same = cycle.iter().all(taken) && self.read().as_ref() == Some(&cycle);
        let after = self.begun();
        let still = |link: &Link| before[link.worker] == after[link.worker];
        (same && cycle.iter().all(still)).then_some(cycle)
    }

    /// Follows the edges from each worker on, until they lead back to it.
    fn read(&self) -> Option<Vec<Link>> {
        (0..self.workers).find_map(|start| {
            let mut links: Vec<Link> = Vec::new();
            let mut worker = start;
            while links.len() < self.workers {
                let wants = self.wanted[worker].load(SeqCst).checked_sub(1)? as usize;
                let holder = self.holders[wants].load(SeqCst).checked_sub(1)? as usize;
                links.push(Link { worker, holds: Vec::new(), wants, holder });
                if holder == start {
                    return Some(self.with_what_they_hold(links));
                }
                worker = holder;
            }
            None
        })
    }
    // ANCHOR_END: cycle

    fn with_what_they_hold(&self, mut links: Vec<Link>) -> Vec<Link> {
        for link in &mut links {
            let holds = |lock: &usize| self.holders[*lock].load(SeqCst) == 1 + link.worker as u32;
            link.holds = (0..MOST_LOCKS).filter(holds).collect();
        }
        links
    }

    fn begun(&self) -> Vec<u64> {
        self.changes[..self.workers].iter().map(|changes| changes.load(SeqCst)).collect()
    }

    /// Counts and keeps a change that is about to be made.
    pub(crate) fn note(&self, worker: usize, what: What, lock: usize) {
        let turn = self.changes[worker].fetch_add(1, SeqCst) as usize;
        if turn < REMEMBERED {
            let note = (self.now() << 16) | ((1 + what as u64) << 12) | lock as u64;
            self.log[worker * REMEMBERED + turn].store(note, Relaxed);
        }
    }

    /// Nanoseconds since the graph was made.
    pub fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// When the last of these workers began to wait, in nanoseconds since the graph was made.
    pub fn complete_since(&self, cycle: &[Link]) -> u64 {
        let last =
            |link: &Link| self.notes(link.worker).iter().rev().find(|note| note.1 == What::Waits).map(|note| note.0);
        cycle.iter().filter_map(last).max().unwrap_or(0)
    }

    fn notes(&self, worker: usize) -> Vec<(u64, What, usize)> {
        let log = &self.log[worker * REMEMBERED..][..REMEMBERED];
        let read = |note: u64| {
            let what = match (note >> 12) & 0xf {
                1 => What::Starts,
                2 => What::Waits,
                3 => What::Holds,
                4 => What::Frees,
                5 => What::Ends,
                _ => return None,
            };
            Some((note >> 16, what, (note & 0xfff) as usize))
        };
        log.iter().map_while(|note| read(note.load(Relaxed))).collect()
    }

    /// What each worker did, as rows of a timeline, up to a moment in nanoseconds since the graph was made. `name` gives
    /// the words for a lock.
    pub fn timeline(&self, until: u64, name: impl Fn(usize) -> String) -> Vec<Vec<Event>> {
        (0..self.workers).map(|worker| spans(&self.notes(worker), until, &name)).collect()
    }

    pub(crate) fn count(&self, worker: usize, more: u64) {
        self.counts[worker].fetch_add(more, Relaxed);
    }

    /// The sum of what the workers counted.
    pub fn counted(&self) -> u64 {
        self.counts[..self.workers].iter().map(|count| count.load(Relaxed)).sum()
    }

    pub(crate) fn set_task(&self, worker: usize, task: i32) {
        self.tasks[worker].store(task as u32, Relaxed);
    }

    /// The kernel's number of a worker's thread; 0 where it isn't known.
    pub fn task(&self, worker: usize) -> i32 {
        self.tasks[worker].load(Relaxed) as i32
    }

    pub(crate) fn set_memory(&self, worker: usize, at_end: bool, bytes: Option<u64>) {
        self.memory[usize::from(at_end)][worker].store(bytes.unwrap_or(0), Relaxed);
    }

    /// A worker's process had so many bytes of private memory at its beginning, or at its end, if that is known.
    pub(crate) fn memory(&self, worker: usize, at_end: bool) -> Option<u64> {
        Some(self.memory[usize::from(at_end)][worker].load(Relaxed)).filter(|bytes| *bytes > 0)
    }
}

/// A worker runs or waits, and may hold things meanwhile. What it still did at `until` ends there.
fn spans(notes: &[(u64, What, usize)], until: u64, name: &impl Fn(usize) -> String) -> Vec<Event> {
    let mut events = Vec::new();
    let mut add = |state, name: String, start: u64, end: u64| events.push(Event { state, name, start, end });
    let mut runs: Option<u64> = None;
    let mut waits: Option<(u64, usize)> = None;
    let mut holds: Vec<(u64, usize)> = Vec::new();
    for &(now, what, lock) in notes {
        if let Some((from, wanted)) = waits.take() {
            add(State::Waits, format!("waits for {}", name(wanted)), from, now);
            runs = Some(now);
        }
        match what {
            What::Starts => runs = Some(now),
            What::Waits => waits = Some((now, lock)),
            What::Holds => holds.push((now, lock)),
            What::Frees => {
                if let Some(at) = holds.iter().position(|(_, held)| *held == lock) {
                    add(State::Holds, format!("holds {}", name(lock)), holds.remove(at).0, now);
                }
            }
            What::Ends => {}
        }
        if let (What::Waits | What::Ends, Some(from)) = (what, runs) {
            add(State::Runs, "runs".to_owned(), from, now);
            runs = None;
        }
    }
    // Of a worker that did more than is remembered, nobody knows how it went on.
    let until = if notes.len() < REMEMBERED { until } else { notes[REMEMBERED - 1].0 };
    if let Some(from) = runs {
        add(State::Runs, "runs".to_owned(), from, until);
    }
    if let Some((from, wanted)) = waits {
        add(State::Waits, format!("waits for {}", name(wanted)), from, until);
    }
    for (from, lock) in holds {
        add(State::Holds, format!("holds {}", name(lock)), from, until);
    }
    events.sort_by_key(|event| event.start);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(worker: usize, holds: usize, wants: usize, holder: usize) -> Link {
        Link { worker, holds: vec![holds], wants, holder }
    }

    #[test]
    fn a_chain_of_waits_is_no_cycle() {
        let graph = Graph::new(3).unwrap();
        graph.holds(0, 0);
        graph.holds(1, 1);
        graph.waits(0, 1);
        graph.waits(2, 0);
        assert_eq!(graph.cycle(|_| true), None);
        graph.waits(1, 0);
        assert_eq!(graph.cycle(|_| true).unwrap(), [link(0, 0, 1, 1), link(1, 1, 0, 0)]);
        assert_eq!(graph.cycle(|link| link.wants == 1), None);
    }

    #[test]
    fn who_waits_for_a_cycle_is_not_in_it() {
        let graph = Graph::new(4).unwrap();
        for (worker, lock) in [(3, 3), (1, 1), (2, 2)] {
            graph.holds(worker, lock);
        }
        graph.waits(0, 1);
        graph.waits(1, 2);
        graph.waits(2, 3);
        assert_eq!(graph.cycle(|_| true), None);
        graph.waits(3, 1);
        assert_eq!(graph.cycle(|_| true).unwrap(), [link(1, 1, 2, 2), link(2, 2, 3, 3), link(3, 3, 1, 1)]);
    }

    #[test]
    fn a_lock_taken_twice_is_a_cycle_of_one() {
        let graph = Graph::new(1).unwrap();
        graph.holds(0, 0);
        graph.waits(0, 0);
        assert_eq!(graph.cycle(|_| true).unwrap(), [link(0, 0, 0, 0)]);
        graph.holds(0, 0);
        assert_eq!(graph.cycle(|_| true), None);
    }

    #[test]
    fn a_lock_that_was_freed_is_waited_for_in_vain_by_nobody() {
        let graph = Graph::new(2).unwrap();
        graph.holds(0, 0);
        graph.holds(1, 1);
        graph.waits(0, 1);
        graph.frees(1, 1);
        graph.waits(1, 0);
        assert_eq!(graph.cycle(|_| true), None);
    }

    #[test]
    fn workers_that_change_the_graph_all_the_time_make_no_cycle_of_what_never_was() {
        // Each waits for what the other held a moment ago, and for what it is about to hold. It never holds and waits at once.
        let graph = Graph::new(2).unwrap();
        let stop = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for worker in 0..2 {
                let (graph, stop) = (&graph, &stop);
                scope.spawn(move || {
                    while stop.load(Relaxed) == 0 {
                        graph.waits(worker, worker);
                        graph.holds(worker, worker);
                        graph.frees(worker, worker);
                        graph.waits(worker, 1 - worker);
                        graph.goes_on(worker, 1 - worker);
                    }
                });
            }
            let mut cycles = 0;
            while graph.begun().iter().any(|changes| *changes < 500_000) {
                cycles += graph.cycle(|_| true).into_iter().count();
            }
            stop.store(1, Relaxed);
            assert_eq!(cycles, 0);
        });
    }

    #[test]
    fn a_timeline_says_who_ran_held_and_waited() {
        let notes = [
            (10, What::Starts, 0),
            (20, What::Holds, 0),
            (30, What::Waits, 1),
            (50, What::Holds, 1),
            (60, What::Frees, 1),
            (70, What::Frees, 0),
            (90, What::Ends, 0),
        ];
        let name = |lock: usize| ["A", "B"][lock].to_owned();
        let said = |until| -> Vec<String> {
            let events = spans(&notes[..if until == 40 { 3 } else { 7 }], until, &name);
            events.iter().map(|event| format!("{} {}-{}", event.name, event.start, event.end)).collect()
        };
        assert_eq!(said(100), ["runs 10-30", "holds A 20-70", "waits for B 30-50", "holds B 50-60", "runs 50-90"]);
        assert_eq!(said(40), ["runs 10-30", "holds A 20-40", "waits for B 30-40"]);
    }
}
