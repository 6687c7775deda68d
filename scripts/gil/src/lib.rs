//! Our lock of `experiments/lab/src/gil.rs`, simulated: the same rules, with a clock that only jumps from event to event.
//!
//! A thread that wants the lock sleeps in the lock's queue for the switch interval. If the lock hasn't changed hands by
//! then, it asks for it, and in any case goes to sleep again, at the queue's end. The holder comes to a checkpoint, gives the
//! lock up, wakes the first thread of the queue, and sleeps until somebody has the lock. A thread that is awake takes a free
//! lock, even if another was woken for it.
//!
//! What the kernel adds are costs, of which the recordings tell most: see the constants. A test of the book's pages holds what comes
//! of it to the recorded lateness.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A time in nanoseconds.
pub type Time = u64;

/// A millisecond.
pub const MS: Time = 1_000_000;

/// How much later than asked for Linux may set a timer off. Source: prctl(2), `PR_SET_TIMERSLACK`.
const SLACK: Time = 50_000;

/// How long it takes a thread on an idle core to run once it is woken. With the slack, this is how late a thread is that
/// wakes beside nobody: a tenth of a millisecond in our recordings.
const WAKES: [Time; 2] = [30_000, 55_000];

/// How long a thread that finds the lock held is awake until it sleeps in the queue. Fitted, to the rare waits beside two
/// computing threads.
const LOOKS: [Time; 2] = [1_000, 4_000];

/// How long the thread that wakes now and then needs the lock.
const USES: [Time; 2] = [1_000, 3_000];

/// How often a computing thread comes to a checkpoint: after ten thousand square roots, as in *Responsiveness*.
const STEP: Time = 31_000;

/// If two other threads have been awake within this time, their core is busy, and the kernel puts the next holder on the core of
/// the last one. Fitted, to the recorded lateness beside four computing threads.
const CROWDED: Time = 180_000;

/// A thread that shares its core with the holder runs when the kernel next looks at the accounts: at every tick of its timer.
/// It leaves a thread that has just run where it is for the first of these times.
const SHARES: [Time; 2] = [MS / 2, 4 * MS];

/// When a thread wakes that wants the lock now and then.
#[derive(Clone, Copy, Debug)]
pub enum Wakes {
    /// At fixed times, so far apart.
    Every(Time),
    /// After a pause between these two, once it has given the lock up.
    After([Time; 2]),
}

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Which computing thread had the lock, and when.
    pub turns: Vec<(usize, Span)>,
    /// For each time that the other thread should have gone on, when that was and when it did.
    pub waits: Vec<Span>,
}

impl Course {
    /// The lateness that this many per cent of the waits don't exceed: one of them, by the nearest rank.
    ///
    /// # Panics
    /// Nobody has waited.
    pub fn late(&self, per_cent: usize) -> Time {
        let mut late: Vec<Time> = self.waits.iter().map(|wait| wait.end - wait.start).collect();
        late.sort_unstable();
        late[(late.len() * per_cent).div_ceil(100).max(1) - 1]
    }
}

/// Lets so many threads compute under one lock with this switch interval, until another thread has woken so often.
pub fn course(threads: usize, interval: Time, wakes: Wakes, times: usize, seed: u64) -> Course {
    let mut lock = Lock::new(threads, interval, wakes, seed);
    while lock.course.waits.len() < times {
        let Reverse((now, _, thread, event, of)) = lock.events.pop().expect("somebody always has something to do");
        // What a thread was about to do before something else came between isn't done.
        if of == lock.threads[thread].plans {
            lock.now = now;
            lock.happens(thread, event);
        }
    }
    lock.course
}

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Awake, it looks whether the lock is free.
    Looks,
    /// It found the lock held, and sleeps now.
    Sleeps,
    /// The timer of its sleep goes off.
    Rings,
    /// Its interval is over, and it runs.
    TimesOut,
    /// It holds the lock, sees that somebody has asked, and gives it up.
    GivesUp,
    /// It has used the lock, and gives it up to wait for something else.
    Rests,
}

/// What a thread is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// It has the lock, or has nothing to do with it.
    Else,
    /// It found the lock held after so many switches, and is about to sleep. If the lock is freed before, it doesn't.
    FallsAsleep { seen: u64, since: Time, freed: bool },
    /// It sleeps in the queue until this time; once its timer went off, it runs at another.
    Sleeps { seen: u64, until: Time, runs: Option<Time> },
    /// It gave the lock up because somebody asked, and sleeps until somebody has it.
    GaveUp,
}

struct Thread {
    doing: Doing,
    /// How often it has changed its mind about what it does next.
    plans: u64,
    /// When its interval was last over.
    awake: Option<Time>,
}

/// When, its number among all plans, whose it is, what, and its number among that thread's.
type Planned = (Time, u64, usize, Event, u64);

struct Lock {
    now: Time,
    interval: Time,
    wakes: Wakes,
    /// The last one is the one that wakes now and then; all others compute.
    threads: Vec<Thread>,
    /// The thread that has the lock, and since when.
    holder: Option<(usize, Time)>,
    switches: u64,
    requested: bool,
    queue: VecDeque<usize>,
    /// Until when threads whose intervals are over run, one after the other.
    busy: Time,
    /// When the thread that wakes now and then should go on.
    due: Time,
    events: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    random: u64,
    course: Course,
}

impl Lock {
    fn new(threads: usize, interval: Time, wakes: Wakes, seed: u64) -> Self {
        let thread = |_| Thread { doing: Doing::Else, plans: 0, awake: None };
        let mut lock = Self {
            now: 0,
            interval,
            wakes,
            threads: (0..=threads).map(thread).collect(),
            holder: None,
            switches: 0,
            requested: false,
            queue: VecDeque::new(),
            busy: 0,
            due: 0,
            events: BinaryHeap::new(),
            planned: 0,
            random: seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            course: Course::default(),
        };
        for thread in 0..threads {
            let starts = lock.between([0, MS / 3]);
            lock.plan(thread, starts, Event::Looks);
        }
        lock.rest();
        lock
    }

    fn happens(&mut self, thread: usize, event: Event) {
        match (event, self.threads[thread].doing) {
            (Event::Sleeps, Doing::FallsAsleep { seen, since, freed: false }) => {
                let until = self.now.max(since + self.interval);
                self.threads[thread].doing = Doing::Sleeps { seen, until, runs: None };
                self.queue.push_back(thread);
                self.plan(thread, until + SLACK, Event::Rings);
            }
            (Event::Rings, _) => self.rings(),
            (Event::TimesOut, Doing::Sleeps { seen, .. }) => {
                self.queue.retain(|other| *other != thread);
                self.threads[thread].awake = Some(self.now);
                // After a switch, the new holder has an interval of its own.
                if self.switches == seen {
                    self.request();
                }
                self.looks(thread);
            }
            (Event::GivesUp, _) => self.give_up(thread),
            (Event::Rests, _) => {
                self.give_up(thread);
                if self.threads[thread].doing == Doing::Else {
                    self.rest();
                }
            }
            _ => self.looks(thread),
        }
    }

    /// A timer's interrupt sets off whatever may go off by now. The threads run one after the other.
    fn rings(&mut self) {
        let mut due: Vec<(Time, usize)> = (0..self.threads.len())
            .filter_map(|thread| match self.threads[thread].doing {
                Doing::Sleeps { until, runs: None, .. } if until <= self.now => Some((until, thread)),
                _ => None,
            })
            .collect();
        due.sort_unstable();
        let mut at = self.busy.max(self.now + self.between(WAKES));
        for (_, thread) in due {
            if let Doing::Sleeps { runs, .. } = &mut self.threads[thread].doing {
                *runs = Some(at);
            }
            self.plan(thread, at, Event::TimesOut);
            at += self.between(LOOKS);
        }
        self.busy = at;
    }

    /// Asks the holder, who sees it at the next checkpoint. The thread that wakes now and then gives it up soon anyway.
    fn request(&mut self) {
        if let Some((holder, since)) = self.holder.filter(|_| !self.requested) {
            self.requested = true;
            if holder != self.waker() {
                let steps = (self.now - since) / STEP + 1;
                self.plan(holder, since + steps * STEP, Event::GivesUp);
            }
        }
    }

    /// A thread that is awake takes the lock if it's free, and goes to sleep otherwise.
    fn looks(&mut self, thread: usize) {
        if self.holder.is_some() {
            let (seen, since) = (self.switches, self.now);
            self.threads[thread].doing = Doing::FallsAsleep { seen, since, freed: false };
            let sleeps = self.now + self.between(LOOKS);
            return self.plan(thread, sleeps, Event::Sleeps);
        }
        self.holder = Some((thread, self.now));
        self.switches += 1;
        self.threads[thread].doing = Doing::Else;
        self.threads[thread].plans += 1;
        let asked = std::mem::take(&mut self.requested);
        let waits = self.threads.iter().position(|other| other.doing == Doing::GaveUp);
        if let Some(other) = waits.filter(|_| asked) {
            self.threads[other].doing = Doing::Else;
            match other == self.waker() {
                true => self.rest(),
                false => {
                    let back = self.now + self.between(if self.is_crowded() { SHARES } else { WAKES });
                    self.plan(other, back, Event::Looks);
                }
            }
        }
        if thread == self.waker() {
            self.meets();
            let rests = self.now + self.between(USES);
            self.plan(thread, rests, Event::Rests);
        }
    }

    fn is_crowded(&self) -> bool {
        let awake = self.threads.iter().filter_map(|thread| thread.awake);
        awake.filter(|awake| awake + CROWDED > self.now).count() >= 2
    }

    fn give_up(&mut self, thread: usize) {
        let (_, start) = self.holder.take().expect("it has the lock");
        if thread != self.waker() {
            self.course.turns.push((thread, Span { start, end: self.now }));
        }
        for other in &mut self.threads {
            if let Doing::FallsAsleep { freed, .. } = &mut other.doing {
                *freed = true;
            }
        }
        if let Some(first) = self.queue.pop_front() {
            let woken = self.now + self.between(WAKES);
            let runs = match self.threads[first].doing {
                Doing::Sleeps { runs: Some(runs), .. } => runs.clamp(self.now, woken),
                _ => woken,
            };
            self.threads[first].doing = Doing::Else;
            self.plan(first, runs, Event::Looks);
        }
        self.threads[thread].doing = if self.requested { Doing::GaveUp } else { Doing::Else };
        self.threads[thread].plans += 1;
    }

    /// The waking thread goes on: it meets whatever was due by now.
    fn meets(&mut self) {
        loop {
            self.course.waits.push(Span { start: self.due, end: self.now });
            match self.wakes {
                Wakes::Every(period) if self.due + period <= self.now => self.due += period,
                _ => break,
            }
        }
    }

    /// The waking thread sleeps until it should go on next.
    fn rest(&mut self) {
        self.due = match self.wakes {
            Wakes::Every(period) => self.due + period,
            Wakes::After(pause) => self.now + self.between(pause),
        };
        let wakes = self.due + SLACK + self.between(WAKES);
        self.plan(self.waker(), wakes, Event::Looks);
    }

    fn waker(&self) -> usize {
        self.threads.len() - 1
    }

    /// Says what a thread does next, instead of what it was about to do.
    fn plan(&mut self, thread: usize, at: Time, event: Event) {
        self.threads[thread].plans += 1;
        self.planned += 1;
        self.events.push(Reverse((at, self.planned, thread, event, self.threads[thread].plans)));
    }

    /// A time between these two, all equally likely: Marsaglia's xorshift, so that a build draws what the last one drew.
    fn between(&mut self, [least, most]: [Time; 2]) -> Time {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        least + (self.random >> 11) % (most - least + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_at_a_time_has_the_lock_and_each_gets_its_turn() {
        for threads in 1..=8 {
            let course = course(threads, 5 * MS, Wakes::Every(17 * MS), 300, 1);
            for pair in course.turns.windows(2) {
                assert!(pair[0].1.end <= pair[1].1.start, "{pair:?}");
            }
            assert!((0..threads).all(|thread| course.turns.iter().any(|(of, _)| *of == thread)), "{threads}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let waits = |seed| course(4, 5 * MS, Wakes::After([MS, 9 * MS]), 100, seed).waits;
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn pauses_begin_when_the_lock_is_given_up_and_ticks_stand_fast() {
        let ticks = course(2, 20 * MS, Wakes::Every(10 * MS), 50, 3).waits;
        assert!(ticks.iter().zip(1..).all(|(tick, number)| tick.start == number * 10 * MS), "{ticks:?}");
        let pauses = course(2, 20 * MS, Wakes::After([10 * MS; 2]), 50, 3).waits;
        assert!(pauses.windows(2).all(|pair| pair[1].start >= pair[0].end + 10 * MS), "{pauses:?}");
    }
}
