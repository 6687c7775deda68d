//! A command and what it printed, as lines: each knows the variant that it tells of, so that a chart can point at it.

use charts::html;
use charts::html::Html;
use edition::Session;
use edition::lesson::{Lesson, SessionSpec};

/// The session; folded, if the lesson says what is in it. No line is empty in the markup, which would end a block of HTML.
pub fn html(lesson: &Lesson, spec: &SessionSpec, session: &Session) -> Html {
    let lines = session.output.iter().map(|line| {
        let words = if line.is_empty() { Html::made("&#10;") } else { html!("{}\n", line) };
        match variant(lesson, line) {
            Some(variant) => html!("<span data-v=\"{}\">{}</span>", variant, words),
            None => words,
        }
    });
    let block = html!(
        "<pre class=\"session\"><code class=\"language-console nohighlight\"><span class=\"hljs-prompt\">$ </span>\
         <span class=\"hljs-command\">{}</span>\n{}</code></pre>",
        session.command,
        lines.collect::<Html>()
    );
    match &spec.says {
        Some(says) => html!(
            "<details class=\"fold\"><summary>{} <code>{}</code></summary>\n{}\n</details>",
            super::inline(says),
            session.command,
            block
        ),
        None => block,
    }
}

/// The variant whose name or label the line begins with; of several the longest.
fn variant<'a>(lesson: &'a Lesson, line: &str) -> Option<&'a str> {
    let line = line.trim_start();
    let begins = |name: &str| {
        line.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    };
    let known = lesson.variants.iter().filter(|known| begins(&known.name) || begins(&known.label));
    known.max_by_key(|known| known.name.len()).map(|known| &known.name[..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::lesson;

    #[test]
    fn a_line_knows_its_variant() {
        let lesson = lesson();
        assert_eq!(variant(&lesson, "  slow   11 ns"), Some("slow"));
        assert_eq!(variant(&lesson, "fast way: 1 ns"), Some("fast"));
        assert_eq!(variant(&lesson, "slowly"), None);
    }
}
