//! The same messages through channels, pipes, sockets and shared memory: what costs, to leave the process or to wake a core?
//!
//! Run `cargo run -p message-passing` and compare the rows of one core with each other, and then with those of two cores.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use lab::arguments::whole;
use lab::{Ending, Placement, Report, Span, Trace, machine};
use message_passing::structs::{FORMS, Reading};
use message_passing::{Exchange, Job, LEAST, MOST, Times, VARIANTS, Variant};

/// The same messages through channels, pipes, sockets and shared memory: what does a round trip cost?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers.default_value("2").value_parser(whole::<usize>(2..=2)).help("How many workers: each message has one sender and one receiver")),
    after_help = "Exit codes:
  0  every message came, in order, and every variant was measured
  1  one didn't, or a variant was left out
  2  wrong arguments

Examples:
  cargo run -p message-passing
  cargo run -p message-passing -- --measure stream --placement two-cores
  cargo run -p message-passing -- --variant pipe-processes --placement free
  cargo run -p message-passing -- --measure struct"
)]
struct Arguments {
    /// What to measure: messages that go to and fro, messages that go one way, or what it costs to make one of a struct
    #[arg(long, value_name = "WHAT", default_value = "round-trip", value_parser = ["round-trip", "stream", "struct"])]
    measure: String,

    /// How many round trips each variant makes; of messages that go one way there are more
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<u64>(16..=1_000_000), allow_negative_numbers = true)]
    trips: u64,

    /// How many bytes a message has: 8 by default, and for messages that go one way several sizes
    #[arg(long, value_name = "BYTES", value_parser = whole::<usize>(LEAST as u64..=MOST as u64), allow_negative_numbers = true)]
    size: Option<usize>,

    /// Where the workers run; by default on one core first, and then on two
    #[arg(long, value_name = "WHERE", value_parser = Placement::NAMES)]
    placement: Option<String>,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| match &arguments.measure[..] {
        "stream" => stream(&arguments),
        "struct" => structs(&arguments),
        _ => round_trips(&arguments),
    })
}

/// The sizes of messages that go one way, in bytes.
const SIZES: [usize; 6] = [8, 64, 512, 4096, 65_536, 1 << 20];

/// Whose messages go one way, unless a variant is chosen: one of each kind.
const STREAMS: [&str; 5] =
    ["mpsc-threads", "pipe-processes", "socket-pair-processes", "tcp-processes", "futex-processes"];

/// A stream is sent so many times, and the median counts.
const ROUNDS: usize = 3;

/// So many messages at most go through a channel that has no bound: all of them may wait in it, and take memory.
const MOST_QUEUED: u64 = 2_000_000;

/// So many round trips between two looks at the clock.
const BATCH: u64 = 16;

/// Where workers are to run, under its name.
type Place = (&'static str, Placement);

/// The placements that are asked for, or by default those that there are; what is missing is said.
fn places(arguments: &Arguments, report: &mut Report) -> Vec<Place> {
    let asked = Placement::NAMES.into_iter().find(|name| arguments.placement.as_deref() == Some(name));
    let mut places = Vec::new();
    for name in asked.map_or(vec!["one-core", "two-cores"], |only| vec![only]) {
        match Placement::named(name) {
            Ok(placement) => places.push((name, placement)),
            Err(why) if asked.is_some() => report.left_out(name, why),
            Err(why) => report.say(format!("Not tried on {}: {why}.", name.replace('-', " "))),
        }
    }
    if places.is_empty() && asked.is_none() {
        places.push(("free", Placement::FREE));
    }
    places
}

impl Arguments {
    fn wants(&self, variant: &Variant) -> bool {
        self.variant.as_deref().is_none_or(|only| only == variant.name)
    }

    /// How many round trips a variant makes in how many batches: few where each takes the rest of a time slice, many where
    /// they are so short that the clock would be seen.
    fn ping_pong(&self, variant: &Variant, placement: &Placement) -> Exchange {
        let takes_turns = placement.cpus().len() == 1 || machine::usable_cpus() == 1;
        match (variant.spins, takes_turns) {
            (true, true) => Exchange::PingPong { batches: self.trips.min(BATCH), trips: 1 },
            (true, false) => Exchange::PingPong { batches: self.trips / BATCH, trips: BATCH * BATCH },
            (false, _) => Exchange::PingPong { batches: self.trips / BATCH, trips: BATCH },
        }
    }
}

/// What a variant took at a placement.
struct Trip {
    name: &'static str,
    place: &'static str,
    median: f64,
    mean: f64,
    most: f64,
    spans: Vec<Span>,
}

fn round_trips(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("message-passing", &["variant", "99th percentile", "placement", "round trip"]);
    let (places, size) = (places(arguments, &mut report), arguments.size.unwrap_or(LEAST));
    let mut trips: Vec<Trip> = Vec::new();
    for (place, placement) in &places {
        for variant in VARIANTS.iter().filter(|variant| arguments.wants(variant)) {
            let exchange = arguments.ping_pong(variant, placement);
            let job = |exchange| Job { placement: placement.clone(), size, exchange };
            let measured = (variant.run)(&job(exchange)).and_then(|times| {
                // The clock is read after each trip for the percentile only: that lengthens the trips.
                let Exchange::PingPong { batches, trips: trips @ 2.. } = exchange else {
                    return Ok((times.clone(), times));
                };
                let each = Exchange::PingPong { batches: batches * trips, trips: 1 };
                Ok((times, (variant.run)(&job(each))?))
            });
            match measured {
                Ok((times, each)) => trips.push(Trip {
                    name: variant.name,
                    place,
                    median: times.median(),
                    mean: times.mean(),
                    most: each.quantile(99, 100),
                    spans: times.spans,
                }),
                Err(why) => report.left_out(variant.name, why),
            }
        }
    }
    let mut trace = Trace::default();
    for trip in &trips {
        let sleeps = |other: &&Trip| other.place == trip.place && !other.name.starts_with("spin");
        let slowest = trips.iter().filter(sleeps).map(|trip| trip.median).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let place = trip.place.replace('-', " ");
        report.row([trip.name.to_owned(), time(trip.most), place, time(trip.median)], trip.median / slowest);
        report.outcome(trip.name, trip.place, "round-trip", "ns", trip.median);
        report.outcome(trip.name, trip.place, "round-trip-mean", "ns", trip.mean);
        report.outcome(trip.name, trip.place, "round-trip-99th", "ns", trip.most);
        trace.team(&format!("{}, {}", trip.name, trip.place.replace('-', " ")), &trip.spans);
    }
    tell(&trips, &mut report);
    end(arguments, &report, &trace)
}

/// Says what the times tell. They judge nothing: a busy machine isn't wrong.
fn tell(trips: &[Trip], report: &mut Report) {
    let median = |name: &str, place: &str| {
        trips.iter().find(|trip| trip.name == name && trip.place == place).map(|trip| trip.median)
    };
    if !trips.is_empty() {
        report.say("Every message came back, in order.");
    }
    for place in Placement::NAMES {
        let ratio = |over: &str, under: &str| Some(median(over, place)? / median(under, place)?);
        let pairs = [("a pipe", "pipe"), ("shared memory with a futex", "futex")];
        let told: Vec<String> = pairs
            .into_iter()
            .filter_map(|(what, name)| {
                let ratio = ratio(&format!("{name}-processes"), &format!("{name}-threads"))?;
                Some(format!("{ratio:.2} times as long as threads through {what}"))
            })
            .collect();
        if !told.is_empty() {
            let place = match place {
                "one-core" => "On one core",
                "two-cores" => "On two cores",
                _ => "Where the system puts them",
            };
            report.say(format!("{place}, processes take {}.", told.join(", and ")));
        }
    }
    let (one, two) = (median("pipe-processes", "one-core"), median("pipe-processes", "two-cores"));
    if let (Some(one), Some(two)) = (one, two) {
        report.say(format!("Between processes, a pipe takes {:.1} times as long on two cores as on one.", two / one));
    }
    if median("spin-threads", "one-core").or(median("spin-processes", "one-core")).is_some() {
        report.say(
            "Spinning needs two cores: on one, who looks again and again keeps the other from answering until its time \
             slice is over.",
        );
    }
}

fn stream(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("message-passing", &["variant", "placement", "throughput", "size", "a message"]);
    let sizes = arguments.size.map_or(SIZES.to_vec(), |only| vec![only]);
    let chosen = |variant: &&Variant| match &arguments.variant {
        Some(only) => only == variant.name,
        None => STREAMS.contains(&variant.name),
    };
    let mut trace = Trace::default();
    for (place, placement) in places(arguments, &mut report) {
        for variant in VARIANTS.iter().filter(chosen) {
            let streams: io::Result<Vec<_>> =
                sizes.iter().map(|&size| Ok((size, one_way(variant, &placement, size, arguments.trips)?))).collect();
            let streams = match streams {
                Ok(streams) => streams,
                Err(why) => {
                    report.left_out(variant.name, why);
                    continue;
                }
            };
            let slowest = streams.iter().map(|(_, (each, _))| *each).fold(0.0, f64::max);
            for (size, (each, times)) in streams {
                let rate = size as f64 / each * 1e9;
                // A pointer has no throughput: the bytes behind it stay where they are.
                let mib = if variant.copies { format!("{:.1} MiB/s", rate / f64::from(1 << 20)) } else { "-".into() };
                let cells = [variant.name.to_owned(), place.replace('-', " "), mib, size.to_string(), time(each)];
                report.row(cells, each / slowest);
                report.outcome(variant.name, size, &format!("message-{place}"), "ns", each);
                if variant.copies {
                    report.outcome(variant.name, size, &format!("throughput-{place}"), "bytes/s", rate);
                }
                trace.team(&format!("{}, {place}, {size} bytes", variant.name), &times.spans);
            }
        }
    }
    report.say(
        "Every message came, in order. A message through a channel between threads is a pointer: nothing is copied, \
         whatever its size.",
    );
    end(arguments, &report, &trace)
}

/// The median of what a message took that went one way, and the last round.
fn one_way(variant: &Variant, placement: &Placement, size: usize, trips: u64) -> io::Result<(f64, Times)> {
    let turns = variant.spins && (placement.cpus().len() == 1 || machine::usable_cpus() == 1);
    let messages = match variant.copies {
        true if turns => BATCH,
        true => (trips * 4096 / size as u64).clamp(BATCH, 20 * trips),
        false => (20 * trips).min(MOST_QUEUED),
    };
    let job = Job { placement: placement.clone(), size, exchange: Exchange::Stream { messages } };
    let mut rounds = (0..ROUNDS).map(|_| (variant.run)(&job)).collect::<io::Result<Vec<_>>>()?;
    rounds.sort_unstable_by(|a, b| a.each(messages).total_cmp(&b.each(messages)));
    let median = rounds.swap_remove(ROUNDS / 2);
    Ok((median.each(messages), median))
}

fn structs(arguments: &Arguments) -> io::Result<Ending> {
    let has_nothing = arguments.variant.is_none() && arguments.placement.is_none() && arguments.size.is_none();
    if !has_nothing || arguments.common.trace.is_some() {
        let what = "--measure struct sends nothing away; leave --variant, --placement, --size and --trace out";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let mut report = Report::new("message-passing", &["form", "bytes", "a struct"]);
    let mut all = Vec::new();
    for form in FORMS {
        let rounds = (0..ROUNDS).map(|_| (form.hand_over)(Reading::example(), arguments.trips));
        let mut rounds = rounds.collect::<io::Result<Vec<_>>>()?;
        rounds.sort_unstable_by(|a, b| a.each.total_cmp(&b.each));
        let handed = rounds.swap_remove(ROUNDS / 2);
        if handed.reading != (Reading { number: arguments.trips, ..Reading::example() }) {
            return Err(io::Error::other(format!("{}: another struct came than was sent", form.name)));
        }
        all.push((form.name, handed));
    }
    let slowest = all.iter().map(|(_, handed)| handed.each).fold(0.0, f64::max);
    for (name, handed) in &all {
        report.row([(*name).to_owned(), handed.bytes.to_string(), time(handed.each)], handed.each / slowest);
        report.outcome(name, "struct", "hand-over", "ns", handed.each);
        report.outcome(name, "struct", "encoded", "bytes", handed.bytes as f64);
    }
    report.say("Every struct came as it was sent, from a thread to itself: nobody was woken.");
    end(arguments, &report, &Trace::default())
}

fn end(arguments: &Arguments, report: &Report, trace: &Trace) -> io::Result<Ending> {
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if report.is_partial() { Ending::NotShown } else { Ending::Shown })
}

/// A time as people read it, from nanoseconds.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}
