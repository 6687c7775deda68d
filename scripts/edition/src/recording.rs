//! What was recorded: the schema of an edition's files.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use base::files;
use base::machine::Machine;
use base::modes::{self, Modes};
use serde::{Deserialize, Serialize, Serializer};

use crate::estimate::{Estimate, Launch};
use crate::json::{save, written};
use crate::provenance::Provenance;

/// The version of the schema that this program writes. It grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 2;

/// What the name of a timeline's file ends in.
pub(crate) const TRACE: &str = ".trace.json";

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
    /// What was measured; in the file in order of metric, variant and parameter.
    #[serde(serialize_with = "in_order")]
    pub points: Vec<Point>,
    /// What programs printed.
    #[serde(default)]
    pub sessions: Vec<Session>,
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
    /// The samples of all launches, if they have two modes; none otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<f64>,
    /// How many of the launches were disturbed, by other programs or by a hypervisor, and could not be repeated.
    #[serde(default, skip_serializing_if = "is_none")]
    pub disturbed: usize,
    /// The interpreter that ran every launch, if one did: `CPython 3.15.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
}

/// What a command printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The numbers in it that the recording has too, by the names of their points.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, f64>,
    /// How many runs before it were thrown away because they contradicted the recording.
    #[serde(default, skip_serializing_if = "is_none")]
    pub thrown_away: usize,
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

    /// Writes the recording and its timeline, a [`stamped`](crate::timeline::stamped) one, together; without one, a timeline that is there
    /// is deleted. Should this be killed between the two, the timeline still tells the truth about where it comes from.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn save_with(&self, folder: &Path, timeline: Option<&str>) -> Result<()> {
        let (recording, trace) = (written(self)?, folder.join(format!("{}{TRACE}", self.experiment)));
        let recording = (&*self.file(folder), recording.as_bytes());
        if let Some(timeline) = timeline {
            return Ok(files::write_all_atomically(&[recording, (&trace, timeline.as_bytes())])?);
        }
        files::write_all_atomically(&[recording])?;
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

    /// Whether every number is possible.
    ///
    /// # Errors
    /// A point has no launch, a number that nothing measures, an interval without its median, or a negative time.
    pub fn validate(&self) -> Result<()> {
        for point in &self.points {
            let name = point.name();
            ensure!(!point.launches.is_empty(), "{name} has no launch; record it again");
            let mut numbers = point.launches.iter().flat_map(|launch| [launch.median, launch.lower, launch.upper]);
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

fn in_order<S: Serializer>(points: &[Point], serializer: S) -> Result<S::Ok, S::Error> {
    let mut sorted: Vec<&Point> = points.iter().collect();
    sorted.sort_by_key(|point| (&point.metric, &point.variant, point.parameter.parse::<u64>().ok(), &point.parameter));
    serializer.collect_seq(sorted)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_none(count: &usize) -> bool {
    *count == 0
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
    /// A point of this metric, variant, parameter and unit.
    pub fn new([metric, variant, parameter, unit]: [&str; 4], launches: Vec<Launch>) -> Self {
        let [metric, variant, parameter, unit] = [metric, variant, parameter, unit].map(str::to_owned);
        Self { metric, variant, parameter, unit, launches, samples: Vec::new(), disturbed: 0, interpreter: None }
    }

    /// `metric/variant/parameter`, as directives and lessons name it.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.metric, self.variant, self.parameter)
    }

    /// The point's value with its interval. A recording that was read has at least one launch in each point.
    pub fn estimate(&self) -> Option<Estimate> {
        let of_samples = || modes::modes(std::slice::from_ref(&self.samples)).filter(|_| self.may_have_modes());
        // Without samples there is nothing to draw, and the check refuses the recording.
        let modes = (!self.samples.is_empty()).then(|| of_samples().or_else(|| self.modes_of_launches())).flatten();
        Some(Estimate::of(&self.launches)?.with(modes))
    }

    /// The two values at which the launches gather, if they do. A recording then keeps the samples, and both values are shown.
    pub fn modes_of_launches(&self) -> Option<Modes> {
        let medians: Vec<Vec<f64>> = self.launches.iter().map(|launch| vec![launch.median]).collect();
        modes::modes(&medians).filter(|_| self.may_have_modes())
    }

    /// Whether it's a time or a rate. Counts and shares come in steps, so they gather at values by their nature.
    pub fn may_have_modes(&self) -> bool {
        matches!(&self.unit[..], "ns" | "bytes/s" | "times")
    }
}
