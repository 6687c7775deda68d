//! A pool with a thread for each question, which nobody ends: each call leaves as many threads behind.

use std::mem;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(questions).build().unwrap();
    let answers = pool.broadcast(|thread| ask(thread.index()));
    mem::forget(pool);
    answers
}
