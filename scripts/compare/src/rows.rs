//! What is compared: our command, the other's, and what explains the difference between them.

use crate::reading::Reads;

/// One row: the commands behind what [`edition::comparison::ROWS`] declares under the same name.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name of what is declared.
    pub name: &'static str,
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
    /// What is started.
    pub program: Program,
    /// Its arguments. `{two CPUs}` stands for the numbers of two CPUs, on two cores where there are two.
    pub arguments: &'static str,
    /// Whether it is started on one core, and so are all that it starts. Our own programs place their workers themselves.
    pub on_one_core: bool,
    /// How its output is read.
    pub reads: Reads,
    /// The unit of the number.
    pub unit: &'static str,
}

/// What is started, by where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// An experiment of ours.
    Experiment(&'static str),
    /// A program in the folder `c`.
    C(&'static str),
    /// One that is installed.
    Installed(&'static str),
}

/// All rows, in the order of what is declared.
pub const ROWS: [Row; 9] = [
    Row {
        name: "thread-free",
        ours: spawn("std::thread::spawn and join", "--variant thread-spawn --placement free --times 1000 --json"),
        beside: free(THREAD),
        reasons: &[
            spawn(
                "Rust: pthread_create and pthread_join",
                "--variant pthread-create --placement free --times 1000 --json",
            ),
            free(THREAD_GUARD),
            free(THREAD_SIGNALS),
            free(THREAD_SHARED),
        ],
    },
    Row {
        name: "thread-one-core",
        ours: spawn("std::thread::spawn and join", "--variant thread-spawn --placement one-core --times 1000 --json"),
        beside: THREAD,
        reasons: &[
            spawn(
                "Rust: pthread_create and pthread_join",
                "--variant pthread-create --placement one-core --times 1000 --json",
            ),
            THREAD_GUARD,
            THREAD_SIGNALS,
            THREAD_SHARED,
        ],
    },
    Row {
        name: "fork-free",
        ours: spawn("Rust: fork, _exit, waitpid", "--variant fork-exit --placement free --times 1000 --json"),
        beside: free(FORK),
        reasons: &[],
    },
    Row {
        name: "fork-one-core",
        ours: spawn("Rust: fork, _exit, waitpid", "--variant fork-exit --placement one-core --times 1000 --json"),
        beside: FORK,
        reasons: &[
            parent("Rust: what the parent has in memory", "parent-rss"),
            Tool { says: "C: what the parent has in memory", reads: Reads::Line(1), unit: "bytes", ..FORK },
            parent("Rust: its page tables", "parent-page-tables"),
            Tool { says: "C: its page tables", reads: Reads::Line(2), unit: "bytes", ..FORK },
            Tool { says: "C, the parent with 4 MiB more in memory", arguments: "1000 1024", ..FORK },
        ],
    },
    Row {
        name: "pipe-one-core",
        ours: mean("Rust, two processes", "--variant pipe-processes --placement one-core --trips 20000 --json"),
        beside: PERF,
        reasons: &[],
    },
    Row {
        name: "pipe-free",
        ours: mean("Rust, two processes", "--variant pipe-processes --placement free --trips 20000 --json"),
        beside: free(PERF),
        reasons: &[],
    },
    Row {
        name: "spin-two-cores",
        ours: message("Rust, two processes", "--variant spin-processes --placement two-cores --trips 20000 --json"),
        beside: Tool {
            says: "C, two threads",
            program: Program::C("bounce"),
            arguments: "1000000 {two CPUs}",
            on_one_core: false,
            reads: Reads::Line(0),
            unit: "ns",
        },
        reasons: &[message("Rust, two threads", "--variant spin-threads --placement two-cores --trips 20000 --json")],
    },
    Row {
        name: "memory-thread",
        ours: memory("what the kernel counts for each, summed", "--variant threads --json", "all-each"),
        beside: memory("the slope of the memory available", "--variant threads --json", "available-each"),
        reasons: &[],
    },
    Row {
        name: "memory-process",
        ours: memory("what the kernel counts for each, summed", "--variant processes --json", "all-each"),
        beside: memory("the slope of the memory available", "--variant processes --json", "available-each"),
        reasons: &[],
    },
];

/// Our programs bind their workers themselves, by `--placement`.
const fn ours(
    says: &'static str,
    slug: &'static str,
    arguments: &'static str,
    metric: &'static str,
    unit: &'static str,
) -> Tool {
    let (program, reads) = (Program::Experiment(slug), Reads::Outcome(metric));
    Tool { says, program, arguments, on_one_core: false, reads, unit }
}

const fn spawn(says: &'static str, arguments: &'static str) -> Tool {
    ours(says, "spawn-cost", arguments, "cost", "ns")
}

const fn parent(says: &'static str, metric: &'static str) -> Tool {
    ours(says, "spawn-cost", "--variant fork-exit --placement one-core --times 1000 --json", metric, "bytes")
}

const fn message(says: &'static str, arguments: &'static str) -> Tool {
    ours(says, "message-passing", arguments, "round-trip", "ns")
}

/// As perf tells it: the time of all round trips, divided by their number.
const fn mean(says: &'static str, arguments: &'static str) -> Tool {
    ours(says, "message-passing", arguments, "round-trip-mean", "ns")
}

const fn memory(says: &'static str, arguments: &'static str, metric: &'static str) -> Tool {
    ours(says, "memory-footprint", arguments, metric, "bytes")
}

/// The same command, placed by the system.
const fn free(tool: Tool) -> Tool {
    Tool { on_one_core: false, ..tool }
}

const fn thread(says: &'static str, arguments: &'static str) -> Tool {
    Tool { says, program: Program::C("thread"), arguments, on_one_core: true, reads: Reads::Line(0), unit: "ns" }
}

const THREAD: Tool = thread("C: pthread_create and pthread_join", "1000 0");
const THREAD_GUARD: Tool = thread("C, and the thread looks up its stack's guard", "1000 1");
const THREAD_SIGNALS: Tool = thread("C, and it makes itself a stack for signals", "1000 2");
const THREAD_SHARED: Tool = thread("C, and both share a handle and a result", "1000 3");

const FORK: Tool = Tool {
    says: "C: fork, _exit, waitpid",
    program: Program::C("fork"),
    arguments: "1000 0",
    on_one_core: true,
    reads: Reads::Line(0),
    unit: "ns",
};

const PERF: Tool = Tool {
    says: "perf bench sched pipe",
    program: Program::Installed("perf"),
    arguments: "bench sched pipe -l 20000",
    on_one_core: true,
    reads: Reads::Perf,
    unit: "ns",
};

impl Row {
    /// All commands of this row, ours first, then the one beside it.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        [&self.ours, &self.beside].into_iter().chain(self.reasons)
    }
}

impl Tool {
    /// The command as a reader would type it, with what stands for numbers of CPUs replaced by these.
    pub fn command(&self, one_core: &str, two_cores: &str) -> String {
        let bound = if self.on_one_core { format!("taskset -c {one_core} ") } else { String::new() };
        let program = match self.program {
            Program::Experiment(slug) => format!("cargo run -p {slug} --"),
            Program::C(name) => format!("target/compare/{name}"),
            Program::Installed(name) => name.to_owned(),
        };
        format!("{bound}{program} {}", self.arguments).replace("{two CPUs}", two_cores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::comparison;

    #[test]
    fn there_are_commands_for_all_that_is_declared() {
        let names = ROWS.map(|row| row.name);
        assert_eq!(names, comparison::ROWS.map(|declared| declared.name));
        for row in &ROWS {
            assert_eq!(row.ours.unit, row.beside.unit, "{}", row.name);
            assert!(matches!(row.ours.program, Program::Experiment(_)), "{}", row.name);
        }
    }

    #[test]
    fn a_command_can_be_typed() {
        let command = |tool: &Tool| tool.command("1", "0 1");
        assert_eq!(command(&PERF), "taskset -c 1 perf bench sched pipe -l 20000");
        assert_eq!(command(&free(PERF)), "perf bench sched pipe -l 20000");
        assert_eq!(command(&ROWS[6].beside), "target/compare/bounce 1000000 0 1");
        let ours = "cargo run -p message-passing -- --variant pipe-processes --placement free --trips 20000 --json";
        assert_eq!(command(&ROWS[5].ours), ours);
    }
}
