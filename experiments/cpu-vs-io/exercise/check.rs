//! What a right `ask_all` must pass: all questions are under way before the first is answered, each is asked once, and the answers
//! come back in order.
//!
//! Answers are held back until all questions are there, so no clock tells who overlapped. Then they are given one after the other, the
//! last question's first, and none can be guessed. If everything stands still before all questions are there, no more will come.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// `ask_all`.
pub(crate) type AskAll = fn(usize, &(dyn Fn(usize) -> u64 + Sync)) -> Vec<u64>;

/// Only one is checked at a time, for all threads of this process are looked at.
static CHECKED: Mutex<()> = Mutex::new(());

/// How long to wait between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// So many looks one after the other at which nobody has asked, got an answer, runs or waits for a CPU: then everything stands still,
/// however busy the machine is.
const STILL: u32 = 10;

/// For so long nobody has asked or got an answer: then it counts as standing still too, if somebody only runs in circles, or the system
/// doesn't tell.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has twenty questions asked, then more than there are CPUs or a usual pool has threads, then one, and says what is wrong.
pub(crate) fn check(ask_all: AskAll) -> Result<(), String> {
    let _one_at_a_time = lock(&CHECKED);
    let more = 131.max(4 * thread::available_parallelism().map_or(1, usize::from) + 3);
    [20, more, 1].into_iter().try_for_each(|questions| check_with(ask_all, questions))
}

fn check_with(ask_all: AskAll, questions: usize) -> Result<(), String> {
    let (server, (tell, told)) = (Arc::new(Server::new(questions)), mpsc::channel());
    let asked = Arc::clone(&server);
    // If it never returns, its thread is left behind.
    let ask = move || catch_unwind(AssertUnwindSafe(|| ask_all(questions, &|question| asked.ask(question))));
    thread::spawn(move || tell.send(ask()));
    let (mut progress, mut moved, mut still) = ((0, 0), Instant::now(), 0);
    loop {
        if let Ok(returned) = told.recv_timeout(LOOK) {
            return returned.map_err(|_| "`ask_all` panicked".to_owned()).and_then(|answers| server.judge(&answers));
        }
        if server.progress() != progress {
            (progress, moved, still) = (server.progress(), Instant::now(), 0);
        }
        still = if somebody_runs() { 0 } else { still + 1 };
        if still >= STILL || moved.elapsed() > PATIENCE {
            if !server.answers_all() {
                return Err(
                    "it doesn't return, though it has all answers: it waits for something that never comes".into()
                );
            }
            (moved, still) = (Instant::now(), 0);
        }
    }
}

/// Whether a thread of this process, other than this one, runs or would run if it got a CPU; true where the system doesn't tell.
/// Source: proc_pid_stat(5), `state`.
fn somebody_runs() -> bool {
    let own = rustix::thread::gettid().as_raw_nonzero().to_string();
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return true };
    threads.flatten().filter(|thread| *thread.file_name() != *own).any(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" R") || rest.starts_with(" D"))
    })
}

/// What is asked.
struct Server {
    state: Mutex<State>,
    /// For each question, that its turn to be answered has come.
    turns: Vec<Condvar>,
    answers: Vec<u64>,
}

struct State {
    /// How often each question was asked.
    asked: Vec<usize>,
    answered: usize,
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
        let answers = (0..questions).map(|question| random.hash_one(question)).collect();
        let state = State { asked: vec![0; questions], answered: 0, stood_still: None };
        Self { state: Mutex::new(state), turns: (0..questions).map(|_| Condvar::new()).collect(), answers }
    }

    /// Waits for an answer. One that is asked again gets it at once.
    fn ask(&self, question: usize) -> u64 {
        assert!(question < self.turns.len(), "there is no question {question}");
        let (mut now, last) = (lock(&self.state), self.turns.len() - 1);
        now.asked[question] += 1;
        if now.asked[question] == 1 {
            if now.under_way() > last {
                self.turns[last].notify_one();
            }
            let waits = |now: &mut State| {
                now.stood_still.is_none() && (now.under_way() <= last || now.answered != last - question)
            };
            now = self.turns[question].wait_while(now, waits).unwrap_or_else(PoisonError::into_inner);
            now.answered += 1;
            if question > 0 {
                self.turns[question - 1].notify_one();
            }
        }
        self.answers[question]
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

    fn judge(&self, answers: &[u64]) -> Result<(), String> {
        let (now, questions) = (lock(&self.state), self.answers.len());
        if let Some(never) = now.asked.iter().position(|times| *times == 0) {
            return Err(format!("of {questions} questions, from 0, question {never} was never asked"));
        }
        if let Some(again) = now.asked.iter().position(|times| *times > 1) {
            return Err(format!("question {again} was asked {} times, and each is to be asked once", now.asked[again]));
        }
        if let Some(under_way) = now.stood_still {
            return Err(format!(
                "not all questions were under way at once: {under_way} of {questions} were asked, and the next one had to wait for an \
                 answer"
            ));
        }
        if answers.len() != questions {
            return Err(format!("{questions} questions were answered, and {} answers came back", answers.len()));
        }
        match self.answers.iter().zip(answers).position(|(one, other)| one != other) {
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
