//! The chapter's repairs, in a browser. `repairs.rs` is what the terminal runs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Line;
use crate::calls::give;
use crate::loops::repairs;

/// What the workers count on. All zeros is its beginning; in the standard library's mutex, 0 says that nobody holds it.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Counters {
    guarded: Line<Mutex<u64>>,
    atomic: Line<AtomicU64>,
    shards: [Line<AtomicU64>; 8],
}

impl Counters {
    /// What all counters say together.
    fn all(&self) -> f64 {
        let shards: u64 = self.shards.iter().map(|shard| shard.0.load(Relaxed)).sum();
        (self.atomic.0.load(Relaxed) + shards + *self.guarded.0.lock().unwrap()) as f64
    }
}

give! {
    /// Adds one, `times` times, with the lock held. Returns what was counted in the end, as each of the following does.
    fn mutex(counters: Counters, worker, times: u32) -> f64 {
        worker.timed(|| repairs::mutex(&counters.guarded.0, times.into(), || ()));
        counters.all()
    }

    /// Adds by a compare-exchange, which is repeated until no other worker has come between.
    fn compare_exchange(counters: Counters, worker, times: u32) -> f64 {
        worker.timed(|| repairs::compare_exchange(&counters.atomic.0, times.into(), || ()));
        counters.all()
    }

    /// Adds in one step.
    fn atomic(counters: Counters, worker, times: u32) -> f64 {
        worker.timed(|| repairs::fetch_add(&counters.atomic.0, times.into(), || ()));
        counters.all()
    }

    /// Adds in one step, on a counter of the worker's own.
    fn sharded(counters: Counters, worker, times: u32) -> f64 {
        let shard = &counters.shards[worker.number % 8].0;
        worker.timed(|| repairs::fetch_add(shard, times.into(), || ()));
        counters.all()
    }

    /// Adds on a local number, and adds that to the counter once.
    fn local(counters: Counters, worker, times: u32) -> f64 {
        worker.timed(|| repairs::local(&counters.atomic.0, times.into(), || ()));
        counters.all()
    }
}
