//! Tickets under a global interpreter lock: the repair exercise.
//!
//! Only one thread at a time runs the interpreter, and still a ticket is sold twice:
//! `cargo test -p global-interpreter-lock --test exercise -- --ignored` tells. Repair `sell`: each ticket that is sold is to be printed
//! once, and nobody is to be sent away while there are some.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::check::{Attached, Sale};

// ANCHOR: tickets
/// The tickets that are left. A thread that reads or writes this has the
/// interpreter's lock.
pub(crate) struct Tickets {
    left: AtomicU64,
}

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self { left: AtomicU64::new(tickets) }
    }

    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let left = self.left.load(Relaxed);
        if left == 0 {
            return false;
        }
        // The printer is slow, so `print` gives the lock up while it waits.
        print(attached);
        self.left.store(left - 1, Relaxed);
        true
    }
}
// ANCHOR_END: tickets
