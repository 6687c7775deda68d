//! The question: how long does a lock stay with one worker, and what does a hand-over to another worker cost?

use std::io;

use lab::quantity::Quantity;
use lab::{
    Case, Chosen, Done, Question, Report, Row, Whole, Workers, median, team,
};
use mutex_fixes::Section;
use mutex_fixes::held::{Held, LOCKS, Lock};

/// How many additions does a worker make in a row, and what does it cost to hand the lock to another worker?
#[derive(clap::Args)]
pub struct Turns {
    /// How many times each worker adds one
    #[arg(long, value_name = "N", default_value = "300000")]
    increments: Whole<100, 10_000_000>,

    /// How many times each lock is measured
    #[arg(long, value_name = "N", default_value = "30")]
    rounds: Whole<3, 1000>,
}

/// A lock, and the number of workers.
pub type Given = (&'static Lock, usize);

/// A third of all rounds: those with the shortest turns, or those with the longest.
struct Third<'a>(Vec<&'a Held>);

impl Third<'_> {
    fn of(&self, number: impl Fn(&Held) -> f64) -> f64 {
        median(self.0.iter().map(|held| number(held)))
    }

    /// Additions in a row, nanoseconds for each, and how often a worker slept and called the kernel in a million additions.
    fn numbers(&self) -> [f64; 4] {
        let each = |held: &Held, number: Option<u64>| {
            number.map_or(f64::NAN, |number| {
                1e6 * number as f64 / held.counted as f64
            })
        };
        [
            self.of(turn),
            self.of(time),
            self.of(|held| each(held, held.sleeps)),
            self.of(|held| each(held, held.calls)),
        ]
    }
}

/// How many additions a worker made in a row.
fn turn(held: &Held) -> f64 {
    held.counted as f64 / held.hand_overs as f64
}

/// What an addition took, in nanoseconds.
fn time(held: &Held) -> f64 {
    team::elapsed(&held.spans).as_nanos() as f64 / held.counted as f64
}

/// The third of the rounds with the shortest turns, and the third with the longest.
fn thirds(runs: &[[Held; 2]]) -> [Third<'_>; 2] {
    let mut sorted: Vec<&Held> = runs.iter().map(|[_, held]| held).collect();
    sorted.sort_by(|one, other| turn(one).total_cmp(&turn(other)));
    let third = sorted.len() / 3;
    [
        Third(sorted[..third].to_vec()),
        Third(sorted[sorted.len() - third..].to_vec()),
    ]
}

impl Question for Turns {
    const NAME: &str = "turns";
    const SHOWN: &str = "every addition counted, and the lock changed hands";
    const EXAMPLES: &str = "cargo run -p mutex-fixes -- turns
        cargo run -p mutex-fixes -- turns --variant futex-threads --rounds 300";
    const WORKERS: Option<Workers> =
        Some(Workers { least: 2, default: Some(2), ..Workers::ANY });
    const DRAWS: bool = false;
    type Given = Given;
    /// The runs of one worker alone, and of all workers.
    type Run = [Held; 2];

    fn variants() -> Vec<&'static str> {
        LOCKS.iter().map(|lock| lock.name).collect()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        Ok(LOCKS
            .iter()
            .map(|lock| Case::new(lock.name, workers, (lock, workers)))
            .collect())
    }

    fn rounds(&self) -> u64 {
        self.rounds.0
    }

    fn run(&self, case: &Case<Given>) -> io::Result<[Held; 2]> {
        let (lock, workers) = case.given;
        let hold =
            |workers| (lock.hold)(workers, self.increments.0, Section::Short);
        Ok([hold(1)?, team::contending(|| hold(workers), |held| &held.spans)?])
    }

    fn tell(&self, case: &Case<Given>, runs: &[[Held; 2]], row: &mut Row<'_>) {
        if runs.iter().any(|[_, held]| {
            held.counted != case.given.1 as u64 * self.increments.0
        }) {
            row.wrong();
        }
        for (third, parameter) in thirds(runs).iter().zip(["shortest", "longest"]) {
            if parameter == "longest" {
                row.line_at(parameter);
            } else {
                row.at(parameter);
            }
            let [turn, time, sleeps, calls] = third.numbers();
            row.words("turns", parameter);
            row.number_in("additions a turn", "turn", "additions", turn);
            row.number_in("each takes", "turn-time", "ns", time);
            row.number_in("sleeps", "turn-sleeps", "sleeps", sleeps);
            row.number_in("calls", "turn-calls", "calls", calls);
            row.bar(0.0); // the last number is sleeps in one row and calls in another
        }
        // An addition takes at least as long as with one worker. The rest is the price of the hand-overs.
        let price =
            |[alone, held]: &[Held; 2]| (time(held) - time(alone)) * turn(held);
        let price = median(runs.iter().map(price));
        row.at(case.given.1);
        row.aside("hand-over", "ns", price);
        if price > 0.0 {
            let price = Quantity { value: price, unit: "ns" }.rounded(2);
            row.say_of_times(format!(
                "{}: a hand-over of the lock to another worker takes about {price}.",
                case.name
            ));
        }
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("A turn is the additions that a worker makes in a row, until another worker has the lock; “each takes” is the time of one addition. “shortest” stands for the third of the rounds with the shortest turns, “longest” for the third with the longest. Sleeps and kernel calls are counted per million additions. Only futex-threads, our copy of the standard library's mutex, can count its calls.");
    }
}
