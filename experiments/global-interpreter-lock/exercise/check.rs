//! What a right sale must pass: sellers under one lock sell all tickets, each of them once, and print each.
//!
//! The check has an interpreter of its own, so that it knows who has the lock, and decides who comes when: nobody sells until all are
//! there, and a thread that gives the lock up lets all others run on until each has given it up too, or sleeps. So what can go wrong goes
//! wrong every time. If all sleep, and nobody wakes, they wait for each other.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Tickets that are sold by threads under a global interpreter lock.
pub(crate) trait Sale: Send + Sync + 'static {
    /// This many tickets.
    fn of(tickets: u64) -> Self;
    /// Sells and prints one ticket, if there is one left; whether there was.
    fn sell(
        &self,
        attached: &mut Attached<'_>,
        print: &dyn Fn(&mut Attached<'_>),
    ) -> bool;
}

/// The right to run the interpreter, as in [`lab::gil::Attached`].
pub(crate) struct Attached<'a>(&'a Interpreter, Seller);

/// The number of a seller, in the order in which they came.
type Seller = usize;

impl Attached<'_> {
    /// Gives the lock up while `wait` runs, and takes it again.
    pub(crate) fn detached<R>(&mut self, wait: impl FnOnce() -> R) -> R {
        self.0.give_up();
        self.0.let_others_run(self.1);
        self.0.does(self.1, Doing::Waits);
        let result = wait();
        self.0.let_others_run(self.1);
        self.0.take(self.1);
        result
    }

    /// Gives the lock up to the other threads, if there are any.
    pub(crate) fn checkpoint(&mut self) {
        let turn = self.0.state().turns;
        self.0.give_up();
        drop(self.0.until(|state| state.turns > turn || state.waiting == 0));
        self.0.let_others_run(self.1);
        self.0.take(self.1);
    }

    /// A printer takes its time: until each other has had its turn once, or for as long as others come to do something, up to twenty times.
    fn print(&mut self) {
        self.0.give_up();
        let mut state = self.0.state();
        state.printing.push(self.1);
        let times = if state.order == Order::All { 20 } else { 1 };
        drop(state);
        for _ in 0..times {
            self.0.let_others_run(self.1);
            let state = self.0.state();
            let is_done = |seller: Seller| {
                state.printing.contains(&seller)
                    || !matches!(
                        state.doing[seller].0,
                        Doing::Runs | Doing::Lingers
                    )
            };
            if (0..state.doing.len()).all(is_done) {
                break;
            }
        }
        self.0.state().printing.retain(|seller| *seller != self.1);
        self.0.take(self.1);
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
    /// The thread that took it last.
    holder: Seller,
    /// How many sellers are to come.
    sellers: usize,
    /// What each that has come does, and where the system tells of its thread.
    doing: Vec<(Doing, Option<PathBuf>)>,
    printing: Vec<Seller>,
    /// Those that let others run, in the order in which they came to that.
    lingering: Vec<Seller>,
    /// Which thread goes on when none can.
    order: Order,
    calls: Vec<Call>,
    moments: u64,
    /// The result is known: nobody need wait any longer.
    over: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Doing {
    Runs,
    /// It has given the lock up, and lets all others run.
    Lingers,
    /// It does what may wait.
    Waits,
    Ended,
}

/// Which thread goes on when all have given the lock up to let others run.
#[derive(Clone, Copy, Default, PartialEq)]
enum Order {
    /// The thread that has waited longest, alone.
    #[default]
    First,
    /// All at once.
    All,
    /// Nobody lets others run: a thread that gives the lock up takes it again when it can, as an interpreter does.
    Any,
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
        self.changed
            .wait_while(self.state(), waits)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn does(&self, seller: Seller, doing: Doing) {
        self.state().doing[seller].0 = doing;
        self.changed.notify_all();
    }

    /// Waits until each other has given the lock up and lets others run too, or sleeps, or has ended. Then all of them go on.
    fn let_others_run(&self, me: Seller) {
        const LOOKS: usize = 50;
        let mut state = self.state();
        if state.order == Order::Any {
            return;
        }
        state.doing[me].0 = Doing::Lingers;
        state.lingering.push(me);
        self.changed.notify_all();
        let mut looks = 0;
        while state.doing[me].0 == Doing::Lingers && !state.over {
            // One that waits may go on doing so without sleeping, in a loop: that it does after so many looks.
            let is_awake = |(doing, thread): &(Doing, Option<PathBuf>)| {
                *doing == Doing::Waits
                    && looks < LOOKS
                    && thread.as_deref().and_then(asleep).is_none()
            };
            let one_is_awake = state.doing.iter().any(is_awake);
            if !one_is_awake
                && state.doing.iter().all(|(doing, _)| *doing != Doing::Runs)
            {
                let go_on = if state.order == Order::First {
                    1
                } else {
                    state.lingering.len()
                };
                for seller in state.lingering.drain(..go_on).collect::<Vec<_>>() {
                    state.doing[seller].0 = Doing::Runs;
                }
                self.changed.notify_all();
            } else if one_is_awake {
                looks += 1;
                let waited =
                    self.changed.wait_timeout(state, Duration::from_micros(100));
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.doing[me].0 = Doing::Runs;
    }

    fn take(&self, me: Seller) {
        let mut state = self.state();
        (state.doing[me].0, state.waiting) = (Doing::Runs, state.waiting + 1);
        drop(state);
        let mut state = self.until(|state| !state.held);
        state.holder = me;
        (state.held, state.waiting, state.turns) =
            (true, state.waiting - 1, state.turns + 1);
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
        let mut state = self.state();
        let me = state.doing.len();
        state.doing.push((Doing::Runs, fs::read_link("/proc/thread-self").ok()));
        drop(state);
        self.changed.notify_all();
        drop(self.until(|state| state.doing.len() == state.sellers));
        self.take(me);
        let mut attached = Attached(self, me);
        // More than there are would go on for ever.
        for _ in 0..tickets + 2 {
            let (began, printed) = (self.moment(), Cell::new(0));
            let sold = sale.sell(&mut attached, &|attached| {
                attached.print();
                printed.set(printed.get() + 1);
            });
            let moments = [began, self.moment()];
            self.state().calls.push(Call { moments, sold, printed: printed.get() });
            if !sold {
                break;
            }
        }
        self.give_up();
        self.does(me, Doing::Ended);
    }
}

/// Says what is wrong, if something is.
pub(crate) fn check<S: Sale>() -> Result<(), String> {
    let few = [(2, 1), (2, 2), (3, 2)];
    let all = [Order::All, Order::First]
        .into_iter()
        .flat_map(|order| few.map(|(sellers, tickets)| (order, sellers, tickets)));
    all.chain([(Order::Any, 2, 100)]).try_for_each(|(order, sellers, tickets)| {
        sell_all::<S>(order, sellers, tickets)
    })
}

fn sell_all<S: Sale>(
    order: Order,
    sellers: usize,
    tickets: u64,
) -> Result<(), String> {
    let all = Arc::new((Interpreter::default(), S::of(tickets)));
    (all.0.state().sellers, all.0.state().order) = (sellers, order);
    // Of another show, which nobody goes to: its tickets are none of this one's.
    let _other = S::of(tickets + 1);
    let (tells, told) = channel();
    for _ in 0..sellers {
        let (all, tells) = (Arc::clone(&all), tells.clone());
        thread::spawn(move || {
            let _ = tells.send(
                catch_unwind(AssertUnwindSafe(|| all.0.sell_all(&all.1, tickets)))
                    .is_ok(),
            );
        });
    }
    let watched = watch(sellers, &all.0, &told);
    let mut state = all.0.state();
    (state.over, _) = (true, all.0.changed.notify_all());
    watched.and_then(|()| judge(&state.calls, tickets))
}

/// Waits until all have ended, or wait for each other: they have slept at this many looks, and none has been awake between two. Or one has the
/// lock, and has been busy or woken often since it took it: no seller has so much to do.
fn watch(
    sellers: usize,
    interpreter: &Interpreter,
    told: &Receiver<bool>,
) -> Result<(), String> {
    const LOOKS: usize = 20;
    const BUSY: Duration = Duration::from_millis(100);
    const OFTEN: u64 = 50;
    const MANY: u64 = 20_000;
    let (mut left, mut before, mut same, mut since) =
        (sellers, Vec::new(), 0, None::<(u64, Duration, u64)>);
    let deadline = Instant::now() + Duration::from_secs(10);
    while left > 0 {
        match told.recv_timeout(Duration::from_millis(1)) {
            Ok(true) => left -= 1,
            Ok(false) => return Err("`sell` panicked".to_owned()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err("a thread is gone".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {
                let state = interpreter.state();
                let (held, turns) = (state.held, state.turns);
                let threads = || {
                    state.doing.iter().filter_map(|(_, thread)| thread.as_deref())
                };
                let now: Vec<u64> = threads().filter_map(asleep).collect();
                same = if now.len() == left
                    && state.doing.len() == sellers
                    && now == before
                {
                    same + 1
                } else {
                    0
                };
                before = now;
                let holder =
                    threads().nth(state.holder).filter(|_| held).and_then(account);
                drop(state);
                if same == LOOKS {
                    let why = if held {
                        "the sellers wait for each other: one waits with the interpreter's lock, for one that needs it to go on"
                    } else {
                        "the sellers wait for each other, or each for itself: all sleep, and nobody is left to wake one"
                    };
                    return Err(why.to_owned());
                }
                since = since
                    .filter(|(of, ..)| *of == turns)
                    .or(holder.map(|(busy, woken)| (turns, busy, woken)));
                if let (Some((_, busy_then, woken_then)), Some((busy, woken))) =
                    (since, holder)
                    && (busy - busy_then > BUSY || woken - woken_then > OFTEN)
                {
                    let why = "a seller keeps the interpreter's lock and turns in a circle: what it waits for needs that lock";
                    return Err(why.to_owned());
                }
                if turns > MANY {
                    return Err(
                        "a seller takes the interpreter's lock again and again, and what it waits for doesn't come"
                            .to_owned(),
                    );
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
fn asleep(thread: &Path) -> Option<u64> {
    let (is_asleep, woken) = status(thread)?;
    is_asleep.then_some(woken)
}

/// How long a thread has run, and how often it has been woken.
fn account(thread: &Path) -> Option<(Duration, u64)> {
    let ran = fs::read_to_string(Path::new("/proc").join(thread).join("schedstat"))
        .ok()?;
    let ran = ran.split_whitespace().next()?.parse().ok()?;
    Some((Duration::from_nanos(ran), status(thread)?.1))
}

/// Whether a thread sleeps, and how often it has been woken.
fn status(thread: &Path) -> Option<(bool, u64)> {
    let status =
        fs::read_to_string(Path::new("/proc").join(thread).join("status")).ok()?;
    let of = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
    };
    Some((
        of("State:")?.starts_with('S'),
        of("voluntary_ctxt_switches:")?.parse().ok()?,
    ))
}

fn judge(calls: &[Call], tickets: u64) -> Result<(), String> {
    let count = |is_so: &dyn Fn(&Call) -> bool| {
        calls.iter().filter(|call| is_so(call)).count() as u64
    };
    let sold = count(&|call| call.sold);
    if sold > tickets {
        return Err(format!("of {tickets} tickets, {sold} were sold"));
    }
    for call in calls {
        match (call.sold, call.printed) {
            (true, 0) => return Err("a ticket was sold and not printed".to_owned()),
            (true, 2..) => {
                return Err(format!(
                    "one ticket was sold, and {} printed",
                    call.printed
                ));
            }
            (false, 1..) => {
                return Err("a ticket was printed that was not sold".to_owned());
            }
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
