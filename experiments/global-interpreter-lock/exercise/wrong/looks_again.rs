//! It looks again after printing and sells no more than there are, but prints them.

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
        if self.0.load(Relaxed) == 0 {
            return false;
        }
        print(attached);
        self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}
