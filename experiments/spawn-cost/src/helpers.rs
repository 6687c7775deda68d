//! Ways to hand two tasks to two helpers, instead of doing both.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use lab::work::square_roots;
use rustix::process::Pid;

use crate::{COMPUTE, calls, wait_for};

/// A task: to take this many square roots. The result is their sum.
type Roots = u64;

/// What waits for the helper's result.
type Wait<'a> = Box<dyn FnOnce() -> io::Result<f64> + 'a>;

/// A way to hand tasks over, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Makes a helper; programs start this program.
    make: fn(&Path) -> io::Result<Box<dyn HandOver>>,
}

/// Hands a task to a helper.
pub trait HandOver {
    /// Lets the helper begin, and returns at once.
    ///
    /// # Errors
    /// The system refuses the helper.
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>>;
}

/// All ways.
pub const HELPERS: [Helper; 5] = [
    Helper { name: "thread", make: |_| Ok(Box::new(NewThread)) },
    Helper { name: "fork", make: |_| Ok(Box::new(Fork)) },
    Helper { name: "program", make: |own| Ok(Box::new(Program(own.to_owned()))) },
    Helper {
        name: "waiting-thread",
        make: |_| Ok(Box::new(WaitingThread::new()?)),
    },
    Helper {
        name: "waiting-process",
        make: |_| Ok(Box::new(WaitingProcess::new()?)),
    },
];

/// Two helpers.
pub type Pair = [Box<dyn HandOver>; 2];

impl Helper {
    /// Two helpers.
    ///
    /// # Errors
    /// A helper that waits for tasks can't be started.
    pub fn pair(&self, own: &Path) -> io::Result<Pair> {
        Ok([(self.make)(own)?, (self.make)(own)?])
    }
}

// ANCHOR: both
/// One thread does both tasks.
pub fn both_here(roots: Roots) -> f64 {
    compute(roots) + compute(roots)
}

/// Each of two helpers does a task, and this thread waits.
pub fn handed_over([one, other]: &mut Pair, roots: Roots) -> io::Result<f64> {
    let (one, other) = (one.begin(roots)?, other.begin(roots)?);
    Ok(one()? + other()?)
}
// ANCHOR_END: both

/// The task itself.
pub fn compute(roots: Roots) -> f64 {
    black_box(square_roots(0..roots))
}

/// A thread that is started for the task.
struct NewThread;

impl HandOver for NewThread {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let thread = thread::Builder::new().spawn(move || compute(roots))?;
        Ok(Box::new(|| thread.join().map_err(|_| io::Error::other("it panicked"))))
    }
}

/// A copy of this process that is made for the task, and sends its result through a pipe.
struct Fork;

impl HandOver for Fork {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let (result, mut answer) = io::pipe()?;
        let child = calls::fork(|| {
            i32::from(answer.write_all(&compute(roots).to_ne_bytes()).is_err())
        })?;
        drop(answer);
        Ok(Box::new(move || read_and_wait(result, child)))
    }
}

/// A program that is started for the task: this one.
struct Program(PathBuf);

impl HandOver for Program {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let mut command = Command::new(&self.0);
        let command = command.args([COMPUTE, &roots.to_string()]).env_clear();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let result =
            child.stdout.take().map(|pipe| File::from(OwnedFd::from(pipe)));
        let child = Pid::from_child(&child);
        let result = result.ok_or_else(|| io::Error::other("it has no pipe"))?;
        Ok(Box::new(move || read_and_wait(result, child)))
    }
}

fn read_and_wait(mut result: impl Read, child: Pid) -> io::Result<f64> {
    let mut bytes = [0; 8];
    let read = result.read_exact(&mut bytes);
    read.and(wait_for(vec![child]))?;
    Ok(f64::from_ne_bytes(bytes))
}

/// A thread that waits for tasks. It ends when this is dropped.
struct WaitingThread {
    tasks: Sender<Roots>,
    results: Receiver<f64>,
}

impl WaitingThread {
    fn new() -> io::Result<Self> {
        let (tasks, to_do) = bounded::<Roots>(1);
        let (done, results) = bounded(1);
        let work = move || {
            let _ = to_do.iter().try_for_each(|roots| done.send(compute(roots)));
        };
        thread::Builder::new().spawn(work)?;
        Ok(Self { tasks, results })
    }
}

impl HandOver for WaitingThread {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        self.tasks.send(roots).map_err(io::Error::other)?;
        Ok(Box::new(|| self.results.recv().map_err(io::Error::other)))
    }
}

/// A process that waits for tasks at a pipe. It ends when this is dropped.
struct WaitingProcess {
    tasks: Option<PipeWriter>,
    results: PipeReader,
    child: Pid,
}

impl WaitingProcess {
    fn new() -> io::Result<Self> {
        let (mut to_do, tasks) = io::pipe()?;
        let (results, mut done) = io::pipe()?;
        let mut hold = Some(tasks);
        let child = calls::fork(|| {
            drop(hold.take()); // with its own copy, it would wait for itself
            let mut roots = [0; 8];
            while to_do.read_exact(&mut roots).is_ok() {
                let result = compute(Roots::from_ne_bytes(roots)).to_ne_bytes();
                if done.write_all(&result).is_err() {
                    return 1;
                }
            }
            0
        })?;
        Ok(Self { tasks: hold, results, child })
    }
}

impl HandOver for WaitingProcess {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let tasks = self.tasks.as_mut().expect("the pipe is open until the drop");
        tasks.write_all(&roots.to_ne_bytes())?;
        Ok(Box::new(|| {
            let mut result = [0; 8];
            self.results.read_exact(&mut result)?;
            Ok(f64::from_ne_bytes(result))
        }))
    }
}

impl Drop for WaitingProcess {
    fn drop(&mut self) {
        self.tasks = None;
        let _ = wait_for(vec![self.child]);
    }
}
