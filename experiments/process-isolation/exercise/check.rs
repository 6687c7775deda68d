//! What must be true of work that is done in a child: it is done there and once, its result comes over whole and every time, and
//! where it crashes, its parent is told.

use std::io;
use std::process::id;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use lab::Shared;
use rustix::process::{Signal, getpid, kill_process};

/// What lets a forked child do some work, and returns the result in the parent.
pub(crate) type InAChild = fn(&dyn Fn() -> u64) -> io::Result<u64>;

/// Says what is wrong, if something is.
pub(crate) fn check(in_a_child: InAChild) -> Result<(), String> {
    let parent = id();
    let done = Shared::new([const { AtomicU64::new(0) }; 2]).map_err(|error| format!("no room to count: {error}"))?;
    let counted = in_a_child(&|| {
        done[usize::from(id() == parent)].fetch_add(1, SeqCst);
        if id() != parent {
            // A parent that doesn't wait for the end of the work looks while there is no result.
            until_it_waits(parent);
        }
        7
    });
    match done.each_ref().map(|times| times.load(SeqCst)) {
        [1, 0] => {}
        [times, 0] => return Err(format!("the work was done {times} times")),
        _ => return Err("the work was done in the parent".to_owned()),
    }
    comes_over(7, counted)?;
    for expected in [0, 1, 255, 256, u64::from(u32::MAX) + 7, u64::MAX] {
        comes_over(expected, in_a_child(&|| expected))?;
    }
    let crash = || match id() == parent {
        true => 1,
        false => kill_process(getpid(), Signal::KILL).map_or(2, |()| 3),
    };
    match in_a_child(&crash) {
        Ok(result) => Err(format!("the work crashed, and the parent took {result} for its result")),
        Err(_) => Ok(()),
    }
}

fn comes_over(expected: u64, result: io::Result<u64>) -> Result<(), String> {
    let result = result.map_err(|error| format!("it failed: {error}"))?;
    match result == expected {
        true => Ok(()),
        false => Err(format!("the child's result was {expected}, and the parent has {result}")),
    }
}

/// Waits until this process sleeps, and so waits for something; or for a second, if it looks again and again instead. Source:
/// proc_pid_stat(5).
fn until_it_waits(parent: u32) {
    let patience = Instant::now() + Duration::from_secs(1);
    let sleeps = || {
        let stat = std::fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    };
    while !sleeps() && Instant::now() < patience {
        thread::yield_now();
    }
}
