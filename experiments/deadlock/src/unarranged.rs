//! The two locks in opposite order again. How many meals does it take until the two threads meet by chance?

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use lab::{Placement, Shared, Span, team};

use crate::lock::{ThreadLock, Worker};
use crate::watch::{Scene, Things, threads};

/// Whether the two threads are made to meet between their locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// They meet at each meal, so they deadlock at the first.
    Arranged,
    /// They meet by chance.
    ByChance,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a deadlock, at this meal, from 1 on: the later one, if the two threads were at different meals. A run of fewer
    /// meals would have ended well.
    Deadlock(u64),
    /// Both threads ate all their meals, and worked at the same time.
    Finished,
    /// Both threads ate all their meals, one after the other. Such a run tells nothing.
    Apart,
}

/// Two threads of a new process eat this many meals each, worker 0 with lock A first and worker 1 with lock B first.
///
/// # Errors
/// As for [`threads`].
pub fn run(meals: u64, meeting: Meeting, placement: &Placement) -> io::Result<End> {
    let locks = [ThreadLock::new(0), ThreadLock::new(1)];
    // The numbers of a worker, on a page of its own: when it began, when it ended, and the meal that it is at.
    let told = || Shared::new([const { AtomicU64::new(0) }; 3]);
    let (began, told) = (Instant::now(), [told()?, told()?]);
    let ending = threads(
        &Scene { placement: placement.clone(), ..Scene::PLAIN },
        2,
        Things::Locks,
        |worker| {
            let [start, end, meal] = &*told[worker.number];
            let now = || began.elapsed().as_nanos() as u64;
            let (first, second) =
                (&locks[worker.number], &locks[1 - worker.number]);
            start.store(now(), Relaxed);
            for number in 1..=meals {
                meal.store(number, Relaxed);
                eat(first, second, worker, || {
                    if meeting == Meeting::Arranged {
                        worker.meet();
                    }
                });
            }
            end.store(now(), Relaxed);
        },
    )?;
    let of =
        |what: usize| [0, 1].map(|worker: usize| told[worker][what].load(Relaxed));
    let ([start, end], at) = ([of(0), of(1)], of(2));
    let spans =
        [0, 1].map(|worker| Span { start: start[worker], end: end[worker] });
    Ok(match ending.deadlock {
        Some(_) => End::Deadlock(at[0].max(at[1])),
        None if team::are_at_once(&spans) => End::Finished,
        None => End::Apart,
    })
}

/// Takes one lock, then the other. Only a worker that finds its second lock taken tells the graph what it holds and wants:
/// telling it each time would widen the gap between the two locks.
fn eat(
    first: &ThreadLock,
    second: &ThreadLock,
    worker: &Worker<'_>,
    between: impl Fn(),
) {
    let (quiet, graph) =
        (&worker.untold(), worker.graph.expect("the parent watches"));
    let _first = first.lock(quiet);
    between();
    let _second = second.try_lock(quiet).unwrap_or_else(|| {
        graph.holds(worker.number, first.number);
        graph.waits(worker.number, second.number);
        let second = second.lock(quiet); // waits for ever, if the other wants `first`
        graph.goes_on(worker.number, first.number);
        graph.frees(worker.number, first.number);
        second
    });
}
