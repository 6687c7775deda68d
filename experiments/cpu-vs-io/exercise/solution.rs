//! A solution of the exercise. Try your own before you read this.
//!
//! All threads are started before any is waited for: `collect` stands between the two. Without it, the iterator would start a
//! thread, wait for its end, and only then start the next.

use std::thread;

// ANCHOR: solution
/// Asks this many questions, from 0, and returns the answers in the order of the
/// questions.
pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    thread::scope(|scope| {
        let asked: Vec<_> = (0..questions)
            .map(|question| scope.spawn(move || ask(question)))
            .collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    })
}
// ANCHOR_END: solution
