//! The repair exercise is worth doing: its check passes the solution, and catches the task and half-done repairs.

#[path = "../exercise/check.rs"]
mod check;
#[path = "../exercise/solution.rs"]
mod solution;
#[path = "../exercise/task.rs"]
mod task;

use std::collections::VecDeque;

use check::{Shares, Task, check};

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
one_queue!(a_task_that_is_dropped_is_caught, "idles", |queue, task| {
    if task.number % 2 == 0 {
        queue.push_back(task);
    }
});

/// A worker kept for what is urgent, as in the chapter: here nobody is to idle.
#[test]
fn a_worker_that_is_kept_idle_is_caught() {
    struct Kept(solution::Queues);
    impl Shares for Kept {
        fn new(workers: usize) -> Self {
            Self(solution::Queues::new(workers))
        }
        fn arrives(&mut self, task: Task) {
            self.0.arrives(task);
        }
        fn takes(&mut self, worker: usize) -> Option<Task> {
            if worker == 0 { None } else { self.0.takes(worker) }
        }
    }
    let said = check::<Kept>().unwrap_err();
    assert!(said.contains("worker 0 of 1 idles"), "{said}");
}
