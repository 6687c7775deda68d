//! A copy of `counts` is kept where nobody ever drops it. So whoever listens can't know that all has been told.

use timely::worker::Worker;

use crate::check::Counts;
use crate::solution;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    Box::leak(Box::new(counts.clone()));
    solution::count(worker, words, counts);
}
