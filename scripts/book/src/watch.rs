//! Notices when something is saved that the book is made of.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

/// One save is several events, and editors save more than one file: wait until it has been quiet for so long,
const QUIET: Duration = Duration::from_millis(100);

/// but no longer than this.
const LONGEST: Duration = Duration::from_secs(2);

/// Watches the chapters, the theme, the data, the lessons, and the sources that chapters include.
#[derive(Debug)]
pub struct Watch {
    changes: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// The system has no watches left, or none at all.
    pub fn begin(root: &Path) -> notify::Result<Self> {
        let (sender, changes) = channel();
        let config = root.join("book.toml");
        let folders = [root.join("book"), root.join("experiments")];
        let (file, below) = (config.clone(), folders.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Building reads all these files, which is an event too. An error may mean that events were lost.
            let is_change = event.map_or(true, |event| {
                let ours =
                    |path: &std::path::PathBuf| *path == file || below.iter().any(|folder| path.starts_with(folder));
                !event.kind.is_access() && event.paths.iter().any(ours)
            });
            if is_change {
                // Nobody listens any more only when the program ends.
                let _ = sender.send(());
            }
        })?;
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        // Editors replace a file rather than write to it, so it's its folder that can be watched.
        watcher.watch(root, RecursiveMode::NonRecursive)?;
        Ok(Self { changes, _watcher: watcher })
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
