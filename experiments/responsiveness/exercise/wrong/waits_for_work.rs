//! Takes the pictures from a channel, and waits in it when there are none: the loop has one thread, and that doesn't come back.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::check::{Program, Studio};

pub(crate) struct Album(Sender<u32>, Receiver<u32>);

impl Default for Album {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self(sender, receiver)
    }
}

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        pictures.for_each(|picture| self.0.send(picture).unwrap());
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        self.1.recv().map(|picture| studio.thumbnail(picture)).is_ok()
    }
}
