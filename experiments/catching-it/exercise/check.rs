//! What a right letter must pass: in every execution that loom finds, whoever reads one reads what was sent, and it does come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool as Flag, Ordering::Relaxed};

use loom::sync::Arc;
use loom::thread;

/// An empty letter, a way to send one, and a way to read it.
pub(crate) type Way<L> = (fn() -> L, fn(&L, u64), fn(&L) -> Option<u64>);

/// What is written: nothing in particular, and what one may take for no letter.
const CONTENTS: [u64; 2] = [42, 0];

/// Lets loom run the sender and the reader through every execution, and says what went wrong in the first that did.
pub(crate) fn check<L: 'static>(way: Way<L>) -> Result<(), String> {
    CONTENTS.into_iter().try_for_each(|content| explore(way, content))
}

fn explore<L: 'static>((empty, send, read): Way<L>, content: u64) -> Result<(), String> {
    // Of this check's own executions; std's, so that loom takes it for no part of them.
    let is_read_early = std::sync::Arc::new(Flag::new(false));
    let read_early = std::sync::Arc::clone(&is_read_early);
    let execution = move || {
        let letter = Arc::new(empty());
        assert_eq!(read(&letter), None, "there is a letter before one was sent");
        let sender = {
            let letter = Arc::clone(&letter);
            thread::spawn(move || send(&letter, content))
        };
        let found = read(&letter);
        sender.join().unwrap();
        if let Some(found) = found {
            assert_eq!(found, content, "the flag was up, and the letter wasn't there");
            read_early.store(true, Relaxed);
        }
        assert_eq!(read(&letter), Some(content), "the sender has ended, and the letter hasn't come");
    };
    let explored = catch_unwind(AssertUnwindSafe(|| loom::model(execution)));
    match explored {
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(match said {
                Some(said) if said.contains("maximum number of branches") => {
                    "an execution has no end: `read` and `send` wait for nothing".to_owned()
                }
                Some(said) => said.to_owned(),
                None => "an execution goes wrong; its message stands above".to_owned(),
            })
        }
        Ok(()) if !is_read_early.load(Relaxed) => {
            Err("nobody reads before the sender has ended: this locks".to_owned())
        }
        Ok(()) => Ok(()),
    }
}
