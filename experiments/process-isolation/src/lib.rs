//! A worker writes. Does the other one see it, and where do both think that the written thing lies?
//!
//! The variants come in three families, each of one signature: what two workers hold [in their memory](places), what they
//! hold [in the kernel](handles), and what a write to [pages that a fork has copied](pages) costs. In each, thread and process
//! versions are siblings.

pub mod calls;
pub mod handles;
pub mod line;
pub mod pages;
pub mod places;

use std::io;
use std::time::{Duration, Instant};

use handles::Shift;
use lab::{process, team};
use pages::{Touch, Touched};
use places::Pair;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What all variants of a run have in common.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// The moment from which time stamps count.
    pub called: Instant,
    /// How long both workers stay after the write, to be looked at from outside.
    pub keep: Duration,
    /// How many pages the parent has touched before it forks.
    pub pages: usize,
}

/// A variant's work, by its family.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Two workers look at places in memory, one writes, and both look again.
    Places(fn(&Scene) -> io::Result<Pair>),
    /// One worker uses something that the kernel holds for both, and the other looks whether it has moved.
    Handles(fn(&Scene) -> io::Result<Shift>),
    /// Of pages that were touched before a fork, some are touched after it.
    Pages(fn(&Touch) -> io::Result<Touched>),
}

/// A variant, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// What it does.
    pub run: Run,
}

/// All variants.
pub const VARIANTS: [Variant; 15] = [
    Variant { name: "threads", run: Run::Places(places::threads) },
    Variant { name: "processes", run: Run::Places(places::processes) },
    Variant { name: "exec", run: Run::Places(places::exec) },
    Variant { name: "file-threads", run: Run::Handles(handles::file_threads) },
    Variant { name: "file-processes", run: Run::Handles(handles::file_processes) },
    Variant { name: "file-exec", run: Run::Handles(handles::file_exec) },
    Variant { name: "file-opened-anew", run: Run::Handles(handles::file_opened_anew) },
    Variant { name: "pipe-threads", run: Run::Handles(handles::pipe_threads) },
    Variant { name: "pipe-processes", run: Run::Handles(handles::pipe_processes) },
    Variant { name: "child-writes", run: Run::Pages(pages::child_writes) },
    Variant { name: "child-reads", run: Run::Pages(pages::child_reads) },
    Variant { name: "child-writes-huge", run: Run::Pages(pages::child_writes_huge) },
    Variant { name: "child-writes-shared", run: Run::Pages(pages::child_writes_shared) },
    Variant { name: "parent-writes", run: Run::Pages(pages::parent_writes) },
    Variant { name: "parent-writes-last", run: Run::Pages(pages::parent_writes_last) },
];

impl Scene {
    /// The longest that a child of it may take.
    pub fn limit(&self) -> Duration {
        team::LIMIT + self.keep
    }

    /// Nanoseconds since it was called.
    pub fn now(&self) -> u64 {
        self.called.elapsed().as_nanos() as u64
    }
}

/// What a child hands over, as bytes: its result, or why there is none.
pub(crate) fn hand_over<R: Serialize>(result: io::Result<R>) -> Vec<u8> {
    serde_json::to_vec(&result.map_err(|error| error.to_string())).expect("a result can be written as JSON")
}

/// What a child has handed over once it has ended, within so long.
pub(crate) fn take_over<R: DeserializeOwned>(child: process::Child, limit: Duration) -> io::Result<R> {
    let said = process::gather(vec![child], Instant::now() + limit)?.concat();
    serde_json::from_slice::<Result<R, String>>(&said)?.map_err(io::Error::other)
}
