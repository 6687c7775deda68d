//! The third question: copy-on-write, counted. The parent touches its pages and forks, and then one of the two processes
//! touches some of the pages.

use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering::Relaxed;

use lab::pages::{Mapping, Pages};
use lab::process::{fork, hand_over, take_over};
use lab::report::thousands;
use lab::usage::minor_faults;
use lab::{Case, Chosen, Question, Report, Row, Whole, memory, team};
use rustix::param::page_size;
use serde::{Deserialize, Serialize};

use crate::line;

/// A process touches pages and forks. Then one of the two processes touches some of them. How many are copied?
#[derive(clap::Args)]
pub struct CopyOnWrite {
    /// How many pages the parent touches before it forks
    #[arg(long, value_name = "N", default_value = "1024")]
    pages: Whole<16, 16_384, usize>,
}

/// What the kernel counted.
pub struct Touched {
    /// Page faults of the parent when it touched all pages for the first time.
    first_touch: u64,
    /// How many more pages both processes have in memory together than the parent had before it forked. A page that both map
    /// counts once.
    added: i64,
    parent: Counted,
    child: Counted,
}

/// What was counted in one process.
#[derive(Serialize, Deserialize)]
struct Counted {
    /// Minor page faults while the process did its part.
    faults: u64,
    /// How often the kernel let a process write to a page without copying it, because no other process had the page any more.
    /// This counts the whole machine during that time.
    reused: u64,
    /// What the process had in memory before its part.
    before: Mapped,
    /// What the process had in memory after both parts.
    after: Mapped,
}

/// How many of the pages a process has in memory.
#[derive(Default, Serialize, Deserialize)]
struct Mapped {
    /// Pages that no other process maps.
    private: usize,
    /// Pages that another process maps too.
    shared: usize,
}

// ANCHOR: variants
/// Touches this many of the pages, from the first page on.
type Part = fn(&Pages, usize);

/// The variants, with the kind of pages, the child's part, and the parent's part,
/// which comes after the child's.
const VARIANTS: [(&str, Mapping, Part, Part); 6] = [
    ("child-writes", Mapping::Private, write, nothing),
    ("child-reads", Mapping::Private, read, nothing),
    ("child-writes-huge", Mapping::PrivateHuge, write, nothing),
    ("child-writes-shared", Mapping::Shared, write, nothing),
    ("parent-writes", Mapping::Private, nothing, write),
    ("parent-writes-last", Mapping::Private, write, write),
];

fn write(pages: &Pages, some: usize) {
    for page in 0..some {
        pages.at(page).store(2, Relaxed);
    }
}

fn read(pages: &Pages, some: usize) {
    for page in 0..some {
        black_box(pages.at(page).load(Relaxed));
    }
}

fn nothing(_: &Pages, _: usize) {}
// ANCHOR_END: variants

// ANCHOR: forked
/// Touches all pages and forks. The child does its part on some of the pages, and
/// then the parent does its own.
fn forked(
    pages: &Pages,
    some: usize,
    child: Part,
    parent: Part,
) -> io::Result<Touched> {
    let first_touch = faults(pages, write, pages.count());
    let before = Mapped::now(pages)?;
    let (mut line, mut childs_line) = line::pair()?;
    let mut part = move || {
        childs_line.meet()?; // both have their pages as they are after the fork
        let counted = Counted::of(pages, child, some)?;
        childs_line.meet()?; // the parent has done its part too, and looked
        Ok(Counted { after: Mapped::now(pages)?, ..counted })
    };
    let child = fork(team::LIMIT, move || hand_over(part()))?;
    line.meet()?;
    line.hear()?;
    let parent = Counted::of(pages, parent, some)?;
    line.tell()?;
    let child: Counted = take_over(child, team::LIMIT)?;
    let after = parent.after.private + child.after.private + parent.after.shared;
    Ok(Touched {
        first_touch,
        added: after as i64 - before.private as i64,
        parent,
        child,
    })
}
// ANCHOR_END: forked

impl Counted {
    /// Lets this process do its part, and counts.
    fn of(pages: &Pages, part: Part, some: usize) -> io::Result<Self> {
        let (before, reused) = (Mapped::now(pages)?, pages_reused());
        let faults = faults(pages, part, some);
        Ok(Self {
            faults,
            reused: pages_reused() - reused,
            before,
            after: Mapped::now(pages)?,
        })
    }
}

/// The page faults of a part. The part is first run with no page, so that its own code and stack are there already: after a
/// fork, they are mapped or copied when they are used.
fn faults(pages: &Pages, part: Part, some: usize) -> u64 {
    part(pages, 0);
    minor_faults();
    let before = minor_faults();
    part(pages, some);
    minor_faults() - before
}

impl Mapped {
    /// Looks at each of these pages. Source: proc_pid_pagemap(5): bit 63 says that the page is in memory, bit 56 that no other
    /// process maps it.
    fn now(pages: &Pages) -> io::Result<Self> {
        let mut entries = vec![0; 8 * pages.count()];
        let at = 8 * (pages.at(0).as_ptr().addr() / page_size()) as u64;
        let read = File::open("/proc/self/pagemap")
            .and_then(|file| file.read_exact_at(&mut entries, at));
        read.map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("can't read /proc/self/pagemap: {error}; run this where /proc can be read"),
            )
        })?;
        let mut mapped = Self::default();
        for entry in entries
            .as_chunks::<8>()
            .0
            .iter()
            .map(|entry| u64::from_ne_bytes(*entry))
        {
            let (is_there, is_private) = (entry >> 63 == 1, entry >> 56 & 1 == 1);
            mapped.private += usize::from(is_there && is_private);
            mapped.shared += usize::from(is_there && !is_private);
        }
        Ok(mapped)
    }
}

/// How often the whole machine has given a page to a writer without a copy; 0 if the kernel doesn't tell. Source: the
/// kernel's `vm_event_item.h`, `PGREUSE`.
fn pages_reused() -> u64 {
    let counts = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let reused = counts.lines().find_map(|line| line.strip_prefix("pgreuse "));
    reused.and_then(|count| count.parse().ok()).unwrap_or(0)
}

impl Question for CopyOnWrite {
    const NAME: &str = "pages";
    const SHOWN: &str =
        "a page was copied when it was first written, and only then";
    const EXAMPLES: &str = "cargo run -p process-isolation -- pages
        cargo run -p process-isolation -- pages --variant child-writes --pages 16384";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    /// The number of the variant, and how many pages are touched.
    type Given = (usize, usize);
    type Run = Touched;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.0).into()
    }

    /// The first two variants give a curve over the number of touched pages. For the others, the last point is enough.
    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        report.say(
            "After the fork, one process touches the pages in “touched”, and has the page faults in “faults”. “before” and “after” count the \
             pages that only this process has, before and after it touches them. “added” is how many more pages both processes \
             have together than the parent had before the fork: the copies.",
        );
        let cases = VARIANTS.iter().enumerate().flat_map(|(which, variant)| {
            let quarters = if which < 2 { 0 } else { 4 }..=4;
            let touched = quarters.map(|quarters| self.pages.0 * quarters / 4);
            touched
                .map(move |touched| Case::new(variant.0, touched, (which, touched)))
        });
        Ok(cases.collect())
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<Touched> {
        let (count, (which, touched)) = (self.pages.0, case.given);
        // This is room for the pages, their copies, and as much again.
        if memory::room()
            .is_some_and(|room| room < 4 * (count * page_size()) as u64)
        {
            return Err(io::Error::other(format!(
                "no room for {count} pages and their copies; give fewer --pages"
            )));
        }
        let (_, kind, child, parent) = VARIANTS[which];
        forked(&Pages::new(count, kind)?, touched, child, parent)
    }

    fn tell(&self, case: &Case<Self::Given>, runs: &[Touched], row: &mut Row<'_>) {
        let (name, (_, touched), counted) = (case.variant, case.given, &runs[0]);
        let is_parent = name.starts_with("parent");
        let toucher = if is_parent { &counted.parent } else { &counted.child };
        row.words("touched", thousands(touched as u64));
        row.number_in("faults", "faulted", "pages", toucher.faults as f64);
        row.number_in(
            "before",
            "private-before",
            "pages",
            toucher.before.private as f64,
        );
        row.number_in("after", "private", "pages", toucher.after.private as f64);
        row.number("added", "pages", counted.added as f64);
        if is_parent {
            row.aside("reused", "pages", toucher.reused as f64);
        }
        if touched == self.pages.0 && name.starts_with("child-writes") {
            row.aside("first-touch", "faults", counted.first_touch as f64);
        }
        // A page that is only read, or is shared, isn't copied. If both processes write to a private page, the first one gets a
        // copy.
        let copied = if ["child-reads", "child-writes-shared"].contains(&name) {
            0
        } else {
            touched
        };
        // There may be faults for other reasons, and the kernel may map several huge or shared pages at once.
        let has_faulted = match name {
            "child-reads" => toucher.faults < self.pages.0 as u64 / 2,
            "child-writes-huge" | "child-writes-shared" => toucher.faults > 0,
            _ => toucher.faults >= touched as u64,
        };
        if !has_faulted
            || counted.added != copied as i64
            || toucher.after.private < copied
        {
            row.wrong();
        }
    }
}
