//! What the same shows in CPython, by `python/ticks.py`.

use lab::python::Script;

/// The script.
pub struct Ticks;

impl Script for Ticks {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/ticks.py");
    const SHOWN: &str = "every tick was measured; no time is judged";
    const EXAMPLES: &str =
        "python3 experiments/responsiveness/python/ticks.py        # without Rust
        cargo run -p responsiveness -- python";
    const WAYS: &[&str] = &[
        "python-thread",
        "python-process",
        "python-async-to-thread",
        "python-async-blocked",
        "python-free-thread",
    ];
    const PARAMETER: &str = "threads";
}
