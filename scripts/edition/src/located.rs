//! TOML files, and what is wrong in one, told by its line.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow};
use base::files;
use toml::de::{DeTable, DeValue};

/// A TOML file, kept for its lines.
#[derive(Clone, Debug, Default)]
pub struct Source {
    path: PathBuf,
    /// What it says.
    pub text: String,
}

/// What is wrong in a TOML file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    at: At,
    what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    /// A value, by its keys and its numbers in arrays: `chart.0.series.1`.
    Place(String),
    /// A byte of the text.
    Byte(usize),
}

impl Fault {
    /// What is wrong with the value at a place, given by keys and by numbers in arrays: `chart.0.series.1`.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { at: At::Place(place.into()), what: what.into() }
    }

    /// The same fault, whose place is told from further out.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        match self.at {
            At::Place(place) => Self { at: At::Place(format!("{outer}.{place}")), ..self },
            At::Byte(_) => self,
        }
    }

    /// What is wrong, without its place.
    pub fn what(&self) -> &str {
        &self.what
    }
}

impl From<toml::de::Error> for Fault {
    fn from(error: toml::de::Error) -> Self {
        let at = At::Byte(error.span().map_or(0, |span| span.start));
        Self { at, what: error.message().replace('\n', " ") }
    }
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// It isn't there, or can't be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = files::text(path).map_err(|error| anyhow!("can't read {}: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// A text that is no file's.
    pub fn of(text: &str) -> Self {
        Self { path: PathBuf::new(), text: text.to_owned() }
    }

    /// The fault in one line: `file:line: what`.
    pub fn tell(&self, fault: &Fault) -> Error {
        anyhow!("{}:{}: {}", self.path.display(), self.line(fault), fault.what)
    }

    /// The line of the fault, from 1.
    pub fn line(&self, fault: &Fault) -> usize {
        let byte = match &fault.at {
            At::Place(place) => self.byte(place),
            At::Byte(byte) => *byte,
        };
        let before = self.text.as_bytes().iter().take(byte);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// Where the value at a place begins; if there is none, the innermost around it.
    fn byte(&self, place: &str) -> usize {
        let Ok(root) = DeTable::parse(&self.text) else { return 0 };
        let (mut byte, root) = (0, DeValue::Table(root.into_inner()));
        let mut value = &root;
        for key in place.split('.') {
            let inner = match value {
                DeValue::Table(table) => table.get(key),
                DeValue::Array(array) => key.parse().ok().and_then(|number: usize| array.get(number)),
                _ => None,
            };
            let Some(inner) = inner else { break };
            (value, byte) = (inner.get_ref(), inner.span().start);
        }
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_the_line_of_its_value() {
        let text = "a = 1\n\n[[b]]\nc = [\n  \"one\",\n  \"two\",\n]\n\n[[b]]\nc = []\n[d]\n";
        let source = Source { path: "x.toml".into(), text: text.to_owned() };
        let told = |place: &str| source.tell(&Fault::new(place, "no")).to_string();
        let places = [("a", 1), ("b.0", 3), ("b.0.c.1", 6), ("b.1.c", 10), ("b.1.c.7", 10), ("b.1.e", 9), ("d", 11)];
        for (place, line) in places {
            assert_eq!(told(place), format!("x.toml:{line}: no"), "{place}");
        }
        assert_eq!(source.tell(&Fault::new("c.1", "no").within("b.0")).to_string(), "x.toml:6: no");
        let error = toml::from_str::<toml::Table>("a = 1\nb = \n").unwrap_err();
        assert!(Source { text: "a = 1\nb = \n".to_owned(), ..source }.tell(&error.into()).to_string().contains(":2: "));
    }
}
