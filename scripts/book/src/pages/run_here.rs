//! *Run it in this browser*: the button, and a table with a place for what the reader's browser measures, beside what all editions
//! recorded. `book/theme/run-here.js` gives it life, and loads the rest on the first click.

use anyhow::{Context, Result};
use charts::directives::find;
use charts::html;
use charts::html::Html;
use charts::kind::Asked;
use charts::kinds::gather;
use edition::Edition;
use edition::lesson::RunRow;

use super::Page;
use super::claims::inline;
use crate::run_here::Files;

impl Page<'_> {
    /// The control of an experiment whose page opens with this chart; nothing if a browser can't run it.
    pub(super) fn run_here(&self, slug: &str, chart: &str) -> Result<Html> {
        let project = self.scope.project;
        let (_, lesson, _) = self.scope.resolve(&format!("{slug}:{chart}"))?;
        let Some(run_here) = &lesson.run_here else { return Ok(Html::default()) };
        let chart = find(&lesson.charts, chart, "chart", |chart| &chart.id)?;
        let editions: Vec<&Edition> = project.editions.iter().collect();
        let data = gather(&Asked { slug, lesson, chart }, &editions)?;
        // The number of a point's mark in the drawings.
        let mark = |row: &RunRow| {
            let point = row.point.as_deref()?;
            let marks = data.marks();
            let mark =
                marks.iter().find(|mark| format!("{}/{}/{}", mark.metric, mark.variant, mark.parameter) == point)?;
            Some(html!(" data-mark=\"{}\"", mark.id))
        };
        let rows = run_here.rows.iter().map(|row| -> Result<Html> {
            let unit = match &row.point {
                Some(point) => project.main_edition()?.point(slug, point)?.unit.clone(),
                None => row.unit.clone().unwrap_or_default(),
            };
            let recorded = (0..editions.len()).map(|edition| {
                let said = row.point.as_ref().map(|point| self.scope.sentence(&format!("{{{{#value {slug}:{point}}}}}"), edition));
                // What only one machine has measured, the others lack.
                html!("<td>{}</td>", said.and_then(Result::ok).unwrap_or_else(|| html!("–")))
            });
            Ok(html!(
                "<tr{hidden}><th scope=\"row\">{label}</th><td data-row=\"{id}\" data-unit=\"{unit}\"{mark}{only}>–</td>{recorded}</tr>\n",
                hidden = if row.apart { html!(" hidden") } else { Html::default() },
                label = inline(&row.label),
                id = row.id,
                unit = unit,
                mark = mark(row).unwrap_or_default(),
                only = if row.apart { html!(" data-only=\"apart\"") } else { Html::default() },
                recorded = recorded.collect::<Html>(),
            ))
        });
        let rows = rows.collect::<Result<Html>>()?;
        let button =
            |id: &str, says: &str| html!("<button type=\"button\" data-run=\"{}\" disabled>{}</button> ", id, says);
        let buttons: Html = match &run_here.buttons[..] {
            [] => button("run", "Run it in this browser"),
            several => several.iter().map(|one| button(&one.id, &one.says)).collect(),
        };
        let files = Files::of(&project.root).context("what runs in a browser")?;
        let heads = editions.iter().map(|edition| html!("<th scope=\"col\">{}</th>", edition.called()));
        Ok(html!(
            "\n<div class=\"run-here\" data-slug=\"{slug}\" data-kernel=\"{kernel}\" data-module=\"{module}\">\n\
             <p class=\"runs\">{buttons}<small>{about}</small></p>\n<div class=\"live\"></div>\n<p class=\"status\" role=\"status\"></p>\n\
             <div class=\"results\" hidden>\n<div class=\"scroll\"><table><caption>{shows}</caption>\n<thead><tr><td></td>\
             <th scope=\"col\">this browser</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n\
             <p class=\"forget-run\" hidden><small>Hollow marks on the chart are this browser’s, and stay in it. <a href=\"how-we-measure.html#in-your-browser\">How this is measured</a></small> \
             <button type=\"button\" class=\"forget\">Remove what this has left in my browser</button></p>\n</div>\n</div>",
            slug = slug,
            kernel = files.kernel(),
            module = files.module(slug)?,
            buttons = buttons,
            about = inline(&run_here.about),
            shows = inline(&run_here.shows),
            heads = heads.collect::<Html>(),
            rows = rows,
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use edition::example::project;
    use edition::lesson::{RunButton, RunHere, RunRow};

    use crate::pages::expand;
    use crate::run_here::tests::project_with;

    fn row(id: &str, point: Option<&str>) -> RunRow {
        let unit = if point.is_none() { Some("%".to_owned()) } else { None };
        RunRow {
            id: id.to_owned(),
            label: format!("row {id}"),
            point: point.map(str::to_owned),
            unit,
            apart: point.is_none(),
        }
    }

    #[test]
    fn the_first_opening_of_a_page_has_a_button_and_a_table_with_what_all_editions_recorded() {
        let mut project = project(&["reference", "local"]);
        let run_here = RunHere {
            about: "It takes a *second*.".to_owned(),
            shows: "Updates lost".to_owned(),
            buttons: Vec::new(),
            rows: vec![row("slow", Some("lost/slow/2")), row("fast", Some("time/fast/1")), row("apart", None)],
        };
        project.lessons.get_mut("example").unwrap().run_here = Some(run_here);
        let files = project_with("example");
        project.root = files.path().to_owned();
        let page =
            |project: &_| expand(project, Path::new("example.md"), "{{#opening how-much}}\n\n{{#opening how-much}}");
        let html = page(&project).unwrap();
        assert_eq!(html.matches("class=\"run-here\"").count(), 1, "{html}");
        for part in [
            "data-slug=\"example\" data-kernel=\"run-here/kernel-",
            "data-module=\"run-here/example-",
            "<button type=\"button\" data-run=\"run\" disabled>Run it in this browser</button> <small>It takes a <em>second</em>.</small>",
            "<th scope=\"col\">this browser</th><th scope=\"col\">reference, 0 CPUs</th><th scope=\"col\">your machine</th>",
            "<tr><th scope=\"row\">row slow</th><td data-row=\"slow\" data-unit=\"updates\" data-mark=\"",
            "<tr><th scope=\"row\">row fast</th><td data-row=\"fast\" data-unit=\"ns\">–</td><td><span data-v=\"fast\">",
            "<tr hidden><th scope=\"row\">row apart</th><td data-row=\"apart\" data-unit=\"%\" data-only=\"apart\">–</td><td>–</td><td>–</td></tr>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let buttons = [("one", "Do one"), ("two", "Do two")]
            .map(|(id, says)| RunButton { id: id.to_owned(), says: says.to_owned() });
        project.lessons.get_mut("example").unwrap().run_here.as_mut().unwrap().buttons = buttons.into();
        let html = page(&project).unwrap();
        assert!(
            html.contains("data-run=\"one\" disabled>Do one</button> <button type=\"button\" data-run=\"two\" disabled>Do two</button>"),
            "{html}"
        );
        let none = project_with("another");
        project.root = none.path().to_owned();
        assert!(page(&project).unwrap_err()[0].message.contains("write experiments/example/page/run.js"));
    }
}
