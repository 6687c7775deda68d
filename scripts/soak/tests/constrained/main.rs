//! Machines with little: what every program of the project does on one core, with half a CPU, without /proc, in a narrow
//! terminal, with nobody to read it. It says in words what it leaves out, and does the rest.
//!
//! `constrain.sh` makes such a machine, around any program. Every experiment is tried, by its slug.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use base::outcome::Outcome;
use base::process;
use edition::{Edition, LOCAL, Project};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use record::building::Built;
use soak::project;
use soak::sample::Sample;

/// A machine with little, as an experiment meets it.
struct Machine {
    /// What `constrain.sh` calls it.
    what: &'static str,
    /// Besides its defaults.
    arguments: &'static [&'static str],
    /// Whether an experiment may leave variants out there, in words.
    costs: bool,
}

const fn machine(what: &'static str, arguments: &'static [&'static str], costs: bool) -> Machine {
    Machine { what, arguments, costs }
}

/// Experiments that can be crowded: a thousand workers with less to do each.
const CROWDS: &[(&str, &[&str])] = &[("shared-counter", &["--workers", "1024", "--increments", "1000"])];

/// Experiments that look at the room that is left to them before they take it, and what they are asked for where the cache
/// of files has filled it.
const WITH_CACHED_FILES: &[(&str, &[&str])] = &[("memory-footprint", &["--variant", "threads"])];

/// Where nothing is left of an experiment, for it is about what is missing there.
const NOTHING: &[(&str, &str)] = &[("memory-footprint", "no-proc")];

const MACHINES: &[Machine] = &[
    machine("one-core", &[], false),
    machine("half-a-cpu", &[], false),
    machine("memory-of-512-mb", &["--workers", "32"], false),
    machine("addresses-of-512-mb", &["--workers", "32"], true),
    machine("few-processes", &["--workers", "32"], true),
    machine("few-files", &["--workers", "32"], true),
    machine("no-proc", &[], true),
    machine("no-dev-shm", &[], true),
    machine("no-home", &[], false),
    machine("no-temporary-files", &[], true),
    machine("no-tools", &[], true),
];

/// What is done to the output of an experiment, and how it ends then.
const OUTPUTS: &[(&str, i32)] = &[
    ("stdout-closed", 0),
    ("stderr-closed", 0),
    ("all-closed", 0),
    ("stdout-full", 1),
    ("all-full", 1),
    ("cut-off", 0),
];

/// Another program of the project, as a teacher uses it.
struct Tool {
    program: &'static str,
    /// What it is asked for; all of it succeeds in the sample.
    commands: &'static [&'static [&'static str]],
    /// Where it is tried.
    machines: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool { program: "book", commands: &[&["list"], &["build"], &["check"]], machines: ANY },
    Tool { program: "charts", commands: &[&[], &["--compare", "reference", "reference"]], machines: ANY },
    Tool { program: "record", commands: &[&["--quick"]], machines: WITH_CARGO },
    Tool { program: "soak", commands: &[&["--runs", "1", "--kills", "0"]], machines: WITH_CARGO },
];

/// Where cargo isn't needed.
const ANY: &[&str] = &[
    "one-core",
    "half-a-cpu",
    "memory-of-512-mb",
    "addresses-of-512-mb",
    "few-files",
    "no-proc",
    "no-dev-shm",
    "no-home",
    "no-temporary-files",
    "no-tools",
];

/// Where cargo finds itself, its compiler and what they need.
const WITH_CARGO: &[&str] = &["one-core", "half-a-cpu", "memory-of-512-mb", "no-proc", "no-dev-shm"];

/// The narrowest terminal in which everything is to be read.
const NARROW: usize = 40;

/// Half a CPU takes a while for what two do in a second.
const LIMIT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for slug in project().lessons.into_keys() {
        let slug: &'static str = slug.leak();
        for machine in MACHINES {
            let test = move || an_experiment_does_the_rest(slug, machine);
            trials.push(trial(format!("{slug} {}", machine.what), machine.what, test));
        }
        for &(_, arguments) in CROWDS.iter().filter(|(crowded, _)| *crowded == slug) {
            // Not where addresses run out: a thread that is started with the last of them is aborted by std or glibc.
            let what = "memory-of-512-mb";
            let test = move || an_experiment_does_the_rest(slug, &machine(what, arguments, true));
            trials.push(trial(format!("{slug} crowded {what}"), what, test));
        }
        for &(_, arguments) in WITH_CACHED_FILES.iter().filter(|(looks, _)| *looks == slug) {
            let what = "cached-files-in-512-mb";
            trials.push(trial(format!("{slug} {what}"), what, move || the_cache_makes_room(slug, what, arguments)));
        }
        for &(what, code) in OUTPUTS {
            trials.push(trial(format!("{slug} {what}"), what, move || nobody_reads_it(slug, what, code)));
        }
        trials.push(trial(format!("{slug} in a terminal"), "terminal", move || it_fits_a_narrow_terminal(slug)));
    }
    for tool in TOOLS {
        let program = tool.program;
        for &what in tool.machines {
            trials.push(trial(format!("{program} {what}"), what, move || a_tool_does_the_rest(tool, what)));
        }
        for &(what, _) in OUTPUTS {
            trials.push(trial(format!("{program} {what}"), what, move || nobody_reads_a_tool(tool, what)));
        }
        let test = move || a_tool_fits_a_narrow_terminal(tool);
        trials.push(trial(format!("{program} in a terminal"), "terminal", test));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if let Some(Ok(ready)) = READY.get() {
        // What it holds can be made again, so nothing hangs on this.
        let _ = fs::remove_dir_all(ready.sample.root());
    }
    conclusion.exit_code()
}

/// A test on a machine that may not be had here. What the kernel refuses, nobody can install: it is left out in words,
/// in CI too. A tool that is missing is a failure there.
fn trial(name: String, what: &'static str, test: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match refusal(what)? {
        Some(why) => Ok(Completion::ignored_with(why)),
        None => test().map(|()| Completion::Completed).map_err(|error| Failed::from(format!("{error:#}"))),
    })
}

/// Why such a machine can't be had here, if it can't.
fn refusal(what: &str) -> Result<Option<String>, Failed> {
    let output = process::output(constrained(what, Path::new("/bin/sh")).args(["-c", ":"]), LIMIT)?;
    let why = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or_default().to_owned();
    match output.status.code() {
        Some(125) => Ok(Some(why)),
        Some(1..) if std::env::var_os("CI").is_none() => Ok(Some(why)),
        Some(0) => Ok(None),
        _ => Err(format!("{why}; install what is missing, for nothing may be left out in CI").into()),
    }
}

/// What is built once, for all tests: the programs, and a sample project that has been recorded with them.
struct Ready {
    built: Built,
    sample: Sample,
}

/// Built when the first test asks for it, so that listing them costs nothing.
static READY: OnceLock<Result<Ready, String>> = OnceLock::new();

fn ready() -> Result<&'static Ready> {
    let prepare = || {
        let project = project();
        let names: Vec<&str> = project.lessons.keys().map(String::as_str).chain(["book", "charts", "record"]).collect();
        let built = Built::build(&project, &names, false)?;
        let sample = Sample::new()?;
        Built::build(&Project::open(sample.root())?, &["sample"], true)?;
        anyhow::Ok(Ready { built, sample })
    };
    let ready = READY.get_or_init(|| prepare().map_err(|error| format!("{error:#}")));
    ready.as_ref().map_err(|error| anyhow!("{error}"))
}

/// A program on such a machine; its arguments are to be added.
fn constrained(what: &str, program: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/constrained/constrain.sh")).arg(what).arg(program);
    // Where a terminal is to be without colours, the script asks for it.
    command.env_remove("NO_COLOR");
    command
}

/// Runs it to its end and takes its words; it may not fall over.
fn run(command: &mut Command) -> Result<(i32, String, String)> {
    let output = process::output(command, LIMIT)?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).context("its words are no text");
    let (said, complained) = (text(output.stdout)?, text(output.stderr)?);
    let code = output.status.code().with_context(|| format!("it ended with {}", process::ending(output.status)))?;
    // A panic's message may have nowhere to go, and its exit code tells.
    ensure!(code != 101 && !complained.contains("panicked"), "it fell over: {complained}");
    Ok((code, said, complained))
}

fn an_experiment_does_the_rest(slug: &'static str, machine: &Machine) -> Result<()> {
    let program = ready()?.built.binary(slug)?;
    let all = on_a_whole_machine(slug)?;
    let arguments = as_it_takes(slug, machine.arguments);
    let (code, kept, complained) = variants(slug, machine.what, &arguments)?;
    ensure!(code == 0 || (code == 1 && machine.costs && kept.len() < all.len()), "with --json it ended with {code}");
    ensure!(kept.is_subset(&all), "variants from nowhere: {kept:?}");
    let may_be_nothing = machine.what == "few-processes" || NOTHING.contains(&(slug, machine.what));
    ensure!(!kept.is_empty() || may_be_nothing, "nothing was done");
    let unsaid = all.difference(&kept).find(|variant| !complained.contains(*variant));
    ensure!(unsaid.is_none(), "with --json nothing is told of {unsaid:?}: {complained}");
    let (code, said, _) = run(constrained(machine.what, program).args(&arguments))?;
    let context = || format!("it said:\n{said}");
    let (rows, words) = said.split_once("\n\n").context("no words below the table").with_context(context)?;
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let left_out = words.split_once("Left out: ").map_or("", |(_, names)| names);
    for variant in &all {
        let has_row = rows.lines().any(|row| row.split_whitespace().next() == Some(variant));
        let is_left_out = left_out.split([' ', ',']).any(|word| word == variant);
        ensure!(has_row != is_left_out, "nothing is told of {variant}; it said:\n{said}");
    }
    ensure!(left_out.is_empty() || machine.costs, "something is left out; it said:\n{said}");
    ensure!(code == 0 || (code == 1 && !left_out.is_empty()), "it ended with {code}; it said:\n{said}");
    ensure!(!words.contains("NOT as it should be"), "it said:\n{said}");
    Ok(())
}

fn the_cache_makes_room(slug: &str, what: &str, arguments: &[&str]) -> Result<()> {
    let (code, kept, complained) = variants(slug, what, &as_it_takes(slug, arguments))?;
    ensure!(code == 0 && !kept.is_empty(), "it ended with {code}: {complained}");
    Ok(())
}

/// The variants that an experiment tells of on such a machine, its exit code, and what it complained of.
fn variants(slug: &str, what: &str, arguments: &[String]) -> Result<(i32, BTreeSet<String>, String)> {
    let program = ready()?.built.binary(slug)?;
    let (code, said, complained) = run(constrained(what, program).args(arguments).arg("--json"))?;
    let read = |line| Ok(serde_json::from_str::<Outcome>(line).with_context(|| format!("no outcome: {line}"))?.variant);
    Ok((code, said.lines().map(read).collect::<Result<_>>()?, complained))
}

/// All variants of an experiment. It is run once, for all machines.
fn on_a_whole_machine(slug: &'static str) -> Result<BTreeSet<String>> {
    static KNOWN: Mutex<BTreeMap<&str, BTreeSet<String>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains_key(slug) {
        let (code, all, _) = variants(slug, "as-it-is", &as_it_takes(slug, &[]))?;
        ensure!(code == 0 && !all.is_empty(), "on a whole machine it ended with {code}");
        known.insert(slug, all);
    }
    Ok(known[slug].clone())
}

/// The arguments with as many workers as the experiment takes, if they ask for more, and those with which it is brief.
fn as_it_takes(slug: &str, arguments: &[&str]) -> Vec<String> {
    let soak = &project().lessons[slug].soak;
    let mut arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    if let (Some([_, most]), [workers, number, ..]) = (soak.workers, &mut arguments[..])
        && workers == "--workers"
    {
        let asked: usize = number.parse().expect("a number of workers");
        *number = asked.min(most).to_string();
    }
    arguments.extend(shlex::split(soak.brief.as_deref().unwrap_or_default()).expect("the lesson's words are whole"));
    arguments
}

fn nobody_reads_it(slug: &str, what: &str, expected: i32) -> Result<()> {
    let program = ready()?.built.binary(slug)?;
    let brief = as_it_takes(slug, &[]);
    for arguments in [&[][..], &["--json"], &["--help"]] {
        let (code, said, complained) = run(constrained(what, program).args(&brief).args(arguments))?;
        ensure!(!said.contains('\x1b'), "colours where nobody asked for them: {said:?}");
        if arguments == ["--help"] {
            ensure!(code == 0, "--help ended with {code}");
            continue;
        }
        ensure!(code == expected, "{arguments:?}: it ended with {code}; it said:\n{said}{complained}");
        let lines = usize::from(what == "stdout-full");
        ensure!(
            complained.lines().count() == lines,
            "{arguments:?}: {lines} lines of complaint were to come: {complained}"
        );
    }
    let (code, _, _) = run(constrained(what, program).args(["--workers", "0"]))?;
    ensure!(code == 2 || what == "cut-off", "a wrong argument ended with {code}");
    Ok(())
}

fn it_fits_a_narrow_terminal(slug: &str) -> Result<()> {
    let program = ready()?.built.binary(slug)?;
    for (what, arguments) in [("terminal", &[][..]), ("terminal", &["--workers", "32"]), ("dumb-terminal", &[])] {
        let (code, said, _) = run(constrained(what, program).args(as_it_takes(slug, arguments)))?;
        ensure!(code == 0, "it ended with {code}; it said:\n{said}");
        ensure!(!said.contains('\x1b'), "escape sequences: {said:?}");
        fit(&shown(&said)?)?;
    }
    Ok(())
}

/// Every line but those of a progress bar's drawing, which escape sequences move and clear, and which a carriage return
/// begins anew. Colours are an error.
fn shown(said: &str) -> Result<Vec<String>> {
    let mut pieces = said.split("\x1b[");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (command, text) = piece.split_at(piece.find(char::is_alphabetic).context("an open escape sequence")?);
        ensure!(!text.starts_with('m'), "the colour {command}, though NO_COLOR is set: {said:?}");
        shown += &text[1..];
    }
    Ok(shown.split(['\n', '\r']).map(str::to_owned).collect())
}

/// No line is longer than the terminal is wide.
fn fit(lines: &[String]) -> Result<()> {
    for line in lines {
        let width = line.chars().count();
        ensure!(width <= NARROW, "{width} characters wide: {line:?}");
    }
    Ok(())
}

/// Does all that the tool is asked for, each in a sample of its own: looks at the sample, the exit code, what was said
/// and what was complained of.
fn in_samples(tool: &Tool, what: &str, look: impl Fn(&Sample, i32, &str, &str) -> Result<()>) -> Result<()> {
    let ready = ready()?;
    let program = match tool.program {
        "soak" => Path::new(env!("CARGO_BIN_EXE_soak")),
        name => ready.built.binary(name)?,
    };
    for arguments in tool.commands {
        let sample = Sample::copy_of(ready.sample.root())?;
        let mut command = constrained(what, program);
        command.args(*arguments).current_dir(sample.root()).env_remove("CARGO_TARGET_DIR").env_remove("CRITERION_HOME");
        let (code, said, complained) = run(&mut command)?;
        look(&sample, code, &said, &complained)
            .with_context(|| format!("{arguments:?} ended with {code} and said:\n{said}{complained}"))?;
    }
    Ok(())
}

fn a_tool_does_the_rest(tool: &Tool, what: &str) -> Result<()> {
    in_samples(tool, what, |sample, code, _, complained| {
        ensure!(code == 0, "it failed");
        if tool.program == "record" {
            let editions = Edition::read_all(&sample.root().join("book/data"))?;
            let local = editions.iter().find(|edition| edition.name == LOCAL).context("no edition was recorded")?;
            let recording = local.recordings.get("sample").context("the sample was not recorded")?;
            ensure!(recording.points.len() == 6, "{} points instead of 6", recording.points.len());
            let (provenance, machine) = (&recording.provenance, &local.machine.machine);
            let few = machine.usable_cpus == 1 || !matches!(what, "one-core" | "half-a-cpu");
            ensure!(few, "{} usable CPUs are recorded", machine.usable_cpus);
            let quota = machine.cpu_quota;
            ensure!(what != "half-a-cpu" || quota == 50, "a limit of {quota} % of a CPU is recorded");
            let unknown = (complained.contains("isn't known"), provenance.steal.is_none(), machine.cpu.is_empty());
            let expected = what == "no-proc";
            ensure!(unknown == (expected, expected, expected), "what isn't known isn't said: {unknown:?}");
            ensure!(provenance.warnings.iter().any(|warning| warning.contains("isn't known")) == expected, "no mark");
        }
        Ok(())
    })
}

/// How it ends is its own affair then; it doesn't fall over.
fn nobody_reads_a_tool(tool: &Tool, what: &str) -> Result<()> {
    in_samples(tool, what, |_, _, said, complained| {
        ensure!(!said.contains('\x1b') && !complained.contains('\x1b'), "colours where nobody asked for them");
        Ok(())
    })
}

fn a_tool_fits_a_narrow_terminal(tool: &Tool) -> Result<()> {
    in_samples(tool, "dumb-terminal", |_, code, said, _| {
        ensure!(code == 0 && !said.contains('\x1b'), "escape sequences for a dumb terminal");
        Ok(())
    })?;
    in_samples(tool, "terminal", |_, code, said, _| {
        ensure!(code == 0, "it failed");
        let mut lines = shown(said)?;
        let is_bar = |line: &String| line.contains(" left ");
        ensure!(lines.iter().any(is_bar) == matches!(tool.program, "record" | "soak"), "no progress was shown");
        // The tools' prose may be broken by the terminal; a table, and what is drawn over and over, may not.
        lines.retain(|line| tool.program == "soak" || is_bar(line));
        fit(&lines)
    })
}
