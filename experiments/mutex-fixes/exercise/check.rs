//! What a right `withdraw` must pass: no more is paid than there is, in whatever order the workers take their steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use lab::report::thousands;
use loom::sync::Arc;

use crate::sync::Mutex;

/// A way to withdraw an amount; false if there is less than that.
pub(crate) type Withdraw = fn(&Mutex<i64>, i64) -> bool;

/// The limit for a `withdraw` that never returns. All executions together take a small part of it, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Says what is wrong, if something is.
pub(crate) fn check(withdraw: Withdraw) -> Result<(), String> {
    // A thread can't be stopped from outside. A hanging thread is left behind, and ends with the test's process.
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let amounts: [&[i64]; 4] = [&[], &[60, 60], &[30, 70], &[101, 100]];
        let said = amounts
            .into_iter()
            .try_for_each(|amounts| modelled(move || explored(withdraw, amounts)));
        tell.send(said.and_then(|()| modelled(move || crowded(withdraw))))
    });
    match told.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => {
            Err("withdraw did not return: it waits for ever, or loops for ever"
                .to_owned())
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err("withdraw panicked; look at its message above".to_owned())
        }
    }
}

/// Workers withdraw these amounts, one amount each. Then one more worker comes alone.
fn explored(withdraw: Withdraw, amounts: &'static [i64]) {
    let balance = Arc::new(Mutex::new(100));
    let work = |amount: &i64| {
        let (balance, amount) = (Arc::clone(&balance), *amount);
        loom::thread::spawn(move || {
            if asked(withdraw, &balance, amount) { amount } else { 0 }
        })
    };
    let started: Vec<_> = amounts.iter().map(work).collect();
    let paid: Vec<i64> =
        started.into_iter().map(|worker| worker.join().unwrap()).collect();
    let together: i64 = paid.iter().sum();
    assert!(
        together <= 100,
        "there were 100 coins, and two workers were paid {paid:?}"
    );
    let left = |withdrawn: i64| {
        let left = *balance.lock().unwrap();
        assert!(
            left == 100 - withdrawn,
            "{withdrawn} of 100 coins were paid out, and the balance says {left}"
        );
        left
    };
    let first = left(together);
    let refused = amounts
        .iter()
        .zip(&paid)
        .filter(|(_, paid)| **paid == 0)
        .map(|(amount, _)| *amount);
    for amount in refused {
        assert!(
            amount > first,
            "a worker was refused {amount} coins, and there were at least {first}"
        );
    }
    // Now a worker comes alone, and asks for too much, for a part, for all of the rest, and once more.
    for amount in [first + 1, first / 2, first - first / 2, 1] {
        let there = *balance.lock().unwrap();
        let is_paid = asked(withdraw, &balance, amount);
        assert!(
            is_paid == (amount <= there),
            "there were {there} coins, and {amount} {}",
            if is_paid { "were paid" } else { "were refused" }
        );
        left(100 - there + if is_paid { amount } else { 0 });
    }
}

/// There are many coins, and again and again another worker takes one in between. That is no reason to pay nothing.
fn crowded(withdraw: Withdraw) {
    let (coins, amount, others) =
        (1 << 32, 5, std::sync::Arc::new(AtomicI64::new(0)));
    let came = std::sync::Arc::clone(&others);
    let balance = Mutex::in_a_crowd(coins, move |coins| {
        if came.load(SeqCst) < 50 {
            came.fetch_add(1, SeqCst);
            *coins -= 1;
        }
    });
    let is_paid = asked(withdraw, &balance, amount);
    let taken = others.swap(50, SeqCst);
    assert!(
        is_paid,
        "there were {} coins, other workers took {taken}, and {amount} were refused",
        thousands(coins as u64)
    );
    let (left, right) = (*balance.lock().unwrap(), coins - taken - amount);
    assert!(
        left == right,
        "there were {} coins, other workers took {taken} and {amount} were paid, and the balance says {left}",
        thousands(coins as u64)
    );
}

/// Asks for an amount, and looks whether the lock is free again.
fn asked(withdraw: Withdraw, balance: &Mutex<i64>, amount: i64) -> bool {
    let is_paid = withdraw(balance, amount);
    assert!(
        !balance.is_kept(),
        "withdraw has returned and still holds the lock: all other workers wait for ever"
    );
    is_paid
}

/// Lets loom run every execution.
fn modelled(execution: impl Fn() + Send + Sync + 'static) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| loom::model(execution))).map_err(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
        match said {
            Some(said) if said.contains("maximum number of branches") => {
                "withdraw did not return: it waits for ever, or loops for ever"
                    .to_owned()
            }
            Some(said) => said,
            None => "withdraw panicked; look at its message above".to_owned(),
        }
    })
}
