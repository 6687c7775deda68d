//! Runs of the engine: threads of one process, or processes that are connected over TCP. All of this happens in child processes
//! with a deadline, because the engine itself would wait for ever.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use lab::process::{Child, fork, gather, hand_over};
use rustix::process::Signal;
use rustix::stdio::dup2_stdout;
use serde::{Deserialize, Serialize};
use timely::WorkerConfig;
use timely::communication::allocator::ProcessBuilder;
use timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use timely::communication::{AllocatorBuilder, Config, Hooks};
use timely::dataflow::operators::Probe;
use timely::dataflow::operators::vec::ToStream;
use timely::worker::Worker;

use crate::Work;

/// How long a run on this machine may take, from start to end.
pub const LIMIT: Duration = Duration::from_secs(60);

/// How long processes may take that the engine connects in its own way.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which work to do, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// The kind of work.
    pub work: Work,
    /// How many rows or edges there are.
    pub size: usize,
}

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct Run {
    /// The result.
    pub total: u64,
    /// From the first connection until all workers were connected and had heard from each other.
    pub start_up: Duration,
    /// From then until all workers had done their part and the result was in one place.
    pub work: Duration,
    /// From then until the last process was gone.
    pub end: Duration,
    /// For each of our processes, when it was ready and when it was done, in nanoseconds since the run began.
    pub processes: Vec<[u64; 2]>,
}

impl Run {
    /// The time of the whole run.
    pub fn elapsed(&self) -> Duration {
        self.start_up + self.work + self.end
    }
}

/// What one process hands over: when it was ready and done, in nanoseconds since the run began, and its part of the result.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Part {
    ready: u64,
    done: u64,
    total: u64,
}

impl Part {
    /// Both parts together, which are ready and done when the last of them is.
    fn with(self, other: Self) -> Self {
        Self {
            ready: self.ready.max(other.ready),
            done: self.done.max(other.done),
            total: self.total + other.total,
        }
    }
}

/// The connections of a process: one to each process of its cluster, and none in its own place.
pub type Sockets = Vec<Option<TcpStream>>;

/// What the engine makes its workers of, and the threads that serve their connections.
type Connected = (Vec<AllocatorBuilder>, Box<dyn std::any::Any + Send>);

/// The work on this many threads of one process.
///
/// # Errors
/// The system refuses the process or a thread, or the work takes longer than [`LIMIT`].
pub fn threads(task: Task, workers: usize) -> io::Result<Run> {
    let launched = Instant::now();
    let child = fork(LIMIT, || {
        take_part(
            launched,
            move || Config::Process(workers).try_build(),
            task,
            || (),
        )
    })?;
    gathered(vec![child], launched, LIMIT)
}

/// The work on this many processes of one thread each, which are connected over TCP through this machine's loopback device.
///
/// # Errors
/// As [`threads`], or the system refuses a port or a connection.
pub fn processes(task: Task, workers: usize) -> io::Result<Run> {
    let launched = Instant::now();
    let mut all = connections(workers)?;
    let children = (0..workers)
        .map(|me| forked(&mut all, me, launched, task, || ()))
        .collect::<io::Result<_>>()?;
    drop(all);
    gathered(children, launched, LIMIT)
}

/// This process's part of the work of several processes, which are connected already and may be on several hosts.
///
/// # Errors
/// The system refuses the process, a peer is lost, or the work isn't done within `limit`.
pub fn one_of(
    sockets: Sockets,
    me: usize,
    task: Task,
    launched: Instant,
    limit: Duration,
) -> io::Result<Run> {
    let child = fork(limit, move || {
        take_part(launched, move || connected(sockets, me), task, || ())
    })?;
    gathered(vec![child], launched, launched.elapsed() + limit)
}

/// Connects each of this many processes with every other. The processes aren't forked yet.
fn connections(processes: usize) -> io::Result<Vec<Sockets>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut all: Vec<Sockets> =
        (0..processes).map(|_| (0..processes).map(|_| None).collect()).collect();
    for (one, other) in
        (0..processes).flat_map(|one| (0..one).map(move |other| (one, other)))
    {
        let called = TcpStream::connect(listener.local_addr()?)?;
        // Any program on this machine may call here, so look who it was.
        let answered = loop {
            let (answered, caller) = listener.accept()?;
            if caller == called.local_addr()? {
                break answered;
            }
        };
        called.set_nodelay(true)?;
        answered.set_nodelay(true)?;
        (all[one][other], all[other][one]) = (Some(called), Some(answered));
    }
    Ok(all)
}

/// Forks one of the processes, which calls `at_work` when it begins its part. The caller must drop the connections afterwards.
fn forked(
    all: &mut Vec<Sockets>,
    me: usize,
    launched: Instant,
    task: Task,
    at_work: impl Fn() + Send + Sync + 'static,
) -> io::Result<Child> {
    fork(LIMIT, || {
        let mine = std::mem::take(&mut all[me]);
        // A fork copies the connections of all processes. As long as somebody has a copy, nobody hears that its owner has died.
        all.clear();
        take_part(launched, move || connected(mine, me), task, at_work)
    })
}

/// How two processes start if the engine connects them in its own way.
///
/// # Errors
/// As [`processes`], or another program took a port at that moment.
pub fn own_start(task: Task) -> io::Result<Run> {
    // The engine wants addresses instead of listeners, so the ports are free again for a moment.
    let listeners =
        [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    let addresses = [
        listeners[0].local_addr()?.to_string(),
        listeners[1].local_addr()?.to_string(),
    ];
    drop(listeners);
    let launched = Instant::now();
    let start = |me| {
        fork(PATIENCE, || {
            // The engine says on stdout that it waits, but stdout is for our results.
            let silent = File::options()
                .write(true)
                .open("/dev/null")
                .and_then(|null| Ok(dup2_stdout(null)?));
            match silent {
                Ok(()) => {
                    let addresses = addresses.to_vec();
                    let all = Config::Cluster {
                        threads: 1,
                        process: me,
                        addresses,
                        report: false,
                        zerocopy: false,
                    };
                    take_part(launched, || all.try_build(), task, || ())
                }
                Err(error) => hand_over::<Part>(Err(error)),
            }
        })
    };
    gathered(vec![start(0)?, start(1)?], launched, PATIENCE)
}

/// Kills one of two processes when both are at work. Returns how long it took from then until the survivor had ended, too, and
/// what the survivor said was wrong. If it noticed nothing and came to a result, it said nothing.
///
/// # Errors
/// As [`processes`], or the survivor doesn't end within [`LIMIT`].
pub fn kill_one(task: Task) -> io::Result<(Duration, Option<String>)> {
    let launched = Instant::now();
    let mut all = connections(2)?;
    let (reads, writes) = io::pipe()?;
    let writes = Arc::new(writes);
    let mut children = Vec::new();
    for me in 0..2 {
        let writes = writes.clone();
        // If this fails, the process isn't seen at work, and we notice that.
        children.push(forked(&mut all, me, launched, task, move || {
            drop((&*writes).write_all(b"."));
        })?);
    }
    drop((all, writes));
    // The children end by themselves at their limit. Then nobody has the other end, and the read ends.
    (&reads)
        .read_exact(&mut [0; 2])
        .map_err(|_| io::Error::other("a process ended before it began to work"))?;
    let victim = children.pop().expect("there are two processes");
    let killed = Instant::now();
    victim.signal(Signal::KILL)?;
    victim.wait()?;
    let said = gather(children, launched + LIMIT)?;
    Ok((killed.elapsed(), read_back(&said[0])?.err()))
}

/// Waits for the processes of this machine, and puts their parts together.
fn gathered(
    children: Vec<Child>,
    launched: Instant,
    limit: Duration,
) -> io::Result<Run> {
    let said = gather(children, launched + limit)?;
    let ended = launched.elapsed();
    let (mut parts, mut complaints) = (Vec::new(), Vec::new());
    for said in said {
        match read_back(&said)? {
            Ok(part) => parts.push(part),
            Err(why) => complaints.push(why),
        }
    }
    // A process that lost a peer knows less about what went wrong than the peer itself.
    if let Some(why) = complaints.into_iter().min_by_key(|said| said.contains(LOST))
    {
        return Err(io::Error::other(why));
    }
    let processes = parts.iter().map(|part| [part.ready, part.done]).collect();
    let all = parts.into_iter().fold(Part::default(), Part::with);
    let (start_up, done) =
        (Duration::from_nanos(all.ready), Duration::from_nanos(all.done));
    Ok(Run {
        total: all.total,
        start_up,
        work: done - start_up,
        end: ended.saturating_sub(done),
        processes,
    })
}

fn read_back(said: &[u8]) -> io::Result<Result<Part, String>> {
    Ok(serde_json::from_slice(said)?)
}

/// What a process says that has lost a peer.
const LOST: &str = "a peer was lost";

/// One process's part, in a child of its own.
///
/// When a peer is lost, the engine's threads panic one after the other. Some of them panic while they unwind from another
/// panic, which aborts the process. The first thread knows the reason. So it tells the reason and stops, and this process
/// ends.
fn take_part(
    launched: Instant,
    connect: impl FnOnce() -> Result<Connected, String> + Send + 'static,
    task: Task,
    at_work: impl Fn() + Send + Sync + 'static,
) -> Vec<u8> {
    let (tell, told) = channel();
    let fails = tell.clone();
    panic::set_hook(Box::new(move |panic| {
        let why = panic.payload_as_str().unwrap_or("it panicked");
        // If there is no receiver, the process is ending already.
        let _ = fails.send(Err(
            match why.strip_prefix("timely communication error: ") {
                Some(why) => format!("{LOST}: {why}"),
                None => why.to_owned(),
            },
        ));
        loop {
            thread::park();
        }
    }));
    let work = move || tell.send(engine(launched, connect, task, at_work));
    let part = match thread::Builder::new().spawn(work) {
        Ok(_) => told.recv().expect("the hook lives as long as this process"),
        Err(error) => Err(format!("the system refused a thread: {error}")),
    };
    hand_over(part.map_err(io::Error::other))
}

// ANCHOR: engine
/// Starts the engine's workers of this process, and waits until they are done.
fn engine(
    launched: Instant,
    connect: impl FnOnce() -> Result<Connected, String>,
    task: Task,
    at_work: impl Fn() + Send + Sync + 'static,
) -> Result<Part, String> {
    let now = move || launched.elapsed().as_nanos() as u64;
    let (builders, threads) = connect()?;
    let workers = timely::execute::execute_from(
        builders,
        threads,
        WorkerConfig::default(),
        move |worker| {
            all_are_here(worker);
            at_work();
            let ready = now();
            let total = (task.work.share)(worker, task.size);
            Part { ready, done: now(), total }
        },
    )?;
    let parts =
        workers.join().into_iter().collect::<Result<Vec<Part>, String>>()?;
    Ok(parts.into_iter().fold(Part::default(), Part::with))
}

/// Waits for all workers: a dataflow without any records ends when every worker has
/// heard from every other.
fn all_are_here(worker: &mut Worker) {
    let probe = worker.dataflow::<(), _, _>(|scope| {
        std::iter::empty::<()>().to_stream(scope).probe().0
    });
    worker.step_or_park_while(None, || !probe.done());
}
// ANCHOR_END: engine

/// Connects the process with this number to its peers.
fn connected(sockets: Sockets, me: usize) -> Result<Connected, String> {
    let hooks = Hooks::default();
    let threads = ProcessBuilder::new_typed_vector(1, hooks.refill.clone(), None);
    let started =
        initialize_networking_from_sockets(threads, sockets, me, 1, hooks);
    let (builders, guard) = started.map_err(|error| error.to_string())?;
    Ok((builders.into_iter().map(AllocatorBuilder::Tcp).collect(), Box::new(guard)))
}
