//! A clock of 60 Hz, like that of a screen. For each of its ticks it notes how late the tick was met.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use lab::Span;

/// The time from one frame to the next on a screen of 60 Hz.
pub const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / 60);

// ANCHOR: ticker
/// All ticks are due at times that are fixed beforehand. If a tick is met late,
/// that doesn't put off the next one.
pub struct Ticker<'a> {
    /// When the clock began. All other times are counted from here.
    pub start: Instant,
    ticks: u32,
    met: Vec<Span>,
    frame: Frame<'a>,
    ended: bool,
}

/// What is done at a tick: gets how late the tick is, and says whether to go on.
pub type Frame<'a> = &'a mut (dyn FnMut(Duration) -> ControlFlow<()> + Send);

impl Iterator for Ticker<'_> {
    type Item = Instant;

    /// When the next tick is due, if there is a next tick.
    fn next(&mut self) -> Option<Instant> {
        let number = self.met.len() as u32;
        (number < self.ticks && !self.ended)
            .then(|| self.start + (number + 1) * PERIOD)
    }
}

impl<'a> Ticker<'a> {
    /// A clock that begins now. Its first tick comes a period later.
    pub fn new(ticks: u32, frame: Frame<'a>) -> Self {
        Self { start: Instant::now(), ticks, met: Vec::new(), frame, ended: false }
    }

    /// Meets all ticks that are due by now. As on a screen, a single frame is drawn
    /// for all of them.
    pub fn meet(&mut self) {
        let now = Instant::now();
        let mut late = None;
        while let Some(due) = self.next().filter(|due| *due <= now) {
            late.get_or_insert(now - due);
            self.met.push(Span {
                start: self.since_start(due),
                end: self.since_start(now),
            });
        }
        if let Some(late) = late {
            self.ended = (self.frame)(late).is_break();
        }
    }
    // ANCHOR_END: ticker

    /// A time, in nanoseconds since the start.
    fn since_start(&self, time: Instant) -> u64 {
        (time - self.start).as_nanos() as u64
    }

    /// How long it takes from the start to the last tick.
    pub fn length(&self) -> Duration {
        self.ticks * PERIOD
    }

    /// For each tick, when it was due and when it was met, in nanoseconds since the start.
    pub fn into_met(self) -> Vec<Span> {
        self.met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_is_late_meets_all_that_was_due_and_draws_once() {
        let mut frames = Vec::new();
        let mut frame = |late| {
            frames.push(late);
            ControlFlow::Continue(())
        };
        let mut ticker = Ticker::new(5, &mut frame);
        ticker.meet();
        ticker.start -= PERIOD * 7 / 2;
        ticker.meet();
        assert_eq!(ticker.next(), Some(ticker.start + 4 * PERIOD));
        ticker.start -= PERIOD * 2;
        ticker.meet();
        assert_eq!(ticker.next(), None);
        let met = ticker.into_met();
        assert_eq!(met.len(), 5);
        let period = PERIOD.as_nanos() as u64;
        assert!(
            met.iter().zip(1..).all(|(tick, number)| tick.start == number * period
                && tick.end >= tick.start)
        );
        assert!(met[0].end == met[2].end && met[3].end == met[4].end, "{met:?}");
        assert_eq!(frames.len(), 2);
        assert!(
            frames[0] >= PERIOD * 5 / 2 && frames[1] >= PERIOD * 3 / 2,
            "{frames:?}"
        );
    }

    #[test]
    fn a_frame_can_end_it() {
        let mut frame = |_| ControlFlow::Break(());
        let mut ticker = Ticker::new(5, &mut frame);
        ticker.start -= PERIOD;
        ticker.meet();
        assert_eq!((ticker.next(), ticker.into_met().len()), (None, 1));
    }
}
