use std::process::Command;

use book::check::run;
use testing::Sample;

use crate::CHAPTER;

/// A file that the whole of `check` complains of, and the complaint; the rules have tables of their own beside them.
const FAULTS: &[(&str, &str, &str)] = &[
    (CHAPTER, "# One\n\n[x](introduction.md#no)\n", "book/src/sample.md:3: link to introduction.html#no: "),
    (CHAPTER, "# One\n\n## The code\n\nIt takes 5 ms.\n", "book/src/sample.md:5: \"5 ms\" is typed by hand"),
    (CHAPTER, "# One\n\n## The code\n\n{{#include no.rs}}\n", "book/src/sample.md:5: can't include no.rs"),
    (CHAPTER, "# One\n\n## The code\n\n[x][no], [0, 1]\n", "book/src/sample.md:5: the link [no] isn't defined"),
    (CHAPTER, "# One\n\n`cargo bench -pno-such`\n", "book/src/sample.md:3: there is no experiment \"no-such\""),
    ("book/theme/head.hbs", "<script src=\"https://example.org/a.js\"></script>\n", "loads https://example.org/a.js"),
    ("book/theme/measured.css", "\np { background: url(no.svg) }\n", "link to no.svg"),
    ("README.md", "# Read\n\n[x](book/src/no.md)\n", "README.md:3: \"book/src/no.md\" leads nowhere"),
    ("README.md", "# Read\n\n`cargo record no-such`\n", "README.md:3: there is no experiment \"no-such\""),
    ("CONTRIBUTING.md", "[x](no.md)\n", "CONTRIBUTING.md:1: \"no.md\" leads nowhere"),
    (
        "experiments/sample/lesson.toml",
        "asks = \"Why?\"\nanswer = \"In 5 ms.\"\n",
        "experiments/sample/lesson.toml:2: ",
    ),
];

#[test]
fn a_sound_book_has_no_problem() {
    let found = run(Sample::new().unwrap().root(), false);
    assert_eq!(found.problems, []);
    assert!(found.looked_at.contains("pages") && !found.looked_at.contains(" 0 "), "{}", found.looked_at);
}

#[test]
fn every_kind_of_fault_is_found_in_the_whole() {
    for (path, text, complaint) in FAULTS {
        let found = run(Sample::with(path, text).unwrap().root(), false);
        let lines: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        let told = lines.iter().filter(|line| line.contains(complaint)).count();
        assert_eq!(told, 1, "{path}: {lines:#?}");
    }
}

#[test]
fn a_draft_lists_what_is_to_be_recorded_and_judges_the_rest() {
    let sample = Sample::with(CHAPTER, "# One\n\n{{#value sample:time/slow/9}}, [x](no.md)\n").unwrap();
    let lines = |found: &[book::Problem]| -> Vec<String> { found.iter().map(ToString::to_string).collect() };
    let told = |lines: &[String], what: &str| lines.iter().any(|line| line.contains(what));
    let missing = "book/src/sample.md:3: ";
    let whole = lines(&run(sample.root(), false).problems);
    assert!(told(&whole, missing) && !told(&whole, "link to no.html"), "{whole:?}");
    let draft = run(sample.root(), true);
    let (problems, stale) = (lines(&draft.problems), lines(&draft.stale));
    assert!(told(&stale, missing), "{stale:?} {problems:?}");
    assert!(told(&problems, "link to no.html"), "{problems:?}");
}

#[test]
fn the_command_tells_them_all_in_order_and_by_its_exit_code() {
    let sample = Sample::new().unwrap();
    let check = || Command::new(env!("CARGO_BIN_EXE_book")).arg("check").current_dir(sample.root()).output().unwrap();
    let sound = check();
    assert_eq!((sound.status.code(), sound.stderr.len()), (Some(0), 0));
    assert!(sound.stdout.starts_with(b"All is well: "));
    sample.edit(CHAPTER, "## The code\n", "6 ms\n\n## The code\n\n5 ms {{#include no.rs}}\n").unwrap();
    let broken = check();
    assert_eq!(broken.status.code(), Some(1));
    let said = String::from_utf8(broken.stderr).unwrap();
    let places: Vec<&str> = said.lines().map(|line| line.split(": ").next().unwrap()).collect();
    let expected = [&format!("{CHAPTER}:9"), &format!("{CHAPTER}:13"), &format!("{CHAPTER}:13"), "3 problems"];
    assert_eq!(places, expected, "{said}");
}

/// What is replaced in the sample's lesson or chapter, and the complaint.
const PREDICTIONS: &[(&str, &str, &str, &str)] = &[
    (
        LESSON,
        "above = 1 }]",
        "above = 1e9 }]",
        "lesson.toml:49: the prediction \"how-long\" in the edition reference: 0 choices are right, not one",
    ),
    (
        LESSON,
        "below = 1 }]",
        "above = 1 }]",
        "lesson.toml:49: the prediction \"how-long\" in the edition reference: 2 choices are right, not one",
    ),
    (
        LESSON,
        "when = [{ ratio = [\"time/slow/2\"",
        "when = [{ ratio = [\"time/slow/9\"",
        "lesson.toml:55: the prediction \"how-long\" in the edition reference: sample has no measured value",
    ),
    (CHAPTER, "{{#predict how-long}}", "", "put {{#predict how-long}} into book/src/sample.md"),
    (CHAPTER, "{{#predicted how-long}}", "", "put {{#predicted how-long}} into book/src/sample.md"),
    (
        CHAPTER,
        "{{#predict how-long}}",
        "{{#predict how-long}}\n\n{{#opening how-long}}",
        "{{#predict how-long}} asks once more what the chapter opens with",
    ),
];

const LESSON: &str = "experiments/sample/lesson.toml";

#[test]
fn a_prediction_is_asked_once_and_one_choice_is_right() {
    for (path, old, new, complaint) in PREDICTIONS {
        let sample = Sample::new().unwrap();
        sample.edit(path, old, new).unwrap();
        let lines: Vec<String> = run(sample.root(), false).problems.iter().map(ToString::to_string).collect();
        assert!(lines.iter().any(|line| line.contains(complaint)), "{path}: {lines:#?}");
    }
    let sample = Sample::new().unwrap();
    sample.edit(CHAPTER, "{{#predict how-long}}", "{{#opening how-long}}").unwrap();
    sample.edit(CHAPTER, "{{#figure lost}}", "").unwrap();
    sample.edit(CHAPTER, "{{#predicted how-long}}", "").unwrap();
    let found = run(sample.root(), false).problems;
    // The sample has a chapter's data, and not its form.
    let (form, others): (Vec<_>, Vec<_>) =
        found.iter().map(ToString::to_string).partition(|line| line.contains(CHAPTER));
    assert_eq!(others, [""; 0]);
    assert!(
        form.iter().all(|line| ["has no part", "; make it four", "; give two"].iter().any(|what| line.contains(what))),
        "{form:#?}"
    );
    assert!(form.iter().any(|line| line.contains("it has no part \"## In short\"")), "{form:#?}");
}
