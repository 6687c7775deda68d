//! Notices when something is saved that the book is made of.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Config, Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

/// One save is several events, and editors save more than one file: wait until it has been quiet for so long,
const QUIET: Duration = Duration::from_millis(100);

/// but no longer than this.
const LONGEST: Duration = Duration::from_secs(2);

/// How often files are looked at where no event tells of a save.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watches the chapters, the theme, the data, the lessons, and the sources that chapters include.
pub struct Watch {
    changes: Receiver<()>,
    /// Why the files are looked at every second, if they are.
    pub polls: Option<String>,
    _watcher: Box<dyn Watcher + Send>,
}

impl Watch {
    /// Begins to watch: by the system's events, or by looking where these can't be had or wouldn't tell everything.
    pub fn begin(root: &Path) -> notify::Result<Self> {
        let why = match is_silent(root) {
            true => "this file system doesn't report every save".to_owned(),
            false => match Self::by::<RecommendedWatcher>(root) {
                Ok(watch) => return Ok(watch),
                Err(error) => format!("the system can't watch folders ({error})"),
            },
        };
        Ok(Self { polls: Some(why), ..Self::by::<PollWatcher>(root)? })
    }

    fn by<W: Watcher + Send + 'static>(root: &Path) -> notify::Result<Self> {
        let (sender, changes) = channel();
        let config = root.join("book.toml");
        let folders = [root.join("book"), root.join("experiments")];
        let (file, below) = (config.clone(), folders.clone());
        let on_event = move |event: notify::Result<Event>| {
            // Building reads all these files, which is an event too. An error may mean that events were lost.
            let is_change = event.map_or(true, |event| {
                let ours = |path: &PathBuf| *path == file || below.iter().any(|folder| path.starts_with(folder));
                !event.kind.is_access() && event.paths.iter().any(ours)
            });
            if is_change {
                // Nobody listens any more only when the program ends.
                let _ = sender.send(());
            }
        };
        let mut watcher = W::new(on_event, Config::default().with_poll_interval(INTERVAL))?;
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        // Editors replace a file rather than write to it, so it's its folder that can be watched.
        watcher.watch(root, RecursiveMode::NonRecursive)?;
        Ok(Self { changes, polls: None, _watcher: Box::new(watcher) })
    }

    /// Waits for a change, and until it's complete. Returns false if none will come any more.
    pub fn wait(&self) -> bool {
        if self.changes.recv().is_err() {
            return false;
        }
        let begun = Instant::now();
        while begun.elapsed() < LONGEST {
            match self.changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }
}

/// Whether a file may be saved here without an event: from another machine, from the host of this one, or below an overlay.
/// Source: inotify(7), *Limitations and caveats*.
#[cfg(target_os = "linux")]
fn is_silent(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|system| is_shared(system.f_type as u32))
}

/// Elsewhere only macOS remains, whose events are its file systems' own.
#[cfg(not(target_os = "linux"))]
fn is_silent(_: &Path) -> bool {
    false
}

/// Whether others write to file systems of this kind, by the number in statfs(2).
#[cfg(target_os = "linux")]
fn is_shared(kind: u32) -> bool {
    [
        0x0102_1997, // 9p: Windows drives under WSL 2
        0x794c_7630, // overlay: a container's root
        0x6573_5546, // FUSE: sshfs, and virtiofs, by which a container sees its host's folders
        0x786f_4256, // vboxsf
        0x6969,      // NFS
        0x517b,      // SMB, and its successors
        0xff53_4d42,
        0xfe53_4d42,
    ]
    .contains(&kind)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn project() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["book/src", "experiments", "target"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        root
    }

    #[test]
    fn where_no_event_comes_looking_finds_a_save() {
        let root = project();
        let watch = Watch::by::<PollWatcher>(root.path()).unwrap();
        for file in ["book/src/one.md", "experiments/lesson.toml", "book.toml"] {
            fs::write(root.path().join("target/built"), file).unwrap();
            fs::write(root.path().join(file), "text").unwrap();
            assert!(watch.wait(), "{file}");
        }
        fs::write(root.path().join("book/src/one.md"), "a longer text").unwrap();
        assert!(watch.wait());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn file_systems_that_others_write_to_are_looked_at() {
        let (ext4, btrfs, tmpfs, xfs, zfs) = (0xef53, 0x9123_683e, 0x0102_1994, 0x5846_5342, 0x2fc1_2fc1);
        assert!([ext4, btrfs, tmpfs, xfs, zfs].into_iter().all(|kind| !is_shared(kind)));
        assert!([0x0102_1997, 0x6969, 0x794c_7630, 0xff53_4d42].into_iter().all(is_shared));
        let root = project();
        let silent = is_silent(root.path());
        assert_eq!(Watch::begin(root.path()).unwrap().polls.is_some(), silent);
    }
}
