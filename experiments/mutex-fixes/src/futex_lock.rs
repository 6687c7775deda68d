//! A copy of the standard library's mutex on Linux that counts how often it calls the kernel.

use std::cell::Cell;
use std::hint;
use std::sync::atomic::{AtomicU32, Ordering::*};

use rustix::thread::futex;

// ANCHOR: lock
/// The integer is 0 if the lock is free, 1 if it's held, and 2 if it's held and somebody may be asleep. Source: Drepper,
/// *Futexes Are Tricky*; and the standard library's `sys/sync/mutex/futex.rs` and `sys/pal/unix/futex.rs`.
#[derive(Default)]
pub struct FutexLock(AtomicU32);

impl FutexLock {
    /// Waits until no other thread holds the lock, and takes it. `calls` is the calling thread's own count.
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
                let _ = futex::wait(&self.0, futex::Flags::PRIVATE, 2, None); // sleeps if the integer is still 2
            }
            seen = self.spin();
        }
    }

    /// Checks up to a hundred times whether the owner has left, unless another thread may be asleep already.
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

/// The lock is held as long as this value lives.
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
