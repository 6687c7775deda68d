//! What ends what? A failure in a thread and in a process: who survives, what is left of what the victim held, and how long it
//! takes to end somebody on purpose.
//!
//! [`teams`] shows failures, [`endings`] ways to end a worker, and [`supervisor`] what can be built on processes.

mod calls;
pub mod endings;
pub mod failures;
pub mod folder;
pub mod supervisor;
pub mod teams;

use failures::Failure;
use teams::{Ended, Lock, Seen, Team};

/// A failure and where it happens, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// What happens to the victim.
    pub failure: Failure,
    /// What the victim is.
    pub team: Team,
    /// Whether it has a process of its own.
    pub apart: bool,
}

// ANCHOR: variants
/// Every failure, once in a thread and once in a process.
pub const VARIANTS: [Variant; 14] = [
    thread("panic-thread", Failure::Panic),
    thread("abort-thread", Failure::Abort),
    thread("segfault-thread", Failure::Segfault),
    thread("stack-overflow-thread", Failure::StackOverflow),
    thread("no-memory-thread", Failure::OutOfMemory),
    thread("exit-thread", Failure::Exit),
    thread("kill-thread", Failure::Kill),
    process("panic-process", Failure::Panic),
    process("abort-process", Failure::Abort),
    process("segfault-process", Failure::Segfault),
    process("stack-overflow-process", Failure::StackOverflow),
    process("no-memory-process", Failure::OutOfMemory),
    process("exit-process", Failure::Exit),
    process("kill-process", Failure::Kill),
];
// ANCHOR_END: variants

const fn thread(name: &'static str, failure: Failure) -> Variant {
    Variant { name, failure, team: teams::threads, apart: false }
}

const fn process(name: &'static str, failure: Failure) -> Variant {
    Variant { name, failure, team: teams::processes, apart: true }
}

impl Variant {
    /// Whether what was seen is what has to be.
    pub fn is_as_it_should_be(&self, seen: &Seen) -> bool {
        // Only a panic unwinds the stack, so that guards and other values are dropped.
        let unwinds = self.failure == Failure::Panic;
        let survives = self.apart || unwinds;
        let (robust, plain) = if unwinds { (Lock::Free, Lock::Free) } else { (Lock::OwnerDied, Lock::Stuck) };
        self.ends_so(seen.victim)
            && (seen.main_survives, seen.bystander_survives) == (survives, survives)
            && seen.poisoned == (unwinds && !self.apart)
            && (seen.robust, seen.plain) == (robust, plain)
            && seen.half_done
            && seen.files.is_none_or(|files| files == usize::from(!unwinds))
            && (seen.orphan, seen.tied_orphan) == (!unwinds, false)
            && seen.zombie.is_none_or(|zombie| zombie && self.apart)
    }

    /// Whether it is this end that the failure leads to.
    fn ends_so(&self, ended: Ended) -> bool {
        match self.failure {
            Failure::Panic if self.apart => ended == Ended::Exited(101),
            Failure::Panic => ended == Ended::Panicked,
            Failure::Abort | Failure::OutOfMemory => ended == Ended::Signalled(libc::SIGABRT),
            // macOS has two signals for what may not be accessed.
            Failure::Segfault => matches!(ended, Ended::Signalled(libc::SIGSEGV | libc::SIGBUS)),
            // Rust's runtime aborts where it knows the stack's guard page, which an unlimited stack hasn't.
            Failure::StackOverflow => {
                matches!(ended, Ended::Signalled(libc::SIGABRT | libc::SIGSEGV | libc::SIGBUS))
            }
            Failure::Exit => ended == Ended::Exited(failures::EXIT_CODE),
            Failure::Kill => ended == Ended::Signalled(libc::SIGKILL),
        }
    }
}
