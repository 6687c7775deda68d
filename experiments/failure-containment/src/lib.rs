//! What else ends when a thread or a process fails, what is left of the things that it held, and how long does it take to end
//! a worker on purpose?
//!
//! There are three questions. `teams` shows failures, [`endings`] shows ways to end a worker, and `supervisor` shows what can
//! be built on processes.

mod calls;
pub mod endings;
mod failures;
mod folder;
mod supervisor;
mod teams;

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

pub use endings::Endings;
use rustix::process::{Resource, Rlimit, setrlimit};
pub use supervisor::Supervisors;
pub use teams::Failures;

/// How long a process may take at most to fail, to work, or to be ended.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a process sleeps between two looks at whether something has happened.
const LOOK: Duration = Duration::from_micros(100);

/// Waits until this is so.
fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::sleep(LOOK);
    }
}

/// How a process ended, in a word or two.
fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(libc::SIGABRT)) => "SIGABRT".to_owned(),
        (None, Some(libc::SIGSEGV)) => "SIGSEGV".to_owned(),
        (None, Some(libc::SIGKILL)) => "SIGKILL".to_owned(),
        (None, Some(libc::SIGTERM)) => "SIGTERM".to_owned(),
        (None, signal) => format!("signal {}", signal.unwrap_or(0)),
    }
}

/// Keeps a crash on purpose from being written to a disk, or sent to a program that collects crashes. Source: core(5).
fn leave_no_core() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(
        rustix::process::DumpableBehavior::NotDumpable,
    )?;
    Ok(())
}
