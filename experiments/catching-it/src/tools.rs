//! Runs a tool on a program and reads what it says.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use lab::process;
use rustix::process::{PTracer, set_ptracer};

use crate::models::{self, MODELS};
use crate::{Bug, Program, Source, Tool, Verdict};

/// How often in a model: every execution is explored, so a few turns are enough, and many are too many.
const TURNS: u64 = 2;

/// The longest that a tool may take. Each is done in a second or two.
const LIMIT: Duration = Duration::from_secs(60);

/// The longest that a build may take; that of a standard library takes a minute or two.
const BUILD_LIMIT: Duration = Duration::from_secs(600);

/// What came of it.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The tool looked at the program.
    Judged(Judged),
    /// The tool isn't here, and why.
    Missing(String),
}

/// What a tool says of a program.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What that makes it.
    pub verdict: Verdict,
    /// The commands that were run, as one would type them.
    pub commands: Vec<String>,
    /// All that the tool and the program said.
    pub said: String,
    /// How many executions were explored, if the tool does that.
    pub explored: Option<u64>,
}

/// A command, as one would type it at the project's root.
#[derive(Clone, Debug)]
struct Call {
    variables: Vec<(&'static str, String)>,
    words: Vec<String>,
}

impl Call {
    fn new(line: &str) -> Self {
        Self { variables: Vec::new(), words: line.split_whitespace().map(str::to_owned).collect() }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.push((variable, value.to_owned()));
        self
    }

    /// The command behind another one.
    fn behind(mut self, line: &str) -> Self {
        self.words.splice(0..0, line.split_whitespace().map(str::to_owned));
        self
    }

    fn run(&self, limit: Duration) -> io::Result<Output> {
        let here = root()?.display().to_string();
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).current_dir(&here);
        // Cargo's own variables would choose the toolchain, and rustup would download one.
        for variable in ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR", "DEBUGINFOD_URLS"] {
            command.env_remove(variable);
        }
        command.env("RUSTUP_AUTO_INSTALL", "0");
        // A tool's options may quote a path either way, and this one may hold an apostrophe.
        let quote = if here.contains('\'') { "\"" } else { "'" };
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value.replace('\'', quote).replace("$PWD", &here))));
        process::output(&mut command, limit)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            let quote = if value.contains('\'') { "\"" } else { "" };
            write!(f, "{name}={quote}{value}{quote} ")?;
        }
        f.write_str(&self.words.join(" "))
    }
}

/// The project's folder, where commands run, so that what they say of files is relative to it.
fn root() -> io::Result<&'static Path> {
    static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = ROOT.get_or_init(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().ok());
    found.as_deref().ok_or_else(|| io::Error::new(ErrorKind::NotFound, "the project's folder isn't there any more"))
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Plain,
    Tsan,
    TsanStd,
}

impl Source {
    /// The name of the executable, and of its file.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Workers => ("workers", "workers.rs"),
            Self::PlainRace => ("plain-race", "plain-race.rs"),
            Self::Locks => ("locks", "locks.c"),
        }
    }

    /// Where the executable lies, relative to the project's folder.
    fn executable(self, flavour: Flavour) -> String {
        let (name, _) = self.names();
        match flavour {
            Flavour::Plain => format!("{TARGET}/{name}"),
            Flavour::Tsan => format!("{TARGET}/{name}-tsan"),
            Flavour::TsanStd => format!("{TARGET}/std/{}/release/{name}", triple()),
        }
    }

    /// The command that builds it, but for its output.
    fn build(self, flavour: Flavour) -> Call {
        let file = format!("{PROGRAMS}/{}", self.names().1);
        match (self, flavour) {
            (Self::Locks, Flavour::Plain) => Call::new(&format!("cc -O1 -g -pthread {file}")),
            (Self::Locks, _) => Call::new(&format!("cc -O1 -g -pthread -fsanitize=thread {file}")),
            (_, Flavour::Plain) => Call::new(&format!("rustc --edition 2024 -O -C debuginfo=1 {file}")),
            (_, Flavour::Tsan) => Call::new(&format!(
                "rustc +nightly --edition 2024 -O -C debuginfo=1 -Z sanitizer=thread -C unsafe-allow-abi-mismatch=sanitizer {file}"
            )),
            (_, Flavour::TsanStd) => Call::new(&format!(
                "cargo +nightly build --release -Z build-std=std -Z build-std-features=panic-unwind --target {} --target-dir {TARGET}/std --manifest-path {PROGRAMS}/Cargo.toml",
                triple()
            ))
            .with("RUSTFLAGS", "-Zsanitizer=thread"),
        }
    }
}

/// Where executables are kept.
const TARGET: &str = "target/catching-it";

/// Where the programs are.
const PROGRAMS: &str = "experiments/catching-it/programs";

/// What all of them are built from.
const SOURCES: [&str; 7] = [
    "experiments/catching-it/programs/workers.rs",
    "experiments/catching-it/programs/plain-race.rs",
    "experiments/catching-it/programs/locks.c",
    "experiments/catching-it/programs/orders.rs",
    "experiments/catching-it/programs/Cargo.toml",
    "experiments/shared-counter/src/increments.rs",
    "experiments/mutex-fixes/src/repairs.rs",
];

fn triple() -> String {
    format!("{}-unknown-linux-gnu", env::consts::ARCH)
}

/// Whether an executable is there and younger than all sources.
fn is_fresh(executable: &str) -> io::Result<bool> {
    let root = root()?;
    let Ok(built) = fs::metadata(root.join(executable)).and_then(|file| file.modified()) else { return Ok(false) };
    for source in SOURCES {
        if fs::metadata(root.join(source))?.modified()? > built {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Builds a program if it isn't built yet; the command that does it, or why it can't be built here.
fn build(source: Source, flavour: Flavour) -> io::Result<Result<String, String>> {
    let (executable, call) = (source.executable(flavour), source.build(flavour));
    let shown = match flavour {
        Flavour::TsanStd => call.to_string(),
        _ => format!("{call} -o {executable}"),
    };
    if is_fresh(&executable)? {
        return Ok(Ok(shown));
    }
    let root = root()?;
    fs::create_dir_all(root.join(TARGET))?;
    // Whoever else builds this at the same time is waited for.
    let lock = File::create(root.join(TARGET).join("lock"))?;
    lock.lock()?;
    if is_fresh(&executable)? {
        return Ok(Ok(shown));
    }
    if call.words[1] == "+nightly" {
        let compiler = Call::new("rustc +nightly --version").run(LIMIT);
        if !compiler.is_ok_and(|output| output.status.success()) {
            return Ok(Err("no nightly toolchain; `rustup toolchain install nightly`".to_owned()));
        }
    }
    // Under a name of its own until it is whole: the build may be killed.
    let (new, mut building) = (format!("{executable}.new"), call.clone());
    if flavour != Flavour::TsanStd {
        building.words.extend(["-o".to_owned(), new.clone()]);
    }
    let output = match building.run(BUILD_LIMIT) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Err(format!("no {}", call.words[0]))),
        output => output?,
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().find(|line| line.contains("error")).or(said.lines().last()).unwrap_or_default();
        return match (source, flavour) {
            (Source::Locks, Flavour::Tsan) => Ok(Err(format!("cc builds nothing for it: {}", why.trim()))),
            (_, Flavour::TsanStd) if said.contains("rust-src") => {
                Ok(Err("no sources of std; `rustup component add rust-src --toolchain nightly`".to_owned()))
            }
            _ => Err(io::Error::other(format!("`{call}` failed: {}", why.trim()))),
        };
    }
    match flavour {
        // Cargo leaves alone what it finds unchanged, and the time stamp tells us that it looked.
        Flavour::TsanStd => {
            File::options().append(true).open(root.join(&executable))?.set_modified(SystemTime::now())?;
        }
        _ => fs::rename(root.join(new), root.join(&executable))?,
    }
    Ok(Ok(shown))
}

/// Builds all that a tool needs for its programs and isn't built yet; why it can't, if so.
///
/// # Errors
/// A build fails.
pub fn prepare(tool: Tool, programs: &[&Program]) -> io::Result<Option<String>> {
    for program in programs.iter().filter(|program| program.judges(tool)) {
        if let Err(why) = build(program.source, tool.flavour(program.source))? {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

impl Tool {
    fn flavour(self, source: Source) -> Flavour {
        match (self, source) {
            (Self::Tsan, _) | (Self::TsanStd, Source::Locks) => Flavour::Tsan,
            (Self::TsanStd, _) => Flavour::TsanStd,
            _ => Flavour::Plain,
        }
    }
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

    /// The command that runs it.
    fn call(&self, flavour: Flavour) -> Call {
        Call::new(&format!("{} {} {}", self.source.executable(flavour), self.name, self.times))
    }

    fn verdict(&self, found: bool, reported: bool) -> Verdict {
        match (self.bug, found, reported) {
            (Bug::None, _, false) => Verdict::Quiet,
            (Bug::None, _, true) => Verdict::CriesWolf,
            (_, true, _) => Verdict::Caught,
            (_, false, _) => Verdict::Misses,
        }
    }
}

/// Runs a program with no tool. It must be built.
///
/// # Errors
/// It fails.
pub fn run_plainly(program: &Program) -> io::Result<()> {
    let output = program.call(Flavour::Plain).run(LIMIT)?;
    if output.status.success() { Ok(()) } else { Err(failed(program.name, &output)) }
}

/// How many executions loom finds where each worker of a sound program has so many turns.
///
/// # Errors
/// Loom finds something wrong, or isn't done in time.
pub fn executions(program: &Program, turns: u64) -> io::Result<u64> {
    let output = inside(&["loom", program.name, &turns.to_string()], LIMIT)?;
    number(&both(&output), "explored ").ok_or_else(|| failed("loom", &output))
}

/// How often a tool may look at a run.
pub const LOOKS: usize = 5;

/// The last look of a tool at a program.
#[derive(Debug)]
pub struct Looked {
    /// What came of it; an error if the tool is here and fails.
    pub seen: io::Result<Seen>,
    /// Which look it was, from 1 on.
    pub number: usize,
    /// When it began.
    pub start: Instant,
}

/// Lets a tool look at a program that it can judge. A standard library is built for it only if `wait`.
///
/// A tool that judges a run, and is expected to complain, may look at a few: in a lucky one there is nothing to see. One
/// that fails isn't asked again.
pub fn look(tool: Tool, program: &Program, wait: bool) -> Looked {
    let expected = program.expected_of(tool);
    let complains = matches!(expected, Some(Verdict::Caught | Verdict::CriesWolf)) && tool != Tool::Loom;
    let most = if complains { LOOKS } else { 1 };
    let mut number = 1;
    loop {
        let start = Instant::now();
        let seen = look_once(tool, program, wait);
        let was_lucky = matches!(&seen, Ok(Seen::Judged(judged)) if expected != Some(judged.verdict));
        if !was_lucky || number == most {
            return Looked { seen, number, start };
        }
        number += 1;
    }
}

fn look_once(tool: Tool, program: &Program, wait: bool) -> io::Result<Seen> {
    if tool == Tool::Loom {
        return loom(program);
    }
    if cfg!(not(target_os = "linux")) {
        return Ok(Seen::Missing("Linux only".to_owned()));
    }
    let flavour = tool.flavour(program.source);
    // Once a standard library is there, building a program anew takes a second or two.
    if flavour == Flavour::TsanStd && !wait && !root()?.join(program.source.executable(flavour)).exists() {
        return Ok(Seen::Missing("its std isn't built; `--prepare` builds it, in a minute or two".to_owned()));
    }
    let built = match build(program.source, flavour)? {
        Ok(command) => command,
        Err(why) => return Ok(Seen::Missing(why)),
    };
    match tool {
        Tool::Helgrind => helgrind(program, built),
        Tool::Gdb => gdb(program, built),
        _ => tsan(program, flavour, built),
    }
}

fn loom(program: &Program) -> io::Result<Seen> {
    let output = inside(&["loom", program.name, &TURNS.to_string()], LIMIT)?;
    let said = both(&output);
    let explored = number(&said, "explored ");
    let found = output.status.code() == Some(FOUND.into());
    if !found && explored.is_none() {
        return Err(failed("loom", &output));
    }
    let verdict = program.verdict(found, found);
    Ok(Seen::Judged(Judged { verdict, commands: Vec::new(), said, explored }))
}

fn tsan(program: &Program, flavour: Flavour, built: String) -> io::Result<Seen> {
    let mut call = program.call(flavour).with("TSAN_OPTIONS", "strip_path_prefix='$PWD/'");
    let mut output = call.run(LIMIT)?;
    if both(&output).contains("unexpected memory mapping") {
        // It wants its shadow memory where the kernel has put something at random.
        call = call.behind("setarch -R");
        output = call.run(LIMIT)?;
    }
    let said = both(&output);
    // Exit code 66 is that of a report, and also of a start that failed.
    let reported = said.contains("WARNING: ThreadSanitizer");
    if output.status.code() != Some(if reported { 66 } else { 0 }) {
        return Err(failed("ThreadSanitizer", &output));
    }
    let found = match program.bug {
        Bug::Order => said.contains("ThreadSanitizer: lock-order-inversion"),
        _ => said.contains("ThreadSanitizer: data race"),
    };
    let verdict = program.verdict(found, reported);
    let commands = vec![built, call.to_string()];
    Ok(Seen::Judged(Judged { verdict, commands, said, explored: None }))
}

fn helgrind(program: &Program, built: String) -> io::Result<Seen> {
    // Without a debugger's door there is nothing to leave in the folder for temporary files.
    let call = program.call(Flavour::Plain).behind("valgrind --tool=helgrind --vgdb=no");
    let output = match call.run(LIMIT) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Seen::Missing("no valgrind".to_owned())),
        output => output?,
    };
    let said = both(&output);
    if !output.status.success() || !said.contains("ERROR SUMMARY: ") {
        return Err(failed("valgrind", &output));
    }
    // It also reports what std does when threads start and end. A report counts as a find if it names the program's line.
    let line = match program.source {
        Source::Workers => "increments.rs:",
        Source::PlainRace => "add (plain-race.rs:",
        Source::Locks => "locks.c:",
    };
    let names_it = |report: &str| report.contains("Possible data race") && report.contains(line);
    let found = match program.bug {
        Bug::Order => said.contains(": lock order \""),
        _ => said.split("----------------------------------------------------------------").any(names_it),
    };
    let reported = said.lines().filter_map(|line| number(line, "ERROR SUMMARY: ")).any(|errors| errors > 0);
    let verdict = program.verdict(found, reported);
    let commands = vec![built, call.to_string()];
    Ok(Seen::Judged(Judged { verdict, commands, said, explored: None }))
}

/// What gdb is asked: where is every thread?
const ASKS: &str = "thread apply all backtrace 10";

fn gdb(program: &Program, built: String) -> io::Result<Seen> {
    let run = program.call(Flavour::Plain);
    let output = inside(&["gdb", &run.to_string()], LIMIT)?;
    let said = both(&output);
    match output.status.code() {
        Some(0) => {}
        Some(code) if code == i32::from(MISSING) => return Ok(Seen::Missing(last_line(&said))),
        _ => return Err(failed("gdb", &output)),
    }
    // Each thread's lines begin with its name. Two of them wait, in a line of the loop.
    let waits = |thread: &&str| thread.contains("futex") && thread.contains("orders.rs:");
    let found = said.split("\nThread ").filter(waits).count() == 2;
    if !found {
        return Err(io::Error::other(format!("gdb didn't show two threads at their locks: {}", last_line(&said))));
    }
    let verdict = program.verdict(found, found);
    let commands =
        vec![built, format!("{run} &"), format!("gdb --batch --nx --pid $! --ex '{ASKS}'"), "kill $!".to_owned()];
    Ok(Seen::Judged(Judged { verdict, commands, said, explored: None }))
}

/// The word by which this program is told to do what must be done in a process of its own.
pub const INSIDE: &str = "--inside";

/// Exit codes of such a process: it found the bug; what it needs isn't here.
const FOUND: u8 = 3;
const MISSING: u8 = 4;

/// Runs this program once more, to do one thing.
fn inside(words: &[&str], limit: Duration) -> io::Result<Output> {
    let mut command = Command::new(env::current_exe()?);
    // By its variables loom would explore less than everything, or give up.
    for (variable, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"LOOM_")) {
        command.env_remove(variable);
    }
    process::output(command.arg(INSIDE).args(words).env("RUST_BACKTRACE", "0").env_remove("DEBUGINFOD_URLS"), limit)
}

/// What must be done in a process of its own, because it may panic, hang or become another program.
pub fn do_inside(words: &[String]) -> ExitCode {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["loom", name, turns] => explore(name, turns),
        ["gdb", run] => attach(run).unwrap_or_else(|error| {
            println!("{error}");
            ExitCode::from(if error.kind() == ErrorKind::NotFound { MISSING } else { 1 })
        }),
        ["traceable", program, ref words @ ..] => {
            // Where only a parent may trace, this lets anybody: prctl(2), `PR_SET_PTRACER`. It outlives the exec below.
            let _ = set_ptracer(PTracer::Any);
            println!("{}", Command::new(program).args(words).exec());
            ExitCode::FAILURE
        }
        _ => ExitCode::from(2),
    }
}

fn explore(name: &str, turns: &str) -> ExitCode {
    let model = MODELS.iter().find(|model| model.name == name).expect("loom judges what has a model");
    let turns = turns.parse().expect("a number of turns");
    // After a deadlock loom would panic again while it unwinds, and abort: it ends here, with the first message. Loom also
    // panics when it gives up, and that is no find.
    std::panic::set_hook(Box::new(|panic| {
        println!("{panic}");
        let said = panic.to_string();
        let found = models::WRONG.iter().any(|words| said.contains(words));
        std::process::exit(if found { FOUND.into() } else { 1 });
    }));
    println!("explored {} executions, and none goes wrong", models::explore(model, turns));
    ExitCode::SUCCESS
}

/// Starts a program that will hang, waits until it does, and asks gdb where each thread is.
fn attach(run: &str) -> io::Result<ExitCode> {
    let mut hung = Command::new(env::current_exe()?);
    let mut hung = hung
        .args([INSIDE, "traceable"])
        .args(run.split_whitespace())
        .current_dir(root()?)
        .stdout(Stdio::null())
        .spawn()?;
    let asked = wait_until_it_hangs(hung.id()).and_then(|()| {
        let mut gdb = Command::new("gdb");
        gdb.args(["--batch", "--nx", "--pid", &hung.id().to_string(), "--ex", ASKS]).current_dir(root()?).output()
    });
    hung.kill()?;
    hung.wait()?;
    let output = match asked {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(io::Error::new(ErrorKind::NotFound, "no gdb")),
        output => output?,
    };
    let said = both(&output);
    print!("{said}");
    if said.contains("ptrace: Operation not permitted") {
        return Err(io::Error::new(ErrorKind::NotFound, "nobody may trace a process here"));
    }
    Ok(if output.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Waits until a process has three threads and all of them stay in one futex call: main, which joins, and two that wait for
/// a lock. At its start a thread sleeps too, for a moment and elsewhere, so two looks in a row must find the same.
fn wait_until_it_hangs(pid: u32) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut before = None;
    loop {
        let now = asleep(pid)?;
        if now.is_some() && now == before {
            return Ok(());
        }
        before = now;
        if Instant::now() > deadline {
            return Err(io::Error::new(ErrorKind::TimedOut, "the program was to deadlock, and doesn't"));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// How often each of a process's three threads has been taken off its CPU, if all of them are asleep, and in a futex as far
/// as the kernel says where. Who has run in between has a higher number.
fn asleep(pid: u32) -> io::Result<Option<Vec<String>>> {
    let mut all = Vec::new();
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .map_err(|_| io::Error::new(ErrorKind::NotFound, "without /proc nobody tells when a program hangs"))?;
    for thread in threads {
        let folder = thread?.path();
        let status = fs::read_to_string(folder.join("status"))?;
        let place = fs::read_to_string(folder.join("wchan")).unwrap_or_default();
        let is_elsewhere = !matches!(place.trim(), "" | "0") && !place.contains("futex");
        if is_elsewhere || !status.lines().any(|line| line.starts_with("State:\tS")) {
            return Ok(None);
        }
        all.push(status.lines().filter(|line| line.contains("ctxt_switches:")).collect());
    }
    Ok((all.len() == 3).then_some(all))
}

fn failed(tool: &str, output: &Output) -> io::Error {
    io::Error::other(format!("{tool} ended with {}: {}", process::ending(output.status), last_line(&both(output))))
}

fn last_line(said: &str) -> String {
    said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing").to_owned()
}

/// What was said on stdout and stderr.
fn both(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The number behind these words.
fn number(said: &str, words: &str) -> Option<u64> {
    let (_, rest) = said.split_once(words)?;
    let digits: String =
        rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}
