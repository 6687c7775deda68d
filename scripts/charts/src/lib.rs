//! From recordings to figures, numbers and verdicts.
//!
//! Data flows one way: criterion's files and the experiments' `--json` become editions ([`take`], [`edition`]); editions
//! and lessons ([`lesson`]) become figures, numbers and verdicts ([`figure`], [`verdict`]), which directives put into
//! chapters ([`directives`]).

mod claims;
pub mod comparison;
pub mod criterion;
pub mod directives;
pub mod drawing;
pub mod edition;
pub mod estimate;
pub mod figure;
mod gantt;
pub mod lesson;
pub mod nearest;
pub mod project;
pub mod reading;
pub mod readme;
pub mod sources;
pub mod stepper;
pub mod take;
pub mod telling;
pub mod timeline;
pub mod verdict;
pub mod writer;

pub use project::Project;
pub use writer::Writer;
