//! What is compared: our command, the other's, and what explains the difference between them.

use crate::reading::Reads;

/// A row as it is declared: two commands that measure the same.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// What is measured, by us and by the other program.
    pub says: &'static str,
    /// Whether the other program is one that we didn't write.
    pub independent: bool,
    /// The factor up to which one of the two may be more than the other.
    pub limit: f64,
    /// Our figure.
    pub ours: Tool,
    /// The other program's.
    pub beside: Tool,
    /// Figures that tell what the difference is made of.
    pub reasons: &'static [Tool],
    /// What that one of them says which does all that is known to make a difference.
    pub explained_by: Option<&'static str>,
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

/// The limit where all is pinned, to one core or to two.
const PINNED: f64 = 1.15;
/// The limit where a few nanoseconds decide whether somebody looks once more, and takes a cache line away.
const CONTENDED: f64 = 1.25;
/// The limit where the scheduler decides who runs where: it need not decide the same twice.
const FREE: f64 = 1.25;

/// A command of `spawn-cost`, of one of its variants.
macro_rules! spawn {
    ($variant:literal, $placement:literal, $times:literal) => {
        concat!(
            "cargo run -p spawn-cost -- --variant ",
            $variant,
            " --placement ",
            $placement,
            " --times ",
            $times,
            " --json"
        )
    };
}

/// A round trip of `message-passing`, by one of its variants.
macro_rules! trip {
    ($says:literal, $variant:literal, $placement:literal, $trips:literal, $metric:literal) => {
        Tool {
            says: $says,
            command: concat!(
                "cargo run -p message-passing -- --variant ",
                $variant,
                " --placement ",
                $placement,
                " --trips ",
                $trips,
                " --json"
            ),
            reads: Reads::Outcome($metric),
            unit: "ns",
        }
    };
}

/// `thread` in C, on one core, with so much of what the standard library does.
macro_rules! thread {
    ($says:expr, $parts:literal) => {
        c($says, concat!("taskset -c {core} target/compare/thread 200 ", $parts))
    };
}

/// `fork` in C, on one core, with so much of what the program in Rust does.
macro_rules! fork {
    ($says:expr, $parts:literal) => {
        c($says, concat!("taskset -c {core} target/compare/fork 100 ", $parts))
    };
}

/// A row on messages of 64 KiB that go one way between two processes, by one of the variants of `message-passing`.
macro_rules! stream {
    ($name:literal, $says:literal, $way:literal) => {
        consistent(
            $name,
            $says,
            PINNED,
            Tool {
                reads: Reads::Outcome("message-one-core"),
                ..ours(
                    "Rust, two processes",
                    concat!(
                        "cargo run -p message-passing -- stream --size 65536 --variant ",
                        $way,
                        "-processes --placement one-core --trips 1000 --json"
                    ),
                )
            },
            c("C, two processes", concat!("taskset -c {core} target/compare/stream ", $way, " 20")),
            &[],
            None,
        )
    };
}

/// What explains a thread: all steps in C.
const ALL_OF_STD: &str = "C, and it has a handle, a result and a closure";
/// What explains a shared word: who looks again before the answer is there takes the line away from who answers.
const LATE: &str = "C, and each multiplies 26 times before it answers";
/// What explains a fork: all steps in C.
const AS_LARGE: &str = "C, and it has written as many pages";

/// All rows, in the order of the page.
pub const ROWS: [Declared; 13] = [
    // As perf tells it: the time of all, divided by their number.
    independent(
        "pipe-one-core",
        "a round trip by pipes between processes, on one core",
        PINNED,
        trip!("Rust, two processes", "pipe-processes", "one-core", "3000", "round-trip-mean"),
        perf("taskset -c {core} perf bench sched pipe -l 8000"),
    ),
    independent(
        "pipe-free",
        "a round trip by pipes between processes, placed freely",
        FREE,
        trip!("Rust, two processes", "pipe-processes", "free", "3000", "round-trip-mean"),
        perf("perf bench sched pipe -l 8000"),
    ),
    independent(
        "pipe-threads-one-core",
        "a round trip by pipes between threads, on one core",
        PINNED,
        trip!("Rust, two threads", "pipe-threads", "one-core", "3000", "round-trip-mean"),
        perf("taskset -c {core} perf bench sched pipe -T -l 8000"),
    ),
    independent(
        "pipe-threads-free",
        "a round trip by pipes between threads, placed freely",
        FREE,
        trip!("Rust, two threads", "pipe-threads", "free", "3000", "round-trip-mean"),
        perf("perf bench sched pipe -T -l 8000"),
    ),
    independent(
        "pthread-one-core",
        "pthread_create and pthread_join, on one core",
        PINNED,
        Tool { reads: Reads::Outcome("cost-mean"), ..ours("Rust", spawn!("pthread-create", "one-core", "500")) },
        perf("taskset -c {core} perf bench -r 500 breakpoint thread -b 0 -p 1 -t 1"),
    ),
    consistent(
        "thread-one-core",
        "start and join a thread, on one core",
        PINNED,
        ours("std::thread::spawn and join", spawn!("thread-spawn", "one-core", "200")),
        thread!("C: pthread_create and pthread_join", "0"),
        &[
            ours("Rust: pthread_create and pthread_join", spawn!("pthread-create", "one-core", "200")),
            thread!("C, and the thread looks up its stack's guard", "1"),
            thread!("C, and it makes itself a stack for signals", "2"),
            thread!(ALL_OF_STD, "3"),
        ],
        Some(ALL_OF_STD),
    ),
    consistent(
        "thread-free",
        "start and join a thread, placed freely",
        FREE,
        ours("std::thread::spawn and join", spawn!("thread-spawn", "free", "200")),
        c("C: pthread_create and pthread_join", "target/compare/thread 200 0"),
        &[c(ALL_OF_STD, "target/compare/thread 200 3")],
        Some(ALL_OF_STD),
    ),
    consistent(
        "fork-one-core",
        "fork, exit and wait, on one core",
        PINNED,
        ours("Rust: fork, _exit, waitpid", FORK),
        fork!("C: fork, _exit, waitpid", "0"),
        &[
            fork!("C, and it allocates the list of its children", "1"),
            fork!("C, and it maps libgcc and a stack for signals", "2"),
            fork!(AS_LARGE, "3"),
            Tool {
                reads: Reads::Outcome("parent-entries"),
                unit: "entries",
                ..ours("Rust: pages that it has written", FORK)
            },
            Tool {
                reads: Reads::Line(1),
                unit: "entries",
                ..fork!("C, after the last step: pages that it has written", "3")
            },
        ],
        Some(AS_LARGE),
    ),
    consistent(
        "fork-free",
        "fork, exit and wait, placed freely",
        FREE,
        ours("Rust: fork, _exit, waitpid", spawn!("fork-exit", "free", "100")),
        c("C: fork, _exit, waitpid", "target/compare/fork 100 0"),
        &[c(AS_LARGE, "target/compare/fork 100 3")],
        Some(AS_LARGE),
    ),
    consistent(
        "spin-two-cores",
        "a round trip by a shared word, spinning on two cores",
        CONTENDED,
        trip!("Rust, two processes", "spin-processes", "two-cores", "10000", "round-trip"),
        c("C, two threads", "target/compare/bounce 100000 {two cores} 0"),
        &[
            c(LATE, "target/compare/bounce 100000 {two cores} 26"),
            trip!("Rust, two threads", "spin-threads", "two-cores", "10000", "round-trip"),
        ],
        Some(LATE),
    ),
    stream!("stream-pipe-one-core", "64 KiB by a pipe, one way, on one core", "pipe"),
    stream!("stream-copied-one-core", "64 KiB copied into shared memory and out of it, on one core", "copied"),
    stream!("stream-in-place-one-core", "64 KiB written and read in shared memory, on one core", "in-place"),
];

const FORK: &str = spawn!("fork-exit", "one-core", "100");

const fn independent(name: &'static str, says: &'static str, limit: f64, ours: Tool, beside: Tool) -> Declared {
    Declared { name, says, independent: true, limit, ours, beside, reasons: &[], explained_by: None }
}

const fn consistent(
    name: &'static str,
    says: &'static str,
    limit: f64,
    ours: Tool,
    beside: Tool,
    reasons: &'static [Tool],
    explained_by: Option<&'static str>,
) -> Declared {
    Declared { name, says, independent: false, limit, ours, beside, reasons, explained_by }
}

const fn ours(says: &'static str, command: &'static str) -> Tool {
    Tool { says, command, reads: Reads::Outcome("cost"), unit: "ns" }
}

const fn c(says: &'static str, command: &'static str) -> Tool {
    Tool { says, command, reads: Reads::Line(0), unit: "ns" }
}

const fn perf(command: &'static str) -> Tool {
    Tool { says: "perf bench", command, reads: Reads::Perf, unit: "ns" }
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
        let rows = comparison.rows.iter().map(|row| &row.name[..]);
        let mut names: Vec<&str> = rows.chain(comparison.left_out.iter().map(|row| &row.name[..])).collect();
        let mut declared = ROWS.map(|row| row.name);
        names.sort_unstable();
        declared.sort_unstable();
        assert_eq!(names, declared, "{why}");
        for recorded in &comparison.rows {
            let row = ROWS.iter().find(|row| row.name == recorded.name).unwrap();
            assert_eq!(
                (row.says, row.independent, row.limit, row.explained_by),
                (&recorded.says[..], recorded.independent, recorded.limit, recorded.explained_by.as_deref()),
                "{why}"
            );
            assert_eq!(row.tools().count(), recorded.all().count(), "{why}");
            for (tool, series) in row.tools().zip(recorded.all()) {
                // The CPUs are that machine's.
                let same = |(word, recorded): (&str, &str)| word.contains(['{', '}']) || word == recorded;
                assert!(tool.command.split(' ').zip(series.command.split(' ')).all(same), "{}: {why}", tool.command);
                assert_eq!(tool.says, series.says, "{why}");
            }
        }
    }
}
