//! Ways to hand one of two tasks to a helper, and to do the other in the meantime.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use lab::Placement;
use lab::work::square_roots;
use rustix::process::Pid;

use crate::{COMPUTE, calls, wait_for};

/// A task: to take this many square roots. The result is their sum.
type Roots = u64;

/// What waits for the helper's result.
type Wait<'a> = Box<dyn FnOnce() -> io::Result<f64> + 'a>;

/// A way to hand a task over, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Makes what hands tasks over: from the placement, whose second CPU is the helper's, and this program.
    make: fn(Placement, &Path) -> io::Result<Box<dyn HandOver>>,
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
    Helper { name: "thread", make: |on, _| Ok(Box::new(NewThread(on))) },
    Helper { name: "fork", make: |on, _| Ok(Box::new(Fork(on))) },
    Helper {
        name: "program",
        make: |on, own| Ok(Box::new(Program(on, own.to_owned()))),
    },
    Helper {
        name: "waiting-thread",
        make: |on, _| Ok(Box::new(WaitingThread::new(on)?)),
    },
    Helper {
        name: "waiting-process",
        make: |on, _| Ok(Box::new(WaitingProcess::new(on)?)),
    },
];

impl Helper {
    /// What hands tasks over.
    ///
    /// # Errors
    /// A helper that waits for tasks can't be started.
    pub fn make(
        &self,
        placement: Placement,
        own: &Path,
    ) -> io::Result<Box<dyn HandOver>> {
        (self.make)(placement, own)
    }
}

// ANCHOR: both
/// One thread does both tasks.
pub fn both_here(roots: Roots) -> f64 {
    compute(roots) + compute(roots)
}

/// A helper does one task, and this thread does the other.
pub fn one_handed_over(to: &mut dyn HandOver, roots: Roots) -> io::Result<f64> {
    let wait = to.begin(roots)?;
    Ok(compute(roots) + wait()?)
}
// ANCHOR_END: both

/// The task itself.
pub fn compute(roots: Roots) -> f64 {
    black_box(square_roots(0..roots))
}

/// A thread that is started for the task.
struct NewThread(Placement);

impl HandOver for NewThread {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let placement = self.0.clone();
        let work = move || {
            placement.take(1);
            compute(roots)
        };
        let thread = thread::Builder::new().spawn(work)?;
        Ok(Box::new(|| thread.join().map_err(|_| io::Error::other("it panicked"))))
    }
}

/// A copy of this process that is made for the task, and sends its result through a pipe.
struct Fork(Placement);

impl HandOver for Fork {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let (result, mut answer) = io::pipe()?;
        let child = calls::fork(|| {
            self.0.take(1);
            i32::from(answer.write_all(&compute(roots).to_ne_bytes()).is_err())
        })?;
        drop(answer);
        Ok(Box::new(move || read_and_wait(result, child)))
    }
}

/// A program that is started for the task: this one.
struct Program(Placement, std::path::PathBuf);

impl HandOver for Program {
    fn begin(&mut self, roots: Roots) -> io::Result<Wait<'_>> {
        let cpu = self.0.cpus().get(1).map_or_else(String::new, usize::to_string);
        let mut command = Command::new(&self.1);
        let command = command.args([COMPUTE, &roots.to_string(), &cpu]).env_clear();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let result = child
            .stdout
            .take()
            .map(|pipe| File::from(std::os::fd::OwnedFd::from(pipe)));
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
    fn new(placement: Placement) -> io::Result<Self> {
        let (tasks, to_do) = bounded::<Roots>(1);
        let (done, results) = bounded(1);
        let work = move || {
            placement.take(1);
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
    fn new(placement: Placement) -> io::Result<Self> {
        let (mut to_do, tasks) = io::pipe()?;
        let (results, mut done) = io::pipe()?;
        let mut hold = Some(tasks);
        let child = calls::fork(|| {
            drop(hold.take()); // with its own copy, it would wait for itself
            placement.take(1);
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
