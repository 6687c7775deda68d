//! Counts what some threads allocate and free.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};

/// The system's allocator, counted for each account.
struct Counts;

#[global_allocator]
static COUNTS: Counts = Counts;

/// Bytes that were allocated and not freed, for each account. The first one is everybody else's.
static LIVE: [AtomicIsize; 1024] = [const { AtomicIsize::new(0) }; 1024];

/// How many threads have freed some of it.
static THREADS: [AtomicUsize; 1024] = [const { AtomicUsize::new(0) }; 1024];

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(0) };
    /// The account of which this thread was the last to free some.
    static FREED: Cell<usize> = const { Cell::new(0) };
}

/// What is put before each piece of memory: the account, so that freeing it is counted there.
const HEAD: usize = size_of::<usize>();

/// The same with room for that, and where the memory begins.
fn with_head(layout: Layout) -> Option<(Layout, usize)> {
    Layout::new::<[u8; HEAD]>()
        .align_to(align_of::<usize>())
        .ok()?
        .extend(layout)
        .ok()
}

#[expect(unsafe_code, reason = "an allocator is unsafe to be")]
// SAFETY: the system's allocator gives the memory, with a head before it. Nothing here allocates or panics.
unsafe impl GlobalAlloc for Counts {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((whole, begins)) = with_head(layout) else { return null_mut() };
        // SAFETY: it has room for a head.
        let memory = unsafe { System.alloc(whole) };
        if memory.is_null() {
            return memory;
        }
        let own = OWN.get();
        LIVE[own].fetch_add(layout.size() as isize, SeqCst);
        // SAFETY: the memory is aligned as a head is, at least, and longer than where the caller's part begins.
        unsafe {
            memory.cast::<usize>().write(own);
            memory.add(begins)
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let Some((whole, begins)) = with_head(layout) else { return };
        // SAFETY: the caller has it from `alloc` with the same layout.
        unsafe {
            let memory = memory.sub(begins);
            let account = memory.cast::<usize>().read();
            LIVE[account].fetch_sub(layout.size() as isize, SeqCst);
            if account > 0 && FREED.replace(account) != account {
                THREADS[account].fetch_add(1, SeqCst);
            }
            System.dealloc(memory, whole);
        }
    }
}

/// On whose account threads allocate.
#[derive(Clone, Copy)]
pub(crate) struct Account(usize);

impl Account {
    /// One that nobody has used lately.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let own = 1 + NEXT.fetch_add(1, SeqCst) % (LIVE.len() - 1);
        LIVE[own].store(0, SeqCst);
        THREADS[own].store(0, SeqCst);
        Self(own)
    }

    /// Of the calling thread.
    pub(crate) fn own() -> Self {
        Self(OWN.get())
    }

    /// From now on, the calling thread allocates on this one.
    pub(crate) fn open(self) {
        OWN.set(self.0);
    }

    /// What was allocated and not freed.
    pub(crate) fn live(self) -> isize {
        LIVE[self.0].load(SeqCst)
    }

    /// How many threads have freed some of it, if none has freed of another meanwhile.
    pub(crate) fn threads(self) -> usize {
        THREADS[self.0].load(SeqCst)
    }

    /// Does something on nobody's account.
    pub(crate) fn aside<R>(does: impl FnOnce() -> R) -> R {
        let own = OWN.replace(0);
        let done = does();
        OWN.set(own);
        done
    }
}
