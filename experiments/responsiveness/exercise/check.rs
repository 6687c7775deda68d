//! What a responsive program must pass: no tick waits for more than two thumbnails, and all of them are made. Time is counted in
//! thumbnails and no clock is looked at, so it says the same on every machine.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, mem, thread};

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
    /// Since the handler was called.
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

/// A click: when, in milliseconds, in which of the albums, and on which pictures.
#[derive(Clone)]
struct Click(u64, usize, Range<u32>);

/// For a program that never returns. All afternoons together take some milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Lets a program run through many afternoons, and says what is wrong in the first one that isn't right.
pub(crate) fn check<P: Program + 'static>() -> Result<(), String> {
    check_within::<P>(LIMIT)
}

/// The same for a program that is known never to return.
pub(crate) fn check_within<P: Program + 'static>(
    limit: Duration,
) -> Result<(), String> {
    // A thread that hangs can't be ended. It is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send(all::<P>()));
    told.recv_timeout(limit).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => {
            Err("a handler doesn't return: does it wait for something to do?"
                .to_owned())
        }
        RecvTimeoutError::Disconnected => {
            Err("a handler panics; its message stands above".to_owned())
        }
    })
}

/// Afternoons nobody has planned: enough for answers that fit the planned ones alone.
const UNPLANNED: u64 = 20;

fn all<P: Program>() -> Result<(), String> {
    let planned: [&[(u64, Range<u32>)]; 4] = [
        &[(20, 0..40)],
        // A second and a third click come while the first one's work is under way.
        &[(20, 200..240), (52, 100..120), (53, 0..7)],
        // Before it, between two ticks, and long after all is done; a folder may be empty.
        &[
            (0, 10..11),
            (100, 30..33),
            (101, 20..20),
            (117, 1000..1003),
            (900, 5..9),
            (1200, 0..0),
        ],
        &[(20, 7..7), (52, 3..4)],
    ];
    for clicks in planned {
        afternoon::<P>(
            clicks.iter().cloned().map(|(when, pictures)| Click(when, 0, pictures)),
        )?;
    }
    waits_for_nothing_else::<P>()?;
    let two_albums = [Click(20, 0, 200..240), Click(21, 1, 100..120)];
    afternoon::<P>(two_albums.into_iter())?;
    let all_the_years = [
        Click(20, 0, 70_000..80_000),
        Click(52, 0, 100..120),
        Click(30_000, 0, u32::MAX - 9..u32::MAX),
    ];
    afternoon::<P>(all_the_years.into_iter())?;
    (0..UNPLANNED).try_for_each(|seed| afternoon::<P>(unplanned(seed).into_iter()))
}

/// Refuses handlers that sleep, or leave the work to another thread and wait for it: no tick comes meanwhile, and no thumbnail tells.
/// The kernel counts how often a thread waits.
fn waits_for_nothing_else<P: Program>() -> Result<(), String> {
    const CLICKS: u32 = 50;
    let before = waits();
    afternoon::<P>((0..CLICKS).map(|number| {
        Click(u64::from(number) * 12, 0, number * 2..number * 2 + 2)
    }))?;
    let waits = waits().saturating_sub(before);
    // Now and then a thread waits for memory.
    if waits < u64::from(CLICKS / 2) {
        return Ok(());
    }
    Err(format!(
        "the handlers wait for something else than thumbnails, {waits} times after {CLICKS} clicks: a sleep or another thread's \
         work is as long for a tick as their own"
    ))
}

/// How often this thread has waited for anything at all, as far as this system tells.
fn waits() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let waits = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    waits.and_then(|waits| waits.trim().parse().ok()).unwrap_or(0)
}

/// Clicks at random, the same for the same seed: many or few, in one album or two, on folders that have no picture in common. (What
/// a second click on a picture means isn't asked.)
fn unplanned(seed: u64) -> Vec<Click> {
    let mut state = seed;
    let mut below = move |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407); // as Knuth's MMIX does
        (state >> 33) % limit
    };
    let clicks = 1 + below(60) as u32;
    let mut folders: Vec<u32> = (0..clicks).collect();
    let mut when = 0;
    let albums = 1 + below(2);
    let click = |_| {
        let folder = folders.swap_remove(below(folders.len() as u64) as usize);
        let begin = folder * (u32::MAX / clicks);
        let gap = [1, 20, 100, 1000][below(4) as usize];
        when += below(gap);
        let pictures = [1, 3, 10, 60][below(4) as usize];
        Click(when, below(albums) as usize, begin..begin + below(pictures) as u32)
    };
    (0..clicks).map(click).collect()
}

/// An album, and what is asked of it.
struct Open<P> {
    program: P,
    /// What is still to be made, in this order.
    wanted: VecDeque<u32>,
    /// Whether it has said that there is more to do.
    has_more: bool,
    /// How often it has said so after it had done nothing, and how often it may: a folder that turns out to be empty is no fault.
    in_vain: usize,
    clicks: usize,
}

/// Lets two albums run, in which somebody clicks, until they say that there is nothing more to do.
fn afternoon<P: Program>(
    clicks: impl Iterator<Item = Click>,
) -> Result<(), String> {
    let open = || Open {
        program: P::default(),
        wanted: VecDeque::new(),
        has_more: false,
        in_vain: 0,
        clicks: 0,
    };
    let mut albums = [open(), open()];
    let mut studio = Studio { now: 0, made: Vec::new() };
    let mut coming = clicks.peekable();
    let (mut tick, mut turn) = (PERIOD, 0);
    loop {
        if tick <= studio.now {
            tick += PERIOD;
        } else if let Some(Click(_, album, pictures)) =
            coming.next_if(|Click(when, ..)| *when <= studio.now)
        {
            let open = &mut albums[album];
            open.wanted.extend(pictures.clone());
            open.clicks += 1;
            handled("clicked", &mut studio, tick, |studio| {
                open.program.clicked(pictures, studio);
            })?;
            albums[album].has_more = true;
            takes_from_what_is_wanted(&mut albums, album, &mut studio)?;
        } else if let Some(album) =
            [turn, 1 - turn].into_iter().find(|album| albums[*album].has_more)
        {
            turn = 1 - album;
            let open = &mut albums[album];
            open.has_more = handled("idle", &mut studio, tick, |studio| {
                open.program.idle(studio)
            })?;
            open.in_vain += usize::from(open.has_more && studio.made.is_empty());
            takes_from_what_is_wanted(&mut albums, album, &mut studio)?;
            is_honest(&albums[album])?;
        } else if let Some(Click(when, ..)) = coming.peek() {
            studio.now = tick.min(*when);
        } else {
            return Ok(());
        }
    }
}

/// Has a handler called. A tick that falls due just after its beginning waits for all of it.
fn handled<R>(
    name: &str,
    studio: &mut Studio,
    tick: u64,
    call: impl FnOnce(&mut Studio) -> R,
) -> Result<R, String> {
    let began = studio.now;
    let returned = call(studio);
    let made = studio.made.len();
    if made <= 2 {
        return Ok(returned);
    }
    let late = studio.now.saturating_sub(tick);
    let seen = if late > 0 {
        format!("; the tick that was due after {tick} ms is {late} ms late")
    } else {
        String::new()
    };
    Err(format!(
        "a tick may wait for {} ms: `{name}` makes {made} thumbnails at a stretch{seen}",
        studio.now - began
    ))
}

/// What a handler of this album has made was clicked on in it, in this order.
fn takes_from_what_is_wanted<P>(
    albums: &mut [Open<P>; 2],
    album: usize,
    studio: &mut Studio,
) -> Result<(), String> {
    for made in mem::take(&mut studio.made) {
        let wanted = albums[album].wanted.pop_front();
        if wanted == Some(made) {
            continue;
        }
        if albums[1 - album].wanted.contains(&made) {
            return Err(format!(
                "two albums are open, and picture {made} is made by the one in which nobody has clicked on it: what is still to be \
                 made belongs into `Album`"
            ));
        }
        return Err(match wanted {
            Some(wanted) => {
                format!(
                    "picture {made} is made, and it is the turn of picture {wanted}, by the order of the clicks"
                )
            }
            None => format!(
                "picture {made} is made once more, or nobody has clicked on it"
            ),
        });
    }
    Ok(())
}

/// When the program says that there is nothing to do, all has been made; and if there is more, it is getting on with it.
fn is_honest<P>(open: &Open<P>) -> Result<(), String> {
    if open.in_vain > open.clicks {
        return Err("`idle` says that there is more to do, and does nothing, again and again".to_owned());
    }
    match open.wanted.front() {
        Some(next) if !open.has_more => Err(format!(
            "`idle` says that there is nothing more to do, and picture {next} isn't made yet (left: {})",
            open.wanted.len()
        )),
        _ => Ok(()),
    }
}
