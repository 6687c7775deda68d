//! Every interleaving of a small program: how many there are, where they end, and which of them get stuck.
//!
//! A program is data: for each worker a list of steps. [`explore`] walks through all states that it can get into.
//! The variants below are siblings: they differ in how a worker adds one, and in whose memory the counter lies.

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
    /// The program in which so many workers each add one so many times.
    pub program: fn(usize, usize) -> Program,
    /// What is known of it before it's explored.
    pub ends: Ends,
}

/// How the interleavings of a program end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Some lose updates, and none gets stuck.
    LosingUpdates,
    /// All with every addition there.
    Right,
    /// Some get stuck, and the others end with every addition there.
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
/// Threads: one memory, and three steps for an addition.
pub fn load_add_store(workers: usize, times: usize) -> Program {
    let one = [Load('x'), Add(1), Store('x')];
    shared(vec![one.repeat(times); workers])
}

/// Processes: the same steps, and a memory for each.
pub fn separate_memory(workers: usize, times: usize) -> Program {
    let one = [Load('x'), Add(1), Store('x')];
    separate(vec![one.repeat(times); workers])
}
// ANCHOR_END: load-add-store

// ANCHOR: repaired
/// One step for an addition.
pub fn fetch_add(workers: usize, times: usize) -> Program {
    let one = [FetchAdd('x', 1)];
    shared(vec![one.repeat(times); workers])
}

/// The three steps under a lock.
pub fn locked(workers: usize, times: usize) -> Program {
    let one = [Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a')];
    shared(vec![one.repeat(times); workers])
}
// ANCHOR_END: repaired

// ANCHOR: locks
/// There are as many locks as workers. Each takes its own, then its neighbour's.
pub fn opposite_order(workers: usize, times: usize) -> Program {
    let one = |(own, other)| under_two_locks(own, other).repeat(times);
    shared(own_and_next(workers).map(one).collect())
}

/// The same locks. Of its two, each takes the one first that comes first in the
/// alphabet.
pub fn one_order(workers: usize, times: usize) -> Program {
    let one = |(own, other): (char, _)| {
        under_two_locks(own.min(other), own.max(other)).repeat(times)
    };
    shared(own_and_next(workers).map(one).collect())
}

fn under_two_locks(first: char, second: char) -> [Step; 5] {
    [Lock(first), Lock(second), FetchAdd('x', 1), Unlock(second), Unlock(first)]
}

/// A letter for each worker, and that of its neighbour.
fn own_and_next(workers: usize) -> impl Iterator<Item = (char, char)> {
    (0..workers)
        .map(move |worker| (LETTERS[worker], LETTERS[(worker + 1) % workers]))
}
// ANCHOR_END: locks

// ANCHOR: messages
/// A memory for each worker, and the count goes round as a message: whoever has it
/// adds one. The first worker begins, and stores what comes back in the end.
pub fn messages(workers: usize, times: usize) -> Program {
    let one = |(own, other)| [Receive(own), Add(1), Send(other)].repeat(times);
    let mut all: Vec<_> = own_and_next(workers).map(one).collect();
    all[0].rotate_left(1); // its first receive comes last
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
