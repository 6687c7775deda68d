//! A pool of rayon's with a thread for each question, each of which asks the one of its own number.

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(questions).build().unwrap();
    pool.broadcast(|thread| ask(thread.index()))
}
