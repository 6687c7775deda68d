//! Repeats what needs hundreds of repetitions.

#[cfg(target_os = "linux")]
pub mod kills;
pub mod races;
