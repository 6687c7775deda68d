//! What a right `transfer` must pass: all payments arrive and come to an end, in whatever order the workers come to their
//! locks.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::sync::{End, Mutex, Stage};

/// A way to move money.
pub(crate) type Transfer = fn(&[Mutex<i64>], usize, usize, i64);

/// The payments of each round, from one account to another, at the same time. Each is made by a worker of its own.
const ROUNDS: [&[(usize, usize)]; 7] = [
    &[(0, 1)],
    &[(0, 1), (1, 0)],
    &[(1, 2), (2, 1)],
    &[(2, 0), (0, 2)],
    &[(1, 1)],
    &[(0, 1), (1, 2), (2, 0)],
    &[(0, 1), (1, 0), (1, 0)], // two accounts that are equally rich aren't for long
];

const BEFORE: [i64; 3] = [100, 100, 300];

/// How many accounts a larger bank has.
const MANY: usize = 10;

/// For a worker that waits elsewhere than at these locks. What is tried in this time takes a small part of it.
const LIMIT: Duration = Duration::from_secs(10);

/// So often somebody else has what is tried to be had, as it happens on a busy day.
const BUSY: usize = 2000;

/// So long that goes on at least, for an answer that looks at a clock, and at most, for one that sleeps.
const BUSY_FOR: (Duration, Duration) =
    (Duration::from_millis(50), Duration::from_secs(2));

/// The same where it is played several times.
const BUSY_AGAIN: (Duration, Duration) =
    (Duration::ZERO, Duration::from_millis(250));

/// Tries every order in which the workers may come to their locks, if none is interrupted more than twice, and says what went
/// wrong in the first that did.
pub(crate) fn check(transfer: Transfer) -> Result<(), String> {
    for payments in ROUNDS {
        Round::new(&BEFORE, payments).explore(transfer)?;
    }
    // More than an account has, and than 32 bits.
    Round { least: 5_000_000_000, ..Round::new(&BEFORE, &[(0, 1)]) }
        .explore(transfer)?;
    let before = [100; MANY];
    for (from, to) in (0..MANY).flat_map(|from| (0..MANY).map(move |to| (from, to)))
    {
        Round::new(&before, &[(from, to)]).explore(transfer)?;
        if from == 0 && to > 0 {
            Round {
                interruptions: 1,
                ..Round::new(&before, &[(from, to), (to, from)])
            }
            .explore(transfer)?;
        }
    }
    Round { refusals: BUSY, refused: BUSY_FOR, ..Round::new(&BEFORE, ROUNDS[0]) }
        .play(transfer, Vec::new())?;
    // Both may have got tired of trying.
    [1, BUSY].into_iter().try_for_each(|refusals| {
        Round {
            interruptions: 1,
            refusals,
            refused: BUSY_AGAIN,
            ..Round::new(&BEFORE, ROUNDS[1])
        }
        .explore(transfer)
    })
}

/// What is played, again and again.
struct Round<'a> {
    before: &'a [i64],
    payments: &'a [(usize, usize)],
    /// The smallest amount that is paid.
    least: i64,
    /// How often a worker is interrupted at most, where it could go on.
    interruptions: usize,
    /// How many attempts of each worker fail, as if somebody else were there, and how long that lasts at least and at most.
    refusals: usize,
    refused: (Duration, Duration),
}

impl<'a> Round<'a> {
    fn new(before: &'a [i64], payments: &'a [(usize, usize)]) -> Self {
        Self {
            before,
            payments,
            least: 10,
            interruptions: 2,
            refusals: 0,
            refused: BUSY_AGAIN,
        }
    }

    /// Plays with all choices.
    fn explore(&self, transfer: Transfer) -> Result<(), String> {
        let mut script = Some(Vec::new());
        while let Some(choices) = script {
            script = next(self.play(transfer, choices)?.made);
        }
        Ok(())
    }

    /// Plays once.
    fn play(&self, transfer: Transfer, script: Vec<usize>) -> Result<End, String> {
        let accounts: Arc<[Mutex<i64>]> =
            self.before.iter().copied().map(Mutex::new).collect();
        let names: Vec<String> = self
            .payments
            .iter()
            .map(|(from, to)| format!("{from} pays {to}"))
            .collect();
        let wrong = |what: String| Err(format!("{}: {what}", names.join(", ")));
        let places = accounts.iter().map(Mutex::address).collect();
        let stage = Stage::new(
            names.clone(),
            places,
            script,
            self.interruptions,
            self.refusals,
            self.refused,
        );
        let stage = Arc::new(stage);
        let mut expected = self.before.to_vec();
        for (me, &(from, to)) in self.payments.iter().enumerate() {
            let amount = self.least + me as i64;
            expected[from] -= amount;
            expected[to] += amount;
            let (accounts, stage) = (Arc::clone(&accounts), Arc::clone(&stage));
            // A thread can't be stopped from outside. One that hangs elsewhere is left behind, and ends with the test's process.
            thread::spawn(move || {
                stage.perform(me, || transfer(&accounts, from, to, amount));
            });
        }
        let end = stage.end(LIMIT);
        if accounts.iter().any(Mutex::was_asked_for_by_a_stranger) {
            return wrong(
                "a thread that `transfer` starts takes a lock; take all locks in the thread that calls `transfer`".to_owned(),
            );
        }
        let Some(end) = end else {
            return wrong("nobody goes on, though nobody waits for a lock of crate::sync; take every `Mutex` from there".to_owned());
        };
        if let Some(what) = end.wrong {
            return wrong(what);
        }
        let after: Vec<i64> = accounts.iter().map(Mutex::value).collect();
        if after == expected {
            return Ok(end);
        }
        let busy = if end.refused > 0 {
            format!(", after {} attempts in vain", end.refused)
        } else {
            String::new()
        };
        let poor = if expected.iter().any(|has| *has < 0) {
            "; note that an account may be overdrawn"
        } else {
            ""
        };
        wrong(format!(
            "the accounts hold {after:?} instead of {expected:?}{busy}{poor}"
        ))
    }
}

/// The choices that come after these, until all were made.
fn next(mut made: Vec<(usize, usize)>) -> Option<Vec<usize>> {
    while made.pop_if(|(choice, of)| *choice + 1 == *of).is_some() {}
    made.last_mut()?.0 += 1;
    Some(made.into_iter().map(|(choice, _)| choice).collect())
}
