//! The one reader of criterion's files, which are private to criterion: made for version 0.8.2, which Cargo.toml pins.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use base::{files, process};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::estimate::Launch;
use crate::json;
use crate::recording::is_possible;

/// One case of an experiment that criterion measured, in one launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The function, which is the variant.
    pub variant: String,
    /// The value, which is the parameter; empty if there is none.
    pub parameter: String,
    /// What was measured, in nanoseconds an iteration.
    pub launch: Launch,
    /// Its samples, in the same unit.
    pub samples: Vec<f64>,
    /// When its file was written.
    pub written: SystemTime,
}

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
}

#[derive(Deserialize)]
struct Estimates {
    median: Statistic,
}

#[derive(Deserialize)]
struct Statistic {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// What criterion wrote of one experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Its cases, in order of variant and parameter.
    pub cases: Vec<Case>,
    /// Those of a variant that nobody knows, as `group/variant/parameter`. Nothing else in them was read.
    pub unknown: Vec<String>,
}

/// Where criterion writes, as it finds that out itself: `CRITERION_HOME`, else the folder `criterion` in
/// `CARGO_TARGET_DIR`, else in the target folder that Cargo tells, which may stand in a configuration. What is relative is so
/// to the folder of the experiment, for there its bench runs.
pub fn home(root: &Path) -> PathBuf {
    let from = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let target = || from("CARGO_TARGET_DIR").or_else(|| told_by_cargo(root)).unwrap_or_else(|| root.join("target"));
    from("CRITERION_HOME").unwrap_or_else(|| target().join("criterion"))
}

/// The target folder of the project; none where Cargo can't tell.
fn told_by_cargo(root: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(root);
    let told = process::output(&mut cargo, Duration::from_secs(60)).ok()?.stdout;
    Some(serde_json::from_slice::<Metadata>(&told).ok()?.target_directory)
}

/// The cases of the group `group` in the folder `home`, which others may use too: what isn't of this group, or of a variant
/// that `knows` doesn't, is not looked at. No folder, no cases.
///
/// # Errors
/// A file is missing, half-written or from another version of criterion, or holds an impossible number, or there are two
/// of one case; the error names it and says what to do.
pub fn read(home: &Path, group: &str, knows: &dyn Fn(&str) -> bool) -> Result<Found> {
    let mut found = Found::default();
    match fs::metadata(home) {
        Ok(data) if data.is_dir() => {}
        Ok(_) => bail!("{} is not a folder; delete it and run `cargo bench` again", home.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        Err(error) => bail!("can't read {}: {error}; run `cargo bench` again", home.display()),
    }
    // Criterion names a group's folder after it.
    let folder = home.join(group);
    if folder.try_exists().with_context(|| advice(&folder))? {
        walk(&folder, group, knows, &mut found)?;
    }
    found.cases.sort_by_key(|case| (case.variant.clone(), case.parameter.clone()));
    let id = |case: &Case| format!("{group}/{}/{}", case.variant, case.parameter);
    if let Some(two) = found.cases.windows(2).find(|two| id(&two[0]) == id(&two[1])) {
        let (twice, home) = (id(&two[0]), home.display());
        bail!("{twice} is there twice in {home}; delete the folder and run `cargo bench` again");
    }
    Ok(found)
}

/// How deep a case lies depends on the parts of its name, so look everywhere for `new/benchmark.json`.
fn walk(folder: &Path, group: &str, knows: &dyn Fn(&str) -> bool, found: &mut Found) -> Result<()> {
    let case = folder.join("new");
    if case.is_dir() {
        let benchmark: Benchmark = load(&case.join("benchmark.json"))?;
        let [variant, parameter] = [benchmark.function_id, benchmark.value_str].map(Option::unwrap_or_default);
        match benchmark.group_id == group {
            true if knows(&variant) => found.cases.push(read_case(&case, variant, parameter)?),
            true => found.unknown.push(format!("{group}/{variant}/{parameter}")),
            false => {}
        }
    }
    let own = |path: &Path| ["new", "base", "change", "report"].iter().any(|name| path.ends_with(name));
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| advice(folder))? {
        let entry = entry.with_context(|| advice(folder))?;
        // Criterion makes no symbolic links, and one may lead round in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !own(&entry.path()) {
            folders.push(entry.path());
        }
    }
    folders.sort();
    folders.iter().try_for_each(|folder| walk(folder, group, knows, found))
}

fn read_case(folder: &Path, variant: String, parameter: String) -> Result<Case> {
    let median = load::<Estimates>(&folder.join("estimates.json"))?.median;
    let Samples { iters, times } = load(&folder.join("sample.json"))?;
    let samples: Vec<f64> = times.iter().zip(&iters).map(|(time, iters)| time / iters).map(rounded).collect();
    let launch = Launch {
        median: rounded(median.point_estimate),
        lower: rounded(median.confidence_interval.lower_bound),
        upper: rounded(median.confidence_interval.upper_bound),
    };
    let sound = || -> Result<()> {
        ensure!(!times.is_empty(), "there are no samples");
        ensure!(times.len() == iters.len(), "{} times and {} iteration counts", times.len(), iters.len());
        let numbers = [launch.median, launch.lower, launch.upper];
        if numbers.iter().chain(&samples).any(|number| !is_possible(*number) || *number < 0.0) {
            bail!("a time is negative or not a number");
        }
        ensure!(launch.lower <= launch.median && launch.median <= launch.upper, "the median lies outside its interval");
        Ok(())
    };
    sound().with_context(|| advice(folder))?;
    let written = fs::metadata(folder.join("estimates.json")).and_then(|data| data.modified());
    Ok(Case { variant, parameter, launch, samples, written: written.with_context(|| advice(folder))? })
}

fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = files::text(path).with_context(|| advice(path))?;
    json::parse(&text).with_context(|| advice(path))
}

fn advice(path: &Path) -> String {
    format!("{}: not what criterion 0.8.2 writes; delete the folder and run `cargo bench` again", path.display())
}

/// Six digits: more than any clock here gives, and half the bytes.
pub fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCHMARK: &str =
        r#"{"group_id":"example","function_id":"slow","value_str":"2","throughput":null,"full_id":"example/slow/2"}"#;
    const ESTIMATES: &str = r#"{"median":{"point_estimate":10.5,"standard_error":0.1,"confidence_interval":{"lower_bound":10.0,"upper_bound":11.0,"confidence_level":0.95}},"slope":null}"#;
    const SAMPLE: &str = r#"{"sampling_mode":"Flat","iters":[2.0,2.0],"times":[20.0,22.0]}"#;

    /// Writes a case into the folder of this name.
    fn write(home: &Path, folder: &str, files: [&str; 3]) {
        let folder = home.join(folder).join("new");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in ["benchmark.json", "estimates.json", "sample.json"].iter().zip(files) {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    fn read_all(home: &Path) -> Result<Found> {
        read(home, "example", &|variant| variant != "renamed")
    }

    #[test]
    fn a_case_is_found_wherever_it_lies_and_what_is_foreign_is_not_looked_at() {
        let home = tempfile::tempdir().unwrap();
        let add = |folder, benchmark, estimates| write(home.path(), folder, [benchmark, estimates, SAMPLE]);
        add("example/slow/2", BENCHMARK, ESTIMATES);
        add("example", r#"{"group_id":"example","function_id":null,"value_str":null}"#, ESTIMATES);
        // Another project's: no median, an old format, a group named `new`, ours by folder only, and an id twice.
        add("other/a", r#"{"group_id":"other","function_id":"a","value_str":null}"#, r#"{"median":null}"#);
        add("old", r#"["old"]"#, "");
        add("new", r#"{"group_id":"new","function_id":null,"value_str":null}"#, "{}");
        add("example/one", r#"{"group_id":"other","function_id":"a","value_str":null}"#, "{}");
        add("example/renamed", r#"{"group_id":"example","function_id":"renamed","value_str":"1"}"#, "{}");
        let found = read_all(home.path()).unwrap();
        let names: Vec<_> = found.cases.iter().map(|case| (&case.variant[..], &case.parameter[..])).collect();
        assert_eq!((names, found.unknown), (vec![("", ""), ("slow", "2")], vec!["example/renamed/1".to_owned()]));
        let launch = Launch { median: 10.5, lower: 10.0, upper: 11.0 };
        assert_eq!(found.cases[1].launch, launch);
        add("example/again", BENCHMARK, ESTIMATES);
        let twice = read_all(home.path()).unwrap_err().to_string();
        assert!(twice.starts_with("example/slow/2 is there twice in "), "{twice}");
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_cases() {
        assert_eq!(read_all(Path::new("/no/such/folder")).unwrap(), Found::default());
    }

    #[test]
    fn what_criterion_would_not_write_is_refused_in_one_line() {
        let bad = [
            [BENCHMARK, &ESTIMATES[..40], SAMPLE],
            ["{}", ESTIMATES, SAMPLE],
            [BENCHMARK, &ESTIMATES.replace("10.5", "null"), SAMPLE],
            [BENCHMARK, &ESTIMATES.replace("10.5", "NaN"), SAMPLE],
            [BENCHMARK, &ESTIMATES.replace("10.5", "-1.0"), SAMPLE],
            [BENCHMARK, &ESTIMATES.replace("10.5", "12.0"), SAMPLE],
            [BENCHMARK, ESTIMATES, r#"{"iters":[],"times":[]}"#],
            [BENCHMARK, ESTIMATES, r#"{"iters":[1.0],"times":[1.0,2.0]}"#],
            [BENCHMARK, ESTIMATES, r#"{"iters":[0.0],"times":[1.0]}"#],
        ];
        for files in bad {
            let home = tempfile::tempdir().unwrap();
            write(home.path(), "example/slow/2", files);
            let error = format!("{:#}", read_all(home.path()).unwrap_err());
            assert!(error.contains("example/slow/2/new") && error.contains("cargo bench"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
