//! The global interpreter lock with two sliders: how late is a thread that wakes now and then, beside so many computing threads, at
//! this switch interval? The crate `gil` simulates it as the book is built, and `book/theme/gil.js` only draws.

use std::fmt::Write;

use charts::html;
use charts::html::Html;
use edition::lesson::Model;
use gil::{MS, Time, Wakes, course};
use serde_json::json;

use super::{Machine, slider_at};

/// The switch intervals that can be chosen, and which is at first: CPython's own.
pub const INTERVALS: [Time; 6] = [MS / 2, MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS];
const FIRST_INTERVAL: usize = 3;

/// How many threads can compute, and how many do so at first.
pub const MOST: usize = 8;
const FIRST_THREADS: usize = 1;

/// The thread that wakes does so after pauses of any length between these two. Equal pauses would keep step with the turns of
/// some intervals, and meet nothing but their ends.
const WAKES: Wakes = Wakes::After([8 * MS, 24 * MS]);

/// How often it wakes in each simulation, of which the drawing shows a piece.
const TIMES: usize = 500;

/// The piece that is drawn: how many waits come before it, how long before the next one it begins, and how long it is.
const BEFORE: usize = 12;
const LEAD: Time = 4 * MS;
const LENGTH: Time = 60 * MS;

/// The drawing is as exact as this: a tenth of a millisecond.
const UNIT: Time = MS / 10;

/// Heights of the drawing: a lane, and what stands above the lanes and below them.
const LANE: usize = 19;
const ABOVE: usize = 18;
const BELOW: usize = 22;

/// What is shown of a choice: its numbers, and a piece of its course, in `UNIT`s from the beginning of the piece.
pub struct Shown {
    /// The lateness that half of the waits don't exceed, and the one that 95 of a hundred don't, in whole `UNIT`s.
    pub late: [Time; 2],
    /// Which thread had the lock until when: one turn begins as the one before ends, and another thread has it then.
    pub turns: Vec<(usize, Time)>,
    /// From when to when the other thread waited. The last wait may end behind the piece.
    waits: Vec<[Time; 2]>,
}

/// What is shown of so many computing threads and the interval of this number.
pub fn shown(threads: usize, interval: usize) -> Shown {
    let course = course(threads, INTERVALS[interval], WAKES, TIMES, (MOST * interval + threads) as u64);
    let begins = course.waits[BEFORE].start - LEAD;
    let ends = begins + LENGTH;
    let unit = |time: Time| time.saturating_sub(begins) / UNIT;
    let turns = course.turns.iter().filter(|(_, turn)| turn.end > begins && turn.start < ends);
    let waits = course.waits.iter().filter(|wait| (begins..ends).contains(&wait.start));
    let mut until: Vec<(usize, Time)> = Vec::new();
    for (thread, turn) in turns {
        let end = unit(turn.end.min(ends));
        if end > until.last().map_or(0, |(_, end)| *end) {
            // Between turns of one thread another had the lock for some microseconds, too short to be seen.
            until.pop_if(|(last, _)| last == thread);
            until.push((*thread, end));
        }
    }
    Shown {
        late: [50, 95].map(|per_cent| (course.late(per_cent) + UNIT / 2) / UNIT * UNIT),
        turns: until,
        waits: waits.map(|wait| [wait.start, wait.end].map(unit)).collect(),
    }
}

impl Shown {
    /// As the script reads it: both latenesses, in tenths of a millisecond; then the turns, each as its thread and its length;
    /// then each wait, its begin and its length. All to the base of 36: a length of a turn in one digit, so that a longer turn is
    /// several of the same thread; a begin in two, and the length of a wait in three.
    fn written(&self) -> String {
        let mut words = format!("{},{},", self.late[0] / UNIT, self.late[1] / UNIT);
        let mut since = 0;
        for (thread, end) in &self.turns {
            while since < *end {
                let length = (end - since).min(35);
                let _ = write!(words, "{thread}{}", digits::<1>(length));
                since += length;
            }
        }
        words.push(',');
        for [due, met] in &self.waits {
            let _ = write!(words, "{}{}", digits::<2>(*due), digits::<3>(met - due));
        }
        words
    }

    /// What stands above the waits: how late each was, in milliseconds.
    pub fn labels(&self) -> Vec<String> {
        self.waits.iter().map(|[due, met]| ms((met - due) * UNIT)).collect()
    }

    /// The lanes, one below the other: the thread that wakes, then those that compute. All places across are per cent, so that
    /// it's as wide as there is room.
    fn lanes(&self, threads: usize) -> Html {
        let across = |from: Time, to: Time| {
            let to = to.min(LENGTH / UNIT);
            [from, to - from].map(|time| (time * 1000 * UNIT / LENGTH) as f64 / 10.0)
        };
        let mut marks = axis(threads);
        let mut since = 0;
        for (thread, end) in &self.turns {
            let [x, width] = across(since, *end);
            marks.push(&html!(
                "<rect class=\"runs\" x=\"{}%\" y=\"{}\" width=\"{}%\" height=\"{}\"/>",
                x,
                ABOVE + LANE * (thread + 1) + 2,
                width,
                LANE - 4
            ));
            since = *end;
        }
        for [due, met] in &self.waits {
            let [x, width] = across(*due, *met);
            marks.push(&html!(
                "<rect class=\"wants\" x=\"{}%\" y=\"{}\" width=\"{}%\" height=\"{}\"/><text class=\"c late\" x=\"{}%\" y=\"13\">{}</text>",
                x, ABOVE + 2, width, LANE - 4, x + width / 2.0, ms((met - due) * UNIT)
            ));
        }
        marks
    }
}

/// The axis below so many computing threads, in milliseconds.
fn axis(threads: usize) -> Html {
    let last = LENGTH / MS;
    let ticks = (0..=last).step_by(20).map(|ms| {
        let class = if ms == 0 {
            "u"
        } else if ms == last {
            "u e"
        } else {
            "u c"
        };
        let unit = if ms == last { " ms" } else { "" };
        html!(
            "<text class=\"{}\" x=\"{}%\" y=\"{}\">{}{}</text>",
            class,
            ms * 1000 / last / 10,
            height(threads + 1) - 6,
            ms,
            unit
        )
    });
    ticks.collect()
}

/// A number that has at most so many digits to the base of 36.
fn digits<const N: usize>(number: Time) -> String {
    let digit =
        |place: usize| char::from_digit((number / 36_u64.pow(place as u32) % 36) as u32, 36).unwrap_or_default();
    (0..N).rev().map(digit).collect()
}

/// How high a drawing is with so many lanes.
fn height(lanes: usize) -> usize {
    ABOVE + LANE * lanes + BELOW
}

/// A lateness, in milliseconds: one place behind the point where that is more than the simulation is worth.
pub fn ms(time: Time) -> String {
    let ms = time as f64 / MS as f64;
    if ms < 9.95 { format!("{ms:.1}") } else { format!("{}", ms.round()) }
}

/// What is said of a choice.
pub fn says(threads: usize, interval: usize, late: [Time; 2]) -> String {
    let threads = match threads {
        0 => "No thread computes".to_owned(),
        1 => "1 thread computes".to_owned(),
        _ => format!("{threads} threads compute"),
    };
    let [typical, rare] = late.map(ms);
    format!(
        "{threads}, the switch interval is {} ms: the woken thread is typically {typical} ms late, and one time in twenty {rare} ms or more.",
        INTERVALS[interval] as f64 / MS as f64
    )
}

/// The machine as HTML.
pub fn html(model: &Model) -> String {
    let all =
        (0..INTERVALS.len()).flat_map(|interval| (0..=MOST).map(move |threads| shown(threads, interval).written()));
    let data = json!({
        "intervals": INTERVALS.map(|interval| interval as f64 / MS as f64), "first": [FIRST_INTERVAL, FIRST_THREADS], "most": MOST,
        "length": LENGTH / UNIT, "lane": LANE, "above": ABOVE, "all": all.collect::<Vec<_>>().join(" "),
    });
    let first = shown(FIRST_THREADS, FIRST_INTERVAL);
    let machine = Machine {
        kind: "gil",
        id: &model.id,
        data,
        label: &model.label,
        board: board(),
        says: &says(FIRST_THREADS, FIRST_INTERVAL, first.late),
        tools: Html::default(),
        still: still().into(),
    };
    machine.html()
}

fn names(threads: usize) -> Html {
    let computing = (1..=threads).map(|thread| html!("<li>thread {}</li>", thread));
    html!("<ol><li>wakes</li>{}</ol>", computing.collect::<Html>())
}

fn board() -> Html {
    let intervals: Vec<String> =
        INTERVALS.iter().map(|interval| format!("{} ms", *interval as f64 / MS as f64)).collect();
    let threads: Vec<String> = (0..=MOST).map(|threads| threads.to_string()).collect();
    html!(
        "{interval}\n{threads}\n<div class=\"course\">{names}<svg class=\"picture\" height=\"{height}\" aria-hidden=\"true\">{axis}</svg></div>\n{key}",
        interval = slider_at("interval", "Switch interval:", &intervals, FIRST_INTERVAL),
        threads = slider_at("threads", "Computing threads:", &threads, FIRST_THREADS),
        names = names(MOST),
        height = height(MOST + 1),
        axis = axis(MOST),
        key = key(),
    )
}

fn key() -> Html {
    html!(
        "<p class=\"legend\"><span><i class=\"runs\"></i> has the lock</span> <span><i class=\"wants\"></i> is due and waits for the lock, so many ms</span></p>"
    )
}

/// Four computing threads at CPython's interval.
fn still() -> Html {
    let threads = 4;
    let shown = shown(threads, FIRST_INTERVAL);
    html!(
        "<div class=\"still\"><div class=\"course\">{}<svg height=\"{}\" role=\"img\" aria-label=\"Who has the lock over time\">{}</svg></div>\n{}\n\
         <p>{}</p></div>",
        names(threads),
        height(threads + 1),
        shown.lanes(threads),
        key(),
        says(threads, FIRST_INTERVAL, shown.late)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::machines::recorded;

    /// So many waits in each of many simulations, as in each launch of the experiment, and the median of these.
    fn simulated(threads: usize, wakes: Wakes, times: usize, per_cent: usize) -> f64 {
        let of_one = |seed| course(threads, 5 * MS, wakes, times, seed).late(per_cent) as f64;
        let mut all: Vec<f64> = (0..49).map(of_one).collect();
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    }

    /// Prints each comparison, and holds the simulation to a share of what was recorded in any edition, up or down.
    #[track_caller]
    fn assert_near(what: &str, simulated: f64, recorded: &[f64], within: f64) {
        let [least, most] =
            [f64::min, f64::max].map(|of| recorded.iter().copied().reduce(of).expect("it was recorded"));
        println!("{what}: {:.2} ms, recorded {:.2} to {:.2}", simulated / 1e6, least / 1e6, most / 1e6);
        assert!(
            (least * (1.0 - within)..=most * (1.0 + within)).contains(&simulated),
            "{what}: {simulated} ns simulated, {least} to {most} recorded"
        );
    }

    #[test]
    fn it_is_as_late_as_was_recorded() {
        let pause = Wakes::After([2 * MS; 2]);
        let late = recorded("global-interpreter-lock", "late/gil-threads/1");
        assert_near("one thread, pauses of 2 ms", simulated(1, pause, 41, 50), &late, 0.15);
        let alone = recorded("global-interpreter-lock", "late/rust-threads/1");
        assert_near("no thread", simulated(0, pause, 41, 50), &alone, 0.15);
        let ticks = Wakes::Every(1_000_000_000 / 60);
        for (threads, variant) in [(1, "gil"), (2, "gil-2"), (4, "gil-4")] {
            for per_cent in [50, 75, 90, 95] {
                let late = recorded("responsiveness", &format!("late/{variant}/{per_cent}"));
                let what = format!("{threads} threads, {per_cent} of 100 waits");
                assert_near(&what, simulated(threads, ticks, 100, per_cent), &late, 0.15);
                // What the page shows: other pauses, the same lock.
                assert_near(&what, simulated(threads, WAKES, 100, per_cent), &late, 0.15);
            }
        }
    }

    #[test]
    fn beside_one_thread_it_is_late_by_the_interval() {
        for (number, interval) in INTERVALS.into_iter().enumerate() {
            let [typical, rare] = shown(1, number).late;
            // Timers, a checkpoint and a wake-up come on top.
            for late in [typical, rare] {
                assert!((interval..interval + MS / 2).contains(&late), "{late} ns at {interval}");
            }
            // Beside two, it is before the thread that asked, and so half an interval late; beside eight it has no such luck.
            let [two, _] = shown(2, number).late;
            assert!((interval * 4 / 10..interval * 8 / 10 + MS / 5).contains(&two), "{two} ns at {interval}");
            assert!(shown(8, number).late[1] > 3 * interval, "{number}");
            assert!(shown(0, number).late[1] < MS / 5);
        }
    }

    #[test]
    fn a_piece_is_short_and_tells_its_numbers() {
        let all: usize = (0..INTERVALS.len())
            .flat_map(|interval| (0..=MOST).map(move |threads| shown(threads, interval).written().len()))
            .sum();
        assert!(all < 10_000, "{all} bytes of traces");
        let shown = Shown { late: [5 * MS, 12 * MS], turns: vec![(1, 37), (0, 80)], waits: vec![[40, 92]] };
        assert_eq!(shown.written(), "50,120,1z120z08,1401g");
        assert_eq!(
            says(2, 0, shown.late),
            "2 threads compute, the switch interval is 0.5 ms: the woken thread is typically 5.0 ms late, and one time in twenty 12 ms or more."
        );
        let lanes = shown.lanes(MOST);
        assert!(
            lanes.as_str().contains("<rect class=\"runs\" x=\"0%\" y=\"58\" width=\"6.1%\" height=\"15\"/>"),
            "{lanes:?}"
        );
        assert!(
            lanes.as_str().contains("<rect class=\"wants\" x=\"6.6%\" y=\"20\" width=\"8.6%\" height=\"15\"/>"),
            "{lanes:?}"
        );
        assert!(lanes.as_str().contains(">5.2</text>"), "{lanes:?}");
    }
}
