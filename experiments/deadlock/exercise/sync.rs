//! Locks for the exercise, on a stage: one worker goes at a time, and wherever it asks for a lock the check says who goes on.
//! So the check can try every order, and sees when nobody can go on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{
    self, Arc, Condvar, LockResult, PoisonError, TryLockError, TryLockResult,
};
use std::time::{Duration, Instant};

thread_local! {
    /// The stage that this thread is on, and its worker's number.
    static PART: RefCell<Option<(Arc<Stage>, usize)>> = const { RefCell::new(None) };
}

fn on_stage<R>(act: impl FnOnce(&Stage, usize) -> R) -> Option<R> {
    let part = PART.with_borrow(Clone::clone);
    part.map(|(stage, me)| act(&stage, me))
}

/// With this a thread ends that is on no stage and comes to a lock: nobody would know that it waits.
struct Stranger;

/// As std's.
#[derive(Debug)]
pub(crate) struct Mutex<T> {
    inner: sync::Mutex<T>,
    /// Whether a thread has come to it that is on no stage.
    stranger: AtomicBool,
}

/// As std's. The data is given back first; then others are told.
#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T>(
    sync::MutexGuard<'a, T>,
    #[expect(dead_code, reason = "it is dropped")] Taken,
);

/// A lock that is taken, by its address.
#[derive(Debug)]
struct Taken(usize);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { inner: sync::Mutex::new(value), stranger: AtomicBool::new(false) }
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        on_stage(|stage, me| stage.take(me, self.address()))
            .unwrap_or_else(|| self.stranger());
        Ok(self.taken())
    }

    pub(crate) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let is_had = on_stage(|stage, me| stage.try_to_take(me, self.address()))
            .unwrap_or_else(|| self.stranger());
        if is_had { Ok(self.taken()) } else { Err(TryLockError::WouldBlock) }
    }

    fn stranger(&self) -> ! {
        self.stranger.store(true, Ordering::SeqCst);
        resume_unwind(Box::new(Stranger));
    }

    pub(crate) fn was_asked_for_by_a_stranger(&self) -> bool {
        self.stranger.load(Ordering::SeqCst)
    }

    /// What it guards, when all is over.
    pub(crate) fn value(&self) -> T
    where
        T: Copy,
    {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is, by which the stage knows it.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn taken(&self) -> MutexGuard<'_, T> {
        MutexGuard(
            self.inner.lock().unwrap_or_else(PoisonError::into_inner),
            Taken(self.address()),
        )
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        on_stage(|stage, _| stage.give_back(self.0));
    }
}

/// What a worker is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Goes,
    /// It has tried in vain, and lets the others go first.
    Rests,
    WaitsFor(usize),
    /// It has just tried to get this, in vain.
    Tries(usize),
    IsDone,
}

/// Until this many have come to a lock or to their end, every choice is tried, and then a worker goes on as long as it can.
const EARLY: usize = 14;

/// From here on nobody knows who goes next, as it is with threads. So long goes no answer but one that tries again and again, and by
/// chance it comes to an end.
const LATE: usize = 30;

/// A play that has this many points won't come to an end, in whatever order its workers go.
const FOR_EVER: usize = 10_000;

/// This many attempts in vain, while nobody gives anything back, go on for ever.
const IN_VAIN: usize = 2000;

/// The workers of a play, the one that goes, and the result.
struct Play {
    doing: Vec<Doing>,
    /// Whether each worker has tried in vain since it last asked for a lock.
    failed: Vec<bool>,
    holders: BTreeMap<usize, usize>,
    goes: usize,
    is_over: bool,
    /// What went wrong.
    wrong: Option<String>,
    /// The choices to make first, and those that were made: which, and of how many.
    script: Vec<usize>,
    made: Vec<(usize, usize)>,
    points: usize,
    /// How many interruptions are left.
    interruptions: usize,
    in_vain: usize,
    /// How many attempts of each worker have failed as if somebody else were there, how many are to, and from when to when at most.
    refused: Vec<usize>,
    refusals: usize,
    refused_between: (Instant, Instant),
    /// How often each worker may still wait for a lock, and how often try, and not be interrupted, since it was refused.
    hurries: Vec<(usize, usize)>,
    /// Of what comes by chance; the same in each play.
    chance: u64,
    /// What each worker is called, and where the accounts are.
    names: Vec<String>,
    accounts: Vec<usize>,
}

/// Where workers play, each on a thread of its own. Each is told of its turn, and the last of all, who waits for the end, of that.
pub(crate) struct Stage(sync::Mutex<Play>, Vec<Condvar>);

/// How a play ended.
pub(crate) struct End {
    /// What went wrong, if anything did.
    pub(crate) wrong: Option<String>,
    /// How many attempts were refused, of all workers.
    pub(crate) refused: usize,
    /// The choices that were made: which, and of how many.
    pub(crate) made: Vec<(usize, usize)>,
}

/// With this a worker leaves a play that is over.
struct Over;

impl Stage {
    /// For workers with these names. This many attempts of each fail, as if somebody else were there, or as many as there are so long at
    /// least and at most.
    pub(crate) fn new(
        names: Vec<String>,
        accounts: Vec<usize>,
        script: Vec<usize>,
        interruptions: usize,
        refusals: usize,
        refused: (Duration, Duration),
    ) -> Self {
        let (workers, now) = (names.len(), Instant::now());
        let mut play = Play {
            doing: vec![Doing::Goes; workers],
            failed: vec![false; workers],
            holders: BTreeMap::new(),
            goes: usize::MAX,
            is_over: false,
            wrong: None,
            script,
            made: Vec::new(),
            points: 0,
            interruptions,
            in_vain: 0,
            refused: vec![0; workers],
            refusals,
            refused_between: (now + refused.0, now + refused.1),
            hurries: vec![(0, 0); workers],
            chance: 1,
            names,
            accounts,
        };
        play.choose(usize::MAX);
        Self(
            sync::Mutex::new(play),
            (0..=workers).map(|_| Condvar::new()).collect(),
        )
    }

    /// What a worker does on its thread.
    pub(crate) fn perform(self: Arc<Self>, me: usize, act: impl FnOnce()) {
        PART.set(Some((Arc::clone(&self), me)));
        let done = catch_unwind(AssertUnwindSafe(|| {
            drop(self.wait(me, self.play()));
            act();
        }));
        let mut play = self.play();
        match done {
            Err(panic) if !panic.is::<Over>() => {
                play.ends(Some("a transfer panicked".to_owned()));
            }
            Ok(()) if play.holders.values().any(|holder| *holder == me) => {
                play.ends(Some(
                    "a transfer is done, and keeps a lock for ever".to_owned(),
                ));
            }
            _ => {
                play.doing[me] = Doing::IsDone;
                play.choose(me);
            }
        }
        self.tell(&play);
    }

    /// Waits until all is over, and says what came of it; nothing, if it isn't within so long.
    pub(crate) fn end(&self, limit: Duration) -> Option<End> {
        let end = self.1.last().expect("there is one for the end");
        let (play, _) = end
            .wait_timeout_while(self.play(), limit, |play| !play.is_over)
            .unwrap();
        let end = || End {
            wrong: play.wrong.clone(),
            refused: play.refused.iter().sum(),
            made: play.made.clone(),
        };
        play.is_over.then(end)
    }

    fn play(&self) -> sync::MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, me: usize, lock: usize) {
        let mut play = self.ask(me, false);
        if play.holders.contains_key(&lock) {
            play = self.pause(me, Doing::WaitsFor(lock), play);
        }
        play.holders.insert(lock, me);
    }

    fn try_to_take(&self, me: usize, lock: usize) -> bool {
        let mut play = self.ask(me, true);
        let is_refused = play.is_refused(me);
        if is_refused || play.holders.contains_key(&lock) {
            play.failed[me] = true;
            if !is_refused {
                drop(self.pause(me, Doing::Tries(lock), play));
            }
            return false;
        }
        play.holders.insert(lock, me);
        true
    }

    fn give_back(&self, lock: usize) {
        let mut play = self.play();
        play.holders.remove(&lock);
        play.in_vain = 0;
    }

    /// Before a worker takes a lock, others may come.
    fn ask(&self, me: usize, tries_only: bool) -> sync::MutexGuard<'_, Play> {
        let mut play = self.play();
        let has_failed = std::mem::take(&mut play.failed[me]);
        let (waits, tries) = &mut play.hurries[me];
        let left = if tries_only { tries } else { waits };
        if *left > 0 {
            *left -= 1;
            return play;
        }
        self.pause(me, if has_failed { Doing::Rests } else { Doing::Goes }, play)
    }

    fn pause<'a>(
        &'a self,
        me: usize,
        doing: Doing,
        mut play: sync::MutexGuard<'a, Play>,
    ) -> sync::MutexGuard<'a, Play> {
        play.doing[me] = doing;
        play.choose(me);
        self.tell(&play);
        play = self.wait(me, play);
        play.doing[me] = Doing::Goes;
        play
    }

    /// Tells who goes on; of the end, all.
    fn tell(&self, play: &Play) {
        match play.is_over {
            true => self.1.iter().for_each(Condvar::notify_one),
            false => self.1[play.goes].notify_one(),
        }
    }

    fn wait<'a>(
        &self,
        me: usize,
        play: sync::MutexGuard<'a, Play>,
    ) -> sync::MutexGuard<'a, Play> {
        let play = self.1[me]
            .wait_while(play, |play| !play.is_over && play.goes != me)
            .unwrap();
        if play.is_over {
            drop(play);
            resume_unwind(Box::new(Over));
        }
        play
    }
}

impl Play {
    /// Chooses who goes on, where `me` has come to a lock, or to its end.
    fn choose(&mut self, me: usize) {
        self.points += 1;
        if self.points > FOR_EVER {
            return self
                .ends(Some("a transfer goes on and on, in whatever order the workers go, and never comes to an end".to_owned()));
        }
        let is_late = self.points > LATE;
        let can = |worker: &usize| match self.doing[*worker] {
            Doing::Goes | Doing::Rests => true,
            Doing::WaitsFor(lock) | Doing::Tries(lock) => {
                !self.holders.contains_key(&lock)
            }
            Doing::IsDone => false,
        };
        let all = self.doing.len();
        let mut ready: Vec<usize> =
            (1..=all).map(|next| me.wrapping_add(next) % all).filter(can).collect();
        let is_ready = ready.pop_if(|last| *last == me).is_some();
        ready.sort_by_key(|worker| self.doing[*worker] == Doing::Rests);
        let may_go_on = is_ready && self.doing[me] == Doing::Goes;
        if may_go_on {
            if self.interruptions == 0 && !is_late {
                ready.clear();
            }
            ready.insert(0, me);
        } else if is_ready && ready.is_empty() {
            ready.push(me);
        }
        if ready.is_empty() {
            let tries =
                |worker: &usize| matches!(self.doing[*worker], Doing::Tries(_));
            ready.extend(
                (1..=all).map(|next| me.wrapping_add(next) % all).find(tries),
            );
            self.in_vain += 1;
            if ready.is_empty() || self.in_vain > IN_VAIN {
                let is_done =
                    self.doing.iter().all(|doing| *doing == Doing::IsDone);
                return self.ends(
                    (!is_done).then(|| format!("nobody goes on: {}", self.waits())),
                );
            }
        }
        let mut choice = 0;
        if ready.len() > 1 && self.points <= EARLY {
            choice = self.script.get(self.made.len()).copied().unwrap_or(0);
            self.made.push((choice, ready.len()));
        }
        if is_late {
            choice = self.by_chance(ready.len());
        }
        self.goes = ready[choice];
        if may_go_on && self.goes != me {
            self.interruptions = self.interruptions.saturating_sub(1);
        }
    }

    /// A number below this one.
    fn by_chance(&mut self, limit: usize) -> usize {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407); // as Knuth's MMIX
        (self.chance >> 33) as usize % limit
    }

    /// Whether this attempt fails, as if somebody else were there.
    fn is_refused(&mut self, me: usize) -> bool {
        if self.refusals == 0 {
            return false;
        }
        let ((least, most), now) = (self.refused_between, Instant::now());
        let is_refused =
            now < least || (now < most && self.refused[me] < self.refusals);
        self.refused[me] += usize::from(is_refused);
        // While it tries again, nothing is learned from who else may go on: if it waits for two locks, it doesn't try.
        self.hurries[me] = if is_refused { (1, 3) } else { (0, 0) };
        is_refused
    }

    fn ends(&mut self, wrong: Option<String>) {
        if !self.is_over {
            (self.is_over, self.wrong) = (true, wrong);
        }
    }

    /// What each worker has and waits for.
    fn waits(&self) -> String {
        let name = |lock: usize| match self
            .accounts
            .iter()
            .position(|account| *account == lock)
        {
            Some(number) => format!("account {number}"),
            None => "another lock".to_owned(),
        };
        let wait = |me: usize| {
            let (how, lock) = match self.doing[me] {
                Doing::WaitsFor(lock) => ("waits for", lock),
                Doing::Tries(lock) => ("tries again and again to get", lock),
                _ => return None,
            };
            let has: Vec<_> = self
                .holders
                .iter()
                .filter(|of| *of.1 == me)
                .map(|of| name(*of.0))
                .collect();
            let itself = if self.holders.get(&lock) == Some(&me) {
                ", which it has itself"
            } else {
                ""
            };
            let has = if has.is_empty() {
                "nothing".to_owned()
            } else {
                has.join(" and ")
            };
            Some(format!(
                "the worker of `{}` has {has} and {how} {}{itself}",
                self.names[me],
                name(lock)
            ))
        };
        (0..self.doing.len()).filter_map(wait).collect::<Vec<_>>().join("; ")
    }
}
