//! Slices the work by clicks: a folder is a slice, however many pictures lie in it.

use std::collections::VecDeque;
use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(VecDeque<Range<u32>>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0.push_back(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        for picture in self.0.pop_front().unwrap_or_default() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
