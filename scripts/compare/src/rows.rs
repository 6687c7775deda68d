//! What is compared: our command, the other's, and what explains the difference between them.

use crate::reading::Reads;

/// A row as it is declared: two commands that measure the same.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// What is measured, by us and by the other tool.
    pub says: &'static str,
    /// The factor up to which one of the two may be more than the other.
    pub limit: f64,
    /// Our figure.
    pub ours: Tool,
    /// The other tool's.
    pub beside: Tool,
    /// Figures that tell what the difference is made of.
    pub reasons: &'static [Tool],
}

/// A command, and the number that is read from its output.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// What it is, in a few words.
    pub says: &'static str,
    /// The command, as a reader would type it. `{core}` stands for the number of a CPU, `{two cores}` for those of two. Our
    /// own programs place their workers themselves.
    pub command: &'static str,
    /// How its output is read.
    pub reads: Reads,
    /// The unit of the number.
    pub unit: &'static str,
}

/// A command of `spawn-cost`, of one of its variants.
macro_rules! spawn {
    ($variant:literal, $placement:literal) => {
        concat!("cargo run -p spawn-cost -- --variant ", $variant, " --placement ", $placement, " --times 1000 --json")
    };
}

/// A round trip of `message-passing`, by one of its variants.
macro_rules! trip {
    ($says:literal, $variant:literal, $placement:literal, $metric:literal) => {
        Tool {
            says: $says,
            command: concat!(
                "cargo run -p message-passing -- --variant ",
                $variant,
                " --placement ",
                $placement,
                " --trips 20000 --json"
            ),
            reads: Reads::Outcome($metric),
            unit: "ns",
        }
    };
}

/// Starting and joining a thread, ours and in C. The second argument in C says what it does beside.
macro_rules! thread {
    ($name:literal, $says:literal, $limit:literal, $placement:literal, $c:literal) => {
        Declared {
            name: $name,
            says: $says,
            limit: $limit,
            ours: ours("std::thread::spawn and join", spawn!("thread-spawn", $placement)),
            beside: c("C: pthread_create and pthread_join", concat!($c, "target/compare/thread 1000 0")),
            reasons: &[
                ours("Rust: pthread_create and pthread_join", spawn!("pthread-create", $placement)),
                c("C, and the thread looks up its stack's guard", concat!($c, "target/compare/thread 1000 1")),
                c("C, and it makes itself a stack for signals", concat!($c, "target/compare/thread 1000 2")),
                c("C, and both share a handle and a result", concat!($c, "target/compare/thread 1000 3")),
            ],
        }
    };
}

const FORK: &str = spawn!("fork-exit", "one-core");
const FORK_IN_C: &str = "taskset -c {core} target/compare/fork 1000 0";

/// All rows, in the order of the page.
pub const ROWS: [Declared; 7] = [
    thread!("thread-free", "start and join a thread, placed freely", 1.3, "free", ""),
    thread!("thread-one-core", "start and join a thread, on one core", 1.5, "one-core", "taskset -c {core} "),
    Declared {
        name: "fork-free",
        says: "fork, exit and wait, placed freely",
        limit: 1.5,
        ours: ours("Rust: fork, _exit, waitpid", spawn!("fork-exit", "free")),
        beside: c("C: fork, _exit, waitpid", "target/compare/fork 1000 0"),
        reasons: &[],
    },
    Declared {
        name: "fork-one-core",
        says: "fork, exit and wait, on one core",
        limit: 1.5,
        ours: ours("Rust: fork, _exit, waitpid", FORK),
        beside: c("C: fork, _exit, waitpid", FORK_IN_C),
        reasons: &[
            bytes("Rust: what the parent has in memory", FORK, Reads::Outcome("parent-rss")),
            bytes("C: what the parent has in memory", FORK_IN_C, Reads::Line(1)),
            bytes("Rust: its page tables", FORK, Reads::Outcome("parent-page-tables")),
            bytes("C: its page tables", FORK_IN_C, Reads::Line(2)),
            c("C, the parent with 4 MiB more in memory", "taskset -c {core} target/compare/fork 1000 1024"),
        ],
    },
    Declared {
        name: "pipe-one-core",
        says: "a round trip by pipes between processes, on one core",
        limit: 1.15,
        // As perf tells it: the time of all round trips, divided by their number.
        ours: trip!("Rust, two processes", "pipe-processes", "one-core", "round-trip-mean"),
        beside: perf("taskset -c {core} perf bench sched pipe -l 20000"),
        reasons: &[],
    },
    Declared {
        name: "pipe-free",
        says: "a round trip by pipes between processes, placed freely",
        limit: 1.4,
        ours: trip!("Rust, two processes", "pipe-processes", "free", "round-trip-mean"),
        beside: perf("perf bench sched pipe -l 20000"),
        reasons: &[],
    },
    Declared {
        name: "spin-two-cores",
        says: "a round trip by a shared word, spinning on two cores",
        limit: 1.25,
        ours: trip!("Rust, two processes", "spin-processes", "two-cores", "round-trip"),
        beside: c("C, two threads", "target/compare/bounce 1000000 {two cores}"),
        reasons: &[trip!("Rust, two threads", "spin-threads", "two-cores", "round-trip")],
    },
];

const fn ours(says: &'static str, command: &'static str) -> Tool {
    Tool { says, command, reads: Reads::Outcome("cost"), unit: "ns" }
}

const fn c(says: &'static str, command: &'static str) -> Tool {
    Tool { says, command, reads: Reads::Line(0), unit: "ns" }
}

const fn bytes(says: &'static str, command: &'static str, reads: Reads) -> Tool {
    Tool { says, command, reads, unit: "bytes" }
}

const fn perf(command: &'static str) -> Tool {
    Tool { says: "perf bench sched pipe", command, reads: Reads::Perf, unit: "ns" }
}

impl Declared {
    /// All commands of this row, ours first, then the one beside it.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        [&self.ours, &self.beside].into_iter().chain(self.reasons)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use edition::Edition;

    /// The page shows what was recorded; it must be what `cargo compare` does now.
    #[test]
    fn the_reference_edition_compares_what_is_declared() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/data/reference");
        let comparison = Edition::read(&folder).unwrap().and_then(|edition| edition.comparison).unwrap();
        let why = "run `cargo compare --edition reference` on its machine";
        let names: Vec<&str> = comparison.rows.iter().map(|row| &row.name[..]).collect();
        assert_eq!(names, ROWS.map(|row| row.name), "{why}");
        for (row, recorded) in ROWS.iter().zip(&comparison.rows) {
            assert_eq!((row.says, row.limit), (&recorded.says[..], recorded.limit), "{why}");
            let all = [&recorded.ours, &recorded.beside].into_iter().chain(&recorded.reasons);
            for (tool, series) in row.tools().zip(all) {
                // The CPUs are that machine's.
                let same = |(word, recorded): (&str, &str)| word.contains(['{', '}']) || word == recorded;
                assert!(tool.command.split(' ').zip(series.command.split(' ')).all(same), "{}: {why}", tool.command);
                assert_eq!(tool.says, series.says, "{why}");
            }
        }
    }
}
