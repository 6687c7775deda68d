//! Keeps one range and moves its end with each click, as if the folders came one after the other.

use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(Range<u32>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0.end = pictures.end;
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.next() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
