//! What the same shows in CPython, by `python/memory.py`.

use lab::python::Script;

/// The script.
pub struct Memory;

impl Script for Memory {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/memory.py");
    const SHOWN: &str = "the memory was measured; no size is judged";
    const EXAMPLES: &str = "python3 experiments/memory-footprint/python/memory.py        # without Rust
        cargo run -p memory-footprint -- python";
    const WAYS: &[&str] =
        &["python-thread", "python-fork", "python-forkserver", "python-spawn"];
    const TIMES: bool = false;
    const PARAMETER: &str = "workers";
}
