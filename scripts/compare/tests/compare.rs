//! What `cargo compare` does with the tools that it finds. They are played by scripts, so nothing is measured here but
//! in the last test, and no time is asserted.

#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base::process;
use edition::Edition;
use edition::comparison::{Comparison, Verdict};
use testing::{Sample, heeding};

const LIMIT: Duration = Duration::from_secs(60);

/// Cargo, as far as `compare` asks it: it has built two programs.
const CARGO: &str = r#"for name in spawn-cost message-passing; do
    echo '{"target":{"kind":["bin"],"name":"'$name'"},"executable":"BIN/'$name'"}'
done"#;

/// A program of ours: it prints outcomes, each as an experiment does.
const OURS: &str = r#"outcome() {
    echo '{"experiment":"e","variant":"v","parameter":"p","metric":"'$1'","unit":"'$2'","value":'$3'}'
}
"#;
const SPAWN: &str = "outcome cost ns 100; outcome cost-mean ns 1000; outcome parent-entries entries 64";
/// By pipes ten times as long as by a word, as `PERF` and `CC` have it too.
const MESSAGE: &str = r#"case "$1 $2" in
    stream*) outcome message-one-core ns 100 ;;
    *spin*) outcome round-trip ns 100 ;;
    *) outcome round-trip-mean ns 1000 ;;
esac"#;

/// A compiler that makes scripts of whatever it is given: the program is behind `-o`.
const CC: &str = r#"while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\necho 100\necho 64\n' >"$2"
/bin/chmod +x "$2""#;

/// Where a reader's language has a decimal comma, perf has one too.
const PERF: &str = r#"[ "$1" = --version ] && echo perf version 6.1 && exit
[ "$LC_ALL" = C ] && one=1.000000 || one=1,000000
printf '# Running\n\n     Total time: 0.1 [sec]\n\n       %s usecs/op\n         1000000 ops/sec\n' "$one""#;

/// The sample project, and the tools that are found.
struct Place {
    root: Sample,
    _alone: MutexGuard<'static, ()>,
}

/// One place at a time: a script can't be started while another thread's child, between fork and exec, still has it open.
static ALONE: Mutex<()> = Mutex::new(());

impl Place {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Self { root: Sample::new().unwrap(), _alone: alone };
        place.tool("cargo", &CARGO.replace("BIN", place.path("bin").to_str().unwrap()));
        place.tool("spawn-cost", &format!("{OURS}{SPAWN}"));
        place.tool("message-passing", &format!("{OURS}{MESSAGE}"));
        place.tool("taskset", r#"[ "$1" = --version ] || { shift 2; exec "$@"; }"#);
        place.tool("cc", CC);
        place.tool("perf", PERF);
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.root().join(path)
    }

    fn tool(&self, name: &str, script: &str) {
        let path = format!("bin/{name}");
        self.root.write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(self.path(&path), Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
        command.args(arguments).current_dir(self.root.root());
        command.env("CARGO", self.path("bin/cargo")).env("PATH", self.path("bin")).env_remove("CI");
        command.env("LC_ALL", "de_DE.UTF-8");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        process::output(&mut self.command(arguments), LIMIT).unwrap()
    }

    /// The line that it ends with when it can't go on.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        let lines: Vec<&str> =
            said.lines().filter(|line| !line.starts_with("the load") && !line.starts_with("building ")).collect();
        assert_eq!((output.status.code(), lines.len()), (Some(2), 1), "{said}");
        assert!(output.stdout.is_empty(), "{output:?}");
        lines[0].to_owned()
    }

    fn comparison(&self, edition: &str) -> Comparison {
        let edition = Edition::read(&self.path("book/data").join(edition)).unwrap().expect("there is an edition");
        edition.comparison.expect("it has a comparison")
    }
}

const LOCAL: &str = "book/data/local/comparison.json";

fn two_cores() -> bool {
    base::placement::Placement::named("two-cores").is_ok()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn everything_is_compared_and_written_with_where_it_comes_from() {
    let place = Place::new();
    let output = place.run(&["--edition", "room-12"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let comparison = place.comparison("room-12");
    // On one core, what needs two is left out, in words.
    let left_out: Vec<&str> = comparison.left_out.iter().map(|row| &row.name[..]).collect();
    assert_eq!(left_out, if two_cores() { vec![] } else { vec!["spin-two-cores"] });
    assert_eq!(comparison.rows.len() + left_out.len(), compare::rows::ROWS.len());
    for row in &comparison.rows {
        assert_eq!((row.factor().unwrap().value, row.ours.rounds.len()), (1.0, 9), "{}", row.name);
    }
    assert_eq!(comparison.provenance.commands, ["cargo compare --edition room-12"]);
    assert!(!comparison.provenance.date.is_empty() && !comparison.provenance.marks().contains(&"quick".to_owned()));
    let text = text(&output);
    assert!(text.contains("a thread, on one core: within 1.15 times\n"), "{text}");
    assert!(text.contains("Everything that was measured is within its limit, or explained"), "{text}");
    assert!(text.ends_with(" s, with 9 rounds for each row.\n"), "{text}");
}

#[test]
fn one_row_alone_is_told_and_not_written() {
    let place = Place::new();
    let output = place.run(&["--row", "pipe-free"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = text(&output);
    assert!(text.contains("perf bench") && text.contains("1.00 µs") && !text.contains("thread"), "{text}");
    assert!(!place.path(LOCAL).exists());
}

#[test]
fn a_factor_outside_of_its_limit_is_said_in_words_and_by_the_exit_code() {
    let place = Place::new();
    place.tool("spawn-cost", &format!("{OURS}{}", SPAWN.replace("cost ns 100", "cost ns 1000")));
    let output = place.run(&["--rounds", "1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output);
    assert!(
        said.contains(
            "fork, exit and wait, on one core: outside: more than 1.15 times; a program that does all that ours does"
        ),
        "{said}"
    );
    assert!(said.contains("not explained: thread-one-core, thread-free, fork-one-core, fork-free.\n"), "{said}");
    // It's a figure, which stands; where nobody asks for a verdict, it is no failure.
    let comparison = place.comparison("local");
    let row = comparison.rows.iter().find(|row| row.name == "fork-free").unwrap();
    assert!(row.verdict() == Verdict::Outside && comparison.provenance.marks().contains(&"quick".to_owned()));
    assert_eq!(place.run(&["--rounds", "1", "--unjudged"]).status.code(), Some(0));
}

#[test]
fn what_is_done_besides_explains_a_factor_and_a_launch_that_meets_something_else_does_not_count() {
    let place = Place::new();
    // The program in C takes twice as long with all that ours does; ours takes ten times as long in two of five launches.
    place.tool("cc", &CC.replace("echo 100", "[ $2 = 3 ] && echo 200 || echo 100"));
    let now = format!("echo >>'{0}'; now=$(/usr/bin/wc -l <'{0}')", place.path("count").display());
    let twice = SPAWN.replace("cost ns 100;", "cost ns $cost;");
    place.tool("spawn-cost", &format!("{OURS}{now}; cost=200; [ $((now % 5)) -lt 2 ] && cost=2000; {twice}"));
    let output = place.run(&["--row", "thread-free"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output);
    assert!(
        said.contains("a program that does all that ours does takes 200 ns, and the factor is 1.00 times (in every"),
        "{said}"
    );
    assert!(
        said.contains("100 ns, beside std::thread::spawn and join 200 ns: 2.00 times (in every round)\n"),
        "{said}"
    );
}

#[test]
fn a_tool_that_is_missing_is_named_with_what_to_install_and_the_rest_is_done() {
    let place = Place::new();
    fs::remove_file(place.path("bin/cc")).unwrap();
    // A perf that is for another kernel is none.
    place.tool("perf", "echo 'perf not found for kernel 6' >&2; exit 2");
    let output = place.run(&["--rounds", "1"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output).contains("cc is missing: install a C compiler"), "{output:?}");
    let perf = "perf doesn't run here (exit code 2): install linux-perf, 6.1 or later, for this kernel";
    assert!(text(&output).contains(perf), "{output:?}");
    fs::remove_file(place.path("bin/perf")).unwrap();
    place.tool("cc", CC);
    // In CI nothing may be left out.
    let output = process::output(place.command(&["--rounds", "1"]).env("CI", "true"), LIMIT).unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("install what is missing, for nothing may be left out in CI"), "{said}");
    let comparison = place.comparison("local");
    let left_out = comparison.left_out.iter().find(|row| row.name == "pipe-free").unwrap();
    assert_eq!(left_out.why, "perf is missing: install linux-perf, 6.1 or later");
    assert!(comparison.rows.iter().any(|row| row.name == "thread-free"));
    // An old perf knows some of its benchmarks.
    place.tool("perf", &format!("[ \"$2\" = breakpoint ] && exit 1; {PERF}"));
    let said = text(&place.run(&["--rounds", "1"]));
    assert!(said.matches("Left out").count() == 1 + usize::from(!two_cores()), "{said}");
    assert!(said.contains("one core (perf bench breakpoint doesn't run here (exit code 1): install"), "{said}");
}

/// A tool, what it does instead, further arguments, and what is said.
const FAULTS: &[(&str, &str, &[&str], &[&str])] = &[
    ("perf", "[ $1 = --version ] || echo fast", &[], &["perf bench sched pipe", "no `usecs/op`", "fast"]),
    ("perf", "[ $# -lt 3 ] || exec /bin/sleep 600", &["--limit", "1"], &["perf bench", "not done within 1 s"]),
    ("spawn-cost", "echo 'error: no' >&2; exit 2", &[], &["cargo run -p spawn-cost", "exit code 2: error: no"]),
    ("cc", "echo 'thread.c:1: error: no' >&2; exit 1", &[], &["cc scripts/compare/c/", "exit code 1", "error: no"]),
    ("cargo", "exit 1", &[], &["`cargo build` failed"]),
    ("cargo", "", &[], &["the package message-passing has no program message-passing"]),
];

#[test]
fn a_tool_that_fails_hangs_or_says_something_else_is_named_in_one_line_and_nothing_is_written() {
    let place = Place::new();
    assert_eq!(place.run(&["--rounds", "1"]).status.code(), Some(0));
    let before = fs::read_to_string(place.path(LOCAL)).unwrap();
    for (tool, script, arguments, says) in FAULTS {
        let good = fs::read_to_string(place.path("bin").join(tool)).unwrap();
        place.tool(tool, script);
        let line = place.refusal(&[&["--rounds", "1"], *arguments].concat());
        assert!(line.starts_with("error: ") && says.iter().all(|says| line.contains(says)), "{script}: {line}");
        assert!(!line.contains(place.root.root().to_str().unwrap()), "{line}");
        assert_eq!(fs::read_to_string(place.path(LOCAL)).unwrap(), before, "{script}");
        place.tool(tool, good.strip_prefix("#!/bin/sh\n").unwrap());
    }
}

#[test]
fn whatever_kills_it_ends_what_it_started() {
    use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};
    // This process becomes the parent of orphans, so that it sees them end, and reaps them.
    set_child_subreaper(Some(getpid())).unwrap();
    let place = Place::new();
    let file = place.path("pid");
    let hangs = format!(
        "[ $# -lt 3 ] && exit; echo $$ >'{0}.new'; /bin/mv '{0}.new' '{0}'; exec /bin/sleep 600",
        file.display()
    );
    // The second is started by taskset.
    for (tool, row) in [("spawn-cost", "thread-free"), ("perf", "pipe-one-core")] {
        let good = fs::read_to_string(place.path("bin").join(tool)).unwrap();
        place.tool(tool, &hangs);
        for signal in [Signal::KILL, Signal::INT, Signal::TERM] {
            let mut command = heeding(&place.command(&["--row", row]));
            let mut compare = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let deadline = Instant::now() + LIMIT;
            while !file.exists() {
                assert!(Instant::now() < deadline, "{tool} was to start");
                thread::yield_now();
            }
            let pid: i32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
            fs::remove_file(&file).unwrap();
            kill_process(Pid::from_child(&compare), signal).unwrap();
            compare.wait().unwrap();
            // This returns when it has ended.
            let (_, status) = waitpid(Pid::from_raw(pid), WaitOptions::empty()).unwrap().unwrap();
            let ends = [Signal::TERM, Signal::KILL].map(|signal| Some(signal.as_raw()));
            assert!(ends.contains(&status.terminating_signal()), "{tool} outlived its parent: {status:?}");
        }
        place.tool(tool, good.strip_prefix("#!/bin/sh\n").unwrap());
    }
}

/// The programs in C say what the table reads: they are compiled as it compiles them, and warnings are errors.
#[test]
fn the_programs_in_c_print_what_is_read_and_refuse_what_they_do_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let programs: [(&str, &[&[&str]], usize); 3] = [
        ("thread", &[&["3", "0"], &["3", "1"], &["3", "2"], &["3", "3"]], 1),
        ("fork", &[&["3", "0"], &["3", "1"], &["3", "2"], &["3", "3"]], 2),
        // On one CPU two that spin take turns by the scheduler's time slices: the batch is what it takes.
        ("bounce", if two_cores() { &[&["1000", "0", "1", "8"]] } else { &[] }, 1),
    ];
    for (name, runs, lines) in programs {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c").join(name).with_extension("c");
        let program = folder.path().join(name);
        let mut cc = Command::new("cc");
        cc.args(compare::programs::C).arg("-Werror").arg("-o").arg(&program).arg(&source).arg("-ldl");
        let compiled = process::output(&mut cc, LIMIT).unwrap();
        assert!(compiled.status.success(), "{compiled:?}");
        let cpus: Vec<String> = base::placement::Placement::apart().cpus().iter().map(ToString::to_string).collect();
        for arguments in runs {
            // The numbers of CPUs are this machine's.
            let arguments: Vec<&str> = match arguments {
                [turns, _, _, delay] => vec![turns, &cpus[0], &cpus[1], delay],
                others => others.to_vec(),
            };
            let output = process::output(Command::new(&program).args(&arguments), LIMIT).unwrap();
            assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
            let numbers: Vec<f64> = text(&output).lines().map(|line| line.parse().unwrap()).collect();
            assert!(numbers.len() == lines && numbers.iter().all(|number| *number > 0.0), "{name}: {numbers:?}");
        }
        for arguments in [&[][..], &["0", "0", "1"], &["many"]] {
            let output = process::output(Command::new(&program).args(arguments), LIMIT).unwrap();
            assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}: {output:?}");
        }
    }
}
