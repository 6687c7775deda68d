//! To sleep until a word in shared memory changes, and to wake a thread that sleeps so.

use std::io;
use std::sync::atomic::AtomicU32;

/// Sleeps until the word may have changed; if it doesn't say this any more, returns at once.
#[cfg(target_os = "linux")]
pub(crate) fn sleep(word: &AtomicU32, says: u32) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::thread::futex;
    // Not a private futex, because the other end may be in another process.
    match futex::wait(word, futex::Flags::empty(), says, None) {
        Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Wakes an end that sleeps on this word.
#[cfg(target_os = "linux")]
pub(crate) fn wake(word: &AtomicU32) {
    use rustix::thread::futex;
    // This can't fail: the address is mapped, and the flags are known.
    let _ = futex::wake(word, futex::Flags::empty(), 1);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn sleep(_: &AtomicU32, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn wake(_: &AtomicU32) {}
