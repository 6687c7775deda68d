//! Two threads add to one plain variable. This is a data race, and so undefined behaviour. The program is for tools that find
//! data races: nothing else uses it, and nothing is measured by it.

use std::thread;

/// A number that claims that threads may share it, which is a lie.
struct Unguarded(*mut u64);

#[expect(unsafe_code, reason = "the compiler refuses a data race; here one is wanted")]
// SAFETY: this is unsound on purpose. Nothing orders the accesses of the threads that share the number.
unsafe impl Sync for Unguarded {}

// ANCHOR: add
/// Adds one, `times` times, to a plain variable.
fn add(counter: &Unguarded, times: u64) {
    for _ in 0..times {
        #[expect(unsafe_code, reason = "here a data race is wanted")]
        // SAFETY: this is unsound on purpose. The pointer is valid, but another
        // thread writes there at the same time.
        unsafe {
            *counter.0 += 1;
        }
    }
}
// ANCHOR_END: add

fn main() {
    let times = std::env::args().nth(2).map_or(1000, |times| times.parse().expect("a number of additions"));
    let counter: &'static Unguarded = Box::leak(Box::new(Unguarded(Box::into_raw(Box::new(0)))));
    let workers = [(); 2].map(|()| thread::spawn(move || add(counter, times)));
    for worker in workers {
        worker.join().expect("the worker ends well");
    }
}
