//! The write compares first, as lock-free code does, and begins anew if somebody was faster. But the ticket is printed by then.

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
        loop {
            let left = self.0.load(Relaxed);
            if left == 0 {
                return false;
            }
            print(attached);
            if self.0.compare_exchange(left, left - 1, Relaxed, Relaxed).is_ok() {
                return true;
            }
        }
    }
}
