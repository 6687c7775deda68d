//! The question: how does the cost of an addition depend on the distance to the next counter?

use std::io;

use false_sharing::{Count, Layout, Step, VARIANTS, Variant, step};
use lab::doubt::times_as;
use lab::{
    Case, Chosen, Done, Placement, Question, Report, Row, Whole, Workers, machine,
    of_rounds, team,
};

/// Do counters that are neighbours in memory slow each other down?
#[derive(clap::Args)]
pub struct Distances {
    /// How many times each worker adds one, in each round
    #[arg(long, value_name = "N", default_value = "50000")]
    increments: Whole<100, 100_000_000>,

    /// How many times each case is measured; the table shows the median time
    #[arg(long, value_name = "N", default_value = "9")]
    rounds: Whole<1, 1000>,

    /// How many bytes after the beginning of a page the first counter lies: a multiple of 8
    #[arg(long, value_name = "BYTES", default_value_t = 0, value_parser = offset)]
    offset: usize,
}

fn offset(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(Whole::<0, 4088, usize>(offset)) if offset % 8 == 0 => Ok(offset),
        _ => Err("give a multiple of 8 from 0 to 4,088".to_owned()),
    }
}

impl Question for Distances {
    const SHOWN: &str = "every addition was counted, at every distance";
    const EXAMPLES: &str = "cargo run -p false-sharing
        cargo run -p false-sharing -- --offset 56        # two lines side by side
        taskset -c 0 cargo run -p false-sharing          # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        default: Some(2),
        help: "How many workers to run, each with a counter of its own",
        ..Workers::ANY
    });
    type Given = (Variant, Layout);
    type Run = Count;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        let placement = Placement::apart();
        let case = |variant: Variant, distance: usize| {
            let workers = if variant.alone { 1 } else { chosen.workers };
            let layout = Layout {
                placement: placement.clone(),
                workers,
                distance,
                offset: self.offset,
            };
            Case::new(variant.name, distance, (variant, layout))
        };
        let of = |variant: Variant| {
            variant.distances.iter().map(move |&distance| (variant, distance))
        };
        Ok(VARIANTS
            .into_iter()
            .flat_map(of)
            .map(|(variant, distance)| case(variant, distance))
            .collect())
    }

    fn rounds(&self) -> u64 {
        self.rounds.0
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<Count> {
        let (variant, layout) = &case.given;
        team::contending(
            || (variant.count)(layout, self.increments.0),
            |count| &count.spans,
        )
    }

    fn tell(&self, case: &Case<Self::Given>, runs: &[Count], row: &mut Row<'_>) {
        let ((_, layout), times) = (&case.given, self.increments.0);
        let added = (runs.len() * layout.workers) as u64 * times;
        let counted: u64 = runs.iter().flat_map(|count| &count.counted).sum();
        row.number("lost", "updates", added.saturating_sub(counted) as f64);
        row.words("bytes apart", layout.distance.to_string());
        row.number("cost", "ns", self.cost(runs));
        if let Some(last) = runs.last() {
            row.team(&last.spans);
        }
        if !runs.iter().all(|count| count.is_exact(layout, times)) {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        report.say_if_right(
            "Every addition was counted, even with the counters on one cache line.",
        );
        report.say("“bytes apart” is the distance from one worker's counter to the next worker's; 0 means one counter for all. “cost” is the time of one addition.");
        let Some(most) = done.iter().max_by_key(|done| done.case.given.1.workers)
        else {
            return;
        };
        let Layout { workers, placement, .. } = &most.case.given.1;
        let unseen = why_unseen(*workers);
        if let Some(why) = unseen {
            report.say(why);
        }
        for variant in VARIANTS.iter().filter(|variant| !variant.alone) {
            let of: Vec<_> = done
                .iter()
                .filter(|done| done.case.variant == variant.name)
                .collect();
            self.judge(variant.name, *workers, &of, unseen.is_none(), report);
        }
        let (line, offset) = (machine::this().cache_line, self.offset as u64);
        report.say(match line {
            0 => "The machine doesn't report the size of its cache lines.".to_owned(),
            _ => format!(
                "The machine reports cache lines of {line} bytes. The next line begins {} bytes after the first counter.",
                line - offset % line
            ),
        });
        // This is a request: a CPU may go offline between two rounds, and then the system goes on choosing.
        report.say(match placement.cpus() {
            [] => "The system chose the workers' CPUs, since it can't bind a worker to one."
                .to_owned(),
            _ => format!("The workers asked to run {}.", placement.in_words(*workers)),
        });
    }
}

/// Why no step can be seen with this many workers here, if it can't.
fn why_unseen(workers: usize) -> Option<&'static str> {
    match (workers, machine::usable_cpus()) {
        (1, _) => Some(
            "One worker has no neighbour, so these times say nothing about neighbours.",
        ),
        (_, 1) => Some(
            "On one CPU the workers take turns and no cache line travels, so these times say nothing about neighbours.",
        ),
        (_, cpus) if workers > cpus => Some(
            "There are more workers than CPUs, so they take turns, and these times say little about neighbours.",
        ),
        _ => None,
    }
}

impl Distances {
    /// The median cost over the rounds.
    fn cost(&self, runs: &[Count]) -> f64 {
        of_rounds(runs.iter().map(|count| count.cost(self.increments.0)))
    }

    /// Says what a variant's times tell. They decide nothing about the exit code, since a busy machine isn't wrong.
    fn judge(
        &self,
        name: &str,
        workers: usize,
        of: &[&Done<Self>],
        may_be_seen: bool,
        report: &mut Report,
    ) {
        let costs: Vec<(usize, f64)> = of
            .iter()
            .map(|done| (done.case.given.1.distance, self.cost(&done.runs)))
            .collect();
        let (Some((nearest, _)), Some((_, apart))) = (costs.first(), costs.last())
        else {
            return;
        };
        let step = if may_be_seen { step(&costs) } else { Step::None };
        if *nearest == 0 {
            // 0 stands for no step: every launch of a recording must have the same outcomes.
            let measured = if let Step::At(distance) = step { distance } else { 0 };
            report.outcome(
                name,
                workers,
                "line-size-measured",
                "bytes",
                measured as f64,
            );
            report.outcome(
                name,
                workers,
                "line-size-reported",
                "bytes",
                machine::this().cache_line as f64,
            );
        }
        if !may_be_seen {
            return;
        }
        let beside = costs
            .iter()
            .find(|(distance, _)| *distance == 8)
            .map_or(f64::NAN, |(_, cost)| cost / apart);
        let beside = format!(
            "{name}: with the counters 8 bytes apart, an addition takes {} as with the counters far apart.",
            times_as("long", beside)
        );
        report.say_of_times(match step {
            _ if *nearest != 0 => beside,
            Step::At(distance) => {
                format!("{beside} The cost drops at {distance} bytes.")
            }
            Step::Unclear => format!(
                "{beside} There is no clear drop, since something disturbed the workers."
            ),
            Step::None => format!(
                "{beside} There is no drop: perhaps these CPUs are two threads of one core."
            ),
        });
    }
}
