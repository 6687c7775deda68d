//! Recorded timelines: who ran, held and waited, and when, in the Chrome trace event format that `base::trace::Trace` writes.

use std::cmp::Reverse;
use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
pub use base::trace::{Event, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;
use crate::provenance::Provenance;

/// The longest that a timeline's file may be, in bytes: some two thousand events, far more than a chart can show.
pub const LONGEST: u64 = 256 * 1024;

/// A timeline that was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// When, and from which commit. It tells this itself, since it's a file of its own beside the recording's.
    pub origin: Origin,
    /// Its groups of lanes, in the order in which the experiment wrote them.
    pub groups: Vec<Group>,
}

/// Where a timeline comes from; in the file it is `otherData`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// When it was recorded: RFC 3339, UTC.
    pub date: String,
    /// The commit, or empty outside a checkout.
    pub commit: String,
}

/// Workers that belong together, such as those of one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, which charts name it by.
    pub name: String,
    /// Its lanes, one for each worker.
    pub lanes: Vec<Lane>,
}

/// What one worker did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The worker's name.
    pub name: String,
    /// What it did: first what began first, and of those that began together the longest.
    pub events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    other_data: Origin,
    trace_events: Vec<Raw>,
}

/// An event of the file: a span (`ph` is `X`), the name of a group or a lane (`M`), or something that is not ours.
#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    name: String,
    ph: String,
    #[serde(default)]
    pid: u64,
    #[serde(default)]
    tid: u64,
    cat: Option<State>,
    ts: Option<f64>,
    dur: Option<f64>,
    args: Option<Args>,
}

#[derive(Deserialize)]
struct Args {
    name: Option<String>,
}

impl Timeline {
    /// Reads a timeline. Lanes of one name in a group are one lane, and an event without a category is one that runs.
    ///
    /// # Errors
    /// It isn't in the Chrome trace event format; it has no event, a time that can't be, a name that can't be shown.
    pub fn parse(text: &str) -> Result<Self> {
        ensure!(text.len() as u64 <= LONGEST, "it is longer than {} KiB; record a shorter run", LONGEST / 1024);
        let file: File = json::parse(text)?;
        let mut names: HashMap<(&str, u64, u64), &str> = HashMap::new();
        for event in file.trace_events.iter().filter(|event| event.ph == "M") {
            if let Some(name) = event.args.as_ref().and_then(|args| args.name.as_ref()) {
                let lane = if event.name == "thread_name" { event.tid } else { 0 };
                names.insert((&event.name, event.pid, lane), name);
            }
        }
        let mut timeline = Self { origin: file.other_data, groups: Vec::new() };
        let Origin { date, commit } = &timeline.origin;
        ensure!([date, commit].into_iter().all(|word| can_be_shown(word)), "its date or its commit is no word");
        for raw in &file.trace_events {
            let (is_span, is_lane) = (raw.ph == "X", raw.ph == "M" && raw.name == "thread_name");
            if !is_span && !is_lane {
                continue;
            }
            let named =
                |what: &'static str, lane: u64| names.get(&(what, raw.pid, lane)).map(|name| (*name).to_owned());
            let group = named("process_name", 0).unwrap_or_else(|| format!("group {}", raw.pid));
            let lane = named("thread_name", raw.tid).unwrap_or_else(|| format!("row {}", raw.tid));
            for name in [&group, &lane, &raw.name] {
                ensure!(can_be_shown(name), "{name:?} can't be shown; give it a name of 1 to 60 characters");
            }
            let group =
                of_name(&mut timeline.groups, &group, |group| &group.name, |name| Group { name, lanes: vec![] });
            let lane = of_name(&mut group.lanes, &lane, |lane| &lane.name, |name| Lane { name, events: vec![] });
            if is_span {
                lane.events.push(raw.event()?);
            }
        }
        let mut lanes = timeline.groups.iter_mut().flat_map(|group| &mut group.lanes).peekable();
        ensure!(lanes.peek().is_some(), "there is no event in it");
        lanes.for_each(|lane| lane.events.sort_by_key(|event| (event.start, Reverse(event.end))));
        Ok(timeline)
    }
}

impl Raw {
    fn event(&self) -> Result<Event> {
        // Some eleven days.
        const LAST: f64 = 1e12;
        let (Some(start), Some(lasts)) = (self.ts, self.dur) else {
            anyhow::bail!("the event {:?} lacks its ts or its dur", self.name)
        };
        let can_be = |time: f64| (0.0..=LAST).contains(&time);
        ensure!(can_be(start) && can_be(lasts), "the event {:?} has a time that can't be", self.name);
        let in_ns = |time: f64| (time * 1e3).round() as u64;
        let state = self.cat.unwrap_or(State::Runs);
        Ok(Event { state, name: self.name.clone(), start: in_ns(start), end: in_ns(start + lasts) })
    }
}

/// Several timelines as one, whose groups are those of all.
///
/// # Errors
/// One of them isn't in the Chrome trace event format.
pub fn joined(texts: &[String]) -> Result<String> {
    let (mut all, mut groups) = (Vec::new(), 0);
    for text in texts {
        let mut file: Value = serde_json::from_str(text)?;
        let events = file["traceEvents"].as_array_mut().context("there are no traceEvents in it")?;
        let before = groups;
        for event in &mut *events {
            let group = before + event["pid"].as_u64().unwrap_or(0);
            event["pid"] = group.into();
            groups = groups.max(group);
        }
        all.append(events);
    }
    Ok(serde_json::json!({ "displayTimeUnit": "ns", "traceEvents": all }).to_string())
}

/// The text of a timeline that an experiment wrote, as an edition keeps it: a worker's events on one line, and where it comes from.
///
/// # Errors
/// As for [`Timeline::parse`].
pub fn stamped(text: &str, provenance: &Provenance) -> Result<String> {
    Timeline::parse(text)?;
    let file: Value = serde_json::from_str(text)?;
    let events = file["traceEvents"].as_array().context("there are no traceEvents in it")?;
    let rows = events.chunk_by(|one, next| (&one["pid"], &one["tid"]) == (&next["pid"], &next["tid"]));
    let row = |events: &[Value]| events.iter().map(Value::to_string).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = rows.map(row).collect();
    let origin = serde_json::json!({ "date": provenance.date, "commit": provenance.commit });
    let text =
        format!("{{\"displayTimeUnit\":\"ns\",\"otherData\":{origin},\"traceEvents\":[\n{}\n]}}\n", rows.join(",\n"));
    // With its origin it may just be too long.
    Timeline::parse(&text).map(|_| text)
}

fn can_be_shown(name: &str) -> bool {
    !name.contains(char::is_control) && name.chars().count() <= 60
}

/// The one of this name, or a new one at the end.
fn of_name<'a, T>(all: &'a mut Vec<T>, name: &str, name_of: fn(&T) -> &str, new: fn(String) -> T) -> &'a mut T {
    let at = all.iter().position(|one| name_of(one) == name).unwrap_or_else(|| {
        all.push(new(name.to_owned()));
        all.len() - 1
    });
    &mut all[at]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{event, provenance, written};

    #[test]
    fn what_an_experiment_writes_is_read() {
        let timeline = Timeline::parse(&written()).unwrap();
        let lanes =
            |group: &Group| group.lanes.iter().map(|lane| (lane.name.clone(), lane.events.len())).collect::<Vec<_>>();
        let names: Vec<&str> = timeline.groups.iter().map(|group| &group.name[..]).collect();
        assert_eq!(names, ["opposite order", "one order"]);
        assert_eq!(lanes(&timeline.groups[0]), [("worker 0".to_owned(), 4), ("worker 1".to_owned(), 3)]);
        // What crosses lies in two tracks of the file, and is one lane again.
        assert_eq!(lanes(&timeline.groups[1]), [("worker 0".to_owned(), 3), ("worker 1".to_owned(), 0)]);
        let events = &timeline.groups[0].lanes[0].events;
        assert_eq!(events[1], event(State::Holds, "holds A", 15_000, 90_000));
        assert_eq!(events[3], event(State::Waits, "waits for B", 40_000, 90_000));
    }

    #[test]
    fn a_kept_timeline_says_where_it_comes_from() {
        let kept = stamped(&written(), &provenance()).unwrap();
        assert!(kept.lines().count() > 3 && kept.ends_with("]}\n"), "{kept}");
        let (kept, written) = (Timeline::parse(&kept).unwrap(), Timeline::parse(&written()).unwrap());
        assert_eq!((&kept.origin.date[..10], &kept.origin.commit[..7]), ("2026-01-02", "0123456"));
        assert_eq!(kept.groups, written.groups);
    }

    #[test]
    fn joined_timelines_have_the_groups_of_all() {
        let one = |name: &str| {
            format!(
                r#"{{"traceEvents":[{{"name":"process_name","ph":"M","pid":1,"args":{{"name":"{name}"}}}},
                {{"name":"{name} works","ph":"X","pid":1,"ts":1.0,"dur":1.0}}]}}"#
            )
        };
        let joined = joined(&[one("a"), one("b")]).unwrap();
        let groups = Timeline::parse(&joined).unwrap().groups;
        let seen = groups.iter().map(|group| format!("{}: {}", group.name, group.lanes[0].events[0].name));
        assert_eq!(seen.collect::<Vec<_>>(), ["a: a works", "b: b works"]);
    }

    #[test]
    fn spans_of_work_without_a_category_run() {
        let mut trace = base::trace::Trace::default();
        trace.team("first", &[base::trace::Span { start: 1_000, end: 3_000 }]);
        let folder = tempfile::tempdir().unwrap();
        trace.write(&folder.path().join("t.json")).unwrap();
        let timeline = Timeline::parse(&std::fs::read_to_string(folder.path().join("t.json")).unwrap()).unwrap();
        assert_eq!(timeline.groups[0].lanes[0].events, [event(State::Runs, "works", 1_000, 3_000)]);
    }

    #[test]
    fn what_is_no_timeline_is_refused_in_one_line() {
        let one = |event: &str| format!("{{\"traceEvents\":[{event}]}}");
        let long = format!("{{\"traceEvents\":[{}]}}", " ".repeat(LONGEST as usize));
        let bad = [
            (String::new(), "EOF"),
            ("{}".to_owned(), "missing field `traceEvents`"),
            (one(""), "no event"),
            (one(r#"{"name":"a","ph":"X","ts":1.0,"dur":-1.0}"#), "a time that can't be"),
            (one(r#"{"name":"a","ph":"X","ts":1e300,"dur":1.0}"#), "a time that can't be"),
            (one(r#"{"name":"a","ph":"X","ts":1.0}"#), "lacks its ts or its dur"),
            (one(r#"{"name":"a","ph":"X","cat":"sleeps","ts":1.0,"dur":1.0}"#), "unknown variant `sleeps`"),
            (one(r#"{"name":"a\n\nb","ph":"X","ts":1.0,"dur":1.0}"#), "can't be shown"),
            (one(r#"{"name":7,"ph":"X"}"#), "invalid type"),
            (long, "256 KiB"),
        ];
        for (text, complaint) in bad {
            let error = format!("{:#}", Timeline::parse(&text).unwrap_err());
            assert!(error.contains(complaint) && !error.contains('\n'), "{complaint}: {error}");
        }
    }
}
