//! What an experiment prints for other programs.

use serde::{Deserialize, Serialize};

/// One measured number, as `--json` prints it: a line of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The experiment's slug.
    pub experiment: String,
    /// The variant's name.
    pub variant: String,
    /// What the experiment varies, such as the number of workers.
    pub parameter: String,
    /// What was measured.
    pub metric: String,
    /// The unit of `value`.
    pub unit: String,
    /// The number itself; always finite.
    pub value: f64,
    /// The interpreter that ran it, if one did: `CPython 3.15.2`, `CPython 3.13.15 without a lock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
}
