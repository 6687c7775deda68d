//! Which tool finds which bug? Programs with a bug and without, and what each tool is expected to say of them.

pub mod models;
pub mod proofs;
pub mod tools;

#[path = "../../shared-counter/src/increments.rs"]
mod increments;
#[path = "../programs/orders.rs"]
mod orders;
#[path = "../../mutex-fixes/src/repairs.rs"]
mod repairs;

/// Where the loops of the other chapters find their locks and atomics, in this crate: loom's.
mod sync {
    pub(crate) use loom::sync::{Mutex, RwLock, atomic};

    pub(crate) mod mpsc {
        pub(crate) use loom::sync::mpsc::{Receiver, Sender, channel};
    }
}

/// A worker of a model. It has nothing to arrange: loom lets others come between any two steps.
struct Worker;

fn let_others_come(_: &Worker, _: u64) {}

/// What a worker of a repair does besides adding: nothing, for the same reason.
#[derive(Clone, Copy)]
struct Section;

impl Section {
    fn work(self) {}
}

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// loom: runs a model through every execution.
    Loom,
    /// ThreadSanitizer, with the standard library as it is shipped.
    Tsan,
    /// ThreadSanitizer, with a standard library that was built for it too.
    TsanStd,
    /// valgrind's helgrind.
    Helgrind,
    /// gdb, attached to a program that hangs.
    Gdb,
}

/// All of them, in the order of the table.
pub const TOOLS: [Tool; 5] = [Tool::Loom, Tool::Tsan, Tool::TsanStd, Tool::Helgrind, Tool::Gdb];

impl Tool {
    /// Its name, in the table, in arguments and in the book.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loom => "loom",
            Self::Tsan => "tsan",
            Self::TsanStd => "tsan-std",
            Self::Helgrind => "helgrind",
            Self::Gdb => "gdb",
        }
    }
}

/// What is wrong with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Nothing.
    None,
    /// A data race, or a race condition without one.
    Race,
    /// Locks taken in opposite orders.
    Order,
    /// It hangs.
    Deadlock,
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `programs/workers.rs`.
    Workers,
    /// `programs/plain-race.rs`.
    PlainRace,
    /// `programs/locks.c`.
    Locks,
}

/// What a tool says of a program, seen beside the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is a bug, and the tool names it.
    Caught,
    /// There is a bug, and the tool doesn't name it.
    Misses,
    /// There is none, and the tool is quiet.
    Quiet,
    /// There is none, and the tool reports one.
    CriesWolf,
}

impl Verdict {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Misses => "misses",
            Self::Quiet => "quiet",
            Self::CriesWolf => "cries wolf",
        }
    }
}

/// A program, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name, the same in the table and in the book.
    pub name: &'static str,
    /// What is wrong with it.
    pub bug: Bug,
    /// Where it comes from.
    pub source: Source,
    /// How often each of its workers does what it does, where a tool watches it run.
    pub times: u64,
    /// What each tool that can judge it is expected to say.
    pub expected: &'static [(Tool, Verdict)],
}

use Tool::{Gdb, Helgrind, Loom, Tsan, TsanStd};
use Verdict::{Caught, CriesWolf, Misses, Quiet};

/// All programs. Where a tool isn't listed, it can't judge the program: loom sees only what is written with its own types,
/// and gdb is for programs that hang, which the others would never see the end of. Helgrind is slow, and asked about one
/// repair only.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "plain-race",
        bug: Bug::Race,
        source: Source::PlainRace,
        times: 1000,
        expected: &[(Tsan, Caught), (TsanStd, Caught), (Helgrind, Caught)],
    },
    Program {
        name: "lost-update",
        bug: Bug::Race,
        source: Source::Workers,
        times: 300_000,
        expected: &[(Loom, Caught), (Tsan, Misses), (TsanStd, Misses), (Helgrind, Caught)],
    },
    Program {
        name: "across-processes",
        bug: Bug::Race,
        source: Source::Locks,
        times: 1000,
        expected: &[(Tsan, Misses), (Helgrind, Misses)],
    },
    Program {
        name: "fetch-add",
        bug: Bug::None,
        source: Source::Workers,
        times: 300_000,
        expected: &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet), (Helgrind, CriesWolf)],
    },
    Program {
        name: "mutex",
        bug: Bug::None,
        source: Source::Workers,
        times: 1000,
        expected: &[(Loom, Quiet), (Tsan, CriesWolf), (TsanStd, Quiet), (Helgrind, CriesWolf)],
    },
    Program {
        name: "rwlock",
        bug: Bug::None,
        source: Source::Workers,
        times: 1000,
        expected: &[(Loom, Quiet), (TsanStd, Quiet)],
    },
    Program {
        name: "compare-exchange",
        bug: Bug::None,
        source: Source::Workers,
        times: 1000,
        expected: &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet)],
    },
    Program {
        name: "thread-local",
        bug: Bug::None,
        source: Source::Workers,
        times: 1000,
        expected: &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet)],
    },
    Program {
        name: "channel",
        bug: Bug::None,
        source: Source::Workers,
        times: 1000,
        expected: &[(Loom, Quiet), (Tsan, CriesWolf), (TsanStd, Quiet)],
    },
    Program {
        name: "opposite-order",
        bug: Bug::Order,
        source: Source::Workers,
        times: 100,
        expected: &[(Loom, Caught), (Tsan, Misses), (TsanStd, Misses), (Helgrind, Misses)],
    },
    Program {
        name: "one-order",
        bug: Bug::None,
        source: Source::Workers,
        times: 100,
        expected: &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet), (Helgrind, Quiet)],
    },
    Program {
        name: "opposite-order-pthread",
        bug: Bug::Order,
        source: Source::Locks,
        times: 100,
        expected: &[(Tsan, Caught), (Helgrind, Caught)],
    },
    Program {
        name: "one-order-pthread",
        bug: Bug::None,
        source: Source::Locks,
        times: 100,
        expected: &[(Tsan, Quiet), (Helgrind, Quiet)],
    },
    Program { name: "deadlocked", bug: Bug::Deadlock, source: Source::Workers, times: 1, expected: &[(Gdb, Caught)] },
];
