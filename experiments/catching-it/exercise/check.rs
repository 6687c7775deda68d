//! What a right letter must pass: in every execution, whoever reads one reads what was sent, and it does come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool as Flag, Ordering::Relaxed};

use loom::sync::Arc;
use loom::thread;

use crate::sync::atomic::{AtomicBool, AtomicU64};
use crate::task::Letter;

/// A way to send, and one to read.
pub(crate) type Way = (fn(&Letter, u64), fn(&Letter) -> Option<u64>);

const CONTENT: u64 = 42;

/// Lets loom run the sender and the reader through every execution, and says what went wrong in the first that did.
pub(crate) fn check((send, read): Way) -> Result<(), String> {
    // Of this check's own executions; std's, so that loom takes it for no part of them.
    let is_read_early = std::sync::Arc::new(Flag::new(false));
    let read_early = std::sync::Arc::clone(&is_read_early);
    let execution = move || {
        let letter = Arc::new(Letter { content: AtomicU64::new(0), has_come: AtomicBool::new(false) });
        let sender = {
            let letter = Arc::clone(&letter);
            thread::spawn(move || send(&letter, CONTENT))
        };
        let found = read(&letter);
        sender.join().unwrap();
        if let Some(content) = found {
            assert_eq!(content, CONTENT, "the flag was up, and the letter wasn't there");
            read_early.store(true, Relaxed);
        }
        assert_eq!(read(&letter), Some(CONTENT), "the sender has ended, and the letter hasn't come");
    };
    let explored = catch_unwind(AssertUnwindSafe(|| loom::model(execution)));
    match explored {
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            Err(said.unwrap_or_else(|| "an execution goes wrong; its message stands above".to_owned()))
        }
        Ok(()) if !is_read_early.load(Relaxed) => {
            Err("nobody reads before the sender has ended: this locks".to_owned())
        }
        Ok(()) => Ok(()),
    }
}
