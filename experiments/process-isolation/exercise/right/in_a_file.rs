//! A file that both have open is the same file, and has one place for both.

use std::io::{self, Read, Seek, Write};
use std::time::{Duration, Instant};

use lab::process;

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn in_a_child(work: &dyn Fn() -> u64) -> io::Result<u64> {
    let mut file = tempfile::tempfile()?;
    let child = process::fork(LIMIT, || {
        (&file)
            .write_all(&work().to_ne_bytes())
            .expect("there is room for a number");
        Vec::new()
    })?;
    process::gather(vec![child], Instant::now() + LIMIT)?;
    file.rewind()?;
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}
