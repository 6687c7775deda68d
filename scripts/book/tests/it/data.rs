use std::fs;

use book::check::data::{stale, unused};
use edition::lesson::Lesson;
use edition::{Project, Recording};
use testing::Sample;

use crate::CHAPTER;

fn check(project: &Project) -> Vec<book::Problem> {
    [stale(project), unused(project)].concat()
}

fn recording(project: &mut Project) -> &mut Recording {
    project.editions[0].recordings.get_mut("sample").unwrap()
}

fn lesson(project: &mut Project) -> &mut Lesson {
    project.lessons.get_mut("sample").unwrap()
}

fn write(project: &Project, path: &str, text: &str) {
    fs::write(project.root.join(path), text).unwrap();
}

type Fault = fn(&mut Project);

/// What is wrong, and the complaint.
const FAULTS: &[(Fault, &str)] = &[
    (|p| recording(p).points.retain(|point| point.metric != "time"), "the chart \"cost\" has no data"),
    (|p| p.editions.clear(), "book/data: no edition"),
    (
        |p| p.editions[0].timelines.clear(),
        "[record] asks for a timeline, and none was recorded; run `cargo record sample",
    ),
    (|p| p.editions[0].timelines.clear(), "the chart \"turns\" has no data"),
    (|p| lesson(p).record.trace.clear(), "book/data/reference/sample.trace.json: [record] asks for no timeline"),
    (
        |p| drop(lesson(p).charts[2].fields.insert("groups".to_owned(), vec!["in trun"].into())),
        "no group \"in trun\"; did you mean \"in turn\"?",
    ),
    (
        |p| write(p, "experiments/sample/src/main.rs", "// ANCHOR: counting\n// ANCHOR_END: counting\n"),
        "stale session \"run\": its sources have changed",
    ),
    (
        |p| lesson(p).sessions[0].command = "cargo run -p sample -- other".to_owned(),
        "stale session \"run\": its command has changed",
    ),
    (|p| recording(p).sessions.clear(), "the session \"run\" was not captured"),
    (
        |p| {
            let mut other = lesson(p).clone();
            other.claims[0].conditions[0].ratio = Some(["time/slow/3".to_owned(), "time/fast/2".to_owned()]);
            let recording = recording(p).clone();
            p.editions[0].recordings.insert("other".to_owned(), recording);
            p.lessons.insert("other".to_owned(), other);
        },
        "experiments/other/lesson.toml: the claim \"slow-is-slow\" can't be judged",
    ),
    (
        |p| {
            let condition = &mut lesson(p).claims[0].conditions[0];
            (condition.ratio, condition.value) = (None, Some("tiem/slow/2".to_owned()));
        },
        "did you mean \"time/slow/2\"?",
    ),
    (|p| recording(p).points[0].variant = "renamed".to_owned(), "the variant \"renamed\", which is not listed"),
    (|p| write(p, CHAPTER, "{{#verdict slow-is-slow}} {{#session run}}"), "\"cost\" is declared and never shown"),
    (|p| write(p, CHAPTER, "{{#verdict slow-is-slow}}"), "\"slow-is-nice\" is declared and never shown"),
    (|p| recording(p).points[3].launches.iter_mut().for_each(|launch| launch.median = 39.0), "README.md: differs from"),
    (|p| write(p, "README.md", "no map"), "README.md: no place for the map"),
    (
        |p| p.editions[0].comparison = None,
        "book/src/introduction.md: the edition reference has no comparison with other tools; run `cargo compare --edition",
    ),
];

#[test]
fn whatever_differs_between_data_lesson_chapter_and_readme_is_found() {
    for (fault, complaint) in FAULTS {
        let sample = Sample::new().unwrap();
        let mut project = Project::open(sample.root()).unwrap();
        assert_eq!(check(&project), []);
        fault(&mut project);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|problem| problem.contains(complaint)), "{complaint}: {found:#?}");
    }
}
