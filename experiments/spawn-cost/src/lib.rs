//! Something is started, does nothing, and its end is waited for: what does that cost, as a thread and as a process?
//!
//! The variants are siblings: each starts so many, and waits for the end of all. They are measured in a process of its own,
//! which is as large as one likes.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Instant;

use lab::memory::{Footprint, room};
use lab::{Placement, Span, process, team};
use rustix::process::{Pid, WaitOptions, waitpid};
use serde::{Deserialize, Serialize};

pub mod calls;
pub mod pool;
pub mod program;
pub mod system_calls;

use calls::{Ballast, Pages, Pthread};
use program::Tiny;

/// A way to start something, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Starts so many, which do nothing, and waits for the end of all.
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
    Variant { name: "pool-fork", start: pool_fork },
    Variant { name: "pool-spawn", start: pool_spawn },
];

/// The variant of this name.
///
/// # Panics
/// There is none.
pub fn variant(name: &str) -> Variant {
    VARIANTS.into_iter().find(|variant| variant.name == name).unwrap_or_else(|| panic!("there is no variant {name:?}"))
}

impl Variant {
    /// Whether it starts and ends one pool for all that it is asked for, so that the time of one can't be told from many.
    pub fn is_whole_pool(&self) -> bool {
        matches!(self.name, "pool-fork" | "pool-spawn")
    }
}

/// What the variants need, made before anything is timed.
#[derive(Debug)]
pub struct Stage {
    tiny: Option<Tiny>,
    own: PathBuf,
    pool: Option<pool::Threads>,
    workers: usize,
}

impl Stage {
    /// With pools of so many workers, and this program to be executed afresh.
    pub fn new(workers: usize, own: &Path) -> Self {
        Self { tiny: None, own: own.to_owned(), pool: None, workers }
    }

    /// The program without a C library, made when it is first asked for.
    fn tiny(&mut self) -> io::Result<&Tiny> {
        if self.tiny.is_none() {
            self.tiny = Some(Tiny::new()?);
        }
        Ok(self.tiny.as_ref().expect("it was just made"))
    }

    /// The pool of threads, started when it is first asked for.
    fn pool(&mut self) -> io::Result<&pool::Threads> {
        if self.pool.is_none() {
            self.pool = Some(pool::Threads::new(self.workers)?);
        }
        Ok(self.pool.as_ref().expect("it was just started"))
    }
}

// ANCHOR: threads
/// The C library's threads, which the standard library's are made of.
fn pthread_create(_: &mut Stage, count: usize) -> io::Result<()> {
    let start = |_| Pthread::create();
    let threads: Vec<_> = (0..count).map(start).collect::<io::Result<_>>()?;
    drop(threads); // waits for their end
    Ok(())
}

/// The standard library's threads.
fn thread_spawn(_: &mut Stage, count: usize) -> io::Result<()> {
    let start = |_| thread::Builder::new().spawn(|| {});
    let threads: Vec<_> = (0..count).map(start).collect::<io::Result<_>>()?;
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    Ok(())
}

/// The same in a scope, which may lend them what is on the stack. The scope itself would wait for the closures only.
fn scoped_thread(_: &mut Stage, count: usize) -> io::Result<()> {
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, || {});
        let threads: Vec<_> = (0..count).map(start).collect::<io::Result<_>>()?;
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        Ok(())
    })
}

/// A task for a thread that is there already, and its answer.
fn pool_task(stage: &mut Stage, count: usize) -> io::Result<()> {
    stage.pool()?.run(count);
    Ok(())
}
// ANCHOR_END: threads

// ANCHOR: processes
/// A copy of this process, which exits at once.
fn fork_exit(_: &mut Stage, count: usize) -> io::Result<()> {
    start_all(count, || calls::fork(|| 0))
}

/// A child in this process's own memory, which exits at once. The parent stops for it.
fn vfork_exit(_: &mut Stage, count: usize) -> io::Result<()> {
    start_all(count, || calls::vfork(None))
}

/// The same, and the child executes a tiny program, which has no C library.
fn exec_bare(stage: &mut Stage, count: usize) -> io::Result<()> {
    let tiny = stage.tiny()?;
    start_all(count, || calls::vfork(Some(tiny.path())))
}

/// A copy of this process, which executes that program: the old way of Unix.
fn fork_exec(stage: &mut Stage, count: usize) -> io::Result<()> {
    let tiny = stage.tiny()?;
    start_all(count, || calls::fork(|| calls::execute(tiny.path())))
}

/// Both steps in one call of the C library.
fn posix_spawn(stage: &mut Stage, count: usize) -> io::Result<()> {
    let tiny = stage.tiny()?;
    start_all(count, || calls::posix_spawn(tiny.path()))
}

/// The standard library's way.
fn command(stage: &mut Stage, count: usize) -> io::Result<()> {
    let program = stage.tiny()?.path().to_str().map_err(io::Error::other)?;
    start_all(count, || {
        let child = Command::new(program).env_clear().spawn()?;
        Ok(Pid::from_child(&child))
    })
}

/// The same, with something to do between fork and exec, which is nothing.
fn command_pre_exec(stage: &mut Stage, count: usize) -> io::Result<()> {
    let program = stage.tiny()?.path().to_str().map_err(io::Error::other)?;
    start_all(count, || {
        let mut command = Command::new(program);
        calls::pre_exec_nothing(&mut command);
        let child = command.env_clear().spawn()?;
        Ok(Pid::from_child(&child))
    })
}

/// `Command` again, of a program with a C library: this one, told to do nothing.
fn command_libc(stage: &mut Stage, count: usize) -> io::Result<()> {
    start_all(count, || {
        let mut command = Command::new(&stage.own);
        let child = command.arg(DO_NOTHING).env_clear().spawn()?;
        Ok(Pid::from_child(&child))
    })
}
// ANCHOR_END: processes

/// A pool of processes from start to end, made by copying this one, with so many tasks for its workers.
fn pool_fork(stage: &mut Stage, count: usize) -> io::Result<()> {
    pool::forked(stage.workers, count)
}

/// The same with workers that begin as a fresh program.
fn pool_spawn(stage: &mut Stage, count: usize) -> io::Result<()> {
    pool::spawned(stage.workers, count, &stage.own)
}

/// Starts so many children, and waits for the end of all. Once one is refused, no more are started.
fn start_all(count: usize, start: impl Fn() -> io::Result<Pid>) -> io::Result<()> {
    let mut started = Vec::with_capacity(count);
    let refused = (0..count).find_map(|_| start().map(|child| started.push(child)).err());
    let ended = wait_for(started);
    refused.map_or(ended, Err)
}

/// Waits for the end of all these children, each of which must exit with 0.
fn wait_for(children: Vec<Pid>) -> io::Result<()> {
    let mut all = Ok(());
    for child in children {
        let ended = waitpid(Some(child), WaitOptions::empty())?;
        let status = ended.expect("it waits until there is one").1;
        all = all.and(match status.exit_status() {
            Some(0) => Ok(()),
            Some(calls::NOT_EXECUTED) => Err(io::Error::other("a child couldn't execute its program")),
            Some(code) => Err(io::Error::other(format!("a child exited with code {code}"))),
            None => Err(io::Error::other("a child was killed")),
        });
    }
    all
}

/// The first argument with which this program does nothing.
const DO_NOTHING: &str = "--do-nothing";

/// The first argument with which this program is a pool's worker.
const SERVE: &str = "--serve";

/// Plays the part in which this program was started by itself, if it was, and says how it ends.
pub fn part() -> Option<ExitCode> {
    let part = std::env::args_os().nth(1)?;
    if part == OsStr::new(DO_NOTHING) {
        return Some(ExitCode::SUCCESS);
    }
    if part == OsStr::new(SERVE) {
        // Not by way of std's buffers: a worker takes one task at a time, and answers it at once.
        let files = (io::stdin().as_fd().try_clone_to_owned(), io::stdout().as_fd().try_clone_to_owned());
        let (Ok(tasks), Ok(answers)) = files else { return Some(ExitCode::FAILURE) };
        return Some(ExitCode::from(pool::serve(File::from(tasks), File::from(answers))));
    }
    None
}

/// Under which conditions something is started.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Where the process runs that starts it, and so where what it starts runs.
    pub placement: Placement,
    /// How many are started before any is waited for.
    pub at_once: usize,
    /// How much memory the process that starts them has touched, in MiB, besides its own.
    pub memory: usize,
    /// What pages that memory is made of.
    pub pages: Pages,
    /// How many workers a pool has.
    pub workers: usize,
}

/// What came of a few variants under the same conditions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Series {
    /// For each variant, when each start began and all had ended, in nanoseconds since the series began; or why not.
    pub timed: Vec<Result<Vec<Span>, String>>,
    /// How large the process that started them was before. Nothing without /proc.
    pub parent: Option<Size>,
}

/// How large a process is, as far as it matters to a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// What it has in memory, in bytes, with what others have too counted in full.
    pub rss: u64,
    /// The tables that translate its addresses, in bytes. For each huge page the kernel keeps an unused one in reserve, so
    /// there are no fewer with huge pages.
    pub page_tables: u64,
    /// How many of the tables' entries stand for memory of its own, which a fork has to copy: one for each page, small or huge.
    pub entries: u64,
}

impl Size {
    /// That of this process. Source: proc_pid_smaps(5), `Anonymous` and `AnonHugePages`.
    fn own() -> Option<Self> {
        let Footprint { rss, page_tables, .. } = Footprint::own().ok()?;
        let (own, huge) = (summed("Anonymous")?, summed("AnonHugePages")?);
        let entries = own.saturating_sub(huge) / rustix::param::page_size() as u64 + huge / huge_page();
        Some(Self { rss, page_tables, entries })
    }
}

/// Of this process's memory, what the kernel sums up under this name, in bytes; nothing without /proc.
fn summed(name: &str) -> Option<u64> {
    let sums = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = sums.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// The size of a huge page in bytes: 2 MiB where the kernel doesn't tell.
fn huge_page() -> u64 {
    let told = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
    told.ok().and_then(|size| size.trim().parse().ok()).unwrap_or(2 << 20)
}

/// Starts each variant in turn, as often as is said beside it, in a forked process, which has one thread, touches the memory, and ends: what
/// one series leaves behind, no other meets.
///
/// # Errors
/// There is no room for the memory, it is refused, or the process is; or it isn't done within [`team::LIMIT`].
pub fn measure(variants: &[(Variant, usize)], conditions: &Conditions) -> io::Result<Series> {
    fits(conditions.memory)?;
    let began = Instant::now();
    let child = process::fork(team::LIMIT, || {
        let series = series(variants, conditions, began).map_err(|error| error.to_string());
        serde_json::to_vec(&series).expect("a series can be written as JSON")
    })?;
    let said = process::gather(vec![child], began + team::LIMIT)?;
    serde_json::from_slice::<Result<Series, String>>(&said[0])?.map_err(io::Error::other)
}

/// As [`measure`], in this process.
///
/// # Errors
/// As for [`measure`].
pub fn series(variants: &[(Variant, usize)], conditions: &Conditions, began: Instant) -> io::Result<Series> {
    conditions.placement.take(0);
    let own = std::env::current_exe().unwrap_or_default();
    let _ballast = ballast(conditions.memory, conditions.pages)?;
    let parent = Size::own();
    let timed = |variant: &Variant, times: usize| -> io::Result<Vec<Span>> {
        let mut stage = Stage::new(conditions.workers, &own);
        // The first ones find cold caches and no stacks to use again.
        (0..2).try_for_each(|_| (variant.start)(&mut stage, conditions.at_once))?;
        let now = || began.elapsed().as_nanos() as u64;
        let mut start = || {
            let start = now();
            (variant.start)(&mut stage, conditions.at_once)?;
            Ok(Span { start, end: now() })
        };
        (0..times).map(|_| start()).collect()
    };
    let timed = variants.iter().map(|(variant, times)| timed(variant, *times).map_err(|error| error.to_string()));
    Ok(Series { timed: timed.collect(), parent })
}

/// Memory of so many MiB that this process has touched, if it is any.
///
/// # Errors
/// The system refuses it, or it gives small pages where huge ones were to be.
pub fn ballast(mib: usize, pages: Pages) -> io::Result<Option<Ballast>> {
    let bytes = mib << 20;
    if bytes == 0 {
        return Ok(None);
    }
    let ballast = Ballast::touched(bytes, pages)?;
    if pages == Pages::Huge && summed("AnonHugePages").is_some_and(|huge| huge < bytes as u64 / 2) {
        return Err(io::Error::other("the system gives no huge pages"));
    }
    Ok(Some(ballast))
}

/// Whether so many MiB can be had, with an eighth to spare.
///
/// # Errors
/// They can't; the error says how many are left.
pub fn fits(mib: usize) -> io::Result<()> {
    let needed = (mib + mib / 8) as u64;
    match room() {
        Some(room) if room >> 20 < needed => {
            let what = format!("{mib} MB more don't fit into the {} MB that are left here", room >> 20);
            Err(io::Error::new(io::ErrorKind::OutOfMemory, what))
        }
        _ => Ok(()),
    }
}

/// What one start took, in nanoseconds: the median over all, of which there is at least one, divided by how many were started
/// at once.
pub fn cost(spans: &[Span], at_once: usize) -> f64 {
    let mut times: Vec<u64> = spans.iter().map(|span| span.end - span.start).collect();
    times.sort_unstable();
    let (lower, upper) = (times[(times.len() - 1) / 2], times[times.len() / 2]);
    (lower + upper) as f64 / 2.0 / at_once as f64
}
