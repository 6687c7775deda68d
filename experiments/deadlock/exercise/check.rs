//! What a right `transfer` must pass: whoever pays whom, in whatever order they come to their locks, all payments arrive, and
//! come to an end.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::sync::{Mutex, Stage};

/// A way to move money.
pub(crate) type Transfer = fn(&[Mutex<i64>], usize, usize, i64);

/// Who pays whom, at the same time: each payment is made by a worker of its own.
const ROUNDS: [&[(usize, usize)]; 7] = [
    &[(0, 1)],
    &[(0, 1), (1, 0)],
    &[(1, 2), (2, 1)],
    &[(2, 0), (0, 2)],
    &[(1, 1)],
    &[(0, 1), (1, 2), (2, 0)],
    &[(0, 1), (1, 0), (1, 0)], // two that are equally rich are not for long
];

const BEFORE: [i64; 3] = [100, 100, 300];

/// For a worker that waits elsewhere than at these locks. What is tried in this time takes a small part of it.
const LIMIT: Duration = Duration::from_secs(10);

/// So often somebody else has what is tried to be had, as it happens on a busy day.
const BUSY: [usize; 3] = [1, 2, 5000];

/// Tries every order in which the workers may come to their locks, if none is interrupted more than twice, and says what went
/// wrong in the first that did.
pub(crate) fn check(transfer: Transfer) -> Result<(), String> {
    for payments in ROUNDS {
        let mut script = Some(Vec::new());
        while let Some(choices) = script {
            script = next(play(transfer, payments, choices, 0)?);
        }
    }
    BUSY.into_iter().try_for_each(|refusals| play(transfer, ROUNDS[0], Vec::new(), refusals).map(drop))
}

/// The choices that come after these, until all were made.
fn next(mut made: Vec<(usize, usize)>) -> Option<Vec<usize>> {
    while made.pop_if(|(choice, of)| *choice + 1 == *of).is_some() {}
    made.last_mut()?.0 += 1;
    Some(made.into_iter().map(|(choice, _)| choice).collect())
}

/// Plays once; which choices were made.
fn play(
    transfer: Transfer,
    payments: &[(usize, usize)],
    script: Vec<usize>,
    refusals: usize,
) -> Result<Vec<(usize, usize)>, String> {
    let accounts = Arc::new(BEFORE.map(Mutex::new));
    let names: Vec<String> = payments.iter().map(|(from, to)| format!("{from} pays {to}")).collect();
    let wrong = |what: String| Err(format!("{}: {what}", names.join(", ")));
    let places = accounts.iter().map(Mutex::address).collect();
    let stage = Arc::new(Stage::new(names.clone(), places, script, refusals));
    let mut expected = BEFORE;
    for (me, &(from, to)) in payments.iter().enumerate() {
        let amount = 10 + me as i64;
        expected[from] -= amount;
        expected[to] += amount;
        let (accounts, stage) = (Arc::clone(&accounts), Arc::clone(&stage));
        // A thread can't be stopped from outside. One that hangs elsewhere is left behind, and ends with the test's process.
        thread::spawn(move || stage.perform(me, || transfer(&accounts[..], from, to, amount)));
    }
    let Some(end) = stage.end(LIMIT) else {
        return wrong("nobody goes on, and not for these locks: take every `Mutex` from crate::sync".to_owned());
    };
    if let Some(what) = end.wrong {
        return wrong(what);
    }
    let after = if end.is_abandoned { expected } else { accounts.each_ref().map(|account| *account.lock().unwrap()) };
    let busy = if refusals > 0 { format!(", after {refusals} attempts in vain") } else { String::new() };
    match after == expected {
        true => Ok(end.made),
        false => wrong(format!("the accounts hold {after:?} instead of {expected:?}{busy}")),
    }
}
