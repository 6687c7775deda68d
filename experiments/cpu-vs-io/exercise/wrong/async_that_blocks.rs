//! Asynchronous blocks, all made before any is waited for; but one does nothing until it is waited for, and then `ask` blocks the only
//! thread: there is no `await` in it at which another could go on.

pub(crate) fn ask_all(
    questions: usize,
    ask: &(dyn Fn(usize) -> u64 + Sync),
) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let asked: Vec<_> =
            (0..questions).map(|question| async move { ask(question) }).collect();
        let mut answers = Vec::new();
        for answer in asked {
            answers.push(answer.await);
        }
        answers
    })
}
