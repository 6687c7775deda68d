//! All that a killed program leaves must be found. There is only one test, because it looks for every child of this process.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use soak::kills::{self, GRACE, Moment, Victim, kill};

/// A victim's script up to the moment at which it is killed, whether its children run long, and what has to be said of it.
const VICTIMS: &[(&str, bool, Option<&str>)] = &[
    ("", true, None),
    ("sleep 600 &", true, Some("still: sleep 600")),
    ("setsid sleep 600 &", false, Some("still: sleep 600")),
    // It ends when its parent is gone, and by itself.
    ("(while kill -0 $$; do sleep 0.01; done; sleep 0.1) &", true, Some("ran on to their end")),
    ("(while kill -0 $$; do sleep 0.01; done; sleep 0.1) &", false, None),
];

/// In the list of ways to kill, SIGKILL for the one process that was started.
const SIGKILL: usize = 2;

#[test]
fn what_a_killed_program_leaves_is_found_and_ended() {
    kills::reap_orphans().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // What is there for good needn't be waited for as long as what is about to go.
    let brief = Duration::from_millis(500);
    let victim = |script: &str, children_run_long, grace| {
        // It is killed when it has said that it is ready, by itself: a `touch` could still be running then.
        let script = format!("{script} : > {}/$$; exec sleep 600", folder.path().display());
        let ready = folder.path().to_owned();
        Victim {
            name: script.clone(),
            attempt: Box::new(move || {
                let mut command = Command::new("sh");
                command.args(["-c", &script]);
                Ok((command, Moment::Writes(ready.clone(), Duration::ZERO)))
            }),
            whole: Box::new(|| Ok(())),
            children_run_long,
            grace,
        }
    };
    for (script, children_run_long, complaint) in VICTIMS {
        let is_left = complaint.is_some_and(|complaint| complaint.starts_with("still"));
        let outcome = kill(&victim(script, *children_run_long, if is_left { brief } else { GRACE }), SIGKILL);
        match complaint {
            None => assert_eq!(outcome, Ok(()), "{script}"),
            Some(complaint) => assert!(outcome.as_ref().is_err_and(|error| error.contains(complaint)), "{outcome:?}"),
        }
        // Whatever was left, nothing is left now.
        assert_eq!(kill(&victim("", true, GRACE), SIGKILL), Ok(()), "after {script}");
    }

    let broken = Victim { whole: Box::new(|| bail!("a file isn't whole")), ..victim("", true, GRACE) };
    assert!(kill(&broken, SIGKILL).unwrap_err().ends_with("a file isn't whole"));

    let name = format!("/dev/shm/left-by-{}", std::process::id());
    let outcome = kill(&victim(&format!("touch {name};"), true, brief), SIGKILL);
    assert!(outcome.as_ref().is_err_and(|error| error.contains("shared memory was left")), "{outcome:?}");
    fs::remove_file(&name).unwrap();
}
