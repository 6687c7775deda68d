//! The repair exercise: change `task.rs` until `cargo test -p failure-containment --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::collections::{HashMap, VecDeque};

use check::{Job, Jobs, WorkerId, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn no_job_is_lost_and_none_counts_twice() {
    if let Err(what) = check::<task::Queue>() {
        panic!("{what}; repair `Queue` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check::<solution::Queue>(), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Queue>();
    assert!(
        caught.is_err(),
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
    let said = caught.unwrap_err();
    assert!(said.contains("job 0 is lost") && said.contains("WithTheJob"), "{said}");
}

/// A repair that is half done: it puts the job back, but forgets something.
#[derive(Default)]
struct HalfDone<const FORGETS: u8> {
    waiting: VecDeque<Job>,
    taken: HashMap<WorkerId, Job>,
    results: HashMap<Job, u64>,
}

/// That a worker which has finished has no job any more.
const FINISHED: u8 = 0;
/// That a result may come twice.
const TWICE: u8 = 1;

impl<const FORGETS: u8> Jobs for HalfDone<FORGETS> {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        if FORGETS != FINISHED {
            self.taken.remove(&worker);
        }
        if FORGETS == TWICE {
            self.results.insert(job, result);
        }
        self.results.entry(job).or_insert(result);
    }

    fn died(&mut self, worker: WorkerId) {
        self.waiting.extend(self.taken.remove(&worker));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}

#[test]
fn a_job_that_is_done_again_after_a_later_death_is_caught() {
    let said = check::<HalfDone<FINISHED>>().unwrap_err();
    assert!(said.contains("is handed out again, though it is done"), "{said}");
}

#[test]
fn a_second_result_that_takes_the_first_ones_place_is_caught() {
    let said = check::<HalfDone<TWICE>>().unwrap_err();
    assert!(said.contains("finished twice"), "{said}");
}
