//! What a right `withdraw` must pass: whichever worker comes between whichever steps, nobody is paid what is not there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use loom::sync::Arc;

use crate::sync::Mutex;

/// A way to withdraw an amount; false if there is less than that.
pub(crate) type Withdraw = fn(&Mutex<i64>, i64) -> bool;

/// For a `withdraw` that never returns. All executions together take a small part of it, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

/// Says what is wrong, if something is.
pub(crate) fn check(withdraw: Withdraw) -> Result<(), String> {
    // A thread can't be stopped from outside. One that hangs is left behind, and ends with the test's process.
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let amounts: [&[i64]; 4] = [&[], &[60, 60], &[30, 70], &[101, 100]];
        tell.send(amounts.into_iter().try_for_each(|amounts| explored(withdraw, amounts)))
    });
    match told.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err("withdraw did not return: it waits or loops for ever".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("withdraw panicked; its message stands above".to_owned()),
    }
}

/// Lets loom run every execution of workers who withdraw these amounts, one each; and of one more after them, alone.
fn explored(withdraw: Withdraw, amounts: &'static [i64]) -> Result<(), String> {
    let execution = move || {
        let balance = Arc::new(Mutex::new(100));
        let work = |amount: &i64| {
            let (balance, amount) = (Arc::clone(&balance), *amount);
            loom::thread::spawn(move || if withdraw(&balance, amount) { amount } else { 0 })
        };
        let started: Vec<_> = amounts.iter().map(work).collect();
        let paid: Vec<i64> = started.into_iter().map(|worker| worker.join().unwrap()).collect();
        let together: i64 = paid.iter().sum();
        assert!(together <= 100, "there were 100 coins, and two workers were paid {paid:?}");
        let left = |withdrawn: i64| {
            let left = *balance.lock().unwrap();
            assert!(left == 100 - withdrawn, "{withdrawn} of 100 coins were paid out, yet {left} are said to be left");
            left
        };
        let first = left(together);
        let refused = amounts.iter().zip(&paid).filter(|(_, paid)| **paid == 0).map(|(amount, _)| *amount);
        for amount in refused {
            assert!(amount > first, "somebody was refused {amount} coins, and there were {first} at least");
        }
        // And whoever comes alone, and asks for too much, for a part, for all of the rest, and once more.
        for amount in [first + 1, first / 2, first - first / 2, 1] {
            let there = *balance.lock().unwrap();
            let is_paid = withdraw(&balance, amount);
            assert!(
                is_paid == (amount <= there),
                "of {there} coins, {amount} {}",
                if is_paid { "were paid" } else { "were refused" }
            );
            left(100 - there + if is_paid { amount } else { 0 });
        }
    };
    catch_unwind(AssertUnwindSafe(|| loom::model(execution))).map_err(|panic| {
        let said =
            panic.downcast_ref::<String>().cloned().or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
        match said {
            Some(said) if said.contains("maximum number of branches") => {
                "withdraw did not return: it waits or loops for ever".to_owned()
            }
            Some(said) => said,
            None => "withdraw panicked; its message stands above".to_owned(),
        }
    })
}
