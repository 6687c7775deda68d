//! The repair exercise is worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::collections::{HashMap, VecDeque};

use check::{Job, Jobs, WorkerId, check};

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
