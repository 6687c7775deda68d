//! Bad input, as `inputs.toml` lists it: each gets one clear line, which says what, where and what to do. A program then ends
//! with exit code 2, and nothing is lost. Every input is a test of its own.

#![cfg(target_os = "linux")]

mod states;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base::process;
use base::telling::one_line;
use book::Broken;
use charts::readme;
use edition::{Project, criterion};
use libtest_mimic::{Arguments, Completion, Trial};
use record::building::Built;
use serde::{Deserialize, Serialize};
use testing::{Sample, Snapshot, project};

use states::{Namespace, States};
use table::{Input, Reader};

/// Whatever is wrong, nothing here takes longer than a few seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A line may not be longer than a terminal can bear.
const LONGEST: usize = 500;

/// The programs; an experiment stands for all of them.
const PROGRAMS: [&str; 6] = ["book", "charts", "compare", "record", "soak", "shared-counter"];

/// What is built once, for all inputs: the programs, and a sample that has been recorded and published with them.
#[derive(Deserialize, Serialize)]
struct Ready {
    programs: BTreeMap<String, PathBuf>,
    sample: PathBuf,
}

fn main() -> ExitCode {
    let inputs = table::read();
    if let Some(ready) = std::env::var_os(states::READY) {
        return inside(&inputs, &ready.to_string_lossy());
    }
    let namespace = Namespace::probe();
    let sound =
        Arc::new(Sample::new().and_then(|sample| sample.bench().map(|()| sample)).expect("a sample can be made"));
    let trials = inputs.into_iter().map(|(name, (input, command))| {
        let (namespace, sound) = (namespace.clone(), sound.clone());
        Trial::ignorable_test(name.clone(), move || {
            let tried = match (input.read, namespace) {
                (Some(reader), _) => examine_reader(&input, reader, &sound),
                _ if input.needs_no_mount() => ready().and_then(|ready| examine(&input, &command, ready)),
                (None, Ok(namespace)) => ready().and_then(|ready| namespace.run(&name, ready)),
                (None, Err(Ok(why))) => return Ok(Completion::ignored_with(why)),
                (None, Err(Err(why))) => return Err(why.into()),
            };
            tried.map(|()| Completion::Completed).map_err(|error| format!("{error:#}").into())
        })
    });
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(testing::at_once);
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    if let Some(Ok(ready)) = READY.get() {
        // What it holds can be made again, so nothing hangs on this.
        let _ = fs::remove_dir_all(&ready.sample);
    }
    conclusion.exit_code()
}

/// The one input that the argument names, in a namespace where it can mount what it likes.
fn inside(inputs: &BTreeMap<String, (Input, String)>, ready: &str) -> ExitCode {
    let (input, command) = &inputs[&std::env::args().nth(1).unwrap_or_default()];
    let ready: Ready = serde_json::from_str(ready).expect("the other side wrote this");
    match examine(input, command, &ready) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Built when the first input asks for it, so that listing them costs nothing.
static READY: OnceLock<Result<Ready, String>> = OnceLock::new();

fn ready() -> Result<&'static Ready> {
    let ready = READY.get_or_init(|| prepare().map_err(|error| format!("{error:#}")));
    ready.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn prepare() -> Result<Ready> {
    let project = project();
    // With all others, for these are built already.
    let names: Vec<&str> = project.lessons.keys().map(String::as_str).chain(PROGRAMS).collect();
    let built = Built::build(&project, &names, false)?;
    let path = |name: &str| Ok((name.to_owned(), built.binary(name)?.to_owned()));
    let programs: BTreeMap<String, PathBuf> = PROGRAMS.into_iter().map(path).collect::<Result<_>>()?;
    let sample = Sample::new()?;
    sample.bench()?;
    for (program, words) in [("record", &["--quick"][..]), ("charts", &[]), ("book", &["check"])] {
        let output = process::output(sample.command(&programs[program]).args(words), LIMIT)?;
        ensure!(output.status.success(), "the sample isn't sound: {output:?}");
    }
    Ok(Ready { programs, sample: sample.keep() })
}

/// Lets a reader of ours read an input, and looks at what it says.
fn examine_reader(input: &Input, reader: Reader, sound: &Sample) -> Result<()> {
    let sample = Sample::copy_of(sound.root())?;
    let _states = States::enter(input, &sample)?;
    let root = sample.root();
    let lines = match reader {
        Reader::Book => match book::building::render(root) {
            Ok(_) => Vec::new(),
            Err(Broken(problems)) => problems.iter().map(ToString::to_string).collect(),
        },
        Reader::Check => book::check::run(root, false).problems.iter().map(ToString::to_string).collect(),
        _ => {
            let read = match reader {
                Reader::Bench => criterion::read(&root.join("target/criterion"), "sample", &|_| true).map(drop),
                Reader::Readme => Project::open(root).and_then(|project| readme::made(&project)).map(drop),
                _ => charts::open(root).map(drop),
            };
            read.err().map(|error| one_line(&format!("{error:#}"))).into_iter().collect::<Vec<_>>()
        }
    };
    let [line] = &lines[..] else { bail!("{} problems instead of one: {lines:#?}", lines.len()) };
    is_clear(&line.replace(&format!("{}/", root.display()), ""), input, root)
        .with_context(|| format!("it said:\n{line}"))
}

/// Gives an input to its program, in a copy of the sample, and looks at what the program says and leaves.
fn examine(input: &Input, command: &str, ready: &Ready) -> Result<()> {
    let sample = Sample::copy_of(&ready.sample)?;
    let states = States::enter(input, &sample)?;
    let program = &ready.programs[command.split(' ').next().unwrap_or_default()];
    let mut program = states.command(input, command, sample.command(program))?;
    let before = sample.snapshot()?;
    // With this set, a library that captures backtraces would print one.
    let output = process::output(program.env("RUST_BACKTRACE", "1"), LIMIT).context("it was to end")?;
    let after = sample.snapshot()?;
    let said = str::from_utf8(&output.stderr).context("its words are no text")?;
    let expected = input.code.unwrap_or(2);
    ensure!(output.status.code() == Some(expected), "it ended with {}: {said}", process::ending(output.status));
    says_one_clear_line(input, said, sample.root()).with_context(|| format!("it said:\n{said}"))?;
    // `check` builds the book, and what it finds need not keep that from being published.
    nothing_is_lost(&before, &after, if command == "book check" { "target/book" } else { "none" })
}

fn says_one_clear_line(input: &Input, said: &str, root: &Path) -> Result<()> {
    let lines: Vec<&str> = said.lines().filter(|line| !is_progress(line)).collect();
    if input.redirect.contains("2>") {
        ensure!(lines.is_empty(), "nobody could hear it");
        return Ok(());
    }
    let line = match lines[..] {
        [line] => line,
        // What cargo has to say of a build stands before our own line.
        [.., line] if input.after_cargo => line,
        _ => bail!("{} lines instead of one", lines.len()),
    };
    ensure!(input.code == Some(1) || line.starts_with("error: "), "the line doesn't begin with `error: `");
    ensure!(!["panicked", "backtrace", "Caused by"].iter().any(|word| said.contains(word)), "it fell over");
    is_clear(line, input, root)
}

fn is_clear(line: &str, input: &Input, root: &Path) -> Result<()> {
    ensure!(line.chars().count() <= LONGEST, "{} characters", line.chars().count());
    ensure!(!line.contains(char::is_control), "a control character: {line:?}");
    ensure!(!line.contains(&*root.to_string_lossy()), "a path that isn't relative to the project");
    for part in &input.says {
        ensure!(line.contains(part), "the line doesn't say {part:?}");
    }
    Ok(())
}

/// What a program may say before it knows better: what it is about to do, and how many findings there are.
fn is_progress(line: &str) -> bool {
    let load = ["the load average is ", "sample: recorded under load", "sample: the hypervisor "];
    load.iter().chain(&["building sample", "1 problem: "]).any(|words| line.starts_with(words))
        || line.starts_with("sample: ") && line.contains(" launches were disturbed ")
}

fn nothing_is_lost(before: &Snapshot, after: &Snapshot, but_for: &str) -> Result<()> {
    let kept = |path: &&PathBuf| !path.starts_with(but_for);
    let changed = before.iter().filter(|(path, content)| after.get(*path) != Some(content)).map(|(path, _)| path);
    let new = after.keys().filter(|path| !before.contains_key(*path));
    let changed: Vec<String> = changed.chain(new).filter(kept).map(|path| path.display().to_string()).collect();
    ensure!(changed.is_empty(), "lost, changed or left behind: {}", changed.join(", "));
    Ok(())
}
