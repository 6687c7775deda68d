//! Which tool finds which bug? Programs with a bug and without, and what each tool is expected to say of them.

mod build;
pub mod models;
pub mod tools;

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
    program("plain-race", Bug::Race, Source::PlainRace, 1000, &[(Tsan, Caught), (TsanStd, Caught), (Helgrind, Caught)]),
    program(
        "lost-update",
        Bug::Race,
        Source::Workers,
        300_000,
        &[(Loom, Caught), (Tsan, Misses), (TsanStd, Misses), (Helgrind, Caught)],
    ),
    program("across-processes", Bug::Race, Source::Locks, 1000, &[(Tsan, Misses), (Helgrind, Misses)]),
    program(
        "fetch-add",
        Bug::None,
        Source::Workers,
        300_000,
        &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet), (Helgrind, CriesWolf)],
    ),
    program(
        "mutex",
        Bug::None,
        Source::Workers,
        1000,
        &[(Loom, Quiet), (Tsan, CriesWolf), (TsanStd, Quiet), (Helgrind, CriesWolf)],
    ),
    program("rwlock", Bug::None, Source::Workers, 1000, &[(Loom, Quiet), (TsanStd, Quiet)]),
    program("compare-exchange", Bug::None, Source::Workers, 1000, &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet)]),
    program("thread-local", Bug::None, Source::Workers, 1000, &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet)]),
    program("channel", Bug::None, Source::Workers, 1000, &[(Loom, Quiet), (Tsan, CriesWolf), (TsanStd, Quiet)]),
    program(
        "opposite-order",
        Bug::Order,
        Source::Workers,
        100,
        &[(Loom, Caught), (Tsan, Misses), (TsanStd, Misses), (Helgrind, Misses)],
    ),
    program(
        "one-order",
        Bug::None,
        Source::Workers,
        100,
        &[(Loom, Quiet), (Tsan, Quiet), (TsanStd, Quiet), (Helgrind, Quiet)],
    ),
    program("opposite-order-pthread", Bug::Order, Source::Locks, 100, &[(Tsan, Caught), (Helgrind, Caught)]),
    program("one-order-pthread", Bug::None, Source::Locks, 100, &[(Tsan, Quiet), (Helgrind, Quiet)]),
    program("deadlocked", Bug::Deadlock, Source::Workers, 1, &[(Gdb, Caught)]),
];

const fn program(
    name: &'static str,
    bug: Bug,
    source: Source,
    times: u64,
    expected: &'static [(Tool, Verdict)],
) -> Program {
    Program { name, bug, source, times, expected }
}

impl Program {
    /// What this tool is expected to say of it, if it can judge it.
    pub fn expected_of(&self, tool: Tool) -> Option<Verdict> {
        self.expected.iter().find(|(other, _)| *other == tool).map(|(_, verdict)| *verdict)
    }

    /// Whether this tool can judge it.
    pub fn judges(&self, tool: Tool) -> bool {
        self.expected_of(tool).is_some()
    }
}
