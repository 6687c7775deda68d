//! What must be true of work that is done in a child: it is done there, and its result comes over, whole and every time.

use std::io;

/// What lets a forked child do some work, and returns the result in the parent.
pub(crate) type InAChild = dyn Fn(&dyn Fn() -> u64) -> io::Result<u64>;

/// Says what is wrong, if something is.
pub(crate) fn check(in_a_child: &InAChild) -> Result<(), String> {
    for expected in [1, 255, 256, u64::from(u32::MAX) + 7, u64::MAX] {
        let result = in_a_child(&|| expected).map_err(|error| format!("it failed: {error}"))?;
        if result != expected {
            return Err(format!("the child's result was {expected}, and the parent has {result}"));
        }
    }
    let child = in_a_child(&|| u64::from(std::process::id())).map_err(|error| format!("it failed: {error}"))?;
    match child == u64::from(std::process::id()) {
        true => Err("the work was done in the parent".to_owned()),
        false => Ok(()),
    }
}
