//! What the same shows in CPython, by the scripts of `python/`.

use lab::python::Script;

/// What a start costs.
pub struct Start;

impl Script for Start {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/start.py");
    const SHOWN: &str = "every start was measured; no time is judged";
    const EXAMPLES: &str =
        "python3 experiments/spawn-cost/python/start.py        # without Rust
        cargo run -p spawn-cost -- python";
    const WAYS: &[&str] = &[
        "python-thread",
        "python-thread-pool-task",
        "python-process-pool-task",
        "python-interpreter-pool-task",
        "python-interpreter",
        "python-fork",
        "python-fork-256-mb",
        "python-forkserver",
        "python-spawn",
    ];
}

/// How long a task must take before it pays to hand it over.
pub struct BreakEven;

impl Script for BreakEven {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/break_even.py");
    const SHOWN: &str = "every way was measured; no time is judged";
    const EXAMPLES: &str = "";
    const WAYS: &[&str] = &[
        "python-fork",
        "python-forkserver",
        "python-waiting-process",
        "python-waiting-process-list",
        "python-free-thread",
    ];
}
