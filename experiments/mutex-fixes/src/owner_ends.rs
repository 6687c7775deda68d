//! What becomes of a lock, and of what it guards, when its owner ends between two steps that belong together.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use lab::process::{fork, gather};
use lab::{RobustMutex, Shared};
use rustix::process::{Signal, getpid, kill_process};

/// A lock, and how its owner ends.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// How its owner ends.
    pub owner: &'static str,
    /// Lets the owner end, and the next one come.
    pub show: fn() -> io::Result<Seen>,
    /// What has to come of it.
    pub next: Next,
}

/// What the next one to lock meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It gets the lock, and is told.
    IsTold,
    /// It gets the lock, and is told nothing.
    IsNotTold,
    /// It never gets it.
    WaitsForEver,
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// What the next one met.
    pub next: Next,
    /// What it found.
    pub found: Purse,
    /// What it left.
    pub left: Purse,
}

/// All cases.
pub const CASES: [Case; 5] = [
    Case { name: "mutex-threads", owner: "panics", show: mutex_threads, next: Next::IsTold },
    Case { name: "rwlock-threads", owner: "panics", show: rwlock_threads, next: Next::IsTold },
    Case { name: "parking-lot-threads", owner: "panics", show: parking_lot_threads, next: Next::IsNotTold },
    Case { name: "robust-mutex-processes", owner: "SIGKILL", show: robust_mutex_processes, next: Next::IsTold },
    Case { name: "plain-mutex-processes", owner: "SIGKILL", show: plain_mutex_processes, next: Next::WaitsForEver },
];

/// How long a child waits for a lock that nobody will unlock. It is there to be seen waiting, and proves nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// For what must come to an end.
const LIMIT: Duration = Duration::from_secs(20);

// ANCHOR: purse
/// Two pockets with a hundred coins. Who holds the lock may move coins; who doesn't finds a hundred, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Coins in the left pocket.
    pub left: u64,
    /// Coins in the right pocket.
    pub right: u64,
}

impl Purse {
    /// As it is between two owners.
    pub const WHOLE: Self = Self { left: 100, right: 0 };

    fn take_ten_and_panic(&mut self) {
        self.left -= 10;
        resume_unwind(Box::new("on purpose")); // a panic that prints nothing
    }

    fn repair(&mut self) {
        self.right = 100 - self.left;
    }
}
// ANCHOR_END: purse

// ANCHOR: poisoned
fn mutex_threads() -> io::Result<Seen> {
    let purse = Mutex::new(Purse::WHOLE);
    let _ = catch_unwind(AssertUnwindSafe(|| purse.lock().unwrap().take_ten_and_panic()));
    let (next, mut held) = match purse.lock() {
        Ok(held) => (Next::IsNotTold, held),
        Err(poisoned) => (Next::IsTold, poisoned.into_inner()), // locked all the same
    };
    let found = *held;
    held.repair();
    drop(held);
    purse.clear_poison(); // from here on `lock` gives `Ok` again
    let left = *purse.lock().expect("the poison is gone");
    Ok(Seen { next, found, left })
}
// ANCHOR_END: poisoned

fn rwlock_threads() -> io::Result<Seen> {
    let purse = RwLock::new(Purse::WHOLE);
    let _ = catch_unwind(AssertUnwindSafe(|| purse.write().unwrap().take_ten_and_panic()));
    let (next, mut held) = match purse.write() {
        Ok(held) => (Next::IsNotTold, held),
        Err(poisoned) => (Next::IsTold, poisoned.into_inner()),
    };
    let found = *held;
    held.repair();
    drop(held);
    purse.clear_poison();
    let left = *purse.read().expect("the poison is gone");
    Ok(Seen { next, found, left })
}

fn parking_lot_threads() -> io::Result<Seen> {
    let purse = parking_lot::Mutex::new(Purse::WHOLE);
    let _ = catch_unwind(AssertUnwindSafe(|| purse.lock().take_ten_and_panic()));
    let found = *purse.lock(); // nothing tells that somebody panicked
    purse.lock().repair();
    Ok(Seen { next: Next::IsNotTold, found, left: purse.into_inner() })
}

fn robust_mutex_processes() -> io::Result<Seen> {
    killed(&*RobustMutex::shared()?)
}

fn plain_mutex_processes() -> io::Result<Seen> {
    killed(&*RobustMutex::shared_but_not_robust()?)
}

// ANCHOR: killed
/// A process is killed with the lock held; another one comes.
fn killed(mutex: &RobustMutex) -> io::Result<Seen> {
    let purse = Shared::new([AtomicU64::new(100), AtomicU64::new(0)])?;
    let look = || Purse { left: purse[0].load(Relaxed), right: purse[1].load(Relaxed) };

    let owner = fork(LIMIT, || {
        let _guard = mutex.lock().expect("it is free");
        purse[0].fetch_sub(10, Relaxed);
        kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
        unreachable!("nobody survives SIGKILL")
    })?;
    gather(vec![owner], Instant::now() + LIMIT).expect_err("it was killed");
    let found = look();

    // Its owner has ended. If the lock is held all the same, nobody is left who could unlock it.
    let next = fork(LIMIT, || match mutex.try_lock().expect("a lock can be tried") {
        None => vec![HELD],
        Some(guard) if guard.owner_died() => {
            let mut purse_now = look();
            purse_now.repair();
            purse[1].store(purse_now.right, Relaxed);
            vec![TOLD]
        }
        Some(_) => vec![NOT_TOLD],
    })?;
    let next = match gather(vec![next], Instant::now() + LIMIT)?[0][..] {
        [HELD] => waits_for_ever(mutex)?,
        [TOLD] => Next::IsTold,
        _ => Next::IsNotTold,
    };
    Ok(Seen { next, found, left: look() })
}
// ANCHOR_END: killed

/// What the process says that comes after the one that was killed.
const HELD: u8 = 0;
const TOLD: u8 = 1;
const NOT_TOLD: u8 = 2;

/// Lets a process wait for a lock whose owner is dead, and ends it. That it still waits then doesn't prove that it would
/// wait for ever, for on a busy machine it may not even have begun: the dead owner does.
fn waits_for_ever(mutex: &RobustMutex) -> io::Result<Next> {
    let waits = fork(LIMIT, || {
        drop(mutex.lock().expect("it is held by another"));
        Vec::new()
    })?;
    match gather(vec![waits], Instant::now() + PATIENCE) {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(Next::WaitsForEver),
        Err(error) => Err(error),
        Ok(_) => Ok(Next::IsNotTold), // it got the lock after all
    }
}
