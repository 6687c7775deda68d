//! Questions that take a while to be answered: the repair exercise.
//!
//! `ask` blocks until the answer is there. Twenty questions take as long as twenty answers, though nobody computes anything:
//! `cargo test -p cpu-vs-io --test exercise -- --ignored` tells how many were under way at once. Repair `ask_all`, so that all are,
//! however many there are; ask each once, spend no CPU time on waiting, and leave no thread behind.

// ANCHOR: task
/// Asks this many questions, from 0, and returns the answers in the order of the
/// questions.
pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let mut answers = Vec::new();
    for question in 0..questions {
        answers.push(ask(question));
    }
    answers
}
// ANCHOR_END: task
