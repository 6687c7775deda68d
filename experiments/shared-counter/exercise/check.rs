//! What a right `sell` must pass: however many workers sell, each seat is sold once.

use std::sync::Barrier;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A way to sell a seat.
pub(crate) type Sell = fn(&AtomicU64) -> bool;

const WORKERS: u64 = 4;
const SEATS: u64 = 5;
const ROUNDS: u64 = 500;

/// For a `sell` that never returns. All rounds together take a small part of it, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

/// Sells out many times over, and says what went wrong in the first round that did.
pub(crate) fn check(sell: Sell) -> Result<(), String> {
    // A thread can't be stopped from outside. One that hangs is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send((1..=ROUNDS).try_for_each(|round| sell_out(sell, round))));
    match told.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err("sell did not return: a worker waits or loops for ever".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("sell panicked; its message stands above".to_owned()),
    }
}

/// One round: the workers start together and sell until none is left.
fn sell_out(sell: Sell, round: u64) -> Result<(), String> {
    let (left, start) = (AtomicU64::new(SEATS), Barrier::new(WORKERS as usize));
    let work = || {
        start.wait();
        // No worker needs more attempts than this, and a `sell` that always says yes must come to an end too.
        (0..=SEATS).take_while(|_| sell(&left)).count() as u64
    };
    let sold: u64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let left = left.into_inner();
    match (sold, left) {
        (SEATS, 0) => Ok(()),
        (SEATS, _) => Err(format!("round {round}: all {SEATS} seats were sold, yet {left} are said to be left")),
        _ => Err(format!("round {round}: there were {SEATS} seats, and {WORKERS} workers sold {sold} tickets")),
    }
}
