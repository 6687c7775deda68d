//! The table of bad inputs, `inputs.toml`.

use std::collections::BTreeMap;

use edition::Project;
use edition::lesson::Lesson;
use serde::Deserialize;

/// One bad input: what is changed in a sound project, what is run in it, and what the one line must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What is wrong, in a few words.
    pub it: String,
    /// The program and its arguments, or several, each to be tried. `experiment` stands for every experiment.
    pub run: OneOrMore<String>,
    /// What the line must say: what, where and what to do.
    pub says: Vec<String>,
    /// The exit code.
    #[serde(default = "two")]
    pub code: i32,
    /// Whether cargo may say more before.
    #[serde(default)]
    pub after_cargo: bool,
    /// Files to be written, and with what.
    #[serde(default)]
    pub write: BTreeMap<String, String>,
    /// Files, what is to be replaced in each, and by what.
    #[serde(default)]
    pub replace: Vec<[String; 3]>,
    /// A file that ends in its middle.
    pub cut: Option<String>,
    /// Files and folders that aren't there.
    #[serde(default)]
    pub delete: OneOrMore<String>,
    /// A folder that stands where a file should.
    pub folder: Option<String>,
    /// A pipe that nobody writes to, where a file should be.
    pub pipe: Option<String>,
    /// A symbolic link, and where it leads.
    pub link: Option<[String; 2]>,
    /// A file or a folder that may not be read or written.
    pub denied: Option<String>,
    /// A folder on a file system that can't be written to.
    pub read_only: Option<String>,
    /// A folder on a disk that is full,
    pub full: Option<String>,
    /// but for so many pages.
    #[serde(default)]
    pub room: usize,
    /// A lock file that another process holds.
    pub locked: Option<String>,
    /// Ports that another process listens on.
    #[serde(default)]
    pub taken: Vec<u16>,
    /// Variables to set, or to take away where the value is empty.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// A folder to run in, relative to the project's; `gone` for one that is deleted before.
    #[serde(default)]
    pub at: String,
    /// What a shell does with the program's output: `> /dev/full`, `2>&-`.
    #[serde(default)]
    pub redirect: String,
}

fn two() -> i32 {
    2
}

/// One, or several in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// One.
    One(T),
    /// Several.
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

    /// Whether its program has no stderr to speak to.
    pub fn is_mute(&self) -> bool {
        self.redirect.contains("2>")
    }
}

/// What the names in braces stand for, in one input's words.
#[derive(Clone, Debug)]
pub struct Names {
    command: String,
    variant: String,
    /// How many workers it takes, in words.
    workers: String,
}

/// All inputs; one that is an `experiment`'s is there once for each experiment.
pub fn read(project: &Project) -> Vec<(Input, Names)> {
    #[derive(Deserialize)]
    struct Table {
        input: Vec<Input>,
    }
    let table: Table = toml::from_str(include_str!("inputs.toml")).expect("inputs.toml is a table of inputs");
    let experiments = |command: &str| -> Vec<Names> {
        let Some(arguments) = command.strip_prefix("experiment ") else {
            return vec![Names { command: command.to_owned(), variant: String::new(), workers: String::new() }];
        };
        let names = |(slug, lesson): (&String, &Lesson)| Names {
            command: format!("{slug} {arguments}"),
            variant: lesson.variants.first().map(|variant| variant.name.clone()).unwrap_or_default(),
            workers: lesson
                .soak
                .workers
                .map_or("from 1 to 1024".to_owned(), |[least, most]| format!("from {least} to {most}")),
        };
        project.lessons.iter().map(names).collect()
    };
    let of = |input: Input| -> Vec<(Input, Names)> {
        let names: Vec<Names> = input.run.all().iter().flat_map(|command| experiments(command)).collect();
        names.into_iter().map(|names| (input.clone(), names)).collect()
    };
    let all: Vec<_> = table.input.into_iter().flat_map(of).collect();
    let mut names: Vec<String> = all.iter().map(|(input, names)| names.of(input)).collect();
    names.sort();
    let twice = names.windows(2).find(|two| two[0] == two[1]);
    assert_eq!(twice, None, "names tell inputs apart");
    all
}

impl Names {
    /// The test's name.
    pub fn of(&self, input: &Input) -> String {
        // Several commands of one program meet the same input.
        let several = input.run.all().len() > 1 && self.command.starts_with("book ");
        let what = if several { &self.command } else { self.program() };
        format!("{what}: {}", input.it)
    }

    /// What is run.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The program.
    pub fn program(&self) -> &str {
        self.command.split(' ').next().unwrap_or_default()
    }

    /// The text with its names in braces replaced, but for those that stand for bytes.
    pub fn fill(&self, text: &str) -> String {
        let typo = self.variant.strip_suffix(|_: char| true).unwrap_or_default();
        text.replace("{experiment}", self.program())
            .replace("{variant}", &self.variant)
            .replace("{variant with a typo}", typo)
            .replace("{workers}", &self.workers)
            .replace("{long}", &"x".repeat(300))
            .replace("{deep}", &"[".repeat(100_000))
    }
}

/// The text's bytes, with bytes that are no UTF-8 where it says so.
pub fn bytes(text: &str) -> Vec<u8> {
    let parts: Vec<&[u8]> = text.split("{no UTF-8}").map(str::as_bytes).collect();
    parts.join(&b"\xff\xfe"[..])
}
