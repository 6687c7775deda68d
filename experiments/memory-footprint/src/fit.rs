//! Whether there is room for so many units. What takes the last of all memory is ended by the kernel, and a thread that is
//! started with the last of all addresses ends its process: so both are counted before.

use std::io;

use lab::memory::{Footprint, room};
use lab::report::shown;
use memory_footprint::Unit;
use rustix::process::{Resource, getrlimit};

const KIB: u64 = 1024;

/// Fails in words if there is no room for so many threads, by this flag.
pub fn threads(threads: usize, unit: &Unit, flag: &str) -> io::Result<()> {
    let (number, stack) = (threads as u64, unit.stack as u64);
    memory(number * (unit.touch as u64 + 64) * KIB, flag)?;
    let Some(limit) = getrlimit(Resource::As).current else { return Ok(()) };
    let left = limit.saturating_sub(Footprint::own()?.virtual_size);
    // Its guard page, the stack for signals, and for some an arena of malloc.
    let arenas = if unit.one_arena { 1 } else { number };
    let reserved = number * (stack + 64) * KIB + arenas * 64 * KIB * KIB;
    if reserved <= left {
        return Ok(());
    }
    let [reserved, left] =
        [reserved, left].map(|number| shown(number as f64, "bytes"));
    Err(io::Error::other(format!(
        "{threads} threads may reserve {reserved} of addresses, and `ulimit -v` leaves {left}; lower {flag}"
    )))
}

/// The same for processes, which have addresses of their own.
pub fn processes(processes: usize) -> io::Result<()> {
    memory(processes as u64 * KIB * KIB, "--processes")
}

/// Fails in words if there isn't so much memory, and some for everybody else.
fn memory(memory: u64, flag: &str) -> io::Result<()> {
    const SPARE: u64 = 64 << 20;
    match room() {
        Some(room) if room < memory + SPARE => {
            let [memory, spare, room] =
                [memory, SPARE, room].map(|number| shown(number as f64, "bytes"));
            Err(io::Error::other(format!(
                "they may take {memory} beside {spare} for all others, and there is room for {room}; lower {flag}"
            )))
        }
        _ => Ok(()),
    }
}
