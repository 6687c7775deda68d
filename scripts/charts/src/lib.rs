//! Draws what was measured.
//!
//! An edition and a lesson become figures ([`figure`]) and numbers in a text ([`directives`]); the README's map and charts
//! are made of both ([`readme`]).

pub mod directives;
pub mod drawing;
pub mod figure;
mod gantt;
pub mod readme;
pub mod svg;
