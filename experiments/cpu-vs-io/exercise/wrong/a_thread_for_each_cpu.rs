//! As many threads as CPUs, as for work that computes: each asks its share, one question after the other.

use std::thread;

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let all: Vec<usize> = (0..questions).collect();
    thread::scope(|scope| {
        let share = |share: &[usize]| {
            share.iter().map(|question| ask(*question)).collect::<Vec<_>>()
        };
        let shares = all.chunks(questions.div_ceil(workers));
        let started: Vec<_> =
            shares.map(|own| scope.spawn(move || share(own))).collect();
        started.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}
