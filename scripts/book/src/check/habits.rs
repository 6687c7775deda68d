//! Habits of wording that make a reader go back, as book/habits.toml lists them, each with its reason.

use std::path::Path;

use base::files;
use regex::Regex;
use serde::Deserialize;

use super::{prose, source};
use crate::Problem;

/// Where they are listed, below the project's root.
const LIST: &str = "book/habits.toml";

/// A wording to find.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Habit {
    /// The words, as a regular expression.
    words: String,
    /// What to write instead.
    instead: String,
    /// Sentences that have the habit.
    #[serde(default)]
    found: Vec<String>,
    /// Sentences that look like it, and haven't.
    #[serde(default)]
    left: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Habits {
    habit: Vec<Habit>,
}

/// A habit that can be looked for.
struct Sought {
    words: Regex,
    instead: String,
}

/// Reads the chapters, the lessons, the pages about the project, and what its programs say.
pub fn check(root: &Path) -> Vec<Problem> {
    let habits = match listed(root) {
        Ok(habits) => habits,
        Err(problem) => return vec![problem],
    };
    let mut read = prose::files_of_the_book(root);
    for page in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "book/data/README.md", "book/claims.toml"] {
        read.extend(files::text(&root.join(page)).ok().map(|text| (page.to_owned(), text)));
    }
    read.extend(source::files_of_the_programs(root));
    read.iter().flat_map(|(file, text)| in_file(&habits, file, text)).collect()
}

fn in_file(habits: &[Sought], file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for block in prose::of_file(file, text) {
        for Sought { words, instead } in habits {
            problems.extend(words.find_iter(&block.text).map(|found| {
                let what = format!("{:?}: {instead} ({LIST})", found.as_str().trim());
                Problem::at(file, block.line(found.start()), what)
            }));
        }
    }
    problems
}

/// The list, once it does what its own sentences say.
fn listed(root: &Path) -> Result<Vec<Sought>, Problem> {
    let text = files::text(&root.join(LIST)).unwrap_or_default();
    let fault = |what: String| Problem::at(LIST, 0, what);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let habits: Habits = toml::from_str(&text).map_err(|error| fault(error.message().to_owned()))?;
    let sought = habits.habit.into_iter().map(|habit| {
        let words = Regex::new(&habit.words).map_err(|error| fault(format!("{:?}: {error}", habit.words)))?;
        if habit.found.is_empty() {
            return Err(fault(format!("{:?} has no sentence in which it is `found`; add one", habit.words)));
        }
        if let Some(missed) = habit.found.iter().find(|sentence| !words.is_match(sentence)) {
            return Err(fault(format!("{:?} doesn't find {missed:?}", habit.words)));
        }
        if let Some(wrong) = habit.left.iter().find(|sentence| words.is_match(sentence)) {
            return Err(fault(format!("{:?} finds {wrong:?}, which is to be left", habit.words)));
        }
        Ok(Sought { words, instead: habit.instead })
    });
    sought.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(list: &str, file: &str, text: &str) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [(LIST, list), (file, text)] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        check(root.path()).iter().map(ToString::to_string).collect()
    }

    const COSTLY: &str =
        "[[habit]]\nwords = '\\bcostly\\b'\ninstead = \"say expensive\"\nfound = [\"a costly step\"]\n";

    #[test]
    fn a_habit_is_found_where_it_stands_and_told_with_its_repair() {
        let line = "book/src/a.md:3: \"costly\": say expensive (book/habits.toml)";
        assert_eq!(told(COSTLY, "book/src/a.md", "# A\n\nA costly step, and `costly`.\n"), [line]);
        let lesson = "[[claim]]\n[[claim.case]]\nsays = \"it is costly\"\n";
        assert_eq!(told(COSTLY, "experiments/a/lesson.toml", lesson).len(), 1);
        let source = "let costly = 1; // one step\nprintln!(\"a costly\\nstep\");\n";
        assert!(told(COSTLY, "experiments/a/src/main.rs", source)[0].starts_with("experiments/a/src/main.rs:2: "));
        assert_eq!(told(COSTLY, "book/src/a.md", "At what cost?\n"), [""; 0]);
    }

    #[test]
    fn a_list_that_does_not_do_what_it_says_is_a_problem() {
        let wrong = [
            ("[[habit]]\nwords = '('\ninstead = 'x'\nfound = ['(']\n", "unclosed group"),
            ("[[habit]]\nwords = 'a'\ninstead = 'x'\n", "has no sentence in which it is `found`"),
            ("[[habit]]\nwords = 'a'\ninstead = 'x'\nfound = ['b']\n", "\"a\" doesn't find \"b\""),
            (
                "[[habit]]\nwords = 'a'\ninstead = 'x'\nfound = ['a']\nleft = ['ba']\n",
                "finds \"ba\", which is to be left",
            ),
            ("[[habit]]\nword = 'a'\n", "unknown field"),
        ];
        for (list, complaint) in wrong {
            let told = told(list, "book/src/a.md", "a\n");
            assert!(told.len() == 1 && told[0].contains(complaint), "{list}: {told:?}");
        }
    }
}
