//! System calls that this experiment needs and that no library wraps: a signal for one thread, a signal that is ignored, and
//! an access to memory that may not be accessed.

use std::io;

use rustix::process::Signal;

/// Sends a signal to the calling thread. Source: raise(3), which is pthread_kill(3) to oneself, which is tgkill(2).
pub(crate) fn raise(signal: Signal) {
    #[expect(unsafe_code, reason = "nothing else sends a signal to one thread")]
    // SAFETY: `raise` takes a number and touches no memory. The only handlers that the signal may run here belong to Rust's
    // runtime, and are made for it.
    unsafe {
        libc::raise(signal.as_raw());
    }
}

/// Lets this process ignore SIGTERM from now on. Source: signal(7).
pub(crate) fn ignore_sigterm() {
    #[expect(unsafe_code, reason = "std sets no signal's disposition")]
    // SAFETY: `SIG_IGN` is no handler, so no code of ours runs when the signal comes.
    unsafe {
        libc::signal(libc::SIGTERM, libc::SIG_IGN);
    }
}

/// Reads from a page that nobody may read, which ends the process by SIGSEGV.
///
/// # Errors
/// The kernel refuses the mapping.
pub(crate) fn segfault() -> io::Result<()> {
    #[expect(unsafe_code, reason = "mmap is the subject")]
    // SAFETY: a new anonymous mapping overlaps nothing.
    let page = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if page == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    load(page);
    Ok(())
}

/// Loads a byte by an instruction of the CPU. A read through a pointer would be undefined behaviour in Rust, since the page may
/// not be read: the compiler could do anything with such a read. It assumes nothing about assembly.
fn load(page: *mut libc::c_void) {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    #[expect(unsafe_code, reason = "a segmentation fault is the subject")]
    // SAFETY: the load traps, so nothing is read. It would write only to a register that is named here.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("mov {byte}, byte ptr [{page}]", page = in(reg) page, byte = out(reg_byte) _);
        #[cfg(target_arch = "aarch64")]
        std::arch::asm!("ldrb {byte:w}, [{page}]", page = in(reg) page, byte = out(reg) _);
    }
    // For other CPUs we don't know the instruction, and send the same signal ourselves.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let _ = page;
        raise(Signal::SEGV);
    }
}
