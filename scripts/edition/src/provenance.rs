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
    /// Why the numbers are to be taken with care; the book shows these.
    pub warnings: Vec<String>,
}

/// How much measuring went into a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// `cargo record`: six launches of each point.
    #[default]
    Full,
    /// `cargo record --quick`: three shorter ones.
    Quick,
    /// `cargo bench` and `cargo charts`: one.
    Bench,
}

impl Provenance {
    /// What to keep in mind when reading what comes from here, each in a few words.
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
        marks.extend(self.warnings.iter().cloned());
        marks
    }
}
