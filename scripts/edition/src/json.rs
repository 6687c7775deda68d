//! Reads and writes the JSON files of an edition.

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Context, Error, Result, ensure};
use base::files;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) fn save(path: &Path, value: &impl Serialize) -> Result<()> {
    Ok(files::write_atomically(path, written(value)?.as_bytes())?)
}

/// The text of a file: a line for each field, and where that is a list, for each point, session or row in it. A diff then
/// shows what was measured anew.
pub(crate) fn written(value: &impl Serialize) -> Result<String> {
    let mut text = Vec::new();
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut text, Lines::default()))
        .context("a recording is plain data")?;
    text.push(b'\n');
    Ok(String::from_utf8(text)?)
}

/// Begins a line for what stands in the file itself or in a list of its own, and none for what lies deeper.
#[derive(Default)]
struct Lines {
    depth: usize,
}

impl Lines {
    fn begin(&mut self, out: &mut (impl io::Write + ?Sized), what: &[u8]) -> io::Result<()> {
        self.depth += 1;
        out.write_all(what)
    }

    fn end(&mut self, out: &mut (impl io::Write + ?Sized), what: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(what)
    }

    fn next(&self, out: &mut (impl io::Write + ?Sized), first: bool, lines: usize) -> io::Result<()> {
        out.write_all(if first { b"" } else { b"," })?;
        out.write_all(if self.depth == lines { b"\n" } else { b"" })
    }
}

impl serde_json::ser::Formatter for Lines {
    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        let is_whole = self.depth == 1;
        self.end(out, if is_whole { b"\n}" } else { b"}" })
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first, 1)
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first, 2)
    }
}

/// Reads a JSON file that follows the schema `known`; nothing if it isn't there.
pub(crate) fn load<T: DeserializeOwned>(path: &Path, known: u32) -> Result<Option<T>> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let text = match files::text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| advice(path)),
    };
    let head: Head = parse(&text).with_context(|| advice(path))?;
    let advised = if head.schema > known { "update the program" } else { "delete it and record anew" };
    ensure!(
        head.schema == known,
        "{}: it follows schema {}, and this program knows {known}; {advised}",
        path.display(),
        head.schema
    );
    parse(&text).map(Some).with_context(|| advice(path))
}

/// Reads JSON. An error tells the path of the value that is wrong: `points[3].launches[0]`.
///
/// # Errors
/// It is no JSON, or not of this type.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| match error.path().to_string() {
        path if path == "." => Error::from(error.into_inner()),
        path => Error::from(error.into_inner()).context(path),
    })?;
    reader.end()?;
    Ok(value)
}

pub(crate) fn advice(path: &Path) -> String {
    format!("{}: can't be used; take the last good one from git, or delete it and record again", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_and_each_part_of_a_list_has_a_line() {
        let text = written(&serde_json::json!({ "a": { "x": [1, 2] }, "b": [{ "y": [1] }, 2], "c": [] })).unwrap();
        assert_eq!(text, "{\n\"a\":{\"x\":[1,2]},\n\"b\":[\n{\"y\":[1]},\n2],\n\"c\":[]\n}\n");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Point {
            _launches: Vec<f64>,
        }
        let told = |text: &str| format!("{:#}", parse::<Vec<Point>>(text).err().unwrap());
        assert!(told(r#"[{"_launches":[1]},{"_launches":[1,"x"]}]"#).starts_with("[1]._launches[1]: invalid type"));
        assert!(told(r#"[{"launch":[1]}]"#).contains("unknown field `launch`"));
        assert!(told("[] []").starts_with("trailing characters"));
    }
}
