//! How long a page takes to read.

use std::path::Path;
use std::sync::LazyLock;

use base::files;
use charts::html;
use charts::html::Html;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::SRC;

/// Words that one reads in a minute.
const PACE: usize = 220;

/// The minutes for a page of Markdown: its words but for blocks of code and what is folded; a directive counts as one word.
pub(crate) fn of(text: &str) -> usize {
    static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{\s*#[^}\n]*\}\}").expect("a pattern"));
    let text = DIRECTIVE.replace_all(text, "number");
    let (mut words, mut left_out, mut folds) = (0, 0, 0_usize);
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => left_out += 1,
            Event::End(TagEnd::CodeBlock) => left_out -= 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                folds = (folds + html.matches("<details").count()).saturating_sub(html.matches("</details").count());
            }
            Event::Text(said) | Event::Code(said) if left_out == 0 && folds == 0 => {
                words += said.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
            }
            _ => {}
        }
    }
    words.div_ceil(PACE).max(1)
}

/// The minutes for a page of `book/src`; nothing if it isn't there.
pub(crate) fn of_page(root: &Path, page: &str) -> Option<usize> {
    files::text(&root.join(SRC).join(page)).ok().map(|text| of(&text))
}

/// `About 9 minutes`, as a page has it.
pub(crate) fn html(minutes: usize) -> Html {
    html!("<span class=\"cited\" title=\"its words, at {} a minute\">About {}</span>", PACE, said(minutes))
}

/// `9 minutes`.
pub(crate) fn said(minutes: usize) -> String {
    format!("{minutes} minute{}", if minutes == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_counted_and_code_and_folds_are_not() {
        let page = |words: usize| "word ".repeat(words);
        assert_eq!([0, 219, 220, 221, 440, 441].map(|words| of(&page(words))), [1, 1, 1, 2, 2, 3]);
        let code = format!("{}\n\n```text\n{}\n```\n", page(220), page(500));
        let folded = format!("{}\n\n<details><summary>more</summary>\n\n{}\n\n</details>\n", page(220), page(500));
        assert_eq!((of(&code), of(&folded), of(&format!("{folded}\n{}", page(1)))), (1, 1, 2));
        assert_eq!(of(&"{{#value a/b/c}} ".repeat(220)), 1);
        assert_eq!(String::from(html(1)).split_once('>').unwrap().1, "About 1 minute</span>");
    }
}
