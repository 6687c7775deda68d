//! The thread that has the last answer wakes the thread that has started them all.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let answers: Vec<AtomicU64> =
        (0..questions).map(|_| AtomicU64::new(0)).collect();
    let (left, starter) = (AtomicUsize::new(questions), thread::current());
    thread::scope(|scope| {
        for (question, answer) in answers.iter().enumerate() {
            let (left, starter) = (&left, &starter);
            scope.spawn(move || {
                answer.store(ask(question), Ordering::Relaxed);
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    starter.unpark();
                }
            });
        }
        while left.load(Ordering::Acquire) > 0 {
            thread::park();
        }
        answers.iter().map(|answer| answer.load(Ordering::Relaxed)).collect()
    })
}
