//! The loops that several lessons run: what a worker does to a counter that it shares, or to two accounts.
//!
//! Each stands in one file, which names no library for its locks and atomics but the `sync` beside it. So the file is compiled
//! here with those of the standard library, and once more, as `explored`, with those of loom, which explores the very lines
//! that the chapters show. The programs that other tools watch take the files in as well.

/// The two ways to add one.
pub mod increments;
/// Two ways to transfer between two accounts.
pub mod orders;
/// The repairs of a counter that need no more than the standard library.
pub mod repairs;

/// Where the loops find their locks and atomics.
mod sync {
    pub(super) use std::sync::{Mutex, RwLock, atomic};

    pub(super) mod mpsc {
        // A sender that is ahead waits for the owner, so that messages don't pile up.
        pub(in super::super) use std::sync::mpsc::{
            Receiver, SyncSender as Sender,
        };
    }
}

/// The same loops over the locks and atomics of loom.
#[cfg(feature = "loom")]
pub mod explored {
    mod sync {
        pub(super) use loom::sync::{
            Mutex, RwLock, atomic,
        };

        pub(super) mod mpsc {
            pub(in super::super) use loom::sync::mpsc::{
                Receiver, Sender,
            };
        }
    }

    /// The two ways to add one.
    pub mod increments {
        include!("increments.rs");
    }

    /// Two ways to transfer between two accounts.
    pub mod orders {
        include!("orders.rs");
    }

    /// The repairs of a counter that need no more than the standard library.
    pub mod repairs {
        include!("repairs.rs");
    }
}
