//! The comparison with other tools, as tables.

use super::tables::label;
use charts::figure::marks;
use charts::html;
use charts::html::Html;
use edition::Edition;
use edition::comparison::{Comparison, Row, Series, Verdict, in_words};

/// The comparison of every edition that has one, as tables of a page; where none has, a line of Markdown that says how to
/// get it.
pub fn html(editions: &[Edition]) -> String {
    let figure = |edition| Some(figure(edition, edition.comparison.as_ref()?));
    let figures = Html::joined(editions.iter().filter_map(figure), "\n");
    match figures.is_empty() {
        true => "Nothing has been compared yet; `cargo compare` does it on this machine.".to_owned(),
        false => figures.into(),
    }
}

fn figure(edition: &Edition, comparison: &Comparison) -> Html {
    let provenance = &comparison.provenance;
    html!(
        "<figure class=\"comparison\" data-edition=\"{name}\">\n{independent}{consistency}{reasons}{left_out}\
         <figcaption><strong>Beside other programs.</strong> {about}{marks}</figcaption>\n\
         <details class=\"data\"><summary>The commands</summary>\n{commands}</details>\n</figure>",
        name = edition.name,
        independent = table(comparison, true),
        consistency = table(comparison, false),
        reasons = reasons(comparison),
        left_out = left_out(comparison),
        about = edition.recorded(&provenance.date, &provenance.commit),
        marks = marks(&provenance.marks()),
        commands = commands(comparison),
    )
}

/// The rows of one kind, under what they can show; empty where there are none.
fn table(comparison: &Comparison, independent: bool) -> Html {
    let rows = comparison.rows.iter().filter(|row| row.independent == independent).map(|row| {
        let (ours, beside) = row.figures(&row.beside).unwrap_or_default();
        let verdict = match row.verdict() {
            Verdict::Within | Verdict::Explained => html!("{}", row.in_words()),
            Verdict::Open | Verdict::Outside => html!("<strong>{}</strong>", row.in_words()),
        };
        html!(
            "<tr><th scope=\"row\">{}</th>{}{}<td>{}{}</td><td>{}{}</td></tr>",
            row.says,
            cell("ours", ours, &row.ours),
            cell(if independent { "theirs" } else { "in C" }, beside, &row.beside),
            label("factor"),
            factor(row, &row.beside),
            label("verdict"),
            verdict
        )
    });
    let rows: Html = rows.collect();
    let (heading, says, beside) = match independent {
        true => ("Independent", "Beside programs that we didn't write.", "theirs"),
        false => (
            "Consistency",
            "Beside programs in C that we wrote: they show what Rust and its library add, but a mistake in how we measure could \
             be in both.",
            "in C",
        ),
    };
    match rows.is_empty() {
        true => rows,
        false => html!(
            "<p><strong>{}.</strong> {}</p>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">what</th><th scope=\"col\">ours</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">factor</th><th scope=\"col\">verdict</th></tr></thead>\
             <tbody>{}</tbody></table></div>\n",
            heading,
            says,
            beside,
            rows
        ),
    }
}

fn cell(head: &str, figure: String, series: &Series) -> Html {
    html!("<td>{}{}<br><small>{}</small></td>", label(head), figure, series.says)
}

/// How many times ours is that; empty for what has another unit.
fn factor(row: &Row, series: &Series) -> Html {
    row.factor_to(series).map_or_else(Html::default, |factor| {
        let (value, range) = in_words(factor);
        let wide = if factor.is_wide() { marks(&["wide".to_owned()]) } else { Html::default() };
        html!("{} <small>({})</small>{}", value, range, wide)
    })
}

/// What the differences are made of, as a table; empty where nothing was measured.
fn reasons(comparison: &Comparison) -> Html {
    let groups = comparison.rows.iter().filter(|row| !row.reasons.is_empty()).map(|row| {
        let mut head = html!("<th scope=\"rowgroup\" rowspan=\"{}\">{}</th>", row.reasons.len(), row.says);
        let rows = row.reasons.iter().map(|series| {
            let (factor, head) = (factor(row, series), std::mem::take(&mut head));
            let (ours, other) = row.figures(series).unwrap_or_default();
            html!(
                "<tr>{}<td>{}{}</td><td>{}{}</td><td>{}{}</td><td>{}</td></tr>",
                head,
                label("beside it"),
                series.says,
                label("takes"),
                other,
                label("ours"),
                ours,
                if factor.is_empty() { factor } else { html!("{}{}", label("factor"), factor) }
            )
        });
        html!("<tbody>{}</tbody>", rows.collect::<Html>())
    });
    let groups: Html = groups.collect();
    match groups.is_empty() {
        true => groups,
        false => html!(
            "<p><strong>What the differences are made of.</strong> Each step in C is done on top of those above it.</p>\n\
             <div class=\"scroll\"><table><thead><tr><th scope=\"col\">of</th><th scope=\"col\">beside it</th>\
             <th scope=\"col\">takes</th><th scope=\"col\">ours</th><th scope=\"col\">factor</th></tr></thead>{}</table></div>\n",
            groups
        ),
    }
}

/// What couldn't be compared, and why; empty where all could.
fn left_out(comparison: &Comparison) -> Html {
    let lines = comparison.left_out.iter().map(|row| html!("<li>Left out: {} ({}).</li>\n", row.says, row.why));
    let lines: Html = lines.collect();
    if lines.is_empty() { lines } else { html!("<ul>\n{}</ul>\n", lines) }
}

/// Every command once, in the order of the rows.
fn commands(comparison: &Comparison) -> Html {
    let mut commands: Vec<&str> = Vec::new();
    for row in &comparison.rows {
        for series in row.all() {
            if !commands.contains(&&*series.command) {
                commands.push(&series.command);
            }
        }
    }
    let lines = commands.iter().map(|command| html!("<li><code>{}</code></li>\n", command));
    html!("<ul>\n{}</ul>\n", lines.collect::<Html>())
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
            "10.5\u{a0}ns<br><small>we &amp; ours</small></td>",
            "1.00\u{a0}times <small>(1.00 to 1.20\u{a0}times)</small></td>",
            "data-label=\"verdict\"></span>within 1.30\u{a0}times</td>",
            "<strong>outside: more than 1.50\u{a0}times</strong></td>",
            "explained: a program that does all that ours does takes 20.0\u{a0}ns, and the factor is 1.05\u{a0}times (1.00 to 1.10\u{a0}times)</td>",
            "<li>Left out: a round trip (&lt;tool&gt; is missing).</li>",
            "data-label=\"ours\"></span>11.0\u{a0}ns</td><td></td>",
            "data-label=\"takes\"></span>20.0\u{a0}ns</td>",
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
