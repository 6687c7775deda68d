//! Of what is there and one less than was seen, the smaller: nobody came between if what was there is what was seen.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    loop {
        let seen = left.load(Relaxed);
        if seen == 0 {
            return false;
        }
        if left.fetch_min(seen - 1, Relaxed) == seen {
            return true;
        }
    }
}
