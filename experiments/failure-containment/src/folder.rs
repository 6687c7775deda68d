//! A folder for files that are left behind on purpose.

use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use lab::process::{Child, fork};
use rustix::process::{Signal, getpid, getppid, kill_process, setpgid};

use crate::teams::end_with_parent;

/// A temporary folder that is gone when this is dropped, and when this process is killed: a process of its own, the keeper,
/// makes it, and removes it if its parent ends first.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Dropped, and so killed, when the folder is gone.
    _keeper: Child,
}

/// Longer than any run takes.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the keeper looks for its parent.
const LOOK: Duration = Duration::from_millis(2);

impl Folder {
    /// Makes the folder where the system has its temporary files.
    ///
    /// # Errors
    /// The folder can't be made, or the system refuses the keeper.
    pub fn new() -> io::Result<Self> {
        let (hears, mut tells) = io::pipe()?;
        let parent = getpid();
        // It takes the writing end with it, so that what it doesn't hold nobody does.
        let keeper = fork(DAY, move || {
            // Whoever kills its parent's group is not to kill it too, nor is the kernel.
            let _ = setpgid(None, None);
            end_with_parent(false);
            match tempfile::tempdir() {
                Err(error) => error.to_string().into_bytes(), // the other end learns of it by hearing nothing
                Ok(folder) => {
                    let told = tells.write_all(folder.path().as_os_str().as_bytes());
                    drop(tells);
                    while told.is_ok() && getppid() == Some(parent) {
                        thread::sleep(LOOK);
                    }
                    drop(folder);
                    let _ = kill_process(getpid(), Signal::KILL);
                    Vec::new()
                }
            }
        })?;
        match told(hears)? {
            path if path.is_empty() => {
                let why = lab::process::gather(vec![keeper], std::time::Instant::now() + LOOK * 1000)?;
                Err(io::Error::other(String::from_utf8_lossy(&why.concat()).into_owned()))
            }
            path => Ok(Self { path: PathBuf::from(std::ffi::OsString::from_vec(path)), _keeper: keeper }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn told(mut pipe: PipeReader) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
