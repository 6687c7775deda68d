//! What the browser's workers run, run by threads: what is broken breaks, what is repaired doesn't, and a deadlock is found.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use run_here::{Team, Worker, deadlock, false_sharing, message_passing, mutex_fixes, shared_counter};

/// What two workers return, each doing this at the same place.
fn two<P: Sync>(place: &P, work: impl Fn(&P, &Worker<'_>) -> f64 + Sync) -> [f64; 2] {
    let (team, work) = (&Team::default(), &work);
    thread::scope(|scope| {
        let workers = [0, 1].map(|number| scope.spawn(move || work(place, &Worker::new(team, number, 2))));
        workers.map(|worker| worker.join().unwrap())
    })
}

#[test]
fn two_steps_lose_updates_and_one_step_loses_none() {
    for _ in 0..20 {
        let counted =
            two(&AtomicU64::new(0), |counter, worker| shared_counter::load_then_store(counter, worker, 10_000));
        assert!(counted[0] < 20_000.0 && counted[0] == counted[1], "{counted:?}");
        let counted = two(&AtomicU64::new(0), |counter, worker| shared_counter::fetch_add(counter, worker, 10_000));
        assert_eq!(counted, [20_000.0; 2]);
    }
}

#[test]
fn a_worker_alone_loses_none() {
    let counter = AtomicU64::new(0);
    let counted = shared_counter::load_then_store(&counter, &Worker::new(&Team::default(), 0, 1), 10_000);
    assert_eq!(counted, 10_000.0);
}

#[test]
fn each_counter_has_the_additions_of_its_worker() {
    let counters = || [const { AtomicU64::new(0) }; 512];
    for distance in [8, 64, 512] {
        let counted =
            two(&counters(), |counters, worker| false_sharing::fetch_add_at_distance(counters, worker, 1000, distance));
        assert_eq!(counted, [1000.0; 2], "{distance}");
    }
    let shared = two(&counters(), |counters, worker| false_sharing::fetch_add_at_distance(counters, worker, 1000, 0));
    assert!(shared.contains(&2000.0), "{shared:?}");
}

#[test]
fn the_step_is_found_as_in_the_terminal() {
    let distances = [0.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
    let step = |costs: [f64; 8]| {
        let mut at = 0;
        let costs = distances.map(|distance: f64| {
            at += 1;
            [distance, costs[at - 1]].map(|number| AtomicU64::new(number.to_bits()))
        });
        false_sharing::distance_of_the_step(&costs, &Worker::new(&Team::default(), 0, 1))
    };
    assert_eq!(step([30.0, 31.0, 29.0, 33.0, 6.0, 6.1, 5.9, 6.0]), 64.0);
    assert_eq!(step([30.0, 31.0, 29.0, 33.0, 20.0, 6.1, 5.9, 6.0]), 128.0);
    assert_eq!(step([6.0; 8]), 0.0);
    assert_eq!(step([30.0, 31.0, 29.0, 33.0, 6.0, 25.0, 5.9, 6.0]), -1.0);
}

#[test]
fn no_repair_loses_an_addition() {
    type Repair = fn(&mutex_fixes::Counters, &Worker<'_>, u32) -> f64;
    let repairs: [(&str, Repair); 5] = [
        ("mutex", mutex_fixes::mutex),
        ("compare-exchange", mutex_fixes::compare_exchange),
        ("atomic", mutex_fixes::atomic),
        ("sharded", mutex_fixes::sharded),
        ("local", mutex_fixes::local),
    ];
    for (name, repair) in repairs {
        let counted = two(&mutex_fixes::Counters::default(), |counters, worker| repair(counters, worker, 10_000));
        assert_eq!(counted, [20_000.0; 2], "{name}");
    }
}

#[test]
fn a_word_goes_to_and_fro_as_often_as_it_is_asked_to() {
    let slot = message_passing::Slot::default();
    // Two that look again and again on one core take a time slice for each trip.
    assert_eq!(two(&slot, |slot, worker| message_passing::spinning_round_trips(slot, worker, 20)), [20.0; 2]);
    let slot = message_passing::Slot::default();
    assert_eq!(two(&slot, |slot, worker| message_passing::sleeping_round_trips(slot, worker, 1000)), [1000.0; 2]);
}

#[test]
fn opposite_orders_deadlock_at_the_first_meal_and_one_order_never_does() {
    let table = deadlock::Table::default();
    assert_eq!(two(&table, |table, worker| deadlock::one_order(table, worker, 1000)), [1000.0; 2]);
    assert_eq!(deadlock::deadlocked_at(&table, &Worker::new(&Team::default(), 0, 1)), 0.0);

    // Threads that hang can't be ended, so these are nobody's: they end with this process.
    let table: &'static deadlock::Table = Box::leak(Box::default());
    let team: &'static Team = Box::leak(Box::default());
    for number in 0..2 {
        thread::spawn(move || deadlock::opposite_order_arranged(table, &Worker::new(team, number, 2), 1));
    }
    let (look, began) = (Worker::new(team, 0, 1), Instant::now());
    while deadlock::deadlocked_at(table, &look) == 0.0 {
        assert!(began.elapsed() < Duration::from_secs(120), "no deadlock is found");
        thread::yield_now();
    }
    assert_eq!(deadlock::deadlocked_at(table, &look), 1.0);
}

#[test]
fn whether_two_run_at_once_both_say_the_same() {
    let said = two(&(), |_, worker| f64::from(u8::from(worker.at_once(10.0))));
    assert_eq!(said[0], said[1]);
    let counter = AtomicU64::new(0);
    let counted = two(&counter, |counter, worker| worker.timed(|| counter.fetch_add(1, Relaxed) as f64));
    assert!(counted.contains(&1.0), "{counted:?}");
}
