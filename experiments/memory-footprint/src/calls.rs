//! The call of the C library that no safe function makes.

/// Tells `malloc` to serve all threads from one arena. By default glibc gives each thread an arena of its own, up to eight for
/// each CPU. Each arena reserves 64 MiB of addresses, and beside so many no stack would be seen. In other C libraries nothing
/// is changed.
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
