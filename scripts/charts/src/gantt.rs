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
use edition::lesson::{Chart, Lesson, Scale};
use edition::timeline::{Event, Origin, State, Timeline};

use crate::drawing::{Axis, Ruler, TEXT, WIDTH, width};
use crate::svg::escape;

/// How many events a chart shows, of the longest; with their table and CSV they weigh some 20 KB.
const MOST_EVENTS: usize = 80;

/// How many rows a chart shows.
const MOST_ROWS: usize = 16;

/// The part of a timeline that a chart shows. Each group begins at 0, however late it ran, so that groups can be compared.
pub struct Gantt<'a> {
    /// Where the timeline comes from.
    pub origin: &'a Origin,
    rows: Vec<Row<'a>>,
    left_out: String,
}

struct Row<'a> {
    group: &'a str,
    name: &'a str,
    /// When the group began.
    zero: u64,
    events: Vec<&'a Event>,
}

/// A span of a drawing.
struct Bar<'a> {
    from: i32,
    to: i32,
    event: &'a Event,
}

impl<'a> Gantt<'a> {
    /// Takes the chart's groups from a timeline. A group that has a variant's name goes by that variant's label.
    ///
    /// # Errors
    /// The timeline has no group of that name, or nothing happens in it.
    pub fn of(lesson: &'a Lesson, chart: &'a Chart, timeline: &'a Timeline) -> Result<Self> {
        let mut rows = Vec::new();
        for name in &chart.groups {
            let group = timeline.groups.iter().find(|group| group.name == *name).with_context(|| {
                let known: Vec<&str> = timeline.groups.iter().map(|group| &group.name[..]).collect();
                format!("its timeline has no group {name:?}{}", nearest::hint(name, &known))
            })?;
            let starts = group.rows.iter().flat_map(|row| &row.events).map(|event| event.start);
            let zero =
                starts.min().with_context(|| format!("nothing happens in the group {name:?} of its timeline"))?;
            rows.extend(group.rows.iter().map(|row| Row {
                group: lesson.label(&group.name),
                name: &row.name,
                zero,
                events: row.events.iter().collect(),
            }));
        }
        let mut gantt = Self { origin: &timeline.origin, rows, left_out: String::new() };
        gantt.limit();
        Ok(gantt)
    }

    /// Leaves out what there is no room for, and says so.
    fn limit(&mut self) {
        let rows = self.rows.len();
        if rows > MOST_ROWS {
            self.rows.truncate(MOST_ROWS);
            let _ = write!(self.left_out, " Drawn are the first {MOST_ROWS} of {rows} rows.");
        }
        let lasts = |event: &&Event| event.end - event.start;
        let mut lengths: Vec<u64> = self.rows.iter().flat_map(|row| row.events.iter().map(lasts)).collect();
        let events = lengths.len();
        if events > MOST_EVENTS {
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            let least = lengths[MOST_EVENTS - 1];
            // Of those that are as long as the shortest one shown, the first.
            let mut ties = lengths[..MOST_EVENTS].iter().filter(|length| **length == least).count();
            for row in &mut self.rows {
                row.events.retain(|event| {
                    let tie = lasts(event) == least && ties > 0;
                    ties -= usize::from(tie);
                    lasts(event) > least || tie
                });
            }
            let _ = write!(self.left_out, " Drawn are the {MOST_EVENTS} longest of {events} events.");
        }
    }

    /// What was left out, as a sentence with a space before it; empty where all is shown.
    pub fn left_out(&self) -> &str {
        &self.left_out
    }

    /// When the last event ends, in nanoseconds since its group began.
    pub fn end(&self) -> f64 {
        self.spans().map(|(_, _, to)| to).fold(0.0, f64::max)
    }

    fn spans(&self) -> impl Iterator<Item = (&Row<'a>, &'a Event, f64)> {
        self.rows.iter().flat_map(|row| row.events.iter().map(move |event| (row, *event, row.since(event.end))))
    }

    /// The things that are held or waited for, in the order in which they come up.
    fn things(&self) -> Vec<&'a str> {
        let mut known = BTreeSet::new();
        let events = self.rows.iter().flat_map(|row| &row.events).filter(|event| event.state != State::Runs);
        events.map(|event| thing(event)).filter(|name| known.insert(*name)).collect()
    }

    /// Draws the chart in sentinel colours.
    pub fn draw(&self, axis: Axis<'_>) -> String {
        const STATE: i32 = 36;
        const HELD: i32 = 44;
        let longest = self.rows.iter().map(|row| width(row.name)).max().unwrap_or(0);
        let (left, right) = (longest.clamp(90, 240) + 14, WIDTH - 30);
        let ends: Vec<f64> = axis.reach.iter().copied().chain([self.end()]).collect();
        let times = Ruler::new(&ends, Scale::Linear, (left, right));
        let things = self.things();
        // Runs have the first colour, things the others.
        let colour = |event: &Event| match things.iter().position(|known| *known == thing(event)) {
            Some(number) if event.state != State::Runs => format!("#0{}0{}00", 4, 1 + number % 5),
            _ => "#040000".to_owned(),
        };
        let mut bars: Vec<(State, String, String)> = Vec::new();
        let (mut words, mut rules) = (String::new(), String::new());
        let (mut y, mut group) = (0, "");
        for row in &self.rows {
            if row.group != group {
                group = row.group;
                text(&mut words, 4, y + 30, "start", &format!("<tspan font-weight=\"bold\">{}</tspan>", escape(group)));
                y += 44;
            }
            let _ = write!(rules, "M4 {y}H{right}");
            y += 8;
            text(&mut words, 4, y + 27, "start", &escape(&cut(row.name, 240)));
            let place = |event: &'a Event, from: u64, to: u64| {
                let (from, to) = (times.place(row.since(from)), times.place(row.since(to)));
                Bar { from, to: to.max(from + 3), event }
            };
            let mut add = |bar: &Bar<'_>, y: i32, height: i32, titled: bool| {
                let style = colour(bar.event);
                let path = format!("M{} {y}h{}v{height}h-{}z", bar.from, bar.to - bar.from, bar.to - bar.from);
                let path = match titled {
                    true => format!("<path d=\"{path}\"><title>{}</title></path>", escape(&row.tells(bar.event))),
                    false => format!("<path d=\"{path}\"/>"),
                };
                match bars.iter_mut().find(|(state, known, _)| *state == bar.event.state && *known == style) {
                    Some((_, _, paths)) => paths.push_str(&path),
                    None => bars.push((bar.event.state, style, path)),
                }
            };
            for bar in self.states(row).into_iter().map(|(event, from, to)| place(event, from, to)) {
                let room = bar.to - bar.from - 14;
                let label = [&bar.event.name[..], thing(bar.event)].into_iter().find(|label| width(label) <= room);
                let label = label.filter(|label| *label == bar.event.name || bar.event.state == State::Waits);
                add(&bar, y, STATE, label.is_none());
                if let Some(label) = label {
                    text(&mut words, bar.from + 7, y + 27, "start", &escape(label));
                }
            }
            y += STATE + 8;
            for lane in lanes(row) {
                let lane: Vec<Bar<'_>> = lane.iter().map(|event| place(event, event.start, event.end)).collect();
                let mut free = left;
                for (at, bar) in lane.iter().enumerate() {
                    let next = lane.get(at + 1).map_or(right, |next| next.from - 8);
                    let label = [&bar.event.name[..], thing(bar.event)].into_iter().find_map(|label| {
                        let to_the_right = (bar.from + width(label) <= next).then_some((bar.from, "start"));
                        let to_the_left = (bar.to - width(label) >= free).then_some((bar.to, "end"));
                        to_the_right.or(to_the_left).map(|(x, anchor)| (label, x, anchor))
                    });
                    add(bar, y, 10, label.is_none());
                    if let Some((label, x, anchor)) = label {
                        text(&mut words, x, y + 33, anchor, &escape(label));
                        free = if anchor == "start" { x + width(label) } else { x } + 8;
                    }
                }
                y += HELD;
            }
        }
        let (top, bottom) = (44, y + 4);
        let mut ticks = String::new();
        for tick in times.ticks() {
            let x = times.place(tick);
            let _ = write!(ticks, "M{x} {top}V{bottom}");
            text(&mut words, x, bottom + 28, "middle", &Quantity { value: tick, unit: axis.unit }.short());
        }
        text(&mut words, (left + right) / 2, bottom + 64, "middle", &escape(axis.label));
        let height = self.key(bottom + 84, &mut bars, &mut words);
        let mut drawn = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"{TEXT}\">\
             <path d=\"{rules}{ticks}\" stroke=\"#030000\" stroke-width=\"2\"/>\
             <path d=\"M{left} {bottom}H{right}\" stroke=\"#020000\" stroke-width=\"2\"/>"
        );
        for (state, colour, paths) in bars {
            let style = match state {
                State::Runs => {
                    format!("fill=\"{colour}\" fill-opacity=\".3\" stroke=\"{colour}\" stroke-width=\"2\"")
                }
                State::Waits => {
                    format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"4\" stroke-dasharray=\"10 6\"")
                }
                State::Holds => format!("fill=\"{colour}\""),
            };
            let _ = write!(drawn, "<g {style}>{paths}</g>");
        }
        drawn + "<g fill=\"#010000\">" + &words + "</g></svg>"
    }

    /// What each shape means, for those that there are; the height of the drawing with it.
    fn key(&self, y: i32, bars: &mut Vec<(State, String, String)>, words: &mut String) -> i32 {
        let mut x = 4;
        for (state, name) in [(State::Runs, "runs"), (State::Waits, "waits"), (State::Holds, "holds")] {
            let there = bars.iter().find(|(known, ..)| *known == state);
            let Some(colour) = there.map(|(_, colour, _)| colour.clone()) else { continue };
            let (top, height) = if state == State::Holds { (y + 12, 10) } else { (y + 3, 28) };
            let path = format!("<path d=\"M{x} {top}h56v{height}h-56z\"/>");
            // In a group of its own, for the colour is one of several.
            bars.push((state, colour, path));
            text(words, x + 68, y + 26, "start", name);
            x += 68 + width(name) + 50;
        }
        y + 44
    }

    /// What a row's worker does when: it doesn't run while it waits.
    fn states(&self, row: &Row<'a>) -> Vec<(&'a Event, u64, u64)> {
        let of = |state: State| row.events.iter().copied().filter(move |event| event.state == state);
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

    /// The chart for those who don't see it; what is long is in the table.
    pub fn in_words(&self, chart: &Chart) -> String {
        const MOST: usize = 8;
        let mut words = format!("Chart: {}; {}.", chart.title, chart.axis);
        let mut group = "";
        for row in &self.rows {
            if row.group != group {
                group = row.group;
                let _ = write!(words, " {group}:");
            }
            let mut told: Vec<String> = row.events.iter().take(MOST).map(|event| row.tells(event)).collect();
            match row.events.len() {
                0 => told.push("nothing".to_owned()),
                events if events > MOST => told.push(format!("and {} more, which the table has", events - MOST)),
                _ => {}
            }
            let _ = write!(words, " {}: {}.", row.name, told.join(", "));
        }
        words.replace('\u{a0}', " ")
    }

    /// The data as a table. A row of the drawing that has no events has none in the table.
    pub fn table(&self, chart: &Chart) -> String {
        let axis = escape(&chart.axis);
        let mut table = format!("<table><thead><tr><th>who</th><th>{axis}</th><th>from</th><th>to</th></tr></thead>");
        for row in self.rows.iter().filter(|row| !row.events.is_empty()) {
            let (group, name, events) = (escape(row.group), escape(row.name), row.events.len());
            let mut who = format!("<th scope=\"rowgroup\" rowspan=\"{events}\">{group}, {name}</th>");
            table.push_str("<tbody>");
            for event in &row.events {
                let [from, to] = [event.start, event.end].map(|time| in_ns(row.since(time)));
                let what = escape(&event.name);
                let _ = write!(table, "<tr>{}<td>{what}</td><td>{from}</td><td>{to}</td></tr>", mem::take(&mut who));
            }
            table.push_str("</tbody>");
        }
        table + "</table>"
    }

    /// The data as CSV.
    pub fn csv(&self) -> String {
        let field = |name: &str| match name.contains([',', '"']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_owned(),
        };
        let mut csv = String::from("group,row,state,event,from_ns,to_ns\n");
        for (row, event, to) in self.spans() {
            let state = format!("{:?}", event.state).to_lowercase();
            let [group, name, words] = [row.group, row.name, &event.name].map(field);
            let _ = writeln!(csv, "{group},{name},{state},{words},{},{to}", row.since(event.start));
        }
        csv
    }
}

impl Row<'_> {
    /// Nanoseconds since the group began.
    fn since(&self, time: u64) -> f64 {
        time.saturating_sub(self.zero) as f64
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

/// Parts what a row's worker holds into lanes in which nothing overlaps.
fn lanes<'a>(row: &Row<'a>) -> Vec<Vec<&'a Event>> {
    let mut lanes: Vec<Vec<&Event>> = Vec::new();
    for event in row.events.iter().copied().filter(|event| event.state == State::Holds) {
        let free = |lane: &&mut Vec<&Event>| lane.last().is_none_or(|before| before.end <= event.start);
        match lanes.iter_mut().find(free) {
            Some(lane) => lane.push(event),
            None => lanes.push(vec![event]),
        }
    }
    lanes
}

/// As much of the words as `room` has place for.
fn cut(words: &str, room: i32) -> String {
    if width(words) <= room {
        return words.to_owned();
    }
    let letters = (room * 20 / 11 / TEXT) as usize;
    words.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// Adds a text whose `words` are escaped already.
fn text(words: &mut String, x: i32, y: i32, anchor: &str, text: &str) {
    let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
    let _ = write!(words, "<text x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{LIGHT, paint};
    use edition::example::lesson;
    use edition::example::written;
    use edition::timeline::{Group, Row};

    const AXIS: Axis<'static> = Axis { label: "time & <place>", unit: "ns", scale: Scale::Linear, reach: &[] };

    /// The example's lesson, which has no variant of these groups' names but one.
    fn lesson_of() -> Lesson {
        let mut lesson = lesson();
        lesson.variants[0].name = "one order".to_owned();
        lesson.variants[0].label = "one & the same, ordered".to_owned();
        lesson
    }

    fn chart(groups: &[&str]) -> Chart {
        let groups = groups.iter().map(|name| (*name).to_owned()).collect();
        Chart { groups, ..lesson().charts.remove(2) }
    }

    /// So many workers with so many events each, as long as their numbers say.
    fn many(workers: u64, each: u64) -> Timeline {
        let event = |at: u64| Event {
            state: [State::Runs, State::Waits, State::Holds][at as usize % 3],
            name: ["runs", "waits for <B> & co", "holds A"][at as usize % 3].to_owned(),
            start: at * 1000,
            end: at * 1000 + 10 * at,
        };
        let row = |number| Row { name: format!("worker {number}"), events: (0..each).map(event).collect() };
        Timeline {
            origin: Origin::default(),
            groups: vec![Group { name: "a".into(), rows: (0..workers).map(row).collect() }],
        }
    }

    #[test]
    fn states_differ_in_shape_and_are_labelled() {
        let timeline = Timeline::parse(&written()).unwrap();
        let (chart, reach) = (chart(&["opposite order", "one order"]), [200_000.0]);
        let lesson = lesson_of();
        let gantt = Gantt::of(&lesson, &chart, &timeline).unwrap();
        let drawn = gantt.draw(AXIS);
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
            assert!(drawn.replace('\u{a0}', " ").contains(part), "{part}: {drawn}");
        }
        // B has one colour, held or waited for.
        assert!(drawn.contains("stroke=\"#040200\"") && drawn.contains("fill=\"#040200\""), "{drawn}");
        assert!(!drawn.contains('\n') && !paint(&drawn, Some(&LIGHT)).contains("\"#04"), "{drawn}");
        assert!(gantt.draw(Axis { reach: &reach, ..AXIS }).replace('\u{a0}', " ").contains(">200 µs<"));
    }

    #[test]
    fn groups_begin_at_0_and_words_table_and_csv_agree() {
        let timeline = Timeline::parse(&written()).unwrap();
        let chart = chart(&["one order", "opposite order"]);
        let lesson = lesson_of();
        let gantt = Gantt::of(&lesson, &chart, &timeline).unwrap();
        assert_eq!((gantt.end(), gantt.left_out()), (85_000.0, ""));
        let words = gantt.in_words(&chart);
        assert!(
            words
                .contains("one & the same, ordered: worker 0: runs from 0 ns to 40.0 µs, holds A from 0 ns to 30.0 µs"),
            "{words}"
        );
        assert!(words.contains("worker 1: nothing."), "{words}");
        assert!(gantt.table(&chart).contains("<td>holds B</td><td>20.0\u{a0}µs</td><td>40.0\u{a0}µs</td>"));
        let csv = gantt.csv();
        assert!(
            csv.contains("\"one & the same, ordered\",worker 0,holds,holds B,20000,40000\n")
                && csv.lines().count() == 1 + 10,
            "{csv}"
        );
    }

    #[test]
    fn who_waits_does_not_run() {
        let timeline = Timeline::parse(&written()).unwrap();
        let chart = chart(&["opposite order"]);
        let lesson = lesson_of();
        let gantt = Gantt::of(&lesson, &chart, &timeline).unwrap();
        let mut timeline = many(1, 0);
        let event = |state, start, end| Event { state, name: String::new(), start, end };
        timeline.groups[0].rows[0].events =
            vec![event(State::Runs, 0, 100), event(State::Waits, 20, 30), event(State::Waits, 90, 120)];
        let row =
            super::Row { group: "", name: "", zero: 0, events: timeline.groups[0].rows[0].events.iter().collect() };
        let states: Vec<_> = gantt.states(&row).into_iter().map(|(event, from, to)| (event.state, from, to)).collect();
        let runs = [(State::Runs, 0, 20), (State::Runs, 30, 90)];
        assert_eq!(states, [&runs[..], &[(State::Waits, 20, 30), (State::Waits, 90, 120)]].concat());
    }

    #[test]
    fn what_there_is_no_room_for_is_left_out_in_words() {
        let timeline = many(100, 50);
        let chart = chart(&["a"]);
        let lesson = lesson_of();
        let gantt = Gantt::of(&lesson, &chart, &timeline).unwrap();
        assert_eq!(gantt.left_out(), " Drawn are the first 16 of 100 rows. Drawn are the 80 longest of 800 events.");
        assert_eq!(gantt.csv().lines().count(), 1 + 80);
        assert!(gantt.in_words(&chart).len() < 5_000);
    }

    #[test]
    fn forty_events_are_light() {
        let timeline = many(5, 8);
        let chart = chart(&["a"]);
        let lesson = lesson_of();
        let gantt = Gantt::of(&lesson, &chart, &timeline).unwrap();
        let drawn = paint(&gantt.draw(AXIS), None);
        let parts = [drawn, gantt.in_words(&chart), gantt.table(&chart), crate::svg::data_uri(&gantt.csv())];
        assert!(parts.iter().map(String::len).sum::<usize>() < 12_000, "{:?}", parts.map(|part| part.len()));
    }

    #[test]
    fn an_unknown_group_or_one_without_events_is_told() {
        let timeline = Timeline::parse(&written()).unwrap();
        let error = |groups: &[&str], timeline: &Timeline| {
            Gantt::of(&lesson_of(), &chart(groups), timeline).map(|_| ()).unwrap_err().to_string()
        };
        assert!(error(&["oposite order"], &timeline).contains("did you mean \"opposite order\"?"));
        assert!(error(&["a"], &many(3, 0)).contains("nothing happens in the group \"a\""));
    }
}
