//! Whether there is room for this many units. The kernel ends a program that takes the last of all memory, and a thread that
//! starts with the last of all addresses ends its process. So we count both before we start anything.

use std::io;

use lab::memory::{Footprint, room};
use lab::report::shown;
use memory_footprint::Unit;
use rustix::process::{Resource, getrlimit};

const KIB: u64 = 1024;

/// Fails in words if there is no room for this many threads; `flag` is the flag that says how many.
pub fn threads(threads: usize, unit: &Unit, flag: &str) -> io::Result<()> {
    let (number, stack) = (threads as u64, unit.stack as u64);
    let what = format!("{threads} threads");
    memory(&what, number * (unit.touch as u64 + 64) * KIB, flag)?;
    let Some(limit) = getrlimit(Resource::As).current else { return Ok(()) };
    let left = limit.saturating_sub(Footprint::own()?.virtual_size);
    // Beside its stack, a thread has a guard page, a stack for signals, and often an arena of malloc.
    let arenas = if unit.one_arena { 1 } else { number };
    let reserved = number * (stack + 64) * KIB + arenas * 64 * KIB * KIB;
    if reserved <= left {
        return Ok(());
    }
    let [reserved, left] =
        [reserved, left].map(|number| shown(number as f64, "bytes"));
    Err(io::Error::other(format!(
        "{what} may reserve {reserved} of addresses, and `ulimit -v` leaves {left}; lower {flag}"
    )))
}

/// The same for processes, which have addresses of their own.
pub fn processes(processes: usize) -> io::Result<()> {
    let what = format!("{processes} processes");
    memory(&what, processes as u64 * KIB * KIB, "--processes")
}

/// Fails in words if there isn't so much memory for the units, and some for all other programs.
fn memory(what: &str, memory: u64, flag: &str) -> io::Result<()> {
    const SPARE: u64 = 64 << 20;
    match room() {
        Some(room) if room < memory + SPARE => {
            let [memory, spare, room] =
                [memory, SPARE, room].map(|number| shown(number as f64, "bytes"));
            Err(io::Error::other(format!(
                "{what} may take {memory}, {spare} are kept for other programs, and there is room for {room}; lower {flag}"
            )))
        }
        _ => Ok(()),
    }
}
