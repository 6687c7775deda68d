//! What right queues must pass, in simulated time: nobody idles while a task waits, each task is done once, and an urgent one
//! is begun before any that isn't. There is no clock and no thread in it, so it says the same on every machine.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its number, in the order of arrival.
    pub(crate) number: usize,
    /// How long it takes.
    pub(crate) takes: u64,
    /// Whether somebody waits for it.
    pub(crate) urgent: bool,
}

/// Who takes which task.
pub(crate) trait Shares {
    /// For so many workers.
    fn new(workers: usize) -> Self;
    /// A task arrives.
    fn arrives(&mut self, task: Task);
    /// This worker is free: what it begins, if there is a task for it.
    fn takes(&mut self, worker: usize) -> Option<Task>;
}

/// For queues that never return. All loads together take some milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Lets 1 to 8 workers do several loads, and says what is wrong in the first that isn't right.
pub(crate) fn check<S: Shares + 'static>() -> Result<(), String> {
    check_within::<S>(LIMIT)
}

/// The same for queues that are known never to return.
pub(crate) fn check_within<S: Shares + 'static>(limit: Duration) -> Result<(), String> {
    // A thread that hangs can't be ended. It is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send(all::<S>()));
    told.recv_timeout(limit).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => Err("the queues don't return: do they wait for a task?".to_owned()),
        RecvTimeoutError::Disconnected => Err("the queues panic; their message stands above".to_owned()),
    })
}

fn all<S: Shares>() -> Result<(), String> {
    // Even, rising, and with every second or fourth task expensive: a pattern that a fixed share meets again and again.
    let loads: [fn(usize) -> u64; 4] =
        [|_| 5, |number| 1 + number as u64, |number| [30, 1][number % 2], |number| [30, 1, 1, 1][number % 4]];
    for workers in 1..=8 {
        for takes in loads {
            simulate::<S>(workers, takes)?;
        }
    }
    Ok(())
}

/// So many of the bulk are there at the beginning.
const BULK: usize = 24;

/// When others arrive, in order, and what an urgent one takes; those that aren't urgent take what the load says. Several at a time,
/// for the order of the urgent ones matters too, and neither a number nor a cost tells what is urgent.
const LATER: [(u64, Option<u64>); 14] = [
    (7, Some(1)),
    (7, None),
    (7, Some(9)),
    (7, Some(2)),
    (23, None),
    (23, Some(40)),
    (23, Some(1)),
    (23, Some(3)),
    (23, Some(1)),
    (31, Some(2)),
    (31, Some(1)),
    (32, None),
    (400, None),
    (900, Some(1)),
];

fn simulate<S: Shares>(workers: usize, takes: fn(usize) -> u64) -> Result<(), String> {
    let mut queues = S::new(workers);
    let bulk = (0..BULK).map(|_| (0, None));
    let mut coming = bulk.chain(LATER).enumerate().map(|(number, (when, urgent))| {
        (when, Task { number, takes: urgent.unwrap_or_else(|| takes(number)), urgent: urgent.is_some() })
    });
    let mut next = coming.next();
    // What has arrived and nobody has begun, in order.
    let mut waiting: Vec<Task> = Vec::new();
    let mut free_at = vec![0; workers];
    for now in 0..5_000 {
        while let Some((_, task)) = next.filter(|(when, _)| *when <= now) {
            queues.arrives(task);
            waiting.push(task);
            next = coming.next();
        }
        for (worker, free_at) in free_at.iter_mut().enumerate().filter(|(_, free_at)| **free_at <= now) {
            if let Some(task) = begun(queues.takes(worker), &mut waiting)
                .map_err(|what| format!("at {now}, worker {worker} of {workers} {what}"))?
            {
                *free_at = now + task.takes;
            }
        }
        if waiting.is_empty() && next.is_none() {
            return Ok(());
        }
    }
    Err(format!("{} tasks are never begun by {workers} workers", waiting.len()))
}

/// Notes which task a worker that is free begins, if it does, or says what is wrong with that.
fn begun(taken: Option<Task>, waiting: &mut Vec<Task>) -> Result<Option<Task>, String> {
    let urgent = waiting.iter().find(|task| task.urgent);
    match (taken, urgent.or(waiting.first())) {
        (None, None) => Ok(None),
        (None, Some(Task { number, urgent, .. })) => {
            Err(format!("idles, and {} {number} waits", if *urgent { "urgent task" } else { "task" }))
        }
        (Some(task), _) => {
            let number = task.number;
            let at = waiting.iter().position(|known| *known == task);
            let at = at.ok_or_else(|| format!("begins task {number}, which was begun before or has never arrived"))?;
            match urgent.filter(|before| **before != task) {
                Some(before) if task.urgent => {
                    Err(format!("begins task {number}, and task {}, as urgent, has arrived earlier", before.number))
                }
                Some(before) => Err(format!("begins task {number} of the bulk, and task {} is urgent", before.number)),
                None => Ok(Some(waiting.remove(at))),
            }
        }
    }
}
