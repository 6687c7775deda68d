//! The project as the book sees it: lessons, claims and editions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base::nearest;

use crate::folder::{Edition, NotRecorded};
use crate::lesson::{Claims, Lesson};

/// All that chapters can refer to.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder that has `book.toml`.
    pub root: PathBuf,
    /// Every experiment's lesson, by slug.
    pub lessons: BTreeMap<String, Lesson>,
    /// Every claim.
    pub claims: Claims,
    /// Every edition: the reference first, the local one last.
    pub editions: Vec<Edition>,
    /// Whether what was not recorded yet is passed over where chapters ask for it, so that the rest can be judged.
    pub is_draft: bool,
}

impl Project {
    /// Reads the lessons, the claims and the editions.
    ///
    /// # Errors
    /// One of these files is wrong; the error, printed with `{:#}`, says in one line which, where, and what to do.
    pub fn open(root: &Path) -> Result<Self> {
        let claims = Claims::read(&root.join("book/claims.toml"))?;
        let mut lessons = BTreeMap::new();
        let experiments = root.join("experiments");
        for entry in fs::read_dir(&experiments).with_context(|| format!("can't read {}", experiments.display()))? {
            let lesson = entry?.path().join("lesson.toml");
            if lesson.is_file() {
                let slug = lesson.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
                lessons.insert(slug.into_owned(), Lesson::read(&lesson, &claims)?);
            }
        }
        let editions = Edition::read_all(&root.join("book/data"))?;
        Ok(Self { root: root.to_owned(), lessons, claims, editions, is_draft: false })
    }

    /// The lesson of this slug.
    ///
    /// # Errors
    /// There is none; the error proposes the nearest.
    pub fn lesson(&self, slug: &str) -> Result<&Lesson> {
        self.lessons.get(slug).with_context(|| {
            let known: Vec<&str> = self.lessons.keys().map(String::as_str).collect();
            format!("no experiment {slug:?}{}", nearest::hint(slug, &known))
        })
    }

    /// The edition that the book's numbers come from: the reference, else the first there is.
    ///
    /// # Errors
    /// Nothing has been recorded yet.
    pub fn main_edition(&self) -> Result<&Edition> {
        let none = || NotRecorded("no edition in book/data; run `cargo record --quick`".to_owned());
        Ok(self.editions.first().ok_or_else(none)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::example::project;

    #[test]
    fn an_unknown_name_gets_the_nearest_known_one() {
        let project = project(&["reference"]);
        let error = project.lesson("exampel").unwrap_err().to_string();
        assert_eq!(error, "no experiment \"exampel\"; did you mean \"example\"?");
        let edition = project.main_edition().unwrap();
        let error = edition.point("example", "time/slow/3").unwrap_err().to_string();
        assert!(error.contains("did you mean \"time/slow/"), "{error}");
        assert!(edition.point("other", "time/slow/2").unwrap_err().to_string().contains("cargo record other"));
    }
}
