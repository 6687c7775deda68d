//! Copy-on-write, counted: the parent has touched its pages, forks, and then one of the two touches some of them.

use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering::Relaxed;

use lab::{memory, process};
use serde::{Deserialize, Serialize};

use crate::calls::{Kind, Pages, minor_faults};
use crate::{Scene, hand_over, line, take_over};

/// How many pages there are, and how many of them are touched after the fork.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// What the run has in common, the number of pages among it.
    pub scene: Scene,
    /// How many are touched.
    pub touched: usize,
}

/// What the kernel counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Page faults of the parent, when it touched all pages for the first time.
    pub first_touch: u64,
    /// What the parent had in memory before the fork.
    pub before: Mapped,
    /// What was counted in the parent after the fork.
    pub parent: Counted,
    /// What was counted in the child.
    pub child: Counted,
}

/// What was counted in one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Minor page faults while it did its part.
    pub faults: u64,
    /// How often the kernel let someone write to a page without copying it, for nobody else had it any more; on the whole
    /// machine, meanwhile.
    pub reused: u64,
    /// What it had in memory before its part.
    pub before: Mapped,
    /// And after both had done theirs.
    pub mapped: Mapped,
}

/// How many of the pages a process has in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// That nobody else maps.
    pub private: usize,
    /// That another process maps too.
    pub shared: usize,
}

impl Touched {
    /// How many pages more the two processes have in memory together than the parent had before it forked. What both map
    /// counts once.
    pub fn added(&self) -> i64 {
        let after = self.parent.mapped.private + self.child.mapped.private + self.parent.mapped.shared;
        after as i64 - self.before.private as i64
    }
}

// ANCHOR: variants
/// The child writes some of the pages.
pub fn child_writes(touch: &Touch) -> io::Result<Touched> {
    forked(Kind::Private, touch, write, nothing)
}

/// The child reads some of the pages.
pub fn child_reads(touch: &Touch) -> io::Result<Touched> {
    forked(Kind::Private, touch, read, nothing)
}

/// The child writes some of the pages, which were huge before the fork.
pub fn child_writes_huge(touch: &Touch) -> io::Result<Touched> {
    forked(Kind::PrivateHuge, touch, write, nothing)
}

/// The child writes some of the pages, which are shared.
pub fn child_writes_shared(touch: &Touch) -> io::Result<Touched> {
    forked(Kind::Shared, touch, write, nothing)
}

/// The parent writes some of the pages, while the child is there.
pub fn parent_writes(touch: &Touch) -> io::Result<Touched> {
    forked(Kind::Private, touch, nothing, write)
}

/// The parent writes some of the pages, after the child has written the same ones.
pub fn parent_writes_last(touch: &Touch) -> io::Result<Touched> {
    forked(Kind::Private, touch, write, write)
}

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
/// What touches so many of the pages, from the first one on.
type Part = fn(&Pages, usize);

/// Touches all pages and forks. The child does its part, then the parent.
fn forked(kind: Kind, touch: &Touch, child: Part, parent: Part) -> io::Result<Touched> {
    let (scene, some) = (&touch.scene, touch.touched);
    let pages = &new_pages(scene.pages, kind)?;
    let first_touch = faults(pages, write, scene.pages);
    let before = Mapped::now(pages)?;
    let (mut line, mut childs_line) = line::pair()?;
    let mut part = move || {
        childs_line.meet()?; // both have their pages as they are after the fork
        let counted = Counted::of(pages, child, some)?;
        childs_line.meet()?; // the parent has done its part too, and looked
        Ok(Counted { mapped: Mapped::now(pages)?, ..counted })
    };
    let child = process::fork(scene.limit(), move || hand_over(part()))?;
    line.meet()?;
    line.hear()?;
    let parent = Counted::of(pages, parent, some)?;
    line.tell()?;
    let child = take_over(child, scene.limit())?;
    Ok(Touched { first_touch, before, parent, child })
}
// ANCHOR_END: forked

impl Counted {
    /// Lets this process do its part, and counts.
    fn of(pages: &Pages, part: Part, some: usize) -> io::Result<Self> {
        let (before, reused) = (Mapped::now(pages)?, pages_reused());
        let faults = faults(pages, part, some);
        let reused = pages_reused() - reused;
        Ok(Self { faults, reused, before, mapped: Mapped::now(pages)? })
    }
}

/// The page faults of a part. It is gone through once with no page, so that its own code and stack are there already: a fork
/// leaves them to be mapped, or copied, when they are used.
fn faults(pages: &Pages, part: Part, some: usize) -> u64 {
    part(pages, 0);
    minor_faults();
    let before = minor_faults();
    part(pages, some);
    minor_faults() - before
}

impl Mapped {
    /// Looks at each of these pages. Source: proc_pid_pagemap(5): bit 63 says that the page is in memory, bit 56 that nobody
    /// else maps it.
    fn now(pages: &Pages) -> io::Result<Self> {
        let mut entries = vec![0; 8 * pages.count()];
        let at = 8 * (pages.address() / pages.size()) as u64;
        let read = File::open("/proc/self/pagemap").and_then(|file| file.read_exact_at(&mut entries, at));
        read.map_err(|error| io::Error::new(error.kind(), format!("can't read /proc/self/pagemap: {error}")))?;
        let mut mapped = Self { private: 0, shared: 0 };
        for entry in entries.as_chunks::<8>().0 {
            let entry = u64::from_ne_bytes(*entry);
            match (entry >> 63, entry >> 56 & 1) {
                (0, _) => {}
                (_, 1) => mapped.private += 1,
                (_, _) => mapped.shared += 1,
            }
        }
        Ok(mapped)
    }
}

/// How often the whole machine has given a page to a writer without a copy; 0 where the kernel doesn't tell. Source: the
/// kernel's `vm_event_item.h`, `PGREUSE`.
fn pages_reused() -> u64 {
    let counts = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let reused = counts.lines().find_map(|line| line.strip_prefix("pgreuse "));
    reused.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Maps pages, if they and their copies find room.
fn new_pages(count: usize, kind: Kind) -> io::Result<Pages> {
    let needed = 2 * (count * rustix::param::page_size()) as u64;
    if memory::room().is_some_and(|room| room < 2 * needed) {
        return Err(io::Error::other(format!("no room for {count} pages and their copies; give fewer --pages")));
    }
    Pages::new(count, kind)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_when_they_are_touched_and_not_before() {
        let pages = Pages::new(64, Kind::Private).unwrap();
        let count = || (Mapped::now(&pages).unwrap().private, Mapped::now(&pages).unwrap().shared);
        assert_eq!(count(), (0, 0));
        write(&pages, 10);
        assert_eq!(count(), (10, 0));
        // A page that is only read is the one page of zeros, which all processes share.
        read(&pages, 20);
        assert_eq!(Mapped::now(&pages).unwrap().private, 10);
    }
}
