//! When times can't be compared: what else the machine did while a question's cases ran, and whether rounds agree.

use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use base::machine::{self, CpuTime};
use base::modes;

use crate::report::thousands;
use crate::{Placement, Usage, median};

/// The share of the machine's CPU time that other programs may use, and that a hypervisor may give to other machines.
const OTHERS: f64 = 0.05;
const STOLEN: f64 = 0.02;

/// If other programs use more than this share, the machine is called busy.
const BUSY: f64 = 0.25;

/// Fewer seconds than this tell nothing: the kernel counts in ticks, most often of 10 ms, and charges a few of them wrongly.
const SHOWS: f64 = 0.05;

/// In a shorter run the ticks tell nothing. Then the number of threads that want to run, at the beginning and at the end,
/// decides.
const SHORT: Duration = Duration::from_millis(200);

/// The share of its time that a worker with a CPU of its own may wait for it, if each wait is longer than a wake-up takes.
const WAITED: f64 = 0.1;
const WAKES: Duration = Duration::from_micros(500);

/// What the machine had done when the cases began.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Instant,
    running: Option<u64>,
    spent: Option<(CpuTime, f64)>,
}

impl Watch {
    /// Watches from now on. A thread has one watch at a time: teams note their waits for the last one that it began.
    pub(crate) fn begin() -> Self {
        WAITS.set(Waits::default());
        Self { running: machine::running(), spent: machine::cpu_time().map(|cpu| (cpu, ours())), began: Instant::now() }
    }

    /// Why times can't be compared, in sentences; none if nothing was in the way, or if the system doesn't tell.
    pub(crate) fn end(self) -> Vec<String> {
        let (took, spent) = (self.began.elapsed(), machine::cpu_time().map(|cpu| (cpu, ours())));
        let running = self.running.zip(machine::running()).map(|(before, after)| before.min(after));
        let used = self.spent.zip(spent).map(|((before, ours_before), (after, ours))| Used {
            all: after.all - before.all,
            others: (after.all - after.idle - after.stolen - ours)
                - (before.all - before.idle - before.stolen - ours_before),
            stolen: after.stolen - before.stolen,
        });
        doubts(took, running, used, machine::this().cpus, WAITS.take())
    }
}

/// Where CPU time went, in seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    all: f64,
    others: f64,
    stolen: f64,
}

/// The CPU time of this process, its ended children and its running children, in seconds. A child's own child counts when the
/// child has ended.
fn ours() -> f64 {
    let children = machine::read("/proc/thread-self/children");
    let left: f64 = children.split_whitespace().filter_map(machine::cpu_time_of).flatten().sum();
    // Ticks are too coarse for a process of our own that ends within one tick.
    let ended = Usage::of_process().cpu + Usage::of_children().cpu;
    ended.as_secs_f64() + left
}

fn doubts(took: Duration, running: Option<u64>, used: Option<Used>, cpus: usize, waits: Waits) -> Vec<String> {
    let Used { all, others, stolen } = used.unwrap_or_default();
    let mut doubts = Vec::new();
    if took < SHORT {
        // One of these threads is our own.
        if let Some(others @ 1..) = running.map(|running| running.saturating_sub(1)) {
            let threads = if others == 1 { "another thread".to_owned() } else { format!("{others} other threads") };
            doubts.push(format!("This machine is busy: {threads} wanted to run at the same time."));
        }
    } else if others > (OTHERS * all).max(SHOWS) {
        let used = match cpus {
            1 => format!("{:.0} % of its CPU", 100.0 * others / all),
            _ => format!("{:.1} of its {cpus} CPUs", others / all * cpus as f64),
        };
        let is = if others > BUSY * all { "is busy" } else { "isn't quiet" };
        doubts.push(format!("This machine {is}: other programs used {used} during this run."));
    }
    if stolen > (STOLEN * all).max(SHOWS) {
        let share = 100.0 * stolen / all;
        doubts.push(format!(
            "The hypervisor gave {share:.0} % of this machine's CPU time to other machines during this run."
        ));
    }
    let share = waits.waited.as_secs_f64() / waits.worked.as_secs_f64();
    if share > WAITED && waits.waited > WAKES * waits.times {
        let share = 100.0 * share;
        doubts.push(format!("Each worker had a CPU of its own, but waited for that CPU for {share:.0} % of its time."));
    }
    doubts
}

/// How long workers with a CPU of their own waited for it.
#[derive(Clone, Copy, Debug, Default)]
struct Waits {
    worked: Duration,
    waited: Duration,
    times: u32,
}

thread_local! {
    /// The waits of all teams that this thread has run since its watch began.
    static WAITS: Cell<Waits> = Cell::default();

    /// The ratio of the two modes, if the values of which this thread last took a median had two.
    static MODES: Cell<Option<f64>> = const { Cell::new(None) };
}

/// If these values have two modes, the one that more values gather at. The ratio of the two is noted for the report.
pub(crate) fn two_modes(values: &[f64]) -> Option<f64> {
    let alone: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
    let modes = modes::modes(&alone)?;
    let [lower, upper] = modes.values;
    MODES.set(Some(upper / lower));
    Some(if modes.lower_share < 0.5 { upper } else { lower })
}

/// The ratio of the higher mode to the lower one, if some values had two modes since this was last asked.
pub(crate) fn two_modes_since() -> Option<f64> {
    MODES.take().filter(|factor| factor.is_finite())
}

/// Notes for the watch how long the workers of a team worked, and how often and how long they waited for their CPU.
pub(crate) fn note(worked: Duration, waited: [u64; 2]) {
    let before = WAITS.get();
    WAITS.set(Waits {
        worked: before.worked + worked,
        waited: before.waited + Duration::from_nanos(waited[0]),
        times: before.times.saturating_add(u32::try_from(waited[1]).unwrap_or(u32::MAX)),
    });
}

/// The kernel's account of the thread that opens it: how long it has waited for a CPU, and how often it got one. Source: the
/// kernel's documentation of `schedstat`.
#[derive(Debug)]
pub(crate) struct Account(File);

impl Account {
    /// The account of the calling thread, if each of this many workers has a CPU of its own there; opened before they start.
    pub(crate) fn of_worker(placement: &Placement, workers: usize) -> Option<Self> {
        (2..=placement.cpus().len())
            .contains(&workers)
            .then(|| File::open("/proc/thread-self/schedstat").ok().map(Self))?
    }

    /// How long the thread has waited, in nanoseconds, and how often it got a CPU.
    pub(crate) fn look(&self) -> Option<[u64; 2]> {
        let mut text = [0; 64];
        let length = self.0.read_at(&mut text, 0).ok()?;
        let mut numbers = str::from_utf8(&text[..length]).ok()?.split_whitespace().skip(1).map(str::parse);
        Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
    }
}

/// By what factor the second of two ways differs from the first, as people say it with a word such as `long` or `fast`: `2.4
/// times as long`. Nothing if the rounds of a way lie too far apart to settle it.
pub fn compared(first: &[f64], second: &[f64], what: &str) -> Option<String> {
    let ([low, high], [second_low, second_high]) = (most(first)?, most(second)?);
    let (least, greatest) = (second_low / high, second_high / low);
    let ratio = median(second.iter().copied()) / median(first.iter().copied());
    let is_same = (0.95..=1.05).contains(&ratio) && least > 0.8 && greatest < 1.25;
    (is_same || least > 1.0 || greatest < 1.0).then(|| times_as(what, ratio))
}

/// The ends of the middle half of these values; of fewer than four values, the ends of all.
fn most(values: &[f64]) -> Option<[f64; 2]> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    Some([*sorted.get(cut)?, *sorted.get(sorted.len().checked_sub(cut + 1)?)?])
}

/// A ratio as people say it with a word such as `long` or `fast`: `2.4 times as long`, `half as long`, `about as long`.
pub fn times_as(what: &str, ratio: f64) -> String {
    const PARTS: [&str; 9] =
        ["half", "a third", "a quarter", "a fifth", "a sixth", "a seventh", "an eighth", "a ninth", "a tenth"];
    let part = (1.0 / ratio).round();
    let part = PARTS.get((part as usize).wrapping_sub(2)).filter(|_| (ratio * part - 1.0).abs() < 0.06);
    match (ratio, part) {
        (0.95..=1.05, _) => format!("about as {what}"),
        (1.95..=2.05, _) => format!("twice as {what}"),
        (9.95.., _) => format!("{} times as {what}", thousands(ratio.round() as u64)),
        (1.05.., _) => format!("{ratio:.1} times as {what}"),
        (_, Some(part)) => format!("{part} as {what}"),
        (..0.095, _) => format!("less than a tenth as {what}"),
        _ => format!("{:.0} % as {what}", 100.0 * ratio),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The doubts about a run of this many seconds on two CPUs, if other programs used this much of them and the hypervisor gave
    /// so much to other machines.
    fn said(took: f64, running: u64, [others, stolen]: [f64; 2]) -> String {
        let used = Used { all: 2.0 * took, others, stolen };
        doubts(Duration::from_secs_f64(took), Some(running), Some(used), 2, Waits::default()).join(" ")
    }

    #[test]
    fn a_busy_machine_is_told_and_a_quiet_one_is_not() {
        assert_eq!(said(1.0, 9, [0.09, 0.04]), "");
        assert_eq!(
            said(2.0, 1, [2.8, 0.04]),
            "This machine is busy: other programs used 1.4 of its 2 CPUs during this run."
        );
        assert_eq!(
            said(2.0, 1, [0.0, 0.2]),
            "The hypervisor gave 5 % of this machine's CPU time to other machines during this run."
        );
        assert_eq!(
            said(2.0, 1, [0.3, 0.04]),
            "This machine isn't quiet: other programs used 0.1 of its 2 CPUs during this run."
        );
        let alone = Used { all: 1.0, others: 0.6, stolen: 0.0 };
        let of_one = doubts(Duration::from_secs(1), None, Some(alone), 1, Waits::default());
        assert_eq!(of_one, ["This machine is busy: other programs used 60 % of its CPU during this run."]);
    }

    #[test]
    fn in_a_short_run_a_few_ticks_say_nothing_and_threads_that_want_to_run_do() {
        assert_eq!(said(0.25, 3, [0.04, 0.04]), "", "a few ticks");
        assert_eq!(said(0.1, 1, [0.19, 0.0]), "", "too short for the ticks");
        assert_eq!(said(0.1, 4, [0.0; 2]), "This machine is busy: 3 other threads wanted to run at the same time.");
        assert_eq!(said(0.1, 2, [0.0; 2]), "This machine is busy: another thread wanted to run at the same time.");
    }

    #[test]
    fn where_the_system_tells_nothing_nothing_is_said() {
        assert!(doubts(Duration::ZERO, None, None, 1, Waits::default()).is_empty());
        assert!(doubts(Duration::from_secs(9), None, None, 1, Waits::default()).is_empty());
    }

    #[test]
    fn workers_that_wait_for_their_cpu_are_told_and_those_that_are_only_woken_are_not() {
        let said = |waited: u64, times| {
            let waits = Waits { worked: Duration::from_millis(100), waited: Duration::from_millis(waited), times };
            doubts(Duration::from_secs(1), None, None, 2, waits)
        };
        let waited = "Each worker had a CPU of its own, but waited for that CPU for 45 % of its time.";
        assert_eq!(said(45, 10), [waited]);
        assert!(said(9, 3).is_empty() && said(45, 1000).is_empty());
    }

    #[test]
    fn ratios_are_said_as_people_say_them() {
        let said =
            [2.41, 2.0, 0.5, 0.97, 0.12, 0.333, 0.7, 0.02, 1.3, 12.3, 1234.0].map(|ratio| times_as("long", ratio));
        let parts = ["2.4 times", "twice", "half", "about", "an eighth", "a third", "70 %", "less than a tenth"];
        let all = parts.into_iter().chain(["1.3 times", "12 times", "1,234 times"]);
        assert_eq!(said.to_vec(), all.map(|part| format!("{part} as long")).collect::<Vec<_>>());
    }

    #[test]
    fn rounds_that_overlap_settle_nothing() {
        let said = |first: &[f64], second: &[f64]| compared(first, second, "long").unwrap_or_default();
        assert_eq!(said(&[1.0, 1.1, 1.0], &[2.2, 2.0, 2.9]), "2.2 times as long");
        assert_eq!(said(&[1.0, 1.1, 1.0], &[1.0, 1.0, 0.95]), "about as long");
        assert_eq!(said(&[1.0, 2.0, 3.0], &[2.5, 4.0, 5.0]), "");
        assert_eq!(said(&[1.0, 9.0, 1.0], &[1.0, 1.0, 1.0]), "", "the same, or nine times");
        assert_eq!(said(&[], &[1.0]), "");
        // A few disturbed rounds don't matter among many.
        assert_eq!(said(&[1.0, 1.0, 1.0, 9.0], &[3.0, 3.0, 0.5, 3.0]), "3.0 times as long");
    }
}
