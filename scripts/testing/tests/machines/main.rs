//! Machines with little: what every program of the project does on one core, without /proc, with half a CPU, in a narrow
//! terminal, with nobody to read it. It says in words what it leaves out, and does the rest.
//!
//! `machines.sh` makes such a machine, around any program; `machines.toml` says who meets which.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use base::outcome::Outcome;
use base::process;
use edition::{Edition, LOCAL, Project};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use record::building::Built;
use serde::Deserialize;
use testing::{Sample, is_soak, project};

/// `machines.toml`, where the keys are told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    few: Vec<String>,
    one: String,
    machine: Vec<Machine>,
    special: Vec<Special>,
    output: Vec<Output>,
    tool: Vec<Tool>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Machine {
    is: String,
    all: bool,
    workers: Option<usize>,
    costs: bool,
    nothing: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Special {
    slug: String,
    is: String,
    arguments: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    is: String,
    code: i32,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    program: String,
    commands: Vec<Vec<String>>,
    differs: Vec<String>,
    machines: Vec<String>,
}

/// The narrowest terminal in which everything is to be read.
const NARROW: usize = 40;

/// Half a CPU takes a while for what two do in a second.
const LIMIT: Duration = Duration::from_secs(240);

fn main() -> ExitCode {
    let table: Table =
        toml::from_str(include_str!("../../machines.toml")).expect("machines.toml is a table of machines");
    let mut trials = Vec::new();
    for slug in project().lessons.into_keys() {
        let has_all = is_soak() || table.few.contains(&slug);
        let lesson = Arc::new(Lesson { slug: slug.clone(), told: OnceLock::new() });
        for machine in table.machine.iter().filter(|machine| machine.all || has_all).cloned() {
            let lesson = lesson.clone();
            trials.push(trial(&slug, &machine.is.clone(), move || lesson.does_the_rest(&machine)));
        }
        for special in table.special.iter().filter(|special| special.slug == slug) {
            let Special { slug, is, arguments } = special.clone();
            trials.push(trial(&format!("{slug} {}", arguments.join(" ")), &is.clone(), move || {
                let (code, kept, complained) = variants(&slug, &is, &arguments)?;
                ensure!(code == 0 && !kept.is_empty(), "it ended with {code}: {complained}");
                Ok(())
            }));
        }
        if is_soak() || table.one == slug {
            for Output { is, code } in table.output.iter().cloned() {
                let program = slug.clone();
                trials.push(trial(&slug, &is.clone(), move || nobody_reads_it(&program, &is, code)));
            }
            let program = slug.clone();
            trials.push(trial(&slug, "terminal", move || it_fits_a_narrow_terminal(&program)));
        }
    }
    let outputs: BTreeSet<String> = table.output.iter().map(|output| output.is.clone()).collect();
    for tool in table.tool {
        let everywhere = tool.machines.iter().chain(&outputs).filter(|_| is_soak());
        let whats: BTreeSet<String> = tool.differs.iter().chain(everywhere).cloned().collect();
        for what in whats {
            let (tool, name, reads) = (tool.clone(), tool.program.clone(), !outputs.contains(&what));
            trials.push(trial(&name, &what.clone(), move || match &what[..] {
                "terminal" => a_tool_fits_a_narrow_terminal(&tool),
                _ if reads => a_tool_does_the_rest(&tool, &what),
                _ => nobody_reads_a_tool(&tool, &what),
            }));
        }
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(testing::at_once);
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(Ok(ready)) = READY.get() {
        // What it holds can be made again, so nothing hangs on this.
        let _ = fs::remove_dir_all(ready.sample.root());
    }
    conclusion.exit_code()
}

/// A test on a machine that may not be had here. What the kernel refuses, nobody can install: it is left out in words,
/// in CI too. A tool that is missing is a failure there.
fn trial(name: &str, what: &str, test: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    let what = what.to_owned();
    Trial::ignorable_test(format!("{name} {what}"), move || match refusal(&what)? {
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
        let names: Vec<&str> =
            project.lessons.keys().map(String::as_str).chain(["book", "charts", "record", "soak"]).collect();
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
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("machines.sh")).arg(what).arg(program);
    // Where a terminal is to be without colours, the script asks for it.
    command.env_remove("NO_COLOR");
    command
}

/// Runs it to its end and takes its words; it may not fall over.
fn run(command: &mut Command) -> Result<(i32, String, String)> {
    let output = process::output(command, LIMIT)?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).context("its words are no text");
    let (said, complained) = (text(output.stdout)?, testing::without_doubts(&text(output.stderr)?));
    let code = output.status.code().with_context(|| format!("it ended with {}", process::ending(output.status)))?;
    // A panic's message may have nowhere to go, and its exit code tells.
    ensure!(code != 101 && !complained.contains("panicked"), "it fell over: {complained}");
    Ok((code, said, complained))
}

fn variants(slug: &str, what: &str, arguments: &[String]) -> Result<Told> {
    let program = ready()?.built.binary(slug)?;
    let mut command = constrained(what, program);
    let (code, said, complained) = run(command.args(arguments).args(brief(slug)).arg("--json"))?;
    let read = |line| Ok(serde_json::from_str::<Outcome>(line).with_context(|| format!("no outcome: {line}"))?.variant);
    Ok((code, said.lines().map(read).collect::<Result<_>>()?, complained))
}

/// The arguments with which an experiment is brief.
fn brief(slug: &str) -> Vec<String> {
    let brief = project().lessons[slug].soak.brief.clone().unwrap_or_default();
    shlex::split(&brief).expect("the lesson's words are whole")
}

/// What an experiment does: exit code, variants, complaints.
type Told = (i32, BTreeSet<String>, String);

/// An experiment, and what it told on one core and without /proc, where it is run once for all trials.
struct Lesson {
    slug: String,
    told: OnceLock<Result<[Told; 2], String>>,
}

impl Lesson {
    fn told(&self) -> Result<&[Told; 2]> {
        let told = self.told.get_or_init(|| {
            let on = |what| variants(&self.slug, what, &[]).map_err(|error| format!("{what}: {error:#}"));
            Ok([on("one-core")?, on("no-proc")?])
        });
        told.as_ref().map_err(|error| anyhow!("{error}"))
    }

    fn does_the_rest(&self, machine: &Machine) -> Result<()> {
        let [on_one_core, without_proc] = self.told()?;
        // A variant that one of them tells of, the other may not pass over in silence.
        let all: BTreeSet<String> = on_one_core.1.union(&without_proc.1).cloned().collect();
        let (code, kept, complained) = match &machine.is[..] {
            "one-core" => on_one_core.clone(),
            "no-proc" => without_proc.clone(),
            what => variants(&self.slug, what, &self.crowd(machine.workers)?)?,
        };
        ensure!(
            code == 0 || (code == 1 && machine.costs && kept.len() < all.len()),
            "it ended with {code}: {complained}"
        );
        ensure!(kept.is_subset(&all), "variants from nowhere: {kept:?}");
        ensure!(!kept.is_empty() || machine.nothing.contains(&self.slug), "nothing was done: {complained}");
        ensure!(machine.costs || kept == all, "{:?} is left out: {complained}", all.difference(&kept));
        let unsaid = all.difference(&kept).find(|variant| !complained.contains(*variant));
        ensure!(unsaid.is_none(), "nothing is told of {unsaid:?}: {complained}");
        Ok(())
    }

    /// As many workers as are asked for, or as many as it takes, if there is a choice at all.
    fn crowd(&self, workers: Option<usize>) -> Result<Vec<String>> {
        let Some(asked) = workers else { return Ok(Vec::new()) };
        let (_, help, _) = run(Command::new(ready()?.built.binary(&self.slug)?).arg("--help"))?;
        let most = project().lessons[&self.slug].soak.workers.map_or(asked, |[_, most]| asked.min(most));
        let words = ["--workers".to_owned(), most.to_string()];
        Ok(if help.contains("--workers") { words.to_vec() } else { Vec::new() })
    }
}

fn nobody_reads_it(slug: &str, what: &str, expected: i32) -> Result<()> {
    let program = ready()?.built.binary(slug)?;
    for (arguments, expected) in
        [(&[][..], expected), (&["--json"], expected), (&["--help"], expected), (&["--no-such-flag"], 2)]
    {
        let (code, said, complained) = run(constrained(what, program).args(brief(slug)).args(arguments))?;
        ensure!(!said.contains('\x1b'), "colours where nobody asked for them: {said:?}");
        // Behind a pipe it's the script's.
        let is_expected = code == expected || (what == "cut-off" && code == 0);
        ensure!(is_expected, "{arguments:?}: it ended with {code}; it said:\n{said}{complained}");
        let lines = usize::from(what == "stdout-full");
        let is_clear = expected != 0 && expected != 1 || complained.lines().count() == lines;
        ensure!(is_clear, "{arguments:?}: {lines} lines of complaint were to come: {complained}");
    }
    Ok(())
}

fn it_fits_a_narrow_terminal(slug: &str) -> Result<()> {
    let program = ready()?.built.binary(slug)?;
    for what in ["terminal", "dumb-terminal"] {
        let (code, said, _) = run(constrained(what, program).args(brief(slug)))?;
        ensure!(code == 0, "it ended with {code}; it said:\n{said}");
        ensure!(!said.contains('\x1b'), "escape sequences: {said:?}");
        fit(said.split(['\n', '\r']))?;
    }
    Ok(())
}

/// No line is longer than the terminal is wide.
fn fit<'a>(mut lines: impl Iterator<Item = &'a str>) -> Result<()> {
    let long = lines.find(|line| line.chars().count() > NARROW);
    ensure!(long.is_none(), "more than {NARROW} characters: {long:?}");
    Ok(())
}

/// All but the escape sequences that move and clear a progress bar. Colours are an error.
fn shown(said: &str) -> Result<String> {
    let mut pieces = said.split("\x1b[");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (command, text) = piece.split_at(piece.find(char::is_alphabetic).context("an open escape sequence")?);
        ensure!(!text.starts_with('m'), "the colour {command}, though NO_COLOR is set: {said:?}");
        shown += &text[1..];
    }
    Ok(shown)
}

/// Does all that the tool is asked for, each in a sample of its own: looks at the sample, the exit code, what was said
/// and what was complained of.
fn in_samples(tool: &Tool, what: &str, look: impl Fn(&Sample, i32, &str, &str) -> Result<()>) -> Result<()> {
    let ready = ready()?;
    for arguments in &tool.commands {
        let sample = Sample::copy_of(ready.sample.root())?;
        let mut command = constrained(what, ready.built.binary(&tool.program)?);
        command.args(arguments).current_dir(sample.root()).env_remove("CARGO_TARGET_DIR").env_remove("CRITERION_HOME");
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
        let shown = shown(said)?;
        let is_bar = |line: &&str| line.contains(" left ");
        let lines = || shown.split(['\n', '\r']);
        ensure!(
            lines().any(|line| is_bar(&line)) == matches!(&tool.program[..], "record" | "soak"),
            "no progress was shown"
        );
        // The tools' prose may be broken by the terminal; a table, and what is drawn over and over, may not.
        fit(lines().filter(|line| tool.program == "soak" || is_bar(line)))
    })
}
