//! Reads the files of a project.

use std::fs;
use std::io;
use std::path::Path;

/// The text of a regular file; of nothing else, for a pipe or a device might never end.
///
/// # Errors
/// There is no such file, it can't be read, or it isn't UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    fs::read_to_string(path)
}
