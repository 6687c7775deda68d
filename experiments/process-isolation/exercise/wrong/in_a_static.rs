//! A fork copies the statics too.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use lab::process;

const LIMIT: Duration = Duration::from_secs(10);

static RESULT: AtomicU64 = AtomicU64::new(0);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let child = process::fork(LIMIT, || {
        RESULT.store(work(), SeqCst);
        Vec::new()
    })?;
    process::gather(vec![child], Instant::now() + LIMIT)?;
    Ok(RESULT.load(SeqCst))
}
