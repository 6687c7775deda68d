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
    Kind, MachineFile, Point, Project, Provenance, REFERENCE, Recording, SCHEMA, Session, sources, take, timeline,
};
use tempfile::TempDir;

macro_rules! files {
    ($($path:literal)*) => { &[$(($path, include_str!(concat!("../sample/", $path)))),*] };
}

/// The files that are the same in every sample. The variable `SAMPLE` tells its program and its bench what to do wrong;
/// the words are in `experiments/sample/src/main.rs` and `benches/sample.rs`.
const FILES: &[(&str, &str)] = files! {
    "Cargo.toml"
    "README.md"
    "book.toml"
    "book/claims.toml"
    "book/src/SUMMARY.md"
    "book/src/introduction.md"
    "book/src/sample.md"
    "book/theme/fonts/fonts.css"
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

/// What the sample's program writes as its timeline.
const TIMELINE: &str = include_str!("../sample/experiments/sample/timeline.json");

/// Where cargo builds the sample; what lies there is nobody's data.
const BUILT: [&str; 2] = ["target/debug", "target/release"];

/// How the names of [`Folder`]s begin.
const OURS: &str = "threads-and-processes-soak-";

/// Beside the [`Folder`]s, the file that is locked while one is made and others are cleared away. It stays.
const LOCK: &str = "threads-and-processes-soak.lock";

/// A temporary folder for samples. Whoever is interrupted leaves it; the next one clears it away.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
    /// Held as long as this lives: the system gives it back however the process ends.
    _lock: File,
}

impl Folder {
    /// A new one. Those that nobody holds any more are gone then.
    ///
    /// # Errors
    /// The folder for temporary files can't be written.
    pub fn new() -> Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(temporary: &Path) -> Result<Self> {
        // A folder that is made isn't locked yet, so nobody else may look for abandoned ones meanwhile.
        let _others_wait = locked(&temporary.join(LOCK));
        for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let left = name.starts_with(OURS) && entry.file_type().is_ok_and(|kind| kind.is_dir());
            // Another one's that is in use, or that we may not touch, stays.
            if left && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let new = || -> std::io::Result<Self> {
            let folder = tempfile::Builder::new().prefix(OURS).tempdir_in(temporary)?;
            let lock = File::open(folder.path())?;
            // Where folders can't be locked, nobody takes this one for abandoned either.
            let _ = lock.try_lock();
            Ok(Self { folder, _lock: lock })
        };
        new().with_context(|| format!("can't make a folder in {}", temporary.display()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The file, locked; it waits for whoever else has locked it. None where it can't be had: it may be another user's, whose
/// folders we can't clear away, and who can't clear away ours.
fn locked(path: &Path) -> Option<File> {
    // In a folder for everybody the system lets nobody create a file that is another's, though it can be read.
    let file = File::open(path).or_else(|_| File::options().create(true).append(true).open(path)).ok()?;
    file.lock().ok().map(|()| file)
}

/// Every file and folder below a folder, relative to it, with the content of each file that can be read and the target of
/// each symbolic link.
pub type Snapshot = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// A project in a folder of its own, which is gone when this is dropped.
#[derive(Debug)]
pub struct Sample(TempDir);

impl Sample {
    /// A sound sample: its edition `reference` is this machine's, its README agrees with it, its charts are drawn. It is
    /// not built yet.
    ///
    /// # Errors
    /// The folder for temporary files can't be written.
    pub fn new() -> Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    /// The same in a folder below `folder`.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn within(folder: &Path) -> Result<Self> {
        let sample = Self(tempfile::tempdir_in(folder).context("can't make a folder")?);
        for (path, text) in FILES.iter().chain(HASHED) {
            sample.write(path, text)?;
        }
        sample.record()?;
        Ok(sample)
    }

    /// Another one, as the one at `root` is now, with all that was built in it: cargo takes it for up to date.
    ///
    /// # Errors
    /// A file can't be read or written.
    pub fn copy_of(root: &Path) -> Result<Self> {
        let copy = Self(tempfile::tempdir().context("can't make a folder")?);
        copy_all(root, copy.root(), &mut HashMap::new()).context("can't copy the sample")?;
        Ok(copy)
    }

    /// Leaves the sample where it is, for whoever else is to have it.
    pub fn keep(self) -> PathBuf {
        self.0.keep()
    }

    /// The folder that has book.toml.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders above it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> Result<()> {
        let path = self.root().join(path);
        let write = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, text)
        };
        write().with_context(|| format!("can't write {}", path.display()))
    }

    /// A command that runs in the sample, with nothing from the environment that would lead it elsewhere.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env_remove("CARGO_TARGET_DIR").env_remove("CRITERION_HOME");
        command
    }

    /// All that is in the sample now but for what cargo built.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let mut snapshot = Snapshot::new();
        collect(self.root(), Path::new(""), &mut snapshot).context("can't read the sample")?;
        Ok(snapshot)
    }

    /// The recording that `cargo record` would make, the README and the charts that follow from it.
    fn record(&self) -> Result<()> {
        let root = self.root();
        let folder = root.join("book/data").join(REFERENCE);
        let provenance = take::now(root, vec!["cargo record --edition reference".to_owned()], Kind::Full);
        let machine = MachineFile { schema: SCHEMA, machine: base::machine::this(), last: provenance.clone() };
        machine.save(&folder)?;
        let point = |metric: &str, variant: &str, parameter: &str, unit: &str, value: f64| Point {
            metric: metric.to_owned(),
            variant: variant.to_owned(),
            parameter: parameter.to_owned(),
            unit: unit.to_owned(),
            launches: vec![Launch::exact(value); 6],
        };
        let command = "cargo run -p sample";
        let session = Session {
            name: "run".to_owned(),
            command: command.to_owned(),
            sources: sources::hash(root, command)?,
            output: ["variant  lost", "slow        3", "fast        0"].map(str::to_owned).to_vec(),
        };
        let points = vec![
            point("time", "fast", "1", "ns", 10.0),
            point("time", "fast", "2", "ns", 11.0),
            point("time", "slow", "1", "ns", 20.0),
            point("time", "slow", "2", "ns", 40.0),
            point("lost", "slow", "2", "updates", 3.0),
            point("lost", "fast", "2", "updates", 0.0),
        ];
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
        limit: 1.3,
        ours: series("ours", &[11.0, 10.0, 12.0]),
        beside: series("theirs", &[10.0, 10.0, 11.0]),
        reasons: vec![series("a reason", &[1.0, 1.0, 1.0])],
    };
    let [name, says, why] = ["pipe-free", "a round trip", "a tool is missing"].map(str::to_owned);
    Comparison {
        schema: comparison::SCHEMA,
        provenance: provenance.clone(),
        rows: vec![row("thread-free", "a thread, placed freely"), row("thread-one-core", "a thread, on one core")],
        left_out: vec![LeftOut { name, says, why }],
    }
}

/// `wrapper`, with the command behind its own words: it runs in the same place.
pub fn behind<'a>(wrapper: &str, words: impl IntoIterator<Item = &'a str>, inner: &Command) -> Command {
    let mut command = Command::new(wrapper);
    command.args(words).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(inner.get_current_dir().unwrap_or(Path::new(".")));
    command
}

/// Copies a folder with the times of its files, by which cargo tells what is up to date, and with the two names that it
/// gives to a program.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use edition::criterion;
    use record::building::Built;
    use record::launches::Plan;

    #[test]
    fn a_folder_that_nobody_holds_is_cleared_away_and_others_are_not() {
        let temporary = tempfile::tempdir().unwrap();
        let left = temporary.path().join(format!("{OURS}aB3dE1"));
        let others = temporary.path().join("somebody-elses");
        for folder in [&left, &others] {
            fs::create_dir_all(folder.join("below")).unwrap();
        }
        let held = Folder::within(temporary.path()).unwrap();
        let another = Folder::within(temporary.path()).unwrap();
        assert!(!left.exists());
        assert!([held.path(), another.path(), &others].iter().all(|folder| folder.is_dir()));
    }

    #[test]
    fn many_who_make_folders_at_once_all_have_one() {
        let temporary = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let make = || scope.spawn(|| (0..50).all(|_| Folder::within(temporary.path()).unwrap().path().is_dir()));
            let all = [make(), make(), make(), make()];
            assert!(all.into_iter().all(|one| one.join().unwrap()));
        });
    }

    #[test]
    fn the_sample_is_whole_and_its_recording_is_what_its_programs_say() {
        let sample = Sample::new().unwrap();
        let project = Project::open(sample.root()).unwrap();
        assert_eq!(readme::stale(&project).unwrap(), [] as [PathBuf; 0]);
        let built = Built::build(&project, &["sample"], true).unwrap();
        let run = |program: &Path, words: &[&str], home: &Path| {
            let mut command = sample.command(program);
            command.args(words).env("CRITERION_HOME", home);
            let output = base::process::output(&mut command, Duration::from_secs(60)).unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let home = sample.root().join("home");
        run(built.bench("sample").unwrap(), &["--bench"], &home);
        let outcomes = run(built.binary("sample").unwrap(), &["--json"], &home);
        let outcomes = outcomes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let launch = (criterion::read(&home, "sample", &|_| true).unwrap().cases, outcomes);
        let recorded = take::recording("sample", &[launch], edition::Provenance::default()).unwrap();
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
    fn without_a_bench_the_outcomes_are_recorded_and_without_these_nothing() {
        let sample = Sample::new().unwrap();
        let edit = |path: &str, from: &str, to: &str| {
            let text = fs::read_to_string(sample.root().join(path)).unwrap();
            assert!(text.contains(from), "{path} has no {from:?}");
            sample.write(path, text.replace(from, to)).unwrap();
        };
        fs::remove_dir_all(sample.root().join("experiments/sample/benches")).unwrap();
        edit("experiments/sample/Cargo.toml", "[[bench]]\nname = \"sample\"\nharness = false\n", "");
        let project = Project::open(sample.root()).unwrap();
        let built = Built::build(&project, &["sample"], true).unwrap();
        let limit = Duration::from_secs(60);
        let plan = Plan::new(&project, "sample", &built, edition::Kind::Quick, sample.root(), limit, true).unwrap();
        let launches = plan.run(&indicatif::ProgressBar::hidden()).unwrap();
        let recorded = take::recording("sample", &launches, edition::Provenance::default()).unwrap();
        let points = recorded.points.iter().map(|point| (&point.metric[..], &point.variant[..], point.launches.len()));
        assert_eq!(points.collect::<Vec<_>>(), [("lost", "slow", 3), ("lost", "fast", 3)]);

        edit("experiments/sample/lesson.toml", "outcomes = [\"--workers 2\"]", "outcomes = []");
        let project = Project::open(sample.root()).unwrap();
        let refused = Plan::new(&project, "sample", &built, edition::Kind::Quick, sample.root(), limit, true);
        let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with("sample has neither a bench nor `outcomes`"), "{said}");
    }
}
