//! What one unit more costs, and how much of a stack is in memory.

use std::collections::BTreeSet;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use lab::memory::{Footprint, room};
use lab::trace::{Event, State};
use rustix::process::{Resource, getrlimit};

use crate::look::{self, Machine, Sums};
use crate::slope::{Spread, slope};
use crate::{MARGIN, Unit, VARIANTS, Variant, apart, bytes};

/// What a variant's units cost, in bytes.
pub struct Costs {
    /// The variant's name.
    pub name: &'static str,
    /// How many units there were at most.
    pub most: usize,
    /// What so many units add to what the kernel counts for the processes.
    pub added: Vec<(usize, Sums)>,
    /// Whether in every look the shares of pages were no more than the pages.
    pub is_shared: bool,
    /// What one unit more adds to what the kernel counts for the processes. It counts exactly.
    pub each: Each,
    /// What the kernel counts for the whole machine, if there are enough units to see it.
    pub objects: Option<Objects>,
    /// What the machine has less of for one unit more, in several rounds.
    pub available: Spread,
    /// What `MemAvailable` alone shows of it.
    pub mem_available: Spread,
}

/// What one unit more takes of the kernel's own memory, in several rounds, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Objects {
    /// The kernel's stack.
    pub kernel_stack: Spread,
    /// Its other objects.
    pub slab: Spread,
}

/// With fewer units than this, the kernel's stacks and objects aren't told. Each CPU counts them for itself, and adds to the
/// machine's sum only what has become a batch: of stacks up to 125 KiB, of slabs up to 125 pages. The slope is that of the
/// upper half of the units; half of 50 have 400 KiB of stacks, which are three batches. Source: mm/vmstat.c,
/// `calculate_normal_threshold`.
pub const LEAST_COUNTED: usize = 50;

/// What one unit more adds, in bytes; see [`Sums`].
#[derive(Clone, Copy, Debug)]
pub struct Each {
    /// Address space.
    pub virtual_size: f64,
    /// RSS.
    pub rss: f64,
    /// PSS.
    pub pss: f64,
    /// Page tables.
    pub page_tables: f64,
}

impl Each {
    /// Each part as this tells it.
    fn of(part: impl Fn(fn(&Sums) -> u64) -> f64) -> Self {
        Self {
            virtual_size: part(|sums| sums.virtual_size),
            rss: part(|sums| sums.rss),
            pss: part(|sums| sums.pss),
            page_tables: part(|sums| sums.page_tables),
        }
    }
}

/// At so many units the processes are looked at for the charts.
const NUMBERS: [usize; 7] = [1, 10, 50, 100, 200, 500, 1000];

/// How long the kernel is given to free what a round has left. It frees much of it late, when no CPU can see it any more.
const SETTLE: Duration = Duration::from_millis(50);

/// Measures a variant with so many units at most. What the kernel counts for processes, it counts exactly: one look at each
/// number of them will do. What it counts for the machine, everybody else on the machine changes too, so that takes several
/// rounds.
///
/// # Errors
/// There is no room for so many, or as [`apart`].
pub fn costs(variant: &Variant, unit: &Unit, most: usize, rounds: u64, timeline: &mut Timeline) -> io::Result<Costs> {
    match variant.name {
        "threads" => fit_threads(most, unit, "--threads")?,
        _ => fit_processes(most)?,
    }
    // One more is one beside many: the first ones find room that others have left in the kernel's caches of its objects.
    let steps: Vec<usize> = (5..=10).map(|tenth| most * tenth / 10).collect();
    let fewer = NUMBERS.into_iter().filter(|n| *n < most);
    // In order, and each once.
    let levels: BTreeSet<usize> = [0].into_iter().chain(fewer).chain(steps.iter().copied()).collect();
    let levels: Vec<usize> = levels.into_iter().collect();

    let what = "the processes are looked at";
    let seen = timeline.span(variant.name, what, || apart(variant, unit, &levels, look::processes))?;
    let each = Each::of(|part| {
        let points = seen.iter().filter(|(n, _)| steps.contains(n)).map(|(n, sums)| (*n, part(sums) as f64));
        slope(&points.collect::<Vec<_>>())
    });
    let shown = seen.iter().filter(|(n, _)| *n == most || NUMBERS.contains(n));

    let what = "the machine is looked at";
    let mut looks = Vec::new();
    for _ in 0..rounds {
        thread::sleep(SETTLE);
        looks.push(timeline.span(variant.name, what, || apart(variant, unit, &steps, look::machine))?);
    }
    let spread = |part: fn(&Machine) -> f64| {
        let slope_of = |round: &Vec<(usize, Machine)>| {
            let points: Vec<_> = round.iter().map(|(n, machine)| (*n, part(machine))).collect();
            slope(&points)
        };
        Spread::of(looks.iter().map(slope_of).collect())
    };
    Ok(Costs {
        name: variant.name,
        most,
        added: shown.map(|(n, sums)| (*n, sums.more_than(&seen[0].1))).collect(),
        is_shared: seen.iter().all(|(_, sums)| sums.pss <= sums.rss),
        each,
        objects: (most >= LEAST_COUNTED).then(|| Objects {
            kernel_stack: spread(|machine| machine.kernel_stack as f64),
            slab: spread(|machine| machine.slab as f64),
        }),
        available: spread(|machine| -(machine.available as f64)),
        mem_available: spread(|machine| -(machine.mem_available as f64)),
    })
}

impl Costs {
    /// What the kernel holds for each on its own account; nothing where there are too few to see it.
    pub fn kernel(&self) -> Option<f64> {
        Some(self.each.page_tables + self.objects?.each())
    }

    /// All that each costs: what it has in memory, a shared page by its share, and what the kernel holds for it.
    pub fn all(&self) -> Option<f64> {
        Some(self.each.pss + self.kernel()?)
    }

    /// All that so many cost. What is counted in batches, for the whole machine, doesn't show a single unit; so each has its
    /// kernel stack and objects by the slope, and only what is counted exactly as it was seen.
    pub fn all_of(&self, units: usize, added: &Sums) -> Option<f64> {
        Some((added.pss + added.page_tables) as f64 + units as f64 * self.objects?.each())
    }
}

impl Objects {
    fn each(&self) -> f64 {
        self.kernel_stack.median + self.slab.median
    }
}

/// What each thread with a stack of one size adds to its process.
pub struct Stack {
    /// The stack's size in KiB.
    pub size: usize,
    /// How much of it was written to, in KiB.
    pub touched: usize,
    /// What it adds.
    pub each: Each,
}

/// The sizes that are compared, in KiB, from the smallest that Linux gives a thread to what `ulimit -s` is by default.
const STACKS: [usize; 5] = [16, 64, 256, 1024, 8192];

/// Compares stacks of several sizes, by so many threads that hold one of a size. There is one thread before them, so that what
/// the first one costs for all isn't counted.
///
/// # Errors
/// There is no room for so many, or as [`apart`].
pub fn stacks(name: &str, is_touched: bool, threads: usize, timeline: &mut Timeline) -> io::Result<Vec<Stack>> {
    let of = |size| {
        let touched = if is_touched { size - MARGIN } else { 0 };
        let unit = Unit { stack: size, touch: touched, one_arena: true };
        fit_threads(threads + 1, &unit, "--workers")?;
        let (what, levels) = (format!("stacks of {size} KiB"), [1, threads + 1]);
        let seen = timeline.span(name, &what, || apart(&VARIANTS[0], &unit, &levels, look::processes))?;
        let more = seen[1].1.more_than(&seen[0].1);
        Ok(Stack { size, touched, each: Each::of(|part| part(&more) as f64 / threads as f64) })
    };
    STACKS.into_iter().map(of).collect()
}

impl Stack {
    /// Whether it is reserved whole, and in memory is what was touched. Whatever runs on it touches some more, and here and
    /// there a page of a library that nobody has used yet.
    pub fn is_right(&self) -> bool {
        let (size, touched) = (1024.0 * self.size as f64, 1024.0 * self.touched as f64);
        self.each.virtual_size >= size && (0.95 * touched..touched + 256.0 * 1024.0).contains(&self.each.rss)
    }
}

/// Fails in words if so many threads, by this flag, are more than there is room for. A thread that is started with the last of all
/// addresses ends its process, so they are counted before.
fn fit_threads(threads: usize, unit: &Unit, flag: &str) -> io::Result<()> {
    const KIB: u64 = 1024;
    let (number, stack) = (threads as u64, unit.stack as u64);
    fit(number * (unit.touch as u64 + 64) * KIB, flag)?;
    let Some(limit) = getrlimit(Resource::As).current else { return Ok(()) };
    let left = limit.saturating_sub(Footprint::own()?.virtual_size);
    // Its guard page, the stack for signals, and for some an arena of malloc.
    let arenas = if unit.one_arena { 1 } else { number };
    let reserved = number * (stack + 64) * KIB + arenas * 64 * KIB * KIB;
    if reserved <= left {
        return Ok(());
    }
    let (reserved, left) = (bytes(reserved as f64), bytes(left as f64));
    let what =
        format!("{threads} threads may reserve {reserved} of addresses, and `ulimit -v` leaves {left}; lower {flag}");
    Err(io::Error::other(what))
}

/// The same for processes, which have addresses of their own.
fn fit_processes(processes: usize) -> io::Result<()> {
    fit(processes as u64 * (1 << 20), "--processes")
}

/// Fails in words if there isn't so much memory, and some for everybody else. The flag says how many there are to be.
fn fit(memory: u64, flag: &str) -> io::Result<()> {
    const SPARE: u64 = 64 << 20;
    match room() {
        Some(room) if room < memory + SPARE => {
            let [memory, spare, room] = [memory, SPARE, room].map(|number| bytes(number as f64));
            Err(io::Error::other(format!(
                "they may take {memory} beside {spare} for all others, and there is room for {room}; lower {flag}"
            )))
        }
        _ => Ok(()),
    }
}

/// When units were held: a row for each variant.
pub struct Timeline {
    began: Instant,
    /// The rows, under their names.
    pub rows: Vec<(String, Vec<Event>)>,
}

impl Timeline {
    /// One that begins now.
    pub fn new() -> Self {
        Self { began: Instant::now(), rows: Vec::new() }
    }

    /// Does this work, and notes when.
    fn span<T>(&mut self, row: &str, what: &str, work: impl FnOnce() -> T) -> T {
        let start = self.began.elapsed().as_nanos() as u64;
        let result = work();
        let end = self.began.elapsed().as_nanos() as u64;
        let event = Event { state: State::Holds, name: what.to_owned(), start, end };
        match self.rows.iter_mut().find(|(name, _)| name == row) {
            Some((_, events)) => events.push(event),
            None => self.rows.push((row.to_owned(), vec![event])),
        }
        result
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}
