//! What the scheduler did with a thread, a process or its children, as the kernel counts it.

use std::mem::MaybeUninit;
use std::ops::Sub;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// CPU time and context switches. Source: getrusage(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Time on a CPU, in the program and in the kernel on its behalf.
    pub cpu: Duration,
    /// How often the thread gave its CPU away because it had to wait: voluntary context switches.
    pub voluntary: u64,
    /// How often the kernel took the CPU away, for another thread's turn or a more urgent thread: involuntary switches.
    pub involuntary: u64,
}

impl Usage {
    /// The usage of the calling thread so far; where the system doesn't count by thread, that of this process.
    pub fn of_thread() -> Self {
        #[cfg(target_os = "linux")]
        return of(libc::RUSAGE_THREAD);
        #[cfg(not(target_os = "linux"))]
        return Self::of_process();
    }

    /// The usage of all threads of this process so far, ended threads included.
    pub fn of_process() -> Self {
        of(libc::RUSAGE_SELF)
    }

    /// The usage of the children of this process that have ended and been waited for, and of their children.
    pub fn of_children() -> Self {
        of(libc::RUSAGE_CHILDREN)
    }
}

/// The usage between two looks; nothing if the first look shows more.
impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            voluntary: self.voluntary.saturating_sub(before.voluntary),
            involuntary: self.involuntary.saturating_sub(before.involuntary),
        }
    }
}

/// How many page faults of this process the kernel has served without reading a disk. Source: getrusage(2), `ru_minflt`.
pub fn minor_faults() -> u64 {
    u64::try_from(counted(libc::RUSAGE_SELF).ru_minflt).unwrap_or(0)
}

fn counted(whom: libc::c_int) -> libc::rusage {
    let mut usage = MaybeUninit::zeroed();
    #[expect(unsafe_code, reason = "there is no safe getrusage(2) in std or rustix")]
    // SAFETY: the pointer is to a whole rusage, which the call fills; if it fails, which it can only for a `whom` that there isn't,
    // the zeros stay, and a rusage of zeros is a valid one.
    unsafe {
        libc::getrusage(whom, usage.as_mut_ptr());
        usage.assume_init()
    }
}

fn of(whom: libc::c_int) -> Usage {
    let usage = counted(whom);
    // None of them is ever negative.
    let time = |time: libc::timeval| {
        Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0))
            + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
    };
    Usage {
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        voluntary: u64::try_from(usage.ru_nvcsw).unwrap_or(0),
        involuntary: u64::try_from(usage.ru_nivcsw).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Instant;

    #[test]
    fn a_thread_is_charged_for_what_it_does_and_the_process_for_all_of_it() {
        let (process, thread) = (Usage::of_process(), Usage::of_thread());
        let other = thread::spawn(|| {
            let before = Usage::of_thread();
            // A sleep is a wait, and a wait gives the CPU away; then as much CPU time as a clock tick can't miss.
            thread::sleep(Duration::from_millis(1));
            let began = Instant::now();
            while (Usage::of_thread() - before).cpu < Duration::from_millis(50) {
                assert!(began.elapsed() < Duration::from_secs(60), "no CPU time is counted");
            }
            Usage::of_thread() - before
        });
        let other = other.join().unwrap();
        assert!(other.voluntary >= 1, "{other:?}");
        let whole = Usage::of_process() - process;
        assert!(whole.cpu >= other.cpu && whole.voluntary >= other.voluntary, "{whole:?} {other:?}");
        assert!((Usage::of_thread() - thread).cpu < other.cpu, "the thread that only waited");
        assert_eq!(process - whole - process, Usage::default(), "differences stop at nothing");
    }
}
