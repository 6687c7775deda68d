//! Code in several ways, such as broken and repaired: beside each other where there is room, with what differs marked. And the
//! same in Python, in a tab beside all of these.

use std::path::Path;

use anyhow::{Context, Result};
use base::files;
use charts::html;
use charts::html::Html;
use edition::lesson::Listing;
use similar::{ChangeTag, TextDiff};

use crate::includes::anchored;

/// Up to this many columns two pieces of code stand beside each other in a page's width.
const HALF: usize = 46;

/// The listing; each way is marked where it differs from the first, and the first from the second. Python isn't marked.
///
/// # Errors
/// A file can't be read, or has no such anchor.
pub fn html(root: &Path, listing: &Listing) -> Result<Html> {
    let rust = match &listing.tabs[..] {
        [only] => block(language(&only.file), escaped(&code(root, &only.file)?)),
        _ => ways(root, listing)?,
    };
    let Some(python) = &listing.python else { return Ok(rust) };
    // Two empty lines stand between functions in Python, and one is enough on a page.
    let python = block(language(python), escaped(&code(root, python)?.replace("\n\n\n", "\n\n")));
    Ok(html!("<div class=\"listing languages\">\n{}{}</div>", section("In Rust", rust), section("In Python", python)))
}

/// The ways in the order of the lesson.
fn ways(root: &Path, listing: &Listing) -> Result<Html> {
    let code = listing.tabs.iter().map(|tab| code(root, &tab.file)).collect::<Result<Vec<_>>>()?;
    let is_slim = code.len() == 2 && code.iter().flat_map(|code| code.lines()).all(|line| line.chars().count() <= HALF);
    let tabs = listing.tabs.iter().enumerate().map(|(number, tab)| {
        let other = code.get(usize::from(number == 0)).map_or("", String::as_str);
        section(&tab.says, block(language(&tab.file), marked(&code[number], other)))
    });
    let class = if is_slim { "listing slim" } else { "listing" };
    Ok(html!("<div class=\"{}\">\n{}</div>", class, tabs.collect::<Html>()))
}

fn section(says: &str, what: Html) -> Html {
    html!("<section>\n<p class=\"says\">{}</p>\n{}\n</section>\n", says, what)
}

fn block(language: &str, code: Html) -> Html {
    html!("<pre><code class=\"language-{}\">{}\n</code></pre>", language, code)
}

fn code(root: &Path, place: &str) -> Result<String> {
    let (file, anchor) = place.split_once(':').with_context(|| format!("write {place:?} as FILE:ANCHOR"))?;
    let text = files::text(&root.join(file)).with_context(|| format!("can't read {file}"))?;
    let code = anchored(&text, anchor).with_context(|| format!("{file} has no anchor {anchor:?}"))?;
    let indented =
        code.lines().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min();
    let lines: Vec<&str> = code.lines().map(|line| line.get(indented.unwrap_or(0)..).unwrap_or("")).collect();
    Ok(lines.join("\n"))
}

fn language(file: &str) -> &'static str {
    if file.contains(".py:") { "python" } else { "rust" }
}

/// The code as a block of HTML has it: without an empty line, which would end the block.
fn escaped(code: &str) -> Html {
    Html::made(html!("{}", code).as_str().replace("\n\n", "\n&#10;"))
}

/// The code with what isn't in the other one marked, word by word.
fn marked(code: &str, other: &str) -> Html {
    let diff = TextDiff::from_words(other, code);
    let mut marked = Html::default();
    for change in diff.iter_all_changes() {
        let text = escaped(change.value());
        match change.tag() {
            ChangeTag::Delete => {}
            ChangeTag::Insert if !change.value().trim().is_empty() => marked.push(&html!("<mark>{}</mark>", text)),
            ChangeTag::Insert | ChangeTag::Equal => marked.push(&text),
        }
    }
    Html::made(marked.as_str().replace("</mark> <mark>", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        let [one, other] = ["let a = load(b);\nstore(a + 1);", "let a = fetch_add(b);"];
        assert_eq!(marked(other, one).as_str(), "let a = <mark>fetch_add(b);</mark>");
        assert!(marked(one, other).as_str().starts_with("let a = <mark>load(b);</mark>"));
        assert!(!marked("a\n\n\nb", "a").as_str().contains("\n\n"));
    }
}
