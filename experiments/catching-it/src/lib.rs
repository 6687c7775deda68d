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
    expected: Expected,
}

use Bug::{Deadlock, Order, Race};
use Source::{Locks, PlainRace, Workers};

const CAUGHT: Option<Verdict> = Some(Verdict::Caught);
const MISSES: Option<Verdict> = Some(Verdict::Misses);
const QUIET: Option<Verdict> = Some(Verdict::Quiet);
const WOLF: Option<Verdict> = Some(Verdict::CriesWolf);
const NONE: Option<Verdict> = None;

/// All programs, and what each of [`TOOLS`] says. `NONE`: it can't judge the program, for loom sees only what is written with
/// its own types, and gdb is for programs that hang, which the others would never see the end of. Helgrind is slow, and asked
/// about few repairs.
pub const PROGRAMS: &[Program] = &[
    program("plain-race", Race, PlainRace, 1000, [NONE, CAUGHT, CAUGHT, CAUGHT, NONE]),
    program("lost-update", Race, Workers, 300_000, [CAUGHT, MISSES, MISSES, CAUGHT, NONE]),
    program("across-processes", Race, Locks, 1000, [NONE, MISSES, NONE, MISSES, NONE]),
    program("fetch-add", Bug::None, Workers, 300_000, [QUIET, QUIET, QUIET, WOLF, NONE]),
    program("mutex", Bug::None, Workers, 1000, [QUIET, WOLF, QUIET, WOLF, NONE]),
    program("rwlock", Bug::None, Workers, 1000, [QUIET, NONE, QUIET, NONE, NONE]),
    program("compare-exchange", Bug::None, Workers, 1000, [QUIET, QUIET, QUIET, NONE, NONE]),
    program("thread-local", Bug::None, Workers, 1000, [QUIET, QUIET, QUIET, NONE, NONE]),
    program("channel", Bug::None, Workers, 1000, [QUIET, WOLF, QUIET, NONE, NONE]),
    program("opposite-order", Order, Workers, 100, [CAUGHT, MISSES, MISSES, MISSES, NONE]),
    program("one-order", Bug::None, Workers, 100, [QUIET, QUIET, QUIET, QUIET, NONE]),
    program("opposite-order-pthread", Order, Locks, 100, [NONE, CAUGHT, NONE, CAUGHT, NONE]),
    program("one-order-pthread", Bug::None, Locks, 100, [NONE, QUIET, NONE, QUIET, NONE]),
    program("deadlocked", Deadlock, Workers, 1, [NONE, NONE, NONE, NONE, CAUGHT]),
];

type Expected = [Option<Verdict>; TOOLS.len()];

const fn program(name: &'static str, bug: Bug, source: Source, times: u64, expected: Expected) -> Program {
    Program { name, bug, source, times, expected }
}

impl Program {
    /// What this tool is expected to say of it, if it can judge it.
    pub fn expected_of(&self, tool: Tool) -> Option<Verdict> {
        self.expected[tool as usize]
    }

    /// Whether this tool can judge it.
    pub fn judges(&self, tool: Tool) -> bool {
        self.expected_of(tool).is_some()
    }
}
