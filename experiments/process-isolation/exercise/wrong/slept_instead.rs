//! It sleeps as long as the work may take, as it thinks, and looks then. Nobody knows how long that is.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use lab::{Shared, process};

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let shared = Shared::new(AtomicU64::new(0))?;
    let child = process::fork(LIMIT, || {
        shared.store(work(), SeqCst);
        Vec::new()
    })?;
    thread::sleep(Duration::from_millis(50));
    let result = shared.load(SeqCst);
    process::gather(vec![child], Instant::now() + LIMIT)?;
    Ok(result)
}
