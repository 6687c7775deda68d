//! Tasks that compute and tasks that wait, done in eight ways: which way is done sooner?
//!
//! The variants are siblings: each does all tasks of a [`Job`], and they differ only in what their workers are. The time of a
//! variant includes the start of its workers.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::Usage;
use lab::process::{self, hand_over, handed_over};
use lab::report::thousands;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

pub mod server;
pub mod waiters;

/// What is to be done, and by how many workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What each task is.
    pub work: Work,
    /// How many tasks there are. Their numbers begin with 0.
    pub tasks: u32,
    /// How many workers share the tasks, at least 1. Variants with one thread for all tasks ignore this.
    pub workers: u32,
}

// ANCHOR: work
/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Computes this many square roots.
    Roots(u64),
    /// Computes a row of a picture of the Mandelbrot set, with this many points.
    /// Some rows take longer than others.
    Row(u32),
    /// Waits: a request to a server on this machine.
    Request(Request),
    /// Waits and then computes: a request, and this many square roots.
    Both(Request, u64),
}

/// A request to a [server](server::Server), which answers after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The server's port.
    pub port: u16,
    /// How long the server should wait before it answers, in milliseconds.
    pub delay: u32,
}

impl Work {
    /// Does the task with this number, and returns a number that shows that it was
    /// done.
    fn run(self, task: u32) -> io::Result<u64> {
        match self {
            Self::Roots(many) => Ok(roots(task, many)),
            Self::Row(size) => {
                Ok(lab::work::mandelbrot_row(task as usize, size as usize))
            }
            Self::Request(request) => request.send(task),
            Self::Both(request, many) => {
                Ok(request.send(task)? + roots(task, many))
            }
        }
    }

    /// The same, but a task that waits gives its thread to other tasks.
    async fn run_async(self, task: u32) -> io::Result<u64> {
        match self {
            Self::Roots(_) | Self::Row(_) => self.run(task),
            Self::Request(request) => request.send_async(task).await,
            Self::Both(request, many) => {
                Ok(request.send_async(task).await? + roots(task, many))
            }
        }
    }

    /// The same, but a pool of threads does the computing.
    async fn run_with_a_pool(self, task: u32) -> io::Result<u64> {
        match self {
            Self::Roots(_) | Self::Row(_) => {
                spawn_blocking(move || self.run(task)).await?
            }
            Self::Request(request) => request.send_async(task).await,
            Self::Both(request, many) => Ok(request.send_async(task).await?
                + spawn_blocking(move || roots(task, many)).await?),
        }
    }
}

fn roots(task: u32, many: u64) -> u64 {
    let from = u64::from(task) * many;
    lab::work::square_roots(from..from + many) as u64
}
// ANCHOR_END: work

// ANCHOR: share
impl Job {
    /// Does one worker's share of the tasks: with 4 workers, every 4th task.
    ///
    /// # Errors
    /// A request fails.
    pub fn share(&self, worker: u32) -> io::Result<u64> {
        (worker..self.tasks)
            .step_by(self.workers as usize)
            .map(|task| self.work.run(task))
            .sum()
    }
}
// ANCHOR_END: share

/// How many square roots each worker has in the texts that we judge.
pub const ROOTS: u64 = 4_000_000;

/// A way to do a job, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// What its workers are.
    has: Has,
    /// Does all tasks, and returns the sum of what they return.
    run: fn(&Job) -> io::Result<u64>,
}

/// What a variant's workers are. A thread that only waits for the workers isn't counted.
#[derive(Clone, Copy, Debug)]
enum Has {
    /// One thread does all tasks.
    OneThread,
    /// Each worker is a thread, or a process of one thread.
    Each(&'static str),
    /// Each worker is a thread of a pool, which has as many threads as there are CPUs.
    Pool,
    /// One thread that waits, and a pool beside it.
    OneAndPool,
}

/// All variants.
pub const VARIANTS: [Variant; 8] = [
    Variant { name: "serial", has: Has::OneThread, run: serial },
    Variant { name: "threads", has: Has::Each("thread"), run: threads },
    Variant { name: "processes", has: Has::Each("process"), run: processes },
    Variant { name: "programs", has: Has::Each("process"), run: programs },
    Variant { name: "rayon", has: Has::Pool, run: rayon },
    Variant { name: "async", has: Has::OneThread, run: asynchronous },
    Variant { name: "async-threads", has: Has::Pool, run: asynchronous_on_threads },
    Variant {
        name: "async-pool",
        has: Has::OneAndPool,
        run: asynchronous_with_a_pool,
    },
];

// ANCHOR: variants
/// One task after the other.
pub fn serial(job: &Job) -> io::Result<u64> {
    Job { workers: 1, ..*job }.share(0)
}

/// Each worker is a thread.
pub fn threads(job: &Job) -> io::Result<u64> {
    thread::scope(|scope| {
        let start = |worker| {
            thread::Builder::new().spawn_scoped(scope, move || job.share(worker))
        };
        let started =
            (0..job.workers).map(start).collect::<io::Result<Vec<_>>>()?;
        started
            .into_iter()
            .map(|worker| worker.join().expect("a worker doesn't panic"))
            .sum()
    })
}

/// Each worker is a forked process, and hands its sum over through a pipe.
pub fn processes(job: &Job) -> io::Result<u64> {
    let deadline = Instant::now() + LIMIT;
    let start = |worker| process::fork(LIMIT, move || hand_over(job.share(worker)));
    let started = (0..job.workers).map(start).collect::<io::Result<Vec<_>>>()?;
    process::gather(started, deadline)?
        .iter()
        .map(|sum| handed_over::<u64>(sum))
        .sum()
}

/// Each worker is this program, started anew: a fork and an exec.
pub fn programs(job: &Job) -> io::Result<u64> {
    let (program, deadline) = (std::env::current_exe()?, Instant::now() + LIMIT);
    let (mut pipes, mut started) = (Vec::new(), Vec::new());
    for worker in 0..job.workers {
        let (reads, writes) = io::pipe()?;
        let errand = serde_json::to_string(&(job, worker))?;
        let mut command = Command::new(&program);
        command.arg0(WORKER).arg(errand).stdout(writes);
        // If exec returns, it has failed. Then the child itself hands over the
        // reason.
        started
            .push(process::fork(LIMIT, || hand_over::<u64>(Err(command.exec())))?);
        pipes.push(reads);
    }
    for failure in
        process::gather(started, deadline)?.iter().filter(|said| !said.is_empty())
    {
        handed_over::<u64>(failure)?;
    }
    let hear = |mut pipe: io::PipeReader| {
        let mut sum = Vec::new();
        pipe.read_to_end(&mut sum)?;
        handed_over::<u64>(&sum)
    };
    pipes.into_iter().map(hear).sum()
}

/// Each worker is a thread of a pool. A thread with nothing left to do takes tasks
/// from the others.
pub fn rayon(job: &Job) -> io::Result<u64> {
    let pool = ::rayon::ThreadPoolBuilder::new().num_threads(job.workers as usize);
    // A scoped pool's threads have ended when this returns. They must, since a
    // process with more than one thread shouldn't fork.
    let sum = pool.build_scoped(
        |thread| thread.run(),
        |pool| {
            pool.install(|| {
                (0..job.tasks).into_par_iter().map(|task| job.work.run(task)).sum()
            })
        },
    );
    sum.map_err(io::Error::other)?
}

/// One thread for all tasks: whenever a task waits, another task goes on.
pub fn asynchronous(job: &Job) -> io::Result<u64> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(sum_of((0..job.tasks).map(|task| job.work.run_async(task))))
}

/// Each worker is a thread of the runtime. When its task waits, the thread takes
/// another task. While its task computes, it can't.
pub fn asynchronous_on_threads(job: &Job) -> io::Result<u64> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(job.workers as usize)
        .enable_all()
        .build()?;
    runtime.block_on(sum_of((0..job.tasks).map(|task| job.work.run_async(task))))
}

/// One thread waits for all answers, and a pool of workers computes.
pub fn asynchronous_with_a_pool(job: &Job) -> io::Result<u64> {
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(job.workers as usize)
        .enable_all()
        .build()?;
    runtime
        .block_on(sum_of((0..job.tasks).map(|task| job.work.run_with_a_pool(task))))
}

async fn sum_of<T>(tasks: impl Iterator<Item = T>) -> io::Result<u64>
where
    T: Future<Output = io::Result<u64>> + Send + 'static,
{
    let started: Vec<_> = tasks.map(tokio::spawn).collect();
    let mut sum = 0;
    for task in started {
        sum += task.await??;
    }
    Ok(sum)
}
// ANCHOR_END: variants

/// How long a process may work at most; after that it is killed. Threads can't be killed, but their requests have a limit.
const LIMIT: Duration = Duration::from_secs(60);

/// The name under which [`programs`] starts this program. No shell gives a program this name by mistake.
pub const WORKER: &str = "worker, in cpu-vs-io";

/// What the program does under that name: it does the share that its argument describes, and writes the sum to stdout.
///
/// # Errors
/// The argument isn't what [`programs`] gives, or stdout can't be written.
pub fn work_as_a_program() -> io::Result<()> {
    let errand = std::env::args().nth(1).unwrap_or_default();
    let (job, worker): (Job, u32) = serde_json::from_str(&errand)?;
    io::Write::write_all(&mut io::stdout(), &hand_over(job.share(worker)))
}

/// What a job took, and its sum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// The sum of what the tasks returned: the same in every variant.
    pub sum: u64,
    /// From before the first worker was started until after the last one had ended.
    pub elapsed: Duration,
    /// CPU time and context switches of all workers, with their start and their end, but without the server.
    pub used: Usage,
    /// The longest time that an answer of the server lay there before its task read it; nothing if there was no server.
    pub unread: Option<Duration>,
}

impl Variant {
    /// A job of this many tasks for this variant: with a worker for each task, or with as many workers as there are `cpus`.
    pub fn job(&self, work: Work, tasks: u32, cpus: u32) -> Job {
        Job {
            work,
            tasks,
            workers: if matches!(self.has, Has::Each(_)) { tasks } else { cpus },
        }
    }

    /// How many threads or processes the variant has for a job, in words.
    pub fn workers(&self, Job { workers, .. }: &Job) -> String {
        let counted =
            |what: &str| format!("{} {what}", thousands(u64::from(*workers)));
        match (self.has, workers) {
            (Has::OneThread, _) | (Has::Pool, 1) => "1 thread".to_owned(),
            (Has::Each(one), 1) => format!("1 {one}"),
            (Has::Each("thread") | Has::Pool, _) => counted("threads"),
            (Has::Each(_), _) => counted("processes"),
            (Has::OneAndPool, _) => format!("1 + {}", counted("threads")),
        }
    }

    /// Does a job, and returns what it took.
    ///
    /// # Errors
    /// The system refuses a worker, a socket or memory; or a worker fails, or isn't done in time.
    pub fn run(&self, job: &Job) -> io::Result<Done> {
        let (own, children, began) =
            (Usage::of_process(), Usage::of_children(), Instant::now());
        let sum = (self.run)(job)?;
        let elapsed = began.elapsed();
        let (own, children) =
            (Usage::of_process() - own, Usage::of_children() - children);
        let used = Usage {
            cpu: own.cpu + children.cpu,
            voluntary: own.voluntary + children.voluntary,
            involuntary: own.involuntary + children.involuntary,
        };
        Ok(Done { sum, elapsed, used, unread: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_tells_how_many_threads_or_processes_it_has() {
        let told = |tasks, cpus| {
            VARIANTS.map(|variant| {
                variant.workers(&variant.job(Work::Roots(1), tasks, cpus))
            })
        };
        let [one, many] = [told(1, 1), told(1000, 2)];
        assert_eq!(one[1..5], ["1 thread", "1 process", "1 process", "1 thread"]);
        assert_eq!(
            many[..4],
            ["1 thread", "1,000 threads", "1,000 processes", "1,000 processes"]
        );
        assert_eq!(
            many[4..],
            ["2 threads", "1 thread", "2 threads", "1 + 2 threads"]
        );
    }
}
