//! The lock is one: two threads never have it, a thread that waits for it gets it, and a thread that panics gives it up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use lab::Gil;
use lab::gil::SWITCH_INTERVAL;

/// Without an interval a waiting thread asks at once, so that the lock changes hands as often as it can.
const INTERVALS: [Duration; 3] = [Duration::ZERO, Duration::from_micros(50), SWITCH_INTERVAL];

/// Sees whether two threads are inside at once.
#[derive(Default)]
struct Inside(AtomicBool);

impl Inside {
    fn one(&self) {
        assert!(!self.0.swap(true, Relaxed), "two have the lock");
        thread::yield_now();
        assert!(self.0.swap(false, Relaxed), "two had the lock");
    }
}

#[test]
fn never_do_two_have_it() {
    for interval in INTERVALS {
        let (gil, inside) = (Gil::new(interval), Inside::default());
        thread::scope(|scope| {
            for number in 0..4 {
                let (gil, inside) = (&gil, &inside);
                scope.spawn(move || {
                    for round in 0..50 {
                        let mut attached = gil.attach();
                        for step in 0..20 {
                            inside.one();
                            match (number + round + step) % 5 {
                                0 => attached.detached(thread::yield_now),
                                _ => _ = attached.checkpoint(),
                            }
                        }
                    }
                });
            }
        });
    }
}

/// If a thread starved, the others would go on for ever.
#[test]
fn a_thread_that_wants_it_gets_it_though_the_others_never_wait() {
    for interval in INTERVALS {
        let gil = Gil::new(interval);
        let turns = [const { AtomicU64::new(0) }; 4];
        thread::scope(|scope| {
            for own in &turns {
                let (gil, turns) = (&gil, &turns);
                scope.spawn(move || {
                    let mut attached = gil.attach();
                    while turns.iter().any(|turns| turns.load(Relaxed) < 3) {
                        // The thread counts how often it gets the lock back from another one.
                        own.fetch_add(u64::from(attached.checkpoint()), Relaxed);
                    }
                });
            }
        });
        assert!(turns.iter().all(|turns| turns.load(Relaxed) >= 3), "{turns:?}");
    }
}

#[test]
fn a_checkpoint_gives_it_to_another_thread_and_not_back_to_the_same() {
    let gil = Gil::new(Duration::ZERO);
    let got = AtomicU64::new(0);
    thread::scope(|scope| {
        let mut attached = gil.attach();
        for round in 1..=20 {
            let (gil, got) = (&gil, &got);
            scope.spawn(move || {
                let _attached = gil.attach();
                got.store(round, Relaxed);
            });
            while !attached.checkpoint() {
                assert_eq!(got.load(Relaxed), round - 1, "somebody had it though nobody gave it up");
                thread::yield_now();
            }
            assert_eq!(got.load(Relaxed), round, "it was given up and nobody else had it");
        }
    });
}

#[test]
fn it_is_free_while_its_holder_waits_and_taken_again_afterwards() {
    let (gil, both) = (Gil::new(SWITCH_INTERVAL), Barrier::new(2));
    let inside = Inside::default();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut attached = gil.attach();
                for _ in 0..20 {
                    // If the thread kept the lock here, the other one could never come to meet it.
                    attached.detached(|| both.wait());
                    inside.one();
                }
            });
        }
    });
}

#[test]
fn a_panic_gives_it_up_and_one_in_a_wait_takes_it_again_first() {
    let gil = Gil::new(SWITCH_INTERVAL);
    let panics = |what: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(what)).is_err());
    panics(&|| {
        let _attached = gil.attach();
        panic!("this panic is part of the test");
    });
    panics(&|| gil.attach().detached(|| panic!("this panic is part of the test")));
    assert!(!gil.attach().checkpoint(), "it is free, and nobody asks for it");
}
