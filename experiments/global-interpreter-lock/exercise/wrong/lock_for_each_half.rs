//! A lock for the look and a lock for the write, and none from the one to the other.

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
        if *self.0.lock().unwrap() == 0 {
            return false;
        }
        print(attached);
        let mut left = self.0.lock().unwrap();
        *left = left.saturating_sub(1);
        true
    }
}
