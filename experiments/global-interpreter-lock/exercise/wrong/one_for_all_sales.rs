//! The number that is left is one for the whole program, and there is more than one sale.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::check::{Attached, Sale};

static LEFT: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Tickets(());

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        LEFT.store(tickets, Relaxed);
        Self(())
    }

    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let left = LEFT.load(Relaxed);
        if left == 0 {
            return false;
        }
        LEFT.store(left - 1, Relaxed);
        print(attached);
        true
    }
}
