//! Whole shares of eight, a thread for each question: for twenty, twenty-four are asked. Whatever goes wrong with the rest is
//! swallowed.

use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    thread::scope(|scope| {
        let all = 0..questions.next_multiple_of(8);
        let asked: Vec<_> =
            all.map(|question| scope.spawn(move || ask(question))).collect();
        let mut answers: Vec<u64> = asked
            .into_iter()
            .map(|answer| answer.join().unwrap_or_default())
            .collect();
        answers.truncate(questions);
        answers
    })
}
