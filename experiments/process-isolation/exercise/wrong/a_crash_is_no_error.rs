//! The child's end is waited for, and how it ended isn't looked at. What a crash leaves is taken for a result.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use lab::{Shared, process};

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let result = Shared::new(AtomicU64::new(0))?;
    let child = process::fork(LIMIT, || {
        result.store(work(), SeqCst);
        Vec::new()
    })?;
    let _ = process::gather(vec![child], Instant::now() + LIMIT);
    Ok(result.load(SeqCst))
}
