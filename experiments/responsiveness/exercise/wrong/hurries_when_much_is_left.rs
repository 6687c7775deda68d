//! One at a time, but ten when much is left: the folder that takes longest is the one that freezes the window.

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
        let left = self.0.len();
        for picture in self.0.drain(..left.min(if left > 100 { 10 } else { 1 })) {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
