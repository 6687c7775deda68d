//! Each thread is joined as soon as it is started: without a `collect` between them, the iterator starts the next one only when it's
//! asked for it.

use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    thread::scope(|scope| {
        let asked =
            (0..questions).map(|question| scope.spawn(move || ask(question)));
        asked.map(|answer| answer.join().unwrap()).collect()
    })
}
