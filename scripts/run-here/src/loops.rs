//! The loops that several chapters show, over the standard library's locks and atomics. They are formatted where they stand.

#[path = "../../loops/src/increments.rs"]
#[rustfmt::skip]
pub(crate) mod increments;
#[path = "../../loops/src/repairs.rs"]
#[rustfmt::skip]
#[expect(dead_code, reason = "a channel allocates, and an `RwLock` may panic")]
pub(crate) mod repairs;

mod sync {
    pub(super) use std::sync::{Mutex, RwLock, atomic};

    pub(super) mod mpsc {
        pub(in super::super) use std::sync::mpsc::{Receiver, SyncSender as Sender};
    }
}
