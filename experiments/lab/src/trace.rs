//! Timelines in the Chrome trace event format, which Perfetto and `chrome://tracing` open.
//!
//! Source: *Trace Event Format*, Google, 2016. Only complete events (`"ph":"X"`) and the names of rows (`"ph":"M"`) are
//! written, with times in microseconds.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::team::Span;

/// A timeline: groups of rows, and in each row spans of time with a name.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    events: Vec<serde_json::Value>,
    groups: u32,
}

impl Trace {
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
        // A file gets its name when it's whole; anything else, such as a pipe or a link, can only be written to.
        let replaceable = fs::symlink_metadata(path).map_or(true, |data| data.is_file());
        let written = if replaceable {
            let part = path.with_added_extension(format!("{}.part", std::process::id()));
            File::create_new(&part).and_then(|file| {
                let whole = write(file).and_then(|()| fs::rename(&part, path));
                whole.inspect_err(|_| drop(fs::remove_file(&part)))
            })
        } else {
            File::create(path).and_then(write)
        };
        written.map_err(|error: io::Error| {
            let what = format!("can't write the trace to {}: {error}; name a file elsewhere", path.display());
            io::Error::new(io::ErrorKind::InvalidInput, what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
