//! What a responsive program must pass: no tick waits for more than two thumbnails, and all of them are made. Time is counted in
//! thumbnails and no clock is looked at, so it says the same on every machine.

use std::collections::VecDeque;
use std::ops::Range;

/// A program with a window, as its event loop calls it. While one of these runs, nothing else does.
pub(crate) trait Program: Default {
    /// Somebody wants thumbnails of these pictures.
    fn clicked(&mut self, pictures: Range<u32>, studio: &mut Studio);
    /// Nothing has happened; whether there is more to do.
    fn idle(&mut self, studio: &mut Studio) -> bool;
}

/// Where thumbnails are made.
#[derive(Default)]
pub(crate) struct Studio {
    /// In milliseconds.
    now: u64,
    made: Vec<u32>,
}

impl Studio {
    /// Makes a thumbnail, which takes 5 ms.
    pub(crate) fn thumbnail(&mut self, picture: u32) {
        self.now += THUMBNAIL;
        self.made.push(picture);
    }
}

const THUMBNAIL: u64 = 5;

/// From one frame to the next.
const PERIOD: u64 = 16;

/// Lets a program run for 100 ticks, in which somebody clicks twice, and says what is wrong, if anything is.
pub(crate) fn check<P: Program>() -> Result<(), String> {
    let (mut program, mut studio) = (P::default(), Studio::default());
    let mut clicks = VecDeque::from([(20, 0..40), (52, 40..60)]);
    let mut tick = PERIOD;
    while tick <= 100 * PERIOD {
        let late = studio.now.saturating_sub(tick);
        if late > 2 * THUMBNAIL {
            return Err(format!("the tick that is due after {tick} ms is {late} ms late"));
        }
        if let Some((_, pictures)) = clicks.pop_front_if(|(when, _)| *when <= studio.now) {
            program.clicked(pictures, &mut studio);
        } else if tick <= studio.now {
            tick += PERIOD;
        } else {
            let before = studio.now;
            let more = program.idle(&mut studio);
            match (more, studio.now == before) {
                (true, true) => return Err("`idle` says that there is more to do, and does nothing".to_owned()),
                (false, true) => studio.now = clicks.front().map_or(tick, |(when, _)| tick.min(*when)),
                _ => {}
            }
        }
    }
    match studio.made.iter().copied().eq(0..60) {
        true => Ok(()),
        false => Err(format!("of the pictures 0 to 59, in their order, these were made: {:?}", studio.made)),
    }
}
