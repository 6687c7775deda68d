//! Models: the same loops, with loom's threads, locks and atomics. loom runs every execution of a model that its version of
//! the C11 memory model allows. Its README names the gaps of that version.

use std::sync;
use std::sync::atomic::Ordering::SeqCst;

use loom::model::Builder;
use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
use loom::sync::{Arc, Mutex, RwLock, mpsc};
use loom::thread;
use loops::explored::{increments, orders, repairs};

/// A program for loom.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The model's name.
    pub name: &'static str,
    /// Whether some execution goes wrong.
    pub breaks: bool,
    /// One execution, in which two workers make this many turns each. loom calls this again and again, and decides at each step
    /// which worker goes next.
    pub execution: fn(u64),
}

const fn model(name: &'static str, breaks: bool, execution: fn(u64)) -> Model {
    Model { name, breaks, execution }
}

/// All models. The workers need not be made to meet: loom lets the other worker come between any two steps.
pub const MODELS: &[Model] = &[
    model("lost-update", true, |times| {
        count(times, |counter, times| {
            increments::load_then_store(counter, times, |_| ());
        });
    }),
    model("fetch-add", false, |times| {
        count(times, |counter, times| {
            increments::fetch_add(counter, times, |_| ());
        });
    }),
    model("fetch-add-repair", false, |times| {
        count(times, |counter, times| repairs::fetch_add(counter, times, || ()));
    }),
    model("mutex", false, mutex),
    model("rwlock", false, rwlock),
    model("compare-exchange", false, |times| {
        count(times, |counter, times| {
            repairs::compare_exchange(counter, times, || ());
        });
    }),
    model("sharded", false, sharded),
    model("local", false, |times| {
        count(times, |total, times| repairs::local(total, times, || ()));
    }),
    model("channel", false, channel),
    model("opposite-order", true, |times| {
        transfer(times, |accounts, from| {
            orders::opposite_order(accounts, from, || ());
        });
    }),
    model("one-order", false, |times| {
        transfer(times, |accounts, from| orders::one_order(accounts, from, || ()));
    }),
];

/// What the models below, and loom, say of an execution that goes wrong.
pub(crate) const WRONG: [&str; 3] =
    ["additions were lost", "money was made or lost", "deadlock; threads = "];

/// Explores every execution that loom can make of a model, with this many turns for each of its two workers, and counts them.
///
/// # Panics
/// An execution goes wrong. After a deadlock loom panics again while it clears up, which aborts the process, so call this in a
/// process of its own.
pub fn explore(model: &Model, times: u64) -> u64 {
    // This counter is no part of the model, so it's the standard library's and not loom's.
    let executions = sync::Arc::new(sync::atomic::AtomicU64::new(0));
    let (counted, execution) = (sync::Arc::clone(&executions), model.execution);
    let mut builder = Builder::new();
    builder.location = true;
    builder.check(move || {
        counted.fetch_add(1, SeqCst);
        execution(times);
    });
    executions.load(SeqCst)
}

// ANCHOR: count
/// Two workers count, and every addition must be there at the end.
fn count(times: u64, add: fn(&AtomicU64, u64)) {
    let counter = Arc::new(AtomicU64::new(0));
    together(&counter, move |counter, _| add(counter, times));
    assert_eq!(counter.load(Relaxed), 2 * times, "additions were lost");
}
// ANCHOR_END: count

fn mutex(times: u64) {
    let counter = Arc::new(Mutex::new(0));
    together(&counter, move |counter, _| repairs::mutex(counter, times, || ()));
    assert_eq!(*counter.lock().unwrap(), 2 * times, "additions were lost");
}

fn rwlock(times: u64) {
    let counter = Arc::new(RwLock::new(0));
    together(&counter, move |counter, _| repairs::rwlock(counter, times, || ()));
    assert_eq!(*counter.read().unwrap(), 2 * times, "additions were lost");
}

/// Each worker has a counter of its own. The counters are added up when both workers have ended.
fn sharded(times: u64) {
    let shards = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    together(&shards, move |shards, number| {
        repairs::fetch_add(&shards[number], times, || ());
    });
    assert_eq!(
        shards.iter().map(|shard| shard.load(Relaxed)).sum::<u64>(),
        2 * times,
        "additions were lost"
    );
}

/// Both workers send to this thread, which owns the counter.
fn channel(times: u64) {
    let (sender, receiver) = mpsc::channel();
    let workers = [(); 2].map(|()| {
        let sender = sender.clone();
        thread::spawn(move || repairs::send(&sender, times, || ()))
    });
    assert_eq!(
        repairs::own(&receiver, 2 * times),
        2 * times,
        "additions were lost"
    );
    for worker in workers {
        worker.join().unwrap();
    }
}

/// Two workers transfer in opposite directions, and both must come to their end.
fn transfer(times: u64, way: fn(&[Mutex<i64>; 2], usize)) {
    let accounts = Arc::new([Mutex::new(0), Mutex::new(0)]);
    together(&accounts, move |accounts, from| {
        (0..times).for_each(|_| way(accounts, from));
    });
    let [first, second] = [0, 1].map(|number| *accounts[number].lock().unwrap());
    assert_eq!(first + second, 0, "money was made or lost");
}

/// Runs two workers, number 0 and number 1, that share a value, and returns when both have ended.
fn together<T: 'static>(
    shared: &Arc<T>,
    work: impl Fn(&T, usize) + Copy + 'static,
) {
    let workers = [0, 1].map(|number| {
        let shared = Arc::clone(shared);
        thread::spawn(move || work(&shared, number))
    });
    for worker in workers {
        worker.join().unwrap();
    }
}
