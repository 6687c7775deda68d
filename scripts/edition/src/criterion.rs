//! The one reader of criterion's files, which are private to criterion: made for version 0.8.2, which Cargo.toml pins.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use base::files;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::estimate::Launch;
use crate::recording::is_possible;

/// One case that criterion measured, in one launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The group, which is the experiment's slug.
    pub group: String,
    /// The function, which is the variant.
    pub variant: String,
    /// The value, which is the parameter; empty if there is none.
    pub parameter: String,
    /// What was measured, in nanoseconds an iteration.
    pub launch: Launch,
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

/// Where criterion writes when it is started from `root`: `CRITERION_HOME`, else `CARGO_TARGET_DIR/criterion`, else
/// `target/criterion`.
pub fn home(root: &Path) -> PathBuf {
    let from = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = from("CRITERION_HOME").or_else(|| from("CARGO_TARGET_DIR").map(|target| target.join("criterion")));
    root.join(home.unwrap_or_else(|| PathBuf::from("target/criterion")))
}

/// Every case under `home`, in order of its group, variant and parameter. No folder, no cases.
///
/// # Errors
/// A file is missing, half-written or from another version of criterion, or holds an impossible number, or there are two
/// of one case; the error names it and says what to do.
pub fn read(home: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    match fs::metadata(home) {
        Ok(data) if data.is_dir() => walk(home, &mut cases)?,
        Ok(_) => bail!("{} is not a folder; delete it and run `cargo bench` again", home.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => bail!("can't read {}: {error}; run `cargo bench` again", home.display()),
    }
    let name = |case: &Case| format!("{}/{}/{}", case.group, case.variant, case.parameter);
    cases.sort_by_key(|case| (case.group.clone(), case.variant.clone(), case.parameter.clone()));
    if let Some(twice) = cases.windows(2).find(|two| name(&two[0]) == name(&two[1])) {
        bail!(
            "{} is there twice in {}; delete the folder and run `cargo bench` again",
            name(&twice[0]),
            home.display()
        );
    }
    Ok(cases)
}

/// How deep a case lies depends on the parts of its name, so look everywhere for `new/benchmark.json`.
fn walk(folder: &Path, cases: &mut Vec<Case>) -> Result<()> {
    let case = folder.join("new");
    if case.is_dir() {
        cases.push(read_case(&case)?);
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
    folders.iter().try_for_each(|folder| walk(folder, cases))
}

fn read_case(folder: &Path) -> Result<Case> {
    let benchmark: Benchmark = load(&folder.join("benchmark.json"))?;
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
    Ok(Case {
        group: benchmark.group_id,
        variant: benchmark.function_id.unwrap_or_default(),
        parameter: benchmark.value_str.unwrap_or_default(),
        launch,
        written: written.with_context(|| advice(folder))?,
    })
}

fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = files::text(path).with_context(|| advice(path))?;
    serde_json::from_str(&text).with_context(|| advice(path))
}

fn advice(path: &Path) -> String {
    format!("{}: not what criterion 0.8.2 writes; delete the folder and run `cargo bench` again", path.display())
}

/// Six digits: more than any clock here gives, and half the bytes.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCHMARK: &str =
        r#"{"group_id":"example","function_id":"slow","value_str":"2","throughput":null,"full_id":"example/slow/2"}"#;
    const ESTIMATES: &str = r#"{"median":{"point_estimate":10.5,"standard_error":0.1,"confidence_interval":{"lower_bound":10.0,"upper_bound":11.0,"confidence_level":0.95}},"slope":null}"#;
    const SAMPLE: &str = r#"{"sampling_mode":"Flat","iters":[2.0,2.0],"times":[20.0,22.0]}"#;

    fn write(home: &Path, files: [&str; 3]) {
        let folder = home.join("example/slow/2/new");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in ["benchmark.json", "estimates.json", "sample.json"].iter().zip(files) {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn a_case_is_found_wherever_it_lies() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), [BENCHMARK, ESTIMATES, SAMPLE]);
        let flat = home.path().join("alone/new");
        fs::create_dir_all(&flat).unwrap();
        fs::write(flat.join("benchmark.json"), r#"{"group_id":"alone","function_id":null,"value_str":null}"#).unwrap();
        fs::write(flat.join("estimates.json"), ESTIMATES).unwrap();
        fs::write(flat.join("sample.json"), SAMPLE).unwrap();
        let cases = read(home.path()).unwrap();
        let names: Vec<_> =
            cases.iter().map(|case| (&case.group[..], &case.variant[..], &case.parameter[..])).collect();
        assert_eq!(names, [("alone", "", ""), ("example", "slow", "2")]);
        assert_eq!(cases[1].launch, Launch { median: 10.5, lower: 10.0, upper: 11.0 });
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_cases() {
        assert_eq!(read(Path::new("/no/such/folder")).unwrap(), []);
    }

    #[test]
    fn what_criterion_would_not_write_is_refused_in_one_line() {
        let cut = &ESTIMATES[..40];
        let bad = [
            [BENCHMARK, cut, SAMPLE],
            [BENCHMARK, "", SAMPLE],
            ["{}", ESTIMATES, SAMPLE],
            [BENCHMARK, r#"{"mean":{}}"#, SAMPLE],
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
            write(home.path(), files);
            let error = format!("{:#}", read(home.path()).unwrap_err());
            assert!(error.contains("example/slow/2/new") && error.contains("cargo bench"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
