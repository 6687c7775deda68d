//! Forked children end at their deadlines, and a robust mutex holds between them. This test forks, so it is a program of its
//! own with one thread, without a test harness.

#[cfg(not(target_os = "linux"))]
fn main() {
    assert!(lab::RobustMutex::shared().is_err());
    println!("left out: this system has no robust mutexes");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::a_child_that_hangs_is_ended_at_the_deadline();
    linux::a_child_that_nobody_gathers_ends_by_its_alarm();
    linux::it_lets_one_process_in_at_a_time();
    linux::the_next_owner_is_told_of_a_process_that_was_killed_with_the_lock();
    linux::one_that_waits_is_told_too();
    linux::one_that_is_not_robust_stays_locked();
    linux::a_copied_guard_unlocks_nothing();
    linux::a_process_that_drops_its_copy_takes_no_notice_away();
    println!("forked: 8 passed");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::Cell;
    use std::io::ErrorKind;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::{Duration, Instant};

    use lab::process::{fork, gather};
    use lab::{RobustMutex, Shared};
    use rustix::process::{Pid, Signal, getpid, kill_process, test_kill_process};

    const LIMIT: Duration = Duration::from_secs(20);

    fn hang() -> Vec<u8> {
        loop {
            std::thread::park();
        }
    }

    pub fn a_child_that_hangs_is_ended_at_the_deadline() {
        let child = fork(LIMIT, hang).unwrap();
        let id = Pid::from_raw(child.id()).unwrap();
        let late = gather(vec![child], Instant::now() + Duration::from_millis(50)).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::TimedOut, "{late}");
        assert!(test_kill_process(id).is_err(), "it is still there");
    }

    pub fn a_child_that_nobody_gathers_ends_by_its_alarm() {
        let status = fork(Duration::ZERO, hang).unwrap().wait().unwrap();
        assert_eq!(status.terminating_signal(), Some(Signal::ALARM.as_raw()), "{status:?}");
    }

    pub fn it_lets_one_process_in_at_a_time() {
        let (mutex, counter) = (RobustMutex::shared().unwrap(), Shared::new(AtomicU64::new(0)).unwrap());
        let count = || {
            for _ in 0..10_000 {
                let guard = mutex.lock().unwrap();
                assert!(!guard.owner_died());
                counter.store(counter.load(Relaxed) + 1, Relaxed);
            }
            Vec::new()
        };
        let children = (0..4).map(|_| fork(LIMIT, count).unwrap()).collect();
        gather(children, Instant::now() + LIMIT).unwrap();
        assert_eq!(counter.load(Relaxed), 40_000);
    }

    pub fn the_next_owner_is_told_of_a_process_that_was_killed_with_the_lock() {
        let mutex = RobustMutex::shared().unwrap();
        for _ in 0..100 {
            let child = fork(LIMIT, || {
                let _guard = mutex.lock().unwrap();
                kill_process(getpid(), Signal::KILL).unwrap();
                unreachable!("nobody survives SIGKILL");
            });
            let killed = gather(vec![child.unwrap()], Instant::now() + LIMIT).unwrap_err();
            assert!(killed.to_string().ends_with("killed by signal 9"), "{killed}");
            assert!(mutex.lock().unwrap().owner_died());
            assert!(!mutex.lock().unwrap().owner_died());
        }
    }

    pub fn one_that_waits_is_told_too() {
        let mutex = RobustMutex::shared().unwrap();
        let [held, awaited] = [(); 2].map(|()| Shared::new(AtomicU64::new(0)).unwrap());
        let owner = fork(LIMIT, || {
            let _guard = mutex.lock().unwrap();
            held.store(1, Relaxed);
            wait_for(&awaited);
            kill_process(getpid(), Signal::KILL).unwrap();
            unreachable!("nobody survives SIGKILL");
        });
        let next = fork(LIMIT, || {
            wait_for(&held);
            awaited.store(1, Relaxed);
            vec![u8::from(mutex.lock().unwrap().owner_died())]
        });
        gather(vec![owner.unwrap()], Instant::now() + LIMIT).unwrap_err();
        assert_eq!(gather(vec![next.unwrap()], Instant::now() + LIMIT).unwrap(), [[1]]);
    }

    fn wait_for(flag: &AtomicU64) {
        while flag.load(Relaxed) == 0 {
            std::thread::yield_now();
        }
    }

    pub fn one_that_is_not_robust_stays_locked() {
        let mutex = RobustMutex::shared_but_not_robust().unwrap();
        let owner = fork(LIMIT, || {
            std::mem::forget(mutex.lock().unwrap());
            Vec::new()
        });
        gather(vec![owner.unwrap()], Instant::now() + LIMIT).unwrap();
        assert!(mutex.try_lock().unwrap().is_none());
    }

    pub fn a_copied_guard_unlocks_nothing() {
        let mutex = RobustMutex::shared().unwrap();
        let guard = Cell::new(Some(mutex.lock().unwrap()));
        let child = fork(LIMIT, || {
            drop(guard.take()); // the child's copy
            vec![u8::from(mutex.try_lock().unwrap().is_some())]
        });
        assert_eq!(gather(vec![child.unwrap()], Instant::now() + LIMIT).unwrap(), [[0]]);
        assert!(guard.take().is_some_and(|guard| !guard.owner_died()));
        assert!(mutex.try_lock().unwrap().is_some());
    }

    pub fn a_process_that_drops_its_copy_takes_no_notice_away() {
        let mut mutex = Some(RobustMutex::shared().unwrap());
        let owner = fork(LIMIT, || {
            std::mem::forget(mutex.as_ref().unwrap().lock().unwrap());
            Vec::new()
        });
        gather(vec![owner.unwrap()], Instant::now() + LIMIT).unwrap();
        let other = fork(LIMIT, || {
            drop(mutex.take()); // the child's copy
            Vec::new()
        });
        gather(vec![other.unwrap()], Instant::now() + LIMIT).unwrap();
        assert!(mutex.unwrap().lock().unwrap().owner_died());
    }
}
