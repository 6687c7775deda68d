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
