use std::fs;
use std::path::Path;

use book::check::data::{stale, unused};
use charts::readme;
use edition::estimate::Launch;
use edition::lesson::{Claims, Lesson};
use edition::timeline::Timeline;
use edition::{Edition, MachineFile, Point, Project, Provenance, Recording, SCHEMA, Session, sources};
use tempfile::TempDir;

const LESSON: &str = r#"
asks = "Is it slow?"
answer = "It takes {{#value time/slow/2}}."
variant = [{ name = "slow", label = "slow way" }]
chart = [
    { id = "cost", kind = "lines", title = "The cost", metric = "time", axis = "time", series = ["slow"], over = "workers" },
    { id = "who", kind = "gantt", title = "Who works", groups = ["slow"], axis = "time" },
]
record = { trace = "--workers 2" }
claim = [
    { id = "is-slow", case = [{ says = "slowly", value = "time/slow/2", above = 1 }] },
    { id = "is-nice", opinion = "It is a taste." },
]
session = [{ name = "run", command = "program file.rs" }]
"#;

const CHAPTER: &str = "{{#figure cost}} {{#figure who}} {{#verdict is-slow}} {{#verdict is-nice}} {{#session run}}";

fn check(project: &Project) -> Vec<book::Problem> {
    [stale(project), unused(project)].concat()
}

/// A project in which data, lesson, chapter and README agree.
fn project() -> (TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    fs::create_dir_all(root.join("book/src")).unwrap();
    fs::write(root.join("book/src/example.md"), CHAPTER).unwrap();
    fs::write(root.join("rust-toolchain.toml"), "").unwrap();
    fs::write(root.join("file.rs"), "").unwrap();
    let map = "<!-- The map is made by `cargo charts` from the recording; edit lesson.toml instead. -->\n<!-- End of the map. -->\n";
    fs::write(root.join("README.md"), map).unwrap();
    let recording = Recording {
        schema: SCHEMA,
        experiment: "example".to_owned(),
        provenance: Provenance::default(),
        points: vec![Point {
            metric: "time".to_owned(),
            variant: "slow".to_owned(),
            parameter: "2".to_owned(),
            unit: "ns".to_owned(),
            launches: vec![Launch { median: 10.0, lower: 9.0, upper: 11.0 }],
        }],
        sessions: vec![Session {
            name: "run".to_owned(),
            command: "program file.rs".to_owned(),
            sources: sources::hash(&root, "program file.rs").unwrap(),
            output: vec![],
        }],
    };
    let machine = MachineFile { schema: SCHEMA, machine: base::machine::this(), last: Provenance::default() };
    let timeline = r#"{"traceEvents":[
        {"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"slow"}},
        {"name":"works","ph":"X","pid":1,"tid":0,"ts":0.0,"dur":1.0}]}"#;
    let edition = Edition {
        name: "reference".to_owned(),
        recordings: [("example".to_owned(), recording)].into(),
        timelines: [("example".to_owned(), Timeline::parse(timeline).unwrap())].into(),
        comparison: None,
        machine,
    };
    let lesson: Lesson = toml::from_str(LESSON).unwrap();
    let claims = r#"claim = [
        { id = "is-slow", says = "It is slow.", sources = [], instead = "It is." },
        { id = "is-nice", says = "It is nice.", sources = [], instead = "It is." },
    ]"#;
    let claims: Claims = toml::from_str(claims).unwrap();
    let project = Project {
        root,
        lessons: [("example".to_owned(), lesson)].into(),
        claims,
        editions: vec![edition],
        is_draft: false,
    };
    readme::update(&project).unwrap();
    (folder, project)
}

fn recording(project: &mut Project) -> &mut Recording {
    project.editions[0].recordings.get_mut("example").unwrap()
}

fn lesson(project: &mut Project) -> &mut Lesson {
    project.lessons.get_mut("example").unwrap()
}

fn write(project: &Project, path: impl AsRef<Path>, text: &str) {
    fs::write(project.root.join(path), text).unwrap();
}

type Fault = fn(&mut Project);

/// What is wrong, and the complaint.
const FAULTS: &[(Fault, &str)] = &[
    (|p| recording(p).points[0].metric = "lost".to_owned(), "the chart \"cost\" has no data"),
    (|p| p.editions.clear(), "book/data: no edition"),
    (
        |p| p.editions[0].timelines.clear(),
        "[record] asks for a timeline, and none was recorded; run `cargo record example",
    ),
    (|p| p.editions[0].timelines.clear(), "the chart \"who\" has no data"),
    (|p| lesson(p).record.trace.clear(), "book/data/reference/example.trace.json: [record] asks for no timeline"),
    (|p| lesson(p).charts[1].groups[0] = "slwo".to_owned(), "no group \"slwo\"; did you mean \"slow\"?"),
    (|p| write(p, "file.rs", "changed"), "stale session \"run\": its sources have changed"),
    (
        |p| lesson(p).sessions[0].command = "program other.rs".to_owned(),
        "stale session \"run\": its command has changed",
    ),
    (|p| recording(p).sessions.clear(), "the session \"run\" was not captured"),
    (
        |p| {
            let mut other = lesson(p).clone();
            other.claims[0].cases[0].value = Some("time/slow/3".to_owned());
            let recording = recording(p).clone();
            p.editions[0].recordings.insert("other".to_owned(), recording);
            p.lessons.insert("other".to_owned(), other);
        },
        "experiments/other/lesson.toml: the claim \"is-slow\" can't be judged",
    ),
    (|p| lesson(p).claims[0].cases[0].value = Some("tiem/slow/2".to_owned()), "did you mean \"time/slow/2\"?"),
    (|p| recording(p).points[0].variant = "renamed".to_owned(), "the variant \"renamed\", which is not listed"),
    (
        |p| write(p, "book/src/example.md", "{{#verdict is-slow}} {{#session run}}"),
        "\"cost\" is declared and never shown",
    ),
    (|p| write(p, "book/src/example.md", "{{#verdict is-slow}}"), "\"is-nice\" is declared and never shown"),
    (|p| recording(p).points[0].launches[0].median = 12.0, "README.md: differs from the recording"),
    (|p| write(p, "README.md", "no map"), "README.md: no place for the map"),
    (
        |p| write(p, "book/src/how.md", "{{#comparison}}"),
        "book/src/how.md: the edition reference has no comparison with other tools; run `cargo compare --edition",
    ),
];

#[test]
fn what_agrees_has_no_problem() {
    let (_folder, project) = project();
    assert_eq!(check(&project), []);
}

#[test]
fn whatever_differs_between_data_lesson_chapter_and_readme_is_found() {
    for (fault, complaint) in FAULTS {
        let (_folder, mut project) = project();
        fault(&mut project);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|problem| problem.contains(complaint)), "{complaint}: {found:#?}");
    }
}
