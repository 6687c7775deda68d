//! What the page lends to the loops, and how it calls them. Elsewhere the standard library lends the same, so that the loops
//! can be tested and measured outside of a browser.

#[cfg(target_family = "wasm")]
mod lent {
    use std::sync::atomic::AtomicU32;

    #[expect(unsafe_code, reason = "the page's functions")]
    // SAFETY: `page/kernel.js` has functions of these names and types, and none of them writes to the memory.
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        /// Sleeps as long as the word has this value, until it is woken.
        pub(crate) safe fn wait(word: &AtomicU32, value: u32);
        /// Wakes up to so many that sleep because of the word.
        pub(crate) safe fn notify(word: &AtomicU32, sleepers: u32);
        /// Offers the core to others for a moment.
        pub(crate) safe fn yield_now();
        /// Milliseconds, by a clock that all workers have in common.
        pub(crate) safe fn now() -> f64;
    }
}

#[cfg(not(target_family = "wasm"))]
mod lent {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    pub(crate) use std::thread::yield_now;
    use std::time::Instant;

    pub(crate) fn wait(word: &AtomicU32, value: u32) {
        if word.load(SeqCst) == value {
            yield_now(); // a sleeper may wake for no reason
        }
    }

    pub(crate) fn notify(_: &AtomicU32, _: u32) {}

    pub(crate) fn now() -> f64 {
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        BEGAN.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
    }
}

pub(crate) use lent::*;

/// Functions that the page calls by their names: what a worker of a team does at a place that the team shares. The page passes
/// where the team and the place lie, the worker's number, how many workers there are, and the other arguments.
macro_rules! give {
    ($($(#[$doc:meta])* fn $name:ident($place:ident: $type:ty, $worker:ident $(, $argument:ident: $kind:ty)*) -> $result:ty $body:block)*) => {$(
        $(#[$doc])*
        pub fn $name($place: &$type, $worker: &crate::Worker<'_> $(, $argument: $kind)*) -> $result $body

        #[cfg(target_family = "wasm")]
        const _: () = {
            #[expect(unsafe_code, reason = "the page calls it by its name")]
            // SAFETY: nothing else in the module has this name.
            #[unsafe(no_mangle)]
            extern "C" fn $name(team: &crate::Team, place: &$type, number: u32, workers: u32 $(, $argument: $kind)*) -> $result {
                self::$name(place, &crate::Worker::new(team, number, workers) $(, $argument)*)
            }
        };
    )*};
}
pub(crate) use give;
