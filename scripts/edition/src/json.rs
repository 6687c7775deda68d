//! Reads and writes the JSON files of an edition.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base::files;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) fn save(path: &Path, value: &impl Serialize) -> Result<()> {
    Ok(files::write_atomically(path, written(value)?.as_bytes())?)
}

pub(crate) fn written(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).context("a recording is plain data")?;
    // One launch a line: a diff then shows what was measured anew, and the file is a third as long.
    Ok(compact(&text) + "\n")
}

/// Joins the lines of every innermost array or object of numbers.
fn compact(pretty: &str) -> String {
    let mut out = String::with_capacity(pretty.len());
    let mut array: Option<String> = None;
    for line in pretty.lines() {
        let bare = line.trim();
        let number = bare.trim_end_matches(',').parse::<f64>().is_ok();
        match &mut array {
            Some(numbers) if number => {
                numbers.push_str(bare);
                if bare.ends_with(',') {
                    numbers.push(' ');
                }
            }
            Some(numbers) => {
                out.push_str(numbers);
                if bare.starts_with(']') {
                    out.push_str(bare);
                } else {
                    out.push('\n');
                    out.push_str(line);
                }
                out.push('\n');
                array = None;
            }
            None if bare.ends_with('[') => array = Some(line.to_owned()),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Reads a JSON file that says which schema it follows, up to the `known` one; nothing if it isn't there.
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
    let head: Head = serde_json::from_str(&text).with_context(|| advice(path))?;
    ensure!(
        head.schema <= known,
        "{}: it follows schema {}, and this program knows {known}; update the program",
        path.display(),
        head.schema
    );
    let read = || -> Result<T> {
        ensure!(head.schema > 0, "there is no schema 0");
        Ok(serde_json::from_str(&text)?)
    };
    read().map(Some).with_context(|| advice(path))
}

pub(crate) fn advice(path: &Path) -> String {
    format!("{}: can't be used; take the last good one from git, or delete it and record again", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_on_one_line() {
        let text = compact("{\n  \"a\": [\n    1.0,\n    2\n  ],\n  \"b\": [\n    \"x\"\n  ],\n  \"c\": []\n}");
        assert_eq!(text, "{\n  \"a\": [1.0, 2],\n  \"b\": [\n    \"x\"\n  ],\n  \"c\": []\n}");
    }
}
