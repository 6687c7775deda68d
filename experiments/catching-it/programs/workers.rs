//! Two workers at one of several programs, for tools that look at a program while it runs: `workers PROGRAM TIMES`.
//!
//! The loops are those of the other chapters, line for line. What they call stands here, with nothing but the standard
//! library, so that any compiler can build it alone. Threads are started without a scope: a tool that doesn't see into the
//! standard library takes the end of a scope for a race.

mod orders;

#[path = "../../shared-counter/src/increments.rs"]
mod increments;
#[path = "../../mutex-fixes/src/repairs.rs"]
#[expect(dead_code, reason = "its fetch_add is the loop of increments.rs over again")]
mod repairs;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::thread;

use sync::{Mutex, RwLock, mpsc};

/// Where the loops find their locks and atomics.
mod sync {
    pub(crate) use std::sync::{Mutex, RwLock, atomic};

    pub(crate) mod mpsc {
        pub(crate) use std::sync::mpsc::{Receiver, Sender, channel};
    }
}

/// One of the two workers.
struct Worker {
    /// Whether it waits for the other where the loops say that others come.
    meets: bool,
}

/// How many workers have come where they meet.
static ARRIVED: AtomicU32 = AtomicU32::new(0);

/// Where a loop says that others may come, each waits for the other, if they are to meet.
fn let_others_come(worker: &Worker, turn: u64) {
    if worker.meets && turn == 0 {
        ARRIVED.fetch_add(1, SeqCst);
        while ARRIVED.load(SeqCst) < 2 {
            thread::yield_now();
        }
    }
}

/// What a worker of a repair does at each addition: it lets the other come, while it holds the lock if there is one. So the
/// other waits for it, on one core too.
#[derive(Clone, Copy)]
struct Section;

impl Section {
    fn work(self) {
        thread::yield_now();
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let times: u64 = words.get(2).map_or(1000, |times| times.parse().expect("a number of times"));
    match words.get(1).map_or("", |name| name) {
        "lost-update" => count(AtomicU64::new(0), move |counter, worker| {
            increments::load_then_store(counter, times, worker);
        }),
        "fetch-add" => count(AtomicU64::new(0), move |counter, worker| increments::fetch_add(counter, times, worker)),
        "mutex" => count(Mutex::new(0), move |counter, _| repairs::mutex(counter, times, Section)),
        "rwlock" => count(RwLock::new(0), move |counter, _| repairs::rwlock(counter, times, Section)),
        "compare-exchange" => {
            count(AtomicU64::new(0), move |counter, _| repairs::compare_exchange(counter, times, Section));
        }
        "thread-local" => count(AtomicU64::new(0), move |total, _| repairs::thread_local(total, times, Section)),
        "channel" => ask(times),
        "opposite-order" => transfer(orders::opposite_order, times, false),
        "one-order" => transfer(orders::one_order, times, false),
        "deadlocked" => transfer(orders::opposite_order, 1, true),
        other => panic!("no program {other:?}"),
    }
}

/// Both workers at once on something that they share.
fn count<T: Send + Sync + 'static>(shared: T, work: impl Fn(&T, &Worker) + Copy + Send + 'static) {
    let shared = Arc::new(shared);
    let workers = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let_others_come(&Worker { meets: true }, 0); // nobody is done before the other has begun
            work(&shared, &Worker { meets: false });
        })
    });
    for worker in workers {
        worker.join().expect("the worker ends well");
    }
    black_box(shared);
}

/// Both workers send to this thread, which owns the counter.
fn ask(times: u64) {
    let (sender, receiver) = mpsc::channel();
    let workers = [(); 2].map(|()| {
        let sender = sender.clone();
        thread::spawn(move || repairs::send(&sender, times, Section))
    });
    black_box(repairs::own(&receiver, 2 * times));
    for worker in workers {
        worker.join().expect("the worker ends well");
    }
}

/// The first worker transfers one way, the second the other way. If they aren't to meet, the second starts when the first
/// has ended: the run that looks right.
fn transfer(way: fn(&[Mutex<i64>; 2], usize, &Worker), times: u64, meets: bool) {
    let accounts = Arc::new([Mutex::new(0), Mutex::new(0)]);
    let mut started = Vec::new();
    for from in 0..2 {
        let accounts = Arc::clone(&accounts);
        let worker = thread::spawn(move || (0..times).for_each(|_| way(&accounts, from, &Worker { meets })));
        if meets {
            started.push(worker);
        } else {
            worker.join().expect("the worker ends well");
        }
    }
    for worker in started {
        worker.join().expect("the worker ends well");
    }
}
