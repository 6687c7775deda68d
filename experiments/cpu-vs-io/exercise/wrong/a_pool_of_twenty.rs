//! Twenty threads, for the text says twenty questions; one more has to wait for an answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let (next, answers) = (AtomicUsize::new(0), Mutex::new(vec![0; questions]));
    let work = || {
        loop {
            let question = next.fetch_add(1, Relaxed);
            if question >= questions {
                break;
            }
            let answer = ask(question);
            answers.lock().unwrap()[question] = answer;
        }
    };
    thread::scope(|scope| (0..20).for_each(|_| drop(scope.spawn(work))));
    answers.into_inner().unwrap()
}
