//! The words in a program's source: its comments, and its strings, which are what it prints, its help and its errors.

use std::path::Path;
use std::sync::LazyLock;

use base::files;
use regex::Regex;

use super::files_in;
use super::prose::{Block, of_markdown};
use crate::line_at;

/// Comments and strings of Rust, and of C. A lifetime isn't a character, since no quote ends it.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let comment = r"(?<comment>//[^\n]*(?:\n[ \t]*//[^\n]*)*|/\*.*?\*/)";
    let raw = r####"\br(?:"(?<raw>[^"]*)"|#"(?<raw1>.*?)"#|##"(?<raw2>.*?)"##)"####;
    let string = r#""(?<string>(?:\\.|[^"\\])*)""#;
    let character = r"'(?:\\.[^']*|[^'\\\n])'";
    Regex::new(&format!("(?s){comment}|{raw}|{string}|{character}")).expect("a pattern")
});

/// Every source of the experiments and the scripts, each a file's path and its text.
pub(super) fn files_of_the_programs(root: &Path) -> Vec<(String, String)> {
    let paths = ["experiments", "scripts"].into_iter().flat_map(|folder| {
        files_in(&root.join(folder)).into_iter().map(move |path| format!("{folder}/{}", path.to_string_lossy()))
    });
    let sources = paths.filter(|path| path.ends_with(".rs") || path.ends_with(".c"));
    sources.filter_map(|file| Some((file.clone(), files::text(&root.join(file)).ok()?))).collect()
}

/// The blocks of a source: comments and strings are Markdown, as far as anything here asks.
pub(super) fn of_source(text: &str) -> Vec<Block> {
    static MARKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(//[/!]?|/?\*+) ?|[ \t]*\*/$").expect("a pattern"));
    let groups = ["comment", "string", "raw", "raw1", "raw2"];
    let words = WORDS.captures_iter(text).filter_map(|found| groups.into_iter().find_map(|group| found.name(group)));
    words
        .flat_map(|words| {
            let first = line_at(text, words.start());
            let begins = text[..words.start()].chars().next_back();
            match words.as_str() {
                comment if comment.starts_with('/') && begins != Some('"') => {
                    of_markdown(&MARKS.replace_all(comment, ""), first)
                }
                string => of_markdown(&string.replace("\\n", ". "), first),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_read_and_code_is_not() {
        let source = r###"//! Counts in `turns`,
//! with a lock.
fn count<'a>(name: &'a str, mark: char) { // beside the code
    /* over
     * two lines */
    let quote = '"';
    println!("{name} begins\nand \"ends\" \
        here");
    let raw = r#"raw "words" // are no comment"#;
    unread("//");
}
"###;
        let words: Vec<_> = of_source(source).iter().map(|block| (block.line(0), block.text.clone())).collect();
        let expected = [
            (1, "Counts in `, with a lock."),
            (3, "beside the code"),
            (4, "over two lines"),
            (7, "{name} begins. and \"ends\"  here"),
            (9, "raw \"words\" // are no comment"),
            (10, "//"),
        ];
        let words: Vec<_> =
            words.iter().map(|(line, text)| (*line, text.as_str())).filter(|(_, text)| !text.is_empty()).collect();
        assert_eq!(words, expected);
    }
}
