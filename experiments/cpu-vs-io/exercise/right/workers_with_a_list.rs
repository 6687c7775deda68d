//! As many workers as questions take them from a common list, the last one first.

use std::sync::Mutex;
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let (list, answers) = (
        Mutex::new((0..questions).collect::<Vec<_>>()),
        Mutex::new(vec![0; questions]),
    );
    let next = || list.lock().unwrap().pop();
    thread::scope(|scope| {
        for _ in 0..questions {
            scope.spawn(|| {
                while let Some(question) = next() {
                    let answer = ask(question);
                    answers.lock().unwrap()[question] = answer;
                }
            });
        }
    });
    answers.into_inner().unwrap()
}
