//! Where numbers come from.

use serde::{Deserialize, Serialize};

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
    /// How much went into it.
    #[serde(rename = "kind")]
    pub effort: Effort,
    /// The load average over the minute before.
    pub load_before: Option<f64>,
    /// The load average over its last minute.
    pub load_after: Option<f64>,
    /// The share of CPU time that a hypervisor gave to others meanwhile, from 0 to 1.
    pub steal: Option<f64>,
    /// Why the numbers are to be taken with care, as far as that isn't said of single points.
    pub warnings: Vec<String>,
    /// What was measured and thrown away, because something disturbed it: each with what did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
}

/// How much measuring went into a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// `cargo record`: nine launches of each point.
    #[default]
    Full,
    /// `cargo record --quick`: three shorter ones.
    Quick,
    /// `cargo bench` and `cargo charts`: one.
    Bench,
}

impl Provenance {
    /// What to keep in mind of every number that comes from here, each in a few words.
    pub fn marks(&self) -> Vec<String> {
        let mut marks = Vec::new();
        match self.effort {
            Effort::Full => {}
            Effort::Quick => marks.push("quick".to_owned()),
            Effort::Bench => marks.push("one launch".to_owned()),
        }
        if self.dirty {
            marks.push("uncommitted changes".to_owned());
        }
        marks
    }

    /// The same, and what is to be kept in mind of all of it as a whole.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.marks();
        remarks.extend(self.warnings.iter().cloned());
        if !self.dropped.is_empty() {
            let launches = if self.dropped.len() == 1 { "launch" } else { "launches" };
            remarks.push(format!("{} disturbed {launches} repeated", self.dropped.len()));
        }
        remarks
    }
}
