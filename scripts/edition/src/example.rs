//! A small project for tests: one experiment, `example`, its lesson, and what was recorded of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use base::machine::Machine;
use base::trace::{Event, State, Trace};

use crate::comparison::{self, Comparison, LeftOut, Row, Series};
use crate::estimate::Launch;
use crate::folder::Edition;
use crate::lesson::{Claims, Lesson};
use crate::project::Project;
use crate::provenance::Provenance;
use crate::recording::{MachineFile, Point, Recording, SCHEMA, Session};
use crate::timeline::{self, Timeline};

/// A project with one experiment, `example`, recorded in the editions of these names.
pub fn project(editions: &[&str]) -> Project {
    Project {
        root: PathBuf::from("/nowhere"),
        lessons: [("example".to_owned(), lesson())].into(),
        claims: claims(),
        editions: editions.iter().map(|name| edition(name)).collect(),
        is_draft: false,
    }
}

pub const LESSON: &str = r#"title = "An example"
asks = "Is it slow?"
answer = "It takes {{#value time/slow/2}}."

[[variant]]
name = "slow"
label = "slow way"
[[variant]]
name = "fast"
label = "fast way"

[[chart]]
id = "cost"
kind = "lines"
shows = "Cost of one step"
finding = [
    { says = "Slowly, one step takes {{#value time/slow/2}}", when = [{ value = "time/slow/2", above = 0 }] },
]
metric = "time"
scale = "log"
series = ["slow", "fast"]
over = "workers"

[[chart]]
id = "lost"
kind = "dots"
shows = "Updates lost by two workers"
metric = "lost"
rows = ["slow/2", "fast/2"]
[[chart.finding]]
says = "Nothing is lost, not even {{#value lost/slow/2}}"
when = [{ value = "lost/slow/2", below = 1 }]
[[chart.finding]]
says = "The slow way loses {{#value lost/slow/2}}"
when = [{ value = "lost/slow/2", above = 1 }, { value = "lost/fast/2", below = 1 }]

[[claim]]
id = "slow-loses"
[[claim.case]]
says = "slowly"
value = "lost/slow/2"
above = 0
[[claim.case]]
says = "fast"
value = "lost/fast/2"
above = 0

[[claim]]
id = "fast-is-fast"
[[claim.case]]
says = "with one worker"
ratio = ["time/slow/1", "time/fast/1"]
above = 2

[[session]]
name = "run"
command = "cargo run -p example"

[[claim]]
id = "fast-is-nicer"
opinion = "*Nicer* is a taste; {{#value time/fast/1}} isn't."

[[prediction]]
id = "how-much"
question = "How much is *lost*?"
chart = "lost"
result = "{{#value lost/slow/2}} were lost."
[[prediction.choice]]
says = "nothing"
when = [{ value = "lost/slow/2", below = 0 }]
why = "Nothing is lost where nobody looks."
at = 0
[[prediction.choice]]
says = "half & more"
when = [{ value = "lost/slow/2", above = 0 }]
span = [500, 1e3]

[[prediction]]
id = "how-long"
question = "How long does it take?"
result = "It takes {{#value time/slow/2}}."
[prediction.axis]
from = 1
to = 1e2
unit = "ns"
scale = "log"
steps = 20
truth = "time/slow/2"
near = 2
[[prediction.axis.why]]
to = 10
says = "It's fast."
[[prediction.axis.why]]
to = 1e2
says = "It's slow."

[[question]]
id = "why"
question = "Why?"
answer = "Because **so**."

[[chart]]
id = "orders"
kind = "gantt"
shows = "Time since they began"
finding = [
    { says = "The slow way takes {{#value time/slow/2}}", when = [{ value = "time/slow/2", above = 0 }] },
]
groups = ["opposite order", "one order"]

[record]
trace = "--workers 2"

[[metric]]
name = "time"
label = "cost of one"
per = "step"
[[metric]]
name = "lost"
label = "updates lost"
[[metric]]
name = "own-time"
label = "cost of one"
same_as = "time"
[[metric]]
name = "at-once"
label = "cost of one of several"
same_at = { "1" = "time/2" }
"#;

pub fn claims() -> Claims {
    let text = r#"
            claim = [
                { id = "slow-loses", says = "Who is slow loses.", said = [{ by = "A text", words = "So it is." }], depends_on = "*how* slow it is", instead = "Say *less*." },
                { id = "fast-is-nicer", says = "Fast is nicer.", said = [{ by = "A text", words = "So it is." }], instead = "Say *less*." },
                { id = "fast-is-fast", says = "Fast is fast.", said = [{ by = "A text", words = "It is fast." }, { by = "Another", words = "Fast & so." }], holds_if = "every", instead = "Say so." },
            ]"#;
    toml::from_str(text).unwrap()
}

pub fn lesson() -> Lesson {
    Lesson::parse(LESSON, &claims()).unwrap()
}

/// Whether each fault of the lesson is told in one line, with its place: what to replace, with what, and what the complaint must
/// contain. `check` finds what reading the lesson doesn't.
pub fn assert_told(faults: &[(&str, &str, &str)], check: impl Fn(&Lesson) -> Result<()>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lesson.toml");
    for (right, wrong, complaint) in faults {
        assert!(LESSON.contains(right), "{right}");
        std::fs::write(&path, LESSON.replacen(right, wrong, 1)).unwrap();
        let error = Lesson::read(&path, &claims()).and_then(|lesson| check(&lesson)).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("lesson.toml:") && error.contains(complaint), "{wrong}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

pub fn provenance() -> Provenance {
    let [date, commit] = ["2026-01-02T03:04:05Z", "0123456789"].map(str::to_owned);
    Provenance { date, commit, ..Default::default() }
}

pub fn recording() -> Recording {
    let launch = |median: f64| Launch { median, lower: median - 0.1, upper: median + 0.1 };
    let point = |names, medians: [f64; 3]| Point::new(names, medians.map(launch).to_vec());
    Recording {
        schema: SCHEMA,
        experiment: "example".to_owned(),
        provenance: provenance(),
        points: vec![
            point(["lost", "fast", "2", "updates"], [0.0, 0.0, 0.0]),
            point(["lost", "slow", "2", "updates"], [500.0, 600.0, 700.0]),
            point(["time", "fast", "1", "ns"], [1.0, 1.1, 1.2]),
            point(["time", "fast", "2", "ns"], [1.5, 1.6, 1.7]),
            point(["time", "slow", "1", "ns"], [10.0, 11.0, 12.0]),
            point(["time", "slow", "2", "ns"], [30.0, 31.0, 32.0]),
        ],
        sessions: vec![Session {
            name: "run".to_owned(),
            command: "cargo run -p example".to_owned(),
            sources: "abc".to_owned(),
            output: vec!["a <line>".to_owned(), String::new(), "1".to_owned()],
            found: BTreeMap::new(),
            thrown_away: 0,
        }],
    }
}

pub fn edition(name: &str) -> Edition {
    let recording = recording();
    let machine = MachineFile { schema: SCHEMA, machine: Machine::default(), last: recording.provenance.clone() };
    let written = timeline::stamped(&written(), &recording.provenance).unwrap();
    let timelines = [("example".to_owned(), Timeline::parse(&written).unwrap())].into();
    let recordings = [("example".to_owned(), recording)].into();
    Edition { name: name.to_owned(), recordings, timelines, comparison: None, machine }
}

/// An event of a timeline.
pub fn event(state: State, name: &str, start: u64, end: u64) -> Event {
    Event { state, name: name.to_owned(), start, end }
}

/// Two workers that take two locks in opposite order, and two that take them in one.
pub fn written() -> String {
    let mut trace = Trace::default();
    let first = vec![
        event(State::Runs, "runs", 5_000, 15_000),
        event(State::Holds, "holds A", 15_000, 90_000),
        event(State::Runs, "runs", 15_000, 40_000),
        event(State::Waits, "waits for B", 40_000, 90_000),
    ];
    let second = vec![
        event(State::Runs, "runs", 6_000, 18_000),
        event(State::Holds, "holds B", 18_000, 90_000),
        event(State::Waits, "waits for A", 20_000, 90_000),
    ];
    trace.rows("opposite order", &[("worker 0".to_owned(), first), ("worker 1".to_owned(), second)]);
    let crossing = vec![
        event(State::Holds, "holds A", 100_000, 130_000),
        event(State::Holds, "holds B", 120_000, 140_000),
        event(State::Runs, "runs", 100_000, 140_000),
    ];
    trace.rows("one order", &[("worker 0".to_owned(), crossing), ("worker 1".to_owned(), vec![])]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    trace.write(&file).unwrap();
    std::fs::read_to_string(file).unwrap()
}

fn series(says: &str, unit: &str, rounds: &[f64]) -> Series {
    let command = format!("measure <{says}>");
    Series { says: says.to_owned(), command, unit: unit.to_owned(), rounds: rounds.to_vec() }
}

/// The first row within its limit, the second outside, the third explained, the fourth left out.
pub fn comparison() -> Comparison {
    let row = |name: &str, says: &str, limit: f64, rounds: [f64; 3]| Row {
        name: name.to_owned(),
        says: says.to_owned(),
        independent: true,
        limit,
        ours: series("we & ours", "ns", &rounds),
        beside: series("they", "ns", &[11.0, 10.0, 10.5]),
        reasons: vec![series("a step", "bytes", &[2048.0; 3])],
        explained_by: None,
    };
    let mut explained = row("fork-free", "fork, exit and wait", 1.25, [22.0, 20.0, 21.0]);
    explained.independent = false;
    explained.reasons.push(series("C & all", "ns", &[20.0; 3]));
    explained.explained_by = Some("C & all".to_owned());
    let [name, says, why] = ["pipe", "a round trip", "<tool> is missing"].map(str::to_owned);
    Comparison {
        schema: comparison::SCHEMA,
        provenance: Provenance { dirty: true, ..provenance() },
        rows: vec![
            row("thread-free", "start and join a thread, placed freely", 1.3, [11.0, 12.0, 10.5]),
            row("thread-one-core", "start and join a thread, on one core", 1.5, [22.0, 20.0, 21.0]),
            explained,
        ],
        left_out: vec![LeftOut { name, says, why }],
    }
}
