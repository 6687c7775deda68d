//! What the same shows in CPython, by `python/deadlocks.py`.

use lab::python::Script;

/// The script.
pub struct Deadlocks;

impl Script for Deadlocks {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/deadlocks.py");
    const SHOWN: &str = "every broken way deadlocked, and no repaired way did";
    const EXAMPLES: &str =
        "python3 experiments/deadlock/python/deadlocks.py        # without Rust
        cargo run -p deadlock -- python";
    const WAYS: &[&str] = &[
        "python-opposite-order",
        "python-one-order",
        "python-fork-while-locked",
        "python-spawn-while-locked",
        "python-forkserver-while-locked",
        "python-join-then-drain",
        "python-join-then-drain-short",
        "python-drain-then-join",
    ];
    const TIMES: bool = false;
}
