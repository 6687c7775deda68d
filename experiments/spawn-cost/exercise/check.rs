//! What a right server must pass: every job is done, once, by threads that were started once, as many at a time as there are
//! threads. It counts starts and looks at no clock, so it says the same on every machine.

use std::collections::HashMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::thread::{self, Scope, ScopedJoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// So many threads serve.
pub(crate) const WORKERS: usize = 4;

/// Starts threads, and counts them.
pub(crate) struct Starter<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: &'env Shared,
}

impl<'scope> Starter<'scope, '_> {
    /// Starts a thread that does `work`.
    pub(crate) fn start<R: Send + 'scope>(
        &self,
        work: impl FnOnce() -> R + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, R> {
        let shared = self.shared;
        shared.seen().started += 1;
        self.scope.spawn(move || {
            shared.seen().comes();
            work()
        })
    }
}

/// A job: from its number to its result. Any thread may do it.
pub(crate) type Job<'env> = &'env (dyn Fn(u64) -> u64 + Sync);

/// What is to be repaired: does the job for each number, and returns the results in the order of the numbers.
pub(crate) type Serve = for<'scope, 'env> fn(&'env [u64], Job<'env>, &Starter<'scope, 'env>) -> Vec<u64>;

/// Lets it serve, and says what is wrong if it isn't right. What hangs is left behind.
pub(crate) fn check(serve: Serve) -> Result<(), String> {
    check_within(serve, LIMIT)
}

/// The same for one that is known never to be done.
pub(crate) fn check_within(serve: Serve, limit: Duration) -> Result<(), String> {
    [40, 43, 0, 1, 3, 6].into_iter().try_for_each(|jobs| {
        let (says, said) = mpsc::channel();
        let shared = Arc::new(Shared::new(jobs));
        let server = Arc::clone(&shared);
        thread::spawn(move || says.send(serve_jobs(serve, jobs, &server)));
        let (mut quiet, deadline) = (0, Instant::now() + limit);
        loop {
            match said.recv_timeout(Duration::from_millis(1)) {
                Ok(said) => return said,
                Err(_) if Instant::now() < deadline => quiet = shared.look(quiet),
                Err(_) => return Err(shared.why_it_is_not_done(jobs, limit)),
            }
        }
    })?;
    let (says, said) = mpsc::channel();
    thread::spawn(move || says.send(serve_meanwhile(serve)));
    said.recv_timeout(limit).unwrap_or_else(|_| Err("it is called by two at once, and wasn't done in time".to_owned()))
}

/// The longest that it may serve.
const LIMIT: Duration = Duration::from_secs(30);

/// The numbers lie below this one.
const NUMBERS: usize = 32;

fn serve_jobs(serve: Serve, jobs: usize, shared: &Shared) -> Result<(), String> {
    // In no order, and some of them twice.
    let numbers: Vec<u64> = (0..jobs).map(|place| (place * 21 % NUMBERS) as u64).collect();
    let job = |number: u64| {
        shared.at_work(number);
        shared.seen().finished += 1;
        result_of(number)
    };
    shared.seen().serves();
    let serving = || {
        thread::scope(|scope| {
            let results = serve(&numbers, &job, &Starter { scope, shared });
            (results, shared.seen().finished)
        })
    };
    let served = catch_unwind(AssertUnwindSafe(serving));
    let seen = shared.seen();
    if seen.started > WORKERS {
        return Err(format!("{} threads were started for {jobs} jobs, and {WORKERS} are enough", seen.started));
    }
    if let Some(wrong) = &seen.wrong {
        return Err(wrong.clone());
    }
    let Ok((results, finished)) = served else {
        return Err(format!("it panicked with {jobs} jobs to do"));
    };
    let to_do = |number: u64| numbers.iter().filter(|other| **other == number).count();
    if !seen.done.iter().zip(0..).all(|(done, number)| *done == to_do(number)) {
        let done: usize = seen.done.iter().sum();
        return Err(format!("{done} jobs were done, and of {jobs} each is to be done once"));
    }
    if finished < jobs {
        return Err(format!("it returned its results while {} of {jobs} jobs were still at work", jobs - finished));
    }
    if results != numbers.iter().map(|number| result_of(*number)).collect::<Vec<_>>() {
        return Err("the results aren't those of the jobs, in their order".to_owned());
    }
    Ok(())
}

/// While it serves one call, with all its workers at work, it is called again by somebody else.
fn serve_meanwhile(serve: Serve) -> Result<(), String> {
    let (first, second): (Vec<u64>, Vec<u64>) = ((0..40).collect(), (40..51).collect());
    let (done, served) = (Mutex::new(Vec::new()), Mutex::new(None));
    let (shared, others) = (Shared::new(0), Shared::new(0));
    let count = |number| {
        done.lock().expect("nobody panics with this lock").push(number);
        result_of(number)
    };
    let job = |number| {
        let mut meanwhile = served.lock().expect("nobody panics with this lock");
        if meanwhile.is_none() {
            // The first to come lets the second call be served. Nobody else does its job meanwhile.
            *meanwhile = Some(thread::scope(|scope| serve(&second, &count, &Starter { scope, shared: &others })));
        }
        drop(meanwhile);
        count(number)
    };
    let results = catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|scope| serve(&first, &job, &Starter { scope, shared: &shared }))
    }));
    let meanwhile = served.into_inner().ok().flatten();
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable();
    let right = |numbers: &[u64]| numbers.iter().map(|number| result_of(*number)).collect::<Vec<_>>();
    let is_right = results.is_ok_and(|results| results == right(&first))
        && meanwhile.is_some_and(|results| results == right(&second))
        && done == [first, second].concat();
    match is_right {
        true => Ok(()),
        false => {
            Err("called by two at once, it mixes up their jobs: do they share something, such as a `static`?"
                .to_owned())
        }
    }
}

/// What nobody finds out but by doing the job.
fn result_of(number: u64) -> u64 {
    (number + 0x5eed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// What is known of the threads, and of the jobs.
#[derive(Default)]
struct Seen {
    /// How many threads the [`Starter`] was to start, and how many of them have come.
    started: usize,
    come: usize,
    /// Those that have come, and the one that serves; and where /proc tells of each.
    threads: HashMap<ThreadId, Option<PathBuf>>,
    serves: Option<ThreadId>,
    /// How often the job was done for each number, and how many are left to begin.
    done: [usize; NUMBERS],
    left: usize,
    /// How many are done.
    finished: usize,
    /// The threads that are at work and wait until all of them are.
    at_work: Vec<ThreadId>,
    /// How often all of them were.
    rounds: usize,
    /// Whether nobody waits for others any more.
    is_free: bool,
    /// What was wrong first.
    wrong: Option<String>,
}

impl Seen {
    /// A thread says that it is there. Source: proc(5), /proc/thread-self.
    fn here(&mut self) -> ThreadId {
        let told = fs::read_link("/proc/thread-self").ok().map(|link| Path::new("/proc").join(link).join("stat"));
        self.threads.insert(thread::current().id(), told);
        thread::current().id()
    }

    fn comes(&mut self) {
        self.here();
        self.come += 1;
    }

    fn serves(&mut self) {
        self.serves = Some(self.here());
    }

    /// What differs whenever somebody has done something.
    fn moves(&self) -> [usize; 3] {
        [self.started, self.come, self.left]
    }
}

/// The same, for all threads.
struct Shared(Mutex<Seen>, Condvar);

impl Shared {
    fn new(jobs: usize) -> Self {
        // Of a few jobs, threads may take several at a time.
        Self(Mutex::new(Seen { left: jobs, is_free: jobs < 2 * WORKERS, ..Seen::default() }), Condvar::new())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().expect("nobody panics with this lock")
    }

    /// Does a job. While there are enough to do, none is done before all workers have one.
    fn at_work(&self, number: u64) {
        let (own, mut seen) = (thread::current().id(), self.seen());
        seen.done[number as usize] += 1;
        seen.left = seen.left.saturating_sub(1);
        if seen.serves == Some(own) {
            seen.wrong =
                Some("the thread that serves did a job itself, and is to wait for its workers only".to_owned());
        } else if !seen.threads.contains_key(&own) {
            seen.wrong = Some("a job was done by a thread that the starter hasn't started".to_owned());
        }
        seen.is_free |= seen.left < WORKERS || seen.wrong.is_some();
        seen.at_work.push(own);
        if seen.at_work.len() == WORKERS {
            seen.at_work.clear();
            seen.rounds += 1;
        }
        self.1.notify_all();
        let round = seen.rounds;
        let waits = |seen: &mut Seen| !seen.is_free && seen.rounds == round && seen.at_work.contains(&own);
        let seen = self.1.wait_while(seen, waits).expect("nobody panics with this lock");
        let is_last = seen.left == 0 && seen.wrong.is_none();
        let serves = seen.serves.and_then(|thread| seen.threads.get(&thread)?.clone());
        drop(seen);
        if let Some(serves) = serves.filter(|_| is_last) {
            until_it_waits(&serves);
        }
    }

    /// What there is to say of one that isn't done in time.
    fn why_it_is_not_done(&self, jobs: usize, limit: Duration) -> String {
        let (seen, seconds) = (self.seen(), limit.as_secs());
        match (seen.at_work.len(), seen.left) {
            (1.., 1..) => {
                let at_work = seen.at_work.len();
                format!(
                    "only {at_work} of {WORKERS} were at work at once for {seconds} s, with {} more jobs to do",
                    seen.left
                )
            }
            (_, 0) if jobs > 0 => {
                format!("all jobs were done, and it didn't return within {seconds} s: what does it still wait for?")
            }
            _ => format!("it wasn't done within {seconds} s: it waits for ever"),
        }
    }

    /// Looks whether nobody else can come to work: whether all threads that aren't at work sleep, and so wait for those that are,
    /// or are gone. One look at several threads isn't one moment, so it takes several looks; returns how many there were by now.
    fn look(&self, quiet: usize) -> usize {
        let (others, moves) = {
            let seen = self.seen();
            let others = seen.threads.iter().filter(|(thread, _)| !seen.at_work.contains(thread));
            (others.map(|(_, stat)| stat.clone()).collect::<Vec<_>>(), seen.moves())
        };
        let sleep = others.iter().all(|stat| stat.as_deref().is_some_and(sleeps));
        let mut seen = self.seen();
        if !sleep || seen.come < seen.started || seen.at_work.is_empty() || seen.is_free || seen.moves() != moves {
            return 0;
        }
        if quiet == 4 {
            let (at_work, left) = (seen.at_work.len(), seen.left);
            seen.wrong = Some(format!("only {at_work} of {WORKERS} were at work at once, with {left} more jobs to do"));
            seen.is_free = true;
            self.1.notify_all();
        }
        quiet + 1
    }
}

/// Whether a thread sleeps, or is gone. Source: proc_pid_stat(5).
fn sleeps(stat: &Path) -> bool {
    let Ok(stat) = fs::read_to_string(stat) else { return true };
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
}

/// Waits until the thread that serves waits for something, and not just for a time; or for a few seconds, if it looks again and again
/// instead. One that doesn't wait for the last job returns meanwhile. Source: proc_pid_wchan(5).
fn until_it_waits(stat: &Path) {
    let (until, mut untold) = (Instant::now() + Duration::from_secs(4), 0);
    // For a moment after it has said that it sleeps, and always on some systems, nobody is told what for.
    while untold < 2000 && Instant::now() < until {
        let sleeps = sleeps(stat);
        match fs::read_to_string(stat.with_file_name("wchan")).unwrap_or_default().as_str() {
            "" | "0" if sleeps => untold += 1,
            what if sleeps && !what.contains("nanosleep") => return,
            _ => untold = 0,
        }
        thread::yield_now();
    }
}
