//! One half is asked by another thread, the other by this one, and so are their halves.

use std::ops::Range;
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    part(0..questions, ask)
}

fn part(questions: Range<usize>, ask: &(dyn Fn(usize) -> u64 + Sync)) -> Vec<u64> {
    let middle = questions.start + questions.len() / 2;
    if questions.len() < 2 {
        return questions.map(ask).collect();
    }
    thread::scope(|scope| {
        let first = scope.spawn(|| part(questions.start..middle, ask));
        let second = part(middle..questions.end, ask);
        [first.join().unwrap(), second].concat()
    })
}
