//! What right statistics must pass: wherever an array of them lies, no two workers write within one block of `APART` bytes.
//! The check looks at addresses and at no clock, so it says the same on every machine.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::AtomicU64;

use lab::report::thousands;

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
    if size > APART {
        return Err(format!(
            "each worker's statistics take {} bytes, and {APART} are enough",
            thousands(size as u64)
        ));
    }
    // An allocator may give any place in a block that the type's alignment allows.
    lay_out::<S, 0>()?;
    lay_out::<S, 1>()?;
    lay_out::<S, 2>()?;
    lay_out::<S, 3>()?;
    lay_out::<S, 4>()?;
    lay_out::<S, 5>()?;
    lay_out::<S, 6>()?;
    lay_out::<S, 7>()?;
    lay_out::<S, 8>()?;
    lay_out::<S, 9>()?;
    lay_out::<S, 10>()?;
    lay_out::<S, 11>()?;
    lay_out::<S, 12>()?;
    lay_out::<S, 13>()?;
    lay_out::<S, 14>()?;
    lay_out::<S, 15>()
}

/// The statistics of the workers, behind this many words of something else.
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
        let counters = [
            ("answered", statistics.answered()),
            ("refused", statistics.refused()),
        ];
        if ptr::eq(counters[0].1, counters[1].1) {
            return Err("`answered` and `refused` are one counter; make them two"
                .to_owned());
        }
        let own = (&raw const *statistics).addr()
            ..(&raw const *statistics).addr() + size_of::<S>();
        if !counters
            .iter()
            .all(|(_, counter)| own.contains(&(&raw const **counter).addr()))
        {
            return Err(format!(
                "the counters of worker {worker} don't lie in its `Statistics`, so anything may lie beside them"
            ));
        }
        for (name, counter) in counters {
            let block = (&raw const *counter).addr() / APART;
            let (other, others) = *owners.entry(block).or_insert((worker, name));
            if other != worker {
                return Err(format!(
                    "`{others}` of worker {other} and `{name}` of worker {worker} lie within one block of {APART} bytes, \
                     if the array begins {} bytes behind the beginning of a block",
                    (&raw const memory.0.all).addr() % APART
                ));
            }
        }
    }
    Ok(())
}
