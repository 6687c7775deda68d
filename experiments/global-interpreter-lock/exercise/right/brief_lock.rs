//! A lock of its own around look and write, and nothing that waits in between: a thread that takes it needn't give the
//! interpreter's lock up, because nobody else has it then.

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
        {
            let mut left = self.0.lock().unwrap();
            if *left == 0 {
                return false;
            }
            *left -= 1;
        }
        print(attached);
        true
    }
}
