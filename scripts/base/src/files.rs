//! Reads and writes the files of a project.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The project's root: the closest folder, from the current one upwards, that has `book.toml` beside `experiments`.
///
/// # Errors
/// No folder on the way up is a project, or there is no current folder.
pub fn root() -> io::Result<PathBuf> {
    let here = std::env::current_dir().map_err(|error| {
        io::Error::other(format!("can't find the current folder: {error}; change to one that exists"))
    })?;
    let found =
        here.ancestors().find(|folder| folder.join("book.toml").is_file() && folder.join("experiments").is_dir());
    let missing = || io::Error::other("no book.toml beside experiments/ here or above; run this inside the project");
    found.map(Path::to_owned).ok_or_else(missing)
}

/// The text of a regular file. Anything else is refused, since a pipe or a device might never end.
///
/// # Errors
/// There is no such file, it can't be read, or it isn't UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    fs::read_to_string(path)
}

/// How the name of a file begins that is still being written.
pub const UNFINISHED: &str = ".unfinished-";

/// Puts `text` into a file. At any time a reader sees either the whole old file or the whole new one.
///
/// # Errors
/// The file can't be written: the folder is missing or read-only, or the disk is full. The old file is then unchanged.
pub fn write_atomically(path: &Path, text: &[u8]) -> io::Result<()> {
    write_all_atomically(&[(path, text)])
}

/// Does the same for files that belong together: no file is replaced before all new ones are on the disk.
///
/// # Errors
/// As for [`write_atomically`].
pub fn write_all_atomically(files: &[(&Path, &[u8])]) -> io::Result<()> {
    let failed = |path: &Path, error: &io::Error| {
        let what = format!("can't write {}: {error}; the old file, if any, is unchanged", path.display());
        io::Error::new(error.kind(), what)
    };
    let whole = files.iter().map(|(path, text)| {
        let write = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
            file.as_file_mut().write_all(text)?;
            file.as_file().sync_all()?;
            // A temporary file may be read by its owner alone, and the new file by everybody.
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

/// Writes a file at a path from the command line; `what` names its content for the error. A regular file gets its name when
/// all of it is written; anything else at that path, such as a pipe or a link, can only be written to.
///
/// # Errors
/// The file can't be written; the path is to blame, so the error is of the kind `InvalidInput`.
pub fn write_as_asked(what: &str, path: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    let written = if is_replaceable(path) {
        let part = part_of(path);
        File::create_new(&part).and_then(|file| {
            let whole = write(file).and_then(|()| fs::rename(&part, path));
            whole.inspect_err(|_| drop(fs::remove_file(&part)))
        })
    } else {
        File::create(path).and_then(write)
    };
    written.map_err(|error| unwritable(what, path, &error))
}

/// Looks whether [`write_as_asked`] can write there, so that a long run doesn't end with a file that can't be written.
///
/// # Errors
/// As for [`write_as_asked`]. A pipe, a device or a link is not tried, and a disk may still fill up.
pub fn can_be_written(what: &str, path: &Path) -> io::Result<()> {
    let tried = match is_replaceable(path) {
        true => File::create_new(part_of(path)).and_then(|_| fs::remove_file(part_of(path))),
        false if fs::symlink_metadata(path).is_ok_and(|data| data.is_dir()) => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(()),
    };
    tried.map_err(|error| unwritable(what, path, &error))
}

/// Whether a new file may take the place of what is at a path: of a regular file, or of nothing.
fn is_replaceable(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or(true, |data| data.is_file())
}

/// The name of a file until all of it is written.
fn part_of(path: &Path) -> PathBuf {
    path.with_added_extension(format!("{}.part", std::process::id()))
}

fn unwritable(what: &str, path: &Path, error: &io::Error) -> io::Error {
    let what = format!("can't write {what} to {}: {error}; name a file elsewhere", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, what)
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
        // A reader that has opened the old file goes on reading it: the new file only takes over its name.
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
        assert!(error.contains("blocked") && error.contains("is unchanged"), "{error}");
        assert_eq!(names(folder.path()), ["blocked"]);
    }

    #[test]
    fn a_path_that_cannot_be_written_is_refused_before_and_trying_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for bad in [folder.path().to_owned(), folder.path().join("no/such")] {
            let (before, after) = (can_be_written("it", &bad), write_as_asked("it", &bad, |_| Ok(())));
            assert_eq!(before.unwrap_err().kind(), after.unwrap_err().kind());
        }
        can_be_written("it", &file).unwrap();
        can_be_written("it", Path::new("/dev/null")).unwrap();
        assert!(names(folder.path()).is_empty());
        fs::write(&file, "old").unwrap();
        can_be_written("it", &file).unwrap();
        assert!(can_be_written("it", &file.join("below")).is_err());
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), names(folder.path()).len()), ("old", 1));
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
