use book::check::run;
use book::new::create;
use testing::Sample;

#[test]
fn a_new_experiment_lacks_only_what_a_person_must_write() {
    let sample = Sample::new().unwrap();
    let made = create(sample.root(), "memory-ordering").unwrap();
    assert!(made.iter().all(|path| path.is_file()), "{made:?}");
    let lines: Vec<String> = run(sample.root(), true).problems.iter().map(ToString::to_string).collect();
    assert!(lines.len() > 10, "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains("memory-ordering") && line.contains("to be written")), "{lines:#?}");
    let summary = std::fs::read_to_string(sample.root().join("book/src/SUMMARY.md")).unwrap();
    assert_eq!(summary.matches("[Memory ordering](memory-ordering.md)").count(), 1, "{summary}");
}

#[test]
fn a_name_that_is_taken_or_no_name_is_refused_and_nothing_is_made() {
    let sample = Sample::new().unwrap();
    std::fs::write(sample.root().join("Cargo.lock"), "[[package]]\nname = \"rayon\"\n").unwrap();
    create(sample.root(), "first").unwrap();
    for (slug, why) in [
        ("first", "is there already"),
        ("rayon", "a dependency is called rayon"),
        ("Two", "can't be an experiment's name"),
        ("a b", "can't be an experiment's name"),
        ("../x", "can't be an experiment's name"),
        ("", "can't be an experiment's name"),
    ] {
        let said = create(sample.root(), slug).unwrap_err().to_string();
        assert!(said.contains(why), "{slug}: {said}");
        assert!(
            !sample.root().join("experiments").join(slug).join("lesson.toml").exists()
                || slug == "first"
                || slug.is_empty()
        );
    }
}
