//! What must be true of work that is done in a child: it's done there, and once; its result comes over whole, every time; and if
//! it crashes, the parent is told. The parent waits until the work is done. No child stays behind, and nothing else either.

use std::env;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::id;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use lab::{Shared, process};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use testing::waits::until_it_waits;

/// What lets a forked child do some work, and returns the result in the parent.
pub(crate) type InAChild = fn(&dyn Fn() -> u64) -> io::Result<u64>;

/// Says what is wrong, if something is.
pub(crate) fn check(in_a_child: InAChild) -> Result<(), String> {
    let before = Open::now();
    let parent = id();
    let done = Shared::new([const { AtomicU64::new(0) }; 3])
        .map_err(|error| format!("no room to count: {error}"))?;
    let counted = in_a_child(&|| {
        done[usize::from(id() == parent)].fetch_add(1, SeqCst);
        // A parent that doesn't wait for the end of the work looks while there is no result.
        if id() != parent
            && until_it_waits(&Path::new("/proc").join(parent.to_string())).is_err()
        {
            done[2].fetch_add(1, SeqCst);
        }
        7
    });
    match done.each_ref().map(|times| times.load(SeqCst)) {
        [1, 0, 0] => {}
        [1, 0, _] => return Err("while the child works, the parent looks again and again instead of waiting".to_owned()),
        [times, 0, _] => return Err(format!("the work was done {times} times")),
        _ => return Err("the work was done in the parent".to_owned()),
    }
    drop(done);
    comes_over(7, counted)?;
    for expected in [
        0,
        1,
        255,
        256,
        u64::from(u32::MAX) + 7,
        (1 << 53) + 1,
        0x0a0d_0020_001a_ff7f,
        u64::MAX,
    ] {
        comes_over(expected, in_a_child(&|| expected))?;
    }
    crashes(in_a_child, "was killed", || {
        kill_process(getpid(), Signal::KILL).map_or(2, |()| 3)
    })?;
    crashes(in_a_child, "panicked", || {
        std::panic::set_hook(Box::new(|_| {})); // it's meant to, and nobody needs to read of it
        panic!("on purpose")
    })?;
    match waitpid(None, WaitOptions::NOHANG) {
        Err(Errno::CHILD) => {}
        _ => {
            return Err(
                "a child stays behind that the parent hasn't waited for".to_owned()
            );
        }
    }
    beside_another(in_a_child)?;
    before.and_nothing_else()
}

/// This process has another child, which isn't the answer's to wait for.
fn beside_another(in_a_child: InAChild) -> Result<(), String> {
    let another = process::fork(Duration::from_secs(60), Vec::new)
        .map_err(|error| format!("no child: {error}"))?;
    another.until_ended();
    let result = in_a_child(&|| 7);
    let ended = waitpid(Pid::from_raw(another.id()), WaitOptions::NOHANG);
    drop(another);
    match ended {
        Ok(Some(_)) => comes_over(7, result),
        _ => Err("in_a_child waited for a child that other code had started, so that code would wait for ever".to_owned()),
    }
}

/// What is open or lies in this process, as far as it's seen.
struct Open {
    files: usize,
    mappings: usize,
}

impl Open {
    fn now() -> Self {
        let files = fs::read_dir("/dev/fd").map_or(0, Iterator::count);
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        // The second letter in `rw-s` says that it is shared with others, or isn't.
        let is_shared = |map: &&str| {
            map.split(' ').nth(1).is_some_and(|rights| rights.ends_with('s'))
        };
        Self { files, mappings: maps.lines().filter(is_shared).count() }
    }

    fn and_nothing_else(self) -> Result<(), String> {
        let now = Self::now();
        let left = fs::read_dir(".").map_or(0, Iterator::count)
            + fs::read_dir(env::temp_dir()).map_or(0, Iterator::count);
        match (
            now.files.saturating_sub(self.files),
            now.mappings.saturating_sub(self.mappings),
            left,
        ) {
            (0, 0, 0) => Ok(()),
            (0, 0, _) => Err("a file on disk stays behind".to_owned()),
            (0, mappings, _) => Err(format!(
                "shared mappings stay behind, {mappings} of them after a dozen calls"
            )),
            (files, ..) => Err(format!(
                "files stay open that nobody closes, {files} of them after a dozen calls"
            )),
        }
    }
}

/// The work crashes in this way, and its parent has to get an error, from one child.
fn crashes(
    in_a_child: InAChild,
    how: &str,
    crash: impl Fn() -> u64,
) -> Result<(), String> {
    let parent = id();
    let done = Shared::new([const { AtomicU64::new(0) }; 2])
        .map_err(|error| format!("no room to count: {error}"))?;
    let work = || {
        done[usize::from(id() == parent)].fetch_add(1, SeqCst);
        if id() == parent { 1 } else { crash() }
    };
    let result =
        catch_unwind(AssertUnwindSafe(|| in_a_child(&work))).map_err(|_| {
            format!(
                "the work {how}, and the parent panics; look at its message above"
            )
        })?;
    match (result, done.each_ref().map(|times| times.load(SeqCst))) {
        (_, [_, by_parent]) if by_parent > 0 => {
            Err(format!("the work {how}, and the parent did it itself"))
        }
        (Ok(result), _) => Err(format!(
            "the work {how}, and the parent took {result} for its result"
        )),
        (Err(_), [0 | 1, _]) => Ok(()),
        (Err(_), [times, _]) => {
            Err(format!("the work {how}, and was done {times} times"))
        }
    }
}

fn comes_over(expected: u64, result: io::Result<u64>) -> Result<(), String> {
    let result = result.map_err(|error| format!("in_a_child failed: {error}"))?;
    match result == expected {
        true => Ok(()),
        false => Err(format!(
            "the child's result was {expected}, and the parent has {result}"
        )),
    }
}
