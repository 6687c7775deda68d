//! The repair exercise: change `task.rs` until `cargo test -p process-isolation --test exercise -- --ignored` passes.
//!
//! Without `--ignored`, this says that it's worth doing: its check passes right answers, and refuses the task and those that
//! aren't. A process forks with one thread, so this has a `main` of its own, and checks each answer in a process of its own.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod as_text;
    pub(crate) mod by_how_it_ended;
    pub(crate) mod dropped_when_it_has_spoken;
    pub(crate) mod in_a_file;
    pub(crate) mod through_a_pipe_of_its_own;
}
mod wrong {
    pub(crate) mod a_crash_is_no_error;
    pub(crate) mod a_panic_is_no_error;
    pub(crate) mod as_a_byte;
    pub(crate) mod as_a_float;
    pub(crate) mod by_both;
    pub(crate) mod by_the_parent;
    pub(crate) mod files_left_open;
    pub(crate) mod in_a_static;
    pub(crate) mod in_an_arc;
    pub(crate) mod left_behind;
    pub(crate) mod looks_now_and_then;
    pub(crate) mod read_before_the_end;
    pub(crate) mod slept_instead;
    pub(crate) mod tried_again;
    pub(crate) mod waits_for_any_child;
    pub(crate) mod waits_for_itself;
}

use std::io::ErrorKind::TimedOut;
use std::process::{Command, ExitCode};
use std::time::Duration;

use check::{InAChild, check};
use testing::exercise::{accepts, refuses, some_times};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    match &words[..] {
        [_, answer, name] if answer == ANSWER => match check(answer_named(name)) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(what) => print!("{what}"),
        },
        _ if words.iter().any(|word| word == "--ignored") => {
            match checked("task", LIMIT) {
                Ok(()) => return ExitCode::SUCCESS,
                Err(what) => {
                    eprintln!("{what}; repair `in_a_child` in exercise/task.rs");
                }
            }
        }
        _ => {
            tests();
            return ExitCode::SUCCESS;
        }
    }
    ExitCode::FAILURE
}

fn tests() {
    let caught = checked("task", LIMIT).is_err();
    assert!(
        caught,
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
    refuses(
        some_times(),
        &[
            (
                "a_crash_is_no_error",
                "the work was killed, and the parent took 0",
                || checked("a_crash_is_no_error", LIMIT),
            ),
            (
                "a_panic_is_no_error",
                "the work panicked, and the parent took 0",
                || checked("a_panic_is_no_error", LIMIT),
            ),
            (
                "as_a_byte",
                "the child's result was 256, and the parent has 0",
                || checked("as_a_byte", LIMIT),
            ),
            (
                "as_a_float",
                "the child's result was 9007199254740993, and the parent has 9007199254740992",
                || checked("as_a_float", LIMIT),
            ),
            ("files_left_open", "files stay open that nobody closes", || {
                checked("files_left_open", LIMIT)
            }),
            ("looks_now_and_then", "the parent looks again and again", || {
                checked("looks_now_and_then", LIMIT)
            }),
            ("waits_for_any_child", "a child that other code had started", || {
                checked("waits_for_any_child", LIMIT)
            }),
            ("by_both", "the work was done in the parent", || {
                checked("by_both", LIMIT)
            }),
            (
                "in_a_static",
                "the child's result was 7, and the parent has 0",
                || checked("in_a_static", LIMIT),
            ),
            ("by_the_parent", "the work was done in the parent", || {
                checked("by_the_parent", LIMIT)
            }),
            ("in_an_arc", "the child's result was 7, and the parent has 0", || {
                checked("in_an_arc", LIMIT)
            }),
            ("left_behind", "a child stays behind", || {
                checked("left_behind", LIMIT)
            }),
            (
                "read_before_the_end",
                "the child's result was 7, and the parent has 0",
                || checked("read_before_the_end", LIMIT),
            ),
            (
                "slept_instead",
                "the child's result was 7, and the parent has 0",
                || checked("slept_instead", LIMIT),
            ),
            ("tried_again", "the work was killed, and was done 3 times", || {
                checked("tried_again", LIMIT)
            }),
        ],
    );
    // Once, for it takes all the time that it is given.
    let hangs = checked("waits_for_itself", Duration::from_secs(1)).unwrap_err();
    assert!(
        hangs.starts_with("in_a_child waits for something that never comes"),
        "{hangs}"
    );
    accepts(
        some_times(),
        &[
            ("the solution", || checked("solution", LIMIT)),
            ("the solution on a mapping", || {
                checked("solution_on_a_mapping", LIMIT)
            }),
            ("as_text", || checked("as_text", LIMIT)),
            ("by_how_it_ended", || checked("by_how_it_ended", LIMIT)),
            ("dropped_when_it_has_spoken", || {
                checked("dropped_when_it_has_spoken", LIMIT)
            }),
            ("in_a_file", || checked("in_a_file", LIMIT)),
            ("through_a_pipe_of_its_own", || {
                checked("through_a_pipe_of_its_own", LIMIT)
            }),
        ],
    );
}

/// The answer of this name.
fn answer_named(name: &str) -> InAChild {
    match name {
        "task" => task::in_a_child,
        "solution" => solution::in_a_child,
        "solution_on_a_mapping" => solution::in_a_child_on_a_mapping,
        "as_text" => right::as_text::in_a_child,
        "by_how_it_ended" => right::by_how_it_ended::in_a_child,
        "dropped_when_it_has_spoken" => {
            right::dropped_when_it_has_spoken::in_a_child
        }
        "in_a_file" => right::in_a_file::in_a_child,
        "through_a_pipe_of_its_own" => right::through_a_pipe_of_its_own::in_a_child,
        "a_crash_is_no_error" => wrong::a_crash_is_no_error::in_a_child,
        "a_panic_is_no_error" => wrong::a_panic_is_no_error::in_a_child,
        "as_a_byte" => wrong::as_a_byte::in_a_child,
        "as_a_float" => wrong::as_a_float::in_a_child,
        "files_left_open" => wrong::files_left_open::in_a_child,
        "looks_now_and_then" => wrong::looks_now_and_then::in_a_child,
        "waits_for_any_child" => wrong::waits_for_any_child::in_a_child,
        "by_both" => wrong::by_both::in_a_child,
        "in_a_static" => wrong::in_a_static::in_a_child,
        "by_the_parent" => wrong::by_the_parent::in_a_child,
        "in_an_arc" => wrong::in_an_arc::in_a_child,
        "left_behind" => wrong::left_behind::in_a_child,
        "read_before_the_end" => wrong::read_before_the_end::in_a_child,
        "slept_instead" => wrong::slept_instead::in_a_child,
        "tried_again" => wrong::tried_again::in_a_child,
        "waits_for_itself" => wrong::waits_for_itself::in_a_child,
        _ => panic!("there is no answer {name:?}"),
    }
}

/// The longest that a check may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The argument with which this program checks one answer and says what is wrong with it.
const ANSWER: &str = "--answer";

/// Checks an answer in a process of its own, which has one thread and may hang.
fn checked(name: &str, limit: Duration) -> Result<(), String> {
    let own = std::env::current_exe().expect("this program lies somewhere");
    // What it leaves in a folder is seen.
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut command = Command::new(own);
    command.args([ANSWER, name]).current_dir(&folder).env("TMPDIR", folder.path());
    match lab::process::output(&mut command, limit) {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) if !output.stdout.is_empty() => {
            Err(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!(
            "in_a_child ended the program with {}",
            lab::process::ending(output.status)
        )),
        Err(error) if error.kind() == TimedOut => Err(format!(
            "in_a_child waits for something that never comes: it wasn't done within {} s",
            limit.as_secs()
        )),
        Err(error) => panic!("{name}: {error}"),
    }
}
