//! How large a program is, told before it is explored.

use std::fmt;

use crate::machine::Machine;
use crate::program::Program;
use crate::program::Step::{Add, FetchAdd, Receive};

// ANCHOR: multinomial
/// In how many ways sequences of these lengths can be interleaved, if nobody ever
/// waits. None only if a `u128` doesn't hold it.
pub fn multinomial(lengths: &[usize]) -> Option<u128> {
    let (mut ways, mut placed) = (1_u128, 0);
    for length in lengths {
        for number in 1..=*length as u128 {
            placed += 1;
            // The next number of ways is a whole one, and what number and ways
            // share is divided out before: so nothing is left over, and nothing
            // between is larger.
            let shared = gcd(ways, number);
            ways = (ways / shared).checked_mul(placed / (number / shared))?;
        }
    }
    Some(ways)
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
// ANCHOR_END: multinomial

/// The size of a program, as powers of ten where it may be large.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Size {
    steps: Vec<usize>,
    /// The decimal logarithm of the number of interleavings, if nobody ever waits.
    interleavings: f64,
    /// The decimal logarithm of a number that the states aren't more than.
    states: f64,
}

impl Size {
    pub fn of(program: &Program) -> Self {
        let steps: Vec<usize> = program.workers.iter().map(Vec::len).collect();
        let factorial = |n: usize| (1..=n).map(|k| (k as f64).log10()).sum::<f64>();
        let interleavings = factorial(steps.iter().sum())
            - steps.iter().map(|n| factorial(*n)).sum::<f64>();
        // Wherever the workers stand, each register, cell and message holds one of the values between the sum of
        // all that is taken away and the sum of all that is added. Where the workers stand says which locks they hold.
        let adds = program.workers.iter().flatten().filter_map(|step| match step {
            Add(number) | FetchAdd(_, number) => Some(f64::from(number.abs())),
            _ => None,
        });
        let values = (adds.sum::<f64>() + 1.0).log10();
        let received = program
            .workers
            .iter()
            .flatten()
            .filter(|step| matches!(step, Receive(_)))
            .count();
        let held = steps.len() + Machine::new(program).cells().len() + received;
        let positions: f64 = steps.iter().map(|n| (*n as f64 + 1.0).log10()).sum();
        Self { steps, interleavings, states: positions + held as f64 * values }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> =
            self.steps.iter().map(ToString::to_string).collect();
        write!(f, "{} workers of {} steps have ", steps.len(), steps.join(", "))?;
        write!(
            f,
            "{} interleavings if nobody waits, and at most {} states",
            about(self.interleavings),
            about(self.states)
        )
    }
}

/// A number in words, given by its decimal logarithm.
fn about(logarithm: f64) -> String {
    let power = logarithm.floor();
    format!("about {:.1}e{power}", 10_f64.powf(logarithm - power))
}
