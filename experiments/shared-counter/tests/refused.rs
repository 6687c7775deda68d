//! The compiler refuses the programs for the reasons that the chapter gives, and the optimiser does what the chapter says.

use testing::rustc_refuses;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn sharing_without_a_scope_mutating_twice_and_sending_an_rc_are_refused() {
    rustc_refuses(FOLDER, "refused/share.rs", "E0373");
    rustc_refuses(FOLDER, "refused/mutate.rs", "E0499");
    rustc_refuses(FOLDER, "refused/send.rs", "E0277");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_plain_loop_becomes_one_addition_and_an_atomic_one_stays_a_loop() {
    let output =
        testing::rustc(FOLDER, "optimised/plain.rs", &["-O", "--emit", "asm=-"]);
    assert!(output.status.success(), "{output:?}");
    let assembly = String::from_utf8(output.stdout).unwrap();
    let body = |name: &str| {
        let from = assembly.split(&format!("\n{name}:\n")).nth(1).unwrap();
        from.split(".Lfunc_end").next().unwrap().to_owned()
    };
    // A loop is a jump to a label in front of the jump.
    let loops = |body: &str| {
        body.lines().enumerate().any(|(at, line)| {
            let target = line
                .trim_start()
                .strip_prefix('j')
                .and_then(|jump| jump.split_whitespace().nth(1));
            target.is_some_and(|label| {
                body.lines().take(at).any(|line| line == format!("{label}:"))
            })
        })
    };
    let (plain, atomic) = (body("add_plain"), body("add_atomic"));
    assert!(plain.matches("add").count() == 1 && !loops(&plain), "{plain}");
    assert!(atomic.contains("lock") && loops(&atomic), "{atomic}");
}
