//! What the workers of a reader's browser run: the chapters' own loops, compiled to WebAssembly on memory that all workers
//! share. `build.sh` makes the module, `page/kernel.js` starts the workers.
//!
//! Each experiment has a file `page/run.rs`, which takes the loops from the files that its chapter shows, and says what those
//! leave open. Whatever workers share lies in a [`Team`] and in the experiment's own *place*, both in memory that the page
//! hands over full of zeros.
//!
//! Nothing here may panic or allocate. A panic's message would be data, which an instance would have to put into memory that
//! others use already, and the standard library's handling of it makes the module ten times as large. A test sees to that.

mod calls;
mod loops;
pub mod team;

#[path = "../../../experiments/deadlock/page/run.rs"]
pub mod deadlock;
#[path = "../../../experiments/false-sharing/page/run.rs"]
pub mod false_sharing;
#[path = "../../../experiments/message-passing/page/run.rs"]
pub mod message_passing;
#[path = "../../../experiments/mutex-fixes/page/run.rs"]
pub mod mutex_fixes;
#[path = "../../../experiments/responsiveness/page/run.rs"]
pub mod responsiveness;
#[path = "../../../experiments/shared-counter/page/run.rs"]
pub mod shared_counter;

pub use crate::team::{Line, Team, Worker};
