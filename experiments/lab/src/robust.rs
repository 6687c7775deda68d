//! A mutex for several processes that tells its next owner when the last one has died.

use std::cell::UnsafeCell;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use crate::Shared;
use crate::shared::sealed::Sealed;

/// A `pthread_mutex_t` with the attributes `PTHREAD_PROCESS_SHARED` and `PTHREAD_MUTEX_ROBUST`, in a mapping that forked
/// children share.
///
/// The mutex holds no data, as in C: code that shares a value by a [`Shared`] must remember to lock the mutex beside it.
/// (The mutex could not lend data inside it as `&mut`: a fork copies a guard, and then two processes would each have one.)
///
/// A child that is forked after the mutex was made uses the same lock. If the thread or the process that holds the lock dies,
/// the kernel finds the lock on that thread's robust list, and the next thread that locks it is told so. Source:
/// pthread_mutexattr_setrobust(3), get_robust_list(2), and *robust-futexes* in Linux's documentation.
///
/// The mutex is never destroyed: a process may destroy a lock only if no other process uses it, and it can't know that. The
/// mutex holds nothing but its memory, which stays until the last process that maps it ends: dropping the [`Shared`] does
/// nothing. So a process should make few of them. Each takes a page, and one of the mappings that the kernel grants a process
/// (on Linux 65,530 by default).
pub struct RobustMutex {
    // The mutex is initialised in its place and never moved from there: only `with` makes one.
    mutex: UnsafeCell<MaybeUninit<libc::pthread_mutex_t>>,
}

#[expect(unsafe_code, reason = "a mutex is there for several threads")]
// SAFETY: the mutex is reached only by calls that any thread of any process may make at any time, and it holds no data.
unsafe impl Sync for RobustMutex {}

impl Sealed for RobustMutex {
    /// A thread that has forgotten its guard still has the lock on its robust list, a chain of pointers through the locks
    /// themselves. The thread's next call would follow these pointers, so the memory must stay. There is no way to look at the
    /// lock without taking it, and a thread that takes it uses up the notice that its owner died: the next one, which could
    /// repair something, would get none.
    fn may_be_unmapped(&self) -> bool {
        false
    }
}

impl RobustMutex {
    /// A new mutex, unlocked, in a mapping of its own.
    ///
    /// # Errors
    /// The kernel refuses the mapping, or the system has no robust mutexes (macOS): `ErrorKind::Unsupported`.
    pub fn shared() -> io::Result<Shared<Self>> {
        Self::with(true)
    }

    /// A new mutex without `PTHREAD_MUTEX_ROBUST`, for comparison. If the process that holds it dies, it stays locked for ever,
    /// so a process that waits for it needs a deadline.
    ///
    /// # Errors
    /// The kernel refuses the mapping.
    pub fn shared_but_not_robust() -> io::Result<Shared<Self>> {
        Self::with(false)
    }

    fn with(robust: bool) -> io::Result<Shared<Self>> {
        let shared = Shared::new(Self { mutex: UnsafeCell::new(MaybeUninit::uninit()) })?;
        match initialise(shared.raw(), robust) {
            0 => Ok(shared),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    /// Waits until nobody else holds the lock, and takes it.
    ///
    /// # Errors
    /// This thread holds it already (`EDEADLK`).
    pub fn lock(&self) -> io::Result<Guard<'_>> {
        self.acquire(true)
    }

    /// Takes the lock if it's free. If any thread holds it, even this one, nothing is returned.
    ///
    /// # Errors
    /// None is known.
    pub fn try_lock(&self) -> io::Result<Option<Guard<'_>>> {
        match self.acquire(false) {
            Ok(guard) => Ok(Some(guard)),
            // If the owner itself tries a robust lock, glibc says that waiting would be a deadlock, though it wouldn't wait.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EBUSY | libc::EDEADLK)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[inline]
    fn acquire(&self, wait: bool) -> io::Result<Guard<'_>> {
        #[expect(unsafe_code, reason = "pthread mutexes are the subject")]
        // SAFETY: both calls want an initialised mutex that stays where it is: `shared` has initialised this one in its
        // mapping, which outlives the borrow.
        let code = unsafe {
            if wait { libc::pthread_mutex_lock(self.raw()) } else { libc::pthread_mutex_trylock(self.raw()) }
        };
        match code {
            0 => Ok(Guard::new(self, false)),
            #[cfg(target_os = "linux")]
            libc::EOWNERDEAD => {
                #[expect(unsafe_code, reason = "pthread mutexes are the subject")]
                // SAFETY: the mutex is as above; this thread holds it, and its last owner has died.
                let code = unsafe { libc::pthread_mutex_consistent(self.raw()) };
                assert_eq!(code, 0, "the owner of a robust mutex can mark it consistent");
                Ok(Guard::new(self, true))
            }
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    fn raw(&self) -> *mut libc::pthread_mutex_t {
        self.mutex.get().cast()
    }
}

impl fmt::Debug for RobustMutex {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("RobustMutex").finish_non_exhaustive()
    }
}

/// The right of a thread that holds the lock. Dropping it unlocks; a copy that a fork has made unlocks nothing.
#[derive(Debug)]
#[must_use = "a guard that is dropped unlocks at once"]
pub struct Guard<'a> {
    mutex: &'a RobustMutex,
    owner_died: bool,
    /// Only the thread that has locked the mutex may unlock it, so a guard is not `Send`.
    stays: PhantomData<*const ()>,
}

impl<'a> Guard<'a> {
    fn new(mutex: &'a RobustMutex, owner_died: bool) -> Self {
        Self { mutex, owner_died, stays: PhantomData }
    }

    /// Whether the last owner died with the lock held, so that what it guards may be half changed.
    ///
    /// The lock itself has been marked consistent by then (`pthread_mutex_consistent`). No later owner is told, unless this
    /// owner dies too.
    pub fn owner_died(&self) -> bool {
        self.owner_died
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "pthread mutexes are the subject")]
        // SAFETY: the mutex is initialised and outlives `self`. It checks which thread unlocks it. The owner is this thread,
        // unless `self` is a copy that a fork has made; then the call does nothing.
        unsafe {
            libc::pthread_mutex_unlock(self.mutex.raw());
        }
    }
}

/// Initialises the mutex in its memory, and returns the error's number or 0.
///
/// The mutex checks errors (`PTHREAD_MUTEX_ERRORCHECK`): locking it twice is an error and no hang, and no thread can unlock
/// what another thread holds.
fn initialise(mutex: *mut libc::pthread_mutex_t, robust: bool) -> libc::c_int {
    let mut attributes = MaybeUninit::uninit();
    let attributes = attributes.as_mut_ptr();
    #[expect(unsafe_code, reason = "pthread mutexes are the subject")]
    // SAFETY: the first call initialises the attributes, the next ones use them, and the last one destroys them. `with` has
    // just mapped the memory for the mutex: no other code has seen it, and it will not be moved.
    unsafe {
        let code = libc::pthread_mutexattr_init(attributes);
        if code != 0 {
            return code;
        }
        #[cfg(target_os = "linux")]
        let set_robust = || libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST);
        #[cfg(not(target_os = "linux"))]
        let set_robust = || libc::ENOTSUP;
        let calls = [
            libc::pthread_mutexattr_settype(attributes, libc::PTHREAD_MUTEX_ERRORCHECK),
            libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED),
            if robust { set_robust() } else { 0 },
        ];
        let refused = calls.into_iter().find(|code| *code != 0);
        let code = refused.unwrap_or_else(|| libc::pthread_mutex_init(mutex, attributes));
        libc::pthread_mutexattr_destroy(attributes);
        code
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::mem;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::thread;

    // tests/forked.rs tests the mutex between processes: a test harness has several threads, so it can't fork.

    #[test]
    fn it_lets_one_in_at_a_time() {
        let (mutex, counter) = (RobustMutex::shared().unwrap(), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let guard = mutex.lock().unwrap();
                        assert!(!guard.owner_died());
                        counter.store(counter.load(Relaxed) + 1, Relaxed);
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), 40_000);
    }

    #[test]
    fn a_thread_that_locks_twice_is_told_and_one_that_tries_is_not_let_in() {
        for mutex in [RobustMutex::shared().unwrap(), RobustMutex::shared_but_not_robust().unwrap()] {
            let guard = mutex.lock().unwrap();
            assert_eq!(mutex.lock().unwrap_err().raw_os_error(), Some(libc::EDEADLK));
            assert!(mutex.try_lock().unwrap().is_none());
            thread::scope(|scope| {
                let others = scope.spawn(|| mutex.try_lock().unwrap().is_some());
                assert!(!others.join().unwrap());
            });
            drop(guard);
            assert!(mutex.try_lock().unwrap().is_some());
        }
    }

    #[test]
    fn the_next_owner_is_told_of_a_thread_that_ended_with_the_lock_and_only_that_one_is() {
        let mutex = RobustMutex::shared().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| mem::forget(mutex.lock().unwrap()));
        });
        // The scope ends when the thread's work has; the thread itself may take a moment to end.
        assert!(mutex.lock().unwrap().owner_died());
        assert!(!mutex.lock().unwrap().owner_died());
        assert!(!mutex.try_lock().unwrap().unwrap().owner_died());
    }

    #[test]
    fn a_lock_that_a_forgotten_guard_holds_stays_where_it_is() {
        let mutex = RobustMutex::shared().unwrap();
        mem::forget(mutex.lock().unwrap());
        drop(mutex);
        // The C library puts this lock in front of the forgotten one in its list, and so writes to the forgotten one.
        let next = RobustMutex::shared().unwrap();
        for _ in 0..3 {
            drop(next.lock().unwrap());
        }
    }
}
