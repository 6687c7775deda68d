//! A file of which a copy is forgotten stays open, and so does another one at each call, until no more can be opened.

use std::io;
use std::io::{Read, Seek, Write};
use std::time::{Duration, Instant};

use lab::process;

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let mut file = tempfile::tempfile()?;
    let childs = file.try_clone()?;
    let child = process::fork(LIMIT, || {
        (&childs)
            .write_all(&work().to_ne_bytes())
            .expect("there is room for a number");
        Vec::new()
    })?;
    std::mem::forget(childs);
    process::gather(vec![child], Instant::now() + LIMIT)?;
    file.rewind()?;
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}
