//! Pools: workers that are started once, and then do one task after another.

use std::cell::Cell;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::path::Path;
use std::process::Command;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};
use rustix::process::Pid;

use crate::{SERVE, calls, wait_for};

/// Threads that wait for tasks. Dropping the pool lets the threads end, and waits for that.
#[derive(Debug)]
pub struct Threads {
    tasks: Option<Sender<()>>,
    answers: Receiver<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts this many threads.
    pub fn new(workers: usize) -> io::Result<Self> {
        let (tasks, to_do) = unbounded();
        let (done, answers) = unbounded();
        let mut pool = Self { tasks: Some(tasks), answers, threads: Vec::new() };
        for _ in 0..workers {
            let (to_do, done) = (to_do.clone(), done.clone());
            // A thread ends when there is no sender of tasks any more, or nobody to answer.
            let work =
                move || to_do.iter().try_for_each(|()| done.send(())).unwrap_or(());
            pool.threads.push(thread::Builder::new().spawn(work)?);
        }
        Ok(pool)
    }

    /// Sends this many tasks, each of which is to do nothing, and waits for the answers.
    pub fn run(&self, tasks: usize) {
        let sender = self.tasks.iter().cycle().take(tasks);
        sender.for_each(|tasks| {
            tasks.send(()).expect("the threads are there as long as the pool is");
        });
        self.answers.iter().take(tasks).for_each(drop);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            thread.join().expect("a worker does nothing that could panic");
        }
    }
}

// ANCHOR: processes
/// A pool of copies of this process, from its start to its end.
pub(crate) fn forked(workers: usize, tasks: usize) -> io::Result<()> {
    of_processes(workers, tasks, |ends, hold| {
        calls::fork(|| {
            drop(hold.take()); // with its own copy, it would wait for itself
            i32::from(serve(&ends.tasks, &ends.answers))
        })
    })
}

/// A pool of processes that execute this program afresh.
pub(crate) fn spawned(workers: usize, tasks: usize, own: &Path) -> io::Result<()> {
    of_processes(workers, tasks, |ends, _| {
        let mut command = Command::new(own);
        command.arg(SERVE).env_clear().stdin(ends.tasks.try_clone()?);
        let child = command.stdout(ends.answers.try_clone()?).spawn()?;
        Ok(Pid::from_child(&child))
    })
}

/// What a worker does: it answers each task, which is one byte, with another byte.
/// When the pipe is closed, no more tasks will come, and the worker returns its
/// exit code. If the parent dies, the kernel closes the pipe.
pub fn serve(mut tasks: impl Read, mut answers: impl Write) -> u8 {
    let mut task = [0];
    while matches!(tasks.read(&mut task), Ok(1)) {
        if answers.write_all(&task).is_err() {
            return 1;
        }
    }
    0
}
// ANCHOR_END: processes

/// A worker's ends of the two pipes that all workers share.
struct Ends {
    tasks: PipeReader,
    answers: PipeWriter,
}

/// Starts the workers, each by `start`, and gives them the tasks. A worker that is a copy of this process must close the sending
/// end of the tasks, which `start` also gets.
fn of_processes(
    workers: usize,
    tasks: usize,
    start: impl Fn(&Ends, &Cell<Option<PipeWriter>>) -> io::Result<Pid>,
) -> io::Result<()> {
    let (tasks_out, tasks_in) = io::pipe()?;
    let (mut answers_out, answers_in) = io::pipe()?;
    let ends = Ends { tasks: tasks_out, answers: answers_in };
    let hold = Cell::new(Some(tasks_in));
    let started =
        (0..workers).map(|_| start(&ends, &hold)).collect::<io::Result<_>>()?;
    drop(ends);
    let mut sender = hold.take().expect("only a copy of this process has taken it");
    let mut bytes = vec![0; tasks];
    let answered =
        sender.write_all(&bytes).and_then(|()| answers_out.read_exact(&mut bytes));
    drop(sender); // so every worker ends
    answered.and(wait_for(started))
}
