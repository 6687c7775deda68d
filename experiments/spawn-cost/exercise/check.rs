//! What a right server must pass: every job is done, once, by threads that were started once, as many at a time as there are
//! threads. It counts starts and looks at no clock, so it says the same on every machine.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::thread::{self, Scope, ScopedJoinHandle, ThreadId};
use std::time::{Duration, Instant};

use testing::waits::until_it_waits;

use crate::allocated::Account;
use crate::stopped::{self, Stop};

/// This many threads serve.
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
        let (shared, account) = (self.shared, Account::own());
        shared.seen().started += 1;
        self.scope.spawn(move || {
            account.open();
            Account::aside(|| shared.seen().comes());
            let _goes = Goes(shared);
            work()
        })
    }
}

/// A worker that goes, also by a panic.
struct Goes<'env>(&'env Shared);

impl Drop for Goes<'_> {
    fn drop(&mut self) {
        self.0.is_between_no_more();
    }
}

/// A job: from its number to its result. Any thread may do it.
pub(crate) type Job<'env> = &'env (dyn Fn(u64) -> u64 + Sync);

/// What is to be repaired: does the job for each number, and returns the results in the order of the numbers.
pub(crate) type Serve = for<'scope, 'env> fn(
    &'env [u64],
    Job<'env>,
    &Starter<'scope, 'env>,
) -> Vec<u64>;

/// Lets it serve, and says what is wrong if it isn't right. What hangs is left behind.
pub(crate) fn check(serve: Serve) -> Result<(), String> {
    check_within(serve, LIMIT)
}

/// The same for one that is known never to be done.
pub(crate) fn check_within(serve: Serve, limit: Duration) -> Result<(), String> {
    let done = [40, 43, 0, 1, 3, 6, 300].into_iter().try_for_each(|jobs| {
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
    });
    // Where a thread is stopped by the check, the same goes wrong each time that may go wrong by chance as well.
    let by_chance = |what: &String| {
        what.starts_with("serve panicked with")
            || what.contains(" jobs were done, though each of ")
    };
    if done.as_ref().is_ok() || done.as_ref().is_err_and(by_chance) {
        (0..MOST_STEPS)
            .map(|steps| {
                within(
                    limit,
                    "one of its workers was stopped for a while",
                    move || serve_stopped(serve, steps),
                )
            })
            .find(|stopped| *stopped != Ok(true))
            .unwrap_or(Ok(true))?;
    }
    done?;
    within(limit, "two threads call serve at once", move || {
        serve_meanwhile(serve)
    })?;
    within(limit, "serve is called again and again", move || {
        serve_again_and_again(serve)
    })?;
    within(limit, "a job panics", move || serve_one_that_panics(serve))
}

/// Does something that may hang. Then it's left behind.
fn within<R: Send + 'static>(
    limit: Duration,
    what: &str,
    does: impl FnOnce() -> Result<R, String> + Send + 'static,
) -> Result<R, String> {
    let (says, said) = mpsc::channel();
    thread::spawn(move || says.send(does()));
    said.recv_timeout(limit)
        .unwrap_or_else(|_| Err(format!("{what}, and serve wasn't done in time")))
}

/// More instructions than there are between two jobs of a worker, unless it counts on something else than its own.
const MOST_STEPS: u32 = 5_000;

/// The longest that it may serve.
const LIMIT: Duration = Duration::from_secs(30);

/// The numbers lie below this one.
const NUMBERS: usize = 32;

fn serve_jobs(serve: Serve, jobs: usize, shared: &Shared) -> Result<(), String> {
    // In no order, and some of them twice.
    let numbers: Vec<u64> =
        (0..jobs).map(|place| (place * 21 % NUMBERS) as u64).collect();
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
        return Err(format!(
            "{} threads were started for {jobs} jobs, and {WORKERS} are enough",
            seen.started
        ));
    }
    if let Some(wrong) = &seen.wrong {
        return Err(wrong.clone());
    }
    let Ok((results, finished)) = served else {
        return Err(format!("serve panicked with {jobs} jobs to do"));
    };
    let to_do =
        |number: u64| numbers.iter().filter(|other| **other == number).count();
    if !seen.done.iter().zip(0..).all(|(done, number)| *done == to_do(number)) {
        let done: usize = seen.done.iter().sum();
        return Err(format!(
            "{done} jobs were done, though each of {jobs} jobs must be done once"
        ));
    }
    if finished < jobs {
        return Err(format!(
            "serve returned its results while {} of {jobs} jobs weren't done",
            jobs - finished
        ));
    }
    if results
        != numbers.iter().map(|number| result_of(*number)).collect::<Vec<_>>()
    {
        return Err(
            "the results aren't those of the jobs, in the order of the numbers"
                .to_owned(),
        );
    }
    Ok(())
}

/// While it serves one call, it is called by somebody else: once when all its workers are at work, and once when its last job is.
fn serve_meanwhile(serve: Serve) -> Result<(), String> {
    let (first, second): (Vec<u64>, Vec<u64>) =
        ((0..40).collect(), (40..51).collect());
    let (done, served) = (Mutex::new(Vec::new()), Mutex::new((0, Vec::new())));
    let (shared, others) = (Shared::new(0), Shared::new(0));
    let count = |number| {
        done.lock().expect("nobody panics with this lock").push(number);
        result_of(number)
    };
    let job = |number| {
        let mut meanwhile = served.lock().expect("nobody panics with this lock");
        meanwhile.0 += 1;
        if [1, first.len()].contains(&meanwhile.0) {
            // The first to come and the last let another call be served. Nobody else does a job meanwhile.
            meanwhile.1.extend(thread::scope(|scope| {
                serve(&second, &count, &Starter { scope, shared: &others })
            }));
        }
        drop(meanwhile);
        count(number)
    };
    let results = catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|scope| {
            serve(&first, &job, &Starter { scope, shared: &shared })
        })
    }));
    let meanwhile =
        served.into_inner().map(|(_, results)| results).unwrap_or_default();
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable();
    let right = |numbers: &[u64]| {
        numbers.iter().map(|number| result_of(*number)).collect::<Vec<_>>()
    };
    let is_right = results.is_ok_and(|results| results == right(&first))
        && meanwhile == [right(&second), right(&second)].concat()
        && done
            == [first, second.iter().flat_map(|number| [*number; 2]).collect()]
                .concat();
    match is_right {
        true => Ok(()),
        false => {
            Err("if two threads call serve at once, it mixes up their jobs: do the calls share something, such as a `static`?"
                .to_owned())
        }
    }
}

/// A server is called again and again, and whatever each call leaves behind adds up.
fn serve_again_and_again(serve: Serve) -> Result<(), String> {
    let numbers: Vec<u64> = (0..8).collect();
    let shared = Shared::new(0);
    let account_of = |calls: usize| {
        let account = Account::new();
        let server = || {
            account.open();
            for _ in 0..calls {
                thread::scope(|scope| {
                    serve(&numbers, &result_of, &Starter { scope, shared: &shared })
                });
            }
        };
        let served = thread::scope(|scope| scope.spawn(server).join());
        shared.until_all_are_gone();
        served
            .map(|()| account)
            .map_err(|_| "serve panicked when it was called again".to_owned())
    };
    if !Path::new("/proc/thread-self").exists() {
        return Ok(()); // Nobody tells when a thread is gone, and has given back all that it had.
    }
    account_of(1)?; // what is made once, and stays for all calls
    let (once, again) = (account_of(1)?.live(), account_of(CALLS)?);
    // Each thread frees what the one that has started it has allocated for it, and so do the server and this one.
    if again.threads() > CALLS * WORKERS + 2 {
        return Err(
            "serve starts threads that the starter hasn't started".to_owned()
        );
    }
    match again.live() - once {
        ..=0 => Ok(()),
        bytes => Err(format!(
            "{CALLS} calls leave {bytes} bytes of memory behind, and a server is called for ever"
        )),
    }
}

/// So often, and whatever grows has to grow again.
const CALLS: usize = 50;

/// A job panics, and so does it. What it has lost isn't hidden, and nobody waits for it.
fn serve_one_that_panics(serve: Serve) -> Result<(), String> {
    let (numbers, shared): (Vec<u64>, _) = ((0..8).collect(), Shared::new(0));
    let job = |number: u64| {
        if number == 3 {
            resume_unwind(Box::new(number))
        } else {
            result_of(number)
        }
    };
    let serving = || {
        thread::scope(|scope| {
            serve(&numbers, &job, &Starter { scope, shared: &shared })
        })
    };
    match catch_unwind(AssertUnwindSafe(serving)) {
        Err(_) => Ok(()),
        Ok(_) => {
            Err("a job panicked, and serve returned as if nothing had happened"
                .to_owned())
        }
    }
}

/// Serves 40 jobs. When all workers are done with their first, one of them is stopped after this many instructions more, until the others
/// have done whatever they can. Whether it was: it may have come to its next job before, or to its end.
fn serve_stopped(serve: Serve, steps: u32) -> Result<bool, String> {
    let numbers: Vec<u64> = (0..40).collect();
    let done: Vec<AtomicUsize> =
        numbers.iter().map(|_| AtomicUsize::new(0)).collect();
    let (stop, mut watch) =
        stopped::pair().map_err(|error| format!("no pipe: {error}"))?;
    let shared = Shared(Mutex::new(Seen::default()), Condvar::new(), Some(stop));
    let job = |number: u64| {
        shared.is_between_no_more();
        done[number as usize].fetch_add(1, SeqCst);
        let mut seen = shared.seen();
        // Twice, all wait until all are at work. Then nobody makes room for its first result any more.
        let comes = seen.at_work.len();
        seen.at_work.push(thread::current().id());
        let (round, is_last) = (comes / WORKERS, comes + 1 == 2 * WORKERS);
        shared.1.notify_all();
        let waits = |seen: &mut Seen| {
            !is_last
                && !seen.is_free
                && seen.at_work.len() < (round + 1) * WORKERS + round
        };
        let seen = shared.1.wait_while(seen, waits);
        drop(seen.expect("nobody panics with this lock"));
        if is_last {
            shared.is_between(steps);
        }
        result_of(number)
    };
    let (was_stopped, they_end_or_wait, served) = thread::scope(|scope| {
        let server = scope.spawn(|| {
            let served = thread::scope(|scope| {
                serve(&numbers, &job, &Starter { scope, shared: &shared })
            });
            shared.wont_be_between();
            served
        });
        let was_stopped = watch.has_stopped();
        shared.seen().is_free = true;
        shared.1.notify_all();
        let others = std::mem::take(&mut shared.seen().others);
        let they_end_or_wait = !was_stopped || until_they_can_do_no_more(&others);
        if was_stopped {
            watch.let_go();
        }
        (was_stopped, they_end_or_wait, server.join())
    });
    let meanwhile =
        "a worker was stopped between two jobs while the others went on";
    if !they_end_or_wait {
        return Err(format!(
            "{meanwhile}, and one of them neither ended nor waited: does it look again and again?"
        ));
    }
    let done: Vec<usize> = done.into_iter().map(AtomicUsize::into_inner).collect();
    if done.iter().any(|done| *done > 1) {
        return Err(format!(
            "{meanwhile}, and a job was done twice: can two take the same place?"
        ));
    }
    let Ok(results) = served else {
        return Err(format!(
            "{meanwhile}, and then serve panicked: is what it had seen still so?"
        ));
    };
    if done.contains(&0) {
        return Err(format!("{meanwhile}, and a job was never done"));
    }
    match results.into_iter().eq(numbers.iter().map(|number| result_of(*number))) {
        true => Ok(was_stopped),
        false => Err(format!(
            "{meanwhile}, and a result was lost, or is in another result's place"
        )),
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
    /// What /proc tells of the others, while one is stopped between two jobs.
    others: Vec<File>,
    /// Whether nobody waits for others any more.
    is_free: bool,
    /// What was wrong first.
    wrong: Option<String>,
}

impl Seen {
    /// A thread says that it is there. Source: proc(5), /proc/thread-self.
    fn here(&mut self) -> ThreadId {
        let told = fs::read_link("/proc/thread-self")
            .ok()
            .map(|link| Path::new("/proc").join(link).join("stat"));
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
struct Shared(Mutex<Seen>, Condvar, Option<Stop>);

impl Shared {
    fn new(jobs: usize) -> Self {
        // Of a few jobs, threads may take several at a time.
        Self(
            Mutex::new(Seen {
                left: jobs,
                is_free: jobs < 2 * WORKERS,
                ..Seen::default()
            }),
            Condvar::new(),
            None,
        )
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
                Some("the thread that calls serve did a job itself; it should only wait for its workers".to_owned());
        } else if !seen.threads.contains_key(&own) {
            seen.wrong = Some(
                "a job was done by a thread that serve hasn't started by the starter"
                    .to_owned(),
            );
        }
        seen.is_free |= seen.left < WORKERS || seen.wrong.is_some();
        seen.at_work.push(own);
        if seen.at_work.len() == WORKERS {
            seen.at_work.clear();
            seen.rounds += 1;
        }
        self.1.notify_all();
        let round = seen.rounds;
        let waits = |seen: &mut Seen| {
            !seen.is_free && seen.rounds == round && seen.at_work.contains(&own)
        };
        let seen =
            self.1.wait_while(seen, waits).expect("nobody panics with this lock");
        let is_last = seen.left == 0 && seen.wrong.is_none();
        let serves =
            seen.serves.and_then(|thread| seen.threads.get(&thread)?.clone());
        drop(seen);
        // The last job isn't done before the thread that serves waits for it. One that doesn't wait returns meanwhile.
        if let Some(Err(instead)) = serves
            .filter(|_| is_last)
            .as_deref()
            .and_then(Path::parent)
            .map(until_it_waits)
        {
            self.seen().wrong = Some(format!(
                "the thread that calls serve looks again and again, and doesn't wait: {instead}"
            ));
        }
    }

    /// The calling thread is between two jobs from now on, and stops after this many instructions.
    fn is_between(&self, steps: u32) {
        let mut seen = self.seen();
        let others = seen
            .threads
            .iter()
            .filter(|(thread, _)| **thread != thread::current().id());
        seen.others = others
            .filter_map(|(_, stat)| File::open(stat.as_deref()?).ok())
            .collect();
        drop(seen);
        if let Some(stop) = &self.2 {
            stop.after(steps);
        }
    }

    /// It has come to its next job, or to its end.
    fn is_between_no_more(&self) {
        if stopped::end() {
            self.wont_be_between();
        }
    }

    fn wont_be_between(&self) {
        if let Some(stop) = &self.2 {
            stop.not_any_more();
        }
    }

    /// Waits until no thread is left, and has given back all that it had.
    fn until_all_are_gone(&self) {
        let threads: Vec<_> =
            self.seen().threads.values().flatten().cloned().collect();
        while threads.iter().any(|stat| stat.exists()) {
            thread::yield_now();
        }
    }

    /// What there is to say of one that isn't done in time.
    fn why_it_is_not_done(&self, jobs: usize, limit: Duration) -> String {
        let (seen, seconds) = (self.seen(), limit.as_secs());
        match (seen.at_work.len(), seen.left) {
            (1.., 1..) => {
                let at_work = seen.at_work.len();
                format!(
                    "only {at_work} of {WORKERS} threads were at work at once for {seconds} s, with {} more jobs to do",
                    seen.left
                )
            }
            (_, 0) if jobs > 0 => {
                format!(
                    "all jobs were done, and serve didn't return within {seconds} s: what does it still wait for?"
                )
            }
            _ => format!("serve wasn't done within {seconds} s: it waits for ever"),
        }
    }

    /// Looks whether nobody else can come to work: whether all threads that aren't at work sleep, and so wait for those that are,
    /// or are gone. One look at several threads isn't one moment, so it takes several looks; returns how many there were by now.
    fn look(&self, quiet: usize) -> usize {
        let (others, moves) = {
            let seen = self.seen();
            let others = seen
                .threads
                .iter()
                .filter(|(thread, _)| !seen.at_work.contains(thread));
            (others.map(|(_, stat)| stat.clone()).collect::<Vec<_>>(), seen.moves())
        };
        let sleep = others.iter().all(|stat| stat.as_deref().is_some_and(sleeps));
        let mut seen = self.seen();
        if !sleep
            || seen.come < seen.started
            || seen.at_work.is_empty()
            || seen.is_free
            || seen.moves() != moves
        {
            return 0;
        }
        if quiet == 4 {
            let (at_work, left) = (seen.at_work.len(), seen.left);
            seen.wrong = Some(format!(
                "only {at_work} of {WORKERS} threads were at work at once, with {left} more jobs to do"
            ));
            seen.is_free = true;
            self.1.notify_all();
        }
        quiet + 1
    }
}

/// Waits until all of these sleep or are gone; whether they come to that. One look at several isn't one moment, so it takes several looks.
/// It allocates nothing, for the thread that is stopped may hold a lock of the allocator.
fn until_they_can_do_no_more(threads: &[File]) -> bool {
    let (began, mut quiet) = (Instant::now(), 0);
    while quiet < 3 && began.elapsed() < Duration::from_secs(5) {
        quiet = if threads.iter().all(is_quiet) { quiet + 1 } else { 0 };
        thread::yield_now();
    }
    quiet == 3
}

fn is_quiet(mut stat: &File) -> bool {
    let mut room = [0; 512];
    // Of one that is gone, nothing can be read.
    let read = stat.rewind().and_then(|()| stat.read(&mut room)).unwrap_or(0);
    let name_ends = room[..read].iter().rposition(|byte| *byte == b')');
    name_ends.is_none_or(|ends| b"SZX".contains(&room[ends + 2]))
}

/// Whether a thread sleeps, or is gone. Source: proc_pid_stat(5).
fn sleeps(stat: &Path) -> bool {
    let Ok(stat) = fs::read_to_string(stat) else { return true };
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
}
