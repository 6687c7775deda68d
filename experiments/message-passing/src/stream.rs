//! The question: how long does a message take if nobody answers it?

use std::io;

use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Span, Whole, median};
use message_passing::{Exchange, LEAST, MOST, VARIANTS};

use crate::places::{Given, Places};

/// How long does a message take if nobody answers it, and how many bytes go through in a second?
#[derive(clap::Args)]
pub struct Stream {
    /// Send this many messages if they have 64 KiB, more if they are smaller, and fewer if they are larger
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,

    /// Send messages of this many bytes; by default of five sizes, from 8 bytes to 1 MiB
    #[arg(long, value_name = "BYTES")]
    size: Option<Whole<{ LEAST as u64 }, { MOST as u64 }, usize>>,

    #[command(flatten)]
    places: Places,
}

/// The sizes of messages, in bytes.
const SIZES: [usize; 5] = [8, 512, 4096, 65_536, MOST];

/// The variants that are compared, unless one is chosen.
const STREAMS: [&str; 8] = [
    "mpsc-threads",
    "pipe-processes",
    "socket-pair-processes",
    "tcp-processes",
    "copied-processes",
    "in-place-threads",
    "in-place-processes",
    "in-place-programs",
];

/// The fewest messages of a stream. The first ones take longer, for instance because of page faults, and beside so many that
/// hardly counts.
const FEWEST: u64 = 64;

/// How many messages a spinning variant sends if each takes the rest of a time slice.
const IN_TURNS: u64 = 16;

/// The most messages for a channel without a bound. All of them may wait in the channel, and take memory.
const MOST_QUEUED: u64 = 2_000_000;

impl Question for Stream {
    const NAME: &str = "stream";
    const SHOWN: &str =
        "every message arrived, in order, and every variant was measured";
    const EXAMPLES: &str = "cargo run -p message-passing -- stream
        cargo run -p message-passing -- stream --placement two-cores --size 65536";
    /// A variant, and how many bytes its messages have.
    type Given = (Given, usize);
    /// How long each message took, in nanoseconds, and when each worker worked.
    type Run = (f64, Vec<Span>);

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        let sizes = self.size.map_or(SIZES.to_vec(), |only| vec![only.0]);
        let mut cases = Vec::new();
        for given in self.places.variants(report) {
            if chosen.variant.is_some() || STREAMS.contains(&given.variant.name) {
                cases.extend(sizes.iter().map(|&size| {
                    Case::new(given.variant.name, size, (given.clone(), size))
                }));
            }
        }
        Ok(cases)
    }

    fn rounds(&self) -> u64 {
        3
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<Self::Run> {
        let (given, size) = &case.given;
        let messages = match given.variant.touches {
            true if given.spins_in_turns() => IN_TURNS,
            true => (self.trips.0 * 65_536 / *size as u64)
                .clamp(FEWEST, 20 * self.trips.0),
            false => (20 * self.trips.0).min(MOST_QUEUED),
        };
        let times = given.run(*size, Exchange::Stream(messages))?;
        Ok((times.each.first().copied().unwrap_or(f64::NAN), times.spans))
    }

    fn tell(
        &self,
        case: &Case<Self::Given>,
        runs: &[Self::Run],
        row: &mut Row<'_>,
    ) {
        let (Given { variant, place, .. }, size) = &case.given;
        let each = median(runs.iter().map(|(each, _)| *each));
        row.words("placement", place.replace('-', " "));
        // A pointer has no throughput: nobody touches the bytes behind it.
        let throughput =
            if variant.touches { *size as f64 / each * 1e9 } else { f64::NAN };
        row.number_in(
            "throughput",
            &format!("throughput-{place}"),
            "bytes/s",
            throughput,
        );
        row.words("bytes each", thousands(*size as u64));
        row.number_in("time each", &format!("message-{place}"), "ns", each);
        row.team(&runs[0].1);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        report.say_if_right("Every message arrived, in order.");
        report.say("The sender writes every byte of a message, and the receiver reads every byte.");
        if done.iter().any(|done| !done.case.given.0.variant.touches) {
            report.say("A channel between threads is the exception: it passes a pointer, and nobody touches the bytes behind the pointer. So it has no throughput, and the table shows a dash.");
        }
    }
}
