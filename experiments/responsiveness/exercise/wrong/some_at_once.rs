//! Makes the first two of a click at once, which no tick minds, and the rest later. But what an earlier click has left comes after them.

use std::collections::VecDeque;
use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(VecDeque<u32>);

impl Program for Album {
    fn clicked(&mut self, mut pictures: Range<u32>, studio: &mut Studio) {
        pictures.by_ref().take(2).for_each(|picture| studio.thumbnail(picture));
        self.0.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.pop_front() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
