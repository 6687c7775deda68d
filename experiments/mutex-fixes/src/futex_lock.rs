//! A mutex as the standard library has it on Linux, which counts how often it calls the kernel.

use std::cell::Cell;
use std::hint;
use std::sync::atomic::{AtomicU32, Ordering::*};

use rustix::thread::futex;

// ANCHOR: lock
/// The word: 0 is free, 1 held, 2 held while somebody may sleep. Source: Drepper, *Futexes Are Tricky*; and the
/// standard library's `sys/sync/mutex/futex.rs` and `sys/pal/unix/futex.rs`.
#[derive(Default)]
pub struct FutexLock(AtomicU32);

impl FutexLock {
    /// Waits until nobody else holds the lock, and takes it. `calls` is the calling thread's own count.
    pub fn lock<'a>(&'a self, calls: &'a Cell<u64>) -> Guard<'a> {
        if self.0.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            self.wait(calls);
        }
        Guard { lock: self, calls }
    }

    #[cold]
    fn wait(&self, calls: &Cell<u64>) {
        let mut seen = self.spin();
        if seen == 0 {
            match self.0.compare_exchange(0, 1, Acquire, Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
        while seen == 2 || self.0.swap(2, Acquire) != 0 {
            if self.0.load(Relaxed) == 2 {
                calls.set(calls.get() + 1);
                let _ = futex::wait(&self.0, futex::Flags::PRIVATE, 2, None); // sleeps if it is still 2
            }
            seen = self.spin();
        }
    }

    /// Waits a hundred short pauses at most for the owner to leave, unless somebody may sleep already.
    fn spin(&self) -> u32 {
        for _ in 0..100 {
            match self.0.load(Relaxed) {
                1 => hint::spin_loop(),
                other => return other,
            }
        }
        self.0.load(Relaxed)
    }
}

/// Holds the lock as long as it lives.
pub struct Guard<'a> {
    lock: &'a FutexLock,
    calls: &'a Cell<u64>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.lock.0.swap(0, Release) == 2 {
            self.calls.set(self.calls.get() + 1);
            let _ = futex::wake(&self.lock.0, futex::Flags::PRIVATE, 1);
        }
    }
}
// ANCHOR_END: lock
