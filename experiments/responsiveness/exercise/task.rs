//! An album that makes thumbnails: the repair exercise.
//!
//! Its window freezes whenever somebody opens a folder: `cargo test -p responsiveness --test exercise -- --ignored` tells how late a tick is.
//! Repair `Album`, with the one thread that there is: no tick waits for more than two thumbnails, nor for a handler that sleeps, and all
//! pictures are made, in the order of the clicks. Folders are of any size, and two albums may be open. `idle` is called again for as long
//! as it says that there is more to do, and then not before the next click.

use std::ops::Range;

use crate::check::{Program, Studio};

// ANCHOR: album
/// An album of pictures.
#[derive(Default)]
pub(crate) struct Album;

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, studio: &mut Studio) {
        for picture in pictures {
            studio.thumbnail(picture);
        }
    }

    fn idle(&mut self, _: &mut Studio) -> bool {
        false
    }
}
// ANCHOR_END: album
