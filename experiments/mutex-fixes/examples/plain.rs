//! Does the bench measure what it says? The loop of `mutex-threads` with one worker, as the bench runs it, beside the same
//! loop written plainly.
//!
//! Run `cargo run -p mutex-fixes --example plain` on a quiet machine. The ratio has to be close to 1; outside of 0.9 to
//! 1.1 the exit code is 1.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use mutex_fixes::{Section, mutex_threads};

/// A round of this many additions takes less than a time slice, so that most rounds are done without a break.
const TIMES: u64 = 20_000;
const ROUNDS: usize = 1001;

/// Nanoseconds for an addition in the program that anybody would write.
fn plain() -> f64 {
    let counter = Mutex::new(0_u64);
    let began = Instant::now();
    for _ in 0..TIMES {
        *counter.lock().unwrap() += 1;
    }
    let took = began.elapsed();
    assert_eq!(counter.into_inner().unwrap(), TIMES);
    took.as_nanos() as f64 / TIMES as f64
}

/// Nanoseconds for an addition as the bench measures it.
fn as_in_the_bench() -> f64 {
    let count =
        mutex_threads(1, TIMES, Section::Short).expect("a thread can be started");
    assert_eq!(count.counted, TIMES);
    lab::team::elapsed(&count.spans).as_nanos() as f64 / TIMES as f64
}

fn main() -> ExitCode {
    // The two take turns, so that a disturbance of the machine slows both.
    let (mut plainly, mut benched): (Vec<f64>, Vec<f64>) =
        (0..ROUNDS).map(|_| (plain(), as_in_the_bench())).unzip();
    for (what, times) in
        [("plainly", &mut plainly), ("as in the bench", &mut benched)]
    {
        times.sort_by(f64::total_cmp);
        let (least, most) = (times[0], times[ROUNDS - 1]);
        println!(
            "{what:<16} {:6.2} ns an addition, the median of {ROUNDS} ({least:.2} to {most:.2})",
            times[ROUNDS / 2]
        );
    }
    let ratio = benched[ROUNDS / 2] / plainly[ROUNDS / 2];
    println!("ratio            {ratio:6.3}");
    if (0.9..=1.1).contains(&ratio) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
