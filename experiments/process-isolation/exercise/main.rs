//! The repair exercise: change `task.rs` until `cargo test -p process-isolation --test exercise -- --ignored` passes.
//!
//! Without `--ignored`, this says that it's worth doing: its check passes the solutions, and catches the task and half-done
//! repairs. A process forks with one thread, so this has a `main` of its own.

mod check;
mod solution;
mod task;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use check::check;
use lab::process;

const LIMIT: Duration = Duration::from_secs(10);

fn main() {
    if std::env::args().any(|argument| argument == "--ignored") {
        return check(&task::in_a_child).unwrap_or_else(|what| {
            eprintln!("{what}; repair `in_a_child` in exercise/task.rs");
            std::process::exit(1)
        });
    }
    assert_eq!(check(&solution::in_a_child), Ok(()));
    assert_eq!(check(&solution::in_a_child_on_a_mapping), Ok(()));
    let caught = check(&task::in_a_child).is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(check(&shared_by_an_arc).unwrap_err().contains("the child's result was 1, and the parent has 0"));
    assert!(check(&handed_over_in_a_byte).unwrap_err().contains("the child's result was 256, and the parent has 0"));
    assert_eq!(check(&done_by_the_parent).unwrap_err(), "the work was done in the parent");
}

/// The heap is copied as well.
fn shared_by_an_arc(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let result = Arc::new(AtomicU64::new(0));
    let childs = Arc::clone(&result);
    let child = process::fork(LIMIT, move || {
        childs.store(work(), SeqCst);
        Vec::new()
    })?;
    process::gather(vec![child], Instant::now() + LIMIT)?;
    Ok(result.load(SeqCst))
}

/// As an exit code would: a byte is all that it holds.
fn handed_over_in_a_byte(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let child = process::fork(LIMIT, || vec![work() as u8])?;
    let handed_over = process::gather(vec![child], Instant::now() + LIMIT)?.concat();
    Ok(handed_over[0].into())
}

fn done_by_the_parent(work: &dyn Fn() -> u64) -> io::Result<u64> {
    Ok(work())
}
