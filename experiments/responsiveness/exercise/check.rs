//! What a responsive program must pass: no tick waits for more than two thumbnails, and all of them are made. Time is counted in
//! thumbnails and no clock is looked at, so it says the same on every machine.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A program with a window, as its event loop calls it. While one of these runs, nothing else does.
pub(crate) trait Program: Default {
    /// Somebody wants thumbnails of these pictures.
    fn clicked(&mut self, pictures: Range<u32>, studio: &mut Studio);
    /// Nothing else has happened since; whether there is more to do. If there isn't, it isn't called before the next click.
    fn idle(&mut self, studio: &mut Studio) -> bool;
}

/// Where thumbnails are made. There is one, and nobody else can open another.
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

/// A click: when, in milliseconds, and on which pictures.
type Click = (u64, Range<u32>);

/// For a program that never returns. All afternoons together take some milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Lets a program run through several afternoons, and says what is wrong in the first one that isn't right.
pub(crate) fn check<P: Program + 'static>() -> Result<(), String> {
    check_within::<P>(LIMIT)
}

/// The same for a program that is known never to return.
pub(crate) fn check_within<P: Program + 'static>(limit: Duration) -> Result<(), String> {
    // A thread that hangs can't be ended. It is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send(all::<P>()));
    told.recv_timeout(limit).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => Err("a handler doesn't return: does it wait for something to do?".to_owned()),
        RecvTimeoutError::Disconnected => Err("a handler panics; its message stands above".to_owned()),
    })
}

fn all<P: Program>() -> Result<(), String> {
    let afternoons: [&[Click]; 4] = [
        &[(20, 0..40)],
        // A second and a third click come while the first one's work is under way.
        &[(20, 200..240), (52, 100..120), (53, 0..7)],
        // Before it, between two ticks, and long after all is done; a folder may be empty.
        &[(0, 10..11), (100, 30..33), (101, 20..20), (117, 1000..1003), (900, 5..9), (1200, 0..0)],
        &[(20, 7..7), (52, 3..4)],
    ];
    afternoons.into_iter().try_for_each(afternoon::<P>)
}

/// Lets a program run for 100 ticks, in which somebody clicks.
fn afternoon<P: Program>(clicks: &[Click]) -> Result<(), String> {
    let (mut program, mut studio) = (P::default(), Studio { now: 0, made: Vec::new() });
    let mut coming: VecDeque<Click> = clicks.iter().cloned().collect();
    let (mut tick, mut has_more) = (PERIOD, false);
    while tick <= 100 * PERIOD {
        if tick <= studio.now {
            tick += PERIOD;
        } else if let Some((_, pictures)) = coming.pop_front_if(|(when, _)| *when <= studio.now) {
            handled("clicked", &mut studio, tick, |studio| program.clicked(pictures, studio))?;
            has_more = true;
        } else if has_more {
            let made = studio.made.len();
            has_more = handled("idle", &mut studio, tick, |studio| program.idle(studio))?;
            if has_more && studio.made.len() == made {
                return Err("`idle` says that there is more to do, and does nothing".to_owned());
            }
        } else {
            is_done(clicks, &coming, &studio)?;
            studio.now = coming.front().map_or(tick, |(when, _)| tick.min(*when));
        }
    }
    is_done(clicks, &coming, &studio)
}

/// Has a handler called. A tick that falls due just after its beginning waits for all of it.
fn handled<R>(name: &str, studio: &mut Studio, tick: u64, call: impl FnOnce(&mut Studio) -> R) -> Result<R, String> {
    let (began, made) = (studio.now, studio.made.len());
    let returned = call(studio);
    let made = studio.made.len() - made;
    if made <= 2 {
        return Ok(returned);
    }
    let late = studio.now.saturating_sub(tick);
    let seen =
        if late > 0 { format!("; the tick that was due after {tick} ms is {late} ms late") } else { String::new() };
    Err(format!("a tick may wait for {} ms: `{name}` makes {made} thumbnails at a stretch{seen}", studio.now - began))
}

/// When the program says that there is nothing to do, all has been made that was clicked on, in this order.
fn is_done(clicks: &[Click], coming: &VecDeque<Click>, studio: &Studio) -> Result<(), String> {
    let clicked = &clicks[..clicks.len() - coming.len()];
    let wanted: Vec<u32> = clicked.iter().flat_map(|(_, pictures)| pictures.clone()).collect();
    let at = studio.made.iter().zip(&wanted).position(|(made, wanted)| made != wanted);
    match (at, wanted.get(studio.made.len()), studio.made.get(wanted.len())) {
        (Some(at), ..) => {
            let (made, wanted) = (studio.made[at], wanted[at]);
            Err(format!("picture {made} is made, and it is the turn of picture {wanted}, by the order of the clicks"))
        }
        (None, Some(next), _) => {
            let left = wanted.len() - studio.made.len();
            Err(format!(
                "`idle` says that there is nothing more to do, and picture {next} isn't made yet (left: {left})"
            ))
        }
        (None, None, Some(more)) => Err(format!("picture {more} is made once more, or nobody has clicked on it")),
        (None, None, None) => Ok(()),
    }
}
