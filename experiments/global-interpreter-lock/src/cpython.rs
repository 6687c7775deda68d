//! What the scripts of `python/` measure when an interpreter runs them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use lab::python::Python;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How long each round took, in seconds, for each way.
pub type Took = BTreeMap<String, Vec<f64>>;

/// A variant that CPython shows, and the function of a script that shows it.
pub type Way = (&'static str, &'static str);

/// The function of a script that shows a variant.
///
/// # Panics
/// None of the ways shows it.
pub fn function(ways: &[Way], variant: &str) -> &'static str {
    ways.iter()
        .find(|(name, _)| *name == variant)
        .expect("every variant has a way")
        .1
}

/// How long computing and waiting took, on one thread and in each way, with this many roots and milliseconds for each worker.
pub fn work(
    python: &Python,
    workers: usize,
    [roots, rounds, milliseconds]: [u64; 3],
    ways: &[&str],
) -> io::Result<[Took; 2]> {
    let wait = (milliseconds as f64 / 1e3).to_string();
    let mut words = vec![
        workers.to_string(),
        roots.to_string(),
        wait,
        rounds.to_string(),
        "serially".to_owned(),
    ];
    words.extend(ways.iter().map(ToString::to_string));
    let mut took: BTreeMap<String, Took> = run(python, "work.py", &words)?;
    Ok(["compute", "wait"].map(|what| took.remove(what).unwrap_or_default()))
}

/// How late a thread was, in seconds, after each of this many pauses, beside a thread or a sub-interpreter that computes.
pub fn late(
    python: &Python,
    times: usize,
    pause: Duration,
    way: &str,
) -> io::Result<Vec<f64>> {
    let words =
        [times.to_string(), pause.as_secs_f64().to_string(), way.to_owned()];
    run(python, "late.py", &words)
}

/// How much is counted if each of this many threads adds one this many times: in a plain loop, with a call inside, or with a lock
/// of the program's own.
pub fn count(
    python: &Python,
    workers: usize,
    times: u64,
    way: &str,
) -> io::Result<u64> {
    run(
        python,
        "count.py",
        &[workers.to_string(), times.to_string(), way.to_owned()],
    )
}

/// What a round took, first with one thread and then with two: seconds, seconds of CPU time, hand-overs, and the kernel's
/// switches.
pub type Switched = [[f64; 4]; 2];

/// How long the same computing took one thread and two, in each of this many rounds, on all cores or on one.
pub fn switches(
    python: &Python,
    [roots, rounds]: [u64; 2],
    interval: Duration,
    cores: &str,
) -> io::Result<Vec<Switched>> {
    let words = [
        roots.to_string(),
        rounds.to_string(),
        interval.as_secs_f64().to_string(),
        cores.to_owned(),
    ];
    run(python, "switches.py", &words)
}

/// How many of two workers held a lock at the same instant.
pub fn held(python: &Python, way: &str) -> io::Result<usize> {
    run(python, "held.py", &[way.to_owned()])
}

/// What a version of CPython shows.
#[derive(Debug, Deserialize)]
pub struct Version {
    /// The share of the additions that two threads lose in a plain loop.
    pub lost: f64,
    /// How many times as long two computing threads take as one thread that does the work of both.
    pub two_threads: f64,
    /// How long one thread takes for a square root, in seconds.
    pub alone: f64,
}

/// What a version shows, with this many additions and square roots for each of two threads, in this many rounds.
pub fn version(python: &Python, much: [u64; 3]) -> io::Result<Version> {
    run(python, "versions.py", &much.map(|much| much.to_string()))
}

fn run<T: DeserializeOwned>(
    python: &Python,
    script: &str,
    words: &[String],
) -> io::Result<T> {
    // The scripts are files, because a process that `multiprocessing` spawns imports the file of its program.
    python.run(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script),
        words,
    )
}
