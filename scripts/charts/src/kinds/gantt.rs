//! A timeline as a Gantt chart: a row for each worker, and in it what the worker does above what it holds.
//!
//! A state is told by shape, so that no colour is needed: who runs is a filled bar, who waits a hollow one with a broken
//! outline, and what is held a thin bar below. The colour is that of the thing, so `waits for B` looks like `holds B`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::mem;

use anyhow::{Context, Result};
use base::nearest;
use base::quantity::Quantity;
use edition::lesson::{Chart, Fault, Lesson};
use edition::timeline::{Event, Origin, State, Timeline};
use edition::{Edition, LOCAL, NotRecorded};
use serde::Deserialize;

use crate::axes::{Ruler, Scale};
use crate::drawing::{TEXT, WIDTH, width};
use crate::html;
use crate::html::Html;
use crate::kind::{Asked, Kind};

/// How many events a chart shows, of the longest; with their table and CSV they weigh some 20 KB.
const MOST_EVENTS: usize = 80;

/// How many lanes a chart shows.
const MOST_LANES: usize = 16;

/// What lesson.toml says of a gantt chart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// The groups of the timeline to draw. One that has a variant's name goes by its label.
    groups: Vec<String>,
}

/// The part of a timeline that a chart shows. Each group begins at 0, however late it ran, so that groups can be compared.
pub struct Gantt {
    origin: Origin,
    lanes: Vec<Lane>,
    left_out: String,
}

/// What one worker did.
struct Lane {
    group: String,
    name: String,
    /// When the group began.
    zero: u64,
    events: Vec<Event>,
}

/// A span of a drawing.
struct Bar<'a> {
    from: i32,
    to: i32,
    event: &'a Event,
}

impl Gantt {
    fn of(lesson: &Lesson, groups: &[String], timeline: &Timeline) -> Result<Self> {
        let mut lanes = Vec::new();
        for name in groups {
            let group = timeline.groups.iter().find(|group| group.name == *name).with_context(|| {
                let known: Vec<&str> = timeline.groups.iter().map(|group| &group.name[..]).collect();
                format!("its timeline has no group {name:?}{}", nearest::hint(name, &known))
            })?;
            let starts = group.lanes.iter().flat_map(|lane| &lane.events).map(|event| event.start);
            let zero =
                starts.min().with_context(|| format!("nothing happens in the group {name:?} of its timeline"))?;
            lanes.extend(group.lanes.iter().map(|lane| Lane {
                group: lesson.label(&group.name).to_owned(),
                name: lane.name.clone(),
                zero,
                events: lane.events.clone(),
            }));
        }
        let mut gantt = Self { origin: timeline.origin.clone(), lanes, left_out: String::new() };
        gantt.limit();
        Ok(gantt)
    }

    /// Leaves out what there is no room for, and says so.
    fn limit(&mut self) {
        let lanes = self.lanes.len();
        if lanes > MOST_LANES {
            self.lanes.truncate(MOST_LANES);
            let _ = write!(self.left_out, " Drawn are the first {MOST_LANES} of {lanes} rows.");
        }
        let lasts = |event: &Event| event.end - event.start;
        let mut lengths: Vec<u64> = self.lanes.iter().flat_map(|lane| lane.events.iter().map(lasts)).collect();
        let events = lengths.len();
        if events > MOST_EVENTS {
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            let least = lengths[MOST_EVENTS - 1];
            // Of those that are as long as the shortest one shown, the first.
            let mut ties = lengths[..MOST_EVENTS].iter().filter(|length| **length == least).count();
            for lane in &mut self.lanes {
                lane.events.retain(|event| {
                    let tie = lasts(event) == least && ties > 0;
                    ties -= usize::from(tie);
                    lasts(event) > least || tie
                });
            }
            let _ = write!(self.left_out, " Drawn are the {MOST_EVENTS} longest of {events} events.");
        }
    }

    /// The things that are held or waited for, in the order in which they come up.
    fn things(&self) -> Vec<&str> {
        let mut known = BTreeSet::new();
        let events = self.lanes.iter().flat_map(|lane| &lane.events).filter(|event| event.state != State::Runs);
        events.map(thing).filter(|name| known.insert(*name)).collect()
    }

    /// What each shape means, for those that there are; the height of the drawing with it.
    fn key(&self, y: i32, bars: &mut Vec<(State, String, Html)>, words: &mut Html) -> i32 {
        let mut x = 4;
        for (state, name) in [(State::Runs, "runs"), (State::Waits, "waits"), (State::Holds, "holds")] {
            let there = bars.iter().find(|(known, ..)| *known == state);
            let Some(colour) = there.map(|(_, colour, _)| colour.clone()) else { continue };
            let (top, height) = if state == State::Holds { (y + 12, 10) } else { (y + 3, 28) };
            let path = html!("<path d=\"M{} {}h56v{}h-56z\"/>", x, top, height);
            // In a group of its own, for the colour is one of several.
            bars.push((state, colour, path));
            text(words, x + 68, y + 26, "start", name);
            x += 68 + width(name) + 50;
        }
        y + 44
    }
}

impl Kind for Gantt {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { groups } = lesson.fields(chart)?;
        if lesson.record.trace.is_empty() {
            let what = "a gantt is drawn from a timeline; say which run it is of, as `[record] trace = \"ARGUMENTS\"`";
            return Err(chart.fault("kind", what));
        }
        if groups.is_empty() {
            return Err(chart.fault("groups", "it draws nothing; name what to draw"));
        }
        let mut known = BTreeSet::new();
        match groups.iter().enumerate().find(|(_, group)| !known.insert(*group)) {
            Some((number, twice)) => Err(chart.fault(&format!("groups.{number}"), format!("{twice:?} stands twice"))),
            None => Ok(()),
        }
    }

    /// A group that has a variant's name goes by that variant's label.
    fn gather(asked: &Asked<'_>, edition: &Edition) -> Result<Self> {
        let Fields { groups } = asked.fields()?;
        let (slug, name) = (asked.slug, &edition.name);
        let option = if *name == LOCAL { String::new() } else { format!(" --edition {name}") };
        let timeline = edition.timelines.get(slug);
        let missing = format!("{slug} has no timeline in the edition {name}; run `cargo record {slug}{option}`");
        let timeline = timeline.ok_or(NotRecorded(missing))?;
        Self::of(asked.lesson, &groups, timeline).with_context(|| format!("{slug}, edition {name}"))
    }

    /// When the last event ends, in nanoseconds since its group began.
    fn ends(&self) -> Vec<f64> {
        let ends = self.lanes.iter().flat_map(|lane| lane.events.iter().map(|event| lane.since(event.end)));
        vec![ends.fold(0.0, f64::max)]
    }

    fn draw(&self, axis: &str, reach: &[f64]) -> Html {
        const STATE: i32 = 36;
        const HELD: i32 = 44;
        let longest = self.lanes.iter().map(|lane| width(&lane.name)).max().unwrap_or(0);
        let (left, right) = (longest.clamp(90, 240) + 14, WIDTH - 30);
        let times = Ruler::new(&[&self.ends(), reach].concat(), Scale::Linear, (left, right));
        let things = self.things();
        // Runs have the first colour, things the others.
        let colour = |event: &Event| match things.iter().position(|known| *known == thing(event)) {
            Some(number) if event.state != State::Runs => format!("#0{}0{}00", 4, 1 + number % 5),
            _ => "#040000".to_owned(),
        };
        let mut bars: Vec<(State, String, Html)> = Vec::new();
        let (mut words, mut rules) = (Html::default(), String::new());
        let (mut y, mut group) = (0, "");
        for lane in &self.lanes {
            if lane.group != group {
                group = &lane.group;
                put(&mut words, 4, y + 30, "start", &html!("<tspan font-weight=\"bold\">{}</tspan>", group));
                y += 44;
            }
            let _ = write!(rules, "M4 {y}H{right}");
            y += 8;
            text(&mut words, 4, y + 27, "start", &cut(&lane.name, 240));
            let place = |event, from, to| {
                let (from, to) = (times.place(lane.since(from)), times.place(lane.since(to)));
                Bar { from, to: to.max(from + 3), event }
            };
            let mut add = |bar: &Bar<'_>, y: i32, height: i32, titled: bool| {
                let (style, long) = (colour(bar.event), bar.to - bar.from);
                let path = format!("M{} {y}h{long}v{height}h-{long}z", bar.from);
                let path = match titled {
                    true => html!("<path d=\"{}\"><title>{}</title></path>", path, lane.tells(bar.event)),
                    false => html!("<path d=\"{}\"/>", path),
                };
                match bars.iter_mut().find(|(state, known, _)| *state == bar.event.state && *known == style) {
                    Some((_, _, paths)) => paths.push(&path),
                    None => bars.push((bar.event.state, style, path)),
                }
            };
            for bar in lane.states().into_iter().map(|(event, from, to)| place(event, from, to)) {
                let room = bar.to - bar.from - 14;
                let label = [&bar.event.name[..], thing(bar.event)].into_iter().find(|label| width(label) <= room);
                let label = label.filter(|label| *label == bar.event.name || bar.event.state == State::Waits);
                add(&bar, y, STATE, label.is_none());
                if let Some(label) = label {
                    text(&mut words, bar.from + 7, y + 27, "start", label);
                }
            }
            y += STATE + 8;
            for track in lane.held() {
                let track: Vec<Bar<'_>> = track.iter().map(|event| place(event, event.start, event.end)).collect();
                let mut free = left;
                for (at, bar) in track.iter().enumerate() {
                    let next = track.get(at + 1).map_or(right, |next| next.from - 8);
                    let label = [&bar.event.name[..], thing(bar.event)].into_iter().find_map(|label| {
                        let to_the_right = (bar.from + width(label) <= next).then_some((bar.from, "start"));
                        let to_the_left = (bar.to - width(label) >= free).then_some((bar.to, "end"));
                        to_the_right.or(to_the_left).map(|(x, anchor)| (label, x, anchor))
                    });
                    add(bar, y, 10, label.is_none());
                    if let Some((label, x, anchor)) = label {
                        text(&mut words, x, y + 33, anchor, label);
                        free = if anchor == "start" { x + width(label) } else { x } + 8;
                    }
                }
                y += HELD;
            }
        }
        let (top, bottom) = (44, y + 4);
        for tick in times.ticks() {
            let x = times.place(tick);
            let _ = write!(rules, "M{x} {top}V{bottom}");
            let label = in_ns(tick).short();
            text(&mut words, x.min(WIDTH - width(&label) / 2), bottom + 28, "middle", &label);
        }
        text(&mut words, (left + right) / 2, bottom + 64, "middle", axis);
        let height = self.key(bottom + 84, &mut bars, &mut words);
        let shapes: Html = bars
            .iter()
            .map(|(state, colour, paths)| match state {
                State::Runs => html!(
                    "<g fill=\"{c}\" fill-opacity=\".3\" stroke=\"{c}\" stroke-width=\"2\">{paths}</g>",
                    c = colour,
                    paths = paths
                ),
                State::Waits => html!(
                    "<g fill=\"none\" stroke=\"{}\" stroke-width=\"4\" stroke-dasharray=\"10 6\">{}</g>",
                    colour,
                    paths
                ),
                State::Holds => html!("<g fill=\"{}\">{}</g>", colour, paths),
            })
            .collect();
        html!(
            "<svg viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"{size}\">\
             <path d=\"{rules}\" stroke=\"#030000\" stroke-width=\"2\"/>\
             <path d=\"M{left} {bottom}H{right}\" stroke=\"#020000\" stroke-width=\"2\"/>\
             {shapes}<g fill=\"#010000\">{words}</g></svg>",
            width = WIDTH,
            height = height,
            size = TEXT,
            rules = rules,
            left = left,
            bottom = bottom,
            right = right,
            shapes = shapes,
            words = words,
        )
    }

    /// What is long is in the table.
    fn words(&self) -> String {
        const MOST: usize = 8;
        let mut words = String::new();
        let mut group = "";
        for lane in &self.lanes {
            if lane.group != group {
                group = &lane.group;
                let _ = write!(words, " {group}:");
            }
            let mut told: Vec<String> = lane.events.iter().take(MOST).map(|event| lane.tells(event)).collect();
            match lane.events.len() {
                0 => told.push("nothing".to_owned()),
                events if events > MOST => told.push(format!("and {} more, which the table has", events - MOST)),
                _ => {}
            }
            let _ = write!(words, " {}: {}.", lane.name, told.join(", "));
        }
        words
    }

    /// A lane that has no events has no row.
    fn table(&self, axis: &str) -> Html {
        let body = |lane: &Lane| {
            let (group, name, events) = (&lane.group, &lane.name, lane.events.len());
            let mut who = html!("<th scope=\"rowgroup\" rowspan=\"{}\">{}, {}</th>", events, group, name);
            let rows = lane.events.iter().map(|event| {
                let [from, to] = [event.start, event.end].map(|time| in_ns(lane.since(time)));
                html!("<tr>{}<td>{}</td><td>{}</td><td>{}</td></tr>", mem::take(&mut who), event.name, from, to)
            });
            html!("<tbody>{}</tbody>", rows.collect::<Html>())
        };
        let bodies: Html = self.lanes.iter().filter(|lane| !lane.events.is_empty()).map(body).collect();
        html!("<table><thead><tr><th>who</th><th>{}</th><th>from</th><th>to</th></tr></thead>{}</table>", axis, bodies)
    }

    fn csv(&self) -> String {
        let field = |name: &str| match name.contains([',', '"']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_owned(),
        };
        let mut csv = String::from("group,row,state,event,from_ns,to_ns\n");
        for lane in &self.lanes {
            for event in &lane.events {
                let state = format!("{:?}", event.state).to_lowercase();
                let [group, name, words] = [&lane.group, &lane.name, &event.name].map(|name| field(name));
                let (from, to) = (lane.since(event.start), lane.since(event.end));
                let _ = writeln!(csv, "{group},{name},{state},{words},{from},{to}");
            }
        }
        csv
    }

    fn about(&self, _: &Asked<'_>, edition: &Edition) -> String {
        format!("{} One run.{}", edition.recorded(&self.origin.date, &self.origin.commit), self.left_out)
    }

    fn marks(&self, _: &Asked<'_>, _: &Edition) -> Vec<String> {
        Vec::new()
    }
}

impl Lane {
    /// What the worker does when: it doesn't run while it waits.
    fn states(&self) -> Vec<(&Event, u64, u64)> {
        let of = |state: State| self.events.iter().filter(move |event| event.state == state);
        let mut states: Vec<(&Event, u64, u64)> = Vec::new();
        for runs in of(State::Runs) {
            let mut from = runs.start;
            for waits in of(State::Waits).filter(|waits| waits.start < runs.end && waits.end > runs.start) {
                if waits.start > from {
                    states.push((runs, from, waits.start));
                }
                from = from.max(waits.end);
            }
            if from < runs.end || runs.start == runs.end {
                states.push((runs, from, runs.end));
            }
        }
        states.extend(of(State::Waits).map(|event| (event, event.start, event.end)));
        states
    }

    /// Nanoseconds since the group began.
    fn since(&self, time: u64) -> f64 {
        time.saturating_sub(self.zero) as f64
    }

    /// What the worker holds, in tracks in which nothing overlaps.
    fn held(&self) -> Vec<Vec<&Event>> {
        let mut tracks: Vec<Vec<&Event>> = Vec::new();
        for event in self.events.iter().filter(|event| event.state == State::Holds) {
            let free = |track: &&mut Vec<&Event>| track.last().is_none_or(|before| before.end <= event.start);
            match tracks.iter_mut().find(free) {
                Some(track) => track.push(event),
                None => tracks.push(vec![event]),
            }
        }
        tracks
    }

    fn tells(&self, event: &Event) -> String {
        format!("{} from {} to {}", event.name, in_ns(self.since(event.start)), in_ns(self.since(event.end)))
    }
}

fn in_ns(value: f64) -> Quantity<'static> {
    Quantity { value, unit: "ns" }
}

/// What an event is about: `B` of `waits for B`.
fn thing(event: &Event) -> &str {
    let name = &event.name[..];
    ["holds ", "waits for ", "waits on "].into_iter().find_map(|verb| name.strip_prefix(verb)).unwrap_or(name)
}

/// As much of the words as `room` has place for.
fn cut(words: &str, room: i32) -> String {
    if width(words) <= room {
        return words.to_owned();
    }
    let letters = (room * 20 / 11 / TEXT) as usize;
    words.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

fn text(words: &mut Html, x: i32, y: i32, anchor: &str, text: &str) {
    put(words, x, y, anchor, &html!("{}", text));
}

fn put(words: &mut Html, x: i32, y: i32, anchor: &str, text: &Html) {
    let anchor = if anchor == "start" { Html::default() } else { html!(" text-anchor=\"{}\"", anchor) };
    words.push(&html!("<text x=\"{}\" y=\"{}\"{}>{}</text>", x, y, anchor, text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{LIGHT, paint};
    use edition::example::{event, lesson, written};
    use edition::timeline::{Group, Lane as Recorded};

    const AXIS: &str = "time & <place>";

    /// Some groups of a timeline, by the example's lesson, which has a variant of one of their names.
    fn gantt(groups: &[&str], timeline: &Timeline) -> Result<Gantt> {
        let mut lesson = lesson();
        lesson.variants[0].name = "one order".to_owned();
        lesson.variants[0].label = "one & the same, ordered".to_owned();
        let groups: Vec<String> = groups.iter().map(|name| (*name).to_owned()).collect();
        Gantt::of(&lesson, &groups, timeline)
    }

    /// So many workers with so many events each, as long as their numbers say.
    fn many(workers: u64, each: u64) -> Timeline {
        let states = [(State::Runs, "runs"), (State::Waits, "waits for <B> & co"), (State::Holds, "holds A")];
        let events = (0..each).zip(states.into_iter().cycle());
        let events: Vec<Event> = events.map(|(at, (state, name))| event(state, name, at * 1000, at * 1010)).collect();
        let lane = |number| Recorded { name: format!("worker {number}"), events: events.clone() };
        Timeline {
            origin: Origin::default(),
            groups: vec![Group { name: "a".into(), lanes: (0..workers).map(lane).collect() }],
        }
    }

    #[test]
    fn states_differ_in_shape_and_are_labelled() {
        let timeline = Timeline::parse(&written()).unwrap();
        let gantt = gantt(&["opposite order", "one order"], &timeline).unwrap();
        let in_words = |reach: &[f64]| gantt.draw(AXIS, reach).as_str().replace('\u{a0}', " ");
        let drawn = in_words(&[]);
        for part in [
            "fill-opacity",
            "stroke-dasharray",
            ">holds A<",
            ">waits for B<",
            ">worker 1<",
            ">20 µs<",
            ">one &amp; the same, ordered<",
            "&lt;place",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        // B has one colour, held or waited for.
        assert!(drawn.contains("stroke=\"#040200\"") && drawn.contains("fill=\"#040200\""), "{drawn}");
        let painted = String::from(paint(&gantt.draw(AXIS, &[]), Some(&LIGHT)));
        assert!(!painted.contains('\n') && !painted.contains("\"#04"), "{painted}");
        assert!(in_words(&[200_000.0]).contains(">200 µs<"));
    }

    #[test]
    fn groups_begin_at_0_and_words_table_and_csv_agree() {
        let timeline = Timeline::parse(&written()).unwrap();
        let gantt = gantt(&["one order", "opposite order"], &timeline).unwrap();
        assert_eq!((gantt.ends(), &*gantt.left_out), (vec![85_000.0], ""));
        let words = gantt.words().replace('\u{a0}', " ");
        let of_both = [
            "one & the same, ordered: worker 0: runs from 0 ns to 40.0 µs, holds A from 0 ns to 30.0 µs",
            "worker 1: nothing.",
        ];
        assert!(of_both.iter().all(|part| words.contains(part)), "{words}");
        assert!(gantt.table(AXIS).as_str().contains("<td>holds B</td><td>20.0\u{a0}µs</td><td>40.0\u{a0}µs</td>"));
        let csv = gantt.csv();
        assert!(
            csv.contains("\"one & the same, ordered\",worker 0,holds,holds B,20000,40000\n")
                && csv.lines().count() == 1 + 10,
            "{csv}"
        );
    }

    #[test]
    fn who_waits_does_not_run() {
        let events = [(State::Runs, 0, 100), (State::Waits, 20, 30), (State::Waits, 90, 120)];
        let events = events.map(|(state, start, end)| event(state, "", start, end)).to_vec();
        let lane = Lane { group: String::new(), name: String::new(), zero: 0, events };
        let states: Vec<_> = lane.states().into_iter().map(|(event, from, to)| (event.state, from, to)).collect();
        let runs = [(State::Runs, 0, 20), (State::Runs, 30, 90)];
        assert_eq!(states, [&runs[..], &[(State::Waits, 20, 30), (State::Waits, 90, 120)]].concat());
    }

    #[test]
    fn what_there_is_no_room_for_is_left_out_in_words() {
        let gantt = gantt(&["a"], &many(100, 50)).unwrap();
        assert_eq!(gantt.left_out, " Drawn are the first 16 of 100 rows. Drawn are the 80 longest of 800 events.");
        assert_eq!(gantt.csv().lines().count(), 1 + 80);
        assert!(gantt.words().len() < 5_000);
    }

    #[test]
    fn forty_events_are_light() {
        let gantt = gantt(&["a"], &many(5, 8)).unwrap();
        let drawn = paint(&gantt.draw(AXIS, &[]), None).into();
        let parts = [drawn, gantt.words(), gantt.table(AXIS).into(), crate::html::data_uri(&gantt.csv())];
        assert!(parts.iter().map(String::len).sum::<usize>() < 12_000, "{:?}", parts.map(|part| part.len()));
    }

    #[test]
    fn a_group_without_events_is_told() {
        let error = gantt(&["a"], &many(3, 0)).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("nothing happens in the group \"a\""), "{error}");
    }
}
