//! Tables that are wider than a phone: each cell gets its column's head as a label, which a narrow screen shows.

use charts::html;
use charts::html::Html;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Of this many columns a phone has room, and of this many letters in a line, which are the longest word of each column.
const FIT: (usize, usize) = (3, 38);

/// The label of a cell. Only style sheets show it, so nothing else finds its words twice.
pub(crate) fn label(head: &str) -> Html {
    html!("<span class=\"label\" data-label=\"{}\"></span>", head)
}

/// A page of Markdown with labels in the cells of its wide tables.
pub(crate) fn labelled(text: &str) -> String {
    let (mut heads, mut head, mut column): (Vec<String>, Option<String>, usize) = (Vec::new(), None, 0);
    let (mut labels, mut longest): (Vec<(usize, String)>, Vec<usize>) = Default::default();
    // Those before it are of other tables.
    let mut first = 0;
    // With the quotation marks that mdBook makes of them.
    let options = Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Table(columns)) => {
                heads.clear();
                longest = vec![0; columns.len()];
                first = labels.len();
            }
            Event::End(TagEnd::Table) => {
                if heads.len() <= FIT.0 && longest.iter().sum::<usize>() <= FIT.1 {
                    labels.truncate(first);
                }
                longest.clear();
            }
            Event::Start(Tag::TableHead) => (head, column) = (Some(String::new()), 0),
            Event::End(TagEnd::TableHead) => head = None,
            Event::Start(Tag::TableRow) => column = 0,
            Event::Start(Tag::TableCell) if head.is_none() => {
                let cell = &text[range.clone()];
                let words = cell.trim_start_matches(['|', ' ']);
                if let Some(name) = heads.get(column).filter(|_| !words.trim_end_matches(['|', ' ']).is_empty()) {
                    // A stroke would end the cell.
                    labels.push((range.end - words.len(), String::from(label(name)).replace('|', "&#124;")));
                }
            }
            Event::End(TagEnd::TableCell) => {
                heads.extend(head.as_mut().map(std::mem::take));
                column += 1;
            }
            Event::Text(words) | Event::Code(words) => {
                head.iter_mut().for_each(|head| head.push_str(&words));
                if let Some(longest) = longest.get_mut(column) {
                    let letters = words.split([' ', '-']).map(|word| word.chars().count()).max().unwrap_or_default();
                    *longest = letters.max(*longest);
                }
            }
            _ => {}
        }
    }
    let mut labelled = text.to_owned();
    for (at, label) in labels.into_iter().rev() {
        labelled.insert_str(at, &label);
    }
    labelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_of_a_wide_table_say_their_columns() {
        let wide = "a\n\n| one | `two` | 3 \\| \"4\" | last |\n| --- | --- | --- | --- |\n| w | **x** |  | [z](z.md) |\n\nb | c\n";
        let label = |head: &str| format!("<span class=\"label\" data-label=\"{head}\"></span>");
        let row = format!("| {}w | {}**x** |  | {}[z](z.md) |\n", label("one"), label("two"), label("last"));
        assert_eq!(labelled(wide), wide.replace("| w | **x** |  | [z](z.md) |\n", &row));
        let filled = wide.replace("|  |", "| y |");
        assert!(labelled(&filled).contains(&format!("| {}y |", label("3 &#124; “4”"))), "{}", labelled(&filled));
        let narrow = "| one | two | three |\n| --- | --- | --- |\n| x | y | z |\n";
        assert_eq!(labelled(narrow), narrow);
        let long = narrow.replace("| y |", "| `a_word_of_more_than_thirty_eight_letters` |");
        assert_eq!(labelled(&long).matches("class=\"label\"").count(), 3);
        let wrapped = narrow.replace("| y |", "| many words of more than thirty-eight letters |");
        assert_eq!(labelled(&format!("{long}\n{wrapped}")), format!("{}\n{wrapped}", labelled(&long)));
        let code = format!("```text\n{wide}```\n");
        assert_eq!(labelled(&code), code);
    }
}
