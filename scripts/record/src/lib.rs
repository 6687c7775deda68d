//! Measures experiments on this machine: builds them, launches each point several times in a process of its own, captures
//! what they print, and watches what disturbs it all.

pub mod building;
pub mod launches;
pub mod noise;
pub mod sessions;
