//! The machines that move: what stands in a page for `book/theme/machine.js` to give life to, and for a reader without scripts.
//!
//! Each kind of machine has a file here, which makes its board, and a file of its name in `book/theme`, which moves it.

pub mod cache_line;
pub mod gil;
pub mod lanes;
pub mod pages;

use charts::html;
use charts::html::Html;
use edition::lesson::{Model, ModelKind};
use serde_json::Value;

/// What stands in the page of a machine.
pub struct Machine<'a> {
    /// The kind, which is the name of its script and its style sheet.
    pub kind: &'static str,
    /// Its name in directives.
    pub id: &'a str,
    /// What the script gets.
    pub data: Value,
    /// What a screen reader calls the board.
    pub label: &'a str,
    /// What the board has besides what all boards have; no blank line, which would end the HTML.
    pub board: Html,
    /// What the board says before anything has moved.
    pub says: &'a str,
    /// Buttons of its own beside *Undo* and *Restart*.
    pub tools: Html,
    /// What stands there without scripts and on paper: HTML, or Markdown after a blank line.
    pub still: String,
}

impl Machine<'_> {
    /// The machine as HTML, with Markdown in it if the still has any.
    pub fn html(&self) -> String {
        let Self { kind, id, data, label, board, says, tools, still } = self;
        let board = html!(
            "<div class=\"machine {kind}\" id=\"{kind}-{id}\" data-given=\"{data}\">\n<div class=\"board\" role=\"group\" \
             aria-label=\"{label}\">\n{board}\n<p class=\"told\" role=\"status\">{says}</p>\n<p class=\"tools\">{undo} {restart}{tools} \
             <input type=\"range\" data-do=\"scrub\" min=\"0\" max=\"0\" value=\"0\" aria-label=\"Back and forth through the steps\"></p>\n</div>",
            kind = kind,
            id = id,
            data = data.to_string(),
            label = label,
            board = board,
            says = says,
            undo = button("undo", Some("u"), html!("Undo")),
            restart = button("restart", Some("r"), html!("Restart")),
            tools = tools,
        );
        format!("{}\n{still}\n</div>", board.as_str())
    }
}

/// A model as HTML.
pub fn model(model: &Model) -> String {
    match model.kind {
        ModelKind::CacheLine => cache_line::html(model),
        ModelKind::Pages => pages::html(model),
        ModelKind::Gil => gil::html(model),
    }
}

/// A button that does a step of the machine, and the key that does the same.
pub fn button(step: &str, key: Option<&str>, words: Html) -> Html {
    let key = key.map_or(Html::default(), |key| html!(" aria-keyshortcuts=\"{}\"", key));
    html!("<button type=\"button\" data-do=\"{}\"{}>{}</button>", step, key, words)
}

/// A slider that does a step of the machine with one of these values, in words; the first is chosen.
pub fn slider(step: &str, label: &str, says: &[String]) -> Html {
    slider_at(step, label, says, 0)
}

/// The same with the value of this number chosen.
pub fn slider_at(step: &str, label: &str, says: &[String], chosen: usize) -> Html {
    let first = says.get(chosen).map_or("", String::as_str);
    html!(
        "<label>{label} <input type=\"range\" data-do=\"{step}\" min=\"0\" max=\"{last}\" value=\"{chosen}\" data-says=\"{says}\" \
         aria-valuetext=\"{first}\"> <b>{first}</b></label>",
        label = label,
        step = step,
        last = says.len().saturating_sub(1),
        says = Value::from(says).to_string(),
        first = first,
        chosen = chosen,
    )
}

/// What was recorded of a point, in each edition that has it.
#[cfg(test)]
fn recorded(slug: &str, point: &str) -> Vec<f64> {
    let root = base::files::root().expect("the project's root");
    let project = edition::Project::open(&root).expect("the project");
    let recordings = project.editions.iter().filter_map(|edition| edition.recordings.get(slug));
    let points = recordings.flat_map(|recording| recording.points.iter().filter(|known| known.name() == point));
    points.filter_map(|point| Some(point.estimate()?.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_one_block_of_html_up_to_its_still() {
        let machine = Machine {
            kind: "tally",
            id: "it",
            data: Value::from(vec!["<a> & \"b\""]),
            label: "Counting",
            board: slider("most", "Most", &["one".to_owned(), "two".to_owned()]),
            says: "Nothing yet.",
            tools: button("more", Some("m"), html!("One <b>more</b>")),
            still: "\n| a |\n".to_owned(),
        };
        let html = machine.html();
        let (board, still) = html.split_once("\n\n").unwrap();
        assert!(
            board.starts_with("<div class=\"machine tally\" id=\"tally-it\" data-given=\"[&quot;&lt;a&gt; &amp; "),
            "{board}"
        );
        assert!(board.contains("data-do=\"more\" aria-keyshortcuts=\"m\">One <b>more</b></button>"), "{board}");
        assert!(board.contains("max=\"1\" value=\"0\" data-says=\"[&quot;one&quot;,&quot;two&quot;]\""), "{board}");
        assert_eq!(still, "| a |\n\n</div>");
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    }
}
