//! What a right `sell` must pass: each seat is sold once, in whatever order the workers take their steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use lab::report::thousands;
use loom::sync::Arc;

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A way to sell a seat.
pub(crate) type Sell = fn(&AtomicU64) -> bool;

/// The limit for a `sell` that never returns. All executions together take a small part of it, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Says what is wrong, if something is.
pub(crate) fn check(sell: Sell) -> Result<(), String> {
    // A thread can't be stopped from outside. A hanging thread is left behind, and ends with the test's process.
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let tries: [(&[usize], u64); 5] =
            [(&[], 5), (&[1, 1], 1), (&[1, 1], 2), (&[1, 1], 0), (&[2, 1], 1)];
        let said = tries.into_iter().try_for_each(|(tries, seats)| {
            modelled(move || explored(sell, tries, seats))
        });
        tell.send(said.and_then(|()| modelled(move || crowded(sell))))
    });
    match told.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(
            "sell did not return: a worker waits for another one, or loops for ever"
                .to_owned(),
        ),
        Err(RecvTimeoutError::Disconnected) => {
            Err("sell panicked; look at its message above".to_owned())
        }
    }
}

/// All orders in which these workers can take their steps, if each tries so often. Then one more worker comes, and sells out.
fn explored(sell: Sell, tries: &'static [usize], seats: u64) {
    let left = Arc::new(AtomicU64::new(seats));
    let work = |tries: &usize| {
        let (left, tries) = (Arc::clone(&left), *tries);
        loom::thread::spawn(move || {
            (0..tries).filter(|_| sell(&left)).count() as u64
        })
    };
    let started: Vec<_> = tries.iter().map(work).collect();
    let together =
        started.into_iter().map(|worker| worker.join().unwrap()).sum::<u64>();
    let (workers, all) = (tries.len(), tries.iter().sum::<usize>() as u64);
    let who = if workers == 0 {
        "one worker alone".to_owned()
    } else {
        format!("{workers} workers")
    };
    let there = if seats == 1 {
        "there was 1 seat".to_owned()
    } else {
        format!("there were {seats} seats")
    };
    let tried = if all == workers as u64 {
        ", though each tried once".to_owned()
    } else {
        format!(" in {all} tries")
    };
    assert!(
        together == all.min(seats),
        "{there}, and {workers} workers sold {together}{tried}"
    );
    // Then one worker sells out, and looks whether it stays sold out.
    let sold = together + (0..=seats + 1).filter(|_| sell(&left)).count() as u64;
    assert!(sold == seats, "{there}, and {who} sold {sold} tickets");
    let left = left.load(Relaxed);
    assert!(left == 0, "{there}, all were sold, and the counter says {left}");
}

/// There are many seats, and again and again another worker comes between. That is no reason to say that there is no seat.
fn crowded(sell: Sell) {
    let seats = 1 << 32;
    let left = AtomicU64::in_a_crowd(seats, 50);
    let is_sold = sell(&left);
    let (others, without_cause) = left.came_between();
    let what = match (others, without_cause) {
        (0, _) => String::new(),
        (_, 0) => format!(", other workers came between and sold {others}"),
        _ => format!(
            ", other workers came between and sold {others}, a weak exchange failed without a cause"
        ),
    };
    assert!(
        is_sold,
        "there were {} seats{what}, and a worker was told that there is none",
        thousands(seats)
    );
    let (left, right) = (left.load(Relaxed), seats - others - 1);
    assert!(
        left == right,
        "there were {} seats, {} were sold, and the counter says {}",
        thousands(seats),
        others + 1,
        thousands(left)
    );
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
                "sell did not return: a worker waits for another one, or loops for ever"
                    .to_owned()
            }
            Some(said) => said,
            None => "sell panicked; look at its message above".to_owned(),
        }
    })
}
