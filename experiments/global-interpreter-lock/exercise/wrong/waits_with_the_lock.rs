//! A lock of its own, which it waits for with the interpreter's lock in its hands: the seller who prints needs that to go on.

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
        let mut left = self.0.lock().unwrap();
        if *left == 0 {
            return false;
        }
        print(attached);
        *left -= 1;
        true
    }
}
