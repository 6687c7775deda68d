//! The first question: how much memory does one more thread or process cost?

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

/// How much memory does a sleeping thread cost, and how much a process?
#[derive(clap::Args)]
pub struct Cost {
    /// Hold up to this many threads asleep
    #[arg(long, value_name = "N", default_value = "1000")]
    threads: Whole<1, 1000, usize>,

    /// Hold up to this many processes asleep
    #[arg(long, value_name = "N", default_value = "200")]
    processes: Whole<1, 200, usize>,

    /// Give each thread a stack of this many KiB
    #[arg(long, value_name = "KIB", default_value = "8192")]
    stack: Whole<16, 8192, usize>,

    /// Look at the whole machine in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "5")]
    rounds: Whole<1, 100>,
}

/// With fewer units than this, we don't tell the kernel's stacks and objects. Each CPU counts them for itself, and adds its
/// count to the machine's sum only when a batch has come together: up to 125 KiB of stacks, or up to 125 pages of slabs. We
/// take the slope over the upper half of the units. Half of 50 units have 400 KiB of stacks, which are three batches.
/// Source: mm/vmstat.c, `calculate_normal_threshold`.
const LEAST_COUNTED: usize = 50;

/// How many units there are whenever we look at the processes for the charts.
const NUMBERS: [usize; 7] = [1, 10, 50, 100, 200, 500, 1000];

/// How long we give the kernel to free what a round has left. The kernel frees much of that late, when no CPU can see it any
/// more.
const SETTLE: Duration = Duration::from_millis(50);

/// A variant, and how many units it holds in the end.
pub struct Given {
    variant: Variant,
    most: usize,
}

/// What a variant's units cost, in bytes.
pub struct Costs {
    /// How much the kernel's counts for the processes grow with this many units.
    added: Vec<(usize, Sums)>,
    /// Whether PSS was at most RSS, whenever we looked.
    is_shared: bool,
    /// How much the kernel's counts for the processes grow with one more unit. These counts are exact.
    each: Sums,
    /// How much the kernel's stacks and its other objects grow with one more unit, in several rounds.
    stack: Spread,
    slab: Spread,
    /// How much less memory the machine has with one more unit, in several rounds.
    available: Spread,
}

impl Costs {
    /// What the kernel keeps for each unit; not a number if there are too few units to see that.
    fn kernel(&self) -> f64 {
        self.each.page_tables + self.stack.median + self.slab.median
    }

    /// All that a unit costs: its pages, each shared page by its share, and what the kernel keeps for the unit.
    fn all(&self) -> f64 {
        self.each.pss + self.kernel()
    }

    /// What a unit costs, part by part.
    fn in_words(&self) -> String {
        let [all, pss, page_tables] =
            [self.all(), self.each.pss, self.each.page_tables]
                .map(|number| shown(number, "bytes"));
        let own = format!("pages (PSS) {pss}, page tables {page_tables}");
        match self.kernel().is_finite() {
            true => format!(
                "{all}: {own}, kernel stack {}, other kernel objects {}",
                self.stack, self.slab
            ),
            false => format!("at least this: {own}"),
        }
    }
}

impl Question for Cost {
    const NAME: &str = "cost";
    const SHOWN: &str =
        "everything was measured, and the kernel's numbers agree with each other";
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

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let case = |variant: Variant| {
            let most = if variant.name == "threads" {
                self.threads.0
            } else {
                self.processes.0
            };
            Case::new(variant.name, most, Given { variant, most })
        };
        let cases = Vec::from(VARIANTS.map(case));
        if cases.iter().any(|case| {
            chosen.wants(case.variant) && case.given.most < LEAST_COUNTED
        }) {
            report.say(format!(
                "A dash: with fewer than {LEAST_COUNTED} threads or processes, their kernel stacks and kernel objects can't be \
                 seen. The kernel counts these in batches, for the whole machine."
            ));
        }
        Ok(cases)
    }

    /// The kernel's counts for processes are exact, so we look once at each number of units. Its counts for the whole machine
    /// also change with every other program, so they take several rounds.
    fn run(&self, case: &Case<Given>) -> io::Result<Costs> {
        let (Given { variant, most }, unit) =
            (&case.given, Unit { stack: self.stack.0, touch: 0, one_arena: false });
        match variant.name {
            "threads" => fit::threads(*most, &unit, "--threads")?,
            _ => fit::processes(*most)?,
        }
        // The upper half: the first units find room that earlier ones have left in the kernel's caches of its objects.
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
            // Counts in batches, for the whole machine, don't show a single unit. So kernel stacks and objects come from the
            // slope, and what is counted exactly stands as we saw it.
            let by_slope = *n as f64 * (costs.kernel() - each.page_tables);
            row.aside("all", "bytes", added.pss + added.page_tables + by_slope);
        }
        let (what, less) = (costs.in_words(), costs.available);
        let one = match case.variant {
            "threads" => "thread",
            "processes" => "forked process",
            _ => "process started anew",
        };
        row.say(format!(
            "{}: one more {one} costs {what}. The machine then has {less} less.",
            case.name
        ));
        if !costs.is_shared {
            row.say(format!("{}: the kernel says that PSS, where each page counts by its share, is more than RSS, where it counts in full.", case.name));
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say(
                "Each row tells how much one more sleeping thread or process adds: to the addresses (virtual), to the memory as ps \
                 counts it (RSS), to the memory with shared pages counted once (PSS), and to what the kernel keeps. The column \
                 all is PSS and kernel together. As a check, the column machine tells how much less memory the machine has.",
            );
            if self.rounds.0 > 1 {
                report.say(format!(
                    "In brackets: the lowest and the highest of {} rounds.",
                    self.rounds.0
                ));
            }
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
                "One more forked process costs {ratio:.1} times as much as one more thread. By RSS, it would seem to cost \
                 {by_rss:.0} times as much."
            ));
        }
    }
}
