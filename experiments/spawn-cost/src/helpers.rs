//! Ways to hand one of two tasks to a helper, and to do the other in the meantime.

use std::fs::File;
use std::hint::{self, black_box};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

use lab::Placement;
use lab::work::square_roots;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;

use crate::{COMPUTE, calls, wait_for};

/// A task: to take this many square roots. The result is their sum.
type Roots = u64;

/// A task that a helper has.
pub trait Pending {
    /// Whether the result is there.
    fn is_done(&self) -> bool;

    /// Waits for the result, and for the end of a helper that was started for this task.
    ///
    /// # Errors
    /// The helper failed.
    fn wait(self: Box<Self>) -> io::Result<f64>;
}

/// A way to hand tasks over, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Makes what hands tasks over; programs start this program.
    make: fn(&Path) -> io::Result<Box<dyn HandOver>>,
}

/// Hands a task to a helper.
pub trait HandOver {
    /// Lets the helper begin, and returns at once.
    ///
    /// # Errors
    /// The system refuses the helper.
    fn begin(&mut self, roots: Roots) -> io::Result<Box<dyn Pending + '_>>;
}

/// All ways.
pub const HELPERS: [Helper; 5] = [
    Helper { name: "thread", make: |_| Ok(Box::new(NewThread)) },
    Helper { name: "fork", make: |_| Ok(Box::new(Fork)) },
    Helper { name: "program", make: |own| Ok(Box::new(Program(own.to_owned()))) },
    Helper { name: "waiting-thread", make: |_| Ok(Box::new(Waiting::thread()?)) },
    Helper { name: "waiting-process", make: |_| Ok(Box::new(Waiting::process()?)) },
];

impl Helper {
    /// What hands tasks over.
    ///
    /// # Errors
    /// A helper that waits for tasks can't be started.
    pub fn make(&self, own: &Path) -> io::Result<Box<dyn HandOver>> {
        (self.make)(own)
    }
}

// ANCHOR: both
/// One thread does both tasks.
pub fn both_here(_: &mut dyn HandOver, roots: Roots) -> io::Result<f64> {
    Ok(compute(roots) + compute(roots))
}

/// A helper does one task, and this thread does the other.
pub fn one_handed_over(to: &mut dyn HandOver, roots: Roots) -> io::Result<f64> {
    let pending = to.begin(roots)?;
    Ok(compute(roots) + watch(pending)?)
}

/// A helper does a task that is empty.
pub fn empty(to: &mut dyn HandOver, _: Roots) -> io::Result<f64> {
    watch(to.begin(0)?)
}

/// Keeps this thread's CPU busy until the result is there: the helper takes another
/// one, and nobody has to wake this thread.
fn watch(pending: Box<dyn Pending + '_>) -> io::Result<f64> {
    while !pending.is_done() {
        hint::spin_loop();
    }
    pending.wait()
}
// ANCHOR_END: both

/// The task itself.
pub fn compute(roots: Roots) -> f64 {
    black_box(square_roots(0..roots))
}

/// A thread that is started for the task.
struct NewThread;

impl HandOver for NewThread {
    fn begin(&mut self, roots: Roots) -> io::Result<Box<dyn Pending + '_>> {
        Ok(Box::new(thread::Builder::new().spawn(move || compute(roots))?))
    }
}

impl Pending for JoinHandle<f64> {
    fn is_done(&self) -> bool {
        self.is_finished()
    }

    fn wait(self: Box<Self>) -> io::Result<f64> {
        self.join().map_err(|_| io::Error::other("a helper panicked"))
    }
}

/// A copy of this process that is made for the task, and sends its result through a pipe.
struct Fork;

impl HandOver for Fork {
    fn begin(&mut self, roots: Roots) -> io::Result<Box<dyn Pending + '_>> {
        let (result, mut answer) = io::pipe()?;
        let child = calls::fork(|| {
            i32::from(answer.write_all(&compute(roots).to_ne_bytes()).is_err())
        })?;
        Ok(Box::new(Child { result: OwnedFd::from(result).into(), child }))
    }
}

/// A program that is started for the task: this one.
struct Program(PathBuf);

impl HandOver for Program {
    fn begin(&mut self, roots: Roots) -> io::Result<Box<dyn Pending + '_>> {
        let (result, answer) = io::pipe()?;
        let mut command = Command::new(&self.0);
        let command = command.args([COMPUTE, &roots.to_string()]).env_clear();
        let child = command.stdin(Stdio::null()).stdout(answer).spawn()?;
        Ok(Box::new(Child {
            result: OwnedFd::from(result).into(),
            child: Pid::from_child(&child),
        }))
    }
}

/// A process that ends after its task, and the pipe through which it sends the result.
struct Child {
    result: File,
    child: Pid,
}

impl Pending for Child {
    fn is_done(&self) -> bool {
        has_come(&self.result)
    }

    fn wait(mut self: Box<Self>) -> io::Result<f64> {
        let result = read(&mut self.result);
        wait_for(vec![self.child]).and(result)
    }
}

/// Whether something can be read, or nothing will come any more.
fn has_come(pipe: impl AsFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&now))
        .is_ok_and(|ready| ready > 0)
}

fn read(mut pipe: impl Read) -> io::Result<f64> {
    let mut bytes = [0; 8];
    pipe.read_exact(&mut bytes)?;
    Ok(f64::from_ne_bytes(bytes))
}

/// A thread or a process that waits for tasks at a pipe, on a CPU of its own. It ends when this is dropped.
struct Waiting {
    /// Nothing once no more tasks will come.
    tasks: Option<PipeWriter>,
    results: PipeReader,
    child: Option<Pid>,
}

impl Waiting {
    fn thread() -> io::Result<Self> {
        let (to_do, tasks) = io::pipe()?;
        let (results, done) = io::pipe()?;
        let apart = apart();
        thread::Builder::new().spawn(move || {
            apart.take(1);
            serve(&to_do, &done)
        })?;
        Ok(Self { tasks: Some(tasks), results, child: None })
    }

    fn process() -> io::Result<Self> {
        let (to_do, tasks) = io::pipe()?;
        let (results, done) = io::pipe()?;
        let apart = apart();
        let mut tasks = Some(tasks);
        let child = calls::fork(|| {
            drop(tasks.take()); // with its own copy, it would wait for itself
            apart.take(1);
            serve(&to_do, &done)
        })?;
        Ok(Self { tasks, results, child: Some(child) })
    }
}

/// The thread that hands over stays on one CPU, and a helper that waits on another: the kernel that wakes the helper can't know that this
/// thread goes on.
fn apart() -> Placement {
    let apart = Placement::apart();
    apart.take(0);
    apart
}

/// Does the tasks that come, until the pipe is closed, and returns the exit code. If the parent dies, the kernel closes the pipe.
fn serve(mut to_do: &PipeReader, mut done: &PipeWriter) -> i32 {
    let mut roots = [0; 8];
    while to_do.read_exact(&mut roots).is_ok() {
        let result = compute(Roots::from_ne_bytes(roots)).to_ne_bytes();
        if done.write_all(&result).is_err() {
            return 1;
        }
    }
    0
}

impl HandOver for Waiting {
    fn begin(&mut self, roots: Roots) -> io::Result<Box<dyn Pending + '_>> {
        let tasks = self.tasks.as_mut().expect("it is open until the drop");
        tasks.write_all(&roots.to_ne_bytes())?;
        Ok(Box::new(&self.results))
    }
}

impl Pending for &PipeReader {
    fn is_done(&self) -> bool {
        has_come(*self)
    }

    fn wait(self: Box<Self>) -> io::Result<f64> {
        read(*self)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.tasks = None;
        let _ = wait_for(self.child.into_iter().collect());
    }
}
