//! Repeats what needs hundreds of repetitions, and has what that needs: a small project to do it to.

#[cfg(target_os = "linux")]
pub mod kills;
pub mod races;
pub mod sample;
