//! The edition files: what was measured on one machine, in a schema of our own.
//!
//! An edition is a folder `book/data/<edition>/` with `machine.json` ([`MachineFile`]) and, for each experiment,
//! `<slug>.json` ([`Recording`]) and, where the lesson asks for one, `<slug>.trace.json` ([`Timeline`], in the Chrome trace
//! event format); and, where `cargo compare` has run, `comparison.json` ([`Comparison`], which has a schema of its own).
//! Every file but a timeline says which [`SCHEMA`] it follows. A reader refuses a newer one and converts an older one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use lab::machine::Machine;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::comparison::{self, Comparison};
use crate::estimate::{Estimate, Launch, Quantity};
use crate::reading;
use crate::timeline::{self, Timeline};

/// The version of the schema that this program writes. It grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// The edition that is published with the book, and that its numbers come from.
pub const REFERENCE: &str = "reference";

/// The edition of whoever runs `cargo record` or `cargo charts`; git ignores it.
pub const LOCAL: &str = "local";

/// All that was recorded on one machine.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The folder's name.
    pub name: String,
    /// What was recorded, by slug.
    pub recordings: BTreeMap<String, Recording>,
    /// The timelines, by slug.
    pub timelines: BTreeMap<String, Timeline>,
    /// Our figures beside those of other tools, where they were compared.
    pub comparison: Option<Comparison>,
    /// The machine.
    pub machine: MachineFile,
}

/// `machine.json`: the machine, and how the last recording on it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineFile {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What the machine is.
    pub machine: Machine,
    /// The last recording into this edition.
    pub last: Provenance,
}

/// `<slug>.json`: what was recorded for one experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The experiment's slug.
    pub experiment: String,
    /// When, from what, and under what conditions it was recorded.
    pub provenance: Provenance,
    /// What was measured.
    pub points: Vec<Point>,
    /// What programs printed.
    #[serde(default)]
    pub sessions: Vec<Session>,
}

/// Where a recording comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// When it ended: RFC 3339, UTC.
    pub date: String,
    /// The commit, or empty outside a checkout.
    pub commit: String,
    /// Whether the tree differed from that commit, in more than prose and data.
    pub dirty: bool,
    /// The compiler, as `rustc --version` prints it.
    pub rustc: String,
    /// The commands that made it.
    pub commands: Vec<String>,
    /// How it was made.
    pub kind: Kind,
    /// The load average over the minute before.
    pub load_before: Option<f64>,
    /// The load average over its last minute.
    pub load_after: Option<f64>,
    /// The share of CPU time that a hypervisor gave to others meanwhile, from 0 to 1.
    pub steal: Option<f64>,
    /// Why the numbers are to be taken with care; the book shows these.
    pub warnings: Vec<String>,
}

/// How a recording was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `cargo record`: six launches of each point.
    #[default]
    Full,
    /// `cargo record --quick`: three shorter ones.
    Quick,
    /// `cargo bench` and `cargo charts`: one.
    Bench,
}

/// One measured quantity: a metric of a variant at a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// `time`, which is criterion's, or a metric that the experiment's `--json` prints.
    pub metric: String,
    /// The variant's name.
    pub variant: String,
    /// The parameter, such as the number of workers.
    pub parameter: String,
    /// The unit of all numbers in `launches`.
    pub unit: String,
    /// Every launch.
    pub launches: Vec<Launch>,
}

/// What a command printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The name that directives use.
    pub name: String,
    /// The command, as a reader would type it at the project's root.
    pub command: String,
    /// The hash of the sources that it ran from ([`crate::sources::hash`]).
    pub sources: String,
    /// What it printed, line by line.
    pub output: Vec<String>,
}

impl Provenance {
    /// What to keep in mind when reading what comes from here, each in a few words.
    pub fn marks(&self) -> Vec<String> {
        let mut marks = Vec::new();
        match self.kind {
            Kind::Full => {}
            Kind::Quick => marks.push("quick".to_owned()),
            Kind::Bench => marks.push("one launch".to_owned()),
        }
        if self.dirty {
            marks.push("uncommitted changes".to_owned());
        }
        marks.extend(self.warnings.iter().cloned());
        marks
    }
}

impl Recording {
    /// The point of this metric, variant and parameter.
    pub fn point(&self, metric: &str, variant: &str, parameter: &str) -> Option<&Point> {
        self.points.iter().find(|p| p.metric == metric && p.variant == variant && p.parameter == parameter)
    }

    /// Writes the recording into an edition's folder; a reader sees the old file or the new one, never a part.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        save(&self.file(folder), self)
    }

    /// Writes the recording and its timeline, a [`timeline::stamped`] one, together; without one, a timeline that is there
    /// is deleted. Should this be killed between the two, the timeline still tells the truth about where it comes from.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn save_with(&self, folder: &Path, timeline: Option<&str>) -> Result<()> {
        let (recording, trace) = (written(self)?, folder.join(format!("{}{TRACE}", self.experiment)));
        let recording = (&*self.file(folder), recording.as_bytes());
        if let Some(timeline) = timeline {
            return write_all_atomically(&[recording, (&trace, timeline.as_bytes())]);
        }
        write_all_atomically(&[recording])?;
        match fs::remove_file(&trace) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                bail!("can't delete {}, which no lesson asks for: {error}", trace.display())
            }
            _ => Ok(()),
        }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.json", self.experiment))
    }

    /// What to keep in mind when reading this recording, each in a few words.
    pub fn marks(&self) -> Vec<String> {
        self.provenance.marks()
    }

    /// Whether every number is possible.
    ///
    /// # Errors
    /// A point has no launch, a number that nothing measures, an interval without its median, or a negative time.
    pub fn validate(&self) -> Result<()> {
        for point in &self.points {
            let name = format!("{}/{}/{}", point.metric, point.variant, point.parameter);
            ensure!(!point.launches.is_empty(), "{name} has no launch; record it again");
            let mut numbers = point
                .launches
                .iter()
                .flat_map(|l| [l.median, l.lower, l.upper].into_iter().chain(l.samples.iter().copied()));
            ensure!(
                numbers.all(is_possible),
                "{name} has a number that isn't finite, or beyond measure; record it again"
            );
            let ordered = |launch: &Launch| launch.lower <= launch.median && launch.median <= launch.upper;
            ensure!(point.launches.iter().all(ordered), "{name} has a median outside its interval; record it again");
            let negative = point.metric == "time" && point.launches.iter().any(|launch| launch.lower < 0.0);
            ensure!(!negative, "{name} has a negative time; record it again");
        }
        Ok(())
    }
}

/// Whether something can have been measured as so much: a number, and one that can still be drawn.
pub fn is_possible(number: f64) -> bool {
    number.abs() <= 1e100
}

impl MachineFile {
    /// Writes `machine.json` into an edition's folder, atomically.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        save(&folder.join("machine.json"), self)
    }
}

impl Point {
    /// The point's value with its interval. A recording that was read has at least one launch in each point.
    pub fn estimate(&self) -> Option<Estimate> {
        Estimate::of(&self.launches)
    }
}

impl Edition {
    /// Reads an edition's folder; nothing if there is no `machine.json` in it.
    ///
    /// # Errors
    /// A file can't be read, isn't whole, holds an impossible number, or follows a newer schema.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let Some(machine) = load::<MachineFile>(&folder.join("machine.json"), SCHEMA)? else {
            let recordings = files(folder)?.into_iter().any(|path| path.extension().is_some_and(|end| end == "json"));
            ensure!(!recordings, "{}: recordings without a machine.json; record again, or delete it", folder.display());
            return Ok(None);
        };
        let (mut recordings, mut timelines) = (BTreeMap::new(), BTreeMap::new());
        for path in files(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(slug) = name.strip_suffix(TRACE) {
                timelines.insert(slug.to_owned(), timeline(&path).with_context(|| advice(&path))?);
                continue;
            }
            let Some(slug) = name.strip_suffix(".json") else { continue };
            if slug == "machine" || name == comparison::FILE || slug.contains('.') {
                continue;
            }
            if let Some(recording) = load::<Recording>(&path, SCHEMA)? {
                recording.validate().with_context(|| path.display().to_string())?;
                if recording.experiment != slug {
                    bail!("{}: it says it is of {:?}; rename one or the other", path.display(), recording.experiment);
                }
                recordings.insert(slug.to_owned(), recording);
            }
        }
        let path = folder.join(comparison::FILE);
        let comparison = load::<Comparison>(&path, comparison::SCHEMA)?;
        comparison.iter().try_for_each(Comparison::validate).with_context(|| path.display().to_string())?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some(Self { name, recordings, timelines, comparison, machine }))
    }

    /// Reads every edition under `data`: the reference first, then by name, the local one last.
    ///
    /// # Errors
    /// As for [`Edition::read`], or an edition has a name that [`check_name`] refuses.
    pub fn read_all(data: &Path) -> Result<Vec<Self>> {
        let mut editions = Vec::new();
        for folder in files(data)?.into_iter().filter(|path| path.is_dir()) {
            if let Some(edition) = Self::read(&folder)? {
                check_name(&edition.name)
                    .map_err(|what| anyhow!("{}: rename this folder; {what}", folder.display()))?;
                editions.push(edition);
            }
        }
        editions.sort_by_key(|edition| (edition.name != REFERENCE, edition.name == LOCAL, edition.name.clone()));
        Ok(editions)
    }

    /// The machine in one sentence's worth of words.
    pub fn machine_in_words(&self) -> String {
        let Machine { cpu, architecture, cpus, usable_cpus, cpu_quota, memory_mib, kernel, hypervisor, .. } =
            &self.machine.machine;
        let cpu = if cpu.is_empty() { architecture } else { cpu };
        let cpus = if usable_cpus < cpus {
            format!("{usable_cpus} of {cpus} CPUs")
        } else {
            format!("{cpus} CPU{}", if *cpus == 1 { "" } else { "s" })
        };
        let quota = match cpu_quota {
            0 => String::new(),
            percent => format!(" and a limit of {} of one CPU's time", Quantity { value: *percent as f64, unit: "%" }),
        };
        let place = if hypervisor.is_empty() { String::new() } else { format!(", a virtual machine ({hypervisor})") };
        let gib = (*memory_mib as f64 / 1024.0).round();
        format!("{cpu}, {cpus}{quota}, {gib} GiB, {kernel}{place}")
    }
}

/// A name that can be an edition's folder: letters, digits, `-`, `_` and `.`, not first.
///
/// # Errors
/// It isn't one; the error says what would be.
pub fn check_name(name: &str) -> Result<(), String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(fine) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.len() <= 64 {
        return Ok(());
    }
    Err("name an edition with letters, digits, '-', '_' and '.', beginning with a letter or digit".to_owned())
}

/// What the name of a timeline's file ends in.
const TRACE: &str = ".trace.json";

fn timeline(path: &Path) -> Result<Timeline> {
    let length = fs::metadata(path)?.len();
    ensure!(length <= timeline::LONGEST, "it is longer than {} KiB", timeline::LONGEST / 1024);
    Timeline::parse(&reading::text(path)?)
}

/// How the names of files begin that are not whole yet.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// Puts `text` into a file so that a reader sees the old or the new one whole, whatever happens meanwhile.
///
/// # Errors
/// The file can't be written: the folder is missing or read-only, the disk is full. The old file then stands.
pub fn write_atomically(path: &Path, text: &[u8]) -> Result<()> {
    write_all_atomically(&[(path, text)])
}

/// The same for files that belong together: none is replaced before all are whole on the disk.
///
/// # Errors
/// As for [`write_atomically`].
pub fn write_all_atomically(files: &[(&Path, &[u8])]) -> Result<()> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        anyhow::anyhow!("can't write {}: {error}; a good file that was there stands", path.display())
    };
    let whole = files.iter().map(|(path, text)| {
        let write = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
            file.as_file_mut().write_all(text)?;
            file.as_file().sync_all()?;
            // A temporary file is its owner's alone; what is published is for all to read.
            #[cfg(unix)]
            file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
            Ok((*path, file))
        };
        write().map_err(|error: std::io::Error| failed(path, &error))
    });
    for (path, file) in whole.collect::<Result<Vec<_>>>()? {
        file.persist(path).map_err(|error| failed(path, &error.error))?;
    }
    Ok(())
}

pub(crate) fn save(path: &Path, value: &impl Serialize) -> Result<()> {
    write_atomically(path, written(value)?.as_bytes())
}

fn written(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).context("a recording is plain data")?;
    // One launch a line: a diff then shows what was measured anew, and the file is a third as long.
    Ok(compact(&text) + "\n")
}

/// Joins the lines of every innermost array or object of numbers.
fn compact(pretty: &str) -> String {
    let mut out = String::with_capacity(pretty.len());
    let mut array: Option<String> = None;
    for line in pretty.lines() {
        let bare = line.trim();
        let number = bare.trim_end_matches(',').parse::<f64>().is_ok();
        match &mut array {
            Some(numbers) if number => {
                numbers.push_str(bare);
                if bare.ends_with(',') {
                    numbers.push(' ');
                }
            }
            Some(numbers) => {
                out.push_str(numbers);
                if bare.starts_with(']') {
                    out.push_str(bare);
                } else {
                    out.push('\n');
                    out.push_str(line);
                }
                out.push('\n');
                array = None;
            }
            None if bare.ends_with('[') => array = Some(line.to_owned()),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Reads a JSON file that says which schema it follows, up to the `known` one; nothing if it isn't there.
fn load<T: DeserializeOwned>(path: &Path, known: u32) -> Result<Option<T>> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let text = match reading::text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| advice(path)),
    };
    let head: Head = serde_json::from_str(&text).with_context(|| advice(path))?;
    ensure!(
        head.schema <= known,
        "{}: it follows schema {}, and this program knows {known}; update the program",
        path.display(),
        head.schema
    );
    let read = || -> Result<T> {
        ensure!(head.schema > 0, "there is no schema 0");
        Ok(serde_json::from_str(&text)?)
    };
    read().map(Some).with_context(|| advice(path))
}

fn advice(path: &Path) -> String {
    format!("{}: can't be used; take the last good one from git, or delete it and record again", path.display())
}

/// What lies in a folder, in order; nothing where there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => bail!("can't read {}: {error}; it should be a folder of editions", folder.display()),
    };
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn recording() -> Recording {
        let launch =
            |median: f64| Launch { median, lower: median - 0.1, upper: median + 0.1, samples: vec![median, median] };
        let point = |variant: &str, parameter: &str, unit: &str, metric: &str, medians: &[f64]| Point {
            metric: metric.to_owned(),
            variant: variant.to_owned(),
            parameter: parameter.to_owned(),
            unit: unit.to_owned(),
            launches: medians.iter().copied().map(launch).collect(),
        };
        Recording {
            schema: SCHEMA,
            experiment: "example".to_owned(),
            provenance: Provenance {
                date: "2026-01-02T03:04:05Z".to_owned(),
                commit: "0123456789".to_owned(),
                ..Default::default()
            },
            points: vec![
                point("slow", "1", "ns", "time", &[10.0, 11.0, 12.0]),
                point("slow", "2", "ns", "time", &[30.0, 31.0, 32.0]),
                point("fast", "1", "ns", "time", &[1.0, 1.1, 1.2]),
                point("fast", "2", "ns", "time", &[1.5, 1.6, 1.7]),
                point("slow", "2", "updates", "lost", &[500.0, 600.0, 700.0]),
                point("fast", "2", "updates", "lost", &[0.0, 0.0, 0.0]),
            ],
            sessions: vec![Session {
                name: "run".to_owned(),
                command: "cargo run -p example".to_owned(),
                sources: "abc".to_owned(),
                output: vec!["a <line>".to_owned(), String::new(), "1".to_owned()],
            }],
        }
    }

    pub(crate) fn edition(name: &str) -> Edition {
        let recording = recording();
        let machine = MachineFile { schema: SCHEMA, machine: Machine::default(), last: recording.provenance.clone() };
        let written = timeline::stamped(&timeline::tests::written(), &recording.provenance).unwrap();
        let timelines = [("example".to_owned(), Timeline::parse(&written).unwrap())].into();
        let recordings = [("example".to_owned(), recording)].into();
        Edition { name: name.to_owned(), recordings, timelines, comparison: None, machine }
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let edition = edition("here");
        let here = folder.path().join("here");
        edition.machine.save(&here).unwrap();
        edition.recordings["example"].save(&here).unwrap();
        let read = Edition::read_all(folder.path()).unwrap().remove(0);
        assert_eq!((read.name, read.machine, read.recordings), (edition.name, edition.machine, edition.recordings));
    }

    #[test]
    fn a_machine_is_told_with_what_limits_it() {
        let mut edition = edition("here");
        edition.machine.machine = Machine { cpu: "A CPU".to_owned(), cpus: 2, usable_cpus: 2, ..Machine::default() };
        assert!(edition.machine_in_words().starts_with("A CPU, 2 CPUs, 0 GiB"), "{}", edition.machine_in_words());
        (edition.machine.machine.usable_cpus, edition.machine.machine.cpu_quota) = (1, 50);
        let words = edition.machine_in_words().replace('\u{a0}', " ");
        assert!(words.starts_with("A CPU, 1 of 2 CPUs and a limit of 50.0 % of one CPU's time, 0 GiB"), "{words}");
    }

    #[test]
    fn an_edition_that_was_interrupted_after_its_machine_is_empty_and_not_broken() {
        let folder = tempfile::tempdir().unwrap();
        let edition = edition("here");
        edition.machine.save(folder.path()).unwrap();
        assert!(Edition::read(folder.path()).unwrap().unwrap().recordings.is_empty());
        fs::remove_file(folder.path().join("machine.json")).unwrap();
        assert!(Edition::read(folder.path()).unwrap().is_none());
        edition.recordings["example"].save(folder.path()).unwrap();
        let error = Edition::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("without a machine.json"), "{error}");
    }

    #[test]
    fn a_file_that_is_cut_newer_or_impossible_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let edition = edition("here");
        edition.machine.save(folder.path()).unwrap();
        edition.recordings["example"].save(folder.path()).unwrap();
        let path = folder.path().join("example.json");
        let whole = fs::read_to_string(&path).unwrap();
        let bad = [
            (whole[..whole.len() / 2].to_owned(), "EOF"),
            (whole.replace("\"schema\": 1", "\"schema\": 2"), "schema 2"),
            (whole.replace("\"schema\": 1", "\"schema\": 0"), "schema 0"),
            (whole.replace("\"median\": 500.0", "\"median\": 1e999"), "number out of range"),
            (whole.replace("\"median\": 500.0", "\"middle\": 500.0"), "middle"),
            (whole.replace("\"median\": 500.0", "\"median\": -5.0"), "outside its interval"),
            (whole.replace("\"lower\": 9.9", "\"lower\": -9.9"), "negative time"),
            (whole.replace("\"experiment\": \"example\"", "\"experiment\": \"other\""), "other"),
            (String::new(), "EOF"),
        ];
        for (text, complaint) in bad {
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", Edition::read(folder.path()).unwrap_err());
            assert!(error.contains("example.json") && error.contains(complaint), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_comparison_is_read_as_it_was_written_or_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        edition("here").machine.save(folder.path()).unwrap();
        let written = comparison::tests::comparison();
        written.save(folder.path()).unwrap();
        assert_eq!(Edition::read(folder.path()).unwrap().unwrap().comparison, Some(written));
        let path = folder.path().join("comparison.json");
        let whole = fs::read_to_string(&path).unwrap();
        let bad = [
            (whole[..whole.len() / 2].to_owned(), "EOF"),
            (whole.replace("\"schema\": 1", "\"schema\": 2"), "schema 2, and this program knows 1"),
            (whole.replace("\"schema\": 1", "\"schema\": 0"), "schema 0"),
            (whole.replace("\"limit\": 1.3", "\"limit\": 1e999"), "number out of range"),
            (whole.replace("\"limit\": 1.3", "\"limits\": 1.3"), "limits"),
            (whole.replacen("11.0, ", "-11.0, ", 1), "isn't positive"),
        ];
        for (text, complaint) in bad {
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", Edition::read(folder.path()).unwrap_err());
            assert!(error.contains("comparison.json") && error.contains(complaint), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_reader_sees_the_old_file_or_the_new_one_whole() {
        use std::io::Read;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"old").unwrap();
        // Who has opened the old file goes on reading it: a new one takes its name, and nothing is written over it.
        let mut reader = fs::File::open(&path).unwrap();
        write_atomically(&path, b"newer").unwrap();
        let mut seen = String::new();
        reader.read_to_string(&mut seen).unwrap();
        assert_eq!((seen.as_str(), &fs::read(&path).unwrap()[..]), ("old", &b"newer"[..]));
        assert_eq!(files(folder.path()).unwrap(), [path]);
    }

    #[test]
    fn a_recording_and_its_timeline_are_written_together() {
        let folder = tempfile::tempdir().unwrap();
        let (edition, trace) = (edition("here"), folder.path().join("example.trace.json"));
        let recording = &edition.recordings["example"];
        let text = timeline::stamped(&timeline::tests::written(), &recording.provenance).unwrap();
        edition.machine.save(folder.path()).unwrap();
        recording.save_with(folder.path(), Some(&text)).unwrap();
        let read = Edition::read(folder.path()).unwrap().unwrap();
        assert_eq!((&read.recordings, &read.timelines), (&edition.recordings, &edition.timelines));
        for (bad, complaint) in [("{}", "traceEvents"), (&"x".repeat(300_000)[..], "256 KiB")] {
            fs::write(&trace, bad).unwrap();
            let error = format!("{:#}", Edition::read(folder.path()).unwrap_err());
            assert!(error.contains("example.trace.json") && error.contains(complaint), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        // The lesson asks for none any more.
        recording.save_with(folder.path(), None).unwrap();
        assert!(!trace.exists());
        // One of the two can't be written, so the other isn't either.
        fs::remove_file(folder.path().join("example.json")).unwrap();
        let missing = Path::new("/proc/none/example.trace.json");
        let both = [(&*recording.file(folder.path()), &b"new"[..]), (missing, b"new")];
        assert!(write_all_atomically(&both).unwrap_err().to_string().contains("/proc/none"));
        assert_eq!(files(folder.path()).unwrap(), [folder.path().join("machine.json")]);
    }

    #[test]
    fn a_write_that_fails_says_where_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // The target is a folder, so the last step, the rename, fails.
        let blocked = folder.path().join("blocked");
        fs::create_dir_all(blocked.join("full")).unwrap();
        let error = write_atomically(&blocked, b"new").unwrap_err().to_string();
        assert!(error.contains("blocked") && error.contains("stands"), "{error}");
        assert_eq!(files(folder.path()).unwrap(), [blocked]);
    }

    #[test]
    fn only_a_plain_name_is_an_editions_name() {
        for name in ["local", "room-12", "2026_spring.b"] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in ["", ".", "..", "a/b", "../x", "-x", "ä", "a b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn numbers_stand_on_one_line() {
        let text = compact("{\n  \"a\": [\n    1.0,\n    2\n  ],\n  \"b\": [\n    \"x\"\n  ],\n  \"c\": []\n}");
        assert_eq!(text, "{\n  \"a\": [1.0, 2],\n  \"b\": [\n    \"x\"\n  ],\n  \"c\": []\n}");
    }
}
