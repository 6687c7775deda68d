//! Reads and writes the files of a project.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The project's root: the closest folder, from the current one upwards, that has `book.toml` beside `experiments`.
///
/// # Errors
/// There is none.
pub fn root() -> io::Result<PathBuf> {
    let here = std::env::current_dir()
        .map_err(|error| io::Error::other(format!("the current folder can't be told: {error}")))?;
    let found =
        here.ancestors().find(|folder| folder.join("book.toml").is_file() && folder.join("experiments").is_dir());
    let missing = || io::Error::other("no book.toml beside experiments/ here or above; run this inside the project");
    found.map(Path::to_owned).ok_or_else(missing)
}

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

/// How the names of files begin that are not whole yet.
pub const UNFINISHED: &str = ".unfinished-";

/// Puts `text` into a file so that a reader sees the old or the new one whole, whatever happens meanwhile.
///
/// # Errors
/// The file can't be written: the folder is missing or read-only, the disk is full. The old file then stands.
pub fn write_atomically(path: &Path, text: &[u8]) -> io::Result<()> {
    write_all_atomically(&[(path, text)])
}

/// The same for files that belong together: none is replaced before all are whole on the disk.
///
/// # Errors
/// As for [`write_atomically`].
pub fn write_all_atomically(files: &[(&Path, &[u8])]) -> io::Result<()> {
    let failed = |path: &Path, error: &io::Error| {
        let what = format!("can't write {}: {error}; a good file that was there stands", path.display());
        io::Error::new(error.kind(), what)
    };
    let whole = files.iter().map(|(path, text)| {
        let write = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
            file.as_file_mut().write_all(text)?;
            file.as_file().sync_all()?;
            // A temporary file is its owner's alone; what is published is for all to read.
            #[cfg(unix)]
            file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
            Ok((*path, file))
        };
        write().map_err(|error| failed(path, &error))
    });
    for (path, file) in whole.collect::<io::Result<Vec<_>>>()? {
        file.persist(path).map_err(|error| failed(path, &error.error))?;
    }
    Ok(())
}

/// Writes a file at a path that somebody gave: `what` it holds is for the error. A regular file gets its name when it's whole;
/// anything else that is there, such as a pipe or a link, can only be written to.
///
/// # Errors
/// The file can't be written; the path is to blame, so the error is of the kind `InvalidInput`.
pub fn write_as_asked(what: &str, path: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    let replaceable = fs::symlink_metadata(path).map_or(true, |data| data.is_file());
    let written = if replaceable {
        let part = path.with_added_extension(format!("{}.part", std::process::id()));
        File::create_new(&part).and_then(|file| {
            let whole = write(file).and_then(|()| fs::rename(&part, path));
            whole.inspect_err(|_| drop(fs::remove_file(&part)))
        })
    } else {
        File::create(path).and_then(write)
    };
    written.map_err(|error: io::Error| {
        let what = format!("can't write {what} to {}: {error}; name a file elsewhere", path.display());
        io::Error::new(io::ErrorKind::InvalidInput, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_reader_sees_the_old_file_or_the_new_one_whole() {
        use std::io::Read;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"old").unwrap();
        // Who has opened the old file goes on reading it: a new one takes its name, and nothing is written over it.
        let mut reader = fs::File::open(&path).unwrap();
        write_atomically(&path, b"newer").unwrap();
        let mut seen = String::new();
        reader.read_to_string(&mut seen).unwrap();
        assert_eq!((seen.as_str(), &fs::read(&path).unwrap()[..]), ("old", &b"newer"[..]));
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_write_that_fails_says_where_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // The target is a folder, so the last step, the rename, fails.
        let blocked = folder.path().join("blocked");
        fs::create_dir_all(blocked.join("full")).unwrap();
        let error = write_atomically(&blocked, b"new").unwrap_err().to_string();
        assert!(error.contains("blocked") && error.contains("stands"), "{error}");
        assert_eq!(names(folder.path()), ["blocked"]);
    }

    #[test]
    fn of_files_that_belong_together_none_is_written_where_one_cant_be() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), Path::new("/proc/none/other"));
        let error = write_all_atomically(&[(&one, b"new"), (other, b"new")]).unwrap_err();
        assert!(error.to_string().contains("/proc/none"), "{error}");
        assert!(names(folder.path()).is_empty());
    }
}
