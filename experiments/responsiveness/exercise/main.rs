//! The repair exercise: change `task.rs` until `cargo test -p responsiveness --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::ops::Range;

use check::{Program, Studio, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn no_tick_waits_for_the_work() {
    if let Err(what) = check::<task::Album>() {
        panic!("{what}; repair `Album` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check::<solution::Album>(), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Album>().is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

/// Puts the work off, and then does all of it at once.
#[derive(Default)]
struct PutsOff(Vec<u32>);

impl Program for PutsOff {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        self.0.drain(..).for_each(|picture| studio.thumbnail(picture));
        false
    }
}

/// Forgets what it was doing when somebody clicks again.
#[derive(Default)]
struct Forgets(Range<u32>);

impl Program for Forgets {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0 = pictures;
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.next() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}

/// Never does what it has promised.
#[derive(Default)]
struct Promises;

impl Program for Promises {
    fn clicked(&mut self, _: Range<u32>, _: &mut Studio) {}

    fn idle(&mut self, _: &mut Studio) -> bool {
        true
    }
}

#[test]
fn half_done_repairs_are_caught() {
    for (said, expected) in [
        (check::<PutsOff>(), "ms late"),
        (check::<Forgets>(), "these were made: [0, 1, "),
        (check::<Promises>(), "does nothing"),
    ] {
        assert!(said.as_ref().is_err_and(|said| said.contains(expected)), "{said:?}");
    }
}
