//! A flag says that somebody sells. A thread that waits for the flag comes to a checkpoint each time, so the seller gets the interpreter's lock back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::check::{Attached, Sale};

pub(crate) struct Tickets((AtomicU64, AtomicBool));

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self((AtomicU64::new(tickets), AtomicBool::new(false)))
    }

    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let (left, sells) = &self.0;
        while sells.swap(true, Relaxed) {
            attached.checkpoint();
        }
        let seen = left.load(Relaxed);
        if seen > 0 {
            print(attached);
            left.store(seen - 1, Relaxed);
        }
        sells.store(false, Relaxed);
        seen > 0
    }
}
