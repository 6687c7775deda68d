//! All are asked at once, and the answers are kept in the order in which they come.

use std::sync::mpsc;
use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for question in 0..questions {
            let tell = tell.clone();
            scope.spawn(move || tell.send(ask(question)));
        }
    });
    drop(tell);
    told.iter().collect()
}
