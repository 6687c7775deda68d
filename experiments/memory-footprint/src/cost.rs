//! The first question: what does one more cost?

use std::collections::BTreeSet;
use std::io;
use std::thread;
use std::time::Duration;

use lab::report::shown;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole};
use memory_footprint::look::{self, Machine, Sums};
use memory_footprint::slope::{Spread, slope};
use memory_footprint::{Unit, VARIANTS, Variant, apart};

use crate::fit;

/// What does a thread that sleeps cost in memory, and what does a process?
#[derive(clap::Args)]
pub struct Cost {
    /// How many threads are held asleep at most
    #[arg(long, value_name = "N", default_value = "1000")]
    threads: Whole<1, 1000, usize>,

    /// How many processes are held asleep at most
    #[arg(long, value_name = "N", default_value = "200")]
    processes: Whole<1, 200, usize>,

    /// The stack of each thread, in KiB
    #[arg(long, value_name = "KIB", default_value = "8192")]
    stack: Whole<16, 8192, usize>,

    /// How many rounds look at the whole machine; the median of what they found is shown
    #[arg(long, value_name = "N", default_value = "5")]
    rounds: Whole<1, 100>,
}

/// With fewer units than this, the kernel's stacks and objects aren't told. Each CPU counts them for itself, and adds to the
/// machine's sum only what has become a batch: of stacks up to 125 KiB, of slabs up to 125 pages. The slope is that of the
/// upper half of the units; half of 50 have 400 KiB of stacks, which are three batches. Source: mm/vmstat.c,
/// `calculate_normal_threshold`.
const LEAST_COUNTED: usize = 50;

/// At so many units the processes are looked at for the charts.
const NUMBERS: [usize; 7] = [1, 10, 50, 100, 200, 500, 1000];

/// How long the kernel is given to free what a round has left. It frees much of it late, when no CPU can see it any more.
const SETTLE: Duration = Duration::from_millis(50);

/// A variant, and how many units it holds at most.
pub struct Given {
    variant: Variant,
    most: usize,
}

/// What a variant's units cost, in bytes.
pub struct Costs {
    /// What so many units add to what the kernel counts for the processes.
    added: Vec<(usize, Sums)>,
    /// Whether in every look the shares of pages were no more than the pages.
    is_shared: bool,
    /// What one unit more adds to what the kernel counts for the processes. It counts exactly.
    each: Sums,
    /// What one unit more takes of the kernel's stacks and of its other objects, in several rounds.
    stack: Spread,
    slab: Spread,
    /// What the machine has less of for one unit more, in several rounds.
    available: Spread,
}

impl Costs {
    /// What the kernel holds for each on its own account; not a number where there are too few to see it.
    fn kernel(&self) -> f64 {
        self.each.page_tables + self.stack.median + self.slab.median
    }

    /// All that each costs: what it has in memory, a shared page by its share, and what the kernel holds for it.
    fn all(&self) -> f64 {
        self.each.pss + self.kernel()
    }

    /// What each costs, part by part.
    fn in_words(&self) -> String {
        let [all, pss, page_tables] =
            [self.all(), self.each.pss, self.each.page_tables]
                .map(|number| shown(number, "bytes"));
        let own = format!(
            "{pss} of its own and its share of others' pages (PSS), page tables {page_tables}"
        );
        match self.kernel().is_finite() {
            true => format!(
                "{all}: {own}, kernel stack {}, other kernel objects {}",
                self.stack, self.slab
            ),
            false => own,
        }
    }
}

impl Question for Cost {
    const NAME: &str = "cost";
    const SHOWN: &str =
        "everything was measured, and what the kernel counts is as it must be";
    const EXAMPLES: &str = "cargo run -p memory-footprint
        cargo run -p memory-footprint -- --variant processes --processes 50
        cargo run -p memory-footprint -- --variant threads --stack 64
        env MALLOC_ARENA_MAX=1 cargo run -p memory-footprint -- --variant threads --threads 10";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = Given;
    type Run = Costs;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let case = |variant: Variant| {
            let most = if variant.name == "threads" {
                self.threads.0
            } else {
                self.processes.0
            };
            Case::new(variant.name, most, Given { variant, most })
        };
        Ok(VARIANTS.map(case).into())
    }

    /// What the kernel counts for processes, it counts exactly: one look at each number of them will do. What it counts for
    /// the machine, everybody else on the machine changes too, so that takes several rounds.
    fn run(&self, case: &Case<Given>) -> io::Result<Costs> {
        let (Given { variant, most }, unit) =
            (&case.given, Unit { stack: self.stack.0, touch: 0, one_arena: false });
        match variant.name {
            "threads" => fit::threads(*most, &unit, "--threads")?,
            _ => fit::processes(*most)?,
        }
        // One more is one beside many: the first ones find room that others have left in the kernel's caches of its objects.
        let steps: Vec<usize> = (5..=10).map(|tenth| most * tenth / 10).collect();
        let levels: BTreeSet<usize> =
            [0, *most].into_iter().chain(NUMBERS).chain(steps.clone()).collect();
        let levels: Vec<usize> = levels.range(..=most).copied().collect();
        let seen = apart(variant, &unit, &levels, look::processes)?;
        let shown = seen.iter().filter(|(n, _)| n == most || NUMBERS.contains(n));

        let rounds = (0..self.rounds.0).map(|_| {
            thread::sleep(SETTLE);
            apart(variant, &unit, &steps, look::machine)
        });
        let rounds = rounds.collect::<io::Result<Vec<_>>>()?;
        let spread = |part: fn(&Machine) -> f64| {
            let slopes = rounds
                .iter()
                .map(|round| slope(round.iter().map(|(n, seen)| (*n, part(seen)))));
            Spread::of(&slopes.collect::<Vec<_>>())
        };
        let counted = |part| {
            if *most < LEAST_COUNTED {
                Spread::of(&[f64::NAN])
            } else {
                spread(part)
            }
        };
        Ok(Costs {
            added: shown
                .map(|(n, sums)| (*n, sums.more_than(&seen[0].1)))
                .collect(),
            is_shared: seen.iter().all(|(_, sums)| sums.pss <= sums.rss),
            each: Sums::of(|part| {
                slope(
                    seen.iter()
                        .filter(|(n, _)| steps.contains(n))
                        .map(|(n, sums)| (*n, part(sums))),
                )
            }),
            stack: counted(|machine| machine.kernel_stack),
            slab: counted(|machine| machine.slab),
            available: spread(|machine| -machine.available),
        })
    }

    fn tell(&self, case: &Case<Given>, runs: &[Costs], row: &mut Row<'_>) {
        let (costs, each) = (&runs[0], runs[0].each);
        row.number_in("virtual", "virtual-each", "bytes", each.virtual_size);
        row.number_in("RSS", "rss-each", "bytes", each.rss);
        row.number_in("PSS", "pss-each", "bytes", each.pss);
        row.aside("page-tables-each", "bytes", each.page_tables);
        row.aside("kernel-stack-each", "bytes", costs.stack.median);
        row.aside("slab-each", "bytes", costs.slab.median);
        row.words("kernel", shown(costs.kernel(), "bytes"));
        row.number_in("machine", "available-each", "bytes", costs.available.median);
        row.number_in("all", "all-each", "bytes", costs.all());
        for (n, added) in &costs.added {
            row.at(n);
            row.aside("virtual", "bytes", added.virtual_size);
            row.aside("rss", "bytes", added.rss);
            row.aside("pss", "bytes", added.pss);
            // What is counted in batches, for the whole machine, doesn't show a single unit; so each has its kernel stack and
            // objects by the slope, and only what is counted exactly as it was seen.
            let by_slope = *n as f64 * (costs.kernel() - each.page_tables);
            row.aside("all", "bytes", added.pss + added.page_tables + by_slope);
        }
        let (what, less) = (costs.in_words(), costs.available);
        row.say(format!("{}: one more of them costs {what}. The machine has {less} less for it.", case.name));
        if !costs.is_shared {
            row.say("The shares of pages are more than the pages.");
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if done.iter().any(|done| done.runs[0].kernel().is_nan()) {
            report.say(format!(
                "Of fewer than {LEAST_COUNTED}, the kernel's stacks and objects aren't seen: it counts them in batches for the \
                 whole machine."
            ));
        }
        let of = |name: &str| {
            done.iter()
                .find(|done| done.case.variant == name)
                .map(|done| &done.runs[0])
        };
        if let (Some(threads), Some(processes)) = (of("threads"), of("processes"))
            && let ratio = processes.all() / threads.all()
            && ratio.is_finite()
        {
            let by_rss = processes.each.rss / threads.each.rss;
            report.say(format!(
                "A forked process costs {ratio:.1} times as much as a thread. RSS added up says {by_rss:.0} times."
            ));
        }
    }
}
