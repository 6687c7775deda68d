//! The atomics for `sell`: loom's, with newer functions of the standard library, and with other workers that come between.

pub(crate) mod atomic {
    use std::ops::Deref;
    use std::sync::atomic::{AtomicU64 as Count, Ordering::SeqCst};

    pub(crate) use loom::sync::atomic::Ordering;

    #[derive(Debug)]
    pub(crate) struct AtomicU64 {
        atomic: loom::sync::atomic::AtomicU64,
        /// This many are still to come between, and this many have. They are no part of what loom explores.
        to_come: Count,
        came: Count,
        /// This many exchanges have failed without a cause.
        failed: Count,
    }

    impl AtomicU64 {
        pub(crate) fn new(value: u64) -> Self {
            Self::in_a_crowd(value, 0)
        }

        /// An atomic from which another worker takes 1 just before an exchange, this many times. Each time, the next weak exchange
        /// fails without a cause.
        pub(crate) fn in_a_crowd(value: u64, to_come: u64) -> Self {
            let (came, failed) = (Count::new(0), Count::new(0));
            Self {
                atomic: loom::sync::atomic::AtomicU64::new(value),
                to_come: Count::new(to_come),
                came,
                failed,
            }
        }

        /// How many came between, and how many exchanges failed without a cause.
        pub(crate) fn came_between(&self) -> (u64, u64) {
            (self.came.load(SeqCst), self.failed.load(SeqCst))
        }

        pub(crate) fn compare_exchange(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            if self.came.load(SeqCst) < self.to_come.load(SeqCst) {
                self.came.fetch_add(1, SeqCst);
                self.atomic.fetch_sub(1, SeqCst);
            }
            self.atomic.compare_exchange(current, new, success, failure)
        }

        pub(crate) fn compare_exchange_weak(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            if self.failed.load(SeqCst) < self.came.load(SeqCst) {
                self.failed.fetch_add(1, SeqCst);
                return Err(self.atomic.load(failure));
            }
            self.compare_exchange(current, new, success, failure)
        }

        pub(crate) fn fetch_update(
            &self,
            success: Ordering,
            failure: Ordering,
            mut update: impl FnMut(u64) -> Option<u64>,
        ) -> Result<u64, u64> {
            let mut seen = self.atomic.load(failure);
            while let Some(new) = update(seen) {
                match self.compare_exchange_weak(seen, new, success, failure) {
                    Ok(_) => return Ok(seen),
                    Err(now) => seen = now,
                }
            }
            Err(seen)
        }

        pub(crate) fn try_update(
            &self,
            success: Ordering,
            failure: Ordering,
            update: impl FnMut(u64) -> Option<u64>,
        ) -> Result<u64, u64> {
            self.fetch_update(success, failure, update)
        }

        pub(crate) fn update(
            &self,
            success: Ordering,
            failure: Ordering,
            mut update: impl FnMut(u64) -> u64,
        ) -> u64 {
            self.fetch_update(success, failure, |seen| Some(update(seen)))
                .unwrap_or_else(|seen| seen)
        }
    }

    impl Deref for AtomicU64 {
        type Target = loom::sync::atomic::AtomicU64;

        fn deref(&self) -> &Self::Target {
            &self.atomic
        }
    }
}
