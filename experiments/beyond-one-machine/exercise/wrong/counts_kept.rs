//! A copy of `counts` is kept where nobody ever drops it. So the receiver can't know that nothing more will come.

use timely::worker::Worker;

use crate::check::Counts;
use crate::solution;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    Box::leak(Box::new(counts.clone()));
    solution::count(worker, words, counts);
}
