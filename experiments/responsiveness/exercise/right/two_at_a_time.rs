//! Two thumbnails at a time, from a list with the number of those that are made. Whether there is more to do it says of what it did.

use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album {
    wanted: Vec<u32>,
    made: usize,
}

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.wanted.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        let before = self.made;
        for picture in self.wanted[before..].iter().take(2) {
            studio.thumbnail(*picture);
            self.made += 1;
        }
        self.made > before
    }
}
