//! WRITE: what the workers do, and what the variants differ in.

use std::io;

use lab::{Span, processes, threads, work};

/// A way to do it, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Lets this many workers each take this many square roots.
    pub run: fn(usize, u64) -> io::Result<Done>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Done {
    /// The sum that each worker came to.
    pub sums: Vec<f64>,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// All variants.
pub const VARIANTS: [Variant; 2] =
    [Variant { name: "threads", run: by_threads }, Variant { name: "processes", run: by_processes }];

// ANCHOR: variants
/// Each worker is a thread.
pub fn by_threads(workers: usize, roots: u64) -> io::Result<Done> {
    let team = threads(workers, |_| work::square_roots(0..roots))?;
    Ok(Done { sums: team.results, spans: team.spans })
}

/// Each worker is a process, and hands its sum over by a pipe.
pub fn by_processes(workers: usize, roots: u64) -> io::Result<Done> {
    let team = processes(workers, |_| work::square_roots(0..roots))?;
    Ok(Done { sums: team.results, spans: team.spans })
}
// ANCHOR_END: variants
