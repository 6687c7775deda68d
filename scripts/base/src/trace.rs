//! Timelines in the Chrome trace event format, which Perfetto and `chrome://tracing` open.
//!
//! Source: *Trace Event Format*, Google, 2016. Only complete events (`"ph":"X"`) and the names of rows (`"ph":"M"`) are
//! written, with times in microseconds.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::files;

/// A timeline: groups of rows, and in each row spans of time with a name.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    events: Vec<serde_json::Value>,
    groups: u32,
}

/// What a worker is doing during an [`Event`]; in the file it is the event's category, `cat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It computes.
    Runs,
    /// It holds something that other workers may want, such as a lock, whatever else it does.
    Holds,
    /// It waits for something and does nothing.
    Waits,
}

/// A span of time in a row, and what happened in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What the worker is doing.
    pub state: State,
    /// The state in words, with the thing that is held or waited for: `holds A`, `waits for B`.
    pub name: String,
    /// When it began, in nanoseconds, by a clock that all rows of the timeline share.
    pub start: u64,
    /// When it ended, by the same clock.
    pub end: u64,
}

/// When one worker worked, in nanoseconds since its team was called together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it passed the starting line.
    pub start: u64,
    /// When it had done its work.
    pub end: u64,
}

impl Event {
    /// The same event at each of these times.
    pub fn each(state: State, name: &str, spans: &[Span]) -> Vec<Self> {
        spans.iter().map(|span| Self { state, name: name.to_owned(), start: span.start, end: span.end }).collect()
    }
}

impl Trace {
    /// What is written, for an error.
    pub const IN_WORDS: &str = "the trace";

    /// Adds a group with a row for each worker, and in each row its span of work.
    pub fn team(&mut self, name: &str, spans: &[Span]) {
        self.groups += 1;
        self.name("process_name", 0, name);
        for (number, span) in spans.iter().enumerate() {
            self.name("thread_name", number, &format!("worker {number}"));
            self.events.push(json!({
                "name": "works", "ph": "X", "pid": self.groups, "tid": number,
                "ts": span.start as f64 / 1e3, "dur": (span.end - span.start) as f64 / 1e3,
            }));
        }
    }

    /// Adds a group with rows of events, each row with a name of its own in the group.
    ///
    /// Events of a row may overlap: a worker that waits for B may still hold A. Viewers draw only spans that lie one within
    /// the other, so an event that crosses another one gets a track below it, which has the name of the row too.
    pub fn rows(&mut self, group: &str, rows: &[(String, Vec<Event>)]) {
        self.groups += 1;
        self.name("process_name", 0, group);
        let mut number = 0;
        for (name, events) in rows {
            for track in tracks(events) {
                self.name("thread_name", number, name);
                for event in track {
                    self.events.push(json!({
                        "name": event.name, "cat": event.state, "ph": "X", "pid": self.groups, "tid": number,
                        "ts": event.start as f64 / 1e3, "dur": event.end.saturating_sub(event.start) as f64 / 1e3,
                    }));
                }
                number += 1;
            }
        }
    }

    fn name(&mut self, what: &str, row: usize, name: &str) {
        let event = json!({ "name": what, "ph": "M", "pid": self.groups, "tid": row, "args": { "name": name } });
        self.events.push(event);
    }

    /// Writes the timeline as a JSON object.
    ///
    /// # Errors
    /// The file can't be written; the error names it.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Whole<'a> {
            display_time_unit: &'static str,
            trace_events: &'a [serde_json::Value],
        }
        let write = |file: File| {
            let mut file = BufWriter::new(file);
            serde_json::to_writer(&mut file, &Whole { display_time_unit: "ns", trace_events: &self.events })?;
            file.flush()
        };
        files::write_as_asked(Self::IN_WORDS, path, write)
    }
}

/// Sorts the events of a row into tracks, at least one. Any two events of a track lie apart or one within the other.
fn tracks(events: &[Event]) -> Vec<Vec<&Event>> {
    let mut tracks = vec![Vec::new()];
    let mut in_order: Vec<&Event> = events.iter().collect();
    // Of events that begin together, the longest encloses the others.
    in_order.sort_by_key(|event| (event.start, Reverse(event.end)));
    for event in in_order {
        let fits =
            |track: &&mut Vec<&Event>| track.iter().all(|before| before.end <= event.start || event.end <= before.end);
        match tracks.iter_mut().find(fits) {
            Some(track) => track.push(event),
            None => tracks.push(vec![event]),
        }
    }
    tracks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(state: State, name: &str, start: u64, end: u64) -> Event {
        Event { state, name: name.to_owned(), start, end }
    }

    #[test]
    fn rows_say_what_each_worker_does() {
        let mut trace = Trace::default();
        let events =
            vec![event(State::Holds, "holds A", 1_000, 9_000), event(State::Waits, "waits for B", 2_500, 8_000)];
        trace.rows("opposite order", &[("worker 0".to_owned(), events), ("worker 1".to_owned(), vec![])]);
        let rows: Vec<_> = trace.events.iter().filter(|event| event["name"] == "thread_name").collect();
        assert_eq!(rows.len(), 2, "a row without events is one too");
        assert_eq!((&rows[1]["tid"], &rows[1]["args"]["name"]), (&json!(1), &json!("worker 1")));
        let spans: Vec<_> = trace.events.iter().filter(|event| event["ph"] == "X").collect();
        assert_eq!((&spans[0]["cat"], &spans[0]["name"]), (&json!("holds"), &json!("holds A")));
        assert_eq!((&spans[1]["cat"], &spans[1]["ts"], &spans[1]["dur"]), (&json!("waits"), &json!(2.5), &json!(5.5)));
    }

    #[test]
    fn events_that_cross_are_drawn_below_each_other() {
        let mut trace = Trace::default();
        let crossing = vec![
            event(State::Holds, "holds B", 3, 9),
            event(State::Holds, "holds A", 1, 6),
            event(State::Runs, "runs", 1, 2),
            event(State::Runs, "runs", 9, 12),
        ];
        trace.rows("hand over hand", &[("worker 0".to_owned(), crossing), ("worker 1".to_owned(), vec![])]);
        let place = |event: &serde_json::Value| (event["args"]["name"].clone(), event["tid"].clone());
        let rows: Vec<_> = trace.events.iter().filter(|event| event["name"] == "thread_name").map(place).collect();
        let worker = |number: u32| json!(format!("worker {number}"));
        assert_eq!(rows, [(worker(0), json!(0)), (worker(0), json!(1)), (worker(1), json!(2))]);
        let crossed = trace.events.iter().find(|event| event["name"] == "holds B").unwrap();
        assert_eq!(crossed["tid"], json!(1));
    }

    #[test]
    fn every_span_is_a_complete_event_in_microseconds() {
        let mut trace = Trace::default();
        let team = [Span { start: 1_000, end: 3_500 }, Span { start: 2_000, end: 2_000 }];
        trace.team("first", &team);
        trace.team("second", &team[..1]);
        let spans: Vec<_> = trace.events.iter().filter(|event| event["ph"] == "X").collect();
        assert_eq!(spans.len(), 3);
        assert_eq!((&spans[0]["ts"], &spans[0]["dur"]), (&json!(1.0), &json!(2.5)));
        assert_eq!((&spans[2]["pid"], &spans[2]["tid"]), (&json!(2), &json!(0)));
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Trace::default().write(&link).unwrap();
        assert!(link.is_symlink() && file.is_file());
    }

    #[test]
    fn a_path_that_cannot_be_written_is_named() {
        let error = Trace::default().write(Path::new("/no/such/folder/trace.json")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("/no/such/folder/trace.json"));
    }
}
