//! The question: what does a message to another worker and back cost?

use std::io;

use lab::doubt::compared;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, median};
use message_passing::{Exchange, LEAST, MOST, ROUND_TRIPS, Times, VARIANTS};

use crate::places::{Given, Places};

/// The same messages through channels, pipes, sockets and shared memory: what does a round trip cost?
#[derive(clap::Args)]
pub struct RoundTrip {
    /// How many round trips each variant makes
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,

    /// How many bytes a message has
    #[arg(long, value_name = "BYTES", default_value = "8")]
    size: Whole<{ LEAST as u64 }, { MOST as u64 }, usize>,

    #[command(flatten)]
    places: Places,
}

/// So many round trips between two looks at the clock.
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
    /// What batches of trips took; and for the percentile single ones, which a look at the clock after each lengthens.
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

    /// Few trips where each takes the rest of a time slice, many where they are so short that the clock would be seen.
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

    /// Says what the times tell. They judge nothing: a busy machine isn't wrong.
    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let of = |name: &str, place: &str| {
            let found = done.iter().find(|done| {
                (done.case.variant, &done.case.parameter[..]) == (name, place)
            })?;
            Some(&found.runs[0][0].each[..])
        };
        report.say_if_right("Every message came back, in order.");
        for (place, words) in [
            ("one-core", "On one core"),
            ("two-cores", "On two cores"),
            ("free", "Placed freely"),
        ] {
            let pairs = [
                ("through a pipe", "pipe-processes", "pipe-threads"),
                (
                    "through a pipe with file tables apart",
                    "pipe-processes",
                    "pipe-threads-apart",
                ),
                (
                    "through shared memory with a futex",
                    "copied-processes",
                    "copied-threads",
                ),
            ];
            let told = pairs.map(|(what, processes, threads)| {
                let [processes, threads] =
                    [processes, threads].map(|name| of(name, place));
                Some(format!(
                    "{} as between threads {what}",
                    compared(threads?, processes?, "long")?
                ))
            });
            let told: Vec<String> = told.into_iter().flatten().collect();
            if !told.is_empty() {
                report.say_of_times(format!(
                    "{words}, a round trip between processes takes {}.",
                    told.join("; ")
                ));
            }
        }
        if let (Some(one), Some(two)) =
            (of("pipe-processes", "one-core"), of("pipe-processes", "two-cores"))
        {
            report.say_of_times(match compared(one, two, "long") {
                Some(long) => format!("Between processes, a pipe takes {long} on two cores as on one."),
                None => {
                    "Whether a pipe takes longer on two cores than on one, these round trips don't settle.".to_owned()
                }
            });
        }
        if done.iter().any(|done| done.case.given.spins_in_turns()) {
            report.say("Spinning needs two cores. On one, a worker that looks again and again keeps the other from answering until its time slice is over.");
        }
    }
}
