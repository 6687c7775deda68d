//! What the same shows in CPython, by `python/messages.py`.

use lab::python::Script;

/// The script.
pub struct Messages;

impl Script for Messages {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/messages.py");
    const SHOWN: &str = "every message was measured; no time is judged";
    const EXAMPLES: &str = "python3 experiments/message-passing/python/messages.py        # without Rust
        cargo run -p message-passing -- python";
    const WAYS: &[&str] = &[
        "python-simple-queue-threads",
        "python-queue-threads",
        "python-pipe-processes",
        "python-simple-queue-processes",
        "python-queue-processes",
        "python-pickle-list",
        "python-pickle-array",
        "python-shared-memory",
    ];
    const PARAMETER: &str = "size";
}
