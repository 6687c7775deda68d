//! The data that chapters draw on: charts that have none, sessions that are stale, a README that says something else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base::files;
use charts::kind::Asked;
use charts::{figure, kinds, readme};
use edition::lesson::{Fault, Lesson, Scope};
use edition::verdict::{self, Finding};
use edition::{Edition, LOCAL, Project, sources, typical};

use super::quantities;
use crate::Problem;

/// Everything that is wrong between the lessons, the book's main edition and the README: a recording mends it.
pub fn stale(project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    match project.main_edition() {
        Ok(main) => {
            for (slug, lesson) in &project.lessons {
                let found = timelines(slug, lesson, main).into_iter().chain(charts_without_data(slug, lesson, main));
                let found = found.chain(sessions(project, slug, lesson, main));
                let found = found.chain(unknown_variants(slug, lesson, main));
                let recording = main.recordings.get(slug);
                let found =
                    found.chain(recording.into_iter().flat_map(|recording| quantities::check(lesson, recording)));
                let found = found.chain(claims_not_measured(slug, lesson, main));
                problems.extend(found.map(|what| Problem::at(lesson_of(slug), 0, what)));
            }
            problems.extend(comparison(project, main));
            problems.extend(predictions(project, main));
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

fn charts_without_data(slug: &str, lesson: &Lesson, main: &Edition) -> Vec<String> {
    let without = lesson.charts.iter().filter_map(|chart| {
        let error = kinds::gather(&Asked { slug, lesson, chart }, &[main]).err()?;
        Some(format!("the chart {:?} has no data: {error:#}", chart.id))
    });
    without.collect()
}

/// Charts that state nothing true in an edition that is kept, or that nobody could read.
pub fn charts(project: &Project) -> Vec<Problem> {
    figure::faults(project).into_iter().map(|(slug, what)| Problem::at(lesson_of(&slug), 0, what)).collect()
}

/// A timeline that a lesson asks for and that wasn't recorded, or the other way round.
fn timelines(slug: &str, lesson: &Lesson, main: &Edition) -> Option<String> {
    let name = &main.name;
    match (lesson.record.trace.is_empty(), main.timelines.contains_key(slug)) {
        (false, false) if main.recordings.contains_key(slug) => Some(format!(
            "[record] asks for a timeline, and none was recorded; run `cargo record {slug} --edition {name}`"
        )),
        (true, true) => Some(format!(
            "book/data/{name}/{slug}.trace.json: [record] asks for no timeline; delete the file, or say which with `trace`"
        )),
        _ => None,
    }
}

fn sessions(project: &Project, slug: &str, lesson: &Lesson, main: &Edition) -> Vec<String> {
    let recapture = format!("run `cargo record {slug} --sessions --edition {}`", main.name);
    let recording = main.recordings.get(slug);
    let recorded = recording.map(|recording| &recording.sessions[..]).unwrap_or_default();
    let stale = lesson.sessions.iter().filter_map(|spec| {
        let name = &spec.name;
        let Some(session) = recorded.iter().find(|session| session.name == *name) else {
            return Some(format!("the session {name:?} was not captured; {recapture}"));
        };
        let changed = |what: &str| Some(format!("stale session {name:?}: its {what} changed since; {recapture}"));
        if session.command != spec.command {
            return changed("command has");
        }
        if let Some(what) = typical::contradictions((slug, lesson), recording?, session).first() {
            return Some(format!("the session {name:?} contradicts its recording: {what}; {recapture}"));
        }
        match sources::hash(&project.root, &spec.command) {
            Ok(hash) if hash == session.sources => None,
            Ok(_) => changed("sources have"),
            Err(error) => Some(format!("session {name:?}: {error:#}")),
        }
    });
    stale.collect()
}

fn claims_not_measured(slug: &str, lesson: &Lesson, main: &Edition) -> Vec<String> {
    let mut found = Vec::new();
    for claim in &lesson.claims {
        for case in verdict::judge(main, Scope::Rule, [(slug, claim)]).cases {
            if case.finding == Finding::NotMeasured {
                let missing = case.condition.points().find_map(|(_, point)| main.point(slug, point).err());
                let why = missing.map_or_else(|| "its ratio is no number".to_owned(), |error| format!("{error:#}"));
                found.push(format!("the claim {:?} can't be judged: {why}", claim.id));
            }
        }
    }
    found
}

/// Predictions that can't be marked in the main edition, or of which not exactly one choice is right in one that is kept.
fn predictions(project: &Project, main: &Edition) -> Vec<Problem> {
    let mut problems = Vec::new();
    for edition in project.editions.iter().filter(|edition| edition.name != LOCAL) {
        for (slug, recording) in &edition.recordings {
            let Some(lesson) = project.lessons.get(slug) else { continue };
            for (number, prediction) in lesson.predictions.iter().enumerate() {
                let mut found = prediction.contradictions(recording);
                if edition.name == main.name {
                    let missing = |(place, point): (String, &String)| {
                        Some(Fault::new(place, format!("{:#}", edition.point(slug, point).err()?)))
                    };
                    found.extend(prediction.points().into_iter().filter_map(missing));
                }
                problems.extend(found.into_iter().map(|fault| {
                    let what =
                        format!("the prediction {:?} in the edition {}: {}", prediction.id, edition.name, fault.what());
                    Problem::at(lesson_of(slug), lesson.line(&fault.within(&format!("prediction.{number}"))), what)
                }));
            }
        }
    }
    problems
}

fn unknown_variants(slug: &str, lesson: &Lesson, main: &Edition) -> Vec<String> {
    let recorded = main.recordings.get(slug).into_iter().flat_map(|recording| &recording.points);
    let recorded: BTreeSet<&str> = recorded.map(|point| &point.variant[..]).collect();
    let unknown = recorded.into_iter().filter(|name| !lesson.variants.iter().any(|known| known.name == *name));
    let what =
        |name| format!("the recording has the variant {name:?}, which is not listed; list it or record {slug} again");
    unknown.map(what).collect()
}

/// What lessons declare and no page shows: a chart that nobody sees, a claim that nobody judges.
pub fn unused(project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    let text = |page: &String| files::text(&project.root.join("book/src").join(page)).unwrap_or_default();
    let pages: String = super::structure::pages(&project.root).iter().map(text).collect();
    for (slug, lesson) in &project.lessons {
        let page = format!("book/src/{slug}.md");
        let Ok(chapter) = files::text(&project.root.join(&page)) else { continue };
        // An opening asks a prediction and shows its chart.
        let openings =
            lesson.predictions.iter().filter(|asked| chapter.contains(&format!("{{{{#opening {}}}}}", asked.id)));
        let opened: Vec<String> = openings
            .flat_map(|asked| {
                let chart = asked.chart.iter().map(|chart| format!("{{{{#figure {chart}}}}}"));
                chart.chain(["predict", "predicted"].map(|directive| format!("{{{{#{directive} {}}}}}", asked.id)))
            })
            .collect();
        problems.extend(opened.iter().filter(|shown| shown.contains("#predict ") && chapter.contains(*shown)).map(
            |shown| {
                Problem::at(
                    page.as_str(),
                    0,
                    format!("{shown} asks once more what the chapter opens with; take it out"),
                )
            },
        ));
        let declared = lesson.charts.iter().map(|chart| ("figure", &chart.id));
        let declared = declared.chain(lesson.claims.iter().map(|claim| ("verdict", &claim.id)));
        let declared = declared.chain(lesson.sessions.iter().map(|session| ("session", &session.name)));
        let predictions = lesson.predictions.iter().map(|prediction| &prediction.id);
        let declared = declared.chain(predictions.flat_map(|id| [("predict", id), ("predicted", id)]));
        let declared = declared.chain(lesson.questions.iter().map(|question| ("question", &question.id)));
        let declared = declared.chain(lesson.listings.iter().map(|listing| ("listing", &listing.id)));
        let declared = declared.chain(lesson.steppers.iter().map(|stepper| ("stepper", &stepper.id)));
        let declared = declared.chain(lesson.models.iter().map(|model| ("model", &model.id)));
        for (directive, id) in declared {
            let shown = format!("{{{{#{directive} {id}}}}}");
            let elsewhere = format!("{{{{#{directive} {slug}:{id}}}}}");
            if !chapter.contains(&shown) && !opened.contains(&shown) && !pages.contains(&elsewhere) {
                let what = format!("{id:?} is declared and never shown; put {shown} into {page}");
                problems.push(Problem::at(lesson_of(slug), 0, what));
            }
        }
    }
    problems
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

pub(super) fn lesson_of(slug: &str) -> String {
    format!("experiments/{slug}/lesson.toml")
}
