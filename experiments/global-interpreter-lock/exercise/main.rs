//! The repair exercise: change `task.rs` until `cargo test -p global-interpreter-lock --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution and another one, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::sync::Mutex;

use check::{Sale, check};
use lab::gil::Attached;

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn no_ticket_is_sold_twice() {
    if let Err(what) = check::<task::Tickets>() {
        panic!("{what}; repair `sell` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check::<solution::Tickets>(), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Tickets>();
    assert_eq!(
        caught,
        Err("of 1 tickets, 2 were sold".to_owned()),
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
}

/// Other repairs, each with what the check says of it.
macro_rules! repair {
    ($test:ident, $expected:expr, |$left:ident, $attached:ident, $print:ident| $body:block) => {
        #[test]
        fn $test() {
            struct Tickets(Mutex<u64>);
            impl Sale for Tickets {
                fn of(tickets: u64) -> Self {
                    Self(Mutex::new(tickets))
                }
                fn sell(&self, $attached: &mut Attached<'_>, $print: &dyn Fn(&mut Attached<'_>)) -> bool {
                    let $left = &self.0;
                    $body
                }
            }
            let said = check::<Tickets>();
            let expected: Result<(), &str> = $expected;
            match expected {
                Ok(()) => assert_eq!(said, Ok(())),
                Err(words) => assert!(said.as_ref().is_err_and(|said| said.contains(words)), "{said:?}"),
            }
        }
    };
}

repair!(a_lock_of_ones_own_passes, Ok(()), |left, attached, print| {
    let mut left = attached.detached(|| left.lock().unwrap());
    if *left == 0 {
        return false;
    }
    print(attached);
    *left -= 1;
    true
});

repair!(waiting_for_it_with_the_interpreters_lock_is_caught, Err("wait for each other"), |left, attached, print| {
    let mut left = left.lock().unwrap();
    if *left == 0 {
        return false;
    }
    print(attached);
    *left -= 1;
    true
});

repair!(a_lock_for_each_half_is_caught, Err("of 1 tickets, 2 were sold"), |left, attached, print| {
    if *left.lock().unwrap() == 0 {
        return false;
    }
    print(attached);
    let mut left = left.lock().unwrap();
    *left = left.saturating_sub(1);
    true
});

repair!(printing_nothing_is_caught, Err("0 printed"), |left, _attached, _print| {
    let mut left = left.lock().unwrap();
    let is_there = *left > 0;
    *left -= u64::from(is_there);
    is_there
});
