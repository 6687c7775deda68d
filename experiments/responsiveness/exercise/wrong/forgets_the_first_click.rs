//! Has room for one folder: a second click takes the place of what is left of the first.

use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(Range<u32>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0 = pictures;
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.next() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
