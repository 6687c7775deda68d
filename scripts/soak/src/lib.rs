//! Repeats what needs hundreds of repetitions.

pub mod elsewhere;
#[cfg(target_os = "linux")]
pub mod kills;
