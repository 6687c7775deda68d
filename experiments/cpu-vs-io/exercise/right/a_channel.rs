//! Each answer comes through a channel, together with the number of its question.

use std::sync::mpsc;
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for question in 0..questions {
            let tell = tell.clone();
            scope.spawn(move || tell.send((question, ask(question))));
        }
        drop(tell);
        let mut answers: Vec<(usize, u64)> = told.iter().collect();
        answers.sort_unstable();
        answers.into_iter().map(|(_, answer)| answer).collect()
    })
}
