//! How much memory a waiter takes. We look while all waiters wait.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use lab::memory::Footprint;
use lab::process;

use crate::server::Server;
use crate::{Job, Request, Variant, Work, serial};

/// How long it may take until all of them wait.
const LIMIT: Duration = Duration::from_secs(15);

/// How long the server would let them wait, in milliseconds. That is longer than it takes to look, and then we end them.
const DELAY: u32 = 120_000;

/// How many bytes each of this many waiters takes: its own pages, its share of pages that several processes map, and page tables.
/// What the same process takes with a single request is subtracted. The kernel's stacks and sockets aren't included.
///
/// # Errors
/// As for [`Variant::run`], or the kernel doesn't tell.
pub fn memory(
    variant: &Variant,
    server: &Server,
    waiters: u32,
    cpus: u32,
) -> io::Result<f64> {
    let work = Work::Request(Request { port: server.port, delay: DELAY });
    let one = held(serial, server, Job { work, tasks: 1, workers: 1 })?;
    let all = held(variant.run, server, variant.job(work, waiters, cpus))?;
    Ok(all.saturating_sub(one) as f64 / f64::from(waiters))
}

/// How many bytes a process with its children takes that does a job of requests, once the server has received all of them.
fn held(
    run: fn(&Job) -> io::Result<u64>,
    server: &Server,
    job: Job,
) -> io::Result<u64> {
    // The waiters of the case before have been ended, and must have gone.
    server.is_left()?;
    let deadline = Instant::now() + LIMIT;
    let mut child = [process::fork(2 * LIMIT, || process::hand_over(run(&job)))?];
    while server.clients() != u64::from(job.tasks) {
        if process::ended_by(&mut child, Instant::now())?
            || Instant::now() >= deadline
        {
            let [child] = child;
            let why = process::handed_over::<u64>(&child.said()).err();
            return Err(why.unwrap_or_else(|| {
                io::Error::other("not all requests were waiting at once")
            }));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let parent = child[0].id();
    let children =
        fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))
            .unwrap_or_default();
    let children = children.split_whitespace().map_while(|id| id.parse().ok());
    std::iter::once(parent)
        .chain(children)
        .map(|id| Footprint::of(id).map(|all| all.pss + all.page_tables))
        .sum()
}
