//! Each tool says what it is known to say, wherever it is; and the experiment ends well, whatever is done to it.

use std::sync::OnceLock;
use std::time::Duration;

use catching_it::models::{self, MODELS};
use catching_it::{PROGRAMS, TOOLS, Tool};
use lab::report::Outcome;
use testing::{Experiment, spans};

/// A standard library is built at the first run, on a machine that may be busy.
const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_catching-it"), Duration::from_secs(900));

/// What the whole experiment prints with `--json`, with all that can be built.
fn outcomes() -> &'static [Outcome] {
    static OUTCOMES: OnceLock<Vec<Outcome>> = OnceLock::new();
    OUTCOMES.get_or_init(|| EXPERIMENT.outcomes(&["--prepare"]))
}

/// Whether a tool has judged all that it can. Where it is missing this says so, which only the nightly toolchain's may in
/// CI.
fn is_here(tool: Tool) -> bool {
    let judged = |program: &str| {
        let verdict = |outcome: &&Outcome| ["caught", "cries-wolf"].contains(&&outcome.metric[..]);
        outcomes().iter().filter(verdict).any(|outcome| outcome.variant == program && outcome.parameter == tool.name())
    };
    let all = PROGRAMS.iter().filter(|program| program.judges(tool)).all(|program| judged(program.name));
    if !all {
        let may_miss = matches!(tool, Tool::Tsan | Tool::TsanStd);
        assert!(
            may_miss || std::env::var_os("CI").is_none(),
            "install what {} needs: nothing may be left out in CI",
            tool.name()
        );
        eprintln!("left out: {} isn't here", tool.name());
    }
    all
}

fn value(metric: &str, program: &str, tool: &str) -> f64 {
    let found =
        |outcome: &&Outcome| outcome.metric == metric && outcome.variant == program && outcome.parameter == tool;
    outcomes().iter().find(found).unwrap_or_else(|| panic!("{metric} of {tool} on {program}")).value
}

// The verdicts themselves are held to the table by the program, which ends with exit code 1 otherwise. These are the lessons
// that the chapter draws from them.

#[test]
fn loom_catches_the_broken_loops_and_explores_the_repaired_ones() {
    for broken in ["lost-update", "opposite-order"] {
        assert_eq!(value("caught", broken, "loom"), 1.0);
    }
    for repaired in ["fetch-add", "mutex", "rwlock", "compare-exchange", "thread-local", "channel", "one-order"] {
        assert_eq!(value("cries-wolf", repaired, "loom"), 0.0);
    }
}

#[test]
fn every_sound_model_is_explored_and_one_turn_more_has_more_executions() {
    for model in MODELS.iter().filter(|model| !model.breaks) {
        let [one, two] = [1, 2].map(|turns| models::explore(model, turns));
        // The workers of these two don't meet again after their first turn.
        let grows = !["sharded", "thread-local"].contains(&model.name);
        assert!(one > 1 && (two > one) == grows, "{}: {one}, {two}", model.name);
    }
}

#[test]
fn explorations_at_the_same_time_are_counted_apart() {
    let [few, many] = ["mutex", "fetch-add"].map(|name| MODELS.iter().find(|model| model.name == name).unwrap());
    let alone = [models::explore(few, 2), models::explore(many, 2)];
    let together = std::thread::scope(|scope| {
        [few, many].map(|model| scope.spawn(move || models::explore(model, 2))).map(|thread| thread.join().unwrap())
    });
    assert_eq!(together, alone);
}

/// What the process does that explores a model, with a variable of loom's own.
fn loom_itself(model: &str, variable: (&str, &str)) -> (Option<i32>, String) {
    let mut command = EXPERIMENT.command(&["--inside", "loom", model, "2"]);
    let output = EXPERIMENT.output(command.env(variable.0, variable.1));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn loom_has_found_something_only_if_an_execution_goes_wrong() {
    let nothing = ("LOOM_MAX_DURATION", "600");
    for (model, words) in [("lost-update", "additions were lost"), ("opposite-order", "deadlock; threads = ")] {
        let (code, said) = loom_itself(model, nothing);
        assert!(code == Some(3) && said.contains(words), "{code:?}: {said}");
    }
    assert_eq!(loom_itself("one-order", nothing).0, Some(0));
    for model in ["lost-update", "opposite-order", "one-order"] {
        let (code, said) = loom_itself(model, ("LOOM_MAX_BRANCHES", "3"));
        assert!(code == Some(1) && said.contains("exceeded maximum number of branches"), "{code:?}: {said}");
    }
}

#[test]
fn the_variables_of_loom_change_nothing() {
    let explored = |variables: &[(&str, &str)]| {
        let mut command = EXPERIMENT.command(&["--tool", "loom", "--program", "fetch-add"]);
        let output = EXPERIMENT.output(command.envs(variables.iter().copied()));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains("explored "), "{said}");
        said.lines().find(|line| line.contains("explored ")).unwrap().to_owned()
    };
    let as_it_is = explored(&[]);
    for variable in [("LOOM_MAX_PREEMPTIONS", "0"), ("LOOM_MAX_BRANCHES", "3"), ("LOOM_MAX_PERMUTATIONS", "1")] {
        assert_eq!(explored(&[variable]), as_it_is, "{variable:?}");
    }
}

#[test]
fn thread_sanitizer_is_loud_on_a_data_race_and_quiet_on_a_lost_update_without_one() {
    if is_here(Tool::Tsan) {
        assert_eq!(value("caught", "plain-race", "tsan"), 1.0);
        assert_eq!(value("caught", "lost-update", "tsan"), 0.0);
        assert_eq!(value("caught", "across-processes", "tsan"), 0.0);
    }
}

#[test]
fn thread_sanitizer_cries_wolf_at_a_mutex_unless_std_is_built_for_it() {
    if is_here(Tool::Tsan) && is_here(Tool::TsanStd) {
        assert_eq!(value("cries-wolf", "mutex", "tsan"), 1.0);
        for repaired in ["fetch-add", "mutex", "rwlock", "compare-exchange", "thread-local", "channel", "one-order"] {
            assert_eq!(value("cries-wolf", repaired, "tsan-std"), 0.0, "{repaired}");
        }
    }
}

#[test]
fn helgrind_knows_the_locks_of_posix_and_not_those_of_std() {
    if is_here(Tool::Helgrind) {
        assert_eq!(value("caught", "opposite-order-pthread", "helgrind"), 1.0);
        assert_eq!(value("cries-wolf", "one-order-pthread", "helgrind"), 0.0);
        assert_eq!(value("caught", "opposite-order", "helgrind"), 0.0);
        assert_eq!(value("cries-wolf", "mutex", "helgrind"), 1.0);
    }
}

#[test]
fn gdb_shows_both_threads_at_their_locks() {
    if is_here(Tool::Gdb) {
        let output = EXPERIMENT.run(&["--tool", "gdb", "--variant", "deadlocked"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        let line =
            include_str!("../programs/orders.rs").lines().position(|line| line.contains("let mut target")).unwrap() + 1;
        assert_eq!(said.matches(&format!("experiments/catching-it/programs/orders.rs:{line}\n")).count(), 2, "{said}");
    }
}

#[test]
fn one_tool_on_one_program_shows_the_command_and_what_it_said() {
    let output = EXPERIMENT.run(&["--tool", "loom", "--program", "lost-update"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success()
            && said.contains("additions were lost")
            && said.ends_with("loom on lost-update: caught.\n"),
        "{said}"
    );
    if is_here(Tool::Helgrind) {
        let output = EXPERIMENT.run(&["--tool", "helgrind", "--variant", "one-order-pthread"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("\n$ valgrind --tool=helgrind ") && said.contains("ERROR SUMMARY: 0 errors"), "{said}");
    }
}

#[test]
fn a_tool_that_cant_judge_the_program_is_refused_in_one_line() {
    for arguments in [
        &["--tool", "helgrind", "--variant", "channel"][..],
        &["--tool", "gdb", "--tool", "loom", "--variant", "plain-race"],
    ] {
        let said = testing::refusal(EXPERIMENT.run(arguments));
        assert!(said.contains("can judge that --variant"), "{said}");
    }
}

#[test]
fn without_tools_it_says_so_and_does_the_rest() {
    let output = EXPERIMENT.output(EXPERIMENT.command(&[]).env("PATH", "/nowhere"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    for name in PROGRAMS
        .iter()
        .map(|program| program.name)
        .chain(["Not here: helgrind (no valgrind).", "Not here: gdb (no gdb)."])
    {
        assert!(said.contains(name), "{name}: {said}");
    }
}

#[test]
fn help_has_examples_and_names_every_tool_and_program() {
    let said = EXPERIMENT.text(&["--help"]);
    let names = TOOLS.iter().map(|tool| tool.name()).chain(PROGRAMS.iter().map(|program| program.name));
    assert!(names.chain(["cargo run -p catching-it"]).all(|name| said.contains(name)), "{said}");
}

#[test]
fn a_timeline_has_every_look() {
    let timeline = EXPERIMENT.timeline(&["--tool", "loom"]);
    assert_eq!(spans(&timeline), PROGRAMS.iter().filter(|program| program.judges(Tool::Loom)).count());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&["--tool", "loom"]);
}
