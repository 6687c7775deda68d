//! A tool that is known to report always, or never, does so here too; otherwise the program's exit code is 1. And the
//! experiment ends well without its tools, and when its parent process is killed.

use std::time::Duration;

use catching_it::models::{self, MODELS};
use catching_it::{Known, PROGRAMS, TOOLS, Tool};
use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_catching-it"), Duration::from_secs(300));

/// The exit code and what is said with this variable set.
fn said_with(
    arguments: &[&str],
    (name, value): (&str, &str),
) -> (Option<i32>, String) {
    let output = EXPERIMENT.output(EXPERIMENT.command(arguments).env(name, value));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// In CI only the tools of the nightly toolchain may be left out. The tool that needs a standard library of its own is tried
/// where that has been built, as `cargo record` does.
#[test]
fn every_tool_that_is_here_does_what_it_is_known_to_do_in_each_look() {
    let outcomes = EXPERIMENT.outcomes(&["--looks", "2"]);
    assert!(
        outcomes.iter().all(|told| told.unit == "of 2" && told.value <= 2.0),
        "{outcomes:?}"
    );
    for (program, tool) in
        PROGRAMS.iter().flat_map(|program| TOOLS.map(|tool| (program, tool)))
    {
        let of_both = outcomes.iter().filter(|told| {
            told.variant == program.name && told.parameter == tool.name()
        });
        let judged = of_both
            .filter(|told| ["caught", "cries-wolf"].contains(&&told.metric[..]))
            .count();
        let may_miss = matches!(tool, Tool::Tsan | Tool::TsanStd)
            || std::env::var_os("CI").is_none();
        match program.judges(tool) {
            true => assert!(
                judged == 1 || may_miss && tool != Tool::Loom,
                "{} on {}",
                tool.name(),
                program.name
            ),
            false => assert_eq!(judged, 0, "{} on {}", tool.name(), program.name),
        }
    }
}

#[test]
fn what_a_tool_is_known_for_is_held_against_it_in_every_look() {
    let allowed = |known: Known| [0, 1, 2].map(|reports| known.allows(reports, 2));
    assert_eq!(allowed(Known::Always), [false, false, true]);
    assert_eq!(allowed(Known::Sometimes), [true, true, true]);
    assert_eq!(allowed(Known::Never), [true, false, false]);
}

#[test]
fn every_sound_model_is_explored_and_one_turn_more_has_more_executions() {
    for model in MODELS.iter().filter(|model| !model.breaks) {
        let [one, two] = [1, 2].map(|turns| models::explore(model, turns));
        // The workers of these two models don't meet again after their first turn.
        let grows = !["sharded", "local"].contains(&model.name);
        assert!(one > 1 && (two > one) == grows, "{}: {one}, {two}", model.name);
    }
}

#[test]
fn loom_has_found_something_only_if_an_execution_goes_wrong() {
    let loom_itself =
        |model, variable| said_with(&["--inside", model, "2"], variable);
    let nothing = ("NOTHING", "");
    for (model, words) in [
        ("lost-update", "additions were lost"),
        ("opposite-order", "deadlock; threads = "),
    ] {
        let (code, said) = loom_itself(model, nothing);
        assert!(code == Some(3) && said.contains(words), "{code:?}: {said}");
    }
    assert_eq!(loom_itself("one-order", nothing).0, Some(0));
    for model in ["lost-update", "opposite-order", "one-order"] {
        let (code, said) = loom_itself(model, ("LOOM_MAX_BRANCHES", "3"));
        assert!(
            code == Some(1) && said.contains("exceeded maximum number of branches"),
            "{code:?}: {said}"
        );
    }
}

#[test]
fn the_variables_of_loom_change_nothing() {
    let said = |variable| {
        said_with(&["--tool", "loom", "--variant", "fetch-add"], variable).1
    };
    let as_it_is = said(("NOTHING", ""));
    assert!(
        as_it_is.starts_with("loom on fetch-add: no report in 3 of 3 looks.")
            && as_it_is.contains("\nexplored "),
        "{as_it_is}"
    );
    for variable in [
        ("LOOM_MAX_PREEMPTIONS", "0"),
        ("LOOM_MAX_BRANCHES", "3"),
        ("LOOM_MAX_PERMUTATIONS", "1"),
    ] {
        assert_eq!(said(variable), as_it_is, "{variable:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn gdb_shows_both_threads_at_their_locks_and_what_hangs_ends_with_its_parent() {
    let arguments = ["--tool", "gdb", "--variant", "deadlocked"];
    let said = EXPERIMENT.text(&arguments);
    if said.contains("gdb on deadlocked") {
        let orders = include_str!("../../../scripts/loops/src/orders.rs");
        let line = 1 + orders
            .lines()
            .position(|line| line.contains("let mut target"))
            .unwrap();
        assert_eq!(
            said.matches(&format!("scripts/loops/src/orders.rs:{line}\n")).count(),
            2,
            "{said}"
        );
        EXPERIMENT.takes_its_children_along(1, &arguments);
    }
}

#[test]
fn without_tools_it_says_so_and_does_the_rest() {
    let (code, said) = said_with(&["--looks", "1"], ("PATH", "/nowhere"));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, Some(0), "{said}");
    let names = PROGRAMS.iter().map(|program| program.name);
    let tools =
        ["helgrind (no valgrind; install valgrind)", "gdb (no gdb; install gdb)"];
    for name in names.chain(tools) {
        assert!(said.contains(name), "{name}: {said}");
    }
}
