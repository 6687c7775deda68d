//! The heap is copied as well.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use lab::process;

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let result = Arc::new(AtomicU64::new(0));
    let childs = Arc::clone(&result);
    let child = process::fork(LIMIT, move || {
        childs.store(work(), SeqCst);
        Vec::new()
    })?;
    process::gather(vec![child], Instant::now() + LIMIT)?;
    Ok(result.load(SeqCst))
}
