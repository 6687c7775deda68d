//! The system calls of this experiment, each behind the smallest safe function.

use std::ffi::{CStr, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::ptr;

use rustix::process::Pid;

/// The exit code of a child if its program can't be executed, as in a shell.
pub const NOT_EXECUTED: i32 = 127;

/// Copies this process. The copy does `work` and exits with the number that `work` returns. It never goes on with its parent's
/// code, and a panic ends it with 101.
///
/// `work` may take no lock and allocate nothing. If this process has several threads, one of them may hold a lock, such as the
/// allocator's, and in the copy no thread will ever release that lock. Source: fork(2).
pub fn fork(work: impl FnOnce() -> i32) -> io::Result<Pid> {
    #[expect(unsafe_code, reason = "fork is the subject")]
    // SAFETY: the callers in this crate let the child allocate nothing and take no lock, so it needs none that a missing thread
    // may hold. The child ends below, in this function.
    let forked = unsafe { libc::fork() };
    if forked == 0 {
        let code = catch_unwind(AssertUnwindSafe(work)).unwrap_or(101);
        #[expect(
            unsafe_code,
            reason = "a forked child must not run its parent's exit handlers"
        )]
        // SAFETY: `_exit` ends the process at once and touches no memory of it.
        unsafe {
            libc::_exit(code)
        }
    }
    child(forked)
}

/// Replaces the running program by the program at this path, with no arguments and an empty environment. This returns only if
/// it fails, and then [`NOT_EXECUTED`]. Source: execve(2).
pub fn execute(program: &CStr) -> i32 {
    let (arguments, environment) = ([program.as_ptr(), ptr::null()], [ptr::null()]);
    #[expect(unsafe_code, reason = "execve is the subject")]
    // SAFETY: the path ends with a NUL, both arrays end with a null pointer, and all three outlive the call.
    unsafe {
        libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr());
    }
    NOT_EXECUTED
}

/// The work of the child: it executes the program to which its argument points, or exits at once, and never returns.
#[cfg(target_os = "linux")]
extern "C" fn execute_or_exit(program: *mut c_void) -> i32 {
    let program = program.cast::<Option<&CStr>>();
    #[expect(
        unsafe_code,
        reason = "the child gets its argument as a raw pointer, and must end without unwinding"
    )]
    // SAFETY: the pointer is to a variable of `vfork` below, which is stopped, so nobody changes the variable. `_exit` ends the
    // child alone: the child shares memory with its parent, but isn't a thread of it.
    unsafe {
        libc::_exit((*program).map_or(0, execute))
    }
}

/// Starts a child as vfork does: in this process's own memory, with this thread stopped until the child has exited or executed
/// another program. The child executes `program`, or exits at once if there is none.
///
/// Rust can't call vfork itself: vfork returns twice on one stack, and the parent would find what the child has left there. So
/// this is clone with the flags of vfork, and with a stack for the child. Source: vfork(2), clone(2).
#[cfg(target_os = "linux")]
pub fn vfork(program: Option<&CStr>) -> io::Result<Pid> {
    #[repr(align(16))]
    struct Stack([MaybeUninit<u8>; 64 << 10]);
    let mut stack = Stack([MaybeUninit::uninit(); 64 << 10]);
    let mut program = program;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    #[expect(unsafe_code, reason = "clone is the subject")]
    // SAFETY: the child runs `execute_or_exit` on a stack of its own, which grows down from the given end, and of which the
    // child needs only a small part. The stack and `program` outlive the child's use of this memory, because CLONE_VFORK stops
    // this thread until then. The child also writes the C library's `errno` of this thread, which is stopped. It makes system
    // calls only, so a lock that another thread holds doesn't matter, and no signal handler of this program changes anything.
    let cloned = unsafe {
        let end = stack.0.as_mut_ptr().add(stack.0.len());
        libc::clone(execute_or_exit, end.cast(), flags, (&raw mut program).cast())
    };
    child(cloned)
}

/// Only Linux has clone.
#[cfg(not(target_os = "linux"))]
pub fn vfork(_: Option<&CStr>) -> io::Result<Pid> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no clone"))
}

/// Starts the program at this path as a child, by the C library's function for that, with no arguments and an empty
/// environment. Source: posix_spawn(3).
pub fn posix_spawn(program: &CStr) -> io::Result<Pid> {
    let (arguments, environment) =
        ([program.as_ptr().cast_mut(), ptr::null_mut()], [ptr::null_mut()]);
    let mut pid = 0;
    #[expect(unsafe_code, reason = "posix_spawn is the subject")]
    // SAFETY: the path ends with a NUL, both arrays end with a null pointer, and all of them outlive the call. Nothing is written
    // through the pointers, though C doesn't call them const. Null stands for no actions and no attributes.
    let error = unsafe {
        let (arguments, environment) = (arguments.as_ptr(), environment.as_ptr());
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            ptr::null(),
            ptr::null(),
            arguments,
            environment,
        )
    };
    if error == 0 { child(pid) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// Gives a command a closure between fork and exec, which does nothing.
pub fn pre_exec_nothing(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    #[expect(
        unsafe_code,
        reason = "what pre_exec does to a command is the subject"
    )]
    // SAFETY: the closure does nothing, so it does nothing that a forked child must not do.
    unsafe {
        command.pre_exec(|| Ok(()));
    }
}

/// The work of a [`Pthread`]: nothing.
extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
    ptr::null_mut()
}

/// A thread that does nothing, started by the C library alone. Dropping it waits for its end.
#[derive(Debug)]
pub struct Pthread(libc::pthread_t);

impl Pthread {
    /// Starts the thread. Source: pthread_create(3).
    pub fn create() -> io::Result<Self> {
        let mut thread = MaybeUninit::uninit();
        #[expect(unsafe_code, reason = "pthread_create is the subject")]
        // SAFETY: `nothing` takes any argument and has no state; null stands for the default attributes. The name of the
        // thread is read only if the call has written it.
        unsafe {
            match libc::pthread_create(
                thread.as_mut_ptr(),
                ptr::null(),
                nothing,
                ptr::null_mut(),
            ) {
                0 => Ok(Self(thread.assume_init())),
                error => Err(io::Error::from_raw_os_error(error)),
            }
        }
    }
}

impl Drop for Pthread {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "pthread_join is the subject")]
        // SAFETY: the thread was created, is joined once, here, and was never detached.
        unsafe {
            libc::pthread_join(self.0, ptr::null_mut());
        }
    }
}

/// The child of this number; -1 stands for a refusal.
fn child(pid: i32) -> io::Result<Pid> {
    if pid == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(Pid::from_raw(pid).expect("a child has a number"))
    }
}

#[test]
fn a_program_that_is_not_there_is_told() {
    assert!(posix_spawn(c"/no/such/program").is_err());
    assert_eq!(execute(c"/no/such/program"), NOT_EXECUTED);
}
