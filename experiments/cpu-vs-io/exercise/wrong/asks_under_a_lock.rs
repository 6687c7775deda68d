//! A thread for each question; but each holds the lock on the answers while it asks, for `lock` is called before `ask`.

use std::sync::Mutex;
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for question in 0..questions {
            let answers = &answers;
            scope.spawn(move || {
                answers.lock().unwrap().push((question, ask(question)));
            });
        }
    });
    let mut answers = answers.into_inner().unwrap();
    answers.sort_unstable();
    answers.into_iter().map(|(_, answer)| answer).collect()
}
