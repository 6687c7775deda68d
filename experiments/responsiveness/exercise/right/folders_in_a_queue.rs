//! A queue of folders instead of pictures: the first one gets shorter, and is taken away when it is empty.

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
        while let Some(folder) = self.0.front_mut() {
            if let Some(picture) = folder.next() {
                studio.thumbnail(picture);
                return true;
            }
            self.0.pop_front();
        }
        false
    }
}
