//! It waits for whichever child ends first, and that may be another's.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use lab::{Shared, process};
use rustix::process::{WaitOptions, waitpid};

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let result = Shared::new(AtomicU64::new(0))?;
    let child = process::fork(LIMIT, || {
        result.store(work(), SeqCst);
        Vec::new()
    })?;
    let ended = waitpid(None, WaitOptions::empty())?;
    drop(child);
    match ended {
        Some((_, status)) if status.exit_status() == Some(0) => {
            Ok(result.load(SeqCst))
        }
        _ => Err(io::Error::other("the child crashed")),
    }
}
