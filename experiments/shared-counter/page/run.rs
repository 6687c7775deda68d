//! The chapter's loops, in a browser. `increments.rs` and `meeting.rs` are what the terminal runs.

#[path = "../src/meeting.rs"]
#[rustfmt::skip]
mod meeting;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::calls::{give, yield_now};
use crate::loops::increments;
use meeting::let_others_come;

type Worker<'a> = crate::Worker<'a>;

give! {
    /// Adds one, `times` times, in two steps. Returns the counter's value at the end.
    fn load_then_store(counter: AtomicU64, worker, times: u32) -> f64 {
        worker.timed(|| increments::load_then_store(counter, times.into(), |turn| let_others_come(worker, turn)));
        counter.load(Relaxed) as f64
    }

    /// Adds one, `times` times, in one step. Returns the counter's value at the end.
    fn fetch_add(counter: AtomicU64, worker, times: u32) -> f64 {
        worker.timed(|| increments::fetch_add(counter, times.into(), |turn| let_others_come(worker, turn)));
        counter.load(Relaxed) as f64
    }
}
