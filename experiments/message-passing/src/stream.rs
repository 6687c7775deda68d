//! The question: what does a message cost that nobody answers?

use std::io;

use lab::{Case, Chosen, Done, Placement, Question, Report, Row, Whole, machine, median};
use message_passing::{Exchange, Job, LEAST, MOST, Times, VARIANTS, Variant};

/// Messages that go one way, of several sizes: what does each cost, and how many bytes go through?
#[derive(clap::Args)]
pub struct Stream {
    /// For how many round trips' worth of messages each variant sends; of small ones there are more
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,

    /// How many bytes a message has; by default several sizes
    #[arg(long, value_name = "BYTES")]
    size: Option<Whole<{ LEAST as u64 }, { MOST as u64 }, usize>>,

    /// Where the workers run; by default on one core first, and then on two
    #[arg(long, value_name = "WHERE", value_parser = Placement::NAMES)]
    placement: Option<String>,
}

/// The sizes of messages, in bytes.
const SIZES: [usize; 6] = [8, 64, 512, 4096, 65_536, 1 << 20];

/// Whose messages are sent, unless a variant is chosen: one of each kind.
const STREAMS: [&str; 5] =
    ["mpsc-threads", "pipe-processes", "socket-pair-processes", "tcp-processes", "futex-processes"];

/// The fewest messages of a stream, and as many as go through a spinning one where each takes the rest of a time slice.
const FEWEST: u64 = 16;

/// So many messages at most go through a channel that has no bound: all of them may wait in it, and take memory.
const MOST_QUEUED: u64 = 2_000_000;

/// A variant at a place, with so many messages of a size.
pub struct Given {
    variant: &'static Variant,
    place: &'static str,
    job: Job,
    messages: u64,
}

impl Question for Stream {
    const NAME: &str = "stream";
    const SHOWN: &str = "every message came, in order, and every variant was measured";
    const EXAMPLES: &str = "cargo run -p message-passing -- stream
        cargo run -p message-passing -- stream --placement two-cores --size 65536";
    type Given = Given;
    type Run = Times;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let sizes = self.size.map_or(SIZES.to_vec(), |only| vec![only.0]);
        let mut cases = Vec::new();
        for (place, placement) in crate::places(self.placement.as_deref(), report) {
            let is_wanted = |variant: &&Variant| chosen.variant.is_some() || STREAMS.contains(&variant.name);
            for variant in VARIANTS.iter().filter(is_wanted) {
                for &size in &sizes {
                    let messages = self.messages(variant, &placement, size);
                    let exchange = Exchange::Stream { messages };
                    let job = Job { placement: placement.clone(), size, exchange };
                    cases.push(Case::new(variant.name, size, Given { variant, place, job, messages }));
                }
            }
        }
        Ok(cases)
    }

    fn rounds(&self) -> u64 {
        3
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Times> {
        (case.given.variant.run)(&case.given.job)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Times], row: &mut Row<'_>) {
        let Given { variant, place, job, messages } = &case.given;
        let each = median(runs.iter().map(|times| times.each(*messages)));
        row.words("placement", place.replace('-', " "));
        // A pointer has no throughput: the bytes behind it stay where they are.
        let throughput = if variant.copies { job.size as f64 / each * 1e9 } else { f64::NAN };
        row.number_in("throughput", &format!("throughput-{place}"), "bytes/s", throughput);
        row.words("size", job.size.to_string());
        row.number_in("a message", &format!("message-{place}"), "ns", each);
        row.team(&runs[0].spans);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("Every message came, in order. A message through a channel between threads is a pointer: nothing is copied, whatever its size.");
        }
    }
}

impl Stream {
    fn messages(&self, variant: &Variant, placement: &Placement, size: usize) -> u64 {
        let takes_turns = variant.spins && (placement.cpus().len() == 1 || machine::usable_cpus() == 1);
        match variant.copies {
            true if takes_turns => FEWEST,
            true => (self.trips.0 * 4096 / size as u64).clamp(FEWEST, 20 * self.trips.0),
            false => (20 * self.trips.0).min(MOST_QUEUED),
        }
    }
}
