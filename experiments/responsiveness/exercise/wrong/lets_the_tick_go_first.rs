//! Sleeps a little after a click, so that the tick may go first. But the tick comes on the thread that sleeps.

use std::collections::VecDeque;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(VecDeque<u32>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        thread::sleep(Duration::from_micros(1));
        self.0.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        if let Some(picture) = self.0.pop_front() {
            studio.thumbnail(picture);
        }
        !self.0.is_empty()
    }
}
