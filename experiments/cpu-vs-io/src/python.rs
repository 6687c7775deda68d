//! What the same shows in CPython, by `python/work.py`.

use lab::python::Script;

/// The script.
pub struct Work;

impl Script for Work {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/work.py");
    const SHOWN: &str = "every way was measured; no time is judged";
    const EXAMPLES: &str =
        "python3 experiments/cpu-vs-io/python/work.py        # without Rust
        cargo run -p cpu-vs-io -- python";
    const WAYS: &[&str] = &[
        "python-serial",
        "python-threads",
        "python-processes",
        "python-async",
        "python-free-serial",
        "python-free-threads",
    ];
    const PARAMETER: &str = "work";
}
