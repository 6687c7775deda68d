//! Draws what was measured.
//!
//! An edition and a lesson become figures ([`figure`]) and numbers in a text ([`directives`]); the README's map and charts
//! are made of both ([`readme`]). How a chart is drawn says its kind ([`kind`]), one of [`kinds`].

pub mod axes;
pub mod canvas;
pub mod directives;
pub mod figure;
pub mod html;
pub mod kind;
pub mod kinds;
pub mod palette;
pub mod points;
pub mod readme;
pub mod rows;
pub mod strands;

use std::path::Path;

use anyhow::Result;
use edition::Project;

/// Opens the project, and checks that each of its charts has the fields of its kind.
///
/// # Errors
/// As for [`Project::open`], or a chart has others; the error tells file and line.
pub fn open(root: &Path) -> Result<Project> {
    let project = Project::open(root)?;
    project.lessons.values().try_for_each(kinds::check)?;
    Ok(project)
}
