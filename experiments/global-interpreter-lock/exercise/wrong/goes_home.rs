//! It doesn't wait for a lock that somebody has, and says that there is no ticket left.

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
        let Ok(mut left) = self.0.try_lock() else {
            return false;
        };
        if *left == 0 {
            return false;
        }
        print(attached);
        *left -= 1;
        true
    }
}
