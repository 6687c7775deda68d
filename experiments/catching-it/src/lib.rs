//! Which tool finds which bug? Programs with and without a bug, and how often each tool is known to report.

mod build;
pub mod models;
pub mod tools;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// loom, which runs a model through every execution that its version of the memory model allows.
    Loom,
    /// ThreadSanitizer, with the standard library as it's shipped.
    Tsan,
    /// ThreadSanitizer, with a standard library that was built for it too.
    TsanStd,
    /// valgrind's helgrind.
    Helgrind,
    /// gdb, attached to a program that hangs.
    Gdb,
}

/// All tools, in the order of the table.
pub const TOOLS: [Tool; 5] =
    [Tool::Loom, Tool::Tsan, Tool::TsanStd, Tool::Helgrind, Tool::Gdb];

impl Tool {
    /// The tool's name in the table, in arguments and in the book.
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
    /// A deadlock: the program hangs.
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

/// In how many of its looks at a program a tool is known to report the bug, or, if the program is right, to report anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// In every look.
    Always,
    /// In some looks: what the tool sees depends on how the run went.
    Sometimes,
    /// In no look.
    Never,
}

impl Known {
    /// Whether the tool may report in this many of its looks.
    pub const fn allows(self, reports: usize, looks: usize) -> bool {
        match self {
            Self::Always => reports == looks,
            Self::Sometimes => true,
            Self::Never => reports == 0,
        }
    }
}

/// A program, and what each tool is known to report of it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The program's name, the same in the table and in the book.
    pub name: &'static str,
    /// What is wrong with the program.
    pub bug: Bug,
    /// Where the program comes from.
    pub source: Source,
    /// How often each worker does its work when a tool watches the program run.
    pub times: u64,
    known: [Option<Known>; TOOLS.len()],
}

use Bug::{Deadlock, Order, Race};
use Source::{Locks, PlainRace, Workers};

const ALWAYS: Option<Known> = Some(Known::Always);
const AT_TIMES: Option<Known> = Some(Known::Sometimes);
const NEVER: Option<Known> = Some(Known::Never);
const NONE: Option<Known> = None;

/// All programs, and how often each of [`TOOLS`] is known to report. `NONE` means that a tool isn't asked about a program: loom
/// sees only what is written with its own types, only gdb comes to an end with a program that hangs, and helgrind is so slow
/// that it's asked about few repairs.
pub const PROGRAMS: &[Program] = &[
    program(
        "plain-race",
        Race,
        PlainRace,
        1000,
        [NONE, ALWAYS, ALWAYS, ALWAYS, NONE],
    ),
    program(
        "lost-update",
        Race,
        Workers,
        300_000,
        [ALWAYS, NEVER, NEVER, ALWAYS, NONE],
    ),
    program(
        "across-processes",
        Race,
        Locks,
        1000,
        [NONE, NEVER, NONE, NEVER, NONE],
    ),
    program(
        "fetch-add",
        Bug::None,
        Workers,
        300_000,
        [NEVER, NEVER, NEVER, ALWAYS, NONE],
    ),
    program(
        "mutex",
        Bug::None,
        Workers,
        1000,
        [NEVER, AT_TIMES, NEVER, ALWAYS, NONE],
    ),
    program("rwlock", Bug::None, Workers, 1000, [NEVER, NONE, NEVER, NONE, NONE]),
    program(
        "compare-exchange",
        Bug::None,
        Workers,
        1000,
        [NEVER, NEVER, NEVER, NONE, NONE],
    ),
    program("local", Bug::None, Workers, 1000, [NEVER, NEVER, NEVER, NONE, NONE]),
    program(
        "channel",
        Bug::None,
        Workers,
        1000,
        [NEVER, AT_TIMES, NEVER, NONE, NONE],
    ),
    program(
        "opposite-order",
        Order,
        Workers,
        100,
        [ALWAYS, NEVER, NEVER, NEVER, NONE],
    ),
    program(
        "one-order",
        Bug::None,
        Workers,
        100,
        [NEVER, NEVER, NEVER, NEVER, NONE],
    ),
    program(
        "opposite-order-pthread",
        Order,
        Locks,
        100,
        [NONE, ALWAYS, NONE, ALWAYS, NONE],
    ),
    program(
        "one-order-pthread",
        Bug::None,
        Locks,
        100,
        [NONE, NEVER, NONE, NEVER, NONE],
    ),
    program("deadlocked", Deadlock, Workers, 1, [NONE, NONE, NONE, NONE, ALWAYS]),
];

const fn program(
    name: &'static str,
    bug: Bug,
    source: Source,
    times: u64,
    known: [Option<Known>; TOOLS.len()],
) -> Program {
    Program { name, bug, source, times, known }
}

impl Program {
    /// How often this tool is known to report, if it can judge the program.
    pub fn known_of(&self, tool: Tool) -> Option<Known> {
        self.known[tool as usize]
    }

    /// Whether this tool can judge the program.
    pub fn judges(&self, tool: Tool) -> bool {
        self.known_of(tool).is_some()
    }

    /// What it means that a tool reported in this many of its looks.
    pub fn verdict(&self, reports: usize, looks: usize) -> String {
        let (what, times) = match (self.bug, reports) {
            (Bug::None, 0) => ("no report", looks),
            (Bug::None, _) => ("a false alarm", reports),
            (_, 0) => ("misses the bug", looks),
            (_, _) => ("catches the bug", reports),
        };
        format!("{what} in {times} of {looks} looks")
    }
}
