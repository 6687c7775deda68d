//! The call of the C library that no safe function makes.

/// Tells `malloc` to serve all threads from one arena. By default glibc gives each thread one of its own, up to eight for each
/// CPU, and each reserves 64 MiB of addresses, beside which no stack would be seen. Other C libraries are left as they are.
/// Source: mallopt(3), `M_ARENA_MAX`.
pub fn one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "std has no mallopt")]
        // SAFETY: it changes a number that the allocator looks at when it next makes an arena, under the allocator's own
        // lock, and touches nothing that was allocated.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, 1);
        }
    }
}
