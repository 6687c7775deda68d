//! Runs a tool on a program and reads what the tool says.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lab::report::thousands;
use lab::{machine, process};
use rustix::process::{PTracer, set_ptracer};

use crate::build::{Call, Flavour, build, missing, root};
use crate::models::{self, MODELS};
use crate::{Bug, Program, Source, Tool};

/// The turns of each worker in a model. Every execution is explored, so a few turns are enough, and many take too long.
const TURNS: u64 = 2;

/// How long a tool may take. Each is done in a second or two.
const LIMIT: Duration = Duration::from_secs(60);

/// What a tool says of a program, at one look.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether the tool reports the bug; in a right program, whether it reports anything.
    pub reports: bool,
    /// The commands that were run, as a reader would type them.
    pub commands: Vec<String>,
    /// All that the tool and the program said.
    pub said: String,
}

/// All looks of a tool at a program.
#[derive(Debug)]
pub struct Looks {
    /// The tool.
    pub tool: Tool,
    /// What the tool says, look by look. An error of the kind `Unsupported` says that the tool isn't here, any other error
    /// that it fails.
    pub seen: io::Result<Vec<Look>>,
}

/// Lets a tool look so often at a program that it can judge. A standard library is built for it only if `wait`.
///
/// There are as many looks at once as CPUs. Only gdb looks once at a time, since its hanging program is forked, which a process
/// with several threads must not do.
pub fn look(tool: Tool, program: &Program, times: usize, wait: bool) -> Looks {
    let once = || look_once(tool, program, wait);
    if tool == Tool::Gdb {
        return Looks { tool, seen: (0..times).map(|_| once()).collect() };
    }
    let mut seen = Ok(Vec::new());
    while let Ok(before) = &mut seen
        && before.len() < times
    {
        let now = machine::usable_cpus().min(times - before.len());
        let looks: io::Result<Vec<Look>> = thread::scope(|scope| {
            let start = |_| thread::Builder::new().spawn_scoped(scope, once);
            let started: Vec<_> = (0..now).map(start).collect();
            started
                .into_iter()
                .map(|look| look?.join().expect("a look doesn't panic"))
                .collect()
        });
        match looks {
            Ok(looks) => before.extend(looks),
            Err(error) => seen = Err(error), // a tool that fails isn't asked again
        }
    }
    Looks { tool, seen }
}

/// How long one look takes, with nothing beside it and the build done before.
///
/// # Errors
/// The tool isn't here, or fails.
pub fn takes(tool: Tool, program: &Program) -> io::Result<Duration> {
    look_once(tool, program, false)?;
    let began = Instant::now();
    look_once(tool, program, false).map(|_| began.elapsed())
}

fn look_once(tool: Tool, program: &Program, wait: bool) -> io::Result<Look> {
    if tool == Tool::Loom {
        return loom(program);
    }
    if cfg!(not(target_os = "linux")) {
        return Err(missing("it runs on Linux only"));
    }
    let flavour = tool.flavour(program.source);
    // Once the standard library is there, building a program again takes a second or two.
    if flavour == Flavour::TsanStd
        && !wait
        && !root()?.join(program.source.executable(flavour)).exists()
    {
        return Err(missing(
            "its standard library isn't built; --prepare builds it, in a minute or two",
        ));
    }
    let built = build(program.source, flavour)?;
    match tool {
        Tool::Helgrind => helgrind(program, built),
        Tool::Gdb => gdb(program, built),
        _ => tsan(program, flavour, built),
    }
}

impl Program {
    /// The command that runs the program.
    fn call(&self, flavour: Flavour) -> Call {
        Call::new(&format!(
            "{} {} {}",
            self.source.executable(flavour),
            self.name,
            self.times
        ))
    }

    fn is_reported(&self, found: bool, something: bool) -> bool {
        if self.bug == Bug::None { something } else { found }
    }
}

/// How long a program takes without a tool.
///
/// # Errors
/// The program can't be built, or fails.
pub fn plainly(program: &Program) -> io::Result<Duration> {
    build(program.source, Flavour::Plain)?;
    let began = Instant::now();
    let output = program.call(Flavour::Plain).run(LIMIT)?;
    if output.status.success() {
        Ok(began.elapsed())
    } else {
        Err(failed(program.name, &output))
    }
}

/// How many executions loom finds in a right program whose workers make this many turns each.
///
/// # Errors
/// loom finds something wrong, or isn't done in time.
pub fn executions(program: &Program, turns: u64) -> io::Result<u64> {
    let output = inside(program.name, turns)?;
    number(&both(&output), "explored ").ok_or_else(|| failed("loom", &output))
}

fn loom(program: &Program) -> io::Result<Look> {
    let output = inside(program.name, TURNS)?;
    let said = both(&output);
    let found = output.status.code() == Some(FOUND.into());
    if !found && number(&said, "explored ").is_none() {
        return Err(failed("loom", &output));
    }
    Ok(Look {
        reports: program.is_reported(found, found),
        commands: Vec::new(),
        said,
    })
}

fn tsan(program: &Program, flavour: Flavour, built: String) -> io::Result<Look> {
    let mut call =
        program.call(flavour).with("TSAN_OPTIONS", "strip_path_prefix='$PWD/'");
    let mut output = call.run(LIMIT)?;
    if both(&output).contains("unexpected memory mapping") {
        // The kernel has put something, at random, where ThreadSanitizer wants its shadow memory.
        call = call.behind("setarch -R");
        output = call.run(LIMIT)?;
    }
    let said = both(&output);
    // Exit code 66 stands for a report, and also for a start that failed.
    let reported = said.contains("WARNING: ThreadSanitizer");
    if output.status.code() != Some(if reported { 66 } else { 0 }) {
        return Err(failed("ThreadSanitizer", &output));
    }
    let found = match program.bug {
        Bug::Order => said.contains("ThreadSanitizer: lock-order-inversion"),
        _ => said.contains("ThreadSanitizer: data race"),
    };
    Ok(Look {
        reports: program.is_reported(found, reported),
        commands: vec![built, call.to_string()],
        said,
    })
}

fn helgrind(program: &Program, built: String) -> io::Result<Look> {
    // Without `--vgdb=no`, valgrind would leave files for debuggers in the temporary folder.
    let call =
        program.call(Flavour::Plain).behind("valgrind --tool=helgrind --vgdb=no");
    let output = call.run(LIMIT)?;
    let said = both(&output);
    if !output.status.success() || !said.contains("ERROR SUMMARY: ") {
        return Err(failed("valgrind", &output));
    }
    // helgrind also reports what std does when threads start and end. Only a report that names the program's line counts as
    // the bug.
    let line = match program.source {
        Source::Workers => "increments.rs:",
        Source::PlainRace => "add (plain-race.rs:",
        Source::Locks => "locks.c:",
    };
    let names_it = |report: &str| {
        report.contains("Possible data race") && report.contains(line)
    };
    let found = match program.bug {
        Bug::Order => said.contains(": lock order \""),
        _ => said
            .split(
                "----------------------------------------------------------------",
            )
            .any(names_it),
    };
    let reported = said
        .lines()
        .filter_map(|line| number(line, "ERROR SUMMARY: "))
        .any(|errors| errors > 0);
    Ok(Look {
        reports: program.is_reported(found, reported),
        commands: vec![built, call.to_string()],
        said,
    })
}

/// The command for gdb that shows where every thread is.
const ASKS: &str = "thread apply all backtrace 10";

/// Starts a program that will hang, waits until it does, and asks gdb where each thread is.
fn gdb(program: &Program, built: String) -> io::Result<Look> {
    let run = program.call(Flavour::Plain);
    let mut command = Command::new(program.source.executable(Flavour::Plain));
    command
        .args([program.name, &program.times.to_string()])
        .current_dir(root()?)
        .stdout(Stdio::null());
    let hung = process::fork(LIMIT, || {
        // If only a parent may trace a process, this lets any process do it: prctl(2), `PR_SET_PTRACER`. It holds beyond the
        // exec below.
        let _ = set_ptracer(PTracer::Any);
        command.exec().to_string().into_bytes()
    })?;
    wait_until_it_hangs(hung.id())?;
    let output = Call::new(&format!("gdb --batch --nx --pid {} --ex", hung.id()))
        .and(ASKS)
        .run(LIMIT)?;
    let said = both(&output);
    if said.contains("ptrace: Operation not permitted") {
        return Err(missing(
            "the system forbids it to trace a process; run this as root",
        ));
    }
    // The lines of a thread begin with its name. Two threads wait in a line of the loop.
    let waits =
        |thread: &&str| thread.contains("futex") && thread.contains("orders.rs:");
    if !output.status.success()
        || said.split("\nThread ").filter(waits).count() != 2
    {
        return Err(io::Error::other(format!(
            "gdb didn't show two threads at their locks: {}",
            last_line(&said)
        )));
    }
    let commands = vec![
        built,
        format!("{run} &"),
        format!("gdb --batch --nx --pid $! --ex '{ASKS}'"),
        "kill $!".to_owned(),
    ];
    Ok(Look { reports: program.is_reported(true, true), commands, said })
}

/// The argument that tells this program to explore a model. A model may panic, so it's explored in a process of its own.
pub const INSIDE: &str = "--inside";

/// The exit code of such a process if loom found the bug.
const FOUND: u8 = 3;

/// Runs this program once more, to explore a model.
fn inside(model: &str, turns: u64) -> io::Result<Output> {
    let mut command = Command::new(env::current_exe()?);
    // With some of its variables set, loom would explore less than everything, or give up.
    for (variable, _) in env::vars_os()
        .filter(|(name, _)| name.as_encoded_bytes().starts_with(b"LOOM_"))
    {
        command.env_remove(variable);
    }
    process::output(
        command
            .args([INSIDE, model, &turns.to_string()])
            .env("RUST_BACKTRACE", "0"),
        LIMIT,
    )
}

/// Explores a model, by its name, in a process of its own.
pub fn do_inside(words: &[String]) -> ExitCode {
    let [name, turns] = words else { return ExitCode::from(2) };
    let model = MODELS
        .iter()
        .find(|model| model.name == name)
        .expect("every program that loom judges has a model");
    let turns = turns.parse().expect("a number of turns");
    // After a deadlock loom would panic again while it unwinds, and abort. So the process ends here, with the first message.
    // loom also panics when it gives up; then it has found nothing.
    std::panic::set_hook(Box::new(|panic| {
        println!("{panic}");
        let said = panic.to_string();
        let found = models::WRONG.iter().any(|words| said.contains(words));
        std::process::exit(if found { FOUND.into() } else { 1 });
    }));
    println!(
        "explored {} executions, and none goes wrong",
        thousands(models::explore(model, turns))
    );
    ExitCode::SUCCESS
}

/// Waits until a process has three threads and each stays in a futex call: main, which joins, and two that wait for a lock. A
/// thread that starts also sleeps for a moment, somewhere else, so two looks in a row must find the same.
fn wait_until_it_hangs(pid: i32) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let (mut before, mut now) = (None, asleep(pid)?);
    while now.is_none() || now != before {
        if Instant::now() > deadline {
            return Err(io::Error::new(
                ErrorKind::TimedOut,
                "the program should deadlock, and doesn't",
            ));
        }
        thread::sleep(Duration::from_millis(20));
        (before, now) = (now, asleep(pid)?);
    }
    Ok(())
}

/// How often each of the three threads of a process has been taken off its CPU, if all three are asleep, and in a futex as far
/// as the kernel says where. The number is higher for a thread that has run in between.
fn asleep(pid: i32) -> io::Result<Option<Vec<String>>> {
    let mut all = Vec::new();
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    for thread in threads
        .map_err(|_| missing("without /proc it can't see that a program hangs"))?
    {
        let folder = thread?.path();
        let status = fs::read_to_string(folder.join("status"))?;
        let place = fs::read_to_string(folder.join("wchan")).unwrap_or_default();
        let is_elsewhere =
            !matches!(place.trim(), "" | "0") && !place.contains("futex");
        if is_elsewhere || !status.lines().any(|line| line.starts_with("State:\tS"))
        {
            return Ok(None);
        }
        all.push(
            status.lines().filter(|line| line.contains("ctxt_switches:")).collect(),
        );
    }
    Ok((all.len() == 3).then_some(all))
}

fn failed(tool: &str, output: &Output) -> io::Error {
    io::Error::other(format!(
        "{tool} ended with {}: {}",
        process::ending(output.status),
        last_line(&both(output))
    ))
}

fn last_line(said: &str) -> String {
    said.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("without a message")
        .to_owned()
}

/// The output on stdout, followed by that on stderr.
fn both(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The number that follows these words.
fn number(said: &str, words: &str) -> Option<u64> {
    let (_, rest) = said.split_once(words)?;
    rest.split(|c: char| !c.is_ascii_digit() && c != ',')
        .next()?
        .replace(',', "")
        .parse()
        .ok()
}
