//! A timeline: a row for each worker, and in it what the worker does above what it holds.
//!
//! A state is told by its form: what runs is a filled bar, what waits a hollow one with a broken outline, and what is held a
//! thin bar below, with its name. A cross is where something ends a worker.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::mem;

use anyhow::{Context, Result, bail, ensure};
use base::nearest;
use base::quantity::Quantity;
use edition::lesson::{Chart, Fault, Lesson, Role};
use edition::timeline::{self, State, Timeline};
use edition::{Edition, LOCAL, NotRecorded};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;

use crate::axes::{Ruler, names};
use crate::canvas::{Anchor, Canvas, Ink, bold_width, width};
use crate::html;
use crate::html::Html;
use crate::kind::{Asked, Kind, Line};
use crate::points::Mark;
use crate::rows;

/// How many events a chart shows of an edition, of the longest.
const MOST_EVENTS: usize = 100;

/// How many lanes a chart shows.
const MOST_LANES: usize = 16;

/// What lesson.toml says of a gantt chart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// The groups of the timeline to draw. One that has a variant's name goes by its label.
    groups: Vec<String>,
    /// Other words for events: `{ "is started again" = "restarts" }`.
    #[serde(default)]
    words: BTreeMap<String, String>,
    /// What lanes are, by their names, if neither name nor variant tells it: a role, or `plain`.
    #[serde(default)]
    lanes: BTreeMap<String, String>,
    /// What ends a lane, where its last run ends.
    #[serde(default, rename = "end")]
    ends: Vec<End>,
}

/// What ends a lane.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    /// The lane.
    lane: String,
    /// The only group in which it does.
    group: Option<String>,
    /// What it is, in a word or two.
    says: String,
}

/// The part of timelines that a chart shows. Each group begins at 0, however late it ran, so that groups can be compared.
pub struct Gantt {
    groups: Vec<Group>,
    /// What isn't drawn of each edition.
    left_out: Vec<Vec<String>>,
}

/// Workers that belong together.
struct Group {
    name: String,
    label: String,
    lanes: Vec<Lane>,
}

/// What one worker did.
struct Lane {
    name: String,
    role: Option<Role>,
    /// Of each edition.
    per: Vec<Vec<Event>>,
    /// When something ended it, of each edition, and what.
    ends: Vec<Vec<(u64, String)>>,
}

/// A span of a lane, in nanoseconds since the group began.
#[derive(Clone, Debug)]
struct Event {
    /// The number of its row in the edition's part of the table.
    id: usize,
    state: State,
    /// Its name, as the timeline has it.
    name: String,
    /// What the chart calls it.
    says: String,
    start: u64,
    end: u64,
}

impl Gantt {
    fn of(lesson: &Lesson, fields: &Fields, timelines: &[Option<&Timeline>]) -> Result<Self> {
        let mut groups: Vec<Group> = Vec::new();
        let first = timelines.iter().flatten().next().context("no edition has a timeline")?;
        for name in &fields.groups {
            let group = first.groups.iter().find(|group| group.name == *name).with_context(|| {
                let known: Vec<&str> = first.groups.iter().map(|group| &group.name[..]).collect();
                format!("its timeline has no group {name:?}{}", nearest::hint(name, &known))
            })?;
            let happens = group.lanes.iter().any(|lane| !lane.events.is_empty());
            ensure!(happens, "nothing happens in the group {name:?} of its timeline");
            let mut made = Group { name: name.clone(), label: lesson.label(name).to_owned(), lanes: Vec::new() };
            for (edition, timeline) in timelines.iter().enumerate() {
                let group = timeline.and_then(|timeline| timeline.groups.iter().find(|group| group.name == *name));
                for lane in group.iter().flat_map(|group| &group.lanes) {
                    let at = made.lanes.iter().position(|known| known.name == lane.name).unwrap_or_else(|| {
                        let role = role(lesson, fields, (name, &lane.name));
                        let (per, ends) = (vec![Vec::new(); timelines.len()], vec![Vec::new(); timelines.len()]);
                        made.lanes.push(Lane { name: lane.name.clone(), role, per, ends });
                        made.lanes.len() - 1
                    });
                    let starts = group.iter().flat_map(|group| &group.lanes).flat_map(|lane| &lane.events);
                    let zero = starts.map(|event| event.start).min().unwrap_or(0);
                    made.lanes[at].take(fields, name, edition, &lane.events, zero);
                }
            }
            groups.push(made);
        }
        let mut gantt = Self { groups, left_out: vec![Vec::new(); timelines.len()] };
        gantt.limit();
        for edition in 0..timelines.len() {
            let events = gantt.lanes_mut().flat_map(|lane| &mut lane.per[edition]);
            events.enumerate().for_each(|(id, event)| event.id = id);
        }
        Ok(gantt)
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.groups.iter().flat_map(|group| &group.lanes)
    }

    fn lanes_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.groups.iter_mut().flat_map(|group| &mut group.lanes)
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.lanes().flat_map(|lane| &lane.per).flatten()
    }

    /// Leaves out what there is no room for, and says so.
    fn limit(&mut self) {
        let lanes = self.lanes().count();
        let mut room = MOST_LANES;
        for group in &mut self.groups {
            group.lanes.truncate(room);
            room -= group.lanes.len();
        }
        for edition in 0..self.left_out.len() {
            let lasts = |event: &Event| event.end - event.start;
            let mut lengths: Vec<u64> = self.lanes().flat_map(|lane| lane.per[edition].iter().map(lasts)).collect();
            let events = lengths.len();
            if lanes > MOST_LANES && events > 0 {
                self.left_out[edition].push(format!("Only the first {MOST_LANES} of {lanes} rows are drawn."));
            }
            if events > MOST_EVENTS {
                lengths.sort_unstable_by(|a, b| b.cmp(a));
                let least = lengths[MOST_EVENTS - 1];
                // Of those that are as long as the shortest one shown, the first.
                let mut ties = lengths[..MOST_EVENTS].iter().filter(|length| **length == least).count();
                for lane in self.lanes_mut() {
                    lane.per[edition].retain(|event| {
                        let tie = lasts(event) == least && ties > 0;
                        ties -= usize::from(tie);
                        lasts(event) > least || tie
                    });
                }
                self.left_out[edition].push(format!("Only the {MOST_EVENTS} longest of {events} events are drawn."));
            }
        }
    }

    /// What each form means: the words of the events that have it, without what differs from one to the next.
    fn words(&self, state: State) -> Vec<String> {
        let ended: BTreeSet<&str> =
            self.lanes().flat_map(|lane| lane.ends.iter().flatten()).map(|(_, word)| &word[..]).collect();
        let is_end = |event: &Event| ending(&event.name).is_some_and(|word| ended.contains(word));
        let events = || self.events().filter(|event| event.state == state && !is_end(event));
        let whole: BTreeSet<&str> = events().map(|event| &event.says[..]).collect();
        let mut known = BTreeSet::new();
        let stems = events().map(|event| if whole.len() == 1 { event.says.clone() } else { stem(&event.says) });
        stems.filter(|stem| known.insert(stem.clone())).collect()
    }

    /// The key, with what is measured from the beginning of events; how high it is.
    fn key(&self, canvas: &mut Canvas, measured: &[&Line]) -> i32 {
        const SAMPLE: i32 = 24;
        let (mut x, mut y) = (0, 9);
        let states = [State::Runs, State::Waits, State::Holds].map(|state| (Some(state), self.words(state).join(", ")));
        let states = states.into_iter().filter(|(_, words)| !words.is_empty());
        // One that each edition has for itself is explained once.
        let is_first =
            |(number, line): &(usize, &&Line)| measured[..*number].iter().all(|other| other.says != line.says);
        let marks = measured.iter().enumerate().filter(is_first).map(|(_, line)| (None, line.says.clone()));
        for (state, words) in states.chain(marks) {
            let words = cut(&words, canvas.width() - SAMPLE - 8);
            let wide = SAMPLE + 6 + width(&words);
            if x > 0 && x + wide > canvas.width() {
                (x, y) = (0, y + 20);
            }
            match state {
                Some(State::Runs) => canvas.rect([(x, y - 7), (x + SAMPLE, y + 7)], Ink::Own),
                Some(State::Waits) => canvas.hollow([(x, y - 7), (x + SAMPLE, y + 7)]),
                Some(State::Holds) => canvas.rect([(x, y - 2), (x + SAMPLE, y + 3)], Ink::Own),
                None => canvas.line(&[(x + SAMPLE / 2, y - 8), (x + SAMPLE / 2, y + 8)], Ink::Reference, 2),
            }
            let ink = if state.is_some() { Ink::Own } else { Ink::Reference };
            canvas.text(&words, (x + SAMPLE + 6, y), Anchor::Start, ink);
            x += wide + 20;
        }
        if x == 0 { 0 } else { y + 16 }
    }
}

impl Kind for Gantt {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { groups, lanes, .. } = lesson.fields(chart)?;
        if lesson.record.trace.is_empty() {
            let what = "a gantt is drawn from a timeline; say which run it is of, as `[record] trace = \"ARGUMENTS\"`";
            return Err(chart.fault("kind", what));
        }
        if groups.is_empty() {
            return Err(chart.fault("groups", "it draws nothing; name what to draw"));
        }
        for (name, word) in &lanes {
            role_of(word).map_err(|error| chart.fault(&format!("lanes.{name}"), format!("{error}, or `plain`")))?;
        }
        let mut known = BTreeSet::new();
        match groups.iter().enumerate().find(|(_, group)| !known.insert(*group)) {
            Some((number, twice)) => Err(chart.fault(&format!("groups.{number}"), format!("{twice:?} stands twice"))),
            None => Ok(()),
        }
    }

    /// The first edition that has a timeline has all of the groups.
    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let fields: Fields = asked.fields()?;
        let slug = asked.slug;
        let timelines: Vec<Option<&Timeline>> = editions.iter().map(|edition| edition.timelines.get(slug)).collect();
        let Some(one) = timelines.iter().position(Option::is_some) else {
            let name = editions.first().map_or("", |edition| &edition.name);
            let option = if name == LOCAL { String::new() } else { format!(" --edition {name}") };
            let missing = format!("{slug} has no timeline in the edition {name}; run `cargo record {slug}{option}`");
            bail!(NotRecorded(missing));
        };
        let gantt = Self::of(asked.lesson, &fields, &timelines)
            .with_context(|| format!("{slug}, edition {}", editions[one].name))?;
        for axis in asked.chart.references.iter().filter_map(|line| line.axis.as_ref()) {
            let known = || gantt.groups.iter().flat_map(|group| group.lanes.iter().map(move |lane| (group, lane)));
            let found = known().any(|(group, lane)| lane.per.iter().flatten().any(|event| is_from(axis, group, event)));
            ensure!(found, "{slug}: the chart {:?} has no event {axis:?} from which to measure", asked.chart.id);
        }
        Ok(gantt)
    }

    fn subtitle(&self, shows: &str) -> String {
        match self.groups.len() {
            1 => format!("{shows}, in one run"),
            _ => format!("{shows}. Each group is one run, and begins at 0"),
        }
    }

    fn marks(&self) -> Vec<&Mark> {
        Vec::new()
    }

    fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.lanes().filter_map(|lane| lane.role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    fn explained(&self) -> &'static str {
        ""
    }

    /// A reference without an axis is a time; one whose axis is an event, `has the lock` or `group/has the lock`, is measured
    /// from the beginning of each that lasts so long.
    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let (times, measured): (Vec<&Line>, Vec<&Line>) = references.iter().partition(|line| line.axis.is_empty());
        let last = self.events().map(|event| event.end as f64);
        let reach: Vec<f64> = last.chain(times.iter().map(|line| line.at)).collect();
        let longest = self.lanes().map(|lane| width(&lane.name)).max().unwrap_or(0);
        let left = longest.min(if canvas.is_narrow() { 100 } else { 180 }) + 10;
        let right = canvas.width() - 8;
        // The last event ends where the plot does.
        let ruler = Ruler::ending(&reach, (left, right));
        let key = self.key(canvas, &measured);
        let lines: Vec<(i32, &Line)> = times.iter().map(|line| (ruler.place(line.at), *line)).collect();
        let top = names(canvas, key, &lines) + 2;

        let (mut y, mut rows) = (top, Vec::new());
        for group in &self.groups {
            let head = y + 12;
            y += if self.groups.len() > 1 { 26 } else { 4 };
            let mut lanes = Vec::new();
            for lane in &group.lanes {
                y += if lane.ends.iter().all(Vec::is_empty) { 0 } else { Plot::WORD };
                lanes.push(y);
                y += Plot::STATE + 4 + Plot::HELD * lane.tracks() as i32;
            }
            y += 6;
            rows.push((head, lanes));
        }
        let bottom = y;
        let plot = Plot { ruler, left, right, measured };
        rows::foot(canvas, &plot.ruler, "ns", (left, right), (top, bottom));
        for (group, (head, lanes)) in self.groups.iter().zip(&rows) {
            if self.groups.len() > 1 {
                canvas.bold(&cut(&group.label, canvas.width() * 92 / 100), (0, *head), Anchor::Start, Ink::Own);
            }
            for (lane, y) in group.lanes.iter().zip(lanes) {
                let name = cut(&lane.name, left - 10);
                canvas.text(&name, (left - 8, y + Plot::STATE / 2), Anchor::End, Ink::Own);
            }
            for edition in 0..canvas.editions {
                plot.group(canvas, self, (group, lanes), edition);
            }
        }
        for (number, (head, _)) in rows.iter().enumerate() {
            // Not through heads.
            let from = if self.groups.len() > 1 { head + 14 } else { top };
            let to = rows.get(number + 1).map_or(bottom, |(head, _)| head - 14);
            for line in &times {
                let x = plot.ruler.place(line.at);
                line.draw(canvas, |canvas| canvas.dashed(&[(x, from), (x, to)], Ink::Reference, 2));
            }
        }
        canvas.along(&plot.ruler, 'x', (top, bottom));
        bottom + 24
    }

    /// A lane that has no events has no row.
    fn table(&self, editions: &[&Edition]) -> Html {
        let shown: Vec<usize> =
            (0..editions.len()).filter(|edition| self.lanes().any(|lane| !lane.per[*edition].is_empty())).collect();
        let several = shown.len() > 1;
        let mut bodies = Html::default();
        for edition in shown {
            for (group, lane) in self.groups.iter().flat_map(|group| group.lanes.iter().map(move |lane| (group, lane)))
            {
                let events = &lane.per[edition];
                let rows = events.len();
                let mut who = html!("<th scope=\"rowgroup\" rowspan=\"{}\">{}, {}</th>", rows, group.label, lane.name);
                if several {
                    who.push(&html!("<td rowspan=\"{}\">{}</td>", rows, editions[edition].called()));
                }
                let row = |event: &Event| {
                    let [from, to] = [event.start, event.end].map(|time| in_ns(time as f64));
                    html!(
                        "<tr>{}<td data-c=\"{}.{}\">{} <small>({} to {})</small></td></tr>",
                        mem::take(&mut who),
                        event.id,
                        edition,
                        event.says,
                        from,
                        to
                    )
                };
                let rows: Html = events.iter().map(row).collect();
                if !rows.is_empty() {
                    bodies.push(&html!("<tbody>{}</tbody>\n", rows));
                }
            }
        }
        let machine = if several { html!("<th>machine</th>") } else { Html::default() };
        html!("<table><thead><tr><th>who</th>{}<th>what, and when</th></tr></thead>{}</table>", machine, bodies)
    }

    fn csv(&self, edition: usize) -> String {
        let field = |name: &str| match name.contains([',', '"']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_owned(),
        };
        let mut csv = String::from("group,row,state,event,from_ns,to_ns\n");
        for group in &self.groups {
            for lane in &group.lanes {
                for Event { state, name, start, end, .. } in lane.per.get(edition).into_iter().flatten() {
                    let state = format!("{state:?}").to_lowercase();
                    let [group, lane, words] = [&group.label, &lane.name, name].map(|name| field(name));
                    let _ = writeln!(csv, "{group},{lane},{state},{words},{start},{end}");
                }
            }
        }
        csv
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        self.left_out.get(edition).cloned().unwrap_or_default()
    }
}

/// Words that stand over the bars, and so come after them.
type Words = Vec<(String, (i32, i32), Anchor, Ink)>;

/// Where everything stands.
struct Plot<'a> {
    ruler: Ruler,
    left: i32,
    right: i32,
    /// What is measured from the beginning of events.
    measured: Vec<&'a Line>,
}

impl Plot<'_> {
    /// How high a bar of what a worker does is.
    const STATE: i32 = 20;
    /// How high a track of what it holds is, with its name.
    const HELD: i32 = 17;
    /// How high the words are that tell what ended it.
    const WORD: i32 = 15;

    /// The places of a span, at least two pixels apart.
    fn span(&self, from: u64, to: u64) -> (i32, i32) {
        let (from, to) = (self.ruler.place(from as f64), self.ruler.place(to as f64));
        let from = from.min(self.right - 2);
        (from, to.max(from + 2))
    }

    /// The lanes of a group in an edition, each at its height.
    fn group(&self, canvas: &mut Canvas, gantt: &Gantt, (group, heights): (&Group, &[i32]), edition: usize) {
        let lanes = || group.lanes.iter().zip(heights).filter(|(lane, _)| !lane.per[edition].is_empty());
        let mut words = Words::new();
        let roles: BTreeSet<Option<Role>> = lanes().map(|(lane, _)| lane.role).collect();
        for role in roles {
            canvas.series((role, &group.name), edition, |canvas| {
                for (lane, y) in lanes().filter(|(lane, _)| lane.role == role) {
                    self.states(canvas, gantt, (lane, *y), edition, &mut words);
                }
            });
        }
        let held: Vec<_> = lanes().map(|(lane, y)| (lane.held(edition), *y)).collect();
        if held.iter().any(|(tracks, _)| !tracks.is_empty()) {
            canvas.series((None, &group.name), edition, |canvas| {
                for (tracks, y) in held {
                    for (number, track) in tracks.iter().enumerate() {
                        let y = y + Self::STATE + Self::HELD * number as i32 + Self::HELD / 2 + 1;
                        self.track(canvas, track, edition, y, &mut words);
                    }
                }
            });
        }
        canvas.edition(edition, |canvas| {
            for (label, at, anchor, ink) in words {
                canvas.text(&label, at, anchor, ink);
            }
            for (lane, y) in lanes() {
                self.measured(canvas, (group, lane), edition, *y);
            }
            for (lane, y) in lanes() {
                self.ends(canvas, &lane.ends[edition], *y);
            }
        });
    }

    /// What a worker does when.
    fn states(&self, canvas: &mut Canvas, gantt: &Gantt, (lane, y): (&Lane, i32), edition: usize, words: &mut Words) {
        let mut last = (0, 0);
        for (event, from, to) in lane.states(edition) {
            let (from, to) = self.span(from, to);
            let is_hollow = event.state == State::Waits && to - from > 4;
            // One that lies on another isn't seen.
            if from >= last.0 && to <= last.1 && !is_hollow {
                continue;
            }
            last = (from, to);
            // So that neighbours can be told apart.
            let end = if to - from > 4 { to - 1 } else { to };
            canvas.cell(event.id, edition, |canvas| match event.state {
                State::Waits if is_hollow => {
                    canvas.hollow([(from + 1, y + 1), (end - 1, y + Self::STATE - 1)]);
                }
                State::Waits => canvas.tint([(from, y), (end, y + Self::STATE)], Ink::Own, 0.6),
                _ => canvas.rect([(from, y), (end, y + Self::STATE)], Ink::Own),
            });
            let room = to - from - 8;
            let label = [&event.says[..], thing(&event.says)].into_iter().find(|label| width(label) <= room);
            // What all are called, the key says.
            if let Some(label) = label.filter(|_| !gantt.is_one(event.state)) {
                let ink = if event.state == State::Waits { Ink::Own } else { Ink::Ground };
                words.push((label.to_owned(), (from + 4, y + Self::STATE / 2), Anchor::Start, ink));
            }
        }
    }

    /// What is held, each with its name before or behind it, where there is room.
    fn track(&self, canvas: &mut Canvas, track: &[&Event], edition: usize, y: i32, words: &mut Words) {
        let spans: Vec<(i32, i32)> = track.iter().map(|event| self.span(event.start, event.end)).collect();
        let mut free = self.left;
        for (at, (event, (from, to))) in track.iter().zip(&spans).enumerate() {
            let next = spans.get(at + 1).map_or(self.right, |(from, _)| from - 4);
            canvas.cell(event.id, edition, |canvas| canvas.rect([(*from, y - 2), (*to, y + 3)], Ink::Own));
            let name = thing(&event.says);
            free = (*to).max(free) + 4;
            let before = spans.get(at.wrapping_sub(1)).map_or(self.left, |(_, to)| to + 4);
            if from - width(name) - 4 >= before {
                words.push((name.to_owned(), (from - 4, y), Anchor::End, Ink::Own));
            } else if free + width(name) <= next {
                words.push((name.to_owned(), (free, y), Anchor::Start, Ink::Own));
                free += width(name) + 4;
            }
        }
    }

    fn measured(&self, canvas: &mut Canvas, (group, lane): (&Group, &Lane), edition: usize, y: i32) {
        for line in self.measured.iter().filter(|line| line.is_of(edition)) {
            let so_long = |event: &&Event| (event.end - event.start) as f64 >= line.at;
            for event in lane.per[edition].iter().filter(|event| is_from(&line.axis, group, event)).filter(so_long) {
                let x = self.ruler.place(event.start as f64 + line.at);
                canvas.line(&[(x, y - 3), (x, y + Self::STATE + 3)], Ink::Reference, 2);
            }
        }
    }

    /// A line where something ends the worker, above it a cross, and beside that what, where there is room.
    fn ends(&self, canvas: &mut Canvas, ends: &[(u64, String)], y: i32) {
        let middle = y - Self::WORD / 2;
        let places: Vec<i32> = ends.iter().map(|(time, _)| self.ruler.place(*time as f64)).collect();
        for x in &places {
            for turned in [-4, 4] {
                canvas.line(&[(x - turned, middle - 4), (x + turned, middle + 4)], Ink::Reference, 2);
            }
            canvas.line(&[(*x, middle + 5), (*x, y + Self::STATE)], Ink::Reference, 2);
        }
        let mut free = 0;
        for (at, ((_, says), x)) in ends.iter().zip(&places).enumerate() {
            let wide = bold_width(says);
            let next = places.get(at + 1).map_or(canvas.width(), |next| next - 8);
            if x + 9 + wide <= next {
                canvas.bold(says, (x + 9, middle), Anchor::Start, Ink::Reference);
                free = x + 9 + wide + 8;
            } else if x - 9 - wide >= free {
                canvas.bold(says, (x - 9, middle), Anchor::End, Ink::Reference);
                free = x + 9;
            }
        }
    }
}

impl Gantt {
    /// Whether all events of a state are called the same, so that the key says it all.
    fn is_one(&self, state: State) -> bool {
        let mut names = self.events().filter(|event| event.state == state).map(|event| &event.says);
        names.next().is_none_or(|first| names.all(|name| name == first))
    }
}

impl Lane {
    /// Takes what happened in an edition; the group began at `zero`.
    fn take(&mut self, fields: &Fields, group: &str, edition: usize, events: &[timeline::Event], zero: u64) {
        let made = events.iter().map(|timeline::Event { state, name, start, end }| Event {
            id: 0,
            state: *state,
            name: name.clone(),
            says: fields.words.get(name).unwrap_or(name).clone(),
            start: start - zero,
            end: end - zero,
        });
        self.per[edition] = made.collect();
        let runs = || self.per[edition].iter().filter(|event| event.state == State::Runs);
        let told = runs().filter_map(|event| Some((event.end, ending(&event.name)?.to_owned())));
        let mut ends: Vec<(u64, String)> = told.collect();
        let is_of_this = |end: &&End| end.lane == self.name && end.group.as_ref().is_none_or(|only| only == group);
        let last = runs().map(|event| event.end).max();
        ends.extend(fields.ends.iter().filter(is_of_this).filter_map(|end| Some((last?, end.says.clone()))));
        self.ends[edition] = ends;
    }

    /// What the worker does when: it doesn't run while it waits.
    fn states(&self, edition: usize) -> Vec<(&Event, u64, u64)> {
        let of = |state: State| self.per[edition].iter().filter(move |event| event.state == state);
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

    /// What the worker holds, in tracks in which nothing overlaps.
    fn held(&self, edition: usize) -> Vec<Vec<&Event>> {
        let mut tracks: Vec<Vec<&Event>> = Vec::new();
        for event in self.per[edition].iter().filter(|event| event.state == State::Holds) {
            let free = |track: &&mut Vec<&Event>| track.last().is_none_or(|before| before.end <= event.start);
            match tracks.iter_mut().find(free) {
                Some(track) => track.push(event),
                None => tracks.push(vec![event]),
            }
        }
        tracks
    }

    /// The most tracks that it has in an edition.
    fn tracks(&self) -> usize {
        (0..self.per.len()).map(|edition| self.held(edition).len()).max().unwrap_or(0)
    }
}

/// What a lane is: as the chart says, or else by its name, or that of its group, or the group's variant.
fn role(lesson: &Lesson, fields: &Fields, (group, lane): (&str, &str)) -> Option<Role> {
    if let Some(word) = fields.lanes.get(lane) {
        return role_of(word).ok().flatten();
    }
    let says = |name: &str, words: [&str; 2]| name.split([' ', '-', ',']).any(|word| words.contains(&word));
    let of = |name: &str| match (says(name, ["thread", "threads"]), says(name, ["process", "processes"])) {
        (true, false) => Some(Role::Thread),
        (false, true) => Some(Role::Process),
        _ => None,
    };
    of(lane).or_else(|| lesson.role(group)).or_else(|| of(group))
}

/// The role that is written so; none if it is `plain`.
fn role_of(word: &str) -> Result<Option<Role>, Unknown> {
    if word == "plain" { Ok(None) } else { Role::deserialize(word.into_deserializer()).map(Some) }
}

/// Whether something is measured from the beginning of this event.
fn is_from(axis: &str, group: &Group, event: &Event) -> bool {
    match axis.split_once('/') {
        Some((only, name)) => only == group.name && name == event.name,
        None => axis == event.name,
    }
}

fn in_ns(value: f64) -> Quantity<'static> {
    Quantity { value, unit: "ns" }
}

/// What ends a worker, of an event that is called by it: `SIGKILL` of `SIGKILL at job 7`.
fn ending(name: &str) -> Option<&str> {
    name.split_once(" at ").map(|(how, _)| how)
}

/// What an event is about: `B` of `waits for B`.
fn thing(name: &str) -> &str {
    ["holds ", "waits for ", "waits on "].into_iter().find_map(|verb| name.strip_prefix(verb)).unwrap_or(name)
}

/// What an event has in common with others of its kind: `task` of `task 7`, `waits` of `waits for B`.
fn stem(name: &str) -> String {
    let verb = name.strip_suffix(thing(name)).unwrap_or_default().trim_end();
    if !verb.is_empty() {
        return verb.split(' ').next().unwrap_or_default().to_owned();
    }
    name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end().to_owned()
}

/// As much of the words as `room` has place for.
fn cut(words: &str, room: i32) -> String {
    if width(words) <= room {
        return words.to_owned();
    }
    let mut kept = words.to_owned();
    while !kept.is_empty() && width(&kept) + width("…") > room {
        kept.pop();
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use edition::example::{LESSON, claims, edition, event, written};
    use edition::timeline::{Group as Recorded, Lane as RecordedLane, Origin};

    /// Some groups of timelines, by the example's lesson, which has a variant of one of their names.
    fn gantt(fields: &str, timelines: &[Option<&Timeline>]) -> Result<Gantt> {
        let lesson = lesson_of(fields);
        Gantt::of(&lesson, &lesson.fields(&lesson.charts[2]).unwrap(), timelines)
    }

    fn lesson_of(fields: &str) -> Lesson {
        let text = LESSON.replace("groups = [\"opposite order\", \"one order\"]", fields);
        let mut lesson = Lesson::parse(&text, &claims()).unwrap();
        lesson.variants[0].name = "one order".to_owned();
        lesson.variants[0].label = "one & the same, ordered".to_owned();
        lesson
    }

    fn drawn(gantt: &Gantt, size: Size, editions: usize, references: &[Line]) -> String {
        let drawing = Canvas::draw(size, (editions, editions > 1), |canvas| gantt.draw(canvas, references));
        String::from(drawing.svg(&html!("role=\"img\""))).replace('\u{a0}', " ")
    }

    fn timeline(lanes: Vec<(&str, Vec<timeline::Event>)>) -> Timeline {
        let lanes = lanes.into_iter().map(|(name, events)| RecordedLane { name: name.to_owned(), events }).collect();
        Timeline { origin: Origin::default(), groups: vec![Recorded { name: "a".into(), lanes }] }
    }

    /// This many workers with this many events each, as long as their numbers say.
    fn many(workers: u64, each: u64) -> Timeline {
        let states = [(State::Runs, "runs"), (State::Waits, "waits for <B> & co"), (State::Holds, "holds A")];
        let events = (0..each).zip(states.into_iter().cycle());
        let events: Vec<_> = events.map(|(at, (state, name))| event(state, name, at * 1000, at * 1010)).collect();
        let names: Vec<String> = (0..workers).map(|number| format!("worker {number}")).collect();
        timeline(names.iter().map(|name| (&name[..], events.clone())).collect())
    }

    fn at(at: f64, axis: &str) -> Line {
        Line { at, axis: axis.to_owned(), says: "an interval".to_owned(), edition: None }
    }

    #[test]
    fn states_differ_in_form_and_are_told_in_words_of_their_own() {
        let timeline = Timeline::parse(&written()).unwrap();
        let fields = "groups = ['opposite order', 'one order']\nwords = { 'runs' = 'computes' }";
        let gantt = gantt(fields, &[Some(&timeline)]).unwrap();
        let wide = drawn(&gantt, Size::Wide, 1, &[]);
        let in_words = [
            ">computes<",
            ">waits<",
            ">holds<",
            ">waits for B<",
            ">A<",
            ">worker 1<",
            ">20 µs<",
            ">one &amp; the same, ordered<",
        ];
        for part in in_words {
            assert!(wide.contains(part), "{part}: {wide}");
        }
        // The key's and two that wait.
        assert_eq!(wide.matches("class=\"s d\"").count(), 3, "{wide}");
        assert!(wide.contains("&quot;along&quot;:&quot;x&quot;") && !wide.contains(">runs<"), "{wide}");
        assert!(drawn(&gantt, Size::Wide, 1, &[at(200_000.0, "")]).contains(">200 µs<"));
    }

    #[test]
    fn lanes_have_the_colour_of_what_they_are() {
        let one = || vec![event(State::Runs, "runs", 0, 9)];
        let timeline = timeline(vec![("process 0", one()), ("thread 0", one()), ("orphan", one()), ("ticks", one())]);
        let roles = |fields: &str| {
            let gantt = gantt(fields, &[Some(&timeline)]).unwrap();
            gantt.lanes().map(|lane| lane.role).collect::<Vec<_>>()
        };
        let named = [Some(Role::Process), Some(Role::Thread)];
        assert_eq!(roles("groups = ['a']"), [&named[..], &[None, None]].concat());
        let told = roles("groups = ['a']\nlanes = { orphan = 'process', 'thread 0' = 'plain' }");
        assert_eq!(told, [Some(Role::Process), None, Some(Role::Process), None]);
        let lesson = lesson_of("groups = []");
        let of_a_group = role(&lesson, &lesson.fields(&lesson.charts[2]).unwrap(), ("a-threads", "worker 0"));
        assert_eq!(of_a_group, Some(Role::Thread));
    }

    #[test]
    fn what_ends_a_worker_is_marked_where_it_does() {
        let timeline = timeline(vec![
            ("worker 0", vec![event(State::Runs, "job 1", 0, 40), event(State::Runs, "SIGKILL at job 2", 40, 60)]),
            ("worker 1", vec![event(State::Runs, "job 3", 0, 20), event(State::Waits, "ends", 20, 100)]),
        ]);
        let gantt = gantt("groups = ['a']\nend = [{ lane = 'worker 1', says = 'panic' }]", &[Some(&timeline)]).unwrap();
        let ends: Vec<_> = gantt.lanes().map(|lane| lane.ends[0].clone()).collect();
        assert_eq!(ends, [[(60, "SIGKILL".to_owned())], [(20, "panic".to_owned())]]);
        assert_eq!(gantt.words(State::Runs), ["job"]);
        for size in [Size::Wide, Size::Narrow] {
            let drawn = drawn(&gantt, size, 1, &[]);
            assert!(drawn.contains(">SIGKILL<") && drawn.contains(">panic<"), "{drawn}");
        }
    }

    #[test]
    fn an_interval_is_measured_from_the_beginning_or_from_events_that_last_so_long() {
        let events = [(0, 51), (60, 80), (90, 145)].map(|(from, to)| event(State::Runs, "has it", from, to)).to_vec();
        let timeline = timeline(vec![("worker 0", events)]);
        let gantt = gantt("groups = ['a']", &[Some(&timeline)]).unwrap();
        let lines = |reference| {
            let drawn = drawn(&gantt, Size::Wide, 1, &[reference]);
            let paths = drawn.split("<path ").filter(|path| path.starts_with("class=\"s r"));
            (paths.map(|path| path.matches('M').count()).sum::<usize>(), drawn.contains(">an interval<"))
        };
        // With the key's.
        assert_eq!((lines(at(50.0, "has it")), lines(at(50.0, "a/has it"))), ((3, true), (3, true)));
        assert_eq!((lines(at(50.0, "b/has it")), lines(at(50.0, ""))), ((1, true), (1, true)));
    }

    #[test]
    fn groups_begin_at_0_and_table_and_csv_agree() {
        let timeline = Timeline::parse(&written()).unwrap();
        let gantt = gantt("groups = ['one order', 'opposite order']", &[Some(&timeline)]).unwrap();
        let table = String::from(gantt.table(&[&edition("reference")])).replace('\u{a0}', " ");
        assert!(table.contains("<td data-c=\"2.0\">holds B <small>(20.0 µs to 40.0 µs)</small></td>"), "{table}");
        assert!(!table.contains("machine") && table.matches("data-c=").count() == 10, "{table}");
        let csv = gantt.csv(0);
        assert!(
            csv.contains("\"one & the same, ordered\",worker 0,holds,holds B,20000,40000\n")
                && csv.lines().count() == 1 + 10,
            "{csv}"
        );
    }

    #[test]
    fn editions_are_drawn_on_one_scale_and_one_may_have_no_timeline() {
        let timelines = [10, 40].map(|end| timeline(vec![("worker 0", vec![event(State::Runs, "runs", 0, end)])]));
        let all = [Some(&timelines[0]), None, Some(&timelines[1])];
        let gantt = gantt("groups = ['a']", &all).unwrap();
        let drawn = drawn(&gantt, Size::Wide, 3, &[]);
        let long = |edition: usize| -> i32 {
            let cell = drawn.split(&format!("data-c=\"0.{edition}\"")).nth(1).unwrap();
            cell.split(" d=").nth(1).unwrap().split(['h', 'v']).nth(1).unwrap().parse().unwrap()
        };
        assert!((long(0) * 4 - long(2)).abs() <= 6 && drawn.contains("data-e=\"2\""), "{drawn}");
        assert!(!drawn.contains("data-e=\"1\"") && gantt.csv(1).lines().count() == 1, "{drawn}");
        let editions = ["reference", "other", "third"].map(edition);
        let table = String::from(gantt.table(&editions.each_ref()));
        assert!(table.contains("<th>machine</th>") && table.matches("<tbody>").count() == 2, "{table}");
    }

    #[test]
    fn what_waits_does_not_run() {
        let events = [(State::Runs, 0, 100), (State::Waits, 20, 30), (State::Waits, 90, 120)];
        let events = events.map(|(state, start, end)| event(state, "", start, end)).to_vec();
        let timeline = timeline(vec![("worker", events)]);
        let gantt = gantt("groups = ['a']", &[Some(&timeline)]).unwrap();
        let states = gantt.lanes().next().unwrap().states(0);
        let states: Vec<_> = states.into_iter().map(|(event, from, to)| (event.state, from, to)).collect();
        let runs = [(State::Runs, 0, 20), (State::Runs, 30, 90)];
        assert_eq!(states, [&runs[..], &[(State::Waits, 20, 30), (State::Waits, 90, 120)]].concat());
    }

    #[test]
    fn what_there_is_no_room_for_is_left_out_in_words() {
        let gantt = gantt("groups = ['a']", &[Some(&many(100, 50))]).unwrap();
        assert_eq!(
            gantt.left_out(0),
            ["Only the first 16 of 100 rows are drawn.", "Only the 100 longest of 800 events are drawn."]
        );
        assert_eq!(gantt.csv(0).lines().count(), 1 + MOST_EVENTS);
    }

    #[test]
    fn eighty_events_of_two_editions_are_light_and_stay_in_the_drawing() {
        let timeline = many(5, 16);
        let gantt = gantt("groups = ['a']", &[Some(&timeline), Some(&timeline)]).unwrap();
        let both =
            [Size::Wide, Size::Narrow].map(|size| drawn(&gantt, size, 2, &[at(9_000.0, ""), at(9_000.0, "runs")]));
        assert!(both.iter().map(String::len).sum::<usize>() < 25_000, "{:?}", both.map(|one| one.len()));
        for (drawn, size) in both.iter().zip([Size::Wide, Size::Narrow]) {
            let ends = drawn.split("d=\"M").skip(1).filter_map(|path| {
                let (from, rest) = path.split_once(' ')?;
                let wide = rest.split(['h', 'v']).nth(1).and_then(|wide| wide.parse::<i32>().ok()).unwrap_or(0);
                Some((from.parse::<i32>().ok()?, wide))
            });
            for (from, wide) in ends {
                assert!(from >= 0 && from + wide <= size.width(), "{from} {wide}: {drawn}");
            }
        }
    }

    #[test]
    fn a_group_without_events_is_told() {
        let error = gantt("groups = ['a']", &[Some(&many(3, 0))]).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("nothing happens in the group \"a\""), "{error}");
        let error = gantt("groups = ['b']", &[Some(&many(3, 1))]).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("no group \"b\""), "{error}");
    }
}
