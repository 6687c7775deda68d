//! The repair exercise: change `task.rs` until `cargo test -p core-roles --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::collections::VecDeque;

use check::{Shares, Task, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn nobody_idles_and_nothing_urgent_waits_for_the_bulk() {
    if let Err(what) = check::<task::Queues>() {
        panic!("{what}; repair `Queues` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check::<solution::Queues>(), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Queues>().is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

/// One queue for all: half of the repair. The other half is where an arriving task goes.
macro_rules! one_queue {
    ($test:ident, $says:literal, $arrives:expr) => {
        #[test]
        fn $test() {
            struct Queue(VecDeque<Task>);
            impl Shares for Queue {
                fn new(_workers: usize) -> Self {
                    Self(VecDeque::new())
                }
                fn arrives(&mut self, task: Task) {
                    let put: fn(&mut VecDeque<Task>, Task) = $arrives;
                    put(&mut self.0, task);
                }
                fn takes(&mut self, _worker: usize) -> Option<Task> {
                    self.0.pop_front()
                }
            }
            let said = check::<Queue>().unwrap_err();
            assert!(said.contains($says), "{said}");
        }
    };
}

one_queue!(what_is_urgent_behind_the_bulk_is_caught, "is urgent", |queue, task| queue.push_back(task));
one_queue!(urgent_tasks_in_turned_order_are_caught, "is urgent", |queue, task| match task.urgent {
    true => queue.push_front(task),
    false => queue.push_back(task),
});

/// Queues that are right but for one method each.
macro_rules! all_but {
    ($test:ident, $says:literal, $arrives:expr, $takes:expr) => {
        #[test]
        fn $test() {
            struct Changed(solution::Queues);
            impl Shares for Changed {
                fn new(workers: usize) -> Self {
                    Self(solution::Queues::new(workers))
                }
                fn arrives(&mut self, task: Task) {
                    let arrives: fn(&mut solution::Queues, Task) = $arrives;
                    arrives(&mut self.0, task);
                }
                fn takes(&mut self, worker: usize) -> Option<Task> {
                    let takes: fn(&mut solution::Queues, usize) -> Option<Task> = $takes;
                    takes(&mut self.0, worker)
                }
            }
            let said = check::<Changed>().unwrap_err();
            assert!(said.contains($says), "{said}");
        }
    };
}

all_but!(
    a_task_that_is_dropped_is_caught,
    "task 3 waits",
    |queues, task| if task.number != 3 {
        queues.arrives(task);
    },
    |queues, worker| queues.takes(worker)
);
all_but!(
    a_task_that_is_begun_twice_is_caught,
    "begins task 0 again",
    |queues, task| {
        queues.arrives(task);
        if task.number == 0 {
            queues.arrives(task);
        }
    },
    |queues, worker| queues.takes(worker)
);
// As in the chapter a worker is kept for what is urgent: here nobody is to idle.
all_but!(
    a_worker_that_is_kept_idle_is_caught,
    "worker 0 of 1 idles",
    |queues, task| queues.arrives(task),
    |queues, worker| if worker == 0 { None } else { queues.takes(worker) }
);
