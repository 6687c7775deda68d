//! Whether every lesson says what its chapter is called and what it is about, for a reader who is sent a link to it.

use std::collections::BTreeMap;

use base::files;
use edition::Project;

use super::data::lesson_of;
use crate::head::LONGEST;
use crate::{Problem, SRC, line_at};

/// Lessons without a title or a description, with one that is too long or another's, or with a title that isn't their chapter's.
pub fn check(project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for (slug, lesson) in &project.lessons {
        let file = lesson_of(slug);
        let text = files::text(&project.root.join(&file)).unwrap_or_default();
        let mut tell = |field: &str, what: String| {
            let line = text.lines().position(|line| line.starts_with(&format!("{field} ="))).map_or(0, |line| line + 1);
            problems.push(Problem::at(file.as_str(), line, what));
        };
        for (field, words) in [("title", &lesson.title), ("description", &lesson.description)] {
            if words.is_empty() {
                tell(field, format!("there is no `{field}`; say above `asks` what a link to the chapter shows"));
                continue;
            }
            if let Some(other) = known.insert(words, slug) {
                tell(field, format!("{other} has the same {field}; say what this chapter is about"));
            }
        }
        let length = lesson.description.chars().count();
        if length > LONGEST {
            tell("description", format!("it has {length} characters; say it in {LONGEST}"));
        }
        let chapter = files::text(&project.root.join(SRC).join(format!("{slug}.md"))).unwrap_or_default();
        if let Some(heading) = chapter.lines().find_map(|line| line.strip_prefix("# "))
            && heading.trim() != lesson.title
            && !lesson.title.is_empty()
        {
            let line = chapter.find("# ").map_or(0, |at| line_at(&chapter, at));
            tell("title", format!("{SRC}/{slug}.md:{line} calls the chapter {:?}; say the same", heading.trim()));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;
    use std::fs;

    #[test]
    fn a_lesson_says_what_its_chapter_is_about_and_no_two_say_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = project(&[]);
        project.root = folder.path().to_owned();
        fs::create_dir_all(folder.path().join("book/src")).unwrap();
        fs::create_dir_all(folder.path().join("experiments/example")).unwrap();
        fs::write(folder.path().join("book/src/example.md"), "\n# An example\n").unwrap();
        fs::write(folder.path().join("experiments/example/lesson.toml"), "title = \"\"\ndescription = \"\"\n").unwrap();
        let cases: [(&str, &str, &[&str]); 5] = [
            ("An example", "It is one.", &[]),
            ("An example", "", &["lesson.toml:2: there is no `description`"]),
            ("", "It is one.", &["lesson.toml:1: there is no `title`"]),
            ("A sample", "It is one.", &["lesson.toml:1: book/src/example.md:2 calls the chapter \"An example\""]),
            ("An example", &"ä".repeat(161), &["lesson.toml:2: it has 161 characters; say it in 160"]),
        ];
        for (title, description, complaints) in cases {
            let lesson = project.lessons.get_mut("example").unwrap();
            (lesson.title, lesson.description) = (title.to_owned(), description.to_owned());
            let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), complaints.len(), "{found:?}");
            assert!(found.iter().zip(complaints).all(|(found, complaint)| found.contains(complaint)), "{found:?}");
        }
        let lesson = project.lessons["example"].clone();
        project.lessons.insert("other".to_owned(), lesson);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|found| found.contains("other/lesson.toml: example has the same title")), "{found:?}");
        assert!(
            found.iter().any(|found| found.contains("other/lesson.toml: example has the same description")),
            "{found:?}"
        );
    }
}
