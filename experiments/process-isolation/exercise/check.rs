//! What must be true of work that is done in a child: it is done there and once, its result comes over whole and every time, and
//! where it crashes, its parent is told. No child stays behind.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::id;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use lab::Shared;
use rustix::io::Errno;
use rustix::process::{Signal, WaitOptions, getpid, kill_process, waitpid};

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
    crashes(in_a_child, "was killed", || kill_process(getpid(), Signal::KILL).map_or(2, |()| 3))?;
    crashes(in_a_child, "panicked", || {
        std::panic::set_hook(Box::new(|_| {})); // it's meant to, and nobody needs to read of it
        panic!("on purpose")
    })?;
    match waitpid(None, WaitOptions::NOHANG) {
        Err(Errno::CHILD) => Ok(()),
        _ => Err("a child stays behind, which nobody has waited for".to_owned()),
    }
}

/// The work crashes in this way, and its parent has to get an error, from one child.
fn crashes(in_a_child: InAChild, how: &str, crash: impl Fn() -> u64) -> Result<(), String> {
    let parent = id();
    let done = Shared::new([const { AtomicU64::new(0) }; 2]).map_err(|error| format!("no room to count: {error}"))?;
    let work = || {
        done[usize::from(id() == parent)].fetch_add(1, SeqCst);
        if id() == parent { 1 } else { crash() }
    };
    let result = catch_unwind(AssertUnwindSafe(|| in_a_child(&work)))
        .map_err(|_| format!("the work {how}, and the parent panics; its message stands above"))?;
    match (result, done.each_ref().map(|times| times.load(SeqCst))) {
        (_, [_, by_parent]) if by_parent > 0 => Err(format!("the work {how}, and the parent did it itself")),
        (Ok(result), _) => Err(format!("the work {how}, and the parent took {result} for its result")),
        (Err(_), [0 | 1, _]) => Ok(()),
        (Err(_), [times, _]) => Err(format!("the work {how}, and was done {times} times")),
    }
}

fn comes_over(expected: u64, result: io::Result<u64>) -> Result<(), String> {
    let result = result.map_err(|error| format!("it failed: {error}"))?;
    match result == expected {
        true => Ok(()),
        false => Err(format!("the child's result was {expected}, and the parent has {result}")),
    }
}

/// Waits until this process waits for something, and not just for a time; or for a few seconds, if it looks again and again instead.
/// Source: proc_pid_stat(5), proc_pid_wchan(5).
fn until_it_waits(parent: u32) {
    let about = |what: &str| fs::read_to_string(format!("/proc/{parent}/{what}")).unwrap_or_default();
    let patience = Duration::from_secs(if Path::new("/proc/self/stat").exists() { 4 } else { 1 });
    let (until, mut untold) = (Instant::now() + patience, 0);
    // For a moment after it has said that it sleeps, and always on some systems, nobody is told what for.
    while untold < 2000 && Instant::now() < until {
        let sleeps = about("stat").rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'));
        match about("wchan").as_str() {
            "" | "0" if sleeps => untold += 1,
            what if sleeps && !what.contains("nanosleep") => return,
            _ => untold = 0,
        }
        thread::yield_now();
    }
}
