//! It has the result, and forgets the child, which stays in the table of processes until its parent ends.

use std::io::{self, Read, Write};
use std::time::Duration;

use lab::process;

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let (mut reads, mut writes) = io::pipe()?;
    let child = process::fork(LIMIT, move || {
        writes.write_all(&work().to_ne_bytes()).expect("the parent reads");
        Vec::new()
    })?;
    std::mem::forget(child);
    let mut bytes = Vec::new();
    reads.read_to_end(&mut bytes)?;
    Ok(u64::from_ne_bytes(
        bytes
            .try_into()
            .map_err(|_| io::Error::other("the child wrote something else"))?,
    ))
}
