//! The models of a cache line, of copy-on-write and of the GIL: every state by button, by key, without motion and without scripts.
//! Which steps lead where, the rules in Rust say.

use std::sync::Arc;

use anyhow::{Context, Result};
use book::pages::machines::{cache_line, gil, pages};
use edition::Project;
use edition::lesson::{Model, ModelKind};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use testing::is_soak;

use crate::page::{Page, View};
use crate::{Shared, THEMES, checks, root, trial};

/// What a trial does with a model.
type Try = fn(&mut Page<'_>, ModelKind, Option<&str>) -> Result<Vec<String>>;

/// How the page is looked at, and what is tried.
const TRIALS: &[(&str, View, Try)] = &[
    ("in every state", View::WIDE, |page, kind, _| walk(page, kind)),
    ("by key", View::WIDE, |page, kind, _| by_key(page, kind)),
    ("without motion", View { reduced_motion: true, ..View::WIDE }, |page, kind, _| moves(page, kind, false)),
    ("with motion", View::WIDE, |page, kind, _| moves(page, kind, true)),
    ("on a phone", View { theme: Some(THEMES[0]), ..View::NARROW }, looks),
    ("without scripts", View { scripts: false, ..View::WIDE }, |page, _, _| is_a_picture(page)),
    ("on paper", View::WIDE, |page, _, _| {
        page.media("print", View::WIDE)?;
        is_a_picture(page)
    }),
];

pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let project = Project::open(root()?)?;
    let mut trials = Vec::new();
    for (slug, lesson) in &project.lessons {
        for Model { id, kind, .. } in &lesson.models {
            for (name, view, run) in TRIALS {
                let (chapter, kind) = (format!("{slug}.html"), *kind);
                let board = format!("window.board = document.querySelector('[id$=\"-{id}\"].machine .board'); 0");
                trials.push(trial(shared, format!("{chapter} model {name}"), move |chromium, shared| {
                    let page = &mut Page::open(chromium, &format!("{}{chapter}", shared.site), *view)?;
                    page.eval(&board)?;
                    let mut found = run(page, kind, shared.axe.as_deref())?;
                    found.extend(checks::complaints(page)?);
                    Ok(found)
                }));
            }
        }
    }
    Ok(trials)
}

/// A step: its name, the value of its control, what is said of it, and what is seen of it then.
type Step = (&'static str, Option<usize>, String, Value);

fn walk(page: &mut Page<'_>, kind: ModelKind) -> Result<Vec<String>> {
    let steps: Vec<Step> = match kind {
        ModelKind::CacheLine => cache_line(),
        ModelKind::Pages => pages()?,
        ModelKind::Gil => gil(),
    };
    page.findings(&format!("{}({})", include_str!("../../browser/models.js"), json!(steps)))
}

/// From each state each act, at every distance.
fn cache_line() -> Vec<Step> {
    const NAMES: [&str; 4] = ["a", "b", "read-a", "read-b"];
    let mut steps = Vec::new();
    for (number, distance) in cache_line::DISTANCES.into_iter().enumerate() {
        let lines = cache_line::lines(distance);
        let graph = cache_line::graph(lines);
        let words = match (distance, lines) {
            (0, _) => "Both cores add to one counter.",
            (_, 1) => "One line holds both counters.",
            _ => "Each counter has a line of its own.",
        };
        let marks: Vec<String> = (0..3)
            .map(|line| {
                ["A", "B"].iter().zip([0, distance]).filter(|(_, at)| at / 64 == line).map(|(name, _)| *name).collect()
            })
            .collect();
        let start =
            json!({ "marks": marks, "counts": ["0", "0"], "held": ["0", "0"], "copies": ["I Invalid", "I Invalid"] });
        let first = "Both counters are 0, and no core has the line yet.";
        steps.push(("distance", Some(number), format!("{words} {first}"), start));
        let (mut at, mut counts, mut trips, mut fetched) = (0, [0, 0], 0, 0);
        let mut tried = vec![[false; 4]; graph.len()];
        while let Some(untried) = tried.iter().position(|acts| acts.contains(&false)) {
            let way = way(&graph, at, untried);
            // Some states are left for good.
            let Some(mut way) = way else {
                steps.push(("restart", None, format!("Back at the start. {first}"), json!({ "held": ["0", "0"] })));
                (at, counts, trips, fetched) = (0, [0, 0], 0, 0);
                continue;
            };
            way.extend(tried[untried].iter().position(|tried| !tried));
            for act in way {
                tried[at][act] = true;
                let ((core, access), (next, took)) = (cache_line::ACTS[act], graph[at].next[act]);
                at = next;
                if access == cache_line::Access::Adds {
                    counts[core] += 1;
                    counts[1 - core] += usize::from(distance == 0);
                }
                trips += usize::from(took == cache_line::Took::Trip);
                fetched += usize::from(took == cache_line::Took::Memory);
                let copies = graph[at].copies().map(|copy| {
                    let name = format!("{copy:?}");
                    format!("{} {name}", &name[..1])
                });
                let seen = json!({
                    "copies": copies, "counts": (counts.map(|count| count.to_string())),
                    "held": ([trips, fetched].map(|count: usize| count.to_string())),
                });
                steps.push((NAMES[act], None, cache_line::says(access, took, core, counts[core], trips), seen));
            }
        }
        let alternations = if lines == 1 { 19 } else { 0 };
        steps.push(("restart", None, format!("Back at the start. {first}"), json!({ "held": ["0", "0"] })));
        let words = match alternations {
            0 => "no trips, 0 in all.".to_owned(),
            _ => format!("{alternations} trips, {alternations} in all."),
        };
        steps.push(("both", None, format!("A and B add in turn, 10 times each: {words}"), json!({})));
        steps.push(("undo", None, first.to_owned(), json!({ "held": ["0", "0"] })));
    }
    steps
}

/// The acts that lead from one state to another, as few as can be; nothing if it can't be come to.
fn way(graph: &[cache_line::State], from: usize, to: usize) -> Option<Vec<usize>> {
    let mut ways = vec![(from, Vec::new())];
    let mut done = 0;
    while let Some((at, way)) = ways.get(done).cloned() {
        if at == to {
            return Some(way);
        }
        for (act, (next, _)) in graph[at].next.iter().enumerate() {
            if ways.iter().all(|(known, _)| known != next) {
                ways.push((*next, [&way[..], &[act]].concat()));
            }
        }
        done += 1;
    }
    None
}

/// What each write costs, whether it's the first, the second or the other process's, and after the child has ended.
fn pages() -> Result<Vec<Step>> {
    let states = pages::states();
    let mut all = [states[0]; pages::PAGES];
    let mut frames: Vec<[usize; 2]> = (1..=pages::PAGES).map(|frame| [frame; 2]).collect();
    let (mut last, [mut faults, mut copied]) = (pages::PAGES, [0, 0]);
    let mut steps: Vec<Step> = Vec::new();
    let (child, parent) = ("child", "parent");
    let acts = [
        (parent, 0),
        ("fork", 0),
        (child, 1),
        (child, 1),
        (parent, 1),
        (parent, 1),
        (parent, 2),
        (child, 2),
        (child, 3),
        ("ends", 0),
        (parent, 3),
        (parent, 4),
        (parent, 4),
        ("fork", 0),
        (child, 2),
        (parent, 23),
        ("ends", 0),
    ];
    for (name, page) in acts {
        let mut act = |which: pages::Act, page: usize| -> Result<String> {
            let (next, cost) = pages::acted(all[page], which).context("it can be done")?;
            all[page] = next;
            faults += usize::from(cost != pages::Cost::Nothing);
            let who = usize::from(which == pages::Act::ChildWrites);
            let frame = frames[page][who];
            if cost == pages::Cost::Copy {
                copied += 1;
                last += 1;
                frames[page][who] = last;
            }
            if which == pages::Act::Fork {
                frames[page][1] = frames[page][0];
            }
            Ok(pages::says(cost, name, page + 1, frame, last))
        };
        let (says, value) = match name {
            "fork" | "ends" => {
                let which = if name == "fork" { pages::Act::Fork } else { pages::Act::ChildEnds };
                (0..pages::PAGES).try_for_each(|page| act(which, page).map(drop))?;
                let says = if name == "fork" {
                    "all entries are read-only now."
                } else {
                    "the parent's entries stay as they are."
                };
                (says.to_owned(), None)
            }
            "child" => (act(pages::Act::ChildWrites, page)?, Some(page)),
            _ => (act(pages::Act::ParentWrites, page)?, Some(page)),
        };
        let has_child = all[0].child != pages::Entry::None;
        let apart = (0..pages::PAGES).filter(|page| has_child && frames[*page][0] != frames[*page][1]).count();
        let used = pages::PAGES + apart;
        let rss = format!("{} KiB", 4 * pages::PAGES);
        let of = |who: usize| {
            let frames = &frames;
            all.iter().zip(frames).map(move |(page, frames)| match ([page.parent, page.child][who], page.shared) {
                (pages::Entry::None, _) => "none".to_owned(),
                (_, true) => format!("shared {}", frames[who]),
                (entry, _) => {
                    let look = if entry == pages::Entry::Writable { "own" } else { "alone" };
                    let copy = if frames[who] > pages::PAGES { " copy" } else { "" };
                    format!("{look}{copy} {}", frames[who])
                }
            })
        };
        let seen = json!({
            "held": [faults.to_string(), copied.to_string(), format!("{used} = {} KiB", 4 * used), rss, if has_child { &rss } else { "–" }],
            "pages": of(0).chain(of(1)).collect::<Vec<_>>(),
        });
        steps.push((name, value, says, seen));
    }
    steps.push(("ends", None, "There is no child.".to_owned(), json!({})));
    steps.push((child, Some(5), "There is no child: fork first.".to_owned(), json!({})));
    steps.push((
        "restart",
        None,
        "The parent has filled 24 pages.".to_owned(),
        json!({ "held": ["0", "0", "24 = 96 KiB", "96 KiB", "–"] }),
    ));
    Ok(steps)
}

/// Each choice says and shows what was simulated.
fn gil() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (interval, time) in gil::INTERVALS.iter().enumerate() {
        steps.push(("interval", Some(interval), String::new(), json!({})));
        for threads in 0..=gil::MOST {
            let shown = gil::shown(threads, interval);
            let seen = json!({
                "shown": [format!("{} ms", *time as f64 / 1e6), threads.to_string()], "late": shown.labels(), "lanes": threads + 1,
                "runs": shown.turns.len(),
            });
            steps.push(("threads", Some(threads), gil::says(threads, interval, shown.late), seen));
        }
    }
    steps.push(("restart", None, String::new(), json!({ "shown": ["5 ms", "1"] })));
    steps
}

/// Expects that the board says something that ends so.
fn expect(page: &mut Page<'_>, says: &str, found: &mut Vec<String>) -> Result<()> {
    let told = page.eval("board.querySelector('.told').textContent")?;
    let is_so = told.as_str().is_some_and(|told| told.ends_with(says));
    found.extend((!is_so).then(|| format!("it says {told} instead of {says:?}")));
    Ok(())
}

fn by_key(page: &mut Page<'_>, kind: ModelKind) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let keys: &[(&str, &str)] = match kind {
        ModelKind::CacheLine => {
            page.eval("board.querySelector('button').focus()")?;
            &[
                ("a", "The line comes from memory, and core A modifies it."),
                ("b", "The line leaves core A: trip 1."),
                ("t", "20 trips, 21 in all."),
                ("u", "The line leaves core A: trip 1."),
                ("r", "no core has the line yet."),
            ]
        }
        ModelKind::Pages => {
            page.eval("board.querySelector('.grid button').focus()")?;
            &[
                ("f", "all entries are read-only now."),
                ("ArrowRight", "all entries are read-only now."),
                ("ArrowDown", "all entries are read-only now."),
                ("Enter", "The parent writes to page 8: a page fault, and the kernel copies frame 8 to frame 25."),
                ("ArrowLeft", "to frame 25."),
                ("Space", "The parent writes to page 7: a page fault, and the kernel copies frame 7 to frame 26."),
                ("e", "the parent's entries stay as they are."),
                ("r", "The parent has filled 24 pages."),
            ]
        }
        ModelKind::Gil => {
            page.eval("board.querySelector('[data-do=threads]').focus()")?;
            let says = |threads| gil::says(threads, 3, gil::shown(threads, 3).late);
            for (key, says) in
                [("ArrowRight", says(2)), ("ArrowRight", says(3)), ("ArrowLeft", says(2)), ("u", says(3))]
            {
                page.press(key)?;
                expect(page, &says, &mut found)?;
            }
            &[]
        }
    };
    let before = page.eval("location.href")?;
    for (key, says) in keys {
        page.press(key)?;
        expect(page, says, &mut found)?;
    }
    if page.eval("location.href")? != before {
        found.push("a key turns the page".to_owned());
    }
    Ok(found)
}

/// Works the model a little, so that it shows something.
const WORKED: &str =
    "for (const [act, value] of [['a'], ['b'], ['fork'], ['child', 3], ['parent', 3], ['parent', 4]]) {
        board.querySelector(`button[data-do=${act}]` + (value ? `[value=\"${value}\"]` : ''))?.click();
    }
    const slider = board.querySelector('[data-do=threads]');
    if (slider) { slider.value = 4; slider.dispatchEvent(new Event('input', { bubbles: true })); }";

/// What travels is seen to travel, unless the reader wants nothing to move.
fn moves(page: &mut Page<'_>, kind: ModelKind, wanted: bool) -> Result<Vec<String>> {
    // Without motion, the theme's transitions take a hundredth of a millisecond.
    let moves = page.eval(&format!(
        "{WORKED}; board.getAnimations({{ subtree: true }}).some(({{ playState, effect }}) =>
            playState === 'running' && effect.getComputedTiming().duration > 1)"
    ))?;
    let should = wanted && kind != ModelKind::Gil;
    Ok(if moves == should { vec![] } else { vec![format!("that something moves is {moves}")] })
}

fn looks(page: &mut Page<'_>, _: ModelKind, axe: Option<&str>) -> Result<Vec<String>> {
    page.eval(&format!("{WORKED}; scrollTo(0, 0)"))?;
    page.painted()?;
    let mut found = checks::looks(page, axe)?;
    found.extend(checks::other_themes(page, if is_soak() { &THEMES[1..] } else { &[] }, axe, true)?);
    Ok(found)
}

/// The controls aren't there, and a picture is.
fn is_a_picture(page: &mut Page<'_>) -> Result<Vec<String>> {
    let there = page.eval(
        "['button, input', '.still svg'].map(what => [...board.parentElement.querySelectorAll(what)]
            .filter(it => it.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })).length)",
    )?;
    let is_so = there[0] == 0 && there[1].as_u64().is_some_and(|pictures| pictures > 0);
    Ok(if is_so { vec![] } else { vec![format!("there are {there} controls and pictures")] })
}
