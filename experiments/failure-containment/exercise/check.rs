//! What a right queue must pass: workers die at every point of their work, and each job has its one result in the end. Nobody
//! is started for it: the check plays the workers, so it says the same every time.

/// A job, by its number.
pub(crate) type Job = u32;

/// A worker, by its number. One that is started in the place of another has a number of its own.
pub(crate) type WorkerId = u32;

/// A queue of jobs, as a supervisor uses it.
pub(crate) trait Jobs: Default {
    /// Here is a job to be done.
    fn add(&mut self, job: Job);
    /// This worker is free; the job that it gets, if there is one.
    fn take(&mut self, worker: WorkerId) -> Option<Job>;
    /// This worker says that it has done this job, with this result.
    fn finish(&mut self, worker: WorkerId, job: Job, result: u64);
    /// This worker has died: before it took a job, while it had one, or after it finished one.
    fn died(&mut self, worker: WorkerId);
    /// The result of a job, as soon as there is one.
    fn result(&self, job: Job) -> Option<u64>;
}

const JOBS: u32 = 5;

/// When a worker dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    Never,
    BeforeItTakes,
    WithTheJob,
    AfterItFinished,
}

/// Lets two workers do five jobs. Some of them die, at every point of their work, and are replaced.
pub(crate) fn check<Q: Jobs>() -> Result<(), String> {
    for when in [Dies::Never, Dies::BeforeItTakes, Dies::WithTheJob, Dies::AfterItFinished] {
        for dying in [&[0][..], &[1], &[0, 1], &[1, 2, 3], &[0, 2, 4, 6]] {
            play::<Q>(when, dying).map_err(|what| format!("workers {dying:?} die ({when:?}): {what}"))?;
        }
    }
    a_second_result_changes_nothing::<Q>()
}

fn play<Q: Jobs>(when: Dies, dying: &[WorkerId]) -> Result<(), String> {
    let mut queue = Q::default();
    (0..JOBS).for_each(|job| queue.add(job));
    // Two workers, by their numbers, and the job that each has.
    let (mut workers, mut next, mut done) = ([(0, None), (1, None)], 2, Vec::new());
    loop {
        for (worker, has) in workers.iter_mut().filter(|(_, has)| has.is_none()) {
            if when == Dies::BeforeItTakes && dying.contains(worker) {
                queue.died(*worker);
                (*worker, next) = (next, next + 1);
            }
            *has = queue.take(*worker);
            if let Some(job) = has.filter(|job| done.contains(job)) {
                return Err(format!("job {job} is handed out again, though it is done"));
            }
        }
        // They take turns to finish or to die.
        workers.rotate_left(1);
        let Some((worker, has)) = workers.iter_mut().find(|(_, has)| has.is_some()) else { break };
        let job = has.take().expect("this one has a job");
        let dies = when != Dies::Never && dying.contains(worker);
        if !(dies && when == Dies::WithTheJob) {
            queue.finish(*worker, job, result_of(job));
            done.push(job);
        }
        if dies {
            queue.died(*worker);
            (*worker, next) = (next, next + 1);
        }
    }
    match (0..JOBS).find(|job| queue.result(*job) != Some(result_of(*job))) {
        Some(job) => Err(format!("job {job} is lost: no worker has it, and it has no result")),
        None => Ok(()),
    }
}

/// A worker is taken for dead, its job goes to another, and then both finish.
fn a_second_result_changes_nothing<Q: Jobs>() -> Result<(), String> {
    let mut queue = Q::default();
    queue.add(7);
    let first = queue.take(0);
    queue.died(0);
    match (first, queue.take(1)) {
        (Some(7), Some(7)) => {}
        (first, second) => {
            return Err(format!("job 7 of a dead worker: first {first:?}, then {second:?} was handed out"));
        }
    }
    queue.finish(0, 7, 70);
    queue.finish(1, 7, 71);
    match queue.result(7) {
        Some(70) => Ok(()),
        other => Err(format!("job 7 was finished twice, with 70 and then with 71, and its result is {other:?}")),
    }
}

fn result_of(job: Job) -> u64 {
    u64::from(job) * 10
}
