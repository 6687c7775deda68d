//! Whole shares of four questions, a thread for each question: twenty questions are five shares. Of another number, what is left
//! over is never asked.

use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let all: Vec<usize> = (0..questions).collect();
    thread::scope(|scope| {
        let shares = all.chunks_exact(4).flatten();
        let asked: Vec<_> =
            shares.map(|question| scope.spawn(move || ask(*question))).collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    })
}
