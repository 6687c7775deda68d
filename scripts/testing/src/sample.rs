//! A small project of its own: one experiment, its chapter, its lesson and its recording, to be broken, killed and recorded.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use charts::{figure, readme};
use edition::comparison::{self, Comparison, LeftOut, Row, Series};
use edition::estimate::Launch;
use edition::{
    MachineFile, Point, Project, Provenance, REFERENCE, Recording, SCHEMA, Session, sources, take, timeline,
};
use tempfile::TempDir;

macro_rules! files {
    ($($path:literal)*) => { &[$(($path, include_str!(concat!("../sample/", $path)))),*] };
}

/// The files that are the same in every sample. The variable `SAMPLE` tells its program and its bench what to do wrong;
/// the words are in `experiments/sample/src/main.rs` and `benches/sample.rs`.
const FILES: &[(&str, &str)] = files! {
    ".cargo/config.toml"
    "Cargo.toml"
    "README.md"
    "book.toml"
    "book/claims.toml"
    "book/src/SUMMARY.md"
    "book/src/introduction.md"
    "book/src/sample.md"
    "book/theme/fonts/fonts.css"
    "book/theme/measured.css"
    "experiments/sample/Cargo.toml"
    "experiments/sample/benches/sample.rs"
    "experiments/sample/lesson.toml"
    "experiments/sample/src/main.rs"
    "experiments/sample/timeline.json"
};

/// Files that sessions are hashed with.
const HASHED: &[(&str, &str)] = &[
    ("rust-toolchain.toml", include_str!("../../../rust-toolchain.toml")),
    ("experiments/lab/Cargo.toml", ""),
    ("experiments/lab/src/lib.rs", ""),
];

/// What the sample's bench measures: variant, parameter, nanoseconds.
const TIMES: [(&str, &str, f64); 4] =
    [("fast", "1", 10.0), ("fast", "2", 11.0), ("slow", "1", 20.0), ("slow", "2", 40.0)];

/// What the sample's program writes as its timeline.
const TIMELINE: &str = include_str!("../sample/experiments/sample/timeline.json");

/// Where cargo builds the sample; what lies there is nobody's data.
const BUILT: [&str; 2] = ["target/debug", "target/release"];

/// Every file and folder below a folder, relative to it, with the content of each file that can be read and the target of
/// each symbolic link.
pub type Snapshot = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// The project that all of this belongs to.
pub fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project is there");
    Project::open(&root).expect("the project is sound")
}

/// A project in a folder of its own, which is gone when this is dropped.
#[derive(Debug)]
pub struct Sample(TempDir);

impl Sample {
    /// A sound sample: its edition `reference` is this machine's, its README agrees with it, its charts are drawn. It is
    /// not built yet.
    pub fn new() -> Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    /// The same in a folder below `folder`.
    pub fn within(folder: &Path) -> Result<Self> {
        let sample = Self(odd_folder(folder)?);
        for (path, text) in FILES.iter().chain(HASHED) {
            sample.write(path, text)?;
        }
        sample.record()?;
        Ok(sample)
    }

    /// A sound sample with one file replaced or added. Nothing that follows from that file is made anew.
    pub fn with(path: &str, text: &str) -> Result<Self> {
        let sample = Self::new()?;
        sample.write(path, text)?;
        Ok(sample)
    }

    /// Another one, as the one at `root` is now, with all that was built in it: cargo takes it for up to date.
    pub fn copy_of(root: &Path) -> Result<Self> {
        let copy = Self(odd_folder(&std::env::temp_dir())?);
        self::copy(root, copy.root())?;
        Ok(copy)
    }

    /// Leaves the sample where it is, for somebody else to use.
    pub fn keep(self) -> PathBuf {
        self.0.keep()
    }

    /// The folder that has book.toml.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> Result<()> {
        let path = self.root().join(path);
        let write = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, text)
        };
        write().with_context(|| format!("can't write {}", path.display()))
    }

    /// Replaces `from`, where it first stands in a file.
    pub fn edit(&self, path: &str, from: &str, to: impl AsRef<[u8]>) -> Result<()> {
        let text = fs::read_to_string(self.root().join(path)).with_context(|| path.to_owned())?;
        let (before, after) = text.split_once(from).with_context(|| format!("{path} has no {from:?} to replace"))?;
        self.write(path, [before.as_bytes(), to.as_ref(), after.as_bytes()].concat())
    }

    /// Writes what criterion would, had the sample's bench been run by `cargo bench`.
    pub fn bench(&self) -> Result<()> {
        for (variant, parameter, time) in TIMES {
            let folder = format!("target/criterion/sample/{variant}/{parameter}/new");
            let (lower, upper) = (time - 0.5, time + 0.5);
            let benchmark = format!(r#"{{"group_id":"sample","function_id":"{variant}","value_str":"{parameter}"}}"#);
            let interval = format!(r#"{{"confidence_level":0.95,"lower_bound":{lower:?},"upper_bound":{upper:?}}}"#);
            let median = format!(r#"{{"point_estimate":{time:?},"confidence_interval":{interval}}}"#);
            let sample = format!(r#"{{"iters":[10.0,10.0],"times":[{:?},{:?}]}}"#, 10.0 * lower, 10.0 * upper);
            self.write(&format!("{folder}/benchmark.json"), benchmark)?;
            self.write(&format!("{folder}/estimates.json"), format!(r#"{{"median":{median},"slope":null}}"#))?;
            self.write(&format!("{folder}/sample.json"), sample)?;
        }
        Ok(())
    }

    /// A command that runs in the sample, with nothing from the environment that would lead it elsewhere.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env_remove("CARGO_TARGET_DIR").env_remove("CRITERION_HOME");
        command
    }

    /// All that is in the sample now but for what cargo built.
    pub fn snapshot(&self) -> Result<Snapshot> {
        snapshot(self.root())
    }

    /// The recording that `cargo record` would make, the README and the charts that follow from it.
    fn record(&self) -> Result<()> {
        let root = self.root();
        let folder = root.join("book/data").join(REFERENCE);
        let provenance = Provenance {
            date: "2026-11-01T12:00:00Z".to_owned(),
            commands: vec!["cargo record --edition reference".to_owned()],
            ..Provenance::default()
        };
        let machine = MachineFile { schema: SCHEMA, machine: base::machine::this(), last: provenance.clone() };
        machine.save(&folder)?;
        let point = |metric: &str, variant: &str, parameter: &str, unit: &str, value: f64| {
            Point::new([metric, variant, parameter, unit], vec![Launch::exact(value); 6])
        };
        let command = "cargo run -p sample";
        let session = Session {
            name: "run".to_owned(),
            command: command.to_owned(),
            sources: sources::hash(root, command)?,
            output: ["variant  lost", "slow        3", "fast        0"].map(str::to_owned).to_vec(),
            found: [("lost/slow/2".to_owned(), 3.0)].into(),
            thrown_away: 0,
        };
        let times = TIMES.iter().map(|(variant, parameter, time)| point("time", variant, parameter, "ns", *time));
        let lost = [("slow", 3.0), ("fast", 0.0)].map(|(variant, lost)| point("lost", variant, "2", "updates", lost));
        let points = times.chain(lost).collect();
        let timeline = timeline::stamped(TIMELINE, &provenance)?;
        let recording = Recording { provenance, points, sessions: vec![session], ..take::empty("sample") };
        recording.save_with(&folder, Some(&timeline))?;
        comparison(&recording.provenance).save(&folder)?;
        let project = Project::open(root)?;
        readme::update(&project)?;
        figure::export(&project, &root.join("target/charts"))?;
        Ok(())
    }
}

/// A folder whose name has in it what a reader's home may have.
fn odd_folder(folder: &Path) -> Result<TempDir> {
    tempfile::Builder::new().prefix("a b ü ").tempdir_in(folder).context("can't make a folder")
}

/// The comparison that `cargo compare` would make on a machine on which it finds all but one of the tools.
fn comparison(provenance: &Provenance) -> Comparison {
    let series = |says: &str, rounds: &[f64]| Series {
        says: says.to_owned(),
        command: format!("cargo run -p sample -- {says}"),
        unit: "ns".to_owned(),
        rounds: rounds.to_vec(),
    };
    let row = |name: &str, says: &str| Row {
        name: name.to_owned(),
        says: says.to_owned(),
        independent: true,
        limit: 1.3,
        ours: series("ours", &[11.0, 10.0, 12.0]),
        beside: series("theirs", &[10.0, 10.0, 11.0]),
        reasons: vec![series("a reason", &[1.0, 1.0, 1.0])],
        explained_by: None,
    };
    let [name, says, why] = ["pipe-free", "a round trip", "a tool is missing"].map(str::to_owned);
    Comparison {
        schema: comparison::SCHEMA,
        provenance: provenance.clone(),
        rows: vec![row("thread-free", "a thread, placed freely"), row("thread-one-core", "a thread, on one core")],
        left_out: vec![LeftOut { name, says, why }],
    }
}

/// All that is in a folder but for what cargo built there.
pub fn snapshot(root: &Path) -> Result<Snapshot> {
    let mut snapshot = Snapshot::new();
    collect(root, Path::new(""), &mut snapshot).with_context(|| format!("can't read {}", root.display()))?;
    Ok(snapshot)
}

/// Copies a folder into one that is there, with the times of its files, by which cargo tells what is up to date, and
/// with the two names that it gives to a program.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    copy_all(from, to, &mut HashMap::new()).with_context(|| format!("can't copy {}", from.display()))
}

fn copy_all(from: &Path, to: &Path, known: &mut HashMap<u64, PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (data, to) = (entry.metadata()?, to.join(entry.file_name()));
        if data.is_dir() {
            fs::create_dir(&to)?;
            copy_all(&entry.path(), &to, known)?;
        } else if let Some(same) = known.get(&data.ino()) {
            fs::hard_link(same, &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
            File::open(&to)?.set_times(FileTimes::new().set_modified(data.modified()?))?;
            known.insert(data.ino(), to);
        }
    }
    Ok(())
}

fn collect(root: &Path, below: &Path, snapshot: &mut Snapshot) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let (path, kind) = (below.join(entry.file_name()), entry.file_type()?);
        let content = match () {
            () if kind.is_dir() => None,
            () if kind.is_symlink() => Some(fs::read_link(entry.path())?.into_os_string().into_encoded_bytes()),
            () if kind.is_file() => fs::read(entry.path()).ok(),
            () => None,
        };
        if kind.is_dir() && BUILT.iter().all(|built| path != Path::new(built)) {
            collect(root, &path, snapshot)?;
        }
        snapshot.insert(path, content);
    }
    Ok(())
}
