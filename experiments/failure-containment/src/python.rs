//! What the same shows in CPython, by `python/failures.py`.

use lab::python::Script;

/// The script.
pub struct Failures;

impl Script for Failures {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/failures.py");
    const SHOWN: &str = "an abort ended all threads of its process and no other process, new pools lost no job, and only a process could be ended";
    const EXAMPLES: &str = "python3 experiments/failure-containment/python/failures.py        # without Rust
        cargo run -p failure-containment -- python";
    const WAYS: &[&str] = &[
        "python-exception-thread",
        "python-exception-process",
        "python-abort-thread",
        "python-abort-process",
        "python-one-pool",
        "python-new-pools",
        "python-join-timeout",
        "python-terminate",
    ];
    const TIMES: bool = false;
}
