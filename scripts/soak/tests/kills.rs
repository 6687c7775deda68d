//! Whoever looks for what was left has to find it. One test, because every child of this process is looked for.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use soak::kills::{self, Moment, Victim, kill};

/// A victim's script, whether its children outlive the moment at which it is killed, and what has to be said of it. The
/// third kind of kill is SIGKILL, for the shell alone.
const VICTIMS: &[(&str, bool, Option<&str>)] = &[
    ("exec sleep 600", true, None),
    ("sleep 600 & wait", true, Some("still: sleep 600")),
    ("setsid sleep 600 & wait", false, Some("still: sleep 600")),
    ("sleep 2 & wait", true, Some("ran on to their end")),
    ("sleep 2 & wait", false, None),
];

#[test]
fn what_a_killed_program_leaves_is_found_and_ended() {
    kills::reap_orphans().unwrap();
    let victim = |script: &'static str, children_outlive| Victim {
        name: script.to_owned(),
        attempt: Box::new(move || {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            // Time enough for the shell to start what it starts; `true` starts nothing.
            let after = if script == "true" { Duration::ZERO } else { Duration::from_secs(1) };
            Ok((command, Moment::Started(after)))
        }),
        whole: Box::new(|| Ok(())),
        children_outlive,
    };
    for (script, children_outlive, complaint) in VICTIMS {
        let outcome = kill(&victim(script, *children_outlive), 2);
        match complaint {
            None => assert_eq!(outcome, Ok(()), "{script}"),
            Some(complaint) => assert!(outcome.as_ref().is_err_and(|error| error.contains(complaint)), "{outcome:?}"),
        }
        // Whatever was left, nothing is left now.
        assert_eq!(kill(&victim("true", true), 2), Ok(()), "after {script}");
    }

    let broken = Victim { whole: Box::new(|| bail!("a file isn't whole")), ..victim("true", true) };
    assert!(kill(&broken, 2).unwrap_err().ends_with("a file isn't whole"));

    let name = format!("/dev/shm/left-by-{}", std::process::id());
    let script: &'static str = format!("touch {name}; sleep 600").leak();
    let outcome = kill(&victim(script, true), 0);
    fs::remove_file(&name).unwrap();
    assert!(outcome.unwrap_err().contains("shared memory was left"));
}
