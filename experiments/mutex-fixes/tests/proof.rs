//! Every repair passes a proof that the broken way fails: workers that meet between the two steps.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lab::threads;
use mutex_fixes::{Count, Section, VARIANTS};

/// With the section `Yielding`, each worker gives way to the others between its load and its store, in every turn.
fn is_exact(count: impl Fn(usize, u64, Section) -> io::Result<Count>) -> bool {
    let mut rounds = (0..20).flat_map(|_| [2, 3, 4, 8]);
    rounds.all(|workers| {
        count(workers, 50, Section::Yielding).unwrap().counted
            == 50 * workers as u64
    })
}

#[test]
fn the_repairs_between_threads_pass() {
    // tests/mutex-fixes.rs proves the repairs between processes: a test harness has several threads, so it can't fork.
    for variant in
        VARIANTS.iter().filter(|variant| variant.name.ends_with("-threads"))
    {
        assert!(is_exact(variant.count), "{}", variant.name);
    }
}

#[test]
fn without_the_lock_it_fails() {
    assert!(!is_exact(load_then_store_threads));
}

/// `robust_mutex_processes` and `mutex_threads` without their locks.
fn load_then_store_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Count> {
    let counter = AtomicU64::new(0);
    let team = threads(workers, |worker| {
        for turn in 0..times {
            let seen = counter.load(Relaxed);
            if turn == 0 {
                worker.meet(); // all have seen the same 0, so some additions are sure to be lost
            }
            section.work();
            counter.store(seen + 1, Relaxed);
        }
    })?;
    Ok(Count { counted: counter.into_inner(), spans: team.spans })
}
