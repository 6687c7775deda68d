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

/// All rows, in the order of the page.
pub const ROWS: [Declared; 7] = [
    Declared {
        name: "thread-free",
        says: "start and join a thread, placed freely",
        limit: 1.3,
        ours: spawn(
            "std::thread::spawn and join",
            "cargo run -p spawn-cost -- --variant thread-spawn --placement free --times 1000 --json",
        ),
        beside: c(THREAD[0], "target/compare/thread 1000 0"),
        reasons: &[
            spawn(
                "Rust: pthread_create and pthread_join",
                "cargo run -p spawn-cost -- --variant pthread-create --placement free --times 1000 --json",
            ),
            c(THREAD[1], "target/compare/thread 1000 1"),
            c(THREAD[2], "target/compare/thread 1000 2"),
            c(THREAD[3], "target/compare/thread 1000 3"),
        ],
    },
    Declared {
        name: "thread-one-core",
        says: "start and join a thread, on one core",
        limit: 1.5,
        ours: spawn(
            "std::thread::spawn and join",
            "cargo run -p spawn-cost -- --variant thread-spawn --placement one-core --times 1000 --json",
        ),
        beside: c(THREAD[0], "taskset -c {core} target/compare/thread 1000 0"),
        reasons: &[
            spawn(
                "Rust: pthread_create and pthread_join",
                "cargo run -p spawn-cost -- --variant pthread-create --placement one-core --times 1000 --json",
            ),
            c(THREAD[1], "taskset -c {core} target/compare/thread 1000 1"),
            c(THREAD[2], "taskset -c {core} target/compare/thread 1000 2"),
            c(THREAD[3], "taskset -c {core} target/compare/thread 1000 3"),
        ],
    },
    Declared {
        name: "fork-free",
        says: "fork, exit and wait, placed freely",
        limit: 1.5,
        ours: spawn(
            "Rust: fork, _exit, waitpid",
            "cargo run -p spawn-cost -- --variant fork-exit --placement free --times 1000 --json",
        ),
        beside: c("C: fork, _exit, waitpid", "target/compare/fork 1000 0"),
        reasons: &[],
    },
    Declared {
        name: "fork-one-core",
        says: "fork, exit and wait, on one core",
        limit: 1.5,
        ours: spawn("Rust: fork, _exit, waitpid", FORK),
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
        ours: trip(
            "Rust, two processes",
            "cargo run -p message-passing -- --variant pipe-processes --placement one-core --trips 20000 --json",
            "round-trip-mean",
        ),
        beside: perf("taskset -c {core} perf bench sched pipe -l 20000"),
        reasons: &[],
    },
    Declared {
        name: "pipe-free",
        says: "a round trip by pipes between processes, placed freely",
        limit: 1.4,
        ours: trip(
            "Rust, two processes",
            "cargo run -p message-passing -- --variant pipe-processes --placement free --trips 20000 --json",
            "round-trip-mean",
        ),
        beside: perf("perf bench sched pipe -l 20000"),
        reasons: &[],
    },
    Declared {
        name: "spin-two-cores",
        says: "a round trip by a shared word, spinning on two cores",
        limit: 1.25,
        ours: trip(
            "Rust, two processes",
            "cargo run -p message-passing -- --variant spin-processes --placement two-cores --trips 20000 --json",
            "round-trip",
        ),
        beside: c("C, two threads", "target/compare/bounce 1000000 {two cores}"),
        reasons: &[trip(
            "Rust, two threads",
            "cargo run -p message-passing -- --variant spin-threads --placement two-cores --trips 20000 --json",
            "round-trip",
        )],
    },
];

/// What `target/compare/thread` does with its second argument, from 0 on.
const THREAD: [&str; 4] = [
    "C: pthread_create and pthread_join",
    "C, and the thread looks up its stack's guard",
    "C, and it makes itself a stack for signals",
    "C, and both share a handle and a result",
];

const FORK: &str = "cargo run -p spawn-cost -- --variant fork-exit --placement one-core --times 1000 --json";
const FORK_IN_C: &str = "taskset -c {core} target/compare/fork 1000 0";

const fn spawn(says: &'static str, command: &'static str) -> Tool {
    Tool { says, command, reads: Reads::Outcome("cost"), unit: "ns" }
}

const fn trip(says: &'static str, command: &'static str, metric: &'static str) -> Tool {
    Tool { says, command, reads: Reads::Outcome(metric), unit: "ns" }
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
