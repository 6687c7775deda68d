//! Workers add one to a shared counter, again and again. Does every addition count?
//!
//! The variants differ in how a worker adds one, and in where the counter lies.

mod meeting;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::yield_now;

use lab::{Shared, Span, Worker, processes, threads};
use loops::increments::{fetch_add, load_then_store};
use meeting::let_others_come;

/// A way to count, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Runs this many workers, each of which adds one this many times.
    pub count: fn(usize, u64) -> io::Result<Count>,
    /// Whether workers that meet lose updates.
    pub loses: bool,
    /// By how much the number of additions is divided: 100 if an addition takes two system calls, otherwise 1.
    pub one_in: u64,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Count {
    /// The counter's value at the end.
    pub counted: u64,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// All variants.
pub const VARIANTS: [Variant; 6] = [
    Variant {
        name: "load-then-store-threads",
        count: load_then_store_threads,
        loses: true,
        one_in: 1,
    },
    Variant {
        name: "load-then-store-processes",
        count: load_then_store_processes,
        loses: true,
        one_in: 1,
    },
    Variant {
        name: "load-then-store-private",
        count: load_then_store_private,
        loses: false,
        one_in: 1,
    },
    Variant {
        name: "load-then-store-file",
        count: load_then_store_file,
        loses: true,
        one_in: 100,
    },
    Variant {
        name: "fetch-add-threads",
        count: fetch_add_threads,
        loses: false,
        one_in: 1,
    },
    Variant {
        name: "fetch-add-processes",
        count: fetch_add_processes,
        loses: false,
        one_in: 1,
    },
];

// ANCHOR: threads
/// Threads that share a counter in their memory.
pub fn load_then_store_threads(workers: usize, times: u64) -> io::Result<Count> {
    let counter = AtomicU64::new(0);
    let team = threads(workers, |worker| {
        load_then_store(&counter, times, |turn| let_others_come(worker, turn));
    })?;
    Ok(Count { counted: counter.into_inner(), spans: team.spans })
}
// ANCHOR_END: threads

// ANCHOR: processes
/// Processes that share a counter in a mapping.
pub fn load_then_store_processes(workers: usize, times: u64) -> io::Result<Count> {
    let counter = Shared::new(AtomicU64::new(0))?;
    let team = processes(workers, |worker| {
        load_then_store(&counter, times, |turn| let_others_come(worker, turn));
    })?;
    Ok(Count { counted: counter.load(Relaxed), spans: team.spans })
}
// ANCHOR_END: processes

// ANCHOR: private
/// Processes that share nothing: each counts in its own memory, and sends its
/// count through a pipe.
pub fn load_then_store_private(workers: usize, times: u64) -> io::Result<Count> {
    let counter = AtomicU64::new(0);
    let team = processes(workers, |worker| {
        // This counter is a copy: fork gave every child one of its own.
        load_then_store(&counter, times, |turn| let_others_come(worker, turn));
        counter.load(Relaxed)
    })?;
    assert_eq!(counter.load(Relaxed), 0, "a child's writes don't reach its parent");
    Ok(Count { counted: team.results.iter().sum(), spans: team.spans })
}
// ANCHOR_END: private

// ANCHOR: file
/// Processes that share a counter in a file, which all of them read and rewrite.
/// They share no memory.
pub fn load_then_store_file(workers: usize, times: u64) -> io::Result<Count> {
    // The file has no name, so it's gone when the last process closes it.
    let file = tempfile::tempfile().map_err(no_file)?;
    write(&file, 0)?;
    let team = processes(workers, |worker| {
        for turn in 0..times {
            let seen = read(&file).expect("the counter can be read");
            let_others_come(worker, turn);
            write(&file, seen + 1).expect("the counter can be written");
        }
    })?;
    Ok(Count { counted: read(&file)?, spans: team.spans })
}

fn read(file: &File) -> io::Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn write(file: &File, value: u64) -> io::Result<()> {
    file.write_all_at(&value.to_ne_bytes(), 0)
}
// ANCHOR_END: file

fn no_file(error: io::Error) -> io::Error {
    let folder = std::env::temp_dir();
    io::Error::new(
        error.kind(),
        format!(
            "can't make a file in {}: {error}; set TMPDIR to another folder",
            folder.display()
        ),
    )
}

/// Threads that share a counter, with one atomic step for each addition.
pub fn fetch_add_threads(workers: usize, times: u64) -> io::Result<Count> {
    let counter = AtomicU64::new(0);
    let team = threads(workers, |worker| {
        fetch_add(&counter, times, |turn| let_others_come(worker, turn));
    })?;
    Ok(Count { counted: counter.into_inner(), spans: team.spans })
}

/// Processes that share a counter in a mapping, with one atomic step for each addition.
pub fn fetch_add_processes(workers: usize, times: u64) -> io::Result<Count> {
    let counter = Shared::new(AtomicU64::new(0))?;
    let team = processes(workers, |worker| {
        fetch_add(&counter, times, |turn| let_others_come(worker, turn));
    })?;
    Ok(Count { counted: counter.load(Relaxed), spans: team.spans })
}
