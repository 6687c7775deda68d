//! The sample project is what it seems to be; and what `cargo charts` and `cargo record` take from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::process;
use charts::{figure, readme};
use edition::{Effort, LOCAL, Point, Project, Provenance, Recording, criterion, take};
use record::building::Built;
use record::launches::Plan;
use record::noise::Quiet;
use testing::Sample;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_sample_is_whole_and_its_recording_is_what_its_programs_say() {
    let sample = Sample::new().unwrap();
    let project = Project::open(sample.root()).unwrap();
    assert_eq!(readme::stale(&project).unwrap(), [] as [PathBuf; 0]);
    let built = Built::build(&project, &["sample"], true).unwrap();
    let run = |program: &Path, words: &[&str], home: &Path| {
        let output = process::output(sample.command(program).args(words).env("CRITERION_HOME", home), LIMIT).unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let home = sample.root().join("home");
    run(built.bench("sample").unwrap(), &["--bench"], &home);
    let read = |home: &Path| criterion::read(home, "sample", &|_| true).unwrap().cases;
    let measured = read(&home);
    sample.bench().unwrap();
    let medians = |cases: &[criterion::Case]| -> BTreeMap<(String, String), f64> {
        cases.iter().map(|case| ((case.variant.clone(), case.parameter.clone()), case.launch.median)).collect()
    };
    assert_eq!(medians(&measured), medians(&read(&sample.root().join("target/criterion"))));

    let outcomes = run(built.binary("sample").unwrap(), &["--json"], &home);
    let outcomes = outcomes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let recorded =
        take::recording(("sample", &project.lessons["sample"]), &[(measured, outcomes)], Provenance::default())
            .unwrap();
    let medians = |recording: &Recording| -> BTreeMap<String, f64> {
        let name = |point: &Point| format!("{}/{}/{}", point.metric, point.variant, point.parameter);
        recording.points.iter().map(|point| (name(point), point.launches[0].median)).collect()
    };
    assert_eq!(medians(&recorded), medians(&project.editions[0].recordings["sample"]));
    let session = run(built.binary("sample").unwrap(), &[], &home);
    assert_eq!(session.lines().collect::<Vec<_>>(), project.editions[0].recordings["sample"].sessions[0].output);

    let copy = Sample::copy_of(sample.root()).unwrap();
    assert!(copy.snapshot().unwrap() == sample.snapshot().unwrap());
}

#[test]
fn a_bench_becomes_an_edition_and_charts() {
    let sample = Sample::new().unwrap();
    sample.bench().unwrap();
    let project = || Project::open(sample.root()).unwrap();
    let taken = take::bench(&project(), LOCAL).unwrap();
    assert_eq!(taken.points, [("sample".to_owned(), 4)]);
    assert!(take::bench(&project(), LOCAL).unwrap().points.is_empty(), "no measurement is newer");
    figure::export(&project(), &sample.root().join("slides")).unwrap();
    let svg = fs::read_to_string(sample.root().join("slides/sample-cost-local-dark.svg")).unwrap();
    assert!(svg.contains("The slow way takes ") && svg.contains(">fast way<"), "{svg}");
}

#[test]
fn a_case_that_no_lesson_knows_is_left_out_and_named() {
    let sample = Sample::new().unwrap();
    sample.bench().unwrap();
    let benchmark = "target/criterion/sample/slow/2/new/benchmark.json";
    sample.edit(benchmark, "\"slow\"", "\"renamed\"").unwrap();
    let taken = take::bench(&Project::open(sample.root()).unwrap(), LOCAL).unwrap();
    assert_eq!((taken.unknown, taken.points), (vec!["sample/renamed/2".to_owned()], vec![("sample".to_owned(), 3)]));
}

#[test]
fn criterion_is_found_where_it_writes() {
    let sample = Sample::new().unwrap();
    sample.bench().unwrap();
    let whole = testing::project();
    // With all others, for these are built already.
    let names: Vec<&str> = whole.lessons.keys().map(String::as_str).collect();
    let built = Built::build(&whole, &names, false).unwrap();
    let charts = |edition: &str, home: Option<&str>| {
        let mut command = sample.command(built.binary("charts").unwrap());
        command.args(["--edition", edition]).envs(home.map(|home| ("CRITERION_HOME", home)));
        let output = process::output(&mut command, LIMIT).unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let expect = |said: String, words: &str| assert!(said.contains(words), "{said}");
    let taken = "sample: 4 points from one launch";
    // As Cargo's configuration says it.
    sample.write(".cargo/config.toml", "[build]\ntarget-dir = \"else where\"\n").unwrap();
    expect(charts("room-12", None), "no measurements in else where/criterion for the edition");
    let path = |path: &str| sample.root().join(path);
    fs::create_dir_all(path("else where")).unwrap();
    fs::rename(path("target/criterion"), path("else where/criterion")).unwrap();
    expect(charts(LOCAL, None), taken);
    // A bench runs in its experiment's folder.
    fs::rename(path("else where/criterion"), path("experiments/sample/measured")).unwrap();
    expect(charts("room-12", Some("measured")), taken);
    expect(charts("room-13", Some("no where")), "CRITERION_HOME: no measurements in experiments/*/no where");
}

#[test]
fn without_a_bench_the_outcomes_are_recorded_and_without_these_nothing() {
    let sample = Sample::new().unwrap();
    fs::remove_dir_all(sample.root().join("experiments/sample/benches")).unwrap();
    sample.edit("experiments/sample/Cargo.toml", "[[bench]]\nname = \"sample\"\nharness = false\n", "").unwrap();
    let project = Project::open(sample.root()).unwrap();
    let built = Built::build(&project, &["sample"], true).unwrap();
    let plan = Plan::new(&project, "sample", &built, Effort::Quick, sample.root(), LIMIT).unwrap();
    let mut quiet = Quiet::within(Duration::ZERO);
    let (launches, _) = plan.run(&indicatif::ProgressBar::hidden(), &mut quiet).unwrap();
    let recorded = take::recording(("sample", &project.lessons["sample"]), &launches, Provenance::default()).unwrap();
    let points = recorded.points.iter().map(|point| (&point.metric[..], &point.variant[..], point.launches.len()));
    assert_eq!(points.collect::<Vec<_>>(), [("lost", "slow", 3), ("lost", "fast", 3)]);

    sample.edit("experiments/sample/lesson.toml", "outcomes = [\"--workers 2\"]", "outcomes = []").unwrap();
    let project = Project::open(sample.root()).unwrap();
    let refused = Plan::new(&project, "sample", &built, Effort::Quick, sample.root(), LIMIT);
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.starts_with("sample has neither a bench nor `outcomes`"), "{said}");
}
