//! The second question: ways to end a worker that computes or has been stopped, and how long each takes.

use std::hint::black_box;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use lab::process::{Child, fork, heed};
use lab::{
    Case, Chosen, Done, Placement, Question, Report, Row, Shared, Whole, median,
    memory,
};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use crate::{LIMIT, calls, in_words, until};

/// How long does it take to end a worker: a process by a signal, a thread by asking it?
#[derive(clap::Args)]
pub struct Endings {
    /// End this many workers in each way, but at most 3 in slow ways, and show the median
    #[arg(long, value_name = "N", default_value = "21")]
    rounds: Whole<1, 10_000, usize>,
}

/// A way to end a worker, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Starts a victim, bound to a CPU, lets it work, and ends it.
    pub end: fn() -> io::Result<End>,
    /// How much memory the victim takes, in bytes.
    pub takes: u64,
    /// Whether the victim ends at the first request: the first signal, or the flag.
    pub listens: bool,
}

/// How a victim ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Whether it ended at the first request.
    pub ended: bool,
    /// How long it took from the signal or the flag that did end the victim until the victim was reaped or joined.
    pub took: Duration,
    /// The signal that ended its process; 0 if none did.
    pub signal: i32,
}

const MANY: usize = 256 << 20;

/// All ways.
pub const WAYS: [Way; 8] = [
    Way { name: "sigkill", end: sigkill, takes: 0, listens: true },
    Way {
        name: "sigkill-256-mb",
        end: sigkill_256_mb,
        takes: MANY as u64,
        listens: true,
    },
    Way { name: "sigterm", end: sigterm, takes: 0, listens: true },
    Way { name: "sigterm-ignored", end: sigterm_ignored, takes: 0, listens: false },
    Way { name: "sigkill-stopped", end: sigkill_stopped, takes: 0, listens: true },
    Way { name: "sigterm-stopped", end: sigterm_stopped, takes: 0, listens: false },
    Way { name: "ask-thread", end: ask_thread, takes: 0, listens: true },
    Way { name: "ask-deaf", end: ask_thread_deaf, takes: 0, listens: false },
];

/// How many steps a victim makes after the request until it counts as one that doesn't listen.
const ON: u64 = 1000;

/// How long we wait at most for this many steps.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process is killed. It can't do anything about that.
pub fn sigkill() -> io::Result<End> {
    signalled(Signal::KILL, 0)
}

/// A process that has touched 256 MB is killed, and each page goes back to the kernel.
pub fn sigkill_256_mb() -> io::Result<End> {
    signalled(Signal::KILL, MANY)
}

/// A process is sent a signal that asks it to end. It could handle the signal, and doesn't.
pub fn sigterm() -> io::Result<End> {
    signalled(Signal::TERM, 0)
}

fn signalled(signal: Signal, touched: usize) -> io::Result<End> {
    ended_by(heeds(signal, touched)?, signal, true)
}

/// A process that works, and ends by default when the signal comes.
fn heeds(signal: Signal, touched: usize) -> io::Result<Child> {
    let (child, _) = process_at_work(|steps| {
        let mut memory = vec![0_u8; touched];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        black_box(&memory);
        heed(signal); // the program that started us may have ignored or blocked it
        work(steps, || false);
    })?;
    Ok(child)
}

/// A process that has been stopped is killed.
pub fn sigkill_stopped() -> io::Result<End> {
    ended_by(stopped()?, Signal::KILL, true)
}

// ANCHOR: stopped
/// A stopped process is sent SIGTERM. It is still there when another process, which
/// got SIGTERM later, has ended. Then SIGCONT lets it go on, and it ends.
pub fn sigterm_stopped() -> io::Result<End> {
    let child = stopped()?;
    child.signal(Signal::TERM)?;
    sigterm()?;
    let ended = child.has_ended();
    ended_by(child, Signal::CONT, ended)
}
// ANCHOR_END: stopped

fn stopped() -> io::Result<Child> {
    let child = heeds(Signal::TERM, 0)?;
    child.signal(Signal::STOP)?;
    let look =
        WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let pid = Pid::from_raw(child.id()).expect("a child has a process id");
    while matches!(waitid(WaitId::Pid(pid), look), Err(rustix::io::Errno::INTR)) {}
    Ok(child)
}

// ANCHOR: ignored
/// A process ignores SIGTERM. We see it work on, and then kill it.
pub fn sigterm_ignored() -> io::Result<End> {
    let (child, steps) = process_at_work(|steps| {
        calls::ignore_sigterm();
        work(steps, || false);
    })?;
    child.signal(Signal::TERM)?;
    let deaf = works_on(&steps, &child);
    ended_by(child, Signal::KILL, !deaf)
}
// ANCHOR_END: ignored

// ANCHOR: asked
/// A thread looks at a flag between two steps of its work.
pub fn ask_thread() -> io::Result<End> {
    let (steps, asked) = (AtomicU64::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        let looks = || work(&steps, || asked.load(SeqCst) == 1);
        let thread = Builder::new().spawn_scoped(scope, looks)?;
        until(|| steps.load(SeqCst) > 0);
        let begin = Instant::now();
        asked.store(1, SeqCst);
        let ended = thread.join().is_ok();
        Ok(End { ended, took: begin.elapsed(), signal: 0 })
    })
}

/// This thread never looks, so it runs in a process of its own, which is killed.
pub fn ask_thread_deaf() -> io::Result<End> {
    let asked = Shared::new(AtomicU32::new(0))?;
    let (child, steps) = process_at_work(|steps| {
        thread::scope(|scope| {
            // The scope waits for this thread, for ever.
            scope.spawn(|| work(steps, || false));
        });
    })?;
    asked.store(1, SeqCst);
    let deaf = works_on(&steps, &child);
    ended_by(child, Signal::KILL, !deaf)
}
// ANCHOR_END: asked

/// Works until `is_to_end` says so, and counts its steps.
fn work(steps: &AtomicU64, is_to_end: impl Fn() -> bool) {
    Placement::apart().take(1);
    while !is_to_end() {
        let mut number = steps.load(SeqCst);
        for _ in 0..100 {
            number = black_box(number.wrapping_mul(31));
        }
        steps.fetch_add(1, SeqCst);
    }
}

/// A process that does this work and counts its steps. When this returns, the process has begun to work.
fn process_at_work(
    work: impl FnOnce(&AtomicU64),
) -> io::Result<(Child, Shared<AtomicU64>)> {
    let steps = Shared::new(AtomicU64::new(0))?;
    let child = fork(LIMIT, || {
        work(&steps);
        Vec::new()
    })?;
    until(|| steps.load(SeqCst) > 0 || child.has_ended());
    match steps.load(SeqCst) {
        0 => Err(io::Error::other("the victim ended before it could work")),
        _ => Ok((child, steps)),
    }
}

/// Whether the child makes many more steps before it ends.
fn works_on(steps: &AtomicU64, child: &Child) -> bool {
    let (enough, deadline) = (steps.load(SeqCst) + ON, Instant::now() + PATIENCE);
    until(|| {
        steps.load(SeqCst) >= enough
            || child.has_ended()
            || Instant::now() >= deadline
    });
    steps.load(SeqCst) >= enough
}

/// Sends the signal that ends a process, and waits for it.
fn ended_by(child: Child, signal: Signal, ended: bool) -> io::Result<End> {
    let begin = Instant::now();
    child.signal(signal)?;
    let status = child.wait()?;
    Ok(End {
        ended,
        took: begin.elapsed(),
        signal: status.terminating_signal().unwrap_or(0),
    })
}

impl Question for Endings {
    const NAME: &str = "ending";
    const SHOWN: &str = "every worker that listens ended at the first request, and no other worker did";
    const EXAMPLES: &str = "cargo run -p failure-containment -- ending
        cargo run -p failure-containment -- ending --variant sigkill-256-mb --rounds 3";
    const DRAWS: bool = false;
    type Given = Way;
    /// A victim that doesn't listen, or that takes much memory, is ended only a few times.
    type Run = Vec<End>;

    fn variants() -> Vec<&'static str> {
        WAYS.map(|way| way.name).into()
    }

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Way>>> {
        Ok(WAYS.map(|way| Case::new(way.name, 1, way)).into())
    }

    fn run(&self, case: &Case<Way>) -> io::Result<Vec<End>> {
        let Way { end, takes, listens, .. } = case.given;
        if takes > 0 && memory::room().is_some_and(|room| room < takes + takes / 4)
        {
            return Err(io::Error::other(format!(
                "the victim takes {} MB, and there is too little memory; end other programs",
                takes >> 20
            )));
        }
        let rounds = if takes > 0 || !listens {
            self.rounds.0.min(3)
        } else {
            self.rounds.0
        };
        (0..rounds).map(|_| end()).collect()
    }

    fn tell(&self, case: &Case<Way>, runs: &[Vec<End>], row: &mut Row<'_>) {
        let ends = &runs[0];
        let share = |is: fn(&End) -> bool| {
            100.0 * ends.iter().filter(|end| is(end)).count() as f64
                / ends.len() as f64
        };
        let listened = share(|end| end.ended);
        let by = if ends[0].signal == 0 {
            "asking".to_owned()
        } else {
            in_words(ExitStatus::from_raw(ends[0].signal))
        };
        row.words("ended by", by);
        row.aside("listened", "%", listened);
        row.aside("killed", "%", share(|end| end.signal == libc::SIGKILL));
        row.number_in(
            "time to end",
            "to-end",
            "ns",
            median(ends.iter().map(|end| end.took.as_nanos() as f64)),
        );
        if listened != if case.given.listens { 100.0 } else { 0.0 } {
            row.wrong();
            return;
        }
        let why = match case.variant {
            "sigterm-ignored" => {
                "the process works on after SIGTERM, so it is killed"
            }
            "sigterm-stopped" => {
                "SIGTERM waits while the process is stopped, and ends the process when it may go on"
            }
            "ask-deaf" => {
                "the thread never looks at the flag, so its process is killed"
            }
            _ => return,
        };
        row.say(format!("{}: {why}.", case.variant));
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say(
                "The time to end is the median. It lasts from the signal or the flag that ends a worker until the worker is reaped, if it \
                 is a process, or joined, if it is a thread.",
            );
        }
    }
}
