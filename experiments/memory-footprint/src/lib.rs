//! Threads and processes that sleep: how many bytes does each cost, and who counts them right?
//!
//! The variants are siblings: each holds so many units asleep, lets somebody look at the whole, and ends them. They differ
//! in what a unit is. [`look`] is what looks, and [`slope`] tells what one unit more costs.

pub mod calls;
pub mod look;
pub mod slope;

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use lab::process;
use rustix::process::{Signal, getpid, kill_process};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is held asleep, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Holds units asleep: as many as each level says, one level after the other, and looks at each.
    pub hold: fn(&Unit, &[usize], Look<'_>) -> io::Result<()>,
}

/// What each unit takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unit {
    /// The size of a thread's stack, in KiB. A process has the stack that its parent had.
    pub stack: usize,
    /// How much of its stack it writes to before it sleeps, in KiB; at most the stack less [`MARGIN`].
    pub touch: usize,
    /// Whether `malloc` makes do with [one arena](calls::one_arena) for all threads.
    pub one_arena: bool,
}

/// Looks at the whole, of which the units are a part: how many sleep, and the ids of all processes that belong to it.
pub type Look<'a> = &'a mut dyn FnMut(usize, &[i32]) -> io::Result<()>;

/// All variants.
pub const VARIANTS: [Variant; 3] = [
    Variant { name: "threads", hold: threads },
    Variant { name: "processes", hold: processes },
    Variant { name: "processes-exec", hold: processes_exec },
];

/// What of a thread's stack is left for the C library's and Rust's own data and frames, in KiB.
pub const MARGIN: usize = 8;

/// The longest that units are held, start to end.
pub const LIMIT: Duration = Duration::from_secs(60);

// ANCHOR: sleep
/// What every unit does, until its life line is cut.
fn sleep(
    unit: &Unit,
    mut ready: &PipeWriter,
    mut life_line: &PipeReader,
) -> io::Result<()> {
    touch(unit.touch);
    ready.write_all(&[THERE])?;
    // Nobody ever writes: this returns when the last writing end is closed.
    life_line.read(&mut [0]).map(drop)
}
// ANCHOR_END: sleep

// ANCHOR: variants
/// Threads of one process.
pub fn threads(unit: &Unit, levels: &[usize], look: Look<'_>) -> io::Result<()> {
    let (lines, life) = Lines::new()?;
    thread::scope(|scope| {
        let start = || {
            let thread = thread::Builder::new().stack_size(unit.stack * 1024);
            let asleep = || sleep(unit, &lines.ready, &lines.life_line);
            thread.spawn_scoped(scope, asleep).map(drop)
        };
        let seen = climb(levels, &lines, start, &mut |units| look(units, &[own()]));
        drop(life); // they wake up and end, and the scope waits for them
        seen
    })
}

/// Forked processes: each begins as a copy of this one.
pub fn processes(unit: &Unit, levels: &[usize], look: Look<'_>) -> io::Result<()> {
    let (lines, life) = Lines::new()?;
    let mut life = Some(life);
    fork_each(levels, &lines, look, || {
        life = None; // the child's copy, which would keep the others asleep
        sleep(unit, &lines.ready, &lines.life_line).and_then(die)
    })
}

/// Processes that start this program anew, and share what is mapped from files.
pub fn processes_exec(
    _: &Unit,
    levels: &[usize],
    look: Look<'_>,
) -> io::Result<()> {
    let (lines, _life) = Lines::new()?;
    let program = std::env::current_exe()?;
    fork_each(levels, &lines, look, || {
        let mut command = Command::new(&program);
        command
            .stdin(lines.life_line.try_clone()?)
            .stdout(lines.ready.try_clone()?);
        Err(command.arg0(ASLEEP).exec()) // it returns only if it fails
    })
}
// ANCHOR_END: variants

/// The name by which [`processes_exec`] starts the program anew. No shell gives it this one by mistake.
pub const ASLEEP: &str = "asleep, in memory-footprint";

/// What the program does then: as every other unit, on the pipes that it was given as its standard streams. It doesn't
/// return but by an error.
///
/// # Errors
/// A pipe can't be read or written.
pub fn sleep_on_standard_streams() -> io::Result<()> {
    let (ready, life_line) = (
        io::stdout().as_fd().try_clone_to_owned()?,
        io::stdin().as_fd().try_clone_to_owned()?,
    );
    sleep(&Unit::default(), &ready.into(), &life_line.into()).and_then(die)
}

/// Ends a process that has woken up. Whoever held it kills those that sleep, so it is gone itself and can't kill this one.
fn die((): ()) -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::KILL)?)
}

/// Forks a child for each unit, which does `work` and hands nothing over. Those that sleep are killed and reaped in the end.
fn fork_each(
    levels: &[usize],
    lines: &Lines,
    look: Look<'_>,
    mut work: impl FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let children = RefCell::new(Vec::new());
    let start = || {
        let child = process::fork(LIMIT, || {
            if let Err(error) = work() {
                // Its parent waits for a word from it; where not even this can be said, the deadline ends the wait.
                let errno =
                    error.raw_os_error().and_then(|errno| u8::try_from(errno).ok());
                let _ = (&lines.ready).write_all(&[errno.unwrap_or(UNKNOWN)]);
            }
            Vec::new()
        })?;
        children.borrow_mut().push(child);
        Ok(())
    };
    climb(levels, lines, start, &mut |units| {
        let ids: Vec<i32> = children
            .borrow()
            .iter()
            .map(process::Child::id)
            .chain([own()])
            .collect();
        look(units, &ids)
    })
}

/// Starts units until there are as many as each level says, waits until all of them sleep, and looks.
fn climb(
    levels: &[usize],
    lines: &Lines,
    mut start: impl FnMut() -> io::Result<()>,
    look: &mut dyn FnMut(usize) -> io::Result<()>,
) -> io::Result<()> {
    let (mut units, asked) = (0, levels.last().copied().unwrap_or(0));
    for &level in levels {
        for number in units..level {
            let refused = |error| {
                io::Error::other(format!(
                    "the system gave {number} of {asked}: {error}"
                ))
            };
            start().map_err(refused)?;
        }
        let mut words = vec![UNKNOWN; level - units];
        (&lines.arrivals).read_exact(&mut words)?;
        if let Some(errno) = words.into_iter().find(|&word| word != THERE) {
            let why = io::Error::from_raw_os_error(errno.into());
            return Err(io::Error::other(format!(
                "one that was started couldn't go to sleep: {why}"
            )));
        }
        units = level;
        look(units)?;
    }
    Ok(())
}

/// What a unit says when it is there. When it can't be, it says the system's number of the error,
const THERE: u8 = 0;
/// or this, when there is none or none that is so small.
const UNKNOWN: u8 = u8::MAX;

/// The pipes between whoever holds units and the units: on one each says that it is there, the other is their life line.
struct Lines {
    arrivals: PipeReader,
    ready: PipeWriter,
    life_line: PipeReader,
}

impl Lines {
    /// The pipes, and the end of the life line that keeps units asleep as long as it is open.
    fn new() -> io::Result<(Self, PipeWriter)> {
        let ((arrivals, ready), (life_line, life)) = (io::pipe()?, io::pipe()?);
        Ok((Self { arrivals, ready, life_line }, life))
    }
}

fn own() -> i32 {
    getpid().as_raw_nonzero().get()
}

/// Writes to so many KiB of the stack, a page for each call. A frame has a little less than a page, so it doesn't take more
/// than it is to.
#[inline(never)]
fn touch(kib: usize) {
    if kib >= 4 {
        let mut page = [0_u8; 4000];
        black_box(&mut page);
        touch(kib - 4);
        black_box(&page); // the frame is needed until here, so that the call isn't turned into a jump
    }
}

/// Lets a variant hold units, in a process of its own that is a small copy of this one, and returns what each look saw. So
/// no variant finds stacks, arenas or page tables that another has left, and all that it took is given back in one go.
///
/// # Errors
/// The system refuses a unit, or a look fails; the process dies, or takes longer than [`LIMIT`]. This process has several
/// threads.
pub fn apart<T: Serialize + DeserializeOwned>(
    variant: &Variant,
    unit: &Unit,
    levels: &[usize],
    look: fn(&[i32]) -> io::Result<T>,
) -> io::Result<Vec<(usize, T)>> {
    let child = process::fork(LIMIT, || {
        if unit.one_arena {
            calls::one_arena();
        }
        let mut seen = Vec::with_capacity(levels.len());
        // Looks once at itself before: what is mapped by looking isn't to be counted for a unit.
        let held = look(&[own()]).and_then(|_| {
            (variant.hold)(unit, levels, &mut |units, processes| {
                seen.push((units, look(processes)?));
                Ok(())
            })
        });
        process::hand_over(held.map(|()| seen))
    })?;
    process::take_over(child, LIMIT)
}
