//! What a right sale must pass: two threads under one lock sell all tickets, each of them once, and print each.
//!
//! They meet in the first call of `print`, so what can go wrong goes wrong every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use lab::Gil;
use lab::gil::{Attached, SWITCH_INTERVAL};

/// Tickets that are sold by threads under a global interpreter lock.
pub(crate) trait Sale: Send + Sync + 'static {
    /// So many tickets.
    fn of(tickets: u64) -> Self;
    /// Sells and prints one ticket, if there is one left; whether there was.
    fn sell(&self, attached: &mut Attached<'_>, print: &dyn Fn(&mut Attached<'_>)) -> bool;
}

/// Whoever isn't done by then waits for ever.
const DEADLINE: Duration = Duration::from_secs(5);

const SELLERS: u64 = 2;

/// Says what is wrong, if something is.
pub(crate) fn check<S: Sale>() -> Result<(), String> {
    for tickets in [1, 2, 100] {
        sell_all::<S>(tickets)?;
    }
    Ok(())
}

fn sell_all<S: Sale>(tickets: u64) -> Result<(), String> {
    let all = Arc::new((Gil::new(SWITCH_INTERVAL), S::of(tickets), [const { AtomicU64::new(0) }; 3]));
    let (done, are_done) = channel();
    for _ in 0..SELLERS {
        let (all, done) = (Arc::clone(&all), done.clone());
        thread::spawn(move || {
            let (gil, sale, [selling, sold, printed]) = &*all;
            let mut attached = gil.attach();
            selling.fetch_add(1, Relaxed);
            let print = |attached: &mut Attached<'_>| {
                // A printer takes its time: until the other thread sells too. That one has the lock, and keeps it until it prints or waits.
                attached.detached(|| {
                    while selling.load(Relaxed) < SELLERS {
                        thread::yield_now();
                    }
                });
                printed.fetch_add(1, Relaxed);
            };
            // More than there are would go on for ever.
            while sold.load(Relaxed) <= tickets && sale.sell(&mut attached, &print) {
                sold.fetch_add(1, Relaxed);
            }
            let _ = done.send(());
        });
    }
    for _ in 0..SELLERS {
        let why = "a thread is not done: it panicked, or the two wait for each other, one for the interpreter's lock and one for yours";
        are_done.recv_timeout(DEADLINE).map_err(|_| why.to_owned())?;
    }
    let [_, sold, printed] = &all.2;
    match (sold.load(Relaxed), printed.load(Relaxed)) {
        (sold, _) if sold != tickets => Err(format!("of {tickets} tickets, {sold} were sold")),
        (sold, printed) if printed != sold => Err(format!("{sold} tickets were sold, and {printed} printed")),
        _ => Ok(()),
    }
}
