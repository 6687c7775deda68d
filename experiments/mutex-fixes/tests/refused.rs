//! What the compiler refuses, it refuses for the reason that the chapter gives.

use std::process::Command;
use std::time::Duration;

use lab::process;

#[test]
fn a_value_that_outlives_its_lock_and_a_lock_that_moves_to_another_thread_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let emit = format!("metadata={}", folder.path().join("out").display());
    for (file, code) in [("refused/keep.rs", "E0505"), ("refused/hand-over.rs", "E0277")] {
        let mut command = Command::new("rustc");
        command.args(["--edition", "2024", "--crate-type", "lib", file, "--emit", &emit]);
        let output = process::output(command.current_dir(env!("CARGO_MANIFEST_DIR")), Duration::from_secs(60)).unwrap();
        assert!(!output.status.success(), "{file} was compiled");
        let said = String::from_utf8(output.stderr).unwrap();
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error[")).collect();
        assert_eq!(errors.len(), 1, "{file}: {said}");
        assert!(errors[0].starts_with(&format!("error[{code}]")), "{file}: {said}");
    }
}
