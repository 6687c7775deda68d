//! What a waiter takes in memory, seen while all of them wait.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use lab::memory::Footprint;
use lab::process;

use crate::server::{HELD, Server};
use crate::{Job, Request, Variant, Work, serial};

/// The longest that it may take until all wait.
const LIMIT: Duration = Duration::from_secs(15);

/// What each of so many waiters adds to what the same process takes with one request and nobody beside it, in bytes: pages of its
/// own, its share of those that several processes map, and page tables. The kernel's stacks and sockets aren't in it.
///
/// # Errors
/// As for [`Variant::run`], or the kernel doesn't tell.
pub fn memory(variant: &Variant, server: &Server, waiters: u32) -> io::Result<f64> {
    let one = held(serial, server, 1)?;
    let all = held(variant.run, server, waiters)?;
    Ok(all.saturating_sub(one) as f64 / f64::from(waiters))
}

/// What a process and its children take that do a job of so many requests, when the server has received all of them.
fn held(run: fn(&Job) -> io::Result<u64>, server: &Server, waiters: u32) -> io::Result<u64> {
    let deadline = Instant::now() + LIMIT;
    let request = Request { port: server.port, delay: HELD };
    let job = Job { work: Work::Request(request), tasks: waiters, workers: waiters };
    server.release(false);
    let mut child = [process::fork(LIMIT, || crate::told(run(&job)))?];
    while server.waiting() != u64::from(waiters) {
        if process::ended_by(&mut child, Instant::now())? || Instant::now() >= deadline {
            let [child] = child;
            let why = crate::heard(&child.said()).err();
            return Err(why.unwrap_or_else(|| io::Error::other("not all of them waited at once")));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let parent = child[0].id();
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    let children = children.split_whitespace().map_while(|id| id.parse().ok());
    let footprint = |id| Footprint::of(id).map(|all| all.pss + all.page_tables);
    let all = std::iter::once(parent).chain(children).map(footprint).sum();
    server.release(true);
    process::gather(child.into(), deadline)?;
    all
}
