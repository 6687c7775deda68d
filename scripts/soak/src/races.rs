//! Experiments run again and again, on all cores and on one: what one shows, it has to show every time.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base::process;

/// The longest that one run may take; an experiment's defaults end in ten seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs an experiment once, with these arguments.
///
/// # Errors
/// It didn't show what it is there to show, or didn't end; the error says what it said.
pub fn run(program: &Path, arguments: &[String]) -> Result<(), String> {
    match process::output(Command::new(program).args(arguments), LIMIT) {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            Err(format!("{}: {said}", process::ending(output.status)))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The placement on all of this process's cores.
pub const ALL: &str = "all cores";

/// Where the experiments run: what this process is bound to, its children are too.
#[cfg(target_os = "linux")]
pub mod placement {
    use rustix::io::Result;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// All of this process's cores, and the first of them alone.
    ///
    /// # Errors
    /// The system doesn't tell this process's cores.
    pub fn all() -> Result<Vec<(&'static str, CpuSet)>> {
        let all = sched_getaffinity(None)?;
        let mut one = CpuSet::new();
        if let Some(core) = (0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)) {
            one.set(core);
        }
        Ok(vec![(super::ALL, all), ("one core", one)])
    }

    /// Binds this process to cores.
    ///
    /// # Errors
    /// The system refuses.
    pub fn take(cores: &CpuSet) -> Result<()> {
        sched_setaffinity(None, cores)
    }
}

/// Elsewhere there is no way to bind a process to a core that works alike: the runs on one core are left out, and the
/// table has no row for them.
#[cfg(not(target_os = "linux"))]
pub mod placement {
    use std::io::Result;

    /// All cores.
    ///
    /// # Errors
    /// None.
    pub fn all() -> Result<Vec<(&'static str, ())>> {
        Ok(vec![(super::ALL, ())])
    }

    /// Does nothing.
    ///
    /// # Errors
    /// None.
    pub fn take(_: &()) -> Result<()> {
        Ok(())
    }
}
