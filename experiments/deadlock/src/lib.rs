//! Workers that wait for each other in a circle, and repairs that prevent the circle.
//!
//! The variants that deadlock let their workers meet when each has taken its first lock, so they deadlock every time.

pub mod graph;
pub mod kernel;
pub mod lock;
mod orders;
pub mod table;
pub mod unarranged;
pub mod watch;

use std::hint::black_box;
use std::io;
use std::mem;
use std::thread;
use std::time::Duration;

use lab::memory::Footprint;
use lock::{Exclusive, HeldByThread, Lock, Pipe, ProcessLock, ThreadLock, Worker};
use orders::{in_one_order, in_opposite_order};
use table::{Meal, Table};
use watch::{Ending, Scene, Things, processes, threads};

/// A program to watch, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Runs the program in children of this process, and says how it ended.
    pub run: fn(&Scene) -> io::Result<Ending>,
    /// How the program is to end.
    pub ends: Ends,
    /// How many workers the program has.
    pub team: Team,
    /// What the workers count, if they do: the metric, its unit, and by how many the sum over all workers is divided.
    pub counts: Option<(&'static str, &'static str, f64)>,
}

/// How a variant is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// The workers wait for each other for ever.
    Deadlocked,
    /// The workers give way again and again, until they give up.
    GivenUp,
    /// The work is done, in as many runs as are asked for.
    Finished,
}

/// How many workers a variant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Team {
    /// Always the same number of workers.
    Of(usize),
    /// As many workers as philosophers sit at the table.
    Philosophers,
    /// As many workers as `--workers` says.
    Workers,
}

/// All variants.
pub const VARIANTS: [Variant; 17] = [
    variant(
        "opposite-order-threads",
        opposite_order_threads,
        Ends::Deadlocked,
        Team::Of(2),
    ),
    variant(
        "opposite-order-processes",
        opposite_order_processes,
        Ends::Deadlocked,
        Team::Of(2),
    ),
    variant("philosophers", philosophers, Ends::Deadlocked, Team::Philosophers),
    variant("self-deadlock", self_deadlock, Ends::Deadlocked, Team::Of(1)),
    variant(
        "pipe-cycle-threads",
        pipe_cycle_threads,
        Ends::Deadlocked,
        Team::Of(2),
    )
    .counts("written", "bytes", 2.0),
    variant(
        "pipe-cycle-processes",
        pipe_cycle_processes,
        Ends::Deadlocked,
        Team::Of(2),
    )
    .counts("written", "bytes", 2.0),
    variant("try-lock-lockstep", try_lock_lockstep, Ends::GivenUp, Team::Of(2))
        .counts("collisions", "collisions", 2.0),
    variant(
        "one-order",
        |scene| dine(scene, one_order),
        Ends::Finished,
        Team::Philosophers,
    ),
    variant(
        "one-order-processes",
        one_order_processes,
        Ends::Finished,
        Team::Of(2),
    ),
    variant(
        "try-lock-back-off",
        |scene| dine(scene, try_lock_back_off),
        Ends::Finished,
        Team::Philosophers,
    )
    .counts("retries", "retries", 1.0),
    variant(
        "one-lock",
        |scene| dine(scene, one_lock),
        Ends::Finished,
        Team::Philosophers,
    ),
    variant(
        "arbitrator",
        |scene| dine(scene, arbitrator),
        Ends::Finished,
        Team::Philosophers,
    ),
    variant(
        "no-lock",
        |scene| dine(scene, no_lock),
        Ends::Finished,
        Team::Philosophers,
    ),
    variant("lock-once", lock_once, Ends::Finished, Team::Of(1)),
    variant(
        "pipe-turns-processes",
        pipe_turns_processes,
        Ends::Finished,
        Team::Of(2),
    ),
    variant("same-lock", same_lock, Ends::Finished, Team::Workers),
    variant("leaks-and-finishes", leaks_and_finishes, Ends::Finished, Team::Of(2)),
];

const fn variant(
    name: &'static str,
    run: fn(&Scene) -> io::Result<Ending>,
    ends: Ends,
    team: Team,
) -> Variant {
    Variant { name, run, ends, team, counts: None }
}

impl Variant {
    /// The same variant, with workers that count something.
    const fn counts(
        self,
        metric: &'static str,
        unit: &'static str,
        each: f64,
    ) -> Self {
        Self { counts: Some((metric, unit, each)), ..self }
    }
}

/// The repairs at the table, each as a way to eat one meal, for the benches.
pub const REPAIRS: [(&str, Meal); 5] = [
    ("one-order", one_order),
    ("try-lock-back-off", try_lock_back_off),
    ("one-lock", one_lock),
    ("arbitrator", arbitrator),
    ("no-lock", no_lock),
];

/// Threads, with two locks in their memory.
pub fn opposite_order_threads(scene: &Scene) -> io::Result<Ending> {
    let (a, b) = (ThreadLock::new(0), ThreadLock::new(1));
    threads(scene, 2, Things::Locks, |worker| in_opposite_order(&a, &b, worker))
}

/// Processes, with two locks in mappings that they share.
pub fn opposite_order_processes(scene: &Scene) -> io::Result<Ending> {
    let (a, b) = (ProcessLock::new(0)?, ProcessLock::new(1)?);
    processes(scene, 2, Things::Locks, |worker| in_opposite_order(&a, &b, worker))
}

/// The two processes again. Now both take A, then B.
pub fn one_order_processes(scene: &Scene) -> io::Result<Ending> {
    let (a, b) = (ProcessLock::new(0)?, ProcessLock::new(1)?);
    processes(scene, 2, Things::Locks, |worker| {
        for worker in worker.runs(scene.runs) {
            in_one_order(&a, &b, &worker);
        }
    })
}

// ANCHOR: philosophers
/// Each philosopher takes the fork at the left, then the fork at the right.
fn left_then_right(table: &Table, worker: &Worker) {
    let (left, right) = table.forks_of(worker);
    let _left = left.lock(worker);
    worker.compute();
    worker.meet(); // now each holds a left fork, so no right fork is free
    let _right = right.lock(worker);
    table.eat(worker);
}

/// Dijkstra's philosophers: as many forks as philosophers, and a meal takes two.
pub fn philosophers(scene: &Scene) -> io::Result<Ending> {
    let table = Table::new(scene.philosophers);
    threads(scene, scene.philosophers, table.things(), |worker| {
        worker.compute();
        left_then_right(&table, worker);
    })
}
// ANCHOR_END: philosophers

/// The philosophers eat in as many runs as the scene asks for, each in the way that `meal` says.
fn dine(scene: &Scene, meal: Meal) -> io::Result<Ending> {
    let table = Table::new(scene.philosophers);
    threads(scene, scene.philosophers, table.things(), |worker| {
        for worker in worker.runs(scene.runs) {
            table.begin(&worker);
            worker.compute();
            meal(&table, &worker);
        }
        worker.is_done();
        table.check_after(scene.runs);
    })
}

// ANCHOR: one-order
/// Each philosopher takes the fork with the lower number first. So the last one
/// takes the right fork, then the left.
pub fn one_order(table: &Table, worker: &Worker) {
    let (left, right) = table.forks_of(worker);
    let in_order = left.number < right.number;
    let (low, high) = if in_order { (left, right) } else { (right, left) };
    let _low = low.lock(worker);
    worker.let_others_come();
    let _high = high.lock(worker);
    table.eat(worker);
}
// ANCHOR_END: one-order

// ANCHOR: try-lock
/// Each philosopher waits for the left fork only. If the right fork is taken, the
/// philosopher puts the left one back, rests, and tries again.
pub fn try_lock_back_off(table: &Table, worker: &Worker) {
    let (left, right) = table.forks_of(worker);
    for retry in 0.. {
        let held = left.lock(worker);
        worker.let_others_come();
        if let Some(_right) = right.try_lock(worker) {
            return table.eat(worker);
        }
        drop(held);
        worker.count(1);
        back_off(retry); // without this, see `try_lock_lockstep`
    }
}

/// Rests for a random time. The longest rest doubles with each retry, up to a
/// millisecond.
fn back_off(retry: u32) {
    let longest = 1 << retry.min(10);
    thread::sleep(Duration::from_micros(fastrand::u64(..=longest)));
}
// ANCHOR_END: try-lock

// ANCHOR: one-lock
/// One lock for the whole table: its holder may use any fork.
pub fn one_lock(table: &Table, worker: &Worker) {
    let _table = table.whole.lock(worker);
    table.eat(worker);
}
// ANCHOR_END: one-lock

// ANCHOR: arbitrator
/// Left, then right, as in the broken way. But a waiter keeps one chair empty, so
/// the right fork of a neighbour is free.
pub fn arbitrator(table: &Table, worker: &Worker) {
    let _seat = table.waiter.admit(worker);
    let (left, right) = table.forks_of(worker);
    let _left = left.lock(worker);
    worker.let_others_come();
    let _right = right.lock(worker);
    table.eat(worker);
}
// ANCHOR_END: arbitrator

// ANCHOR: no-lock
/// No fork is taken at all: each use of a fork is a single atomic step.
pub fn no_lock(table: &Table, worker: &Worker) {
    table.eat_atomically(worker);
}
// ANCHOR_END: no-lock

// ANCHOR: lockstep
/// How many times two threads collide before they give up.
pub const COLLISIONS: u64 = 1000;

/// Two threads try, give way and try again, in step. `meet` keeps them in step; a
/// random rest would not.
fn politely<M: Exclusive>(first: &Lock<M>, second: &Lock<M>, worker: &Worker) {
    for _ in 0..COLLISIONS {
        let held = first.lock(worker);
        worker.meet(); // now each holds its first lock
        let both = second.try_lock(worker);
        worker.meet(); // now each has tried the other's lock
        if both.is_some() {
            return;
        }
        drop(held); // after you
        worker.count(1);
    }
}

/// A livelock: nobody waits for a lock, everybody is busy, and nothing gets done.
pub fn try_lock_lockstep(scene: &Scene) -> io::Result<Ending> {
    let (a, b) = (ThreadLock::new(0), ThreadLock::new(1));
    threads(scene, 2, Things::Locks, |worker| match worker.number {
        0 => politely(&a, &b, worker),
        _ => politely(&b, &a, worker),
    })
}
// ANCHOR_END: lockstep

// ANCHOR: self-deadlock
/// Adds one to a total while it holds the lock.
fn add(total: &ThreadLock, worker: &Worker) {
    let _held = total.lock(worker);
    worker.compute();
}

/// Locks the total, and calls a function that locks it too.
pub fn self_deadlock(scene: &Scene) -> io::Result<Ending> {
    let total = ThreadLock::new(0);
    threads(scene, 1, Things::Locks, |worker| {
        worker.compute();
        let _held = total.lock(worker);
        worker.compute();
        add(&total, worker);
    })
}
// ANCHOR_END: self-deadlock

// ANCHOR: lock-once
/// Adds one to a total. The caller proves that it holds the lock, by lending it.
fn add_locked(_held: &mut HeldByThread, worker: &Worker) {
    worker.compute();
}

/// Locks the total once, and hands the held lock on.
pub fn lock_once(scene: &Scene) -> io::Result<Ending> {
    let total = ThreadLock::new(0);
    threads(scene, 1, Things::Locks, |worker| {
        for _ in 0..scene.runs {
            let mut held = total.lock(worker);
            add_locked(&mut held, worker);
        }
    })
}
// ANCHOR_END: lock-once

// ANCHOR: pipes
/// More than any pipe holds.
const MUCH: usize = 4 << 20;

/// Sends a long message to the other worker, then reads one from it.
fn send_then_receive(pipes: &[Pipe; 2], worker: &Worker) {
    let (to_other, to_me) = (&pipes[worker.number], &pipes[1 - worker.number]);
    to_me.is_drained_by(worker);
    to_other.write(MUCH, worker); // blocks when the pipe is full
    to_me.read(MUCH); // this would make room for the other worker
}

/// Two threads, with a pipe in each direction.
pub fn pipe_cycle_threads(scene: &Scene) -> io::Result<Ending> {
    let pipes = [Pipe::new(0)?, Pipe::new(1)?];
    threads(scene, 2, Things::Pipes(&pipes), |worker| {
        send_then_receive(&pipes, worker);
    })
}

/// Two processes, with a pipe in each direction.
pub fn pipe_cycle_processes(scene: &Scene) -> io::Result<Ending> {
    let pipes = [Pipe::new(0)?, Pipe::new(1)?];
    processes(scene, 2, Things::Pipes(&pipes), |worker| {
        send_then_receive(&pipes, worker);
    })
}
// ANCHOR_END: pipes

// ANCHOR: pipe-turns
/// The two processes again. One sends while the other reads, and then they change
/// roles.
pub fn pipe_turns_processes(scene: &Scene) -> io::Result<Ending> {
    let (pipes, much) = ([Pipe::new(0)?, Pipe::new(1)?], MUCH / 32);
    processes(scene, 2, Things::Pipes(&pipes), |worker| {
        let (to_other, to_me) = (&pipes[worker.number], &pipes[1 - worker.number]);
        to_me.is_drained_by(worker);
        for _ in 0..scene.runs {
            for sender in 0..2 {
                match worker.number == sender {
                    true => to_other.write(much, worker),
                    false => to_me.read(much),
                }
            }
        }
    })
}
// ANCHOR_END: pipe-turns

// ANCHOR: same-lock
/// Many threads that all need the same lock.
pub fn same_lock(scene: &Scene) -> io::Result<Ending> {
    let a = ThreadLock::new(0);
    threads(scene, scene.workers, Things::Locks, |worker| {
        for worker in worker.runs(scene.runs) {
            let _a = a.lock(&worker);
            worker.let_others_come();
        }
    })
}
// ANCHOR_END: same-lock

// ANCHOR: leak
/// How much is leaked, in bytes.
pub const LEAK: usize = 64 << 20;

/// Two threads that take both locks in the same order. The first one also leaks.
pub fn leaks_and_finishes(scene: &Scene) -> io::Result<Ending> {
    // If the system doesn't tell how much memory is used, there is nothing to see.
    Footprint::own()?;
    let (a, b) = (ThreadLock::new(0), ThreadLock::new(1));
    threads(scene, 2, Things::Locks, |worker| {
        for (run, worker) in worker.runs(scene.runs).enumerate() {
            let _a = a.lock(&worker);
            worker.let_others_come();
            let _b = b.lock(&worker);
            if worker.number == 0 && run == 0 {
                mem::forget(black_box(vec![1u8; LEAK])); // nobody will ever free it
            }
        }
    })
}
// ANCHOR_END: leak
