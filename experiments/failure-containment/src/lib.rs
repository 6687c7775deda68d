//! What ends what? A failure in a thread and in a process: who survives, what is left of what the victim held, and how long it
//! takes to end somebody on purpose.
//!
//! There are three questions: `teams` shows failures, [`endings`] ways to end a worker, and `supervisor` what can be built on
//! processes.

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

/// The longest that a process may take that is to fail, to work, or to be ended.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a process sleeps between two looks at whether something has happened.
const LOOK: Duration = Duration::from_micros(100);

/// Waits until it is so.
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

/// A process that crashes on purpose is not to be written to a disk, nor to be sent to a program that collects crashes.
/// Source: core(5).
fn leave_no_core() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(
        rustix::process::DumpableBehavior::NotDumpable,
    )?;
    Ok(())
}
