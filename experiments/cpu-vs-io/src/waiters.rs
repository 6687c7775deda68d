//! What a waiter takes in memory, seen while all of them wait.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use lab::memory::Footprint;
use lab::process;

use crate::server::Server;
use crate::{Job, Request, Variant, Work, serial};

/// The longest that it may take until all wait.
const LIMIT: Duration = Duration::from_secs(15);

/// How long the server lets them wait, in milliseconds: longer than it takes to look at them. They are ended then.
const DELAY: u32 = 120_000;

/// What each of so many waiters adds to what the same process takes with one request and nobody beside it, in bytes: pages of its
/// own, its share of those that several processes map, and page tables. The kernel's stacks and sockets aren't in it.
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

/// What a process and its children take that do a job of requests, when the server has received all of them.
fn held(
    run: fn(&Job) -> io::Result<u64>,
    server: &Server,
    job: Job,
) -> io::Result<u64> {
    // Those that were ended before have to be gone.
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
                io::Error::other("not all of them waited at once")
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
