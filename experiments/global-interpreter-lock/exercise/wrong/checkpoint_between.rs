//! It prints last, as it should, and comes to a checkpoint between look and write.

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
        let left = self.0.load(Relaxed);
        if left == 0 {
            return false;
        }
        attached.checkpoint();
        self.0.store(left - 1, Relaxed);
        print(attached);
        true
    }
}
