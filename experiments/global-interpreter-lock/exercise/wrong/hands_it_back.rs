//! It takes first, and hands back what it should not have taken. Until then there are as many tickets as a number can count.

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
        if self.0.fetch_sub(1, Relaxed) == 0 {
            attached.checkpoint();
            self.0.fetch_add(1, Relaxed);
            return false;
        }
        print(attached);
        true
    }
}
