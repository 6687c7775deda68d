//! Locks for the exercise, on a stage: one worker goes at a time, and wherever it asks for a lock the check says who goes on.
//! So the check can try every order, and sees when nobody can go on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::{self, Arc, Condvar, LockResult, PoisonError, TryLockError, TryLockResult};
use std::time::{Duration, Instant};

thread_local! {
    /// The stage that this thread is on, and its worker's number.
    static PART: RefCell<Option<(Arc<Stage>, usize)>> = const { RefCell::new(None) };
}

fn on_stage<R>(act: impl FnOnce(&Stage, usize) -> R) -> Option<R> {
    let part = PART.with_borrow(Clone::clone);
    part.map(|(stage, me)| act(&stage, me))
}

/// As std's.
#[derive(Debug)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

/// As std's. The data is given back first; then others are told.
#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T>(sync::MutexGuard<'a, T>, #[expect(dead_code, reason = "it is dropped")] Taken);

/// A lock that is taken, by its address.
#[derive(Debug)]
struct Taken(usize);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        on_stage(|stage, me| stage.take(me, self.address()));
        Ok(self.taken())
    }

    pub(crate) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match on_stage(|stage, me| stage.try_to_take(me, self.address())) {
            Some(false) => Err(TryLockError::WouldBlock),
            _ => Ok(self.taken()),
        }
    }

    /// Where it is, by which the stage knows it.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn taken(&self) -> MutexGuard<'_, T> {
        MutexGuard(self.0.lock().unwrap_or_else(PoisonError::into_inner), Taken(self.address()))
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

/// How often a worker is interrupted at most, where it could go on.
const INTERRUPTIONS: usize = 2;

/// Until so many have come to a lock or to their end, every choice is tried. Later the workers take turns: so long goes no
/// answer but one that tries again and again.
const EARLY: usize = 14;

/// Who still plays then may do so for ever, and nothing is learned from it.
const LATE: usize = 20_000;

/// So many attempts in vain, while nobody gives anything back, go on for ever.
const IN_VAIN: usize = 2000;

/// Who plays, who goes, and what has come of it.
struct Play {
    doing: Vec<Doing>,
    /// Who has tried in vain since it last asked for a lock.
    failed: Vec<bool>,
    holders: BTreeMap<usize, usize>,
    goes: usize,
    is_over: bool,
    /// What went wrong, and whether it was broken off before anything could.
    wrong: Option<String>,
    is_abandoned: bool,
    /// The choices to make first, and those that were made: which, and of how many.
    script: Vec<usize>,
    made: Vec<(usize, usize)>,
    points: usize,
    interruptions: usize,
    in_vain: usize,
    /// So many attempts fail, as if somebody else were there, until this moment.
    refusals: (usize, Instant),
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
    /// Whether it was broken off.
    pub(crate) is_abandoned: bool,
    /// The choices that were made: which, and of how many.
    pub(crate) made: Vec<(usize, usize)>,
}

/// With this a worker leaves a play that is over.
struct Over;

impl Stage {
    pub(crate) fn new(names: Vec<String>, accounts: Vec<usize>, script: Vec<usize>, refusals: usize) -> Self {
        let workers = names.len();
        let mut play = Play {
            doing: vec![Doing::Goes; workers],
            failed: vec![false; workers],
            holders: BTreeMap::new(),
            goes: usize::MAX,
            is_over: false,
            wrong: None,
            is_abandoned: false,
            script,
            made: Vec::new(),
            points: 0,
            interruptions: 0,
            in_vain: 0,
            refusals: (refusals, Instant::now() + Duration::from_secs(1)),
            names,
            accounts,
        };
        play.choose(usize::MAX);
        Self(sync::Mutex::new(play), (0..=workers).map(|_| Condvar::new()).collect())
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
            Err(panic) if !panic.is::<Over>() => play.ends(Some("a transfer panicked".to_owned())),
            Ok(()) if play.holders.values().any(|holder| *holder == me) => {
                play.ends(Some("a transfer is done, and keeps a lock for ever".to_owned()));
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
        let (play, _) = end.wait_timeout_while(self.play(), limit, |play| !play.is_over).unwrap();
        let end = || End { wrong: play.wrong.clone(), is_abandoned: play.is_abandoned, made: play.made.clone() };
        play.is_over.then(end)
    }

    fn play(&self) -> sync::MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, me: usize, lock: usize) {
        let mut play = self.ask(me);
        if play.holders.contains_key(&lock) {
            play = self.pause(me, Doing::WaitsFor(lock), play);
        }
        play.holders.insert(lock, me);
    }

    fn try_to_take(&self, me: usize, lock: usize) -> bool {
        let mut play = self.ask(me);
        let is_refused = play.refusals.0 > 0 && Instant::now() < play.refusals.1;
        play.refusals.0 -= usize::from(is_refused);
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
    fn ask(&self, me: usize) -> sync::MutexGuard<'_, Play> {
        let mut play = self.play();
        let has_failed = std::mem::take(&mut play.failed[me]);
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

    fn wait<'a>(&self, me: usize, play: sync::MutexGuard<'a, Play>) -> sync::MutexGuard<'a, Play> {
        let play = self.1[me].wait_while(play, |play| !play.is_over && play.goes != me).unwrap();
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
        if self.points > LATE && self.doing.len() > 1 {
            self.is_abandoned = true;
            return self.ends(None);
        }
        let can = |worker: &usize| match self.doing[*worker] {
            Doing::Goes | Doing::Rests => true,
            Doing::WaitsFor(lock) | Doing::Tries(lock) => !self.holders.contains_key(&lock),
            Doing::IsDone => false,
        };
        let all = self.doing.len();
        let mut ready: Vec<usize> = (1..=all).map(|next| me.wrapping_add(next) % all).filter(can).collect();
        let is_ready = ready.pop_if(|last| *last == me).is_some();
        ready.sort_by_key(|worker| self.doing[*worker] == Doing::Rests);
        let may_go_on = is_ready && self.doing[me] == Doing::Goes;
        if may_go_on {
            if self.interruptions == INTERRUPTIONS {
                ready.clear();
            }
            ready.insert(0, me);
        } else if is_ready && ready.is_empty() {
            ready.push(me);
        }
        if ready.is_empty() {
            let tries = |worker: &usize| matches!(self.doing[*worker], Doing::Tries(_));
            ready.extend((1..=all).map(|next| me.wrapping_add(next) % all).find(tries));
            self.in_vain += 1;
            if ready.is_empty() || self.in_vain > IN_VAIN {
                let is_done = self.doing.iter().all(|doing| *doing == Doing::IsDone);
                return self.ends((!is_done).then(|| format!("nobody goes on: {}", self.waits())));
            }
        }
        let mut choice = 0;
        if ready.len() > 1 && self.points <= EARLY {
            choice = self.script.get(self.made.len()).copied().unwrap_or(0);
            self.made.push((choice, ready.len()));
        }
        self.goes = ready[choice];
        self.interruptions += usize::from(may_go_on && self.goes != me);
    }

    fn ends(&mut self, wrong: Option<String>) {
        if !self.is_over {
            (self.is_over, self.wrong) = (true, wrong);
        }
    }

    /// Who has what and waits for what.
    fn waits(&self) -> String {
        let name = |lock: usize| match self.accounts.iter().position(|account| *account == lock) {
            Some(number) => format!("account {number}"),
            None => "another lock".to_owned(),
        };
        let wait = |me: usize| {
            let (how, lock) = match self.doing[me] {
                Doing::WaitsFor(lock) => ("waits for", lock),
                Doing::Tries(lock) => ("tries again and again to get", lock),
                _ => return None,
            };
            let has: Vec<_> = self.holders.iter().filter(|of| *of.1 == me).map(|of| name(*of.0)).collect();
            let itself = if self.holders.get(&lock) == Some(&me) { ", which it has itself" } else { "" };
            let has = if has.is_empty() { "nothing".to_owned() } else { has.join(" and ") };
            Some(format!("who makes `{}` has {has} and {how} {}{itself}", self.names[me], name(lock)))
        };
        (0..self.doing.len()).filter_map(wait).collect::<Vec<_>>().join("; ")
    }
}
