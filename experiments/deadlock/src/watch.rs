//! Watching a team that may hang: the team works in child processes with a deadline, and the parent reads the wait-for graph.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use lab::memory::Footprint;
use lab::process::{self, Child};
use lab::progress;
use lab::trace::Event;
use lab::{Placement, Shared};

use crate::graph::{Graph, Link, Of, What};
use crate::kernel;
use crate::lock::{Pipe, Worker};

/// How long a team may take, before its processes are killed. A deadlock is found long before.
pub const LIMIT: Duration = Duration::from_secs(60);

/// How often the parent looks at the graph.
const LOOK: Duration = Duration::from_millis(1);

/// What is to be run, and how closely it is looked at.
#[derive(Clone, Debug)]
pub struct Scene {
    /// How many philosophers sit at the table.
    pub philosophers: usize,
    /// How many workers need the same lock.
    pub workers: usize,
    /// How often each worker of a variant that finishes does its work.
    pub runs: u64,
    /// How long a worker computes before it takes a lock, and while it holds one.
    pub pace: Duration,
    /// Where threads run.
    pub placement: Placement,
    /// Whether to ask the kernel about workers that hang.
    pub look_closely: bool,
    /// Whether to ask gdb too.
    pub backtrace: bool,
    /// How long hanging processes are kept, for a look with other tools.
    pub keep: Duration,
}

impl Scene {
    /// One run without workers, without a close look.
    pub const PLAIN: Self = Self {
        philosophers: 0,
        workers: 0,
        runs: 1,
        pace: Duration::ZERO,
        placement: Placement::FREE,
        look_closely: false,
        backtrace: false,
        keep: Duration::ZERO,
    };
}

/// What a variant's workers wait for.
#[derive(Clone, Copy, Debug)]
pub enum Things<'a> {
    /// Locks: A, B.
    Locks,
    /// This many forks: fork 0, fork 1. The next two numbers stand for the whole table and for its waiter.
    Forks(usize),
    /// Room in pipes: pipe A, pipe B.
    Pipes(&'a [Pipe]),
}

/// How a team ended, and what it left to look at.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The deadlock, if there was one. Otherwise the team finished its work.
    pub deadlock: Option<Deadlock>,
    /// What the workers counted: retries, bytes.
    pub counted: u64,
    /// By how many bytes the private memory of the team's processes grew while the team worked; nothing if the system doesn't
    /// tell.
    pub grown: Option<i64>,
    /// What each worker did, by its name.
    pub timeline: Vec<(String, Vec<Event>)>,
}

/// A deadlock that was found.
#[derive(Clone, Debug)]
pub struct Deadlock {
    /// The workers in the cycle; each waits for the next, and the last for the first.
    pub links: Vec<Link>,
    /// The cycle in words.
    pub cycle: String,
    /// The time from the beginning of the last wait to the discovery of the cycle.
    pub after: Duration,
    /// What the kernel shows of the workers, in words; empty if it wasn't asked.
    pub kernel: String,
    /// What gdb shows of the workers, or why it shows nothing; empty if it wasn't asked.
    pub backtrace: String,
}

impl Things<'_> {
    fn name(self, number: usize) -> String {
        let letter = || {
            char::from(
                b'A' + u8::try_from(number).expect("there are few locks and pipes"),
            )
        };
        match self {
            Self::Forks(forks) if number == forks => "the table".to_owned(),
            Self::Forks(forks) if number > forks => "the waiter".to_owned(),
            Self::Forks(_) => format!("fork {number}"),
            Self::Locks => letter().to_string(),
            Self::Pipes(_) => format!("room in pipe {}", letter()),
        }
    }

    /// Whether the thing that a worker waits for can't be had right now. A lock is taken as long as the graph says so, since its
    /// holder tells the graph before it gives the lock back. The reader of a pipe can't do that: it makes room, and the writer
    /// may take a while to wake up and tell the graph. So this asks the pipe.
    fn are_taken(self, link: &Link) -> bool {
        match self {
            Self::Locks | Self::Forks(_) => true,
            Self::Pipes(pipes) => !pipes[link.wants].has_room(),
        }
    }

    /// What the worker of a link holds and waits for, in words.
    fn describe(self, who: &str, link: &Link) -> String {
        let (worker, holder, wants) =
            (link.worker, link.holder, self.name(link.wants));
        if let Self::Pipes(_) = self {
            return format!(
                "{who} {worker} waits for {wants}, which only {who} {holder} drains"
            );
        }
        let holds: Vec<String> =
            link.holds.iter().map(|lock| self.name(*lock)).collect();
        let holder = if worker == holder {
            "it holds itself".to_owned()
        } else {
            format!("{who} {holder} holds")
        };
        format!(
            "{who} {worker} holds {} and waits for {wants}, which {holder}",
            holds.join(" and ")
        )
    }
}

/// Runs `work` on this many threads of one child process, and watches the threads.
///
/// # Errors
/// The system refuses the process, a thread or a mapping; a worker panics; the team is neither done nor deadlocked at its
/// deadline.
pub fn threads(
    scene: &Scene,
    workers: usize,
    things: Things<'_>,
    work: impl Fn(&Worker<'_>) + Sync,
) -> io::Result<Ending> {
    let graph = Graph::new(workers)?;
    let child = process::fork(LIMIT + scene.keep, || {
        be_looked_at(scene);
        let team = lab::threads_on(&scene.placement, workers, |team| {
            live(scene, &graph, team, team.number == 0, &work);
        });
        graph.of(0, Of::MemoryAfter).store(memory(), Relaxed);
        team.map_or_else(|error| error.to_string().into_bytes(), |_| Vec::new())
    })?;
    let process = child.id();
    watch(scene, &graph, vec![child], ("thread", things), |_| process)
}

/// Runs `work` on this many child processes, and watches the processes.
///
/// # Errors
/// As for [`threads`].
pub fn processes(
    scene: &Scene,
    workers: usize,
    things: Things<'_>,
    work: impl Fn(&Worker<'_>),
) -> io::Result<Ending> {
    let graph = Graph::new(workers)?;
    let arrived = Shared::new(AtomicU32::new(0))?;
    let start = |number| {
        process::fork(LIMIT + scene.keep, || {
            be_looked_at(scene);
            let team = &lab::Worker::new(number, workers, &arrived);
            team.meet();
            live(scene, &graph, team, true, &work);
            graph.of(number, Of::MemoryAfter).store(memory(), Relaxed);
            Vec::new()
        })
    };
    let children = (0..workers).map(start).collect::<io::Result<Vec<Child>>>()?;
    let ids: Vec<i32> = children.iter().map(Child::id).collect();
    watch(scene, &graph, children, ("process", things), |worker| ids[worker])
}

/// Lets gdb attach even if a security module allows a debugger to look at its own children only. Source: prctl(2),
/// `PR_SET_PTRACER`, and *Yama* in Linux's documentation.
fn be_looked_at(scene: &Scene) {
    #[cfg(target_os = "linux")]
    if scene.backtrace || !scene.keep.is_zero() {
        // Without Yama there is neither this call nor the ban.
        let _ = rustix::process::set_ptracer(rustix::process::PTracer::Any);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = scene;
}

/// The life of a worker, from its first note to its last. One worker of each process `measures` how much memory the process
/// has before.
fn live(
    scene: &Scene,
    graph: &Graph,
    team: &lab::Worker<'_>,
    measures: bool,
    work: &impl Fn(&Worker<'_>),
) {
    #[cfg(target_os = "linux")]
    graph
        .of(team.number, Of::Task)
        .store(rustix::thread::gettid().as_raw_nonzero().get() as u64, Relaxed);
    if measures {
        graph.of(team.number, Of::MemoryBefore).store(memory(), Relaxed);
    }
    team.meet();
    graph.note(team.number, What::Starts, 0);
    let worker = Worker {
        number: team.number,
        team,
        graph: Some(graph),
        pace: scene.pace,
        gives_way: true,
    };
    work(&worker);
    worker.is_done();
}

/// The memory of this process without pages of files, in bytes; 0 if the system doesn't tell.
fn memory() -> u64 {
    Footprint::own().map_or(0, |footprint| footprint.anonymous)
}

/// Looks at the graph again and again, until the children have ended or workers wait in a cycle.
fn watch(
    scene: &Scene,
    graph: &Graph,
    mut children: Vec<Child>,
    (who, things): (&'static str, Things<'_>),
    process_of: impl Fn(usize) -> i32,
) -> io::Result<Ending> {
    let deadline = Instant::now() + LIMIT;
    let cycle = loop {
        if process::ended_by(&mut children, Instant::now() + LOOK)? {
            break None;
        }
        if let Some(links) = graph.cycle(|link| things.are_taken(link)) {
            break Some(links);
        }
        if Instant::now() >= deadline {
            let why = "though no workers wait in a circle; give fewer --runs or a smaller --pace";
            let what = format!(
                "its work was not done within {} s, {why}",
                LIMIT.as_secs()
            );
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
    };
    let found = graph.now();
    let grown = |worker: usize| {
        let told = |of| {
            Some(graph.of(worker, of).load(Relaxed)).filter(|bytes| *bytes > 0)
        };
        let before = told(Of::MemoryBefore)?;
        let after = match cycle {
            Some(_) => Footprint::of(process_of(worker))
                .ok()
                .map(|footprint| footprint.anonymous),
            None => told(Of::MemoryAfter),
        };
        Some(after? as i64 - before as i64)
    };
    let grown = (0..children.len()).map(grown).sum();
    let workers = graph.timeline(found, |lock| things.name(lock));
    let named = workers
        .into_iter()
        .enumerate()
        .map(|(number, events)| (format!("{who} {number}"), events));
    let (counted, timeline) = (graph.counted(), named.collect());
    let deadlock = cycle.map(|links| {
        let after = Duration::from_nanos(
            found.saturating_sub(graph.complete_since(&links)),
        );
        let folder = |worker| {
            format!(
                "/proc/{}/task/{}",
                process_of(worker),
                graph.of(worker, Of::Task).load(Relaxed)
            )
        };
        let folders: Vec<_> =
            links.iter().map(|link| (link.worker, folder(link.worker))).collect();
        let cycle = links
            .iter()
            .map(|link| things.describe(who, link))
            .collect::<Vec<_>>()
            .join("; ");
        let kernel = if scene.look_closely {
            kernel::shows(who, &folders)
        } else {
            String::new()
        };
        let looked_at = children.iter().filter(|_| scene.backtrace);
        let backtrace =
            looked_at.map(|child| kernel::backtrace(child.id())).collect();
        Deadlock { links, cycle, after, kernel, backtrace }
    });
    if deadlock.is_some() {
        keep(scene, &mut children);
        return Ok(Ending { deadlock, counted, grown, timeline });
    }
    // A child that could not start its workers says why.
    match children.into_iter().map(Child::said).find(|said| !said.is_empty()) {
        Some(why) => {
            Err(io::Error::other(String::from_utf8_lossy(&why).into_owned()))
        }
        None => Ok(Ending { deadlock, counted, grown, timeline }),
    }
}

/// Leaves hanging processes as they are for a while, and says how to look at them.
fn keep(scene: &Scene, children: &mut [Child]) {
    if scene.keep.is_zero() {
        return;
    }
    for child in &*children {
        let (id, seconds) = (child.id(), scene.keep.as_secs());
        progress::say(&format!(
            "process {id} stays for {seconds} s: look at it with `gdb -p {id}` or `top -H -p {id}`"
        ));
    }
    let _ = process::ended_by(children, Instant::now() + scene.keep);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_room_ends_when_there_is_room() {
        let pipes = [Pipe::new(0).unwrap(), Pipe::new(1).unwrap()];
        let graph = Graph::new(2).unwrap();
        for worker in 0..2 {
            graph.serves(1 - worker, worker);
            graph.waits(worker, worker);
        }
        let things = Things::Pipes(&pipes);
        assert!(graph.cycle(|_| true).is_some());
        assert_eq!(graph.cycle(|link| things.are_taken(link)), None);
        let arrived = AtomicU32::new(0);
        let team = lab::Worker::new(0, 1, &arrived);
        for pipe in &pipes {
            while pipe.has_room() {
                pipe.write(libc::PIPE_BUF, &Worker::unwatched(&team));
            }
        }
        assert!(graph.cycle(|link| things.are_taken(link)).is_some());
        pipes[0].read(libc::PIPE_BUF);
        assert_eq!(graph.cycle(|link| things.are_taken(link)), None);
    }
}
