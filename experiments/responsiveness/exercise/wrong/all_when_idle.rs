//! Puts the work off, and does all of it as soon as there is nothing else to do: as long as before, and only later.

use std::ops::Range;

use crate::check::{Program, Studio};

#[derive(Default)]
pub(crate) struct Album(Vec<u32>);

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        self.0.extend(pictures);
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        self.0.drain(..).for_each(|picture| studio.thumbnail(picture));
        false
    }
}
