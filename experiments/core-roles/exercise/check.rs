//! What right queues must pass, in simulated time: nobody idles while a task waits, each task is done once, and an urgent one
//! is begun before any that isn't. There is no clock and no thread in it, so it says the same on every machine.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, thread};

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

/// Which worker takes which task.
pub(crate) trait Shares {
    /// For this many workers.
    fn new(workers: usize) -> Self;
    /// A task arrives.
    fn arrives(&mut self, task: Task);
    /// This worker is free: what it begins, if there is a task for it.
    fn takes(&mut self, worker: usize) -> Option<Task>;
}

/// For queues that never return. All loads together take some milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Lets 1 to 40 workers do many loads, and says what is wrong in the first that isn't right.
pub(crate) fn check<S: Shares + 'static>() -> Result<(), String> {
    check_within::<S>(LIMIT)
}

/// The same for queues that are known never to return.
pub(crate) fn check_within<S: Shares + 'static>(
    limit: Duration,
) -> Result<(), String> {
    // A thread that hangs can't be ended. It is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send(all::<S>()));
    told.recv_timeout(limit).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => {
            Err("the queues don't return: do they wait for a task?".to_owned())
        }
        RecvTimeoutError::Disconnected => {
            Err("the queues panic; their message stands above".to_owned())
        }
    })
}

/// A task that is going to arrive: when, what it takes, and whether it is urgent.
type Arrival = (u64, u64, bool);

/// Loads nobody has planned: enough for answers that fit the planned ones alone.
const UNPLANNED: u64 = 16;

fn all<S: Shares>() -> Result<(), String> {
    waits_for_nothing::<S>()?;
    // Even, rising, and with every second or fourth task expensive: a pattern that a fixed share meets again and again.
    let loads: [fn(usize) -> u64; 4] = [
        |_| 5,
        |number| 1 + number as u64,
        |number| [30, 1][number % 2],
        |number| [30, 1, 1, 1][number % 4],
    ];
    for workers in 1..=8 {
        for takes in loads {
            simulate::<S>(workers, &planned(takes), |_| 0)?;
        }
    }
    one_server_of_two::<S>()?;
    for seed in 0..UNPLANNED {
        let mut below = at_random(seed);
        let workers = [1, 2, 3, 5, 8, 9, 16, 40][below(8) as usize];
        let load = unplanned(&mut below);
        simulate::<S>(workers, &load, below)?;
    }
    Ok(())
}

/// This many of the bulk are there at the beginning.
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

fn planned(takes: fn(usize) -> u64) -> Vec<Arrival> {
    let all = [(0, None); BULK].into_iter().chain(LATER).enumerate();
    all.map(|(number, (when, urgent))| {
        (when, urgent.unwrap_or_else(|| takes(number)), urgent.is_some())
    })
    .collect()
}

/// Some or hundreds at a time, now of one kind and now of both, cheap and expensive.
fn unplanned(below: &mut impl FnMut(u64) -> u64) -> Vec<Arrival> {
    let (mut when, mut load) = (0, Vec::new());
    for _ in 0..1 + below(20) {
        let gap = [1, 10, 100, 3000][below(4) as usize];
        when += below(gap);
        let (at_once, urgent_of_four) =
            ([1, 3, 20, 300][below(4) as usize], below(5));
        for _ in 0..at_once {
            let takes = [1, 10, 100][below(3) as usize];
            load.push((when, 1 + below(takes), below(4) < urgent_of_four));
        }
    }
    load
}

/// Numbers below a limit, the same for the same seed.
fn at_random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |limit| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407); // as Knuth's MMIX does
        (state >> 33) % limit
    }
}

/// What has arrived and nobody has begun, in order.
#[derive(Default)]
struct Waiting {
    urgent: VecDeque<Task>,
    bulk: VecDeque<Task>,
}

/// Lets this many workers do this load, which come in an order that `below` tells.
fn simulate<S: Shares>(
    workers: usize,
    load: &[Arrival],
    mut below: impl FnMut(u64) -> u64,
) -> Result<(), String> {
    let mut queues = S::new(workers);
    let mut coming = load.iter().enumerate().peekable();
    let mut waiting = Waiting::default();
    let mut free_at = vec![0; workers];
    let mut now = 0;
    loop {
        while let Some((number, &(_, takes, urgent))) =
            coming.next_if(|(_, (when, ..))| *when <= now)
        {
            let task = Task { number, takes, urgent };
            queues.arrives(task);
            if urgent { &mut waiting.urgent } else { &mut waiting.bulk }
                .push_back(task);
            // Somebody may come before the next one that arrives in the same moment.
            if below(2) == 1 {
                break;
            }
        }
        let first = below(workers as u64) as usize;
        for worker in (first..workers)
            .chain(0..first)
            .filter(|worker| free_at[*worker] <= now)
            .collect::<Vec<_>>()
        {
            if let Some(task) =
                begun(queues.takes(worker), &mut waiting).map_err(|what| {
                    format!("at {now}, worker {worker} of {workers} {what}")
                })?
            {
                free_at[worker] = now + task.takes;
            }
        }
        let arrives = coming.peek().map(|(_, (when, ..))| *when);
        let Some(next) = free_at
            .iter()
            .copied()
            .filter(|free_at| *free_at > now)
            .chain(arrives)
            .min()
        else {
            return Ok(());
        };
        now = next.max(now);
    }
}

/// Notes which task a worker that is free begins, if it does, or says what is wrong with that.
fn begun(
    taken: Option<Task>,
    waiting: &mut Waiting,
) -> Result<Option<Task>, String> {
    let urgent = waiting.urgent.front();
    let Some(task) = taken else {
        return match urgent.or(waiting.bulk.front()) {
            None => Ok(None),
            Some(Task { number, urgent, .. }) => Err(format!(
                "idles, and {} {number} waits",
                if *urgent { "urgent task" } else { "task" }
            )),
        };
    };
    let number = task.number;
    let of_its_kind = if task.urgent { &waiting.urgent } else { &waiting.bulk };
    let at = of_its_kind.iter().position(|known| *known == task);
    let at = at.ok_or_else(|| {
        format!("begins task {number}, which was begun before or has never arrived")
    })?;
    match urgent.filter(|before| **before != task) {
        Some(before) if task.urgent => Err(format!(
            "begins task {number}, and task {}, as urgent, has arrived earlier",
            before.number
        )),
        Some(before) => Err(format!(
            "begins task {number} of the bulk, and task {} is urgent",
            before.number
        )),
        None => {
            Ok(if task.urgent { &mut waiting.urgent } else { &mut waiting.bulk }
                .remove(at))
        }
    }
}

/// Two servers, each with a worker, and tasks arrive at them in turn. Neither knows of the other.
fn one_server_of_two<S: Shares>() -> Result<(), String> {
    for urgent in [true, false] {
        let mut servers = [S::new(1), S::new(1)];
        for number in 0..3 {
            for (server, takes) in servers.iter_mut().zip([1, 2]) {
                server.arrives(Task { number, takes, urgent });
            }
        }
        if (0..3).any(|_| servers[1].takes(0).is_some_and(|task| task.takes == 1)) {
            return Err(
                "of two servers one begins another's task: what is still to be done belongs into `Queues`".to_owned()
            );
        }
    }
    Ok(())
}

/// Refuses queues that sleep or wait for another thread: a worker that asks for a task idles meanwhile. No time is measured, but the kernel
/// counts how often a thread waits.
fn waits_for_nothing<S: Shares>() -> Result<(), String> {
    const TASKS: u64 = 40;
    // The only worker has done each before the next one arrives, so it asks in vain as often.
    let load: Vec<Arrival> =
        (0..TASKS).map(|number| (number * 2, 1, number % 2 == 1)).collect();
    let before = waits();
    simulate::<S>(1, &load, |_| 0)?;
    let waits = waits().saturating_sub(before);
    // Now and then a thread waits for memory.
    if waits < TASKS / 2 {
        return Ok(());
    }
    Err(format!(
        "the queues sleep or wait, {waits} times for {TASKS} tasks: the worker that asks idles meanwhile"
    ))
}

/// How often this thread has waited for anything at all, as far as this system tells.
fn waits() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let waits = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    waits.and_then(|waits| waits.trim().parse().ok()).unwrap_or(0)
}
