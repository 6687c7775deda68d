//! What the same shows in CPython, by `python/count.py`.

use lab::python::Script;

/// The script.
pub struct Count;

impl Script for Count {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/count.py");
    const SHOWN: &str =
        "every broken way lost updates, and no repaired way lost any";
    const EXAMPLES: &str =
        "python3 experiments/shared-counter/python/count.py        # without Rust
        cargo run -p shared-counter -- python
        cargo run -p shared-counter -- python --python /usr/bin/python3.9";
    const WAYS: &[&str] = &[
        "python-plain",
        "python-call",
        "python-lock",
        "python-value",
        "python-value-lock",
        "python-private",
        "python-free-plain",
        "python-free-call",
        "python-free-lock",
    ];
    const TIMES: bool = false;
}
