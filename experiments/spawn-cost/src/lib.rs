//! What does it cost to start a thread or a process that does nothing, and to wait for its end?
//!
//! Each variant starts threads or processes, and waits for the end of all. Each is measured in a process of its own,
//! which has filled as much memory as is asked for.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Instant;

use lab::memory::{Footprint, room};
use lab::pages::{Mapping, Pages};
use lab::process::{fork, hand_over, take_over};
use lab::report::thousands;
use lab::{Ending, Placement, median, team};
use rustix::process::{Pid, WaitOptions, waitpid};
use serde::{Deserialize, Serialize};

mod calls;
mod even;
mod helpers;
mod pool;
mod program;

use calls::Pthread;
pub use even::{Even, break_even};
use helpers::compute;
pub use helpers::{HELPERS, Helper};
use program::Tiny;

/// A way to start something, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Starts this many threads or processes, which do nothing, and waits for the end of all.
    pub start: fn(&mut Stage, usize) -> io::Result<()>,
}

/// All variants: threads, then processes, then pools of processes.
pub const VARIANTS: [Variant; 14] = [
    Variant { name: "pthread-create", start: pthread_create },
    Variant { name: "thread-spawn", start: thread_spawn },
    Variant { name: "scoped-thread", start: scoped_thread },
    Variant { name: "pool-task", start: pool_task },
    Variant { name: "fork-exit", start: fork_exit },
    Variant { name: "vfork-exit", start: vfork_exit },
    Variant { name: "exec-bare", start: exec_bare },
    Variant { name: "fork-exec", start: fork_exec },
    Variant { name: "posix-spawn", start: posix_spawn },
    Variant { name: "command", start: command },
    Variant { name: "command-pre-exec", start: command_pre_exec },
    Variant { name: "command-libc", start: command_libc },
    Variant {
        name: "pool-fork",
        start: |stage, count| pool::forked(stage.workers, count),
    },
    Variant {
        name: "pool-spawn",
        start: |stage, count| pool::spawned(stage.workers, count, &stage.own),
    },
];

/// The variant of this name.
///
/// # Panics
/// There is no such variant.
pub fn variant(name: &str) -> Variant {
    VARIANTS
        .into_iter()
        .find(|variant| variant.name == name)
        .unwrap_or_else(|| panic!("there is no variant {name:?}"))
}

/// The things that the variants need, made before anything is timed.
#[derive(Debug)]
pub struct Stage {
    tiny: Option<Tiny>,
    own: PathBuf,
    pool: Option<pool::Threads>,
    workers: usize,
}

impl Stage {
    /// A stage with pools of this many workers, and with this program for the variants that execute it.
    pub fn new(workers: usize, own: &Path) -> Self {
        Self { tiny: None, own: own.to_owned(), pool: None, workers }
    }

    /// The program without a C library, made when a variant first asks for it.
    fn tiny(&mut self) -> io::Result<&Tiny> {
        had(&mut self.tiny, Tiny::new)
    }

    /// The pool of threads, started when a variant first asks for it.
    fn pool(&mut self) -> io::Result<&pool::Threads> {
        had(&mut self.pool, || pool::Threads::new(self.workers))
    }
}

fn had<T>(
    slot: &mut Option<T>,
    make: impl FnOnce() -> io::Result<T>,
) -> io::Result<&T> {
    if slot.is_none() {
        *slot = Some(make()?);
    }
    Ok(slot.as_ref().expect("it was just made"))
}

// ANCHOR: pthread-create
/// Threads of the C library. The standard library makes its own out of them.
fn pthread_create(_: &mut Stage, count: usize) -> io::Result<()> {
    let start = |_| Pthread::create();
    let threads: Vec<_> = (0..count).map(start).collect::<io::Result<_>>()?;
    drop(threads); // waits for their end
    Ok(())
}
// ANCHOR_END: pthread-create

// ANCHOR: thread-spawn
/// Threads of the standard library.
fn thread_spawn(_: &mut Stage, count: usize) -> io::Result<()> {
    let start = |_| thread::Builder::new().spawn(|| {});
    let threads: Vec<_> = (0..count).map(start).collect::<io::Result<_>>()?;
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    Ok(())
}
// ANCHOR_END: thread-spawn

// ANCHOR: scoped-thread
/// The same threads in a scope, which may lend them locals of this function. The
/// scope itself would wait only for their closures.
fn scoped_thread(_: &mut Stage, count: usize) -> io::Result<()> {
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, || {});
        let threads: Vec<_> = (0..count).map(start).collect::<io::Result<_>>()?;
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        Ok(())
    })
}
// ANCHOR_END: scoped-thread

// ANCHOR: pool-task
/// A task for a thread that already waits, and its answer.
fn pool_task(stage: &mut Stage, count: usize) -> io::Result<()> {
    stage.pool()?.run(count);
    Ok(())
}
// ANCHOR_END: pool-task

// ANCHOR: fork-exit
/// A copy of this process, which exits at once.
fn fork_exit(_: &mut Stage, count: usize) -> io::Result<()> {
    start_all(count, || calls::fork(|| 0))
}
// ANCHOR_END: fork-exit

// ANCHOR: vfork-exit
/// A child in this process's own memory, which exits at once. The parent is stopped
/// until then.
fn vfork_exit(_: &mut Stage, count: usize) -> io::Result<()> {
    start_all(count, || calls::vfork(None))
}
// ANCHOR_END: vfork-exit

// ANCHOR: exec-bare
/// The same, but the child executes a tiny program without a C library.
fn exec_bare(stage: &mut Stage, count: usize) -> io::Result<()> {
    let tiny = stage.tiny()?;
    start_all(count, || calls::vfork(Some(tiny.path())))
}
// ANCHOR_END: exec-bare

// ANCHOR: fork-exec
/// A copy of this process, which executes the tiny program: the old way of Unix.
fn fork_exec(stage: &mut Stage, count: usize) -> io::Result<()> {
    let tiny = stage.tiny()?;
    start_all(count, || calls::fork(|| calls::execute(tiny.path())))
}
// ANCHOR_END: fork-exec

// ANCHOR: posix-spawn
/// Both steps in one call of the C library.
fn posix_spawn(stage: &mut Stage, count: usize) -> io::Result<()> {
    let tiny = stage.tiny()?;
    start_all(count, || calls::posix_spawn(tiny.path()))
}
// ANCHOR_END: posix-spawn

// ANCHOR: command
/// The standard library's way.
fn command(stage: &mut Stage, count: usize) -> io::Result<()> {
    let program = stage.tiny()?.path().to_str().map_err(io::Error::other)?;
    start_all(count, || {
        let child = Command::new(program).env_clear().spawn()?;
        Ok(Pid::from_child(&child))
    })
}
// ANCHOR_END: command

// ANCHOR: command-pre-exec
/// The same with a closure between fork and exec, which does nothing.
fn command_pre_exec(stage: &mut Stage, count: usize) -> io::Result<()> {
    let program = stage.tiny()?.path().to_str().map_err(io::Error::other)?;
    start_all(count, || {
        let mut command = Command::new(program);
        calls::pre_exec_nothing(&mut command);
        let child = command.env_clear().spawn()?;
        Ok(Pid::from_child(&child))
    })
}
// ANCHOR_END: command-pre-exec

// ANCHOR: command-libc
/// `Command` with a program that has a C library: this one, told to do nothing.
fn command_libc(stage: &mut Stage, count: usize) -> io::Result<()> {
    start_all(count, || {
        let mut command = Command::new(&stage.own);
        let child = command.arg(DO_NOTHING).env_clear().spawn()?;
        Ok(Pid::from_child(&child))
    })
}
// ANCHOR_END: command-libc

/// Starts this many children, and waits for the end of all. If the system refuses a child, no more are started.
fn start_all(count: usize, start: impl Fn() -> io::Result<Pid>) -> io::Result<()> {
    wait_for((0..count).map(|_| start()).collect::<io::Result<_>>()?)
}

/// Waits for the end of all these children, each of which must exit with 0.
fn wait_for(children: Vec<Pid>) -> io::Result<()> {
    let mut all = Ok(());
    for child in children {
        let ended = waitpid(Some(child), WaitOptions::empty())?;
        all = all.and(
            match ended.expect("the call waits for an end").1.exit_status() {
                Some(0) => Ok(()),
                Some(calls::NOT_EXECUTED) => {
                    Err(io::Error::other("a child can't execute its program"))
                }
                Some(code) => Err(io::Error::other(format!(
                    "a child exited with code {code}"
                ))),
                None => Err(io::Error::other("a child was killed")),
            },
        );
    }
    all
}

/// The argument that makes this program do nothing.
const DO_NOTHING: &str = "--do-nothing";

/// The argument that makes this program a worker of a pool.
const SERVE: &str = "--serve";

/// The argument that makes this program do a task and print its result. How many roots the task has follows.
const COMPUTE: &str = "--compute";

/// The argument that makes this program start a variant, for strace to watch. The variant's name and a number of starts follow.
pub const START: &str = "--start";

/// If this program was started by itself, plays its part and returns the exit code.
pub fn part() -> Option<ExitCode> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> =
        words.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    match words[..] {
        [DO_NOTHING] => Some(ExitCode::SUCCESS),
        // This avoids std's buffers: a worker takes one task at a time, and answers at once.
        [SERVE] => match (
            io::stdin().as_fd().try_clone_to_owned(),
            io::stdout().as_fd().try_clone_to_owned(),
        ) {
            (Ok(tasks), Ok(answers)) => {
                Some(pool::serve(File::from(tasks), File::from(answers)).into())
            }
            _ => Some(ExitCode::FAILURE),
        },
        [COMPUTE, roots] => {
            let result = compute(roots.parse().ok()?).to_ne_bytes();
            let answer =
                File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
            Some(match (&answer).write_all(&result) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            })
        }
        [START, name, times] => {
            let variant =
                VARIANTS.into_iter().find(|variant| variant.name == name)?;
            let times = times.parse().ok()?;
            let on = Conditions { times, ..Conditions::on(Placement::FREE) };
            Some(lab::run(|| measured(variant, &on).map(|_| Ending::Shown)))
        }
        _ => None,
    }
}

/// The conditions of a start.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Where the starting process runs, and so where everything runs that it starts.
    pub placement: Placement,
    /// How often the starts are repeated.
    pub times: usize,
    /// How many threads or processes are started before any is waited for.
    pub at_once: usize,
    /// How much memory the starting process has touched, in MiB, on top of its own.
    pub memory: usize,
    /// The pages of that memory: small or huge private ones.
    pub pages: Mapping,
    /// How many workers a pool has.
    pub workers: usize,
}

impl Conditions {
    /// One start at a time, once, by a small process, with this placement.
    pub fn on(placement: Placement) -> Self {
        Self {
            placement,
            times: 1,
            at_once: 1,
            memory: 0,
            pages: Mapping::Private,
            workers: 1,
        }
    }
}

/// The result of a variant.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// How long a start took until its end was waited for, in nanoseconds: the median over all repetitions. The time of starts
    /// at once is divided by their number.
    pub cost: f64,
    /// The mean of the same times, which other tools give.
    pub mean: f64,
    /// How large the starting process was before. Nothing without /proc.
    pub parent: Option<Footprint>,
}

/// How many entries of this process's page tables stand for memory of its own, which a fork has to copy: one for each page,
/// small or huge. (Huge pages save no tables: for each huge page, the kernel keeps an unused table in reserve.)
pub fn entries(parent: &Footprint) -> u64 {
    let told = std::fs::read_to_string(
        "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
    );
    // If the kernel doesn't tell, it has no huge pages.
    let huge_page =
        told.ok().and_then(|size| size.trim().parse().ok()).unwrap_or(2 << 20);
    parent.anonymous.saturating_sub(parent.huge) / rustix::param::page_size() as u64
        + parent.huge / huge_page
}

/// Starts a variant in a forked process, which has one thread, touches the memory, and ends. So no variant meets what another
/// one has left behind.
///
/// # Errors
/// The system refuses the memory or the process, the variant can't start, or it isn't done within [`team::LIMIT`].
pub fn measure(variant: Variant, conditions: &Conditions) -> io::Result<Measured> {
    let child = fork(team::LIMIT, || hand_over(measured(variant, conditions)))?;
    take_over(child, team::LIMIT)
}

/// Does what [`measure`] does, in this process.
fn measured(variant: Variant, conditions: &Conditions) -> io::Result<Measured> {
    conditions.placement.take(0);
    let _ballast = ballast(conditions.memory, conditions.pages)?;
    let parent = Footprint::own().ok();
    let mut stage = Stage::new(
        conditions.workers,
        &std::env::current_exe().unwrap_or_default(),
    );
    let mut start = || {
        let began = Instant::now();
        (variant.start)(&mut stage, conditions.at_once)?;
        Ok(began.elapsed().as_nanos() as f64 / conditions.at_once as f64)
    };
    // The first starts find cold caches, and no old stacks to use again.
    (0..2).try_for_each(|_| start().map(drop))?;
    let costs: Vec<f64> =
        (0..conditions.times).map(|_| start()).collect::<io::Result<_>>()?;
    let mean = costs.iter().sum::<f64>() / costs.len() as f64;
    Ok(Measured { cost: median(costs), mean, parent })
}

/// This many MiB of memory that this process has written to, so that a fork has entries for it to copy. Nothing for 0.
///
/// # Errors
/// The system refuses the memory, or it gives small pages instead of huge ones.
pub fn ballast(mib: usize, kind: Mapping) -> io::Result<Option<Pages>> {
    if mib == 0 {
        return Ok(None);
    }
    let pages = Pages::new((mib << 20) / rustix::param::page_size(), kind)?;
    (0..pages.count()).for_each(|page| pages.at(page).store(1, Relaxed));
    match kind == Mapping::PrivateHuge
        && !Footprint::own().is_ok_and(|own| own.huge >> 20 >= mib as u64 / 2)
    {
        true => Err(io::Error::other("the system gives no huge pages")),
        false => Ok(Some(pages)),
    }
}

/// Checks that this many MiB of memory are left, with an eighth to spare.
///
/// # Errors
/// There is less memory; the error says how much is left.
pub fn fits(mib: usize) -> io::Result<()> {
    match room() {
        Some(room) if room >> 20 < (mib + mib / 8) as u64 => Err(io::Error::other(
            format!("only {} MB of memory are left here", thousands(room >> 20)),
        )),
        _ => Ok(()),
    }
}
