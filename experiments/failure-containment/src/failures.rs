//! Ways to fail. A failure returns only if the system refuses it.

use std::hint::black_box;
use std::io::Write;
use std::{process, thread};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::calls;

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A panic that nobody catches.
    Panic,
    /// `std::process::abort`.
    Abort,
    /// An access to memory that may not be accessed.
    Segfault,
    /// A recursion without end.
    StackOverflow,
    /// An allocation that is refused.
    OutOfMemory,
    /// `std::process::exit`.
    Exit,
    /// SIGKILL, sent to one thread.
    Kill,
    /// Sleeping for ever.
    Hang,
}

/// The code that [`Failure::Exit`] exits with.
pub(crate) const EXIT_CODE: i32 = 3;

/// How many addresses a process may have that is to be refused memory. What it allocates, it never touches.
const ADDRESSES: u64 = 1 << 30;

impl Failure {
    // ANCHOR: failures
    /// Fails.
    pub(crate) fn happen(self) {
        match self {
            Self::Panic => panic!("on purpose"),
            Self::Abort => process::abort(),
            Self::Segfault => {
                calls::segfault().unwrap_or_else(|error| refused(&error));
            }
            Self::StackOverflow => overflow_the_stack(),
            Self::OutOfMemory => allocate_without_end(),
            Self::Exit => process::exit(EXIT_CODE),
            Self::Kill => calls::raise(Signal::KILL), // to this thread alone
            Self::Hang => loop {
                thread::park(); // nobody wakes this thread
            },
        }
    }
    // ANCHOR_END: failures
}

/// Says on stderr why the failure couldn't happen.
fn refused(error: &std::io::Error) {
    let _ = writeln!(std::io::stderr(), "the system refused the failure: {error}");
}

/// The longest stack of a main thread that we fill. With `ulimit -s unlimited`, the stack would take all memory first.
const STACK: u64 = 8 << 20;

/// Limits a resource of this process to `most`, or leaves the limit that it has if that is lower.
fn limit(resource: Resource, most: u64) -> std::io::Result<()> {
    let limit = getrlimit(resource);
    let current = limit.current.map_or(most, |now| now.min(most));
    Ok(setrlimit(resource, Rlimit { current: Some(current), ..limit })?)
}

fn overflow_the_stack() {
    match limit(Resource::Stack, STACK) {
        Ok(()) => drop(recurse(0)),
        Err(error) => refused(&error),
    }
}

/// Calls itself until the stack ends. The compiler can't turn this into a loop, because each call uses its frame after the next
/// call has returned.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    let below = if black_box(depth) == u64::MAX { 0 } else { recurse(depth + 1) };
    below + black_box(frame)[0]
}

/// Allocates until the system refuses: a gigabyte of addresses at most. None of them is touched, so no memory is taken.
fn allocate_without_end() {
    if let Err(error) = limit(Resource::As, ADDRESSES) {
        return refused(&error);
    }
    let mut leaked: Vec<Vec<u8>> = Vec::new();
    loop {
        leaked.push(black_box(Vec::with_capacity(16 << 20)));
    }
}
