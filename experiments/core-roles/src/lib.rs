//! May any worker take any task, or should a core be kept for a role?
//!
//! The variants are siblings: they differ in which worker takes which task, and in whether workers are threads or processes.
//! All of them do the same bulk of tasks, while urgent tasks arrive, each at a time that is known beforehand.

use std::io;
use std::iter;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, unbounded};
use lab::{Placement, Shared, machine, processes_on, threads_on};
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};

mod load;
mod run;

pub use load::{Evenness, Load, SIZE, Task};
pub use run::{Done, Run};

/// A way to share work out, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Lets this many workers do a load.
    pub run: fn(&Load, usize) -> io::Result<Run>,
}

// ANCHOR: variants
/// All variants: first one worker alone, then the symmetric ways, then the ways in
/// which a worker has a role.
pub const VARIANTS: [Variant; 10] = [
    Variant { name: "alone", run: |load, _| threads(load, 1, apart, shared_queue) },
    Variant {
        name: "fixed-shares-threads",
        run: |load, n| threads(load, n, apart, fixed_shares),
    },
    Variant {
        name: "fixed-shares-processes",
        run: |load, n| processes(load, n, apart, fixed_shares),
    },
    Variant {
        name: "shared-queue-threads",
        run: |load, n| threads(load, n, apart, shared_queue),
    },
    Variant {
        name: "shared-queue-processes",
        run: |load, n| processes(load, n, apart, shared_queue),
    },
    Variant { name: "work-stealing-threads", run: work_stealing },
    Variant { name: "dispatcher-threads", run: dispatcher },
    Variant {
        name: "kept-core-threads",
        run: |load, n| threads(load, n, one_core_kept, roles),
    },
    Variant {
        name: "kept-core-processes",
        run: |load, n| processes(load, n, one_core_kept, roles),
    },
    // One more worker, for the role. When it wakes, the scheduler may give it
    // another worker's core.
    Variant {
        name: "role-only-threads",
        run: |load, n| threads(load, n + 1, free, roles),
    },
];
// ANCHOR_END: variants

// ANCHOR: shared-queue
/// Symmetric: a free worker takes the next task, and an urgent task first.
fn shared_queue(job: &Job<'_>, _worker: usize) -> Vec<Done> {
    let mut done = Vec::new();
    while let Some(task) =
        job.next_urgent_if_due().or_else(|| job.next_of_the_bulk())
    {
        done.push(job.does(task));
    }
    done.extend(job.later_ones());
    done
}
// ANCHOR_END: shared-queue

// ANCHOR: fixed-shares
/// Symmetric too: each worker has a block of the bulk, dealt beforehand, and takes
/// its turn at the urgent tasks.
fn fixed_shares(job: &Job<'_>, worker: usize) -> Vec<Done> {
    let mut done = Vec::new();
    let mut urgent = (worker..job.load.urgent())
        .step_by(job.workers)
        .map(Task::Urgent)
        .peekable();
    for task in job.load.block(worker, job.workers) {
        while let Some(task) = urgent.next_if(|task| job.is_due(*task)) {
            done.push(job.does(task));
        }
        done.push(job.does(task));
    }
    for task in urgent {
        thread::sleep(job.until(task));
        done.push(job.does(task));
    }
    done
}
// ANCHOR_END: fixed-shares

// ANCHOR: roles
/// Asymmetric: worker 0 does only the urgent tasks and sleeps between them, and the
/// other workers share the bulk.
fn roles(job: &Job<'_>, worker: usize) -> Vec<Done> {
    match worker {
        0 => job.later_ones().collect(),
        _ => iter::from_fn(|| job.next_of_the_bulk())
            .map(|task| job.does(task))
            .collect(),
    }
}
// ANCHOR_END: roles

// ANCHOR: dispatcher
/// Asymmetric: worker 0 hands the bulk out, task by task, and does the urgent tasks
/// itself. The other workers say when they are free, and do as they are told.
fn dispatcher(load: &Load, workers: usize) -> io::Result<Run> {
    let job = Job::new(load, workers)?;
    let (says_free, free) = unbounded();
    let desks: Vec<_> = (0..workers).map(|_| bounded(1)).collect();
    let team = threads_on(&one_core_kept(workers), workers, |worker| {
        job.begin();
        match worker.number {
            0 => dispatch(&job, &free, |worker, task| {
                desks[worker].0.send(task).expect("a worker has a desk");
            }),
            number => {
                let told = || {
                    says_free.send(number).expect("the dispatcher listens");
                    desks[number].1.recv().expect("the dispatcher answers")
                };
                iter::from_fn(told).map(|task| job.does(task)).collect()
            }
        }
    })?;
    Ok(job.ended(team.results))
}

fn dispatch(
    job: &Job<'_>,
    free: &Receiver<usize>,
    tell: impl Fn(usize, Option<Task>),
) -> Vec<Done> {
    let (mut done, mut left) = (Vec::new(), job.workers - 1);
    while left > 0 {
        if let Ok(worker) = free.recv_timeout(job.until_next_urgent()) {
            let task = job.next_of_the_bulk();
            // A worker that gets no task ends.
            left -= usize::from(task.is_none());
            tell(worker, task);
        }
        done.extend(
            iter::from_fn(|| job.next_urgent_if_due()).map(|task| job.does(task)),
        );
    }
    done.extend(job.later_ones());
    done
}
// ANCHOR_END: dispatcher

// ANCHOR: work-stealing
/// Threads of rayon: each has a queue of its own, and steals from another thread's
/// queue when its own is empty.
fn work_stealing(load: &Load, workers: usize) -> io::Result<Run> {
    let job = Job::new(load, workers)?;
    let done = Mutex::new(vec![Vec::new(); workers]);
    in_pool(workers, |pool| {
        pool.broadcast(|_| job.begin());
        (0..load.bulk()).into_par_iter().with_max_len(1).for_each(|number| {
            let mut mine: Vec<Done> = iter::from_fn(|| job.next_urgent_if_due())
                .map(|task| job.does(task))
                .collect();
            mine.push(job.does(Task::Bulk(number)));
            let worker =
                rayon::current_thread_index().expect("this runs in the pool");
            done.lock().expect("nobody panics with it")[worker].extend(mine);
        });
        pool.broadcast(|worker| {
            let mine: Vec<Done> = job.later_ones().collect();
            done.lock().expect("nobody panics with it")[worker.index()]
                .extend(mine);
        });
    })?;
    Ok(job.ended(done.into_inner().expect("nobody panics with it")))
}
// ANCHOR_END: work-stealing

/// A pool of threads, each bound to a CPU of its own. All have ended when this returns. They must, since the next variants
/// fork, and a process with threads shouldn't fork.
fn in_pool(
    workers: usize,
    work: impl FnOnce(&rayon::ThreadPool) + Send,
) -> io::Result<()> {
    let placement = Placement::apart();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .start_handler(move |worker| placement.take(worker));
    pool.build_scoped(|thread| thread.run(), |pool| pool.install(|| work(pool)))
        .map_err(|error| {
            io::Error::other(format!(
                "the system refused a pool of threads: {error}; use fewer workers"
            ))
        })
}

/// What a worker does. Returns the tasks that it has done, in order.
type Policy = fn(&Job<'_>, usize) -> Vec<Done>;

/// Where this many workers run.
type Places = fn(usize) -> Placement;

/// Workers that are threads. For processes only the call differs, because the queue is a number in memory that processes can
/// share, too.
fn threads(
    load: &Load,
    workers: usize,
    places: Places,
    policy: Policy,
) -> io::Result<Run> {
    let job = Job::new(load, workers)?;
    let team = threads_on(&places(workers), workers, |worker| {
        policy(job.begin(), worker.number)
    })?;
    Ok(job.ended(team.results))
}

fn processes(
    load: &Load,
    workers: usize,
    places: Places,
    policy: Policy,
) -> io::Result<Run> {
    let job = Job::new(load, workers)?;
    let team = processes_on(&places(workers), workers, |worker| {
        policy(job.begin(), worker.number)
    })?;
    Ok(job.ended(team.results))
}

fn apart(_: usize) -> Placement {
    Placement::apart()
}

fn free(_: usize) -> Placement {
    Placement::FREE
}

/// How many CPUs this many workers have.
pub fn cores(workers: usize) -> usize {
    let bound = Placement::apart().cpus().len();
    workers.min(if bound == 0 { machine::usable_cpus() } else { bound })
}

// ANCHOR: kept
/// Keeps a CPU of the fastest kind for worker 0: the last one, because on many
/// machines the first does more of the system's own work. The other workers get the
/// other CPUs in turn. If there is only one CPU, none can be kept.
fn one_core_kept(workers: usize) -> Placement {
    let (all, kept) = (Placement::apart(), Placement::together());
    let others: Vec<usize> = all
        .cpus()
        .iter()
        .copied()
        .filter(|cpu| !kept.cpus().contains(cpu))
        .collect();
    match others.is_empty() {
        true => all,
        false => Placement::on(
            kept.cpus()
                .iter()
                .copied()
                .chain(others.into_iter().cycle())
                .take(workers),
        ),
    }
}
// ANCHOR_END: kept

/// A load that is being done: what all workers share, be they threads or forked processes.
struct Job<'a> {
    load: &'a Load,
    workers: usize,
    /// All times are counted from here.
    called: Instant,
    /// When the first worker began, in nanoseconds since `called`; 0 before that. Arrivals are counted from here.
    began: Shared<AtomicU64>,
    next_of_the_bulk: Shared<AtomicU64>,
    next_urgent: Shared<AtomicU64>,
}

impl<'a> Job<'a> {
    fn new(load: &'a Load, workers: usize) -> io::Result<Self> {
        let zero = || Shared::new(AtomicU64::new(0));
        let (began, next_of_the_bulk, next_urgent) = (zero()?, zero()?, zero()?);
        Ok(Self {
            load,
            workers,
            called: Instant::now(),
            began,
            next_of_the_bulk,
            next_urgent,
        })
    }

    fn now(&self) -> u64 {
        self.called.elapsed().as_nanos() as u64
    }

    fn begin(&self) -> &Self {
        // Only the first worker succeeds, as it should be.
        let _ = self.began.compare_exchange(0, self.now().max(1), Relaxed, Relaxed);
        self
    }

    /// When a task arrives. Tasks of the bulk are there from the beginning.
    fn arrival(&self, task: Task) -> u64 {
        self.began.load(Relaxed) + self.load.arrival(task).as_nanos() as u64
    }

    /// How long it is until a task arrives.
    fn until(&self, task: Task) -> Duration {
        Duration::from_nanos(self.arrival(task).saturating_sub(self.now()))
    }

    fn is_due(&self, task: Task) -> bool {
        self.until(task).is_zero()
    }

    fn does(&self, task: Task) -> Done {
        let (arrived, start, before) = (self.arrival(task), self.now(), cpu_time());
        let iterations = self.load.does(task);
        Done {
            task,
            arrived,
            start,
            cpu: cpu_time().saturating_sub(before),
            end: self.now(),
            iterations,
        }
    }

    // ANCHOR: queue
    /// Takes the next task of the bulk. No two workers get the same, and no task is
    /// left out.
    fn next_of_the_bulk(&self) -> Option<Task> {
        let next = self.next_of_the_bulk.fetch_add(1, Relaxed) as usize;
        (next < self.load.bulk()).then_some(Task::Bulk(next))
    }

    /// Takes the next urgent task, if its time has come.
    fn next_urgent_if_due(&self) -> Option<Task> {
        let is_due = |next| {
            next < self.load.urgent() as u64
                && self.is_due(Task::Urgent(next as usize))
        };
        let after = |next| is_due(next).then_some(next + 1);
        let taken = self.next_urgent.fetch_update(Relaxed, Relaxed, after).ok()?;
        Some(Task::Urgent(taken as usize))
    }
    // ANCHOR_END: queue

    /// How long it is until the next urgent task arrives. If there is none, that is longer than any run takes.
    fn until_next_urgent(&self) -> Duration {
        let next = self.next_urgent.load(Relaxed) as usize;
        if next < self.load.urgent() {
            self.until(Task::Urgent(next))
        } else {
            lab::team::LIMIT
        }
    }

    /// Does the remaining urgent tasks, one after the other, and sleeps until each of them arrives.
    fn later_ones(&self) -> impl Iterator<Item = Done> {
        let next = || {
            Some(self.next_urgent.fetch_add(1, Relaxed) as usize)
                .filter(|next| *next < self.load.urgent())
        };
        iter::from_fn(next).map(Task::Urgent).map(|task| {
            thread::sleep(self.until(task));
            self.does(task)
        })
    }

    fn ended(&self, workers: Vec<Vec<Done>>) -> Run {
        Run { began: self.began.load(Relaxed), workers }
    }
}

/// How long the calling thread has had a CPU. We don't ask getrusage(2), which on many kernels counts whole ticks of some
/// milliseconds. Source: clock_gettime(2).
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
