//! Says that there is more to do whether there is or not: the loop never rests, and the battery is empty soon.

use std::collections::VecDeque;
use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(VecDeque<u32>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.pop_front() {
            studio.thumbnail(picture);
        }
        true
    }
}
