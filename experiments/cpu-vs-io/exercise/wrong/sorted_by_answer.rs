//! The answers come in any order, and are sorted afterwards; but by what they say, not by the question that they answer.

use super::in_order_of_arrival;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let mut answers = in_order_of_arrival::ask_all(questions, ask);
    answers.sort_unstable();
    answers
}
