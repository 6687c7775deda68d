//! Copy-on-write, page by page: what happens to a page as a process forks, writes and ends, as a table for
//! `book/theme/pages.js`. Without scripts, two grids show what has come of some writes.

use std::fmt::Write;

use charts::html;
use charts::html::Html;
use edition::lesson::Model;
use serde_json::{Value, json};

use super::{Machine, button};

/// How many pages the parent has filled.
pub const PAGES: usize = 24;

/// How many stand in a row.
const COLUMNS: usize = 6;

/// How large a page is on x86-64, in KiB.
const KIB: usize = 4;

/// What a process's page table has for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// There is no such process.
    None,
    /// A frame that it may read.
    ReadOnly,
    /// A frame that it may write.
    Writable,
}

/// A page, as parent and child have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The parent's entry.
    pub parent: Entry,
    /// The child's entry.
    pub child: Entry,
    /// Whether both entries lead to one frame.
    pub shared: bool,
}

/// What can happen to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The parent forks.
    Fork,
    /// The parent writes to the page.
    ParentWrites,
    /// The child writes to the page.
    ChildWrites,
    /// The child ends.
    ChildEnds,
}

/// All of them, in the order of the table.
pub const ACTS: [Act; 4] = [Act::Fork, Act::ParentWrites, Act::ChildWrites, Act::ChildEnds];

/// What a write cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// The entry was writable, so the kernel noticed nothing.
    Nothing,
    /// A page fault: the kernel made the entry writable, since nobody else had the frame.
    Fault,
    /// A page fault, and the frame was copied.
    Copy,
}

/// What an act makes of a page, and its cost; nothing if it can't be done.
pub fn acted(page: Page, act: Act) -> Option<(Page, Cost)> {
    let has_child = page.child != Entry::None;
    let write = |entry: Entry, writes: &dyn Fn(Entry) -> Page| match entry {
        Entry::None => None,
        Entry::Writable => Some((page, Cost::Nothing)),
        // The writer gets a copy, and the other's entry stays as it is: read-only, until it writes.
        Entry::ReadOnly if page.shared => Some((Page { shared: false, ..writes(Entry::Writable) }, Cost::Copy)),
        Entry::ReadOnly => Some((writes(Entry::Writable), Cost::Fault)),
    };
    match act {
        Act::Fork => (!has_child)
            .then_some((Page { parent: Entry::ReadOnly, child: Entry::ReadOnly, shared: true }, Cost::Nothing)),
        Act::ParentWrites => write(page.parent, &|parent| Page { parent, ..page }),
        Act::ChildWrites => write(page.child, &|child| Page { child, ..page }),
        // What was read-only stays so: nobody tells the parent that it's alone.
        Act::ChildEnds => has_child.then_some((Page { child: Entry::None, shared: false, ..page }, Cost::Nothing)),
    }
}

/// All states of a page, the first with a parent that is alone and has filled it.
pub fn states() -> Vec<Page> {
    let mut states = vec![Page { parent: Entry::Writable, child: Entry::None, shared: false }];
    let mut done = 0;
    while let Some(page) = states.get(done).copied() {
        for (next, _) in ACTS.into_iter().filter_map(|act| acted(page, act)) {
            if !states.contains(&next) {
                states.push(next);
            }
        }
        done += 1;
    }
    states
}

/// What is said of a write. In braces stand the process, the page, its frame, and a copy's frame.
fn words(cost: Cost) -> &'static str {
    match cost {
        Cost::Nothing => "The {who} writes to page {page} again: nothing happens, its entry is writable.",
        Cost::Fault => {
            "The {who} writes to page {page}: a page fault, and no copy, since no other process has frame {frame} any more."
        }
        Cost::Copy => {
            "The {who} writes to page {page}: a page fault, and the kernel copies frame {frame} to frame {copy}."
        }
    }
}

/// What is said of this write.
pub fn says(cost: Cost, who: &str, page: usize, frame: usize, copy: usize) -> String {
    let words = words(cost).replace("{who}", who).replace("{page}", &page.to_string());
    words.replace("{frame}", &frame.to_string()).replace("{copy}", &copy.to_string())
}

/// What a process's entry is called.
fn in_words(entry: Entry, shared: bool) -> &'static str {
    match (entry, shared) {
        (Entry::None, _) => "no such process",
        (Entry::ReadOnly, true) => "shared, read-only",
        (Entry::ReadOnly, false) => "its own, read-only",
        (Entry::Writable, _) => "its own, writable",
    }
}

/// The class that gives an entry its looks.
fn class(entry: Entry, shared: bool) -> &'static str {
    match (entry, shared) {
        (Entry::None, _) => "none",
        (Entry::ReadOnly, true) => "shared",
        (Entry::ReadOnly, false) => "alone",
        (Entry::Writable, _) => "own",
    }
}

/// The machine as HTML.
pub fn html(model: &Model) -> String {
    let states = states();
    let table = states.iter().map(|page| {
        let next = ACTS.map(|act| match acted(*page, act) {
            Some((next, cost)) => {
                let number = states.iter().position(|known| *known == next).unwrap_or_default();
                json!([number, cost as usize])
            }
            None => Value::Null,
        });
        let entry = |entry| json!([class(entry, page.shared), in_words(entry, page.shared)]);
        json!({ "next": next, "entries": [entry(page.parent), entry(page.child)] })
    });
    let told = [Cost::Nothing, Cost::Fault, Cost::Copy].map(words);
    let data = json!({
        "pages": PAGES, "columns": COLUMNS, "kib": KIB, "states": table.collect::<Vec<_>>(),
        "words": told,
    });
    let machine = Machine {
        kind: "pages",
        id: &model.id,
        data,
        label: &model.label,
        board: board(),
        says: "The parent has filled 24 pages.",
        tools: Html::default(),
        still: still().into(),
    };
    machine.html()
}

fn board() -> Html {
    let grid = |who: &str, entry: Entry| {
        let cells = (0..PAGES).map(|page| {
            let [name, frame] = match entry {
                Entry::None => [format!("page {}: {}", page + 1, in_words(entry, false)), String::new()],
                _ => [format!("page {0}: frame {0}, {1}", page + 1, in_words(entry, false)), (page + 1).to_string()],
            };
            html!(
                "<button type=\"button\" class=\"{}\" data-do=\"{}\" value=\"{}\" tabindex=\"{}\" aria-label=\"{}\">{}</button>",
                class(entry, false), who, page, if page == 0 { "0" } else { "-1" }, name, frame
            )
        });
        html!(
            "<div class=\"process\"><p><b>The {who}</b></p><div class=\"grid\" role=\"group\" aria-label=\"Pages of the {who}\">{cells}</div></div>\n",
            who = who,
            cells = cells.collect::<Html>()
        )
    };
    let held = [
        ("page faults", 0.to_string()),
        ("pages copied", 0.to_string()),
        ("frames in use", format!("{PAGES} = {} KiB", PAGES * KIB)),
        ("RSS of the parent", format!("{} KiB", PAGES * KIB)),
        ("RSS of the child", "–".to_owned()),
    ];
    let held = held.map(|(what, held)| html!("<div><dt>{}</dt><dd>{}</dd></div>", what, held));
    html!(
        "<p class=\"choice\">{fork} {ends}</p>\n<div class=\"processes\">\n{parent}{child}</div>\n<p class=\"legend\">{key}</p>\n<dl class=\"held\">{held}</dl>",
        fork = button("fork", Some("f"), html!("Fork")),
        ends = button("ends", Some("e"), html!("The child ends")),
        parent = grid("parent", Entry::Writable),
        child = grid("child", Entry::None),
        key = key(),
        held = held.into_iter().collect::<Html>(),
    )
}

/// What the looks of a page tell.
fn key() -> Html {
    let kinds = [(Entry::Writable, false), (Entry::ReadOnly, true), (Entry::ReadOnly, false)];
    let kinds = kinds.map(|(entry, shared)| (class(entry, shared), in_words(entry, shared)));
    let kinds = kinds.into_iter().chain([("own copy", "a copy")]);
    let kinds = kinds.map(|(class, words)| html!("<span><i class=\"{}\"></i> {}</span> ", class, words));
    html!("{}The numbers are those of frames, pages of physical memory.", kinds.collect::<Html>())
}

/// Both processes after a fork, six writes of the child and three of the parent.
fn still() -> Html {
    let mut pages = [states()[0]; PAGES];
    let mut frames: Vec<[usize; 2]> = (1..=PAGES).map(|frame| [frame; 2]).collect();
    let (mut faults, mut copies) = (0, 0);
    let mut act = |act: Act, page: usize| {
        let Some((next, cost)) = acted(pages[page], act) else { return };
        pages[page] = next;
        faults += usize::from(cost != Cost::Nothing);
        if cost == Cost::Copy {
            copies += 1;
            frames[page][usize::from(act == Act::ChildWrites)] = PAGES + copies;
        }
    };
    (0..PAGES).for_each(|page| act(Act::Fork, page));
    (0..6).for_each(|page| act(Act::ChildWrites, page));
    (3..9).for_each(|page| act(Act::ParentWrites, page));
    let grid = |number: usize, who: &str| {
        let mut cells = Html::default();
        for (place, page) in pages.iter().enumerate() {
            let [x, y] = [27 * (place % COLUMNS), 24 + 27 * (place / COLUMNS)];
            let entry = [page.parent, page.child][number];
            let copy = if !page.shared && frames[place][number] > PAGES { " copy" } else { "" };
            cells.push(&html!(
                "<rect class=\"{}{}\" x=\"{}\" y=\"{}\" width=\"24\" height=\"24\" rx=\"3\"/><text class=\"c\" x=\"{}\" y=\"{}\">{}</text>",
                class(entry, page.shared), copy, x + 1, y + 1, x + 13, y + 18, frames[place][number]
            ));
        }
        html!(
            "<svg viewBox=\"0 0 164 134\" width=\"164\" height=\"134\" role=\"img\" aria-label=\"The pages of the {who}, with their frames\">\
             <text class=\"b\" x=\"1\" y=\"16\">The {who}</text>{cells}</svg>\n",
            who = who,
            cells = cells
        )
    };
    let mut says = String::new();
    let _ = write!(
        says,
        "After a fork the child has written to pages 1 to 6, and then the parent to pages 4 to 9: {faults} page faults, and {copies} \
         pages copied. {} frames are in use.",
        PAGES + copies
    );
    html!(
        "<div class=\"still\"><div class=\"processes\">{}{}</div>\n<p class=\"legend\">{}</p>\n<p>{}</p></div>",
        grid(0, "parent"),
        grid(1, "child"),
        key(),
        says
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::machines::recorded;

    /// What a page has cost after these acts: faults and copies.
    fn cost(acts: &[Act]) -> Option<[usize; 2]> {
        let (mut page, mut spent) = (states()[0], [0; 2]);
        for act in acts {
            let (next, cost) = acted(page, *act)?;
            page = next;
            spent = [spent[0] + usize::from(cost != Cost::Nothing), spent[1] + usize::from(cost == Cost::Copy)];
        }
        Some(spent)
    }

    #[test]
    fn a_page_is_copied_once_and_whoever_writes_first_gets_the_copy() {
        use Act::{ChildEnds, ChildWrites, Fork, ParentWrites};
        for (acts, spent) in [
            (&[ParentWrites, ParentWrites][..], [0, 0]),
            (&[Fork, ChildWrites], [1, 1]),
            (&[Fork, ParentWrites], [1, 1]),
            (&[Fork, ChildWrites, ChildWrites], [1, 1]),
            (&[Fork, ChildWrites, ParentWrites], [2, 1]),
            (&[Fork, ParentWrites, ChildWrites], [2, 1]),
            // The parent pays even if the child has ended.
            (&[Fork, ChildEnds, ParentWrites, ParentWrites], [1, 0]),
            (&[Fork, ChildWrites, ChildEnds, ParentWrites], [2, 1]),
            (&[Fork, ParentWrites, ChildEnds, ParentWrites], [1, 1]),
            (&[Fork, ChildEnds, Fork, ChildWrites], [1, 1]),
        ] {
            assert_eq!(cost(acts), Some(spent), "{acts:?}");
        }
        for impossible in [&[ChildWrites][..], &[ChildEnds], &[Fork, Fork], &[Fork, ChildEnds, ChildWrites]] {
            assert_eq!(cost(impossible), None, "{impossible:?}");
        }
    }

    #[test]
    fn what_two_processes_share_nobody_may_write() {
        let states = states();
        assert_eq!(states.len(), 6);
        for page in states {
            assert!(!page.shared || (page.parent, page.child) == (Entry::ReadOnly, Entry::ReadOnly), "{page:?}");
            // Of two with a frame each, one at least has written.
            let has_child = page.child != Entry::None;
            assert!(!has_child || page.shared || [page.parent, page.child].contains(&Entry::Writable), "{page:?}");
        }
    }

    #[test]
    fn it_costs_what_the_experiment_counted() {
        for (variant, act, before) in [
            ("child-writes", Act::ChildWrites, &[Act::Fork][..]),
            ("parent-writes", Act::ParentWrites, &[Act::Fork]),
            ("parent-writes-last", Act::ParentWrites, &[Act::Fork, Act::ChildWrites]),
        ] {
            let [faults, copies] = cost(&[before, &[act]].concat()).unwrap();
            // The experiment counts the faults of the last part, and the copies of all.
            let faults = faults - cost(before).unwrap()[0];
            for (metric, expected) in [("faulted", faults), ("added", copies)] {
                let counted = recorded("process-isolation", &format!("{metric}/{variant}/1024"));
                assert!(!counted.is_empty());
                for counted in counted {
                    assert!((counted / 1024.0 - expected as f64).abs() < 0.05, "{metric}/{variant}: {counted}");
                }
            }
        }
    }
}
