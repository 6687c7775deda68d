//! The project's prose, in blocks: paragraphs, items, cells, without markup, code and directives.
//!
//! What others said stands in `<span class="cited" title="SOURCE">` and is left out. Code spans and blocks, HTML tags and link targets aren't
//! prose.

use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use base::files;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;
use toml::de::{DeTable, DeValue};

use super::html::{Piece, attribute, pieces};
use super::source::of_source;
use super::structure::pages;
use super::{files_in, masked};
use crate::{SRC, line_at};

/// The fields of lesson.toml, and of book/choosing.toml, that readers read.
const READ: [&str; 18] = [
    "description",
    "shows",
    "asks",
    "question",
    "answer",
    "says",
    "but",
    "why",
    "result",
    "challenge",
    "met",
    "missed",
    "instead",
    "depends_on",
    "hint",
    "use",
    "mind",
    "measured",
];

/// The text of one block, put together from pieces, so that a bold number meets the unit behind it.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The text.
    pub(super) text: String,
    /// Where each piece begins in `text`, and on which line of the file.
    pieces: Vec<(usize, usize)>,
    /// Whether it is of a claim's case: its words name sizes and such, not what was measured.
    pub(super) is_case: bool,
}

impl Block {
    fn push(&mut self, words: &str, line: usize) {
        self.pieces.push((self.text.len(), line));
        self.text.push_str(words);
    }

    /// The line of the file on which the byte `at` of the text stands.
    pub(super) fn line(&self, at: usize) -> usize {
        let (start, line) = match self.pieces.partition_point(|(start, _)| *start <= at) {
            0 => (0, 1),
            after => self.pieces[after - 1],
        };
        line + line_at(&self.text[start..], at - start) - 1
    }
}

/// The chapters, the lessons and what *Choosing* asks, each a file's path and its text.
pub(super) fn files_of_the_book(root: &Path) -> Vec<(String, String)> {
    let pages = pages(root).into_iter().map(|page| format!("{SRC}/{page}"));
    let lessons = files_in(&root.join("experiments")).into_iter().filter(|path| path.ends_with("lesson.toml"));
    let lessons = lessons.map(|path| format!("experiments/{}", path.to_string_lossy()));
    let choosing = [crate::choosing::FILE.to_owned()];
    pages
        .chain(lessons)
        .chain(choosing)
        .filter_map(|file| Some((file.clone(), files::text(&root.join(file)).ok()?)))
        .collect()
}

/// The blocks of a file: of a lesson, of a program, or of Markdown. In the README, the map of the experiments is made from the lessons.
pub(super) fn of_file(file: &str, text: &str) -> Vec<Block> {
    static MAP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("(?s)<!-- The map is made by .*?<!-- End of the map").expect("a pattern"));
    match Path::new(file).extension().and_then(OsStr::to_str) {
        Some("toml") => of_lesson(text),
        Some("rs" | "c") => of_source(text),
        _ => of_markdown(&masked(text, &MAP), 1),
    }
}

/// The fields of a lesson are Markdown. A lesson that isn't TOML has none; opening the project says so.
fn of_lesson(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    if let Ok(lesson) = DeTable::parse(text) {
        for (key, value) in lesson.get_ref() {
            let before = found.len();
            in_field(text, key.get_ref(), value.get_ref(), value.span(), &mut found);
            found[before..].iter_mut().for_each(|block: &mut Block| block.is_case = key.get_ref() == "claim");
        }
    }
    found.sort_by_key(|block: &Block| block.line(0));
    found
}

fn in_field(text: &str, key: &str, value: &DeValue<'_>, span: Range<usize>, found: &mut Vec<Block>) {
    match value {
        DeValue::String(words) if READ.contains(&key) => {
            // A line break right after the opening quotes isn't part of the string.
            let opening = text[span.clone()].trim_start_matches(['"', '\'']);
            let first = line_at(text, span.start) + usize::from(opening.starts_with(['\n', '\r']));
            found.extend(of_markdown(words, first));
        }
        DeValue::Array(items) => {
            items.iter().for_each(|item| in_field(text, key, item.get_ref(), item.span(), found));
        }
        DeValue::Table(table) => {
            table.iter().for_each(|(key, item)| in_field(text, key.get_ref(), item.get_ref(), item.span(), found));
        }
        _ => {}
    }
}

/// The blocks of a text in Markdown, whose first line is the line `first` of its file.
pub(super) fn of_markdown(text: &str, first: usize) -> Vec<Block> {
    static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{\s*#[^}]*\}\}").expect("a pattern"));
    let text = masked(text, &DIRECTIVE);
    let mut prose = Prose::default();
    let mut html: Option<Range<usize>> = None;
    let mut in_code = false;
    for (event, range) in Parser::new_ext(&text, Options::all() - Options::ENABLE_SMART_PUNCTUATION).into_offset_iter()
    {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::MetadataBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock | TagEnd::MetadataBlock(_)) => in_code = false,
            // Its text is its target.
            Event::Start(Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. }) => in_code = true,
            Event::Start(tag) if is_inline(&tag.to_end()) => {}
            Event::End(TagEnd::Link) => in_code = false,
            Event::End(tag) if is_inline(&tag) => {}
            Event::Start(_) | Event::Rule => prose.end(),
            // A block of HTML comes line by line, which a tag may span.
            Event::Html(_) => html = Some(html.map_or(range.start, |html: Range<usize>| html.start)..range.end),
            Event::End(tag) => {
                if let (TagEnd::HtmlBlock, Some(block)) = (tag, html.take()) {
                    prose.html(&text[block.clone()], line_at(&text, block.start));
                }
                prose.end();
            }
            Event::InlineHtml(tag) => prose.html(&tag, line_at(&text, range.start)),
            Event::Text(words) if !in_code => prose.push(&words, line_at(&text, range.start)),
            Event::SoftBreak | Event::HardBreak => prose.push(" ", line_at(&text, range.start)),
            Event::Code(_) | Event::InlineMath(_) => prose.push("`", line_at(&text, range.start)),
            _ => {}
        }
    }
    prose.end();
    prose.blocks.iter_mut().flat_map(|block| &mut block.pieces).for_each(|(_, line)| *line += first - 1);
    prose.blocks
}

fn is_inline(tag: &TagEnd) -> bool {
    use TagEnd::{Emphasis, Image, Link, Strikethrough, Strong, Subscript, Superscript};
    matches!(tag, Emphasis | Image | Link | Strikethrough | Strong | Subscript | Superscript)
}

/// Reads block after block.
#[derive(Default)]
struct Prose {
    block: Block,
    /// The elements that are open, and whether what they hold is exempt.
    open: Vec<(String, bool)>,
    blocks: Vec<Block>,
}

impl Prose {
    fn push(&mut self, words: &str, line: usize) {
        if !self.open.iter().any(|(_, exempt)| *exempt) {
            self.block.push(words, line);
        }
    }

    fn html(&mut self, html: &str, line: usize) {
        for (at, piece) in pieces(html) {
            match piece {
                Piece::Start(tag) => {
                    let cited = attribute(&tag, "class").is_some_and(|class| class.split(' ').any(|c| c == "cited"));
                    let source = attribute(&tag, "title").is_some_and(|title| !title.trim().is_empty());
                    match &*tag.name {
                        "span" => self.open.push(("span".to_owned(), cited && source)),
                        name @ ("code" | "pre" | "samp" | "script" | "style") => {
                            self.push("`", line);
                            self.open.push((name.to_owned(), true));
                        }
                        "b" | "em" | "i" | "small" | "strong" | "sub" | "sup" | "a" | "abbr" => {}
                        _ => self.push("\n", line),
                    }
                }
                Piece::End(name) => {
                    if let Some(place) = self.open.iter().rposition(|(open, _)| *open == name) {
                        self.open.truncate(place);
                    } else if ["p", "li", "td", "th", "div", "summary", "dt", "dd", "text"].contains(&&*name) {
                        self.push("\n", line);
                    }
                }
                Piece::Text(words) => self.push(&words, line + at - 1),
            }
        }
    }

    /// Ends a block and begins anew.
    fn end(&mut self) {
        self.blocks.push(std::mem::take(&mut self.block));
        self.open.clear();
    }
}
