//! What a right `transfer` must pass: whoever pays whom, all payments arrive, and come to an end.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// A way to move money.
pub(crate) type Transfer = fn(&[Mutex<i64>], usize, usize, i64, &dyn Fn());

/// Who pays whom, at the same time: each payment is made by a worker of its own.
const ROUNDS: [&[(usize, usize)]; 5] =
    [&[(0, 1)], &[(0, 1), (1, 0)], &[(0, 1), (1, 2), (2, 0)], &[(2, 1), (0, 1), (1, 2)], &[(1, 1), (0, 2)]];

const BEFORE: [i64; 3] = [100, 200, 300];
const AMOUNT: i64 = 10;

/// For a round that never ends. A round takes a small part of it, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(4);

/// How long a worker that holds a lock gives the others to come as far. Who is wrong deadlocks if they come; who is right
/// keeps them from coming, or lets them pass, and nothing depends on how long that takes.
const PATIENCE: Duration = Duration::from_millis(50);

/// Plays all rounds, and says what went wrong in the first that did.
pub(crate) fn check(transfer: Transfer) -> Result<(), String> {
    ROUNDS.into_iter().try_for_each(|payments| round(transfer, payments))
}

fn round(transfer: Transfer, payments: &'static [(usize, usize)]) -> Result<(), String> {
    let accounts = Arc::new(BEFORE.map(Mutex::new));
    let meeting = Arc::new((Mutex::new(0), Condvar::new()));
    let (tell, told) = channel();
    // A thread can't be stopped from outside. Those that hang are left behind, and end with the test's process.
    for &(from, to) in payments {
        let (accounts, meeting, done) = (Arc::clone(&accounts), Arc::clone(&meeting), Done(tell.clone()));
        thread::spawn(move || {
            let meanwhile = || {
                let (come, all_come) = &*meeting;
                let mut come = come.lock().unwrap();
                *come += 1;
                all_come.notify_all();
                drop(all_come.wait_timeout_while(come, PATIENCE, |come| *come < payments.len()).unwrap());
            };
            transfer(&accounts[..], from, to, AMOUNT, &meanwhile);
            done.tell();
        });
    }
    drop(tell);
    let who = || payments.iter().map(|(from, to)| format!("{from} pays {to}")).collect::<Vec<_>>().join(", ");
    for _ in payments {
        match told.recv_timeout(LIMIT) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return Err(format!("{}: a transfer waits for ever", who())),
            Err(RecvTimeoutError::Disconnected) => return Err(format!("{}: a transfer panicked", who())),
        }
    }
    let mut expected = BEFORE;
    for &(from, to) in payments {
        expected[from] -= AMOUNT;
        expected[to] += AMOUNT;
    }
    let after: Vec<i64> = accounts.iter().map(|account| *account.lock().unwrap()).collect();
    match after == expected {
        true => Ok(()),
        false => Err(format!("{}: the accounts hold {after:?} instead of {expected:?}", who())),
    }
}

/// Tells that a transfer has returned.
struct Done(Sender<()>);

impl Done {
    fn tell(&self) {
        // Whoever listened may have given up.
        let _ = self.0.send(());
    }
}
