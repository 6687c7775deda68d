//! Takes what benches and experiments wrote into an edition.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use base::machine::{self, Machine};
use base::modes;
use base::outcome::Outcome;
use base::process;

use crate::criterion::{self, Case};
use crate::estimate::Launch;
use crate::folder::{Edition, LOCAL};
use crate::lesson::Lesson;
use crate::project::Project;
use crate::provenance::{Effort, Provenance};
use crate::recording::{MachineFile, Point, Recording, SCHEMA};

/// What `cargo charts` took from criterion's folder.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Whether criterion's folder held anything at all.
    pub measured: bool,
    /// How many points of each experiment.
    pub points: Vec<(String, usize)>,
    /// Cases that no lesson knows: renamed or removed since, so they were left where they are.
    pub unknown: Vec<String>,
}

/// The longest that git and rustc may take to say what they are.
const LIMIT: Duration = Duration::from_secs(60);

/// Takes what a plain `cargo bench` left in criterion's folder into the edition `name`: the cases that are newer than
/// the edition's own. Each has one launch.
///
/// # Errors
/// A file of criterion's isn't what it writes; nothing was measured for an edition that isn't there yet; the edition is
/// another machine's, or it can't be written. It then stays as it was.
pub fn bench(project: &Project, name: &str) -> Result<Taken> {
    let home = criterion::home(&project.root);
    let mut taken = Taken::default();
    let mut found = Vec::new();
    for (slug, lesson) in &project.lessons {
        let home = project.root.join("experiments").join(slug).join(&home);
        // Where the book shows another metric than criterion's, there is nothing to take.
        let shows = lesson.metric("time").is_some_and(|time| time.same_as.is_none());
        let knows = |variant: &str| shows && lesson.variants.iter().any(|known| known.name == variant);
        let of = criterion::read(&home, slug, &knows)?;
        taken.measured |= !of.cases.is_empty() || !of.unknown.is_empty();
        taken.unknown.extend(of.unknown);
        found.push((slug, of.cases));
    }
    let mut provenance = None;
    let folder = project.root.join("book/data").join(name);
    let edition = project.editions.iter().find(|edition| edition.name == name);
    // Without measurements the charts can still be drawn anew, unless it's measurements that were asked for.
    let home_named = std::env::var_os("CRITERION_HOME").is_some_and(|home| !home.is_empty());
    let asked_for = home_named || edition.is_none() && name != LOCAL;
    if !taken.measured && (asked_for || project.editions.is_empty()) {
        let named = if home_named { "CRITERION_HOME: " } else { "" };
        let home = if home.is_relative() { Path::new("experiments/*").join(&home) } else { home };
        bail!("{named}no measurements in {} for the edition {name}; run `cargo bench` first", home.display());
    }
    let mut recordings = Vec::new();
    for (slug, cases) in &found {
        let old = edition.and_then(|edition| edition.recordings.get(*slug));
        let since = old.map_or(SystemTime::UNIX_EPOCH, |recording| time(&recording.provenance.date));
        let known: Vec<&Case> = cases.iter().filter(|case| case.written > since).collect();
        if known.is_empty() {
            continue;
        }
        let provenance = match &mut provenance {
            Some(provenance) => provenance,
            none => none.insert(now(&project.root, vec!["cargo bench".to_owned()], Effort::Bench)),
        };
        let mut recording = old.cloned().unwrap_or_else(|| empty(slug));
        let before = std::mem::replace(&mut recording.provenance, provenance.clone());
        for case in &known {
            let point = with_modes(time_point(case), std::slice::from_ref(&case.samples));
            recording.points.retain(|old| old.name() != point.name());
            recording.points.push(point);
        }
        let older = recording.points.len() - known.len();
        if older > 0 {
            let warning = format!("{older} of {} values are from {}", recording.points.len(), before.date);
            recording.provenance.warnings.push(warning);
            recording.provenance.warnings.extend(before.warnings);
            recording.provenance.commands.splice(0..0, before.commands);
        }
        taken.points.push(((*slug).clone(), known.len()));
        recordings.push(recording);
    }
    if let Some(provenance) = provenance {
        save(&folder, edition, provenance, |folder| {
            recordings.iter().try_for_each(|recording| recording.save(folder))
        })?;
    }
    Ok(taken)
}

/// The recording of an experiment from its launches, criterion's cases and the outcomes of each: of what its lesson shows. What
/// has two modes keeps its samples.
///
/// # Errors
/// A launch lacks a point that another has, or has one with a number that isn't finite.
pub fn recording(
    (slug, lesson): (&str, &Lesson),
    launches: &[(Vec<Case>, Vec<Outcome>)],
    provenance: Provenance,
) -> Result<Recording> {
    let mut points: Vec<(Point, Vec<Vec<f64>>)> = Vec::new();
    for (cases, outcomes) in launches {
        let times = cases.iter().map(|case| (time_point(case), case.samples.clone()));
        let counts = outcomes.iter().map(|Outcome { metric, variant, parameter, unit, value, interpreter, .. }| {
            let point = Point::new([metric, variant, parameter, unit], vec![Launch::exact(*value)]);
            (Point { interpreter: interpreter.clone(), ..point }, vec![*value])
        });
        let shown = |(point, _): &(Point, _)| lesson.shows(&point.metric, &point.parameter).is_ok();
        for (mut point, samples) in times.chain(counts).filter(shown) {
            match points.iter_mut().find(|(known, _)| known.name() == point.name()) {
                Some((known, all)) => {
                    let of = [&known.interpreter, &point.interpreter]
                        .map(|of| of.as_deref().unwrap_or("none that it names"));
                    ensure!(
                        known.interpreter == point.interpreter,
                        "{slug}: {} ran on {} in one launch and on {} in another; record it again, with one interpreter throughout",
                        point.name(),
                        of[0],
                        of[1]
                    );
                    known.launches.append(&mut point.launches);
                    all.push(samples);
                }
                None => points.push((point, vec![samples])),
            }
        }
    }
    for (point, _) in &points {
        let (of, all) = (point.launches.len(), launches.len());
        ensure!(of == all, "{slug}: {} was measured in {of} of {all} launches", point.name());
    }
    let points = points.into_iter().map(|(point, samples)| with_modes(point, &samples)).collect();
    let recording = Recording { provenance, points, ..empty(slug) };
    // What is written must be readable.
    recording.validate().with_context(|| slug.to_owned())?;
    Ok(recording)
}

/// Writes `machine.json` and then what `write` does into an edition's folder, each file atomically.
///
/// # Errors
/// The edition holds recordings of another machine, or can't be written.
pub fn save(
    folder: &Path,
    edition: Option<&Edition>,
    last: Provenance,
    write: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let machine = machine::this();
    check_machine(edition, &machine)?;
    // The machine first: recordings without one can't be read, should this be killed in between.
    MachineFile { schema: SCHEMA, machine, last }.save(folder).inspect_err(|_| {
        // A folder with nothing in it is no edition; one that holds something stays.
        let _ = fs::remove_dir(folder);
    })?;
    write(folder)
}

/// Fails if an edition holds recordings of another machine: their numbers can't stand in one chart.
///
/// # Errors
/// It does.
pub fn check_machine(edition: Option<&Edition>, this: &Machine) -> Result<()> {
    let Some(edition) = edition else { return Ok(()) };
    let other = &edition.machine.machine;
    let named = |machine: &Machine| (machine.cpu.clone(), machine.cpus, machine.architecture.clone());
    // Two that nothing gives a name may be of any kind: all else that a machine keeps must be the same.
    let kept = |machine: &Machine| (machine.memory_mib, machine.cache_line, machine.hypervisor.clone());
    let same = named(other) == named(this) && (!this.cpu.is_empty() || kept(other) == kept(this));
    ensure!(
        same,
        "the edition {} was recorded on another machine ({}); give this one a name with --edition, or delete book/data/{}",
        edition.name,
        edition.machine_in_words(),
        edition.name
    );
    Ok(())
}

/// A provenance of this moment: the time, the commit, the compiler. Load and steal time are the recorder's to add.
pub fn now(root: &Path, commands: Vec<String>, effort: Effort) -> Provenance {
    let says = |program: &str, arguments: &[&str]| -> Option<String> {
        let output = process::output(Command::new(program).args(arguments).current_dir(root), LIMIT).ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // The prose and the data don't change what is measured.
    let code = ["status", "--porcelain", "--", ".", ":!book", ":!*.md"];
    Provenance {
        date: date(),
        commit: says("git", &["rev-parse", "HEAD"]).unwrap_or_default(),
        dirty: says("git", &code).is_some_and(|changes| !changes.is_empty()),
        rustc: says("rustc", &["--version"]).unwrap_or_default(),
        commands,
        effort,
        ..Provenance::default()
    }
}

/// This moment, as recordings write it: RFC 3339, UTC.
pub fn date() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// A recording with nothing in it.
pub fn empty(slug: &str) -> Recording {
    Recording {
        schema: SCHEMA,
        experiment: slug.to_owned(),
        provenance: Provenance::default(),
        points: Vec::new(),
        sessions: Vec::new(),
    }
}

fn time_point(case: &Case) -> Point {
    Point::new(["time", &case.variant, &case.parameter, "ns"], vec![case.launch])
}

/// The point with its samples, each launch's, if they have two modes, or if the launches' medians have: these are fewer, and
/// what varies within launches doesn't fill the gap between them.
fn with_modes(point: Point, samples: &[Vec<f64>]) -> Point {
    let has_two = point.may_have_modes() && modes::modes(samples).or_else(|| point.modes_of_launches()).is_some();
    let samples = if has_two { samples.concat() } else { Vec::new() };
    Point { samples, ..point }
}

/// The end of the second that a recording's date names; long ago if it names none.
fn time(date: &str) -> SystemTime {
    let second = Duration::from_secs(1);
    humantime::parse_rfc3339(date).map_or(SystemTime::UNIX_EPOCH, |date| date + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{edition, lesson};

    fn launch(lost: f64) -> (Vec<Case>, Vec<Outcome>) {
        let time = Launch { median: 10.0 + lost, lower: 9.0, upper: 11.0 + lost };
        let [experiment, variant, parameter, metric, unit] =
            ["example", "slow", "2", "lost", "updates"].map(str::to_owned);
        let written = SystemTime::UNIX_EPOCH;
        let samples = vec![time.median];
        let case = Case { variant: variant.clone(), parameter: parameter.clone(), launch: time, samples, written };
        (vec![case], vec![Outcome { experiment, variant, parameter, metric, unit, value: lost, interpreter: None }])
    }

    #[test]
    fn launches_are_gathered_by_point() {
        let recording =
            recording(("example", &lesson()), &[launch(1.0), launch(2.0), launch(3.0)], Provenance::default()).unwrap();
        assert_eq!(recording.points.len(), 2);
        assert_eq!(recording.point("lost", "slow", "2").unwrap().estimate().unwrap().value, 2.0);
        assert_eq!(recording.point("time", "slow", "2").unwrap().launches.len(), 3);
    }

    #[test]
    fn what_the_book_shows_by_another_metric_or_not_at_all_is_not_recorded() {
        let (cases, outcomes) = launch(1.0);
        let also = |metric: &str, parameter: &str| Outcome {
            metric: metric.to_owned(),
            parameter: parameter.to_owned(),
            ..outcomes[0].clone()
        };
        let outcomes =
            vec![also("own-time", "2"), also("at-once", "1"), also("at-once", "2"), also("nobody-lists", "2")];
        let recording = recording(("example", &lesson()), &[(cases, outcomes)], Provenance::default()).unwrap();
        let names: Vec<String> = recording.points.iter().map(Point::name).collect();
        assert_eq!(names, ["time/slow/2", "at-once/slow/2"]);
    }

    #[test]
    fn what_has_two_modes_keeps_its_samples() {
        let launches: Vec<_> = (0..9).map(|number| launch(if number < 4 { 100.0 } else { 200.0 })).collect();
        let recording = recording(("example", &lesson()), &launches, Provenance::default()).unwrap();
        let point = recording.point("time", "slow", "2").unwrap();
        assert_eq!(point.samples.len(), 9);
        assert_eq!(point.estimate().unwrap().modes.unwrap().values, [110.0, 210.0]);
        // Here samples fill the gap that the launches' medians leave.
        let filled = (0..9).map(|number| {
            let (mut cases, outcomes) = launch(if number < 4 { 100.0 } else { 200.0 });
            cases[0].samples = (0..10).map(|step| f64::from(step).mul_add(15.0, 90.0)).collect();
            (cases, outcomes)
        });
        let filled =
            self::recording(("example", &lesson()), &filled.collect::<Vec<_>>(), Provenance::default()).unwrap();
        let filled = filled.point("time", "slow", "2").unwrap();
        assert_eq!((filled.samples.len(), filled.estimate().unwrap().modes.unwrap().values), (90, [110.0, 210.0]));
        // A count comes in steps.
        assert!(recording.point("lost", "slow", "2").unwrap().samples.is_empty());
    }

    #[test]
    fn a_launch_that_lacks_a_point_or_has_no_number_is_refused() {
        let (cases, _) = launch(1.0);
        let error = recording(("example", &lesson()), &[launch(1.0), (cases, vec![])], Provenance::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("lost/slow/2 was measured in 1 of 2 launches"), "{error}");
        let error = recording(("example", &lesson()), &[launch(f64::NAN)], Provenance::default()).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("isn't finite"), "{error}");
    }

    #[test]
    fn a_point_keeps_the_interpreter_on_which_all_its_launches_ran() {
        let on = |interpreter: Option<&str>| {
            let (cases, mut outcomes) = launch(1.0);
            outcomes[0].interpreter = interpreter.map(str::to_owned);
            (cases, outcomes)
        };
        let taken = |launches: &[_]| recording(("example", &lesson()), launches, Provenance::default());
        let same = taken(&[on(Some("CPython 3.15.2")), on(Some("CPython 3.15.2"))]).unwrap();
        assert_eq!(same.point("lost", "slow", "2").unwrap().interpreter.as_deref(), Some("CPython 3.15.2"));
        assert_eq!(same.point("time", "slow", "2").unwrap().interpreter, None);
        for (other, told) in
            [(Some("CPython 3.14.1"), "on CPython 3.14.1 in another"), (None, "on none that it names in")]
        {
            let error = taken(&[on(Some("CPython 3.15.2")), on(other)]).unwrap_err().to_string();
            assert!(error.starts_with("example: lost/slow/2 ran on CPython 3.15.2 in one launch and"), "{error}");
            assert!(error.contains(told) && error.contains("record it again, with one interpreter"), "{error}");
        }
    }

    #[test]
    fn another_machines_edition_is_not_mixed_with_this_ones() {
        let edition = edition("room-12");
        assert!(check_machine(Some(&edition), &edition.machine.machine).is_ok());
        let other = Machine { cpu: "another".to_owned(), ..Machine::default() };
        let error = check_machine(Some(&edition), &other).unwrap_err().to_string();
        assert!(error.contains("room-12") && error.contains("--edition"), "{error}");
        let mut unnamed = edition.clone();
        unnamed.machine.machine.cpu.clear();
        let this = unnamed.machine.machine.clone();
        assert!(check_machine(Some(&unnamed), &this).is_ok());
        let bigger = Machine { memory_mib: this.memory_mib + 1024, ..this };
        assert!(check_machine(Some(&unnamed), &bigger).is_err());
    }
}
