//! Where `withdraw` finds its mutex: loom's, which also tells a worker that waits for itself.

use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, TryLockError, TryLockResult};

use loom::sync::MutexGuard;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::thread::{self, ThreadId};

pub(crate) struct Mutex<T> {
    mutex: loom::sync::Mutex<T>,
    /// Whether somebody holds it: for `try_lock`, as loom's never comes between another's lock and unlock.
    is_held: AtomicBool,
    /// The worker that holds it. It is no part of what loom explores, which runs all workers on one thread.
    owner: std::sync::Mutex<Option<ThreadId>>,
    /// What somebody else does whenever the lock is taken, just before it is.
    others: Option<Others<T>>,
}

/// What somebody else does to the value.
type Others<T> = Box<dyn Fn(&mut T)>;

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        let (mutex, is_held) =
            (loom::sync::Mutex::new(value), AtomicBool::new(false));
        Self { mutex, is_held, owner: std::sync::Mutex::new(None), others: None }
    }

    /// A mutex that another worker has always held just before.
    pub(crate) fn in_a_crowd(value: T, others: impl Fn(&mut T) + 'static) -> Self {
        Self { others: Some(Box::new(others)), ..Self::new(value) }
    }

    /// Whether the calling thread holds the mutex.
    pub(crate) fn is_kept(&self) -> bool {
        *self.owner.lock().unwrap() == Some(thread::current().id())
    }

    pub(crate) fn lock(&self) -> LockResult<Guard<'_, T>> {
        let own = thread::current().id();
        let owner = *self.owner.lock().unwrap();
        assert!(
            owner != Some(own),
            "withdraw locks the balance while it holds it: it waits for itself"
        );
        let mut guard = self.mutex.lock().unwrap();
        if let Some(others) = &self.others {
            others(&mut guard);
        }
        self.is_held.store(true, SeqCst);
        *self.owner.lock().unwrap() = Some(own);
        Ok(Guard { mutex: self, guard })
    }

    pub(crate) fn try_lock(&self) -> TryLockResult<Guard<'_, T>> {
        match self.is_held.load(SeqCst) {
            true => {
                thread::yield_now(); // for one that tries again and again, in whatever way
                Err(TryLockError::WouldBlock)
            }
            false => Ok(self.lock().unwrap()),
        }
    }
}

pub(crate) struct Guard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: MutexGuard<'a, T>,
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        *self.mutex.owner.lock().unwrap() = None;
        self.mutex.is_held.store(false, SeqCst);
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}
