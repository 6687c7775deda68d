//! The lock is taken for the sale, and once more for the write: it waits for itself.

use std::sync::Mutex;

use crate::check::{Attached, Sale};

pub(crate) struct Tickets(Mutex<u64>);

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self(Mutex::new(tickets))
    }

    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let left = attached.detached(|| self.0.lock().unwrap());
        if *left == 0 {
            return false;
        }
        print(attached);
        *attached.detached(|| self.0.lock().unwrap()) -= 1;
        true
    }
}
