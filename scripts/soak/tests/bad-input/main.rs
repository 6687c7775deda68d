//! Bad input, as `inputs.toml` lists it: each gets one clear line, which says what, where and what to do, and exit code 2;
//! and nothing is lost. Every input is a test of its own.

mod states;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base::process;
use edition::Project;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use record::building::Built;
use serde::{Deserialize, Serialize};
use soak::project;
use soak::sample::{Sample, Snapshot};

use states::{Namespace, States};
use table::{Input, Names};

/// Whatever is wrong, nothing here takes longer than a few seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A line may not be longer than a terminal can bear.
const LONGEST: usize = 500;

/// What is built once, for all inputs: the programs, and a sample that has been recorded and published with them.
#[derive(Deserialize, Serialize)]
struct Ready {
    programs: BTreeMap<String, PathBuf>,
    sample: PathBuf,
}

fn main() -> ExitCode {
    if let Some(ready) = std::env::var_os(states::READY) {
        return inside(&ready.to_string_lossy());
    }
    let project = project();
    let namespace = Namespace::probe();
    let trials = table::read(&project).into_iter().map(|(input, names)| trial(input, names, namespace.clone()));
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials.collect());
    if let Some(Ok(ready)) = READY.get() {
        // What it holds can be made again, so nothing hangs on this.
        let _ = fs::remove_dir_all(&ready.sample);
    }
    conclusion.exit_code()
}

fn trial(input: Input, names: Names, namespace: Result<Namespace, Result<String, String>>) -> Trial {
    Trial::ignorable_test(names.of(&input), move || {
        let tried = match namespace {
            _ if input.needs_no_mount() => examine(&input, &names, ready()?),
            Ok(namespace) => namespace.run(&names.of(&input), ready()?),
            Err(Ok(why)) => return Ok(Completion::ignored_with(why)),
            Err(Err(why)) => return Err(why.into()),
        };
        tried.map(|()| Completion::Completed).map_err(|error| format!("{error:#}").into())
    })
}

/// The one input that the environment names, in a namespace where it can mount what it likes.
fn inside(ready: &str) -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let (input, names) = table::read(&project())
        .into_iter()
        .find(|(input, names)| names.of(input) == wanted)
        .expect("the input is in the table");
    let ready: Ready = serde_json::from_str(ready).expect("the other side wrote this");
    match examine(&input, &names, &ready) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Built when the first input asks for it, so that listing them costs nothing.
static READY: OnceLock<Result<Ready, String>> = OnceLock::new();

fn ready() -> Result<&'static Ready, Failed> {
    let ready = READY.get_or_init(|| prepare().map_err(|error| format!("{error:#}")));
    ready.as_ref().map_err(Failed::from)
}

fn prepare() -> Result<Ready> {
    let project = project();
    let names: Vec<&str> =
        project.lessons.keys().map(String::as_str).chain(["book", "charts", "compare", "record"]).collect();
    let built = Built::build(&project, &names, false)?;
    let mut programs: BTreeMap<String, PathBuf> =
        names.iter().map(|name| Ok((name.to_string(), built.binary(name)?.to_owned()))).collect::<Result<_>>()?;
    programs.insert("soak".to_owned(), env!("CARGO_BIN_EXE_soak").into());

    let sample = Sample::new()?;
    let built_sample = Built::build(&Project::open(sample.root())?, &["sample"], true)?;
    let bench = built_sample.bench("sample").context("the sample has a bench")?.to_owned();
    let run = |program: &Path, words: &[&str], criterion: Option<&str>| -> Result<()> {
        let mut command = sample.command(program);
        command.args(words).envs(criterion.map(|home| ("CRITERION_HOME", home)));
        let output = process::output(&mut command, LIMIT)?;
        ensure!(output.status.success(), "the sample isn't sound: {output:?}");
        Ok(())
    };
    run(&programs["record"], &["--quick"], None)?;
    run(&bench, &["--bench"], Some("target/criterion"))?;
    run(&programs["charts"], &[], None)?;
    run(&programs["book"], &["check"], None)?;
    Ok(Ready { programs, sample: sample.keep() })
}

/// Gives an input to its program, in a copy of the sample, and looks at what the program says and leaves.
fn examine(input: &Input, names: &Names, ready: &Ready) -> Result<()> {
    let sample = Sample::copy_of(&ready.sample)?;
    let states = States::enter(input, names, &sample)?;
    let program = &ready.programs[names.program()];
    let command = states.command(input, names, sample.command(program))?;
    let before = sample.snapshot()?;
    let output = run(command)?;
    let after = sample.snapshot()?;
    says_one_clear_line(input, names, &output, sample.root())
        .with_context(|| format!("it said:\n{}", String::from_utf8_lossy(&output.stderr)))?;
    // `check` builds the book, and what it finds need not keep that from being published.
    nothing_is_lost(&before, &after, if names.command() == "book check" { "target/book" } else { "none" })
}

fn run(mut command: Command) -> Result<Output> {
    // With this set, a library that captures backtraces would print one.
    process::output(command.env("RUST_BACKTRACE", "1"), LIMIT).context("it was to end")
}

fn says_one_clear_line(input: &Input, names: &Names, output: &Output, root: &Path) -> Result<()> {
    ensure!(output.status.code() == Some(input.code), "it ended with {}", process::ending(output.status));
    let said = str::from_utf8(&output.stderr).context("its words are no text")?;
    let lines: Vec<&str> = said.lines().filter(|line| !is_progress(line)).collect();
    if input.is_mute() {
        ensure!(lines.is_empty(), "nobody could hear it");
        return Ok(());
    }
    let line = match lines[..] {
        [line] => line,
        // What cargo has to say of a build stands before our own line.
        [.., line] if input.after_cargo => line,
        _ => bail!("{} lines instead of one", lines.len()),
    };
    ensure!(input.code == 1 || line.starts_with("error: "), "the line doesn't begin with `error: `");
    ensure!(line.chars().count() <= LONGEST, "{} characters", line.chars().count());
    ensure!(!line.contains(char::is_control), "a control character: {line:?}");
    ensure!(!["panicked", "backtrace", "Caused by"].iter().any(|word| said.contains(word)), "it fell over");
    let root = root.to_string_lossy();
    ensure!(!line.contains(&*root), "a path that isn't relative to the project");
    for part in &input.says {
        let part = names.fill(part);
        ensure!(line.contains(&part), "the line doesn't say {part:?}");
    }
    Ok(())
}

/// What a program may say before it knows better: what it is about to do, and how many findings there are.
fn is_progress(line: &str) -> bool {
    let load = ["the load average is ", "sample: recorded under load", "sample: the hypervisor "];
    load.iter().chain(&["building sample", "1 problem: "]).any(|words| line.starts_with(words))
}

fn nothing_is_lost(before: &Snapshot, after: &Snapshot, but_for: &str) -> Result<()> {
    let kept = |path: &&PathBuf| !path.starts_with(but_for);
    let changed = before.iter().filter(|(path, content)| after.get(*path) != Some(content)).map(|(path, _)| path);
    let new = after.keys().filter(|path| !before.contains_key(*path));
    let changed: Vec<String> = changed.chain(new).filter(kept).map(|path| path.display().to_string()).collect();
    ensure!(changed.is_empty(), "lost, changed or left behind: {}", changed.join(", "));
    Ok(())
}
