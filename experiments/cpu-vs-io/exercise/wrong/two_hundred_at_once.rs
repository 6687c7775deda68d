//! Two hundred at a time, each batch after the one before: that is all of them, unless there are more.

use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let all: Vec<usize> = (0..questions).collect();
    let batch = |batch: &[usize]| -> Vec<u64> {
        thread::scope(|scope| {
            let asked: Vec<_> = batch
                .iter()
                .map(|question| scope.spawn(move || ask(*question)))
                .collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        })
    };
    all.chunks(200).flat_map(batch).collect()
}
