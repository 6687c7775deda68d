//! Memory that a process shares with the children it forks.

use std::io;
use std::ops::Deref;
use std::ptr::NonNull;

/// Values that several processes may use through one mapping. They own no pointer and no handle, since these have a meaning
/// in one process only, and all their operations are atomic without help from a lock that lies elsewhere.
///
/// The compiler can't check this promise, so the trait is sealed: only this crate implements it. A lock of the standard
/// library doesn't have the trait, because it wakes threads of its own process only:
///
/// ```compile_fail,E0277
/// lab::Shared::new(std::sync::Mutex::new(0)).unwrap();
/// ```
///
/// ```
/// lab::Shared::new(std::sync::atomic::AtomicU64::new(0)).unwrap();
/// ```
pub trait AcrossProcesses: Sync + sealed::Sealed {}

impl<T: Sync + sealed::Sealed> AcrossProcesses for T {}

pub(crate) mod sealed {
    use std::sync::atomic::{AtomicU32, AtomicU64};

    pub trait Sealed {
        /// Whether nothing in this process points to the value any more, once it's no longer borrowed.
        fn may_be_unmapped(&self) -> bool {
            true
        }
    }
    // An atomic integer is plain memory, and the hardware makes its operations atomic for every process that maps it.
    impl Sealed for AtomicU32 {}
    impl Sealed for AtomicU64 {}
    impl<T: Sealed, const N: usize> Sealed for [T; N] {}
}

/// A value in an anonymous `MAP_SHARED` mapping: children forked after [`Shared::new`] see the same memory, at the same
/// address. The mapping has no name, so it's gone with the last process that maps it. Source: mmap(2), fork(2).
#[derive(Debug)]
pub struct Shared<T: AcrossProcesses> {
    at: NonNull<T>,
}

#[expect(unsafe_code, reason = "the mapping is reached through a raw pointer")]
// SAFETY: the pointer stands for an owned, mapped value, and `T` may be used from several threads by its own promise.
unsafe impl<T: AcrossProcesses> Sync for Shared<T> {}

impl<T: AcrossProcesses> Shared<T> {
    /// Maps a page (or as many as `T` takes) and puts `value` at its beginning, so the value starts a cache line of its own.
    ///
    /// # Errors
    /// The kernel refuses the mapping: out of memory or of address space.
    pub fn new(value: T) -> io::Result<Self> {
        const { assert!(size_of::<T>() > 0 && align_of::<T>() <= 4096, "a page holds and aligns the value") };
        #[expect(unsafe_code, reason = "mmap is the subject")]
        // SAFETY: a new anonymous mapping overlaps nothing. It is at least as large as `T` and page-aligned, which
        // satisfies the alignment of `T`, as asserted above; it is written before anyone reads it.
        let at = unsafe {
            let at = libc::mmap(
                std::ptr::null_mut(),
                size_of::<T>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if at == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let at = at.cast::<T>();
            at.write(value);
            at
        };
        let at = NonNull::new(at).ok_or_else(|| io::Error::other("the kernel mapped memory at address 0"))?;
        Ok(Self { at })
    }
}

impl<T: AcrossProcesses> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        #[expect(unsafe_code, reason = "the mapping is reached through a raw pointer")]
        // SAFETY: the mapping lives as long as `self`, `new` put a value there, and no process ever makes a `&mut`.
        unsafe {
            self.at.as_ref()
        }
    }
}

impl<T: AcrossProcesses> Drop for Shared<T> {
    fn drop(&mut self) {
        if !self.may_be_unmapped() {
            return; // the mapping stays until this process ends
        }
        #[expect(unsafe_code, reason = "munmap is the subject")]
        // SAFETY: the address and the length are those that `new` mapped, nothing borrows from `self` any more, and the
        // value says that nothing else points to it.
        unsafe {
            libc::munmap(self.at.as_ptr().cast(), size_of::<T>());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    #[test]
    fn it_holds_its_value_and_starts_a_page() {
        let shared = Shared::new(AtomicU64::new(7)).unwrap();
        assert_eq!(shared.fetch_add(1, Relaxed), 7);
        assert_eq!(shared.load(Relaxed), 8);
        assert_eq!((&raw const *shared).addr() % 4096, 0);
    }

    #[test]
    fn it_holds_arrays_of_more_than_a_page() {
        let shared = Shared::new([const { AtomicU64::new(3) }; 1000]).unwrap();
        shared[999].store(4, Relaxed);
        assert_eq!(shared.iter().map(|value| value.load(Relaxed)).sum::<u64>(), 3001);
    }
}
