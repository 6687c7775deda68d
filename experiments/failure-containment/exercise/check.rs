//! What a right queue must pass. The check plays the workers, and lets them die at every point of their work: it tries all that
//! can happen in a few steps, the shortest first, so it says the same every time.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A job, by its number.
pub(crate) type Job = u32;

/// A worker, by its number. One that is started for another has a number of its own.
pub(crate) type WorkerId = u32;

/// A queue of jobs, as a supervisor uses it. None of its calls waits: while it did, nobody would hear of a death.
pub(crate) trait Jobs: Default {
    /// Here is a job to be done.
    fn add(&mut self, job: Job);
    /// This worker is free: the job that it gets, if there is one that isn't done and that no other worker has.
    fn take(&mut self, worker: WorkerId) -> Option<Job>;
    /// This worker says that it has done this job, with this result. Was it taken for dead before, then the queue is free to
    /// believe it or not.
    fn finish(&mut self, worker: WorkerId, job: Job, result: u64);
    /// This worker has died: before it took a job, while it had one, or after it finished one. This may be said twice.
    fn died(&mut self, worker: WorkerId);
    /// The result of a job, as soon as there is one. It never changes.
    fn result(&self, job: Job) -> Option<u64>;
}

/// All that can happen in this many steps is tried, and what comes of it until all jobs are done; at first in fewer.
const STEPS: usize = 6;
const FEW: usize = 4;

/// This many workers die at a job that ends each, or this many other jobs come meanwhile, and still everybody has a turn.
const TURNS: u32 = 100;

/// So often is it looked whether everybody has a turn: a queue may put jobs in another order each time.
const TIMES: usize = 50;

/// For a queue that never returns. All steps together take a small part of it, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(20);

/// Plays two workers and up to three jobs, and says what went wrong and how it came to that.
pub(crate) fn check<Q: Jobs + 'static>() -> Result<(), String> {
    check_within::<Q>(LIMIT)
}

/// The same for a queue that is known never to return.
pub(crate) fn check_within<Q: Jobs + 'static>(
    limit: Duration,
) -> Result<(), String> {
    // A thread that hangs can't be ended. It is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send(all::<Q>()));
    told.recv_timeout(limit).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => {
            Err("the queue doesn't return: does it wait for a job?".to_owned())
        }
        RecvTimeoutError::Disconnected => {
            Err("the queue panics; its message stands above".to_owned())
        }
    })
}

/// A step. Workers and the dead are counted from 0, in the order of their coming or going.
#[derive(Clone, Copy)]
enum Step {
    Add,
    Take(usize),
    Finish(usize),
    Die(usize),
    /// A dead worker says that it has done its job.
    Late(usize),
    /// A death is told again.
    Again(usize),
}

const ALL: [Step; 10] = {
    use Step::{Add, Again, Die, Finish, Late, Take};
    [
        Take(0),
        Take(1),
        Finish(0),
        Finish(1),
        Die(0),
        Die(1),
        Late(0),
        Late(1),
        Again(0),
        Add,
    ]
};

fn all<Q: Jobs>() -> Result<(), String> {
    all_that_can_happen::<Q>(FEW)?;
    (0..TIMES).try_for_each(|_| in_turn::<Q>())?;
    whoever_dies::<Q>()?;
    of_many::<Q>()?;
    all_that_can_happen::<Q>(STEPS)
}

fn all_that_can_happen<Q: Jobs>(steps: usize) -> Result<(), String> {
    let mut ways = vec![Vec::new()];
    for _ in 0..steps {
        let longer = ways
            .iter()
            .flat_map(|way| ALL.map(|step| [&way[..], &[step]].concat()));
        let mut possible = Vec::new();
        for way in longer {
            let (mut play, mut story) = (Play::<Q>::new(), Story::default());
            let played =
                catch_unwind(AssertUnwindSafe(|| play.all(&way, &mut story)));
            match played.unwrap_or_else(|_| Err("the queue panics".to_owned())) {
                Ok(true) => possible.push(way),
                Ok(false) => {}
                Err(what) => return Err(format!("{story}: {what}")),
            }
        }
        ways = possible;
    }
    Ok(())
}

/// What has happened, to be told if it goes wrong: a worker, what it does, and the job.
#[derive(Default)]
struct Story(Vec<(WorkerId, &'static str, Option<Job>)>);

impl fmt::Display for Story {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (worker, does, job)) in self.0.iter().enumerate() {
            let (comma, job) = (
                if number > 0 { ", " } else { "" },
                job.map_or_else(String::new, |job| format!(" job {job}")),
            );
            write!(to, "{comma}worker {worker} {does}{job}")?;
        }
        Ok(())
    }
}

/// A queue, and what has to be true of it.
struct Play<Q> {
    queue: Q,
    /// The result of each job that there is.
    results: Vec<Option<u64>>,
    /// Two workers, and what each has.
    workers: [(WorkerId, Option<Job>); 2],
    /// Those that have died, and what each had.
    dead: Vec<(WorkerId, Option<Job>)>,
    finished: u64,
}

impl<Q: Jobs> Play<Q> {
    fn new() -> Self {
        let (queue, results) = (Q::default(), Vec::new());
        let mut play = Self {
            queue,
            results,
            workers: [(0, None), (1, None)],
            dead: Vec::new(),
            finished: 0,
        };
        play.add();
        play
    }

    fn add(&mut self) {
        self.queue.add(self.results.len() as Job);
        self.results.push(None);
    }

    /// Takes the steps, and whatever others there are to take until all is done; false if one isn't possible.
    fn all(&mut self, steps: &[Step], story: &mut Story) -> Result<bool, String> {
        for step in steps {
            if !self.step(*step, story)? {
                return Ok(false);
            }
        }
        loop {
            let mut is_over = true;
            for step in [
                Step::Take(0),
                Step::Take(1),
                Step::Finish(0),
                Step::Finish(1),
                Step::Late(0),
                Step::Late(1),
            ] {
                // A worker that is free takes nothing where there is nothing, and this is no step ahead.
                is_over &= !self.step(step, story)?
                    || matches!(step, Step::Take(at) if self.workers[at].1.is_none());
            }
            if is_over {
                return Ok(true);
            }
        }
    }

    fn step(&mut self, step: Step, story: &mut Story) -> Result<bool, String> {
        let dead = |number: usize| self.dead.get(number).copied();
        match step {
            Step::Add if self.results.len() < 3 => self.add(),
            Step::Take(at) if self.workers[at].1.is_none() => {
                let got = self.queue.take(self.workers[at].0);
                let judged = self.judge(got, self.workers[1 - at].1);
                if got.is_some() || judged.is_err() {
                    story.0.push((
                        self.workers[at].0,
                        if got.is_some() { "takes" } else { "gets nothing" },
                        got,
                    ));
                }
                judged?;
                self.workers[at].1 = got;
            }
            Step::Finish(at) => {
                let (worker, Some(job)) = self.workers[at] else {
                    return Ok(false);
                };
                self.workers[at].1 = None;
                story.0.push((worker, "finishes", Some(job)));
                self.finish(worker, job, true)?;
            }
            Step::Die(at) if self.dead.len() < 2 => {
                let (worker, job) = self.workers[at];
                story.0.push((worker, "dies", None));
                self.queue.died(worker);
                self.dead.push((worker, job));
                self.workers[at] = (1 + self.dead.len() as WorkerId, None);
            }
            Step::Late(number) => {
                let Some((worker, Some(job))) = dead(number) else {
                    return Ok(false);
                };
                self.dead[number].1 = None;
                story.0.push((worker, "wasn't dead and finishes", Some(job)));
                self.finish(worker, job, false)?;
            }
            Step::Again(number) => {
                let Some((worker, _)) = dead(number) else { return Ok(false) };
                story.0.push((worker, "is said to be dead again", None));
                self.queue.died(worker);
            }
            _ => return Ok(false),
        }
        for (job, result) in (0..).zip(&self.results) {
            match (self.queue.result(job), result) {
                (is, had) if is == *had => {}
                (Some(is), Some(had)) => {
                    return Err(format!(
                        "the result of job {job} was {had}, and now it is {is}"
                    ));
                }
                (is, had) => {
                    return Err(format!(
                        "the result of job {job} has to be {had:?}, and it is {is:?}"
                    ));
                }
            }
        }
        Ok(true)
    }

    /// A job is done, by a worker that lives or by one that was taken for dead. Each result is another one.
    fn finish(
        &mut self,
        worker: WorkerId,
        job: Job,
        lives: bool,
    ) -> Result<(), String> {
        let (result, had) = (self.finished, self.results[job as usize]); // 0 is a result too
        self.finished += 1;
        self.queue.finish(worker, job, result);
        let is = self.queue.result(job);
        if had.is_none() && (lives || is == Some(result)) {
            self.results[job as usize] = Some(result);
        }
        Ok(())
    }

    /// Whether a worker may have got this, while the other one has that.
    fn judge(&self, got: Option<Job>, other: Option<Job>) -> Result<(), String> {
        let Some(job) = got else {
            let open = (0..)
                .zip(&self.results)
                .find(|(job, result)| result.is_none() && other != Some(*job));
            return open.map_or(Ok(()), |(job, _)| {
                Err(format!(
                    "job {job} is lost: it isn't done, and no worker has it"
                ))
            });
        };
        match self.results.get(job as usize) {
            None => Err(format!("there is no job {job}")),
            Some(Some(_)) => {
                Err(format!("job {job} is handed out again, though it is done"))
            }
            Some(None) if other == got => {
                Err(format!("two workers have job {job}"))
            }
            Some(None) => Ok(()),
        }
    }
}

/// Nobody waits for ever: not for a job that ends every worker that takes it, nor for jobs that are new.
fn in_turn<Q: Jobs>() -> Result<(), String> {
    let mut queue = Q::default();
    (0..3).for_each(|job| queue.add(job));
    for worker in 0..TURNS {
        match queue.take(worker) {
            Some(0) | None => queue.died(worker),
            Some(job) => queue.finish(worker, job, 7),
        }
    }
    if let Some(job) = (1..3).find(|job| queue.result(*job).is_none()) {
        return Err(format!(
            "job 0 ends each worker that takes it, and after {TURNS} of them job {job} has had no turn"
        ));
    }
    if queue.take(TURNS) != Some(0) {
        return Err(format!(
            "job 0 ended {TURNS} workers, and then it was given up without a word"
        ));
    }
    let mut queue = Q::default();
    (0..2).for_each(|job| queue.add(job));
    let lost = queue.take(0);
    queue.died(0);
    for job in 2..2 + TURNS {
        queue.add(job);
        if let Some(job) = queue.take(1) {
            queue.finish(1, job, 7);
        }
    }
    match (0..2).find(|job| queue.result(*job).is_none()) {
        Some(job) if lost == Some(job) => Err(format!(
            "job {job} lost its worker, and has had no turn since: new ones go first"
        )),
        Some(job) => Err(format!(
            "job {job} has had no turn, and {TURNS} that came later have"
        )),
        None => Ok(()),
    }
}

/// Each of four jobs ends this many workers that take it: none, one, two, or all. Whatever the four are, those that end when they have ended
/// theirs have their turn, whether others come meanwhile or not.
fn whoever_dies<Q: Jobs>() -> Result<(), String> {
    const ENDS: [u32; 4] = [0, 1, 2, u32::MAX];
    for case in 0..ENDS.len().pow(4) {
        let ends: Vec<u32> = (0..4)
            .map(|job| ENDS[case / ENDS.len().pow(job) % ENDS.len()])
            .collect();
        for others_come in [false, true] {
            let (mut queue, mut left) = (Q::default(), ends.clone());
            (0..4).for_each(|job| queue.add(job));
            for worker in 0..TURNS {
                if others_come {
                    queue.add(4 + worker);
                }
                let Some(job) = queue.take(worker) else { continue };
                match left.get_mut(job as usize).filter(|left| **left > 0) {
                    Some(left) => {
                        *left -= 1;
                        queue.died(worker);
                    }
                    None => queue.finish(worker, job, 7),
                }
            }
            if let Some(job) = (0..4).find(|job| {
                ends[*job as usize] < u32::MAX && queue.result(*job).is_none()
            }) {
                let told = ends.iter().map(|ends| {
                    if *ends == u32::MAX {
                        "all".to_owned()
                    } else {
                        ends.to_string()
                    }
                });
                return Err(format!(
                    "jobs 0 to 3 end {} of the workers that take them, and after {TURNS} turns job {job} isn't done: \
                     it has to wait for ever",
                    told.collect::<Vec<_>>().join(", ")
                ));
            }
        }
    }
    Ok(())
}

/// This many workers have a job at once.
const MANY: u32 = 300;

/// Of many workers, one half dies, and then the other one finishes, or the other way round. What the dead had is handed out once more, and
/// nothing else.
fn of_many<Q: Jobs>() -> Result<(), String> {
    for finish_first in [false, true] {
        let mut queue = Q::default();
        (0..MANY).for_each(|job| queue.add(job));
        let had: Vec<_> = (0..MANY)
            .filter_map(|worker| Some((worker, queue.take(worker)?)))
            .collect();
        let (first, then) = had.split_at(had.len() / 2);
        let dead = if finish_first {
            first.iter().for_each(|(worker, job)| queue.finish(*worker, *job, 7));
            then
        } else {
            first
        };
        dead.iter().for_each(|(worker, _)| queue.died(*worker));
        if !finish_first {
            then.iter().for_each(|(worker, job)| queue.finish(*worker, *job, 7));
        }
        let mut lost: Vec<_> = dead.iter().map(|(_, job)| *job).collect();
        let mut again: Vec<_> =
            (MANY..2 * MANY).map_while(|worker| queue.take(worker)).collect();
        lost.sort_unstable();
        again.sort_unstable();
        if lost != again {
            return Err(format!(
                "of {MANY} workers with a job each, {} died, and {} jobs were handed out again, or others than theirs",
                lost.len(),
                again.len()
            ));
        }
    }
    Ok(())
}
