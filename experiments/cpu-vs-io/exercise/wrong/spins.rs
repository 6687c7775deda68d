//! A thread for each question, and meanwhile the one that has started them asks again and again whether they are done. It takes a whole
//! CPU to wait.

use std::hint;
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    thread::scope(|scope| {
        let asked: Vec<_> = (0..questions)
            .map(|question| scope.spawn(move || ask(question)))
            .collect();
        while !asked.iter().all(|answer| answer.is_finished()) {
            hint::spin_loop();
        }
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    })
}
