//! Repeats what needs hundreds of repetitions, and has what that needs: a small project to do it to.

#[cfg(target_os = "linux")]
pub mod kills;
pub mod races;
pub mod sample;

use std::path::Path;

use edition::Project;

/// The project that this program belongs to, for its tests.
///
/// # Panics
/// It isn't there, or one of its files is wrong.
pub fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project is there");
    Project::open(&root).expect("the project is sound")
}
