//! Threads and processes that sleep: how much memory does each cost, and which of the kernel's numbers say so?
//!
//! A *unit* is a sleeping thread or a sleeping process. Each variant starts units, lets a function from [`look`] count the
//! memory of all of them, and ends them. The variants differ in what a unit is. From these counts [`slope`] tells what one more
//! unit costs.

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

/// One kind of unit, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Holds units asleep: starts as many as the next level says, looks, and goes on to the level after it.
    pub hold: fn(&Unit, &[usize], Look<'_>) -> io::Result<()>,
}

/// What each unit takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unit {
    /// The size of a thread's stack, in KiB. A process has the stack that its parent had.
    pub stack: usize,
    /// How much of its stack a unit writes to before it sleeps, in KiB; at most the stack less [`MARGIN`].
    pub touch: usize,
    /// Whether `malloc` makes do with [one arena](calls::one_arena) for all threads.
    pub one_arena: bool,
}

/// Looks at all processes that hold units or are units: it gets the number of sleeping units, and the processes' ids.
pub type Look<'a> = &'a mut dyn FnMut(usize, &[i32]) -> io::Result<()>;

/// All variants.
pub const VARIANTS: [Variant; 3] = [
    Variant { name: "threads", hold: threads },
    Variant { name: "processes", hold: processes },
    Variant { name: "processes-exec", hold: processes_exec },
];

/// How much of a thread's stack is left for data and frames of the C library and of Rust, in KiB.
pub const MARGIN: usize = 8;

/// How long units are held at most, from the first start to the last end.
pub const LIMIT: Duration = Duration::from_secs(60);

// ANCHOR: sleep
/// What every unit does, until its life line, a pipe, is closed.
fn sleep(
    unit: &Unit,
    mut ready: &PipeWriter,
    mut life_line: &PipeReader,
) -> io::Result<()> {
    touch(unit.touch);
    ready.write_all(&[THERE])?;
    // Nobody writes into this pipe: the read returns when its other end is closed.
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
        drop(life); // the threads wake up and end, and the scope waits for them
        seen
    })
}

/// Forked processes: each begins as a copy of this one.
pub fn processes(unit: &Unit, levels: &[usize], look: Look<'_>) -> io::Result<()> {
    let (lines, life) = Lines::new()?;
    let mut life = Some(life);
    fork_each(levels, &lines, look, || {
        life = None; // closes the child's copy, which would keep the others asleep
        sleep(unit, &lines.ready, &lines.life_line).and_then(die)
    })
}

/// Processes that start this program anew, and share only what comes from files.
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
        Err(command.arg0(ASLEEP).exec()) // exec returns only if it fails
    })
}
// ANCHOR_END: variants

/// The name under which [`processes_exec`] starts the program anew. No shell gives a program this name by mistake.
pub const ASLEEP: &str = "asleep, in memory-footprint";

/// What the program does under that name: it sleeps like every other unit, on the pipes that it got as its standard streams.
/// It returns only if it fails.
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

/// Ends a process that has woken up. Its parent kills all that still sleep, so a process wakes up only if the parent is gone.
fn die((): ()) -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::KILL)?)
}

/// Forks a child for each unit, which does `work` and hands nothing over. In the end the children are killed and reaped.
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
                // The parent waits for a word from its child. If even this can't be written, a deadline ends the wait.
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

/// For each level: starts units until there are this many, waits until all of them sleep, and looks.
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
                    "only {number} of {asked} could be started: {error}"
                ))
            };
            start().map_err(refused)?;
        }
        let mut words = vec![UNKNOWN; level - units];
        (&lines.arrivals).read_exact(&mut words)?;
        if let Some(errno) = words.into_iter().find(|&word| word != THERE) {
            let why = io::Error::from_raw_os_error(errno.into());
            return Err(io::Error::other(format!(
                "a process couldn't start and go to sleep: {why}"
            )));
        }
        units = level;
        look(units)?;
    }
    Ok(())
}

/// What a unit writes when it is there. A unit that fails writes the system's number of its error,
const THERE: u8 = 0;
/// or this, if its error has no number or too large a number.
const UNKNOWN: u8 = u8::MAX;

/// The pipes between the units and the process that holds them: into one, each unit writes that it is there; the other is
/// their life line.
struct Lines {
    arrivals: PipeReader,
    ready: PipeWriter,
    life_line: PipeReader,
}

impl Lines {
    /// The pipes, and that end of the life line which keeps units asleep as long as it is open.
    fn new() -> io::Result<(Self, PipeWriter)> {
        let ((arrivals, ready), (life_line, life)) = (io::pipe()?, io::pipe()?);
        Ok((Self { arrivals, ready, life_line }, life))
    }
}

fn own() -> i32 {
    getpid().as_raw_nonzero().get()
}

/// Writes to this many KiB of the stack, a page for each call. A frame is a little smaller than a page, so the calls don't take
/// more stack than that.
#[inline(never)]
fn touch(kib: usize) {
    if kib >= 4 {
        let mut page = [0_u8; 4000];
        black_box(&mut page);
        touch(kib - 4);
        black_box(&page); // a use after the call, so that the compiler can't turn the call into a jump
    }
}

/// Lets a variant hold units in a process of its own, a small copy of this one, and returns what each look saw. So no variant
/// finds stacks, arenas or page tables that another one has left, and the kernel takes all its memory back at once.
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
        // Looking maps pages too. A first look, at itself alone, maps them before units are counted.
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
