//! A wait-for graph: which worker holds what, and waits for what. The locks themselves keep it, in a mapping that the parent
//! can read while its children hang.
//!
//! Source: R. C. Holt, *Some Deadlock Properties of Computer Systems*, ACM Computing Surveys 4(3), 1972.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::Instant;

use lab::Shared;
use lab::trace::{Event, State};

/// The most workers that a graph has room for.
pub const MOST_WORKERS: usize = lab::Workers::MOST;

/// Two more than there are workers. The last two numbers are those of the whole table and of its waiter.
const MOST_LOCKS: usize = MOST_WORKERS + 2;

/// How many events of each worker are kept for the timeline, from the first one on.
const REMEMBERED: usize = 32;

/// The wait-for graph of a team of workers, threads or processes.
#[derive(Debug)]
pub struct Graph {
    workers: usize,
    began: Instant,
    /// The holder of each lock: 1 more than the worker's number, or 0 for nobody.
    holders: Shared<[AtomicU64; MOST_LOCKS]>,
    /// What each worker tells of itself: a number for each [`Of`], followed by its first changes.
    told: Shared<[[AtomicU64; Of::Log as usize + REMEMBERED]; MOST_WORKERS]>,
}

/// What a worker tells of itself.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    /// The lock that the worker waits for: 1 more than its number, or 0 for none.
    Wanted,
    /// How often the worker has changed the graph. It counts before it changes anything.
    Changes,
    /// What the worker counts: its retries, or the bytes that it wrote.
    Counted,
    /// The kernel's number of the worker's thread; 0 if it isn't known.
    Task,
    /// The private memory of the worker's process when it began, in bytes; 0 if it isn't known.
    MemoryBefore,
    /// The private memory of the worker's process when it ended.
    MemoryAfter,
    /// Where the worker's changes begin.
    Log,
}

/// One worker in a cycle: the locks that it holds, the lock that it waits for, and the holder of that lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The worker's number.
    pub worker: usize,
    /// The numbers of the locks that the worker holds.
    pub holds: Vec<usize>,
    /// The number of the lock that the worker waits for.
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
    /// A graph of this many workers, with no edges yet. Its clock starts now.
    ///
    /// # Errors
    /// The kernel refuses a mapping.
    pub fn new(workers: usize) -> io::Result<Self> {
        assert!(
            workers <= MOST_WORKERS,
            "a graph has room for {MOST_WORKERS} workers"
        );
        Ok(Self {
            workers,
            began: Instant::now(),
            holders: Shared::new([const { AtomicU64::new(0) }; _])?,
            told: Shared::new([const { [const { AtomicU64::new(0) }; _] }; _])?,
        })
    }

    /// What a worker tells of itself.
    pub(crate) fn of(&self, worker: usize, what: Of) -> &AtomicU64 {
        &self.told[worker][what as usize]
    }

    // ANCHOR: edges
    /// The worker can't have the lock now, and is about to block.
    pub fn waits(&self, worker: usize, lock: usize) {
        self.note(worker, What::Waits, lock);
        self.of(worker, Of::Wanted).store(1 + lock as u64, SeqCst);
    }

    /// The worker has the lock. The end of the wait is noted first; in the
    /// other order, the worker would seem to wait for itself.
    pub fn holds(&self, worker: usize, lock: usize) {
        self.note(worker, What::Holds, lock);
        self.of(worker, Of::Wanted).store(0, SeqCst);
        self.holders[lock].store(1 + worker as u64, SeqCst);
    }

    /// The worker is about to give the lock back.
    pub fn frees(&self, worker: usize, lock: usize) {
        self.note(worker, What::Frees, lock);
        self.holders[lock].store(0, SeqCst);
    }
    // ANCHOR_END: edges

    /// The worker waits no longer, though it doesn't hold what it waited for.
    pub fn goes_on(&self, worker: usize, lock: usize) {
        self.note(worker, What::Frees, lock);
        self.of(worker, Of::Wanted).store(0, SeqCst);
    }

    /// Only this worker can end the others' wait for this thing, which is no lock, so the timeline doesn't show it.
    pub fn serves(&self, worker: usize, lock: usize) {
        self.holders[lock].store(1 + worker as u64, SeqCst);
    }

    // ANCHOR: cycle
    /// A cycle of waits that stands still, if there is one.
    ///
    /// The edges are read one after another, while workers may change them. So
    /// they are read twice. If both readings are the same, and no member has begun
    /// a change in between, all edges were there at one moment. Such a cycle stays
    /// for ever, because each of its members waits for another member to go on.
    ///
    /// `taken` may check that a member really can't have what it waits for.
    pub fn cycle(&self, taken: impl Fn(&Link) -> bool) -> Option<Vec<Link>> {
        let before = self.begun();
        let cycle = self.read()?;
        let same = cycle.iter().all(taken) && self.read().as_ref() == Some(&cycle);
        let after = self.begun();
        let still = |link: &Link| before[link.worker] == after[link.worker];
        (same && cycle.iter().all(still)).then_some(cycle)
    }

    /// Follows the edges from each worker, until they lead back to it.
    fn read(&self) -> Option<Vec<Link>> {
        (0..self.workers).find_map(|start| {
            let mut links: Vec<Link> = Vec::new();
            let mut worker = start;
            while links.len() < self.workers {
                let wants =
                    self.of(worker, Of::Wanted).load(SeqCst).checked_sub(1)?
                        as usize;
                let holder =
                    self.holders[wants].load(SeqCst).checked_sub(1)? as usize;
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
            let holds = |lock: &usize| {
                self.holders[*lock].load(SeqCst) == 1 + link.worker as u64
            };
            link.holds = (0..MOST_LOCKS).filter(holds).collect();
        }
        links
    }

    fn begun(&self) -> Vec<u64> {
        (0..self.workers)
            .map(|worker| self.of(worker, Of::Changes).load(SeqCst))
            .collect()
    }

    /// Counts and keeps a change that is about to be made.
    pub(crate) fn note(&self, worker: usize, what: What, lock: usize) {
        let turn = self.of(worker, Of::Changes).fetch_add(1, SeqCst) as usize;
        if turn < REMEMBERED {
            let note = (self.now() << 16) | ((1 + what as u64) << 12) | lock as u64;
            self.told[worker][Of::Log as usize + turn].store(note, Relaxed);
        }
    }

    /// Nanoseconds since the graph was made.
    pub fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// When the last of these workers began to wait, in nanoseconds since the graph was made.
    pub fn complete_since(&self, cycle: &[Link]) -> u64 {
        let last = |link: &Link| {
            self.notes(link.worker)
                .iter()
                .rev()
                .find(|note| note.1 == What::Waits)
                .map(|note| note.0)
        };
        cycle.iter().filter_map(last).max().unwrap_or(0)
    }

    fn notes(&self, worker: usize) -> Vec<(u64, What, usize)> {
        let log = &self.told[worker][Of::Log as usize..];
        let read = |note: u64| {
            let all =
                [What::Starts, What::Waits, What::Holds, What::Frees, What::Ends];
            let what = ((note >> 12 & 0xf) as usize).checked_sub(1)?;
            Some((note >> 16, all[what], (note & 0xfff) as usize))
        };
        log.iter().map_while(|note| read(note.load(Relaxed))).collect()
    }

    /// What each worker did, as rows of a timeline, up to a moment in nanoseconds since the graph was made. `name` gives a
    /// lock its name.
    pub fn timeline(
        &self,
        until: u64,
        name: impl Fn(usize) -> String,
    ) -> Vec<Vec<Event>> {
        (0..self.workers)
            .map(|worker| spans(&self.notes(worker), until, &name))
            .collect()
    }

    /// The sum of what the workers counted.
    pub fn counted(&self) -> u64 {
        (0..self.workers)
            .map(|worker| self.of(worker, Of::Counted).load(Relaxed))
            .sum()
    }
}

/// The spans of a worker, which runs or waits, and may hold things at the same time. A span that is open at `until` ends
/// there.
fn spans(
    notes: &[(u64, What, usize)],
    until: u64,
    name: &impl Fn(usize) -> String,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut open: Vec<(State, usize, u64)> = Vec::new();
    let mut close = |open: &mut Vec<(State, usize, u64)>,
                     end,
                     ends: &dyn Fn(State, usize) -> bool| {
        for (state, lock, start) in
            open.extract_if(.., |(state, lock, _)| ends(*state, *lock))
        {
            let name = match state {
                State::Runs => "runs".to_owned(),
                State::Waits => format!("waits for {}", name(lock)),
                State::Holds => format!("holds {}", name(lock)),
            };
            events.push(Event { state, name, start, end });
        }
    };
    for &(now, what, lock) in notes {
        let stops = matches!(what, What::Waits | What::Ends);
        let waited = open.iter().any(|(state, ..)| *state == State::Waits);
        close(&mut open, now, &|state, held| match state {
            State::Waits => true, // a worker that notes anything goes on
            State::Runs => stops,
            State::Holds => what == What::Frees && held == lock,
        });
        if what == What::Starts || (waited && !stops) {
            open.push((State::Runs, 0, now));
        }
        match what {
            What::Waits => open.push((State::Waits, lock, now)),
            What::Holds => open.push((State::Holds, lock, now)),
            _ => {}
        }
    }
    // If a worker did more than is remembered, its later spans aren't known.
    let until =
        if notes.len() < REMEMBERED { until } else { notes[REMEMBERED - 1].0 };
    close(&mut open, until, &|_, _| true);
    events.sort_by_key(|event| event.start);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(worker: usize, holds: usize, wants: usize, holder: usize) -> Link {
        Link { worker, holds: vec![holds], wants, holder }
    }

    /// A graph in which these workers hold these locks, and then wait for these.
    fn graph(
        workers: usize,
        holds: &[(usize, usize)],
        waits: &[(usize, usize)],
    ) -> Graph {
        let graph = Graph::new(workers).unwrap();
        holds.iter().for_each(|&(worker, lock)| graph.holds(worker, lock));
        waits.iter().for_each(|&(worker, lock)| graph.waits(worker, lock));
        graph
    }

    #[test]
    fn a_cycle_is_found_without_workers_that_only_wait_for_it() {
        let chain = graph(3, &[(0, 0), (1, 1)], &[(0, 1), (2, 0)]);
        assert_eq!(chain.cycle(|_| true), None);
        chain.waits(1, 0);
        assert_eq!(
            chain.cycle(|_| true).unwrap(),
            [link(0, 0, 1, 1), link(1, 1, 0, 0)]
        );
        assert_eq!(chain.cycle(|link| link.wants == 1), None);
        let tail =
            graph(4, &[(3, 3), (1, 1), (2, 2)], &[(0, 1), (1, 2), (2, 3), (3, 1)]);
        assert_eq!(
            tail.cycle(|_| true).unwrap(),
            [link(1, 1, 2, 2), link(2, 2, 3, 3), link(3, 3, 1, 1)]
        );
        let alone = graph(1, &[(0, 0)], &[(0, 0)]);
        assert_eq!(alone.cycle(|_| true).unwrap(), [link(0, 0, 0, 0)]);
        alone.holds(0, 0);
        assert_eq!(alone.cycle(|_| true), None);
        let freed = graph(2, &[(0, 0), (1, 1)], &[(0, 1)]);
        freed.frees(1, 1);
        freed.waits(1, 0);
        assert_eq!(freed.cycle(|_| true), None);
    }

    #[test]
    fn workers_that_change_the_graph_all_the_time_make_no_cycle_of_what_never_was()
    {
        // Each worker waits for a lock that the other held a moment ago, and for one that it is about to hold. It never holds
        // and waits at once.
        let graph = Graph::new(2).unwrap();
        let stop = AtomicU64::new(0);
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
            let events =
                spans(&notes[..if until == 40 { 3 } else { 7 }], until, &name);
            events
                .iter()
                .map(|event| {
                    format!("{} {}-{}", event.name, event.start, event.end)
                })
                .collect()
        };
        assert_eq!(
            said(100),
            [
                "runs 10-30",
                "holds A 20-70",
                "waits for B 30-50",
                "holds B 50-60",
                "runs 50-90"
            ]
        );
        assert_eq!(said(40), ["runs 10-30", "holds A 20-40", "waits for B 30-40"]);
    }
}
