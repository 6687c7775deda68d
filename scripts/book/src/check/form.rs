//! The form of a chapter, as CONTRIBUTING.md gives it: its parts in their order, and what each of them must have.
//!
//! A chapter that opens with a prediction is held to it. An experiment that has Python beside the Rust shows both in one listing.

use std::path::Path;

use base::files;
use edition::Project;
use edition::lesson::{Listing, Question};

use crate::{Problem, SRC, line_at};

/// The parts, by their headings. The claim's isn't there where none is judged.
const PARTS: [&str; 7] = ["In short", "Why", "The code", "Run it", JUDGED, "On Monday", "Your turn"];
const JUDGED: &str = "The claim";

/// Reads the chapters of all experiments.
pub fn check(root: &Path, project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (slug, lesson) in &project.lessons {
        let file = format!("{SRC}/{slug}.md");
        let text = files::text(&root.join(&file)).unwrap_or_default();
        if text.contains("{{#opening ") {
            let found = in_chapter(&text).into_iter().chain(in_questions(&text, &lesson.questions));
            let has_python = root.join("experiments").join(slug).join("python").is_dir();
            let found = found.chain(has_python.then(|| beside_python(&text, &lesson.listings)).flatten());
            problems.extend(found.map(|(line, what)| Problem::at(file.as_str(), line, what)));
        }
    }
    problems
}

/// What is wrong with the parts, each with its line.
fn in_chapter(text: &str) -> Vec<(usize, String)> {
    let parts = parts(text);
    let mut problems = Vec::new();
    let mut last = 0;
    for part in PARTS {
        match parts.iter().position(|(_, heading, _)| heading.starts_with(part)) {
            None if part == JUDGED && !text.contains("{{#verdict ") => {}
            None => {
                let what = format!("it has no part \"## {part}\"; CONTRIBUTING.md has the form of a chapter");
                problems.push((0, what));
            }
            Some(at) if at < last => {
                problems.push((parts[at].0, format!("{part:?} stands before {:?}", parts[last].1)));
            }
            Some(at) => last = at,
        }
    }
    for (line, heading, body) in &parts {
        let bullets = body.lines().filter(|line| line.starts_with("- ")).count();
        let wanted = match *heading {
            "In short" => 3..=5,
            "On Monday" => 3..=3,
            _ => continue,
        };
        if !wanted.contains(&bullets) {
            let [least, most] = [wanted.start(), wanted.end()];
            let how_many = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            problems.push((*line, format!("{heading:?} has {bullets} bullets; make it {how_many}")));
        }
    }
    problems
}

/// Python stands beside the Rust in the part on code.
fn beside_python(text: &str, listings: &[Listing]) -> Option<(usize, String)> {
    let (line, _, code) = parts(text).into_iter().find(|(_, heading, _)| *heading == "The code")?;
    let shows = |listing: &Listing| code.contains(&format!("{{{{#listing {}}}}}", listing.id));
    let is_there = listings.iter().any(|listing| listing.python.is_some() && shows(listing));
    (!is_there)
        .then(|| (line, "it shows no Python, which the experiment has; give a listing of it `python`".to_owned()))
}

/// Four questions, and answers to what people answer instead.
fn in_questions(text: &str, questions: &[Question]) -> Vec<(usize, String)> {
    let asked: Vec<(&Question, usize)> = questions
        .iter()
        .filter_map(|question| Some((question, text.find(&format!("{{{{#question {}}}}}", question.id))?)))
        .collect();
    let mut problems = Vec::new();
    if asked.len() != 4 {
        problems.push((0, format!("it asks {} questions; make it four", asked.len())));
    }
    for (question, at) in asked {
        if question.wrong.len() < 2 {
            let what =
                format!("the question {:?} answers {} wrong answers; give two", question.id, question.wrong.len());
            problems.push((line_at(text, at), what));
        }
    }
    problems
}

/// The parts of the second level: line, heading without its id, and text.
fn parts(text: &str) -> Vec<(usize, &str, &str)> {
    let mut starts: Vec<usize> = text.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    starts.push(text.len());
    let part = |ends: &[usize]| {
        let (heading, body) = text[ends[0]..ends[1]].split_once('\n').unwrap_or((&text[ends[0]..ends[1]], ""));
        let heading = heading.trim_start_matches("## ").split(" {#").next().unwrap_or_default().trim();
        (line_at(text, ends[0]), heading, body)
    };
    starts.windows(2).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::lesson::Wrong;

    const SOUND: &str = "# A\n\n{{#opening a}}\n\n## In short\n\n- a\n- b\n- c\n\n## Why\n\n## The code\n\n## Run it\n\n\
                         ## The claims, judged {#verdict}\n\n{{#verdict a}}\n\n## On Monday\n\n- a\n- b\n- c\n\n## Your turn\n";

    fn told(text: &str) -> Vec<String> {
        in_chapter(text).into_iter().map(|(line, what)| format!("{line}: {what}")).collect()
    }

    #[test]
    fn python_stands_beside_the_rust() {
        let text = SOUND.replace("## The code\n", "## The code\n\n{{#listing a}}\n");
        let listing = |id: &str, python: Option<&str>| Listing {
            id: id.to_owned(),
            tabs: Vec::new(),
            python: python.map(str::to_owned),
        };
        assert_eq!(beside_python(&text, &[listing("a", Some("a.py:a"))]), None);
        for listings in [vec![], vec![listing("a", None)], vec![listing("b", Some("a.py:a"))]] {
            assert_eq!(beside_python(&text, &listings).unwrap().0, 13, "{listings:?}");
        }
    }

    #[test]
    fn a_chapter_has_all_parts_in_their_order() {
        assert_eq!(told(SOUND), [""; 0]);
        assert_eq!(told(&SOUND.replace("## The claims, judged {#verdict}\n\n{{#verdict a}}\n\n", "")), [""; 0]);
        let faults = [
            (SOUND.replace("## Why\n\n", ""), "0: it has no part \"## Why\""),
            (SOUND.replace("## The claims, judged {#verdict}\n", ""), "0: it has no part \"## The claim\""),
            (SOUND.replace("## Why\n\n## The code", "## The code\n\n## Why"), "11: \"The code\" stands before \"Why\""),
            (SOUND.replacen("- c\n", "", 1), "5: \"In short\" has 2 bullets; make it 3 to 5"),
            (SOUND.replace("## On Monday\n\n", "## On Monday\n\n- d\n"), "21: \"On Monday\" has 4 bullets; make it 3"),
        ];
        for (text, complaint) in faults {
            let told = told(&text);
            assert!(told.len() == 1 && told[0].starts_with(complaint), "{complaint}: {told:?}");
        }
    }

    #[test]
    fn four_questions_are_asked_and_wrong_answers_answered() {
        let wrong = vec![Wrong { says: String::new(), but: String::new() }; 2];
        let question = |id: &str| Question {
            id: id.to_owned(),
            question: String::new(),
            answer: String::new(),
            wrong: wrong.clone(),
        };
        let mut questions: Vec<Question> = ["a", "b", "c", "d"].map(question).into();
        let text = "{{#question a}}\n{{#question b}}\n{{#question c}}\n{{#question d}}\n";
        assert_eq!(in_questions(text, &questions), []);
        assert_eq!(in_questions(&text[16..], &questions), [(0, "it asks 3 questions; make it four".to_owned())]);
        questions[1].wrong.pop();
        let what = "the question \"b\" answers 1 wrong answers; give two".to_owned();
        assert_eq!(in_questions(text, &questions), [(2, what)]);
    }
}
