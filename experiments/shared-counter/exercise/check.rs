//! What a right `sell` must pass: whichever worker comes between whichever steps, each seat is sold once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use loom::sync::Arc;

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A way to sell a seat.
pub(crate) type Sell = fn(&AtomicU64) -> bool;

/// For a `sell` that never returns. All executions together take a small part of it, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

/// Says what is wrong, if something is.
pub(crate) fn check(sell: Sell) -> Result<(), String> {
    // A thread can't be stopped from outside. One that hangs is left behind, and ends with the test's process.
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let said = explored(sell, 0, 5).and_then(|()| (1..=2).try_for_each(|seats| explored(sell, 2, seats)));
        tell.send(said)
    });
    match told.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err("sell did not return: a worker waits or loops for ever".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("sell panicked; its message stands above".to_owned()),
    }
}

/// Lets loom run every execution of so many workers, each of whom sells once; and of one more after them, who sells out.
fn explored(sell: Sell, workers: u64, seats: u64) -> Result<(), String> {
    let execution = move || {
        let left = Arc::new(AtomicU64::new(seats));
        let work = |_| {
            let left = Arc::clone(&left);
            loom::thread::spawn(move || sell(&left))
        };
        let started: Vec<_> = (0..workers).map(work).collect();
        let together = started.into_iter().map(|worker| u64::from(worker.join().unwrap())).sum::<u64>();
        let who = if workers == 0 { "one worker alone".to_owned() } else { format!("{workers} workers") };
        let there = if seats == 1 { "there was 1 seat".to_owned() } else { format!("there were {seats} seats") };
        let may = workers.min(seats);
        assert!(together == may, "{there}, and {workers} workers sold {together}, each of whom tried once");
        // Then somebody sells out, and looks whether it stays sold out.
        let sold = together + (0..=seats + 1).filter(|_| sell(&left)).count() as u64;
        assert!(sold == seats, "{there}, and {who} sold {sold} tickets");
        let left = left.load(Relaxed);
        assert!(left == 0, "{there}, all were sold, and {left} are said to be left");
    };
    catch_unwind(AssertUnwindSafe(|| loom::model(execution))).map_err(|panic| {
        let said =
            panic.downcast_ref::<String>().cloned().or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
        match said {
            Some(said) if said.contains("maximum number of branches") => {
                "sell did not return: a worker waits or loops for ever".to_owned()
            }
            Some(said) => said,
            None => "sell panicked; its message stands above".to_owned(),
        }
    })
}
