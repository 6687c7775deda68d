//! Work for a child: the repair exercise.
//!
//! A program hands its work to a forked child, so that a crash of the work doesn't end it. The child writes its result to a
//! variable, and the parent reads it there: `cargo test -p process-isolation --test exercise -- --ignored` tells what it reads. Repair
//! `in_a_child`. The work stays in the child and is done once, and its crash is an error. The parent waits, and nothing stays
//! behind: no child, no open file, no mapping.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use lab::process;

/// The longest that the work may take.
const LIMIT: Duration = Duration::from_secs(10);

// ANCHOR: in-a-child
/// Does the work in a forked child, and returns its result.
pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let result = AtomicU64::new(0);
    let child = process::fork(LIMIT, || {
        result.store(work(), SeqCst);
        Vec::new() // the bytes that the child sends through a pipe
    })?;
    // Waits for the child's end.
    let _handed_over = process::gather(vec![child], Instant::now() + LIMIT)?;
    Ok(result.load(SeqCst))
}
// ANCHOR_END: in-a-child
