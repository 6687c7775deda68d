//! The question: what becomes of a lock, and of the data that it guards, when its owner fails between two steps that belong
//! together?

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use lab::process::{fork, gather};
use lab::{Case, Chosen, Done, Question, Report, RobustMutex, Row, Shared};
use rustix::process::{Signal, getpid, kill_process};

/// If the owner of a lock fails while it holds the lock, is the next owner told?
#[derive(clap::Args)]
pub struct Poisoning {}

/// How the owner of a lock fails, what the next one must meet, and the function that runs both.
pub struct Given {
    owner: &'static str,
    next: &'static str,
    show: fn() -> io::Result<Seen>,
}

impl Question for Poisoning {
    const NAME: &str = "poisoning";
    const SHOWN: &str =
        "each lock told the next owner, or didn't, as its documentation says";
    const EXAMPLES: &str = "cargo run -p mutex-fixes -- poisoning";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = Given;
    type Run = Seen;

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let case = |name, owner, next, show| {
            Case::new(name, 2, Given { owner, next, show })
        };
        Ok(vec![
            case("mutex-threads", "panics", TOLD, mutex_threads),
            case("rwlock-threads", "panics", TOLD, rwlock_threads),
            case("parking-lot-threads", "panics", NOT_TOLD, parking_lot_threads),
            case("robust-mutex-processes", "is killed", TOLD, || {
                killed(&*RobustMutex::shared()?)
            }),
            case("plain-mutex-processes", "is killed", LOCKED, || {
                killed(&*RobustMutex::shared_but_not_robust()?)
            }),
        ])
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Seen> {
        (case.given.show)()
    }

    fn tell(&self, case: &Case<Given>, runs: &[Seen], row: &mut Row<'_>) {
        let Seen { next, found, left } = runs[0];
        row.words("owner", case.given.owner);
        for (column, Purse { left, right }) in
            [("purse found", found), ("purse repaired", left)]
        {
            row.words(
                column,
                if next == LOCKED {
                    "–".to_owned()
                } else {
                    format!("{left} + {right}")
                },
            );
        }
        row.words("next owner", next);
        row.aside("told", "owners", f64::from(u8::from(next == TOLD)));
        if next != case.given.next {
            row.wrong();
        }
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("In each row, the first owner takes ten of the hundred coins in one pocket of a purse, and fails before it puts them into the other pocket. The next owner finds the two pockets as in “purse found”, and leaves them as in “purse repaired”.");
        report.say("A next owner that isn't told doesn't know that there is something to repair. A plain lock whose owner was killed stays locked for ever, so a process that waits for it never goes on.");
    }
}

/// What the next owner meets.
const TOLD: &str = "is told";
const NOT_TOLD: &str = "isn't told";
const LOCKED: &str = "never gets in";

/// What the next owner met, the purse that it found, and the purse that it left.
pub struct Seen {
    next: &'static str,
    found: Purse,
    left: Purse,
}

/// How long a process may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Two pockets with a hundred coins together. Only the owner of the lock moves coins.
#[derive(Clone, Copy)]
struct Purse {
    left: u64,
    right: u64,
}

impl Purse {
    /// The purse before the first owner, with nothing missing.
    const WHOLE: Self = Self { left: 100, right: 0 };

    fn take_ten_and_panic(&mut self) {
        self.left -= 10;
        resume_unwind(Box::new("on purpose")); // a panic that prints nothing
    }

    fn repair(&mut self) {
        self.right = 100 - self.left;
    }
}

// ANCHOR: poisoned
fn mutex_threads() -> io::Result<Seen> {
    let purse = Mutex::new(Purse::WHOLE);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        purse.lock().unwrap().take_ten_and_panic();
    }));
    let (next, mut held) = match purse.lock() {
        Ok(held) => (NOT_TOLD, held),
        Err(poisoned) => (TOLD, poisoned.into_inner()), // the error holds the guard
    };
    let found = *held;
    held.repair();
    drop(held);
    purse.clear_poison(); // from here on `lock` returns `Ok` again
    let left = *purse.lock().expect("the poison is gone");
    Ok(Seen { next, found, left })
}
// ANCHOR_END: poisoned

fn rwlock_threads() -> io::Result<Seen> {
    let purse = RwLock::new(Purse::WHOLE);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        purse.write().unwrap().take_ten_and_panic();
    }));
    let (next, mut held) = match purse.write() {
        Ok(held) => (NOT_TOLD, held),
        Err(poisoned) => (TOLD, poisoned.into_inner()),
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
    let found = *purse.lock(); // nothing says that the last owner panicked
    purse.lock().repair();
    Ok(Seen { next: NOT_TOLD, found, left: purse.into_inner() })
}

// ANCHOR: killed
/// A process is killed while it holds the lock. Then another process tries it.
fn killed(mutex: &RobustMutex) -> io::Result<Seen> {
    let purse = Shared::new([AtomicU64::new(100), AtomicU64::new(0)])?;
    let look =
        || Purse { left: purse[0].load(Relaxed), right: purse[1].load(Relaxed) };

    let owner = fork(LIMIT, || {
        let _guard = mutex.lock().expect("it is free");
        purse[0].fetch_sub(10, Relaxed);
        kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
        unreachable!("nobody survives SIGKILL")
    })?;
    gather(vec![owner], Instant::now() + LIMIT).expect_err("it was killed");
    let found = look();

    let next =
        fork(LIMIT, || match mutex.try_lock().expect("a lock can be tried") {
            None => LOCKED.into(), // held by a dead process, which can't unlock
            Some(guard) if guard.owner_died() => {
                purse[1].store(100 - look().left, Relaxed);
                TOLD.into()
            }
            Some(_) => NOT_TOLD.into(),
        })?;
    let said = gather(vec![next], Instant::now() + LIMIT)?.concat();
    let next =
        [TOLD, NOT_TOLD, LOCKED].into_iter().find(|next| next.as_bytes() == said);
    Ok(Seen { next: next.expect("one of the three"), found, left: look() })
}
// ANCHOR_END: killed
