//! Stops a thread between two of its instructions, any two, until it may go on: did it count on what it had seen before, then what
//! others did meanwhile shows it.
//!
//! Each instruction of a thread whose trap flag is set ends in a signal, and the flag is set and cleared in the registers that a signal's
//! handler returns to. Source: Intel's Software Developer's Manual, vol. 3, 19.3.1.4; sigaction(2), signal-safety(7). Where the processor
//! or the system is another one, nothing is stopped.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

/// What a thread needs to stop.
pub(crate) struct Stop {
    tells: PipeWriter,
    #[cfg_attr(
        not(all(target_os = "linux", target_arch = "x86_64")),
        expect(dead_code, reason = "nothing is stopped here")
    )]
    waits: PipeReader,
}

/// The watcher, which hears that the thread has stopped, and lets it go on.
pub(crate) struct Watch {
    hears: PipeReader,
    lets_go: PipeWriter,
}

const STOPPED: u8 = b's';
const WENT_ON: u8 = b'w';

/// A thread that can be stopped once, and its watcher.
pub(crate) fn pair() -> io::Result<(Stop, Watch)> {
    let ((hears, tells), (waits, lets_go)) = (io::pipe()?, io::pipe()?);
    Ok((Stop { tells, waits }, Watch { hears, lets_go }))
}

impl Watch {
    /// Waits until the thread has stopped, or [`Stop::not_any_more`]; whether it has.
    pub(crate) fn has_stopped(&mut self) -> bool {
        let mut said = [0];
        self.hears.read_exact(&mut said).is_ok() && said[0] == STOPPED
    }

    pub(crate) fn let_go(&mut self) {
        self.lets_go.write_all(&[WENT_ON]).expect("its thread reads, or will");
    }
}

impl Stop {
    /// Tells the watcher that the thread won't stop.
    pub(crate) fn not_any_more(&self) {
        (&self.tells).write_all(&[WENT_ON]).expect("a pipe holds a few bytes");
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trapped {
    use std::cell::Cell;
    use std::os::fd::AsRawFd;
    use std::sync::Once;

    use super::{STOPPED, Stop};

    /// How many more instructions this thread does before it stops, and the pipes by which it does.
    #[derive(Clone, Copy)]
    struct Steps {
        left: u32,
        tells: i32,
        waits: i32,
    }

    thread_local! {
        static STEPS: Cell<Option<Steps>> = const { Cell::new(None) };
    }

    /// The bit of the flags register.
    const TRAP_FLAG: i64 = 0x100;

    impl Stop {
        /// Lets this thread do this many more instructions, and stop then. It does so within [`end`], or while this lives.
        pub(crate) fn after(&self, steps: u32) {
            static HANDLES: Once = Once::new();
            HANDLES.call_once(handle);
            STEPS.set(Some(Steps {
                left: steps,
                tells: self.tells.as_raw_fd(),
                waits: self.waits.as_raw_fd(),
            }));
            #[expect(unsafe_code, reason = "std raises no signal")]
            // SAFETY: `raise` takes no pointer, and the signal has a handler.
            unsafe {
                libc::raise(libc::SIGTRAP);
            }
        }
    }

    /// Ends it; whether this thread was still to stop.
    pub(crate) fn end() -> bool {
        STEPS.take().is_some()
    }

    #[expect(unsafe_code, reason = "std handles no signal")]
    fn handle() {
        // SAFETY: all zeros are a `sigaction`, which outlives the call. The handler has the signature that SA_SIGINFO asks for, and
        // calls nothing but what signal-safety(7) lists.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_trap as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut());
        }
    }

    /// After an instruction, or as it begins.
    extern "C" fn on_trap(
        _: i32,
        _: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        let goes_on = match STEPS.get() {
            Some(steps) if steps.left > 0 => {
                STEPS.set(Some(Steps { left: steps.left - 1, ..steps }));
                true
            }
            Some(steps) => {
                STEPS.set(None);
                let mut byte = STOPPED;
                #[expect(
                    unsafe_code,
                    reason = "a handler of signals may call few functions, and not those of std"
                )]
                // SAFETY: the byte lives, and so do the pipes while this thread has steps to do.
                unsafe {
                    libc::write(steps.tells, (&raw const byte).cast(), 1);
                    libc::read(steps.waits, (&raw mut byte).cast(), 1);
                }
                false
            }
            None => false,
        };
        #[expect(
            unsafe_code,
            reason = "the flag lies in the registers that the handler returns to"
        )]
        // SAFETY: with SA_SIGINFO, the context is a `ucontext_t`, which is the handler's own until it returns.
        unsafe {
            let flags = &mut (*context.cast::<libc::ucontext_t>())
                .uc_mcontext
                .gregs[libc::REG_EFL as usize];
            *flags = if goes_on { *flags | TRAP_FLAG } else { *flags & !TRAP_FLAG };
        }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod trapped {
    use super::Stop;

    impl Stop {
        /// Nothing stops here.
        pub(crate) fn after(&self, _: u32) {
            self.not_any_more();
        }
    }

    /// Whether this thread was still to stop.
    pub(crate) fn end() -> bool {
        false
    }
}

pub(crate) use trapped::end;
