//! A folder for the files that a victim leaves behind.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lab::process::{Child, fork};
use rustix::process::{Signal, getpid, getppid, kill_process, setpgid};

use crate::teams::end_with_parent;
use crate::until;

/// A temporary folder that is removed when this is dropped. If this process is killed, a process of its own, the keeper,
/// removes the folder.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Dropped, and so killed, when the folder is gone.
    _keeper: Child,
}

/// Longer than any run takes.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Folder {
    /// Makes the folder where the system has its temporary files.
    pub(crate) fn new() -> io::Result<Self> {
        let path = std::env::temp_dir()
            .join(format!("failure-containment-{:016x}", fastrand::u64(..)));
        let (mut hears, tells) = io::pipe()?;
        let (parent, kept) = (getpid(), path.clone());
        let keeper = fork(DAY, move || {
            // A signal for the parent's group must not kill the keeper, and neither must the parent's end.
            let _ = setpgid(None, None);
            end_with_parent(false);
            drop(tells);
            until(|| getppid() != Some(parent));
            // A process that dies with the parent may be making a file just now, and then the folder isn't empty yet.
            let patience = Instant::now() + Duration::from_secs(10);
            until(|| {
                fs::remove_dir_all(&kept).is_ok()
                    || !kept.exists()
                    || Instant::now() > patience
            });
            let _ = kill_process(getpid(), Signal::KILL);
            Vec::new()
        })?;
        // The pipe ends when the keeper is ready. Only then do we make the folder.
        let _ = hears.read(&mut [0])?;
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("can't make {}: {error}", path.display()),
            )
        })?;
        Ok(Self { path, _keeper: keeper })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
