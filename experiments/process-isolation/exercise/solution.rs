//! Two solutions of the exercise. Try your own before you read this.
//!
//! An `Arc` or a `static` instead of the local changes nothing: a fork copies the heap and the statics too. The result
//! has to be handed over, or lie where both look.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use lab::{Shared, process};

/// The longest that the work may take.
const LIMIT: Duration = Duration::from_secs(10);

// ANCHOR: solution
/// The result is handed over: its bytes go through a pipe.
pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let child = process::fork(LIMIT, || work().to_ne_bytes().to_vec())?;
    let handed_over =
        process::gather(vec![child], Instant::now() + LIMIT)?.concat();
    let bytes = handed_over
        .try_into()
        .map_err(|_| io::Error::other("the child handed over something else"))?;
    Ok(u64::from_ne_bytes(bytes))
}

/// The result lies where both look: the variable is in a shared mapping.
pub(crate) fn in_a_child_on_a_mapping(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let result = Shared::new(AtomicU64::new(0))?;
    let child = process::fork(LIMIT, || {
        result.store(work(), SeqCst);
        Vec::new()
    })?;
    process::gather(vec![child], Instant::now() + LIMIT)?;
    Ok(result.load(SeqCst))
}
// ANCHOR_END: solution
