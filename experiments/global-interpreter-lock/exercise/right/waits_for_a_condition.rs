//! A condition to wait for while somebody sells, and the interpreter's lock is given up meanwhile.

use std::sync::{Condvar, Mutex};

use crate::check::{Attached, Sale};

pub(crate) struct Tickets((Mutex<(u64, bool)>, Condvar));

impl Sale for Tickets {
    fn of(tickets: u64) -> Self {
        Self((Mutex::new((tickets, false)), Condvar::new()))
    }

    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool {
        let (state, changed) = &self.0;
        let left = attached.detached(|| {
            let mut state = changed
                .wait_while(state.lock().unwrap(), |(_, sells)| *sells)
                .unwrap();
            state.1 = true;
            state.0
        });
        if left > 0 {
            print(attached);
        }
        *state.lock().unwrap() = (left.saturating_sub(1), false);
        changed.notify_one();
        left > 0
    }
}
