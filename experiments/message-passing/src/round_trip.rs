//! The question: what does a message to another worker and back cost?

use std::io;

use lab::{Case, Chosen, Done, Placement, Question, Report, Row, Whole, machine};
use message_passing::{Exchange, Job, LEAST, MOST, Times, VARIANTS, Variant};

/// The same messages through channels, pipes, sockets and shared memory: what does a round trip cost?
#[derive(clap::Args)]
pub struct RoundTrip {
    /// How many round trips each variant makes
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,

    /// How many bytes a message has
    #[arg(long, value_name = "BYTES", default_value = "8")]
    size: Whole<{ LEAST as u64 }, { MOST as u64 }, usize>,

    /// Where the workers run; by default on one core first, and then on two
    #[arg(long, value_name = "WHERE", value_parser = Placement::NAMES)]
    placement: Option<String>,
}

/// So many round trips between two looks at the clock.
const BATCH: u64 = 16;

/// A variant at a place.
pub struct Given {
    variant: &'static Variant,
    job: Job,
}

/// A ping-pong whose clock is read between batches; and for the percentile one whose clock is read after each trip, which
/// lengthens the trips.
pub struct Trips {
    batches: Times,
    each: Times,
}

impl Question for RoundTrip {
    const NAME: &str = "round-trip";
    const SHOWN: &str = "every message came back, in order, and every variant was measured";
    const EXAMPLES: &str = "cargo run -p message-passing
        cargo run -p message-passing -- --variant pipe-processes --placement free
        cargo run -p message-passing -- stream --placement two-cores
        cargo run -p message-passing -- struct";
    type Given = Given;
    type Run = Trips;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(&self, _: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let places = crate::places(self.placement.as_deref(), report);
        let case = |(place, placement): &crate::Place, variant: &'static Variant| {
            let exchange = self.ping_pong(variant, placement);
            let job = Job { placement: placement.clone(), size: self.size.0, exchange };
            Case::new(variant.name, place, Given { variant, job })
        };
        Ok(places.iter().flat_map(|place| VARIANTS.iter().map(move |variant| case(place, variant))).collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Trips> {
        let Given { variant, job } = &case.given;
        let batches = (variant.run)(job)?;
        let each = match job.exchange {
            Exchange::PingPong { batches, trips: trips @ 2.. } => {
                let exchange = Exchange::PingPong { batches: batches * trips, trips: 1 };
                (variant.run)(&Job { exchange, ..job.clone() })?
            }
            _ => batches.clone(),
        };
        Ok(Trips { batches, each })
    }

    fn tell(&self, case: &Case<Given>, runs: &[Trips], row: &mut Row<'_>) {
        let Trips { batches, each } = &runs[0];
        row.aside("round-trip-mean", "ns", batches.mean());
        row.number_in("99th percentile", "round-trip-99th", "ns", each.quantile(99, 100));
        row.words("placement", case.parameter.replace('-', " "));
        row.number("round-trip", "ns", batches.median());
        row.team(&batches.spans);
    }

    /// Says what the times tell. They judge nothing: a busy machine isn't wrong.
    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let median = |name: &str, place: &str| {
            let found = done.iter().find(|done| (done.case.variant, &done.case.parameter[..]) == (name, place));
            found.map(|done| done.runs[0].batches.median())
        };
        if !done.is_empty() {
            report.say("Every message came back, in order.");
        }
        for (place, words) in [("one-core", "On one core"), ("two-cores", "On two cores"), ("free", "Placed freely")] {
            let told = [("a pipe", "pipe"), ("shared memory with a futex", "futex")].map(|(what, name)| {
                let ratio = median(&format!("{name}-processes"), place)? / median(&format!("{name}-threads"), place)?;
                Some(format!("{ratio:.2} times as long as between threads through {what}"))
            });
            let told: Vec<String> = told.into_iter().flatten().collect();
            if !told.is_empty() {
                report.say(format!("{words}, a round trip between processes takes {}.", told.join(", and ")));
            }
        }
        if let (Some(one), Some(two)) = (median("pipe-processes", "one-core"), median("pipe-processes", "two-cores")) {
            let ratio = two / one;
            report.say(format!("Between processes, a pipe takes {ratio:.1} times as long on two cores as on one."));
        }
        if median("spin-threads", "one-core").or(median("spin-processes", "one-core")).is_some() {
            report.say("Spinning needs two cores. On one, a worker that looks again and again keeps the other from answering until its time slice is over.");
        }
    }
}

impl RoundTrip {
    /// How many round trips a variant makes in how many batches: few where each takes the rest of a time slice, many where
    /// they are so short that the clock would be seen.
    fn ping_pong(&self, variant: &Variant, placement: &Placement) -> Exchange {
        let takes_turns = placement.cpus().len() == 1 || machine::usable_cpus() == 1;
        match (variant.spins, takes_turns) {
            (true, true) => Exchange::PingPong { batches: self.trips.0.min(BATCH), trips: 1 },
            (true, false) => Exchange::PingPong { batches: self.trips.0 / BATCH, trips: BATCH * BATCH },
            (false, _) => Exchange::PingPong { batches: self.trips.0 / BATCH, trips: BATCH },
        }
    }
}
