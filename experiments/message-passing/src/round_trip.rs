//! The question: how long does a message take to another worker and back?

use std::io;

use lab::doubt::compared;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, median};
use message_passing::{Exchange, LEAST, MOST, ROUND_TRIPS, Times, VARIANTS};

use crate::places::{Given, Places};

/// How long does a message take to another worker and back, between threads and between processes?
#[derive(clap::Args)]
pub struct RoundTrip {
    /// Make this many round trips with each variant
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,

    /// Send messages of this many bytes
    #[arg(long, value_name = "BYTES", default_value = "8")]
    size: Whole<{ LEAST as u64 }, { MOST as u64 }, usize>,

    #[command(flatten)]
    places: Places,
}

/// How many round trips there are between two looks at the clock.
const BATCH: u64 = 16;

impl Question for RoundTrip {
    const NAME: &str = "round-trip";
    const SHOWN: &str =
        "every message came back, in order, and every variant was measured";
    const EXAMPLES: &str = "cargo run -p message-passing
        cargo run -p message-passing -- --variant pipe-processes --placement free
        cargo run -p message-passing -- stream --placement two-cores
        cargo run -p message-passing -- struct";
    type Given = Given;
    /// How long batches of trips took, and for the percentile how long single trips took. A look at the clock after each single
    /// trip makes these longer.
    type Run = [Times; 2];

    fn variants() -> Vec<&'static str> {
        VARIANTS[..ROUND_TRIPS].iter().map(|variant| variant.name).collect()
    }

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let is_compared =
            |given: &Given| Self::variants().contains(&given.variant.name);
        let variants = self.places.variants(report).into_iter().filter(is_compared);
        Ok(variants
            .map(|given| Case::new(given.variant.name, given.place, given))
            .collect())
    }

    /// Few trips if each takes the rest of a time slice, and many if they are so short that reading the clock would show.
    fn run(&self, Case { given, .. }: &Case<Given>) -> io::Result<[Times; 2]> {
        let run = |batches, trips| {
            given.run(self.size.0, Exchange::PingPong { batches, trips })
        };
        if given.spins_in_turns() {
            let each = run(self.trips.0.min(BATCH), 1)?;
            return Ok([each.clone(), each]);
        }
        let (batches, trips) = (
            self.trips.0 / BATCH,
            if given.variant.spins { BATCH * BATCH } else { BATCH },
        );
        Ok([run(batches, trips)?, run(batches * trips, 1)?])
    }

    fn tell(&self, case: &Case<Given>, runs: &[[Times; 2]], row: &mut Row<'_>) {
        let [Times { each: trips, spans }, each] = &runs[0];
        row.aside(
            "round-trip-mean",
            "ns",
            trips.iter().sum::<f64>() / trips.len() as f64,
        );
        let mut each = each.each.clone();
        each.sort_unstable_by(f64::total_cmp);
        row.number_in(
            "99th percentile",
            "round-trip-99th",
            "ns",
            each[each.len() * 99 / 100],
        );
        row.words("placement", case.parameter.replace('-', " "));
        row.number("round-trip", "ns", median(trips.iter().copied()));
        row.team(spans);
    }

    /// Says what the times show. No time makes the program fail, since a busy machine isn't wrong.
    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let of = |name: &str, place: &str| {
            let found = done.iter().find(|done| {
                (done.case.variant, &done.case.parameter[..]) == (name, place)
            })?;
            Some(&found.runs[0][0].each[..])
        };
        report.say_if_right("Every message came back, in order.");
        report.say("The column round trip tells the median. Of 100 single round trips, 99 take no longer than the 99th percentile.");
        for (place, words) in [
            ("one-core", "On one core"),
            ("two-cores", "On two cores"),
            ("free", "Placed freely"),
        ] {
            let pairs = [
                ("over a pipe", "pipe-processes", "threads", "pipe-threads"),
                (
                    "over a pipe",
                    "pipe-processes",
                    "threads that have a file table each",
                    "pipe-threads-apart",
                ),
                (
                    "through shared memory, sleeping,",
                    "copied-processes",
                    "threads",
                    "copied-threads",
                ),
            ];
            for (how, processes, whom, threads) in pairs {
                if let [Some(processes), Some(threads)] =
                    [processes, threads].map(|name| of(name, place))
                    && let Some(long) = compared(threads, processes, "long")
                {
                    report.say_of_times(format!("{words}, a round trip {how} takes {long} between processes as between {whom}."));
                }
            }
        }
        if let (Some(one), Some(two)) =
            (of("pipe-processes", "one-core"), of("pipe-processes", "two-cores"))
        {
            report.say_of_times(match compared(one, two, "long") {
                Some(long) => format!(
                    "Between processes, a round trip over a pipe takes {long} on two cores as on one."
                ),
                None => "These round trips don't settle whether a pipe between processes takes longer on two cores than on one.".to_owned(),
            });
        }
        if done.iter().any(|done| done.case.given.spins_in_turns()) {
            report.say("Spinning needs two cores. On one core, the worker that spins keeps the other from answering until its time slice is over.");
        }
    }
}
