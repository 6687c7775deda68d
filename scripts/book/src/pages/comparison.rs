//! The comparison with other tools, as tables.

use std::fmt::Write;

use charts::figure::recorded;
use charts::svg::escape;
use edition::Edition;
use edition::comparison::{Comparison, Series, in_words};

/// The comparison of every edition that has one, as tables of a page; where none has, a line that says how to get it.
pub fn html(editions: &[Edition]) -> String {
    let figures: Vec<String> =
        editions.iter().filter_map(|edition| Some(figure(edition, edition.comparison.as_ref()?))).collect();
    match figures.is_empty() {
        true => "Nothing has been compared yet; `cargo compare` does it on this machine.".to_owned(),
        false => figures.join("\n"),
    }
}

fn figure(edition: &Edition, comparison: &Comparison) -> String {
    let provenance = &comparison.provenance;
    let marks: String =
        provenance.marks().iter().map(|mark| format!(" <span class=\"mark\">{}</span>", escape(mark))).collect();
    let reasons = reasons(comparison);
    let reasons = if reasons.is_empty() { reasons } else { format!("<div class=\"scroll\">{reasons}</div>\n") };
    format!(
        "<figure class=\"comparison\" data-edition=\"{name}\">\n<div class=\"scroll\">{table}</div>\n{reasons}\
         <figcaption><strong>Beside other tools.</strong> {about}{marks}</figcaption>\n\
         <details class=\"data\"><summary>The commands</summary>\n{commands}</details>\n</figure>",
        name = escape(&edition.name),
        table = table(comparison),
        about = escape(&recorded(edition, &provenance.date, &provenance.commit)),
        commands = commands(comparison),
    )
}

fn table(comparison: &Comparison) -> String {
    let mut table = String::from(
        "<table><thead><tr><th scope=\"col\">what</th><th scope=\"col\">ours</th><th scope=\"col\">beside it</th>\
         <th scope=\"col\">factor</th><th scope=\"col\">verdict</th></tr></thead><tbody>",
    );
    for row in &comparison.rows {
        let factor = row.factor().map_or_else(String::new, |factor| {
            let (value, range) = in_words(factor, "times");
            let wide = if factor.is_wide() { " <span class=\"mark\">wide</span>" } else { "" };
            format!("{value} <small>({range})</small>{wide}")
        });
        let verdict = row.verdict();
        let verdict = if row.is_within() { verdict } else { format!("<strong>{verdict}</strong>") };
        let _ = write!(
            table,
            "<tr><th scope=\"row\">{}</th>{}{}<td>{factor}</td><td>{verdict}</td></tr>",
            escape(&row.says),
            cell(&row.ours),
            cell(&row.beside),
        );
    }
    for row in &comparison.left_out {
        let (says, why) = (escape(&row.says), escape(&row.why));
        let _ = write!(table, "<tr><th scope=\"row\">{says}</th><td colspan=\"4\">left out: {why}</td></tr>");
    }
    table + "</tbody></table>"
}

fn cell(series: &Series) -> String {
    let (value, range) = series.in_words();
    format!("<td>{value} <small>({range})</small><br><small>{}</small></td>", escape(&series.says))
}

/// What the differences are made of, as a table; empty where nothing was measured.
fn reasons(comparison: &Comparison) -> String {
    let mut groups = String::new();
    for row in comparison.rows.iter().filter(|row| !row.reasons.is_empty()) {
        let (count, what) = (row.reasons.len(), escape(&row.says));
        let mut head = format!("<th scope=\"rowgroup\" rowspan=\"{count}\">{what}</th>");
        groups.push_str("<tbody>");
        for series in &row.reasons {
            let ((value, range), says) = (series.in_words(), escape(&series.says));
            let _ = write!(groups, "<tr>{head}<td>{says}</td><td>{value} <small>({range})</small></td></tr>");
            head.clear();
        }
        groups.push_str("</tbody>");
    }
    match groups.is_empty() {
        true => groups,
        false => format!(
            "<table><thead><tr><th scope=\"col\">of</th><th scope=\"col\">what explains it</th>\
             <th scope=\"col\">measured</th></tr></thead>{groups}</table>"
        ),
    }
}

/// Every command once, in the order of the rows.
fn commands(comparison: &Comparison) -> String {
    let mut lines: Vec<String> = Vec::new();
    for row in &comparison.rows {
        for series in [&row.ours, &row.beside].into_iter().chain(&row.reasons) {
            let line = format!("<li><code>{}</code></li>\n", escape(&series.command));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    format!("<ul>\n{}</ul>\n", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example;

    #[test]
    fn the_tables_say_what_was_measured_and_what_was_not() {
        let mut edition = example::edition("reference");
        assert!(html(&[edition.clone()]).contains("`cargo compare`"));
        edition.comparison = Some(example::comparison());
        let html = html(&[edition.clone(), Edition { comparison: None, ..edition }]);
        assert_eq!(html.matches("<figure").count(), 1);
        for part in [
            "<th scope=\"row\">start and join a thread, placed freely</th>",
            "<td>11.0\u{a0}ns <small>(10.5 to 12.0\u{a0}ns)</small><br><small>we &amp; ours</small></td>",
            "<td>1.00\u{a0}times <small>(1.00 to 1.20\u{a0}times)</small></td><td>within 1.30\u{a0}times</td>",
            "<td>2.00\u{a0}times <small>(in every round)</small></td><td><strong>outside: more than 1.50\u{a0}times</strong></td>",
            "<td colspan=\"4\">left out: &lt;tool&gt; is missing</td>",
            "<td>a step</td><td>2.00\u{a0}KiB <small>(in every round)</small></td>",
            "Edition reference: ",
            "<span class=\"mark\">uncommitted changes</span>",
            "<li><code>measure &lt;they&gt;</code></li>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        // A blank line would end the HTML within a page of Markdown.
        assert!(!html.contains("\n\n"), "{html}");
    }
}
