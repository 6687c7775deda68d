//! The file that says where the processes of a cluster are.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The most processes of one cluster: each has a connection, and two threads, for each of the others.
pub const MOST: usize = 64;

/// A longer file is none of addresses.
const LONGEST: u64 = 64 * 1024;

/// Reads the addresses of a cluster's processes, `HOST:PORT`, one a line. Empty lines, and those that begin with `#`, are
/// skipped.
///
/// # Errors
/// There is no such file, or it isn't one of addresses, each of them once. The error names the file and the line, and its kind is
/// `InvalidInput`.
pub fn read(path: &Path) -> io::Result<Vec<String>> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {what}", path.display()));
    let data = fs::metadata(path).map_err(|error| wrong(format!("{error}; give a file of addresses, one a line")))?;
    if !data.is_file() || data.len() > LONGEST {
        return Err(wrong("it isn't a file of addresses; give one with HOST:PORT on each line".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(format!("{error}; write HOST:PORT on each line")))?;
    addresses(&text).map_err(wrong)
}

fn addresses(text: &str) -> Result<Vec<String>, String> {
    let mut seen = BTreeMap::new();
    let mut addresses = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (number, line) = (number + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let whole = line.rsplit_once(':').filter(|(host, port)| is_host(host) && is_port(port));
        if whole.is_none() {
            return Err(format!("line {number} is no address; write HOST:PORT, as in 10.0.0.1:2101"));
        }
        if let Some(before) = seen.insert(line.to_owned(), number) {
            return Err(format!("line {number} is the address of line {before}; give each process its own"));
        }
        addresses.push(line.to_owned());
    }
    match addresses.len() {
        0 => Err("it has no address; write HOST:PORT on each line".to_owned()),
        1..=MOST => Ok(addresses),
        many => Err(format!("it has {many} addresses; give at most {MOST}")),
    }
}

/// A name, an address of version 4, or one of version 6 in brackets.
fn is_host(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|char| char.is_ascii_alphanumeric() || ".-_".contains(char)),
    }
}

fn is_port(port: &str) -> bool {
    port.chars().all(|char| char.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}
