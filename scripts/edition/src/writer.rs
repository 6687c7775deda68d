//! One writer at a time, and nothing left of those that were killed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base::files::UNFINISHED;

use crate::folder::entries;

/// The right to write editions and charts, and a folder to work in. The system gives the right back however this process
/// ends.
#[derive(Debug)]
pub struct Writer {
    /// `target/record`, with no folder in it.
    pub work: PathBuf,
    _lock: File,
}

impl Writer {
    /// Takes the right, and clears away what a writer that was killed has left: folders of `work`, and files whose place
    /// the next good ones have not taken.
    ///
    /// # Errors
    /// Another writer is at work (two recordings would measure each other), or a folder can't be written.
    pub fn begin(root: &Path) -> Result<Self> {
        let work = root.join("target/record");
        let cannot = || format!("can't write {}", work.display());
        let open = || -> io::Result<File> {
            fs::create_dir_all(&work)?;
            File::create(work.join("lock"))
        };
        let lock = open().with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another `cargo record`, `cargo compare` or `cargo charts` is at work here; wait for its end")
            }
            // A file system without locks lets two writers meet; each file is still written whole.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        clear(root, &work).context("can't clear away what a writer that was killed has left")?;
        Ok(Self { work, _lock: lock })
    }
}

fn clear(root: &Path, work: &Path) -> Result<()> {
    let is_folder = |path: &PathBuf| path.is_dir() && !path.is_symlink();
    for folder in entries(work)?.iter().filter(|path| is_folder(path)) {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut folders = vec![root.join("book/data"), root.join("target/charts")];
    let mut found = entries(root)?;
    while let Some(folder) = folders.pop() {
        let (below, files): (Vec<_>, Vec<_>) = entries(&folder)?.into_iter().partition(is_folder);
        folders.extend(below);
        found.extend(files);
    }
    // As `tempfile` names them: what only looks alike is somebody's own.
    let is_unfinished = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let random = name.strip_prefix(UNFINISHED).unwrap_or_default();
        random.len() == 6 && !is_folder(path) && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    for file in found.iter().filter(is_unfinished) {
        fs::remove_file(file).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_writer_until_it_ends() {
        let root = tempfile::tempdir().unwrap();
        let one = Writer::begin(root.path()).unwrap();
        let other = Writer::begin(root.path()).unwrap_err().to_string();
        assert!(other.contains("is at work here"), "{other}");
        drop(one);
        Writer::begin(root.path()).unwrap();
    }

    #[test]
    fn what_a_killed_writer_left_is_cleared_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let left = [
            "target/record/.tmp1/file",
            "book/data/local/.unfinished-aB3dE1",
            "target/charts/.unfinished-aB3dE2",
            ".unfinished-aB3dE3",
        ];
        let kept = [
            "book/data/local/example.json",
            "book/src/.unfinished-chapter",
            "target/charts/a.svg",
            ".unfinished-ideas.md",
        ];
        for path in left.iter().chain(&kept).map(|path| root.path().join(path)) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let others = elsewhere.path().join(".unfinished-aB3dE4");
        fs::write(&others, "").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("book/data/linked")).unwrap();
        Writer::begin(root.path()).unwrap();
        assert!(others.exists());
        assert!(left.iter().all(|path| !root.path().join(path).exists()));
        assert!(kept.iter().all(|path| root.path().join(path).exists()));
    }
}
