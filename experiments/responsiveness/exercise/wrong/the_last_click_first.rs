//! Takes from the end where it puts: the last picture of the last click comes first.

use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(Vec<u32>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.pop() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
