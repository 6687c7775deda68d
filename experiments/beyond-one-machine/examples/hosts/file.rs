//! The file that says where a cluster's processes are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How many processes a cluster may have. Each process has a connection and two threads for each of its peers.
pub const MOST: usize = 64;

/// Reads the addresses of a cluster's processes, `HOST:PORT`, one on each line. Empty lines, and lines that begin with `#`, are
/// skipped.
///
/// # Errors
/// There is no such file, or it isn't a list of different addresses. The error names the file and the line, and its kind is
/// `InvalidInput`.
pub fn read(path: &Path) -> io::Result<Vec<String>> {
    let mut text = String::new();
    // A longer file is no list of addresses.
    let read = File::open(path)
        .and_then(|file| file.take(64 * 1024).read_to_string(&mut text));
    let found =
        read.map_err(|error| error.to_string()).and_then(|_| addresses(&text));
    let wrong = |what| {
        format!(
            "{}: {what}; write HOST:PORT on each line, as in 10.0.0.1:2101",
            path.display()
        )
    };
    found.map_err(|what| io::Error::new(io::ErrorKind::InvalidInput, wrong(what)))
}

fn addresses(text: &str) -> Result<Vec<String>, String> {
    let mut addresses: Vec<String> = Vec::new();
    for (line, address) in (1..).zip(text.lines().map(str::trim)) {
        if address.is_empty() || address.starts_with('#') {
            continue;
        }
        let (host, port) = address.rsplit_once(':').unwrap_or_default();
        let is_host =
            !host.is_empty() && host.chars().all(|char| char.is_ascii_graphic());
        if !is_host || port.starts_with('+') || port.parse().unwrap_or(0_u16) == 0 {
            return Err(format!("line {line} is no address"));
        }
        if addresses.iter().any(|before| before == address) {
            return Err(format!(
                "line {line} is an address that another process has"
            ));
        }
        addresses.push(address.to_owned());
    }
    match addresses.len() {
        1..=MOST => Ok(addresses),
        many => Err(format!("it has {many} addresses, and may have 1 to {MOST}")),
    }
}
