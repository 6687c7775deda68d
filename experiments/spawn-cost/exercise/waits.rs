//! Tells a thread that waits from one that looks again and again, and from one that sleeps for a time which it thinks will do.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Waits until this thread waits for something, or is gone, and says what it does instead if it runs on, or wakes again and again.
/// `task` is its folder in /proc; where there is none, this returns at once. A wait that has a limit has to last for a while, for it may
/// be nothing but a sleep. Sources: proc_pid_stat(5), proc_pid_status(5), proc_pid_syscall(5), proc_pid_wchan(5).
pub(crate) fn until_it_waits(task: &Path) -> Result<(), String> {
    let Some(first) = Look::at(task) else { return Ok(()) };
    let (began, mut asleep) = (Instant::now(), None);
    loop {
        let Some(look) = Look::at(task) else { return Ok(()) };
        let (ticks, leaves) = (look.ticks - first.ticks, look.leaves - first.leaves);
        if ticks >= MOST_TICKS || leaves >= MOST_LEAVES || began.elapsed() > PATIENCE {
            return Err(format!("it left its core {leaves} times, and ran for {ticks} ticks"));
        }
        let waits = waits_for(task);
        // Since when it has slept, without waking.
        asleep = asleep.filter(|(leaves, _)| look.is_asleep && *leaves == look.leaves);
        let (_, since) = *asleep.get_or_insert((look.leaves, Instant::now()));
        match waits {
            Waits::ForSomething if look.is_asleep => return Ok(()),
            Waits::Untold if look.is_asleep && since.elapsed() > A_WHILE => return Ok(()),
            _ => thread::yield_now(),
        }
    }
}

/// Nobody needs as much to begin to wait: 0.05 s of the processor, where a tick is 10 ms, or leaves its core so often.
const MOST_TICKS: u64 = 5;
const MOST_LEAVES: u64 = 50;

/// Nobody needs as long to begin to wait, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(10);

/// So long lasts a wait of which nothing more is known.
const A_WHILE: Duration = Duration::from_millis(300);

/// What /proc tells of a thread that has not ended.
struct Look {
    is_asleep: bool,
    /// How long it has run.
    ticks: u64,
    /// How often it has left its core, to sleep or to give way.
    leaves: u64,
}

impl Look {
    fn at(task: &Path) -> Option<Self> {
        let stat = fs::read_to_string(task.join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
        let status = fs::read_to_string(task.join("status")).ok()?;
        let switches = status.lines().filter(|line| line.contains("voluntary_ctxt_switches:"));
        let leaves = switches.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum();
        let ticks = fields.get(11..13)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Some(Self { is_asleep: fields[0] == "S", ticks, leaves })
    }
}

enum Waits {
    /// For as long as it takes.
    ForSomething,
    /// For a time, and for nothing else.
    ForATime,
    /// Nobody says, or not for how long.
    Untold,
}

/// Asks what the kernel is doing for it. Some tell the call, some the function, and some neither.
#[cfg(target_os = "linux")]
fn waits_for(task: &Path) -> Waits {
    let read = |what: &str| fs::read_to_string(task.join(what)).unwrap_or_default();
    let (call, function) = (read("syscall"), read("wchan"));
    let mut words = call.split_whitespace();
    let number = words.next().and_then(|number| number.parse().ok());
    match number {
        Some(libc::SYS_nanosleep | libc::SYS_clock_nanosleep) => Waits::ForATime,
        // Its fourth argument is a limit. Source: futex(2).
        Some(libc::SYS_futex) if words.nth(3) == Some("0x0") => Waits::ForSomething,
        _ if function.contains("nanosleep") => Waits::ForATime,
        _ => Waits::Untold,
    }
}

#[cfg(not(target_os = "linux"))]
fn waits_for(_: &Path) -> Waits {
    Waits::Untold
}
