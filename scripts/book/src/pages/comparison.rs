//! The comparison with other tools, as tables.

use charts::figure::marks;
use charts::html;
use charts::html::Html;
use edition::Edition;
use edition::comparison::{Comparison, Series, in_words};

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
        "<figure class=\"comparison\" data-edition=\"{name}\">\n<div class=\"scroll\">{table}</div>\n{reasons}\
         <figcaption><strong>Beside other tools.</strong> {about}{marks}</figcaption>\n\
         <details class=\"data\"><summary>The commands</summary>\n{commands}</details>\n</figure>",
        name = edition.name,
        table = table(comparison),
        reasons = reasons(comparison),
        about = edition.recorded(&provenance.date, &provenance.commit),
        marks = marks(&provenance.marks()),
        commands = commands(comparison),
    )
}

fn table(comparison: &Comparison) -> Html {
    let rows = comparison.rows.iter().map(|row| {
        let factor = row.factor().map(|factor| {
            let (value, range) = in_words(factor, "times");
            let wide = if factor.is_wide() { marks(&["wide".to_owned()]) } else { Html::default() };
            html!("{} <small>({})</small>{}", value, range, wide)
        });
        let verdict = row.verdict();
        let verdict = if row.is_within() { html!("{}", verdict) } else { html!("<strong>{}</strong>", verdict) };
        html!(
            "<tr><th scope=\"row\">{}</th>{}{}<td>{}</td><td>{}</td></tr>",
            row.says,
            cell(&row.ours),
            cell(&row.beside),
            factor.unwrap_or_default(),
            verdict
        )
    });
    let left_out = comparison
        .left_out
        .iter()
        .map(|row| html!("<tr><th scope=\"row\">{}</th><td colspan=\"4\">left out: {}</td></tr>", row.says, row.why));
    html!(
        "<table><thead><tr><th scope=\"col\">what</th><th scope=\"col\">ours</th><th scope=\"col\">beside it</th>\
         <th scope=\"col\">factor</th><th scope=\"col\">verdict</th></tr></thead><tbody>{}</tbody></table>",
        rows.chain(left_out).collect::<Html>()
    )
}

fn cell(series: &Series) -> Html {
    let (value, range) = series.in_words();
    html!("<td>{} <small>({})</small><br><small>{}</small></td>", value, range, series.says)
}

/// What the differences are made of, as a table; empty where nothing was measured.
fn reasons(comparison: &Comparison) -> Html {
    let groups = comparison.rows.iter().filter(|row| !row.reasons.is_empty()).map(|row| {
        let mut head = html!("<th scope=\"rowgroup\" rowspan=\"{}\">{}</th>", row.reasons.len(), row.says);
        let rows = row.reasons.iter().map(|series| {
            let ((value, range), head) = (series.in_words(), std::mem::take(&mut head));
            html!("<tr>{}<td>{}</td><td>{} <small>({})</small></td></tr>", head, series.says, value, range)
        });
        html!("<tbody>{}</tbody>", rows.collect::<Html>())
    });
    let groups: Html = groups.collect();
    match groups.is_empty() {
        true => groups,
        false => html!(
            "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">of</th><th scope=\"col\">what explains it</th>\
             <th scope=\"col\">measured</th></tr></thead>{}</table></div>\n",
            groups
        ),
    }
}

/// Every command once, in the order of the rows.
fn commands(comparison: &Comparison) -> Html {
    let mut commands: Vec<&str> = Vec::new();
    for row in &comparison.rows {
        for series in [&row.ours, &row.beside].into_iter().chain(&row.reasons) {
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
