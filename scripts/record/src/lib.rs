//! Measures experiments on this machine: builds them, launches each point several times in a process of its own, captures
//! what they print, and watches what disturbs it all.

pub mod building;
pub mod launches;
pub mod noise;
pub mod sessions;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar with the time left, on stderr; where that is no terminal, nothing.
pub fn progress(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len}, {eta} left  {wide_msg}");
    ProgressBar::new(steps).with_style(style.expect("the template is constant"))
}
