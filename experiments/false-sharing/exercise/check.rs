//! What right statistics must pass: wherever an array of them lies, no two workers write within one block of `APART` bytes.
//! It looks at addresses and at no clock, so it says the same on every machine.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

/// What each worker counts for itself.
pub(crate) trait PerWorker: Default {
    /// Requests that it answered.
    fn answered(&self) -> &AtomicU64;
    /// Requests that it turned down.
    fn refused(&self) -> &AtomicU64;
}

/// Two lines of 64 bytes, which some CPUs fetch in pairs, or one of 128.
const APART: usize = 128;

const WORKERS: usize = 4;

/// Lays the statistics of four workers out in many places, and says what is wrong in the first that isn't right.
pub(crate) fn check<S: PerWorker>() -> Result<(), String> {
    let size = size_of::<S>();
    // Shifts that a type's alignment absorbs, and those that it doesn't: an allocator may give any of these places.
    lay_out::<S, 0>()?;
    lay_out::<S, 1>()?;
    lay_out::<S, 3>()?;
    lay_out::<S, 5>()?;
    lay_out::<S, 8>()?;
    lay_out::<S, 11>()?;
    lay_out::<S, 15>()?;
    match size {
        APART => Ok(()),
        _ => Err(format!("each worker's statistics take {size} bytes, and {APART} are enough")),
    }
}

/// The statistics of the workers, behind so many words of something else.
#[repr(C)]
struct Shifted<S, const WORDS: usize> {
    before: [u64; WORDS],
    all: [S; WORKERS],
}

/// The memory that everything is laid out in starts a block.
#[repr(C, align(128))]
struct Memory<T>(T);

fn lay_out<S: PerWorker, const WORDS: usize>() -> Result<(), String> {
    let all = std::array::from_fn(|_| S::default());
    let memory = Box::new(Memory(Shifted::<S, WORDS> { before: [0; WORDS], all }));
    let mut owners = BTreeMap::new();
    for (worker, statistics) in memory.0.all.iter().enumerate() {
        for (name, counter) in [("answered", statistics.answered()), ("refused", statistics.refused())] {
            let block = (&raw const *counter).addr() / APART;
            let (other, others) = *owners.entry(block).or_insert((worker, name));
            if other != worker {
                return Err(format!(
                    "`{others}` of worker {other} and `{name}` of worker {worker} lie within one block of {APART} bytes, \
                     where the array begins {} bytes behind a block's beginning",
                    (&raw const memory.0.all).addr() % APART
                ));
            }
        }
    }
    Ok(())
}
