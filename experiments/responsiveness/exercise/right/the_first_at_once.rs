//! Makes the first thumbnail at once if no other waits, so that something is to be seen, and the others when there is time.

use std::iter::{Fuse, empty};
use std::ops::Range;

use crate::check::{Program, Studio};

pub(crate) struct Album(Fuse<Box<dyn Iterator<Item = u32>>>);

impl Default for Album {
    fn default() -> Self {
        let none: Box<dyn Iterator<Item = u32>> = Box::new(empty());
        Self(none.fuse())
    }
}

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, studio: &mut Studio) {
        let Self(before) = std::mem::take(self);
        let all: Box<dyn Iterator<Item = u32>> = Box::new(before.chain(pictures));
        self.0 = all.fuse();
        self.idle(studio);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        self.0.next().map(|picture| studio.thumbnail(picture)).is_some()
    }
}
