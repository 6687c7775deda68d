//! Workers add one to a shared counter, again and again, and every addition counts. What does each repair cost?
//!
//! The variants differ in how they keep a worker from overwriting what another has counted.

#[cfg(target_os = "linux")]
pub mod futex_lock;
pub mod held;

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, RwLock, mpsc};
use std::thread;

use clap::ValueEnum;
use lab::{Placement, RobustMutex, Shared, Span, processes, threads};
use loops::repairs;
use rayon::prelude::*;

/// A repair, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Runs this many workers, each of which adds one this many times, with this section at each addition.
    pub count: fn(usize, u64, Section) -> io::Result<Count>,
    /// Whether the variant has a lock, for which a worker may have to wait.
    pub locks: bool,
}

impl Variant {
    /// By how much the number of additions is divided. By channel we make a tenth of them, since an addition takes long if
    /// many senders wait for one owner.
    pub fn one_in(&self) -> u64 {
        if self.name == "channel-threads" { 10 } else { 1 }
    }
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Count {
    /// The counter's value at the end.
    pub counted: u64,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// All variants.
pub const VARIANTS: [Variant; 11] = [
    Variant { name: "mutex-threads", count: mutex_threads, locks: true },
    Variant { name: "rwlock-threads", count: rwlock_threads, locks: true },
    Variant {
        name: "parking-lot-threads",
        count: parking_lot_threads,
        locks: true,
    },
    Variant { name: "fetch-add-threads", count: fetch_add_threads, locks: false },
    Variant {
        name: "compare-exchange-threads",
        count: compare_exchange_threads,
        locks: false,
    },
    Variant { name: "sharded-threads", count: sharded_threads, locks: false },
    Variant { name: "local-threads", count: local_threads, locks: false },
    Variant { name: "channel-threads", count: channel_threads, locks: false },
    Variant { name: "rayon-threads", count: rayon_threads, locks: false },
    Variant {
        name: "robust-mutex-processes",
        count: robust_mutex_processes,
        locks: true,
    },
    Variant {
        name: "fetch-add-processes",
        count: fetch_add_processes,
        locks: false,
    },
];

// ANCHOR: section
/// What a worker does at each addition, apart from adding.
///
/// If the variant has a lock, this work is done inside it, by one worker at a time. Without a lock, all workers may do it at
/// once. That difference is what we measure. The comparison is fair only if the work needs no lock: an addition in one step
/// can't do work that must see the counter and change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Nothing.
    #[default]
    Short,
    /// A fixed amount of arithmetic, which takes less than a microsecond.
    Long,
    /// The worker offers its core to another worker, which would get in if a repair left a gap between two steps.
    Yielding,
}

impl Section {
    /// The name that a variant has in charts with this section: the section follows the name, except for the short section.
    pub fn name(self, variant: &str) -> String {
        if self == Section::Short {
            variant.to_owned()
        } else {
            format!("{variant}-{}", self.word())
        }
    }

    /// The section's name as an argument.
    pub fn word(self) -> String {
        self.to_possible_value().expect("none is skipped").get_name().to_owned()
    }

    /// Does the work.
    #[inline]
    pub fn work(self) {
        if self != Section::Short {
            self.do_something();
        }
    }

    /// A function of its own, so that a short section costs one comparison and no more.
    #[cold]
    #[inline(never)]
    fn do_something(self) {
        if self == Section::Yielding {
            return thread::yield_now();
        }
        let mut number = black_box(1_u64);
        for _ in 0..250 {
            number ^= number << 13; // each step needs the step before
            number ^= number >> 7;
            number ^= number << 17;
        }
        black_box(number);
    }
}
// ANCHOR_END: section

/// All names that the table shows with this section, each with its variant. They live as long as the program.
pub fn names_with(section: Section) -> [[&'static str; 2]; VARIANTS.len()] {
    VARIANTS.map(|variant| [&*section.name(variant.name).leak(), variant.name])
}

// ANCHOR: threads
/// A `Mutex` of the standard library.
pub fn mutex_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = Mutex::new(0);
    let team =
        threads(workers, |_| repairs::mutex(&counter, times, || section.work()))?;
    Ok(Count { counted: counter.into_inner().unwrap(), spans: team.spans })
}
// ANCHOR_END: threads

/// An `RwLock` of the standard library, locked for writing.
pub fn rwlock_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = RwLock::new(0);
    let team =
        threads(workers, |_| repairs::rwlock(&counter, times, || section.work()))?;
    Ok(Count { counted: counter.into_inner().unwrap(), spans: team.spans })
}

// ANCHOR: parking-lot
/// A `Mutex` of the library parking_lot.
pub fn parking_lot_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = parking_lot::Mutex::new(0);
    let team = threads(workers, |_| {
        for _ in 0..times {
            let mut count = counter.lock(); // no `unwrap`: there is no poisoning
            section.work();
            *count += 1;
        }
    })?;
    Ok(Count { counted: counter.into_inner(), spans: team.spans })
}
// ANCHOR_END: parking-lot

/// An atomic integer, with one step for each addition.
pub fn fetch_add_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = AtomicU64::new(0);
    let team = threads(workers, |_| {
        repairs::fetch_add(&counter, times, || section.work());
    })?;
    Ok(Count { counted: counter.into_inner(), spans: team.spans })
}

/// An atomic integer, with a step that is repeated until no other worker has come between.
pub fn compare_exchange_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = AtomicU64::new(0);
    let team = threads(workers, |_| {
        repairs::compare_exchange(&counter, times, || section.work());
    })?;
    Ok(Count { counted: counter.into_inner(), spans: team.spans })
}

// ANCHOR: sharded
/// A counter for each worker, added up at the end.
pub fn sharded_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let shards: Vec<Padded> = (0..workers).map(|_| Padded::default()).collect();
    let team = threads(workers, |worker| {
        repairs::fetch_add(&shards[worker.number].0, times, || section.work());
    })?;
    Ok(Count {
        counted: shards.into_iter().map(|shard| shard.0.into_inner()).sum(),
        spans: team.spans,
    })
}

/// A counter alone on its cache line and on the neighbouring line, which some CPUs
/// fetch along with it.
#[derive(Default)]
#[repr(align(128))]
struct Padded(AtomicU64);
// ANCHOR_END: sharded

/// A local number for each worker, merged once.
pub fn local_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let total = AtomicU64::new(0);
    let team =
        threads(workers, |_| repairs::local(&total, times, || section.work()))?;
    Ok(Count { counted: total.into_inner(), spans: team.spans })
}

// ANCHOR: channel-threads
/// One more thread owns the counter, and the workers send it messages.
pub fn channel_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let (sender, receiver) = mpsc::sync_channel(1000); // a worker that is ahead waits for the owner
    let receiver = Mutex::new(receiver); // only to lend the receiver to the owner's thread
    let team = threads(workers + 1, |worker| {
        if worker.number < workers {
            repairs::send(&sender, times, || section.work());
            return 0;
        }
        repairs::own(&receiver.lock().unwrap(), workers as u64 * times)
    })?;
    Ok(Count { counted: team.results.iter().sum(), spans: team.spans })
}
// ANCHOR_END: channel-threads

// ANCHOR: rayon
/// A pool of threads that divide the additions among themselves, and add up what
/// each has counted.
pub fn rayon_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let count_one = |own, _| {
        section.work();
        black_box(own + 1) // keeps the compiler from making one addition of all
    };
    in_pool(workers, || {
        (0..workers as u64 * times).into_par_iter().fold(|| 0, count_one).sum()
    })
}
// ANCHOR_END: rayon

/// Runs `work` in a pool of `workers` threads. All of them have ended when this returns, since the next variants fork, which
/// a process with several threads must not do.
fn in_pool(workers: usize, work: impl FnOnce() -> u64 + Send) -> io::Result<Count> {
    let run = |pool: &rayon::ThreadPool| {
        pool.broadcast(|_| ()); // all threads run before the clock starts, as in a team
        pool.install(|| {
            let called = std::time::Instant::now();
            let counted = work();
            Count {
                counted,
                spans: vec![Span {
                    start: 0,
                    end: called.elapsed().as_nanos() as u64,
                }],
            }
        })
    };
    let places = Placement::one_each(workers);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(workers);
    let done = threads.build_scoped(
        |thread| {
            places.take(thread.index());
            thread.run();
        },
        run,
    );
    done.map_err(|error| {
        io::Error::other(format!(
            "the system refused a pool of threads: {error}; use fewer workers"
        ))
    })
}

// ANCHOR: processes
/// Processes with a robust pthread mutex and a counter, each in a mapping.
pub fn robust_mutex_processes(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let (mutex, counter) =
        (RobustMutex::shared()?, Shared::new(AtomicU64::new(0))?);
    let team = processes(workers, |_| {
        for _ in 0..times {
            let _guard = mutex.lock().expect("nobody locks it twice");
            section.work();
            // Two steps, which the lock makes one.
            counter.store(counter.load(Relaxed) + 1, Relaxed);
        }
    })?;
    Ok(Count { counted: counter.load(Relaxed), spans: team.spans })
}

/// Processes with an atomic integer in a mapping.
pub fn fetch_add_processes(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = Shared::new(AtomicU64::new(0))?;
    let team = processes(workers, |_| {
        repairs::fetch_add(&counter, times, || section.work());
    })?;
    Ok(Count { counted: counter.load(Relaxed), spans: team.spans })
}
// ANCHOR_END: processes
