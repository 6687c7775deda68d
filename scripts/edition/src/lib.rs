//! What was measured, and what follows from it.
//!
//! Criterion's files and the experiments' `--json` become recordings ([`criterion`], [`take`]), which lie in an edition's
//! folder ([`Edition`]). A lesson says what to draw and to judge ([`lesson`]); numbers with their intervals ([`estimate`])
//! and verdicts ([`verdict`]) follow from both.
//!
//! A word means the same in all tools as in the experiments. A *variant* is one of the ways that an experiment compares. A
//! *case* is a variant at a parameter, as a program runs it once ([`criterion::Case`]); what was measured of it is a
//! [`Point`]. What must hold for a claim is a *condition*, though a lesson and the book's pages speak of the cases of a
//! claim, as everybody does. A *row* is a line of a table ([`comparison::Row`]), a *lane* what one worker of a timeline does.
//! A *kind* is that of a chart; what tells a quick recording from a full one is its *effort*.

pub mod comparison;
pub mod criterion;
pub mod estimate;
#[doc(hidden)]
pub mod example;
mod folder;
pub mod interpreter;
pub mod json;
pub mod lesson;
mod located;
pub mod prediction;
mod project;
mod provenance;
mod recording;
mod said;
pub mod sources;
pub mod take;
pub mod timeline;
pub mod typical;
pub mod verdict;
mod writer;

pub use folder::{Edition, LOCAL, NotRecorded, REFERENCE, check_name};
pub use located::{Fault, Source};
pub use project::Project;
pub use provenance::{Effort, Provenance};
pub use recording::{MachineFile, Point, Recording, SCHEMA, Session};
pub use writer::Writer;
