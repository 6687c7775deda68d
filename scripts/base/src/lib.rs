//! What the tools and the experiments both use: results and the machine that they come from, numbers in words, commands
//! with a deadline, command lines, files, and what a program prints.

pub mod arguments;
pub mod files;
pub mod machine;
pub mod modes;
pub mod nearest;
pub mod outcome;
pub mod placement;
pub mod process;
pub mod quantity;
pub mod telling;
pub mod trace;
