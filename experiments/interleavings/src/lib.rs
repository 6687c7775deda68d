//! Every interleaving of a small program: how many there are, how they end, and which of them deadlock.
//!
//! A program is data: a list of steps for each worker. [`explore`] walks through all states that the program can reach.
//! The variants below differ in how a worker adds one, and in whose memory the counter lies.

pub use explorer::{
    BUDGET, Deadlock, End, Exploration, LETTERS, Memory, Program, Step, TooLarge,
    WORKERS, Wait, explore, multinomial, name, sum,
};

use Step::{Add, FetchAdd, Load, Lock, Receive, Send, Store, Unlock};

/// A program of any size, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// The program in which this many workers each add one this many times.
    pub program: fn(usize, usize) -> Program,
    /// How the program is known to end, before it's explored.
    pub ends: Ends,
}

/// How the interleavings of a program end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Some interleavings lose updates, and none deadlocks.
    LosingUpdates,
    /// All interleavings end with every addition counted.
    Right,
    /// Some interleavings deadlock, and the others end with every addition counted.
    SomeInDeadlock,
}

/// All variants.
pub const VARIANTS: [Variant; 7] = [
    Variant {
        name: "load-add-store",
        program: load_add_store,
        ends: Ends::LosingUpdates,
    },
    Variant { name: "fetch-add", program: fetch_add, ends: Ends::Right },
    Variant { name: "locked", program: locked, ends: Ends::Right },
    Variant {
        name: "opposite-order",
        program: opposite_order,
        ends: Ends::SomeInDeadlock,
    },
    Variant { name: "one-order", program: one_order, ends: Ends::Right },
    Variant {
        name: "separate-memory",
        program: separate_memory,
        ends: Ends::Right,
    },
    Variant { name: "messages", program: messages, ends: Ends::Right },
];

// ANCHOR: load-add-store
/// Threads: they share a memory, and an addition takes three steps.
pub fn load_add_store(workers: usize, times: usize) -> Program {
    let one = [Load('x'), Add(1), Store('x')];
    shared(vec![one.repeat(times); workers])
}

/// Processes: the same steps, but each process has a memory of its own.
pub fn separate_memory(workers: usize, times: usize) -> Program {
    let one = [Load('x'), Add(1), Store('x')];
    separate(vec![one.repeat(times); workers])
}
// ANCHOR_END: load-add-store

// ANCHOR: repaired
/// An addition takes one step.
pub fn fetch_add(workers: usize, times: usize) -> Program {
    let one = [FetchAdd('x', 1)];
    shared(vec![one.repeat(times); workers])
}

/// An addition takes three steps, with a lock held.
pub fn locked(workers: usize, times: usize) -> Program {
    let one = [Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a')];
    shared(vec![one.repeat(times); workers])
}
// ANCHOR_END: repaired

// ANCHOR: locks
/// There are as many locks as workers. Each worker takes its own lock, then its
/// neighbour's.
pub fn opposite_order(workers: usize, times: usize) -> Program {
    let one = |(own, other)| under_two_locks(own, other).repeat(times);
    shared(own_and_next(workers).map(one).collect())
}

/// The same locks, in the order of the alphabet.
pub fn one_order(workers: usize, times: usize) -> Program {
    let one = |(own, other): (char, _)| {
        under_two_locks(own.min(other), own.max(other)).repeat(times)
    };
    shared(own_and_next(workers).map(one).collect())
}

fn under_two_locks(first: char, second: char) -> [Step; 5] {
    [Lock(first), Lock(second), FetchAdd('x', 1), Unlock(second), Unlock(first)]
}

/// The letter of each worker, and the letter of its neighbour.
fn own_and_next(workers: usize) -> impl Iterator<Item = (char, char)> {
    (0..workers)
        .map(move |worker| (LETTERS[worker], LETTERS[(worker + 1) % workers]))
}
// ANCHOR_END: locks

// ANCHOR: messages
/// Each worker has a memory of its own, and the count goes round as a message: the
/// worker that has it adds one. The first worker begins, and stores the count last.
pub fn messages(workers: usize, times: usize) -> Program {
    let one = |(own, other)| [Receive(own), Add(1), Send(other)].repeat(times);
    let mut all: Vec<_> = own_and_next(workers).map(one).collect();
    all[0].rotate_left(1); // the first receive of the first worker comes last
    all[0].push(Store('x'));
    separate(all)
}
// ANCHOR_END: messages

fn shared(workers: Vec<Vec<Step>>) -> Program {
    Program { memory: Memory::Shared, workers }
}

fn separate(workers: Vec<Vec<Step>>) -> Program {
    Program { memory: Memory::Separate, workers }
}
