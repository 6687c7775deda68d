//! What a right sale must pass: sellers under one lock sell all tickets, each of them once, and print each.
//!
//! The check has an interpreter of its own, so that it knows who has the lock. Whoever prints waits until all sellers sell, so
//! what can go wrong goes wrong every time. If all sleep, and nobody wakes, they wait for each other.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Tickets that are sold by threads under a global interpreter lock.
pub(crate) trait Sale: Send + Sync + 'static {
    /// So many tickets.
    fn of(tickets: u64) -> Self;
    /// Sells and prints one ticket, if there is one left; whether there was.
    fn sell(&self, attached: &mut Attached<'_>, print: &dyn Fn(&mut Attached<'_>)) -> bool;
}

/// The right to run the interpreter, as in [`lab::gil::Attached`].
pub(crate) struct Attached<'a>(&'a Interpreter);

impl Attached<'_> {
    /// Gives the lock up while `wait` runs, and takes it again.
    pub(crate) fn detached<R>(&mut self, wait: impl FnOnce() -> R) -> R {
        self.0.give_up();
        let result = wait();
        self.0.take();
        result
    }

    /// Gives the lock up to another thread, if one waits for it.
    pub(crate) fn checkpoint(&mut self) {
        let state = self.0.state();
        if state.waiting > 0 {
            let turn = state.turns;
            drop(state);
            self.0.give_up();
            drop(self.0.until(|state| state.turns > turn || state.waiting == 0));
            self.0.take();
        }
    }
}

#[derive(Default)]
struct Interpreter {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: bool,
    waiting: usize,
    turns: u64,
    /// How many sellers have begun, and how many are to.
    selling: [usize; 2],
    calls: Vec<Call>,
    moments: u64,
    /// The result is known: nobody need wait any longer.
    over: bool,
}

/// A call of `sell`: when it began and ended, and what came of it.
struct Call {
    moments: [u64; 2],
    sold: bool,
    printed: u64,
}

impl Interpreter {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(&self, is_so: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waits = |state: &mut State| !state.over && !is_so(state);
        self.changed.wait_while(self.state(), waits).unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) {
        self.state().waiting += 1;
        let mut state = self.until(|state| !state.held);
        (state.held, state.waiting, state.turns) = (true, state.waiting - 1, state.turns + 1);
        self.changed.notify_all();
    }

    fn give_up(&self) {
        self.state().held = false;
        self.changed.notify_all();
    }

    fn moment(&self) -> u64 {
        let mut state = self.state();
        state.moments += 1;
        state.moments
    }

    fn sell_all<S: Sale>(&self, sale: &S, tickets: u64) {
        self.take();
        let mut attached = Attached(self);
        self.state().selling[0] += 1;
        self.changed.notify_all();
        // More than there are would go on for ever.
        for _ in 0..tickets + 2 {
            let (began, printed) = (self.moment(), Cell::new(0));
            let sold = sale.sell(&mut attached, &|attached| {
                // A printer takes its time: until the others sell too. Each has the lock, and keeps it until it prints or waits.
                attached.detached(|| drop(self.until(|state| state.selling[0] == state.selling[1])));
                printed.set(printed.get() + 1);
            });
            let moments = [began, self.moment()];
            self.state().calls.push(Call { moments, sold, printed: printed.get() });
            if !sold {
                break;
            }
        }
        self.give_up();
    }
}

/// Says what is wrong, if something is.
pub(crate) fn check<S: Sale>() -> Result<(), String> {
    [(2, 1), (2, 2), (3, 2), (2, 100)].into_iter().try_for_each(|(sellers, tickets)| sell_all::<S>(sellers, tickets))
}

fn sell_all<S: Sale>(sellers: usize, tickets: u64) -> Result<(), String> {
    let all = Arc::new((Interpreter::default(), S::of(tickets)));
    all.0.state().selling[1] = sellers;
    let (tells, told) = channel();
    for _ in 0..sellers {
        let (all, tells) = (Arc::clone(&all), tells.clone());
        thread::spawn(move || {
            let _ = tells.send(Told::Began(fs::read_link("/proc/thread-self").ok()));
            let done = catch_unwind(AssertUnwindSafe(|| all.0.sell_all(&all.1, tickets))).is_ok();
            let _ = tells.send(Told::Ended(done));
        });
    }
    let watched = watch(sellers, &told);
    let mut state = all.0.state();
    (state.over, _) = (true, all.0.changed.notify_all());
    watched.and_then(|()| judge(&state.calls, tickets))
}

enum Told {
    Began(Option<std::path::PathBuf>),
    Ended(bool),
}

/// Waits until all have ended, or wait for each other: they have slept at so many looks, and none has been awake between two.
fn watch(sellers: usize, told: &std::sync::mpsc::Receiver<Told>) -> Result<(), String> {
    const LOOKS: usize = 20;
    let (mut left, mut threads, mut before, mut same) = (sellers, Vec::new(), Vec::new(), 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    while left > 0 {
        match told.recv_timeout(Duration::from_millis(1)) {
            Ok(Told::Began(thread)) => threads.extend(thread),
            Ok(Told::Ended(true)) => left -= 1,
            Ok(Told::Ended(false)) => return Err("`sell` panicked".to_owned()),
            Err(RecvTimeoutError::Disconnected) => return Err("a thread is gone".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                let now: Vec<String> = threads.iter().filter_map(|thread| asleep(thread)).collect();
                same = if now.len() == left && threads.len() == sellers && now == before { same + 1 } else { 0 };
                before = now;
                if same == LOOKS {
                    let why = "the sellers wait for each other: one for the interpreter's lock, one for yours, and each has the other";
                    return Err(why.to_owned());
                }
                if Instant::now() > deadline {
                    return Err(
                        "a seller isn't done after 10 s: it turns in a circle, or all wait for each other".to_owned()
                    );
                }
            }
        }
    }
    Ok(())
}

/// How often a thread has been woken, if it sleeps.
fn asleep(thread: &std::path::Path) -> Option<String> {
    let status = fs::read_to_string(std::path::Path::new("/proc").join(thread).join("status")).ok()?;
    let of = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    of("State:")?.starts_with('S').then(|| of("voluntary_ctxt_switches:").unwrap_or_default().to_owned())
}

fn judge(calls: &[Call], tickets: u64) -> Result<(), String> {
    let count = |is_so: &dyn Fn(&Call) -> bool| calls.iter().filter(|call| is_so(call)).count() as u64;
    let sold = count(&|call| call.sold);
    if sold > tickets {
        return Err(format!("of {tickets} tickets, {sold} were sold"));
    }
    for call in calls {
        match (call.sold, call.printed) {
            (true, 0) => return Err("a ticket was sold and not printed".to_owned()),
            (true, 2..) => return Err(format!("one ticket was sold, and {} printed", call.printed)),
            (false, 1..) => return Err("a ticket was printed that was not sold".to_owned()),
            _ => {}
        }
        // Those whose sale had begun by then were no longer there.
        let gone = count(&|other| other.sold && other.moments[0] < call.moments[1]);
        if !call.sold && gone < tickets {
            return Err(format!(
                "a buyer was told that there are no more, and {} of {tickets} were left",
                tickets - gone
            ));
        }
    }
    Ok(())
}
