//! It gives the lock up for the look, as one does for what may wait: what it saw is old when it has the lock again.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::check::{Attached, Sale};

pub(crate) struct Tickets(AtomicU64);

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self(AtomicU64::new(tickets))
    }

    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let left = attached.detached(|| self.0.load(Relaxed));
        if left == 0 {
            return false;
        }
        self.0.store(left - 1, Relaxed);
        print(attached);
        true
    }
}
