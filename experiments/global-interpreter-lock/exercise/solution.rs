//! A solution of the exercise. Try your own before you read this.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::check::{Attached, Sale};

/// The tickets that are left. A thread that reads or writes this has the interpreter's lock.
pub(crate) struct Tickets {
    left: AtomicU64,
}

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self { left: AtomicU64::new(tickets) }
    }

    // ANCHOR: solution
    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let left = self.left.load(Relaxed);
        if left == 0 {
            return false;
        }
        // Nothing is called between the look and the write, so nobody else has the
        // lock between them.
        self.left.store(left - 1, Relaxed);
        print(attached);
        true
    }
    // ANCHOR_END: solution
}
