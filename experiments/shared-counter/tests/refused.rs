//! What the compiler refuses, it refuses for the reason that the chapter gives; and what the optimiser does, it does.

use std::process::Command;
use std::time::Duration;

use lab::process;

/// Compiles a file of this crate, and returns what the compiler wrote on stdout and stderr.
fn rustc(file: &str, arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new("rustc");
    command.args(["--edition", "2024", "--crate-type", "lib", file]).args(arguments);
    let output = process::output(command.current_dir(env!("CARGO_MANIFEST_DIR")), Duration::from_secs(60)).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn sharing_without_a_scope_mutating_twice_and_sending_an_rc_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let emit = format!("metadata={}", folder.path().join("out").display());
    for (file, code) in [("refused/share.rs", "E0373"), ("refused/mutate.rs", "E0499"), ("refused/send.rs", "E0277")] {
        let (compiled, _, said) = rustc(file, &["--emit", &emit]);
        assert!(!compiled, "{file} was compiled");
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error[")).collect();
        assert_eq!(errors.len(), 1, "{file}: {said}");
        assert!(errors[0].starts_with(&format!("error[{code}]")), "{file}: {said}");
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_plain_loop_becomes_one_addition_and_an_atomic_one_stays_a_loop() {
    let (compiled, assembly, said) = rustc("optimised/plain.rs", &["-O", "--emit", "asm=-"]);
    assert!(compiled, "{said}");
    let body = |name: &str| {
        let from = assembly.split(&format!("\n{name}:\n")).nth(1).unwrap();
        from.split(".Lfunc_end").next().unwrap().to_owned()
    };
    // A loop is a jump to a label that stands before it.
    let loops = |body: &str| {
        body.lines().enumerate().any(|(at, line)| {
            let target = line.trim_start().strip_prefix('j').and_then(|jump| jump.split_whitespace().nth(1));
            target.is_some_and(|label| body.lines().take(at).any(|line| line == format!("{label}:")))
        })
    };
    let (plain, atomic) = (body("add_plain"), body("add_atomic"));
    assert!(plain.matches("add").count() == 1 && !loops(&plain), "{plain}");
    assert!(atomic.contains("lock") && loops(&atomic), "{atomic}");
}
