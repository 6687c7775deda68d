//! What a right `withdraw` must pass: however many workers withdraw, nobody is paid what is not there.

use std::cell::Cell;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// A way to withdraw an amount; false if there is less than that. Between its two steps it calls what it is given.
pub(crate) type Withdraw = fn(&Mutex<i64>, i64, &dyn Fn()) -> bool;

const WORKERS: i64 = 4;
const BALANCE: i64 = 100;
const AMOUNT: i64 = 30;
const ROUNDS: u64 = 500;

/// For a `withdraw` that never returns. All rounds together take a small part of it, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(20);

/// Empties an account many times over, and says what went wrong in the first round that did.
pub(crate) fn check(withdraw: Withdraw) -> Result<(), String> {
    check_within(LIMIT, withdraw)
}

/// The same for one that is known never to return.
pub(crate) fn check_within(limit: Duration, withdraw: Withdraw) -> Result<(), String> {
    // A thread can't be stopped from outside. One that hangs is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || {
        let rounds = || (2..=ROUNDS).try_for_each(|round| empty(withdraw, round));
        tell.send(empty_for_sure(withdraw).and_then(|()| rounds()))
    });
    match told.recv_timeout(limit) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err("withdraw did not return: does it wait for itself?".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("withdraw panicked; its message stands above".to_owned()),
    }
}

/// The first round, which leaves nothing to chance: one thread does what the workers would, each in the middle of another's
/// withdrawal, wherever the lock lets it.
fn empty_for_sure(withdraw: Withdraw) -> Result<(), String> {
    let (balance, to_come, paid) = (Mutex::new(BALANCE), Cell::new(WORKERS), Cell::new(0));
    while to_come.get() > 0 {
        come(withdraw, &balance, &to_come, &paid);
    }
    judge(1, paid.get(), balance)
}

/// One worker withdraws. The next one comes between, unless the lock is held: as there is no other thread, it is this
/// withdrawal that holds it, and so keeps everybody out.
fn come(withdraw: Withdraw, balance: &Mutex<i64>, to_come: &Cell<i64>, paid: &Cell<i64>) {
    to_come.set(to_come.get() - 1);
    let next = || {
        if to_come.get() > 0 && balance.try_lock().is_ok() {
            come(withdraw, balance, to_come, paid);
        }
    };
    if withdraw(balance, AMOUNT, &next) {
        paid.set(paid.get() + AMOUNT);
    }
}

/// A round with threads: the workers start together and withdraw until there is too little left.
fn empty(withdraw: Withdraw, round: u64) -> Result<(), String> {
    let (balance, start) = (Mutex::new(BALANCE), Barrier::new(WORKERS as usize));
    let work = || {
        start.wait();
        // More often than there is money for, and not for ever: a `withdraw` may always say yes.
        (0..BALANCE / AMOUNT + 1).take_while(|_| withdraw(&balance, AMOUNT, &thread::yield_now)).count() as i64
    };
    let paid: i64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap() * AMOUNT).sum()
    });
    judge(round, paid, balance)
}

fn judge(round: u64, paid: i64, balance: Mutex<i64>) -> Result<(), String> {
    let left = balance.into_inner().map_err(|_| format!("round {round}: withdraw panicked with the lock held"))?;
    match (paid, left) {
        (90, 10) => Ok(()),
        (90, _) => Err(format!("round {round}: 90 of 100 coins were paid out, yet {left} are said to be left")),
        _ => Err(format!("round {round}: there were 100 coins, and {WORKERS} workers were paid {paid}")),
    }
}
