//! The loops that several experiments run: what a worker does to a shared counter, or to two accounts.
//!
//! Each file takes its locks and atomics from the `sync` beside it. So it's compiled here with the standard library's locks and
//! atomics, and once more, as `explored`, with loom's: loom explores the very lines that the chapters show. The programs that
//! other tools watch include these files too.

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
        // A fast sender waits for the owner, so that messages don't pile up.
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
