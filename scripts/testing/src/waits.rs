//! Tells who waits from who looks again and again, and from who sleeps for a time that should do.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Waits until a thread waits for something, or is gone. `task` is its folder in /proc, or that of its process if it is the first;
/// where there is none, this returns at once. A wait that ends within seconds, whatever comes, is none; where that isn't told, it has to
/// last for a while. Sources: proc_pid_stat(5), proc_pid_status(5), proc_pid_syscall(5), proc_pid_wchan(5).
///
/// # Errors
/// It runs on, or wakes again and again; the sentence says how often.
pub fn until_it_waits(task: &Path) -> Result<(), String> {
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
    /// For as long as it takes, or for seconds.
    ForSomething,
    /// For a time, and for nothing else.
    ForATime,
    /// Nobody says, or not for how long.
    Untold,
}

/// Asks what the kernel is doing for it. Some tell the call, some the function, and some neither.
fn waits_for(task: &Path) -> Waits {
    let read = |what: &str| fs::read_to_string(task.join(what)).unwrap_or_default();
    let (call, function) = (read("syscall"), read("wchan"));
    let words: Vec<u64> = call.split_whitespace().map_while(number).collect();
    match words[..] {
        [number, ..] if SLEEPS.contains(&number) => Waits::ForATime,
        [number, ..] if ENDLESS.contains(&number) => Waits::ForSomething,
        // Its fourth argument is a limit. Source: futex(2).
        [FUTEX, _, _, _, 0, ..] => Waits::ForSomething,
        [PPOLL, _, files, limit, ..] => match time_at(task, limit) {
            _ if limit == 0 => Waits::ForSomething,
            Some(time) if files > 0 && time >= PATIENT => Waits::ForSomething,
            Some(_) => Waits::ForATime,
            None => Waits::Untold,
        },
        _ if function.contains("nanosleep") => Waits::ForATime,
        _ if ["do_wait", "pipe_read", "anon_pipe_read"].contains(&function.as_str()) => Waits::ForSomething,
        _ => Waits::Untold,
    }
}

/// The least that a limit has to be to be no sleep.
const PATIENT: Duration = Duration::from_secs(5);

// Calls by their numbers. Source: arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl of Linux.
/// nanosleep and clock_nanosleep.
const SLEEPS: [u64; 2] = if cfg!(target_arch = "x86_64") { [35, 230] } else { [101, 115] };
/// wait4, waitid and read.
const ENDLESS: [u64; 3] = if cfg!(target_arch = "x86_64") { [61, 247, 0] } else { [260, 95, 63] };
const FUTEX: u64 = if cfg!(target_arch = "x86_64") { 202 } else { 98 };
const PPOLL: u64 = if cfg!(target_arch = "x86_64") { 271 } else { 73 };

fn number(word: &str) -> Option<u64> {
    word.strip_prefix("0x").map_or_else(|| word.parse().ok(), |word| u64::from_str_radix(word, 16).ok())
}

/// The `timespec` in its memory at this place.
fn time_at(task: &Path, place: u64) -> Option<Duration> {
    let (mut memory, mut time) = (File::open(task.join("mem")).ok()?, [0; 16]);
    memory.seek(SeekFrom::Start(place)).ok()?;
    memory.read_exact(&mut time).ok()?;
    let (seconds, nanoseconds) = time.split_at(8);
    let part = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_ne_bytes);
    Some(Duration::new(part(seconds)?, part(nanoseconds)?.try_into().ok()?))
}
