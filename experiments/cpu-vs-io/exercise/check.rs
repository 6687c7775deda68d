//! What a right `ask_all` must pass: all questions are under way before the first is answered, each is asked once, and the answers
//! come back in order. Answers are held back until all questions are there, so no clock tells who overlapped.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// `ask_all`.
pub(crate) type AskAll = fn(usize, &(dyn Fn(usize) -> u64 + Sync)) -> Vec<u64>;

const QUESTIONS: usize = 20;

/// After so long without all questions being there, the first one's answer is given: then they aren't asked at once. It only decides
/// how long a wrong `ask_all` takes to be told.
const PATIENCE: Duration = Duration::from_secs(3);

/// Has twenty questions asked, and says what is wrong.
pub(crate) fn check(ask_all: AskAll) -> Result<(), String> {
    // How often each was asked, and whether somebody has lost patience.
    let state = (Mutex::new((vec![0; QUESTIONS], false)), Condvar::new());
    let (asked, changed) = &state;
    let answers = ask_all(QUESTIONS, &|question| {
        let mut now = asked.lock().unwrap();
        now.0[question] += 1;
        changed.notify_all();
        let missing = |now: &mut (Vec<u32>, bool)| !now.1 && now.0.contains(&0);
        let (mut now, waited) = changed.wait_timeout_while(now, PATIENCE, missing).unwrap();
        now.1 |= waited.timed_out();
        changed.notify_all();
        answer(question)
    });
    let (counts, impatient) = asked.lock().unwrap().clone();
    if impatient {
        return Err(
            "the first answers came only when the server had lost patience: not all questions were under way at once"
                .into(),
        );
    }
    if counts.iter().any(|count| *count != 1) {
        return Err(format!("each question was to be asked once: {counts:?}"));
    }
    match (0..QUESTIONS).map(answer).eq(answers.iter().copied()) {
        true => Ok(()),
        false => Err(format!("the answers were to come in the order of the questions: {answers:?}")),
    }
}

fn answer(question: usize) -> u64 {
    1000 + question as u64
}
