//! What was measured, and what follows from it.
//!
//! Criterion's files and the experiments' `--json` become recordings ([`criterion`], [`take`]), which lie in an edition's
//! folder ([`Edition`]). A lesson says what to draw and to judge ([`lesson`]); numbers with their intervals ([`estimate`])
//! and verdicts ([`verdict`]) follow from both.

pub mod comparison;
pub mod criterion;
pub mod estimate;
#[doc(hidden)]
pub mod example;
mod folder;
mod json;
pub mod lesson;
mod located;
mod project;
mod provenance;
mod recording;
pub mod sources;
pub mod take;
pub mod timeline;
pub mod verdict;
mod writer;

pub use folder::{Edition, LOCAL, NotRecorded, REFERENCE, check_name};
pub use project::Project;
pub use provenance::{Effort, Provenance};
pub use recording::{MachineFile, Point, Recording, SCHEMA, Session};
pub use writer::Writer;
