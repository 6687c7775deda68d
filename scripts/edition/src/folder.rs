//! An edition is a folder `book/data/<edition>/` with `machine.json` ([`MachineFile`]) and, for each experiment,
//! `<slug>.json` ([`Recording`]) and, where the lesson asks for one, `<slug>.trace.json` ([`Timeline`], in the Chrome trace
//! event format); and, where `cargo compare` has run, `comparison.json` ([`Comparison`], which has a schema of its own).
//! Every file but a timeline says which [`SCHEMA`] it follows. A reader refuses any other.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use base::machine::Machine;
use base::quantity::Quantity;
use base::{files, nearest};

use crate::comparison::{self, Comparison};
use crate::json::{advice, load};
use crate::recording::{MachineFile, Point, Recording, SCHEMA, TRACE};
use crate::timeline::{self, Timeline};

/// The edition that is published with the book, and that its numbers come from.
pub const REFERENCE: &str = "reference";

/// The edition of the reader who runs `cargo record` or `cargo charts`; git ignores it.
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

/// Something that a chapter asks for and that the edition doesn't hold: only a new recording mends it.
#[derive(Debug)]
pub struct NotRecorded(pub String);

impl NotRecorded {
    /// Whether this is what an error comes from.
    pub fn is_in(error: &anyhow::Error) -> bool {
        error.chain().any(|cause| cause.is::<Self>())
    }
}

impl fmt::Display for NotRecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotRecorded {}

impl Edition {
    /// Reads an edition's folder; nothing if there is no `machine.json` in it.
    ///
    /// # Errors
    /// A file can't be read, isn't whole, holds an impossible number, or follows another schema.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let Some(machine) = load::<MachineFile>(&folder.join("machine.json"), SCHEMA)? else {
            let recordings = entries(folder)?.into_iter().any(|path| path.extension().is_some_and(|end| end == "json"));
            ensure!(!recordings, "{}: recordings without a machine.json; record again, or delete it", folder.display());
            return Ok(None);
        };
        let (mut recordings, mut timelines) = (BTreeMap::new(), BTreeMap::new());
        for path in entries(folder)? {
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
        for folder in entries(data)?.into_iter().filter(|path| path.is_dir()) {
            if let Some(edition) = Self::read(&folder)? {
                check_name(&edition.name)
                    .map_err(|what| anyhow!("{}: rename this folder; {what}", folder.display()))?;
                editions.push(edition);
            }
        }
        editions.sort_by_key(|edition| (edition.name != REFERENCE, edition.name == LOCAL, edition.name.clone()));
        Ok(editions)
    }

    /// The point that `metric/variant/parameter` names in the recording of `slug`.
    ///
    /// # Errors
    /// The slug was not recorded in this edition, or has no such point; the error proposes the nearest.
    pub fn point(&self, slug: &str, name: &str) -> Result<&Point> {
        let Some(recording) = self.recordings.get(slug) else {
            let option = if self.name == REFERENCE { " --edition reference" } else { "" };
            let what = format!("{slug} has no data in the edition {}; run `cargo record {slug}{option}`", self.name);
            return Err(NotRecorded(what).into());
        };
        let found = recording.points.iter().find(|point| point.name() == name);
        let missing = || {
            let names: Vec<String> = recording.points.iter().map(Point::name).collect();
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            // A recording may have hundreds of points: if none is near, only those of the same metric are of use.
            let metric = |name: &str| name.split('/').next().map(str::to_owned);
            let of_metric: Vec<&str> = known.iter().copied().filter(|known| metric(known) == metric(name)).collect();
            let hint = nearest::hint(name, if nearest::is_near(name, &known) { &known } else { &of_metric });
            NotRecorded(format!("{slug} has no measured value {name:?} in the edition {}{hint}", self.name))
        };
        Ok(found.ok_or_else(missing)?)
    }

    /// The machine, and the date and the commit of what was measured on it, in words.
    pub fn recorded(&self, date: &str, commit: &str) -> String {
        let day = date.split('T').next().unwrap_or_default();
        let commit = commit.get(..7).map_or_else(String::new, |commit| format!(", commit {commit}"));
        format!("Edition {}: {}; {day}{commit}.", self.name, self.machine_in_words())
    }

    /// What a reader calls the machine: `your machine`, or its CPU and how many: `Intel Xeon, 2 CPUs`.
    pub fn called(&self) -> String {
        if self.name == LOCAL {
            return "your machine".to_owned();
        }
        let Machine { cpu, architecture, cpus, .. } = &self.machine.machine;
        let cpu = [cpu, architecture, &self.name].into_iter().find(|words| !words.is_empty()).unwrap_or(cpu);
        let plain = cpu
            .split('@')
            .next()
            .unwrap_or_default()
            .replace("(R)", "")
            .replace("(TM)", "")
            .replace("(r)", "")
            .replace("(tm)", "");
        // A model's number tells experts more than readers, but tells two machines apart.
        let words: Vec<&str> = plain.split_whitespace().filter(|word| !matches!(*word, "CPU" | "Processor")).collect();
        format!("{}, {cpus} CPU{}", words.join(" "), if *cpus == 1 { "" } else { "s" })
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

fn timeline(path: &Path) -> Result<Timeline> {
    let length = fs::metadata(path)?.len();
    ensure!(length <= timeline::LONGEST, "it is longer than {} KiB", timeline::LONGEST / 1024);
    Timeline::parse(&files::text(path)?)
}

/// What lies in a folder, in order; nothing where there is no folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => bail!("can't read {}: {error}; it should be a folder", folder.display()),
    };
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, edition};

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
    fn a_file_is_read_as_it_was_written_or_refused_by_name() {
        // What to replace in which file, with what, and what the complaint must contain.
        let bad = [
            ("example", "\"schema\":2", "\"schema\":3", "schema 3, and this program knows 2; update"),
            (
                "example",
                "\"schema\":2",
                "\"schema\":1",
                "schema 1, and this program knows 2; delete it and record anew",
            ),
            ("example", "500.0,499.9", "1e999,499.9", "number out of range"),
            ("example", "500.0,499.9", "500.0", "a launch is a number, or three of them"),
            ("example", "500.0,499.9", "-5.0,499.9", "outside its interval"),
            ("example", "10.0,9.9", "10.0,-9.9", "negative time"),
            ("example", "\"experiment\":\"example\"", "\"experiment\":\"other\"", "other"),
            ("example", "]\n}", "", "EOF"),
            ("comparison", "\"schema\":2", "\"schema\":3", "schema 3, and this program knows 2"),
            ("comparison", "\"limit\":1.3", "\"limit\":1e999", "number out of range"),
            ("comparison", "\"limit\":1.3", "\"limits\":1.3", "limits"),
            ("comparison", "11.0,", "-11.0,", "isn't positive"),
        ];
        let folder = tempfile::tempdir().unwrap();
        let (edition, comparison) = (edition("here"), example::comparison());
        edition.machine.save(folder.path()).unwrap();
        edition.recordings["example"].save(folder.path()).unwrap();
        comparison.save(folder.path()).unwrap();
        let read = || Edition::read(folder.path());
        assert_eq!(read().unwrap().unwrap().comparison, Some(comparison));
        for (file, right, wrong, complaint) in bad {
            let path = folder.path().join(format!("{file}.json"));
            let whole = fs::read_to_string(&path).unwrap();
            fs::write(&path, whole.replacen(right, wrong, 1)).unwrap();
            let error = format!("{:#}", read().unwrap_err());
            assert!(error.contains(&format!("{file}.json")) && error.contains(complaint), "{error}");
            assert!(!error.contains('\n'), "{error}");
            fs::write(&path, whole).unwrap();
        }
    }

    #[test]
    fn a_recording_and_its_timeline_are_written_together() {
        let folder = tempfile::tempdir().unwrap();
        let (edition, trace) = (edition("here"), folder.path().join("example.trace.json"));
        let recording = &edition.recordings["example"];
        let text = timeline::stamped(&example::written(), &recording.provenance).unwrap();
        edition.machine.save(folder.path()).unwrap();
        recording.save_with(folder.path(), Some(&text)).unwrap();
        let read = Edition::read(folder.path()).unwrap().unwrap();
        assert_eq!((&read.machine, &read.recordings), (&edition.machine, &edition.recordings));
        assert_eq!(read.timelines, edition.timelines);
        for (bad, complaint) in [("{}", "traceEvents"), (&"x".repeat(300_000)[..], "256 KiB")] {
            fs::write(&trace, bad).unwrap();
            let error = format!("{:#}", Edition::read(folder.path()).unwrap_err());
            assert!(error.contains("example.trace.json") && error.contains(complaint), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        // The lesson asks for none any more.
        recording.save_with(folder.path(), None).unwrap();
        assert!(!trace.exists());
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
}
