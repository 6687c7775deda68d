//! The data that chapters draw on: charts that have none, sessions that are stale, a README that says something else.

use std::path::{Path, PathBuf};

use base::files;
use charts::kind::Asked;
use charts::{kinds, readme};
use edition::lesson::{Chart, Lesson};
use edition::verdict::{self, Finding};
use edition::{Edition, Project, sources};

use crate::Problem;

/// Everything that is wrong between the lessons, the book's main edition and the README: a recording mends it.
pub fn stale(project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    match project.main_edition() {
        Ok(main) => {
            for (slug, lesson) in &project.lessons {
                problems.extend(timelines(slug, lesson, main));
                problems.extend(charts_without_data(slug, lesson, main));
                problems.extend(sessions(project, slug, lesson, main));
                problems.extend(unknown_variants(slug, lesson, main));
                problems.extend(claims_not_measured(slug, lesson, main));
            }
            problems.extend(comparison(project, main));
        }
        Err(error) => problems.push(Problem::at("book/data", 0, format!("{error:#}"))),
    }
    match readme::stale(project) {
        Ok(stale) => problems.extend(stale.iter().map(|path| {
            let file = path.strip_prefix(&project.root).unwrap_or(path).to_string_lossy().into_owned();
            Problem::at(file, 0, "differs from the recording; run `cargo charts`")
        })),
        Err(error) => problems.push(Problem::anywhere(format!("{error:#}"))),
    }
    problems
}

fn charts_without_data(slug: &str, lesson: &Lesson, main: &Edition) -> Vec<Problem> {
    let problem = |chart: &Chart| {
        let error = kinds::gather(&Asked { slug, lesson, chart }, main).err()?;
        Some(Problem::at(lesson_of(slug), 0, format!("the chart {:?} has no data: {error:#}", chart.id)))
    };
    lesson.charts.iter().filter_map(problem).collect()
}

/// A timeline that a lesson asks for and that wasn't recorded, or the other way round.
fn timelines(slug: &str, lesson: &Lesson, main: &Edition) -> Option<Problem> {
    let what = match (lesson.record.trace.is_empty(), main.timelines.contains_key(slug)) {
        (false, false) if main.recordings.contains_key(slug) => {
            format!(
                "[record] asks for a timeline, and none was recorded; run `cargo record {slug} --edition {}`",
                main.name
            )
        }
        (true, true) => format!(
            "book/data/{}/{slug}.trace.json: [record] asks for no timeline; delete the file, or say which with `trace`",
            main.name
        ),
        _ => return None,
    };
    Some(Problem::at(lesson_of(slug), 0, what))
}

fn sessions(project: &Project, slug: &str, lesson: &Lesson, main: &Edition) -> Vec<Problem> {
    let recapture = format!("run `cargo record {slug} --sessions --edition {}`", main.name);
    let recorded = main.recordings.get(slug).map(|recording| &recording.sessions[..]).unwrap_or_default();
    let stale = lesson.sessions.iter().filter_map(|spec| {
        let what = match recorded.iter().find(|session| session.name == spec.name) {
            None => format!("the session {:?} was not captured; {recapture}", spec.name),
            Some(session) if session.command != spec.command => {
                format!("stale session {:?}: its command has changed; {recapture}", spec.name)
            }
            Some(session) => match sources::hash(&project.root, &spec.command) {
                Ok(hash) if hash == session.sources => return None,
                Ok(_) => format!("stale session {:?}: its sources have changed since; {recapture}", spec.name),
                Err(error) => format!("session {:?}: {error:#}", spec.name),
            },
        };
        Some(Problem::at(lesson_of(slug), 0, what))
    });
    stale.collect()
}

fn claims_not_measured(slug: &str, lesson: &Lesson, main: &Edition) -> Vec<Problem> {
    let mut problems = Vec::new();
    for claim in &lesson.claims {
        for (condition, finding, _) in verdict::judge(main, slug, claim).1 {
            let missing = condition.points().find_map(|(_, point)| main.point(slug, point).err());
            let why = missing.map_or_else(|| "its ratio is no number".to_owned(), |error| format!("{error:#}"));
            if finding == Finding::NotMeasured {
                problems.push(Problem::at(
                    lesson_of(slug),
                    0,
                    format!("the claim {:?} can't be judged: {why}", claim.id),
                ));
            }
        }
    }
    problems
}

fn unknown_variants(slug: &str, lesson: &Lesson, main: &Edition) -> Vec<Problem> {
    let mut unknown: Vec<&str> =
        main.recordings.get(slug).into_iter().flat_map(|r| &r.points).map(|p| &p.variant[..]).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown.retain(|variant| !lesson.variants.iter().any(|known| known.name == *variant));
    let problem = |variant| {
        format!("the recording has the variant {variant:?}, which is not listed; list it or record {slug} again")
    };
    unknown.into_iter().map(|variant| Problem::at(lesson_of(slug), 0, problem(variant))).collect()
}

/// What lessons declare and their chapters don't show: a chart that nobody sees, a claim that nobody judges.
pub fn unused(project: &Project) -> Vec<Problem> {
    project.lessons.iter().flat_map(|(slug, lesson)| unused_in(project, slug, lesson)).collect()
}

fn unused_in(project: &Project, slug: &str, lesson: &Lesson) -> Vec<Problem> {
    let Ok(chapter) = files::text(&project.root.join("book/src").join(slug).with_extension("md")) else {
        return Vec::new();
    };
    let declared = lesson.charts.iter().map(|chart| ("figure", &chart.id));
    let declared = declared.chain(lesson.claims.iter().map(|claim| ("verdict", &claim.id)));
    let declared = declared.chain(lesson.sessions.iter().map(|session| ("session", &session.name)));
    let declared = declared.chain(lesson.predictions.iter().map(|prediction| ("predict", &prediction.id)));
    let declared = declared.chain(lesson.questions.iter().map(|question| ("question", &question.id)));
    let declared = declared.chain(lesson.steppers.iter().map(|stepper| ("stepper", &stepper.id)));
    let unused = declared.filter(|(directive, id)| !chapter.contains(&format!("{{{{#{directive} {id}}}}}")));
    let what = |(directive, id)| {
        format!("{id:?} is declared and never shown; put {{{{#{directive} {id}}}}} into book/src/{slug}.md")
    };
    unused.map(|found| Problem::at(lesson_of(slug), 0, what(found))).collect()
}

/// A comparison with other tools that a page shows, and that was never made.
fn comparison(project: &Project, main: &Edition) -> Option<Problem> {
    let pages = project.root.join("book/src");
    let shows = |page: &PathBuf| {
        page.extension().is_some_and(|end| end == "md")
            && files::text(&pages.join(page)).is_ok_and(|text| text.contains("{{#comparison}}"))
    };
    let page = super::files_in(&pages).into_iter().find(shows).filter(|_| main.comparison.is_none())?;
    let (file, name) = (Path::new("book/src").join(page), &main.name);
    let what = format!("the edition {name} has no comparison with other tools; run `cargo compare --edition {name}`");
    Some(Problem::at(file.to_string_lossy(), 0, what))
}

fn lesson_of(slug: &str) -> String {
    format!("experiments/{slug}/lesson.toml")
}
