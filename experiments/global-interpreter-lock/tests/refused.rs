//! If an interpreter can't be used, the program says why: in an error of one line if `--python` names it. Otherwise the rest is
//! done without it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use testing::{Experiment, refusal};

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_global-interpreter-lock"),
    Duration::from_secs(120),
);

/// Little work, because nothing here looks at a time.
const LITTLE: [&str; 6] = ["--roots", "20000", "--wait", "1", "--rounds", "1"];

/// Runs the experiment with this shell script as the interpreter that `--python` names, or as the only one on the PATH. Returns
/// also all words that the experiment says.
fn with_interpreter(script: &str, is_named: bool) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let named = ["--python", path.to_str().unwrap()];
    let mut command = EXPERIMENT
        .command(&[&LITTLE[..], if is_named { &named } else { &[] }].concat());
    let output = EXPERIMENT.output(if is_named {
        &mut command
    } else {
        command.env("PATH", folder.path())
    });
    (
        output.clone(),
        String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    )
}

#[test]
fn an_interpreter_that_cannot_be_used_is_one_line_if_named_and_else_left_out() {
    let about = |who: &str, version: &str| {
        let it = r#""executable": "", "built_with_lock": true, "locked": true, "subinterpreters": false"#;
        format!(
            r#"echo '{{"implementation": "{who}", "version": {version}, {it}}}'"#
        )
    };
    for (script, says) in [
        ("kill -SEGV $$".to_owned(), "signal 11"),
        (
            "echo 'Some\x1b[31mError: why' >&2; exit 1".to_owned(),
            "Some[31mError: why",
        ),
        ("echo rubbish".to_owned(), "printed something else than a result"),
        (
            "while :; do echo 0123456789012345678901234567890123456789; done"
                .to_owned(),
            "printed more than 16 MiB",
        ),
        (
            "echo 'pyenv: python3.99: command not found' >&2; exit 127".to_owned(),
            "`command not found`",
        ),
        (about("CPython", "[3, 7, 0]"), "3.8 is the oldest"),
        (about("PyPy", "[3, 11, 0]"), "it is PyPy"),
    ] {
        let named = refusal(with_interpreter(&script, true).0);
        assert!(
            named.contains("--python") && named.contains(says),
            "{script}: {named}"
        );
    }
    for script in ["kill -SEGV $$".to_owned(), about("PyPy", "[3, 11, 0]")] {
        let (output, said) = with_interpreter(&script, false);
        assert!(
            output.status.success() && said.contains("gil-threads"),
            "{script}: {said}"
        );
        assert!(
            said.contains("Left out: python-threads, ") && !said.contains('\x1b'),
            "{script}: {said}"
        );
    }
    // This one says what it is, and then fails. A script gets four words, and more only if it has arguments.
    let fails = format!(
        "case $# in 4) {} ;; *) exit 3 ;; esac",
        about("CPython", "[3, 11, 0]")
    );
    let (output, said) = with_interpreter(&fails, true);
    assert!(
        output.status.code() == Some(1)
            && said.contains("gil-threads")
            && said.contains("exit code 3"),
        "{said}"
    );
}

/// If there is no interpreter, this is a failure only if nothing else is wanted.
#[test]
fn without_an_interpreter_the_rest_is_done() {
    for (alone, code) in [(&[][..], 0), (&["--variant", "python-threads"], 1)] {
        let mut command = EXPERIMENT.command(&[&LITTLE[..], alone].concat());
        let output = EXPERIMENT.output(command.env("PATH", "/no/such/folder"));
        let said = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
        assert!(
            output.status.code() == Some(code)
                && said.contains("there is no CPython"),
            "{output:?}"
        );
    }
}
