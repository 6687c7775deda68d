//! What a right `ask_all` must pass: all questions are under way before the first is answered, each is asked once, nobody runs in
//! circles meanwhile, the answers come back in order, and no thread stays behind.
//!
//! Answers are held back until all questions are there and nobody runs any more, so no clock tells who overlapped. Then they are given, in
//! an order that nobody can know, and none can be guessed. If everything stands still before all questions are there,
//! no more will come.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use lab::usage::Usage;
use rustix::thread::gettid;

/// `ask_all`.
pub(crate) type AskAll = fn(usize, &(dyn Fn(usize) -> u64 + Sync)) -> Vec<u64>;

/// Only one is checked at a time, for all threads of this process are looked at.
static CHECKED: Mutex<()> = Mutex::new(());

/// The threads that check something or wait for that: those of the tests. None of them belongs to an answer.
static TESTS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How long to wait between two looks.
const LOOK: Duration = Duration::from_millis(2);

/// So much CPU time may be used while all wait for answers. To wait takes none, but for the looks' own, which isn't counted.
const IN_CIRCLES: Duration = Duration::from_millis(50);

/// As many questions, and fewer, are answered one after the other; more are answered all at once, which is done sooner.
const ONE_BY_ONE: usize = 20;

/// This many looks one after the other at which nobody has asked, got an answer, runs or waits for a CPU: then everything stands still,
/// however busy the machine is.
const STILL: u32 = 10;

/// For so long nobody has asked or got an answer: then it counts as standing still too, if somebody only runs in circles, or the system
/// doesn't tell.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has twenty questions asked, then more than there are CPUs or a usual pool has threads, then one, and says what is wrong.
pub(crate) fn check(ask_all: AskAll) -> Result<(), String> {
    let own = gettid().as_raw_nonzero().get();
    lock(&TESTS).insert(own);
    let one_at_a_time = lock(&CHECKED);
    let more =
        263.max(4 * thread::available_parallelism().map_or(1, usize::from) + 3);
    let checked = [20, more, 1]
        .into_iter()
        .try_for_each(|questions| check_with(ask_all, questions));
    // In this order: the next check notes first which threads there are, and none may come to light afterwards.
    lock(&TESTS).remove(&own);
    drop(one_at_a_time);
    checked
}

fn check_with(ask_all: AskAll, questions: usize) -> Result<(), String> {
    let before = threads();
    let (server, (tell, told)) =
        (Arc::new(Server::new(questions)), mpsc::channel());
    let asked = Arc::clone(&server);
    // If it never returns, its thread is left behind.
    let ask = move || {
        catch_unwind(AssertUnwindSafe(|| {
            ask_all(questions, &|question| asked.ask(question))
        }))
    };
    thread::spawn(move || tell.send(ask()));
    let (mut progress, mut moved, mut still, mut used) =
        ((0, 0), Instant::now(), 0, None);
    loop {
        if let Ok(returned) = told.recv_timeout(LOOK) {
            return server
                .judge(returned.ok())
                .and_then(|()| nobody_is_left(&before));
        }
        if server.progress() != progress {
            (progress, moved, still) = (server.progress(), Instant::now(), 0);
            // To look at all threads takes long enough to be left out where it tells nothing new.
            continue;
        }
        let runs = somebody_runs(&threads());
        still = if runs == Some(false) { still + 1 } else { 0 };
        if server.is_held_back() {
            let in_circles = used_by_others()
                .saturating_sub(*used.get_or_insert_with(used_by_others))
                > IN_CIRCLES;
            if in_circles || runs != Some(true) {
                server.begins(in_circles);
            }
        } else if still >= STILL || moved.elapsed() > PATIENCE {
            if !server.answers_all() {
                return Err(
                    "it doesn't return, though it has all answers: it waits for something that never comes".into()
                );
            }
            (moved, still) = (Instant::now(), 0);
        }
    }
}

/// Waits until the threads are gone that weren't there before, or says that some aren't going.
fn nobody_is_left(before: &BTreeSet<i32>) -> Result<(), String> {
    let (began, mut still) = (Instant::now(), 0);
    loop {
        let left: BTreeSet<i32> = threads().difference(before).copied().collect();
        if left.is_empty() {
            return Ok(());
        }
        still = if somebody_runs(&left) == Some(false) { still + 1 } else { 0 };
        if still >= STILL || began.elapsed() > PATIENCE {
            return Err(format!(
                "all answers are right, but threads that it started are left behind, {} of them",
                left.len()
            ));
        }
        thread::sleep(LOOK);
    }
}

/// The threads of this process, but for those of the tests; none where the system doesn't tell.
fn threads() -> BTreeSet<i32> {
    let all = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let all = all.filter_map(|thread| thread.file_name().to_str()?.parse().ok());
    let all: BTreeSet<i32> = all.collect();
    all.difference(&lock(&TESTS)).copied().collect()
}

/// Whether one of these threads runs or would run if it got a CPU; none where the system doesn't tell.
/// Source: proc_pid_stat(5), `state`.
fn somebody_runs(threads: &BTreeSet<i32>) -> Option<bool> {
    let runs = |thread| {
        let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat"))
            .unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| {
            rest.starts_with(" R") || rest.starts_with(" D")
        })
    };
    (!threads.is_empty()).then(|| threads.iter().any(runs))
}

/// The CPU time that all threads of this process but this one have used.
fn used_by_others() -> Duration {
    Usage::of_process().cpu.saturating_sub(Usage::of_thread().cpu)
}

/// What is asked.
struct Server {
    state: Mutex<State>,
    /// For each question, that its turn to be answered has come.
    turns: Vec<Condvar>,
    /// The questions in the order in which they are answered.
    order: Vec<usize>,
    answers: Vec<u64>,
}

struct State {
    /// How often each question was asked.
    asked: Vec<usize>,
    /// A question that there isn't, if one was asked.
    beyond: Option<usize>,
    /// Whether answers are given now.
    began: bool,
    answered: usize,
    /// Whether somebody ran in circles while all waited.
    in_circles: bool,
    /// How many questions were under way when everything stood still, if not all were.
    stood_still: Option<usize>,
}

impl State {
    fn under_way(&self) -> usize {
        self.asked.iter().filter(|times| **times > 0).count()
    }
}

impl Server {
    fn new(questions: usize) -> Self {
        let random = RandomState::new();
        let answers =
            (0..questions).map(|question| random.hash_one(question)).collect();
        let mut order: Vec<usize> = (0..questions).collect();
        order.sort_by_cached_key(|question| random.hash_one(("turn", question)));
        let (asked, turns) =
            (vec![0; questions], (0..questions).map(|_| Condvar::new()).collect());
        let state = State {
            asked,
            beyond: None,
            began: false,
            answered: 0,
            in_circles: false,
            stood_still: None,
        };
        Self { state: Mutex::new(state), turns, order, answers }
    }

    /// Waits for an answer. One that is asked again gets it at once, and so does one that there isn't.
    fn ask(&self, question: usize) -> u64 {
        let mut now = lock(&self.state);
        let Some(asked) = now.asked.get_mut(question) else {
            now.beyond = Some(question);
            return 0;
        };
        *asked += 1;
        if *asked == 1 {
            let is_next = |now: &State| {
                self.order.len() > ONE_BY_ONE
                    || self.order[now.answered] == question
            };
            let waits = |now: &mut State| {
                now.stood_still.is_none() && !(now.began && is_next(now))
            };
            now = self.turns[question]
                .wait_while(now, waits)
                .unwrap_or_else(PoisonError::into_inner);
            now.answered += 1;
            self.tell_next(&now);
        }
        self.answers[question]
    }

    /// Whether all questions are under way, and no answer is given yet.
    fn is_held_back(&self) -> bool {
        let now = lock(&self.state);
        !now.began
            && now.stood_still.is_none()
            && now.under_way() == self.turns.len()
    }

    /// Begins to give answers; notes whether somebody ran in circles before.
    fn begins(&self, in_circles: bool) {
        let mut now = lock(&self.state);
        (now.began, now.in_circles) = (true, in_circles);
        if self.order.len() > ONE_BY_ONE {
            self.turns.iter().for_each(Condvar::notify_one);
        } else {
            self.tell_next(&now);
        }
    }

    /// Tells the next question in order that it is answered now.
    fn tell_next(&self, now: &State) {
        if let Some(next) = self.order.get(now.answered) {
            self.turns[*next].notify_one();
        }
    }

    /// How many questions are under way or answered, and how many are answered.
    fn progress(&self) -> (usize, usize) {
        let now = lock(&self.state);
        (now.under_way(), now.answered)
    }

    /// Answers all questions, if somebody waits for that.
    fn answers_all(&self) -> bool {
        let mut now = lock(&self.state);
        let waits = now.stood_still.is_none() && now.answered < now.under_way();
        if waits {
            now.stood_still = Some(now.under_way());
            self.turns.iter().for_each(Condvar::notify_all);
        }
        waits
    }

    /// Says what is wrong with the answers that came back; there are none if it panicked.
    fn judge(&self, answers: Option<Vec<u64>>) -> Result<(), String> {
        let (now, questions) = (lock(&self.state), self.answers.len());
        if let Some(beyond) = now.beyond {
            return Err(format!(
                "question {beyond} was asked, and the {questions} questions begin at 0: there is none of that number"
            ));
        }
        let answers = answers.ok_or("`ask_all` panicked")?;
        if let Some(never) = now.asked.iter().position(|times| *times == 0) {
            return Err(format!(
                "of {questions} questions, from 0, question {never} was never asked"
            ));
        }
        if let Some(again) = now.asked.iter().position(|times| *times > 1) {
            return Err(format!(
                "question {again} was asked {} times, and each is to be asked once",
                now.asked[again]
            ));
        }
        if let Some(under_way) = now.stood_still {
            return Err(format!(
                "not all questions were under way at once: {under_way} of {questions} were asked, and the next one had to wait for an \
                 answer"
            ));
        }
        if now.in_circles {
            return Err("while all waited for answers, somebody ran in circles: to wait takes no CPU time".to_owned());
        }
        if answers.len() != questions {
            return Err(format!(
                "{questions} questions were answered, and {} answers came back",
                answers.len()
            ));
        }
        match self
            .answers
            .iter()
            .zip(&answers)
            .position(|(one, other)| one != other)
        {
            None => Ok(()),
            Some(at) => Err(format!(
                "the answers were to come in the order of the questions: what came at {at} isn't the answer to question {at}"
            )),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
