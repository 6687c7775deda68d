//! The table of bad inputs, `inputs.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One bad input: what is changed in a sound project, what reads it or runs in it, and what the one line must say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// What is wrong, in a few words.
    pub it: String,
    /// What reads it in this process,
    pub read: Option<Reader>,
    /// or the program that runs with it, and its arguments; or several, each to be tried.
    pub run: OneOrMore<String>,
    /// What the line must say: what, where and what to do.
    pub says: Vec<String>,
    /// The exit code; 2 unless told.
    pub code: Option<i32>,
    /// Whether cargo may say more before.
    pub after_cargo: bool,
    /// Files to be written, and with what.
    pub write: BTreeMap<String, String>,
    /// Files, what is to be replaced in each, and by what.
    pub replace: Vec<[String; 3]>,
    /// A file that ends in its middle.
    pub cut: Option<String>,
    /// Files and folders that aren't there.
    pub delete: OneOrMore<String>,
    /// A folder that stands where a file should.
    pub folder: Option<String>,
    /// A file or a folder that may not be read or written.
    pub denied: Option<String>,
    /// A folder on a file system that can't be written to.
    pub read_only: Option<String>,
    /// A folder on a disk that is full.
    pub full: Option<String>,
    /// A lock file that another process holds.
    pub locked: Option<String>,
    /// Ports that another process listens on.
    pub taken: Vec<u16>,
    /// Variables to set, or to take away where the value is empty.
    pub env: BTreeMap<String, String>,
    /// A folder to run in, relative to the project's; `gone` for one that is deleted before.
    pub at: String,
    /// What a shell does with the program's output: `> /dev/full`, `2>&-`.
    pub redirect: String,
}

/// What reads a project, or a part of it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reader {
    Project,
    Bench,
    Readme,
    Book,
    Check,
}

/// One, or several in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> Default for OneOrMore<T> {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl<T> OneOrMore<T> {
    /// All of them.
    pub fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(all) => all,
        }
    }
}

impl Input {
    /// Whether it can be had without mounting anything.
    pub fn needs_no_mount(&self) -> bool {
        self.read_only.is_none() && self.full.is_none()
    }
}

/// All inputs by their names, each with the command that it is for, which is empty where it's read in this process.
pub fn read() -> BTreeMap<String, (Input, String)> {
    #[derive(Deserialize)]
    struct Table {
        input: Vec<Input>,
    }
    let table: Table = toml::from_str(include_str!("../../inputs.toml")).expect("inputs.toml is a table of inputs");
    let mut all = BTreeMap::new();
    for input in table.input {
        let commands = if input.read.is_some() { &[String::new()][..] } else { input.run.all() };
        for command in commands {
            let of = input.read.map_or_else(|| command.clone(), |reader| format!("{reader:?}").to_lowercase());
            let name = format!("{of}: {}", input.it);
            let twice = all.insert(name, (input.clone(), command.clone()));
            assert!(twice.is_none(), "names tell inputs apart: {}", input.it);
        }
    }
    all
}

/// The text's bytes: nested without end or no UTF-8 where it says so.
pub fn bytes(text: &str) -> Vec<u8> {
    let text = text.replace("{deep}", &"[".repeat(100_000));
    let parts: Vec<&[u8]> = text.split("{no UTF-8}").map(str::as_bytes).collect();
    parts.join(&b"\xff\xfe"[..])
}
