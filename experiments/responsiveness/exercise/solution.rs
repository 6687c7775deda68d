//! A solution of the exercise. Try your own before you read this.
//!
//! A handler only notes what is to be done, and the loop does a small piece of it whenever nothing else is due. The notes are a
//! queue: a second click comes while the first one's work is under way.

use std::collections::VecDeque;
use std::ops::Range;

use crate::check::{Program, Studio};

// ANCHOR: solution
/// An album of pictures.
#[derive(Default)]
pub(crate) struct Album {
    wanted: VecDeque<u32>,
}

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.wanted.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.wanted.pop_front() {
            studio.thumbnail(picture);
        }
        !self.wanted.is_empty()
    }
}
// ANCHOR_END: solution
