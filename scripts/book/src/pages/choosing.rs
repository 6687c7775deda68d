//! *Choosing*: the first question with its answers, to which `book/theme/choosing.js` gives life; jobs, each a link to the answers that
//! lead to what is right for it; and the table of all questions and answers, which is all there is without scripts and on paper. The
//! script takes its words from the table, so nothing stands twice.
//!
//! Addresses are `#python:waits-thousands`: a language, and the answers. In the table each is the id of a place.

use std::fmt::Write as _;

use anyhow::Result;
use charts::html;
use charts::html::Html;
use pulldown_cmark::{BrokenLink, Options, Parser};

use super::Page;
use super::tables::label;
use crate::choosing::{Asked, Choosing, End, Names, Next, joined};

/// The heads of the table.
const HEADS: [&str; 4] = ["If", "in Python", "in Rust", "What we measured"];

impl Page<'_> {
    pub(super) fn choosing(&self) -> Result<Html> {
        let choosing = Choosing::read(&self.scope.project.root)?;
        let words = Words { page: self, choosing: &choosing };
        let asked = choosing.asked();
        let bodies = asked.iter().map(|asked| words.body(asked)).collect::<Result<Html>>()?;
        let heads: Html = HEADS.iter().map(|head| html!("<th scope=\"col\">{}</th>", *head)).collect();
        // The script asks instead of the table, and addresses are its business: no place in the table may answer to them. The page
        // for printing has the table alone.
        let closed = html!(
            "<script>if (/\\/print(\\.html)?$/.test(location.pathname)) document.querySelector('.choosing').remove(); \
             else {{ const all = document.currentScript.previousElementSibling; all.open = false; \
             for (const place of all.querySelectorAll('[id*=\":\"]')) place.removeAttribute('id'); }}</script>"
        );
        Ok(html!(
            "{}\n{}\n<details class=\"fold all-answers\" open>\n<summary>All questions and answers in one table</summary>\n\
             <table>\n<thead>\n<tr>{}</tr>\n</thead>\n{}</table>\n</details>{}",
            words.first(&asked[0])?,
            words.jobs()?,
            heads,
            bodies,
            closed
        ))
    }
}

/// The file's texts as markup.
struct Words<'a> {
    page: &'a Page<'a>,
    choosing: &'a Choosing,
}

impl Words<'_> {
    /// The first question, and the places of what the script puts there. An address that says more has it hidden until then.
    fn first(&self, asked: &Asked<'_>) -> Result<Html> {
        let answers = asked.question.answers.iter().enumerate().map(|(m, answer)| {
            let says = self.text(&format!("question.{}.answer.{m}.says", asked.number), &answer.says)?;
            Ok(html!("<li><a href=\"#python:{}\">{}</a></li>\n", answer.id, says))
        });
        let language = |name: &str, says: &str, pressed: &str| {
            html!(
                "<button type=\"button\" data-language=\"{}\" aria-pressed=\"{}\">{}</button>\n",
                *name,
                *pressed,
                *says
            )
        };
        Ok(html!(
            "<div class=\"choosing\">\n<script>if (/^#(python|rust):./.test(location.hash)) {{ const box = document.currentScript.parentElement.classList; \
             box.add('loads'); setTimeout(() => box.remove('loads'), 9000); }}</script>\n\
             <div class=\"languages\" role=\"group\" aria-label=\"Language\">\n{python}{rust}</div>\n<ol class=\"trail\" hidden></ol>\n\
             <p class=\"status\" role=\"status\">Question 1</p>\n<div class=\"panel\">\n<p class=\"asks\" role=\"heading\" aria-level=\"2\" tabindex=\"-1\">{asks}</p>\n<ul class=\"answers\">\n{answers}</ul>\n</div>\n</div>",
            python = language("python", "Python", "true"),
            rust = language("rust", "Rust", "false"),
            asks = self.text(&format!("question.{}.asks", asked.number), &asked.question.asks)?,
            answers = answers.collect::<Result<Html>>()?,
        ))
    }

    /// The jobs, folded: their answers are in the links.
    fn jobs(&self) -> Result<Html> {
        let jobs = self.choosing.jobs.iter().enumerate().map(|(n, job)| {
            let says = self.text(&format!("job.{n}.says"), &job.says)?;
            Ok(html!("<li><a href=\"#python:{}\">{}</a></li>\n", job.answers.join("-"), says))
        });
        let jobs = jobs.collect::<Result<Vec<Html>>>()?;
        let count = jobs.len();
        let jobs: Html = jobs.into_iter().collect();
        Ok(html!(
            "<details class=\"fold jobs\">\n<summary>{} to try it on: name what is right in Python, then click</summary>\n<ol>\n{}</ol>\n</details>",
            format!("{} job{}", spelled(count), if count == 1 { "" } else { "s" }),
            jobs
        ))
    }

    /// The rows of a question: itself, and its answers.
    fn body(&self, asked: &Asked<'_>) -> Result<Html> {
        let Asked { path, number, question } = asked;
        let place = |key: &str| format!("question.{number}.{key}");
        let hint = match question.hint.is_empty() {
            true => Html::default(),
            false => html!(" <small class=\"hint\">{}</small>", self.text(&place("hint"), &question.hint)?),
        };
        let asks = html!("<span class=\"asks\">{}</span>{}", self.text(&place("asks"), &question.asks)?, hint);
        let asks = match path.is_empty() {
            true => asks,
            false => html!(
                "<span id=\"python:{path}\"></span><span id=\"rust:{path}\"></span>{asks}",
                path = *path,
                asks = asks
            ),
        };
        let rows = question.answers.iter().enumerate().map(|(m, answer)| {
            let path = joined(path, &answer.id);
            let says = self.text(&place(&format!("answer.{m}.says")), &answer.says)?;
            let (mut shape, says) = (Html::default(), html!("{}<span class=\"says\">{}</span>", label(HEADS[0]), says));
            let rest = match self.choosing.next(answer) {
                Some(Next::End(number, end)) => {
                    let says = self.text(&format!("end.{number}.says"), &end.says)?;
                    shape = html!(" <strong class=\"shape\">{}</strong>", says);
                    self.end(&path, number, end)?
                }
                Some(Next::Question(next)) => {
                    let asks = self.text(&place(&format!("answer.{m}.to")), &next.asks)?;
                    html!("<td colspan=\"3\">→ <a href=\"#python:{}\">{}</a></td>", path, asks)
                }
                None => Html::default(),
            };
            Ok(html!("<tr data-path=\"{}\"><td>{}{}</td>{}</tr>\n", path, says, shape, rest))
        });
        let rows = rows.collect::<Result<Html>>()?;
        Ok(html!(
            "<tbody>\n<tr class=\"asked\" data-path=\"{}\"><td colspan=\"4\">{}</td></tr>\n{}</tbody>\n",
            *path,
            asks,
            rows
        ))
    }

    /// The cells of an end.
    fn end(&self, path: &str, number: usize, end: &End) -> Result<Html> {
        let names = |key: &str, names: &Names, head: &str| {
            let place = |field: &str| format!("end.{number}.{key}.{field}");
            let mind = match names.mind.is_empty() {
                true => Html::default(),
                false => html!(" <small class=\"mind\">{}</small>", self.text(&place("mind"), &names.mind)?),
            };
            let data = [("says", &names.says), ("code", &names.code)].into_iter().filter(|(_, text)| !text.is_empty());
            let data = data.map(|(key, text)| {
                // A blank line would end the block of HTML.
                let text = html!("{}", text.trim_end());
                html!(" data-{}=\"{}\"", key, Html::made(text.as_str().replace('\n', "&#10;")))
            });
            let data: Html = data.collect();
            let uses = self.text(&place("use"), &names.names)?;
            Ok::<_, anyhow::Error>(html!(
                "<td id=\"{key}:{path}\"{data}>{label}<span class=\"use\">{uses}</span>{mind}</td>",
                key = *key,
                path = *path,
                label = label(head),
                data = data,
                uses = uses,
                mind = mind
            ))
        };
        Ok(html!(
            "{}{}<td>{}<span class=\"evidence\">{}</span></td>",
            names("python", &end.python, HEADS[1])?,
            names("rust", &end.rust, HEADS[2])?,
            label(HEADS[3]),
            self.text(&format!("end.{number}.measured"), &end.measured)?,
        ))
    }

    /// A text of the file, with numbers where it has directives, and links that it names.
    fn text(&self, place: &str, text: &str) -> Result<Html> {
        let expanded = self.page.expand(text).map_err(|problems| {
            let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            self.choosing.tell(place, &messages.join("; "))
        })?;
        let mut markdown = expanded.trim().to_owned() + "\n\n";
        for (name, address) in &self.choosing.links {
            let _ = writeln!(markdown, "[{name}]: {address}");
        }
        let mut unknown = None;
        let tell = |link: BrokenLink<'_>| {
            unknown = Some(link.reference.to_string());
            None
        };
        let mut html = String::new();
        let options = Options::ENABLE_SMART_PUNCTUATION;
        let parser = Parser::new_with_broken_link_callback(&markdown, options, Some(tell));
        pulldown_cmark::html::push_html(&mut html, parser);
        if let Some(name) = unknown {
            return Err(self.choosing.tell(place, &format!("no link {name:?} in [links]")));
        }
        let html = html.trim();
        let line =
            html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>")).filter(|line| !line.contains("<p>"));
        let line = line.ok_or_else(|| self.choosing.tell(place, "write one paragraph"))?;
        Ok(Html::made(line.replace('\n', " ")))
    }
}

/// A small number as a sentence begins with it.
fn spelled(count: usize) -> String {
    const WORDS: [&str; 9] = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::choosing::FILE;
    use crate::choosing::tests::SMALL;
    use crate::pages::expand;
    use edition::example::project;

    /// What the directive becomes with this file, or what is told.
    fn page(file: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("book")).unwrap();
        fs::write(folder.path().join(FILE), file).unwrap();
        let mut project = project(&["reference"]);
        project.root = folder.path().to_owned();
        expand(&project, Path::new("choosing.md"), "{{#choosing}}")
            .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn the_questions_are_a_table_whose_places_have_addresses() {
        let html = page(SMALL).unwrap();
        for part in [
            "<p class=\"asks\" role=\"heading\" aria-level=\"2\" tabindex=\"-1\">Is it <em>slow</em>?</p>\n<ul class=\"answers\">\n<li><a href=\"#python:no\">No.</a></li>\n",
            "<button type=\"button\" data-language=\"rust\" aria-pressed=\"false\">Rust</button>",
            "<summary>One job to try it on",
            "<li><a href=\"#python:yes-waits\">Fetch it.</a></li>",
            "<tr class=\"asked\" data-path=\"\"><td colspan=\"4\"><span class=\"asks\">Is it <em>slow</em>?</span></td></tr>",
            "<span class=\"says\">Yes.</span></td><td colspan=\"3\">→ <a href=\"#python:yes\">Why?</a></td></tr>",
            "<span id=\"python:yes\"></span><span id=\"rust:yes\"></span><span class=\"asks\">Why?</span> <small class=\"hint\">Look.</small>",
            "<tr data-path=\"yes-waits\"><td><span class=\"label\" data-label=\"If\"></span><span class=\"says\">It waits.</span> <strong class=\"shape\">Threads</strong></td>",
            "<td id=\"python:yes-waits\"><span class=\"label\" data-label=\"in Python\"></span><span class=\"use\"><a href=\"https://example.org/pool\"><code>Pool</code></a></span> <small class=\"mind\">Mind <em>this</em>.</small></td>",
            "<td id=\"rust:yes-waits\" data-says=\"One scope\" data-code=\"scope(|s| {&#10;&#10;});\"><span class=\"label\" data-label=\"in Rust\"></span><span class=\"use\"><code>scope</code></span></td>",
            "<span class=\"evidence\"><span class=\"measured\" data-v=\"slow\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("\n\n"), "a blank line would end the block: {html}");
    }

    #[test]
    fn what_a_text_gets_wrong_is_told_with_its_line() {
        for (sound, broken, complaint) in [
            ("slow/1}}", "slwo/1}}", ":34: example has no measured value \"time/slwo/1\""),
            ("[`Pool`][pool]", "[`Pool`][poll]", ":35: no link \"poll\" in [links]"),
            ("\"It waits.\"", "\"It waits.\\n\\nLong.\"", ":19: write one paragraph"),
        ] {
            assert!(SMALL.contains(sound), "{sound}");
            let told = page(&SMALL.replacen(sound, broken, 1)).unwrap_err();
            assert!(told.contains(&format!("{FILE}{complaint}")), "{complaint}: {told}");
        }
    }
}
