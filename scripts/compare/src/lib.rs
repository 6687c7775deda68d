//! Sets our figures beside those of other tools: both measured on this machine, in one run, in turns.
//!
//! [`rows`] says which commands are compared; [`programs`] finds, builds and compiles what they start; [`measuring`] runs
//! them, round by round; [`reading`] takes the number from what each prints.

pub mod measuring;
pub mod programs;
pub mod reading;
pub mod rows;
