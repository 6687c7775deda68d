//! Without the slow printer nothing goes wrong, and no ticket is printed.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::check::{Attached, Sale};

pub(crate) struct Tickets(AtomicU64);

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self(AtomicU64::new(tickets))
    }

    fn sell(
        &self,
        _attached: &mut Attached<'_>,
        _print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let left = self.0.load(Relaxed);
        self.0.store(left.saturating_sub(1), Relaxed);
        left > 0
    }
}
