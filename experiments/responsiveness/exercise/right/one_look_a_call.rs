//! Looks once at the first folder of the queue: makes its next picture, or takes the folder away when it is empty, and makes none then.

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
        match self.0.front_mut().map(Range::next) {
            Some(Some(picture)) => studio.thumbnail(picture),
            Some(None) => drop(self.0.pop_front()),
            None => {}
        }
        !self.0.is_empty()
    }
}
