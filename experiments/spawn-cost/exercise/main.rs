//! The repair exercise: change `task.rs` until `cargo test -p spawn-cost --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use check::{Job, Serve, Starter, WORKERS, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn a_few_threads_do_all_jobs() {
    if let Err(what) = check(task::serve) {
        panic!("{what}; repair `serve` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    for _ in 0..20 {
        assert_eq!(check(solution::serve), Ok(()));
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::serve).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.starts_with("200 threads were started"), "{said}");
}

fn caught(serve: Serve, says: &str) {
    let said = check(serve).unwrap_err();
    assert!(said.contains(says), "{said}");
}

#[test]
fn a_thread_for_every_few_jobs_is_caught() {
    fn serve<'env>(numbers: &'env [u64], job: Job<'env>, starter: &Starter<'_, 'env>) -> Vec<u64> {
        let batch = |batch: &[u64]| {
            let batch = batch.to_vec();
            starter.start(move || batch.into_iter().map(job).collect::<Vec<_>>())
        };
        let started: Vec<_> = numbers.chunks(10).map(batch).collect();
        started.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    }
    caught(serve, "20 threads were started");
}

#[test]
fn who_does_the_jobs_itself_is_caught() {
    fn serve<'env>(numbers: &'env [u64], job: Job<'env>, starter: &Starter<'_, 'env>) -> Vec<u64> {
        let (&first, rest) = numbers.split_first().unwrap();
        let other = starter.start(move || job(first));
        let rest: Vec<u64> = rest.iter().map(|&number| job(number)).collect();
        [vec![other.join().unwrap()], rest].concat()
    }
    caught(serve, "did a job itself");
}

#[test]
fn results_in_another_order_are_caught() {
    fn serve<'env>(numbers: &'env [u64], job: Job<'env>, starter: &Starter<'_, 'env>) -> Vec<u64> {
        let mut results = solution::serve(numbers, job, starter);
        results.reverse();
        results
    }
    caught(serve, "in their order");
}

#[test]
fn as_many_threads_as_are_allowed_pass_without_a_queue_too() {
    fn serve<'env>(numbers: &'env [u64], job: Job<'env>, starter: &Starter<'_, 'env>) -> Vec<u64> {
        let deal = |share: &[u64]| {
            let share = share.to_vec();
            starter.start(move || share.into_iter().map(job).collect::<Vec<_>>())
        };
        let started: Vec<_> = numbers.chunks(numbers.len().div_ceil(WORKERS)).map(deal).collect();
        started.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    }
    assert_eq!(check(serve), Ok(()));
}
