//! The other end in a program of its own, which gets the memory and nothing else.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{env, io};

use lab::processes_on;
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};
use serde::{Deserialize, Serialize};

use crate::memory::{Slots, Way};
use crate::{Exchange, Job, Times, taken};

/// The name under which `programs` starts this program. No shell gives a program this name by mistake.
pub const OTHER_END: &str = "the other end, in message-passing";

/// What the program gets as its argument. The memory is its standard input.
#[derive(Serialize, Deserialize)]
struct Errand {
    parent: i32,
    way: Way,
    exchange: Exchange,
}

/// Two processes. The second one starts a program, gives it the descriptor of the memory, and waits until the program ends.
pub fn programs(job: &Job, ends: [Slots; 2]) -> io::Result<Times> {
    let (program, ends) = ((job.program)()?, ends.map(|end| Mutex::new(Some(end))));
    let team = processes_on(&job.placement, 2, |worker| {
        let worked =
            taken(&ends[worker.number]).and_then(|end| match worker.number {
                0 => job.exchange.at(0, end),
                _ => start(&program, job.exchange, &end),
            });
        worked.unwrap_or_else(|error| resume_unwind(Box::new(error)))
    })?;
    Ok(Times { each: team.results.concat(), spans: team.spans })
}

// ANCHOR: start
/// Starts the program that has the other end, and waits for it.
fn start(program: &Path, exchange: Exchange, end: &Slots) -> io::Result<Vec<f64>> {
    let (memory, way) = end.to_hand_over()?;
    let errand = Errand { parent: getpid().as_raw_pid(), way, exchange };
    let mut command = Command::new(program);
    command.arg0(OTHER_END).arg(serde_json::to_string(&errand)?).stdin(memory);
    match command.stdout(Stdio::null()).stderr(Stdio::null()).status()? {
        ended if ended.success() => Ok(Vec::new()),
        ended => Err(io::Error::other(format!("the program failed: {ended}"))),
    }
}
// ANCHOR_END: start

/// What the program does under that name. It ends when its parent ends.
///
/// # Errors
/// The argument or the standard input isn't what `programs` gives, or the first end is closed.
pub fn be_the_other_end() -> io::Result<()> {
    let errand: Errand =
        serde_json::from_str(&env::args().nth(1).unwrap_or_default())?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // If the parent had died before that, nobody would send the signal.
    if getppid().map(Pid::as_raw_pid) != Some(errand.parent) {
        kill_process(getpid(), Signal::KILL)?;
    }
    let memory = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    errand.exchange.at(1, Slots::handed_over(memory, errand.way)?).map(|_| ())
}
