//! What the front page has of all chapters and all editions.

use charts::figure;
use charts::html;
use charts::html::Html;
use charts::kind::Asked;
use charts::readme;
use edition::Project;

use super::minutes;

/// A card for each chapter: title, question, minutes to read, and its first chart without words. No answers.
pub(crate) fn cards(project: &Project) -> Html {
    let cards = readme::in_order(project).into_iter().map(|slug| {
        let lesson = &project.lessons[slug];
        // What the book's machine hasn't measured has no picture.
        let picture = |chart| figure::thumbnail(&Asked { slug, lesson, chart }, project.main_edition().ok()?).ok();
        let drawing = lesson.charts.first().and_then(picture);
        let drawing = drawing.map(|svg| html!("<div class=\"thumbnail\">{}</div>\n", svg));
        let minutes = minutes::of_page(&project.root, &format!("{slug}.md"))
            .map(|minutes| html!("<span class=\"minutes\">{}</span>", minutes::said(minutes)));
        html!(
            "<li>{drawing}<a href=\"{slug}.html\">{title}</a>\n<span>{question}</span>\n{minutes}</li>\n",
            drawing = drawing.unwrap_or_default(),
            slug = slug,
            title = lesson.title,
            question = super::inline(&lesson.question),
            minutes = minutes.unwrap_or_default(),
        )
    });
    html!("<ul class=\"cards\">\n{}</ul>", cards.collect::<Html>())
}

/// All editions as a table in Markdown, of cells that are markup. What is to be kept in mind of one is folded under its count.
pub(crate) fn editions(project: &Project) -> String {
    // An edition may come from anywhere, and so may the words in it.
    let cell = |words: &str| html!("{}", words).as_str().replace('|', "\\|").replace('\n', " ");
    let rows = project.editions.iter().map(|edition| {
        let last = &edition.machine.last;
        let marks = edition.recordings.iter().map(|(slug, recording)| (slug, recording.provenance.remarks()));
        let marks: Vec<(&String, Vec<String>)> = marks.filter(|(_, marks)| !marks.is_empty()).collect();
        let lines = marks.iter().map(|(slug, marks)| format!("<br>{}", cell(&format!("{slug}: {}", marks.join(", ")))));
        let count = marks.iter().map(|(_, marks)| marks.len()).sum::<usize>();
        let folded = match count {
            0 => String::new(),
            1 => format!("<details><summary>1 remark</summary>{}</details>", lines.collect::<String>()),
            _ => format!("<details><summary>{count} remarks</summary>{}</details>", lines.collect::<String>()),
        };
        let cells = [
            &edition.name,
            &edition.machine_in_words(),
            last.date.split('T').next().unwrap_or_default(),
            last.commit.get(..7).unwrap_or_default(),
            &edition.recordings.len().to_string(),
        ];
        format!("| {} | {folded} |\n", cells.map(cell).join(" | "))
    });
    let head = "| edition | machine | recorded | commit | experiments | to keep in mind |\n";
    format!("{head}| --- | --- | --- | --- | --- | --- |\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;

    #[test]
    fn a_card_asks_and_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = project(&["reference"]);
        project.root = folder.path().to_owned();
        std::fs::create_dir_all(folder.path().join("book/src")).unwrap();
        std::fs::write(folder.path().join("book/src/example.md"), "# An example\n\n".to_owned() + &"word ".repeat(300))
            .unwrap();
        let cards = String::from(cards(&project));
        for part in
            ["<div class=\"thumbnail\"><svg", "<a href=\"example.html\">An example</a>", "Is it slow?", "2 minutes"]
        {
            assert!(cards.contains(part), "{part}: {cards}");
        }
        assert!(!cards.contains("It takes") && !cards.contains("\n\n"), "{cards}");
    }

    #[test]
    fn what_is_to_be_kept_in_mind_is_counted_and_folded() {
        let mut project = project(&["reference", "local"]);
        let provenance = &mut project.editions[1].recordings.get_mut("example").unwrap().provenance;
        provenance.dirty = true;
        provenance.warnings.push("a | <b>".to_owned());
        let table = editions(&project);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[2].ends_with("| 1 |  |"), "{table}");
        let folded =
            "<details><summary>2 remarks</summary><br>example: uncommitted changes, a \\| &lt;b&gt;</details> |";
        assert!(lines[3].ends_with(folded), "{table}");
    }
}
