//! What a right letter must pass: in every execution that loom finds, a reader of a letter reads what was sent, and the letter
//! comes.
//!
//! loom sees what goes through its own atomics. An answer that shares anything in another way would run in few of loom's
//! executions and look right in each, so its source is read first.

use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool as Flag, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

/// An empty letter, a way to send one, and a way to read it.
pub(crate) type Way<L> = (fn() -> L, fn(&L, u64), fn(&L) -> Option<u64>);

/// What leads past loom's atomics: other crates' memory and locks, what all letters share, and what lies behind a pointer.
const UNSEEN: [&str; 10] = [
    "std", "core", "alloc", "loom", "loops", "lab", "rustix", "testing", "static",
    "unsafe",
];

/// An answer that is at work for longer than this turns in a circle, where loom doesn't see it.
const LIMIT: Duration = Duration::from_secs(30);

/// Lets loom run the sender and the reader through every execution, and says what went wrong in the first that did.
pub(crate) fn check<L: 'static>(way: Way<L>, source: &str) -> Result<(), String> {
    if let Some(word) = unseen(source) {
        return Err(format!(
            "the letter uses `{word}`, but loom judges only what goes through `crate::sync::atomic`"
        ));
    }
    let (tells, told) = channel();
    std::thread::spawn(move || {
        tells.send(contents().try_for_each(|content| explore(way, content)))
    });
    told.recv_timeout(LIMIT).unwrap_or_else(|why| match why {
        RecvTimeoutError::Timeout => {
            Err("the check isn't done after 30 s; `read` and `send` must not wait"
                .to_owned())
        }
        RecvTimeoutError::Disconnected => {
            Err("loom gave up; look at its message above".to_owned())
        }
    })
}

/// What is written: nothing in particular, what one may take for no letter, what fills all 64 bits, and what nobody knows.
fn contents() -> impl Iterator<Item = u64> {
    [42, 0, u64::MAX, RandomState::new().hash_one(())].into_iter()
}

/// The first word of this code, not of its comments, by which it gets at what loom doesn't see. A hint to the processor is none.
fn unseen(source: &str) -> Option<&'static str> {
    let code =
        source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code
        .collect::<Vec<_>>()
        .join("\n")
        .replace("std::hint::", "")
        .replace("'static", "");
    let words =
        code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words
        .filter_map(|word| UNSEEN.into_iter().find(|unseen| *unseen == word))
        .next()
}

fn explore<L: 'static>(
    (empty, send, read): Way<L>,
    content: u64,
) -> Result<(), String> {
    let alone = move || {
        let letter = empty();
        assert!(read(&letter).is_none(), "there is a letter before one was sent");
        send(&letter, content);
        match read(&letter) {
            Some(found) => assert!(
                found == content,
                "a letter of {content} is read as {found}, with no other thread"
            ),
            None => panic!(
                "the sender has ended, and the letter of {content} hasn't come"
            ),
        }
        assert!(read(&letter).is_some(), "a letter that was read is gone");
    };
    modelled(alone)?;
    // Of this check's own executions; std's, so that loom takes it for no part of them.
    let is_read_early = std::sync::Arc::new(Flag::new(false));
    let read_early = std::sync::Arc::clone(&is_read_early);
    let execution = move || {
        let letter = Arc::new(empty());
        let sender = {
            let letter = Arc::clone(&letter);
            thread::spawn(move || send(&letter, content))
        };
        let found = read(&letter);
        sender.join().unwrap();
        if let Some(found) = found {
            assert!(
                found == content,
                "the flag was up, and the letter wasn't there"
            );
            read_early.store(true, Relaxed);
        }
        assert!(
            read(&letter) == Some(content),
            "the sender has ended, and the letter hasn't come"
        );
    };
    modelled(execution)?;
    match is_read_early.load(Relaxed) {
        true => Ok(()),
        false => {
            Err("the reader never reads before the sender has ended, so something locks".to_owned())
        }
    }
}

/// Explores this, and says what the first execution that panicked said.
fn modelled(execution: impl Fn() + Send + Sync + 'static) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| loom::model(execution))).map_err(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied());
        match said {
            Some(said) if said.contains("maximum number of branches") => {
                "an execution has no end; `read` and `send` must not wait"
                    .to_owned()
            }
            Some(said) => said.to_owned(),
            None => "an execution goes wrong; look at its message above".to_owned(),
        }
    })
}
