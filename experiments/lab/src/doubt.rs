//! When times can't tell: what else the machine did while a question's cases ran, and whether rounds agree.

use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use base::machine::{self, CpuTime};
use base::modes;

use crate::report::thousands;
use crate::{Placement, Usage, median};

/// Other programs may use so much of the machine's CPU time, and a hypervisor may give others so much.
const OTHERS: f64 = 0.05;
const STOLEN: f64 = 0.02;

/// With so much of it in use one calls a machine busy.
const BUSY: f64 = 0.25;

/// The least that shows: the kernel counts in ticks, most often of 10 ms, and a few of them go to the wrong account.
const SHOWS: f64 = 0.05;

/// In less time than this the ticks tell nothing, and only who wants to run at the beginning and at the end does.
const SHORT: Duration = Duration::from_millis(200);

/// Workers with a CPU each may wait for it for so much of their time, if it's for longer than a wake-up takes.
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
    /// From now on. Only one at a time: teams note their waits for the last one that this thread began.
    pub(crate) fn begin() -> Self {
        WAITS.set(Waits::default());
        Self { running: machine::running(), spent: machine::cpu_time().map(|cpu| (cpu, ours())), began: Instant::now() }
    }

    /// What was in the way of telling times apart, in sentences; none where nothing was, or where nothing tells.
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

/// What this process has used, in seconds: itself, its ended children, and what of them is left. A child that another one
/// started counts when that one has ended.
fn ours() -> f64 {
    let children = machine::read("/proc/thread-self/children");
    let left: f64 = children.split_whitespace().filter_map(machine::cpu_time_of).flatten().sum();
    // Ticks are too coarse for a process of our own that is done within one.
    let ended = Usage::of_process().cpu + Usage::of_children().cpu;
    ended.as_secs_f64() + left
}

fn doubts(took: Duration, running: Option<u64>, used: Option<Used>, cpus: usize, waits: Waits) -> Vec<String> {
    let Used { all, others, stolen } = used.unwrap_or_default();
    let mut doubts = Vec::new();
    if took < SHORT {
        // Whoever asks runs too.
        if let Some(others @ 1..) = running.map(|running| running.saturating_sub(1)) {
            let threads = if others == 1 { "another thread".to_owned() } else { format!("{others} other threads") };
            doubts.push(format!("This machine is busy: {threads} wanted to run too."));
        }
    } else if others > (OTHERS * all).max(SHOWS) {
        let used = match cpus {
            1 => format!("{:.0} % of its CPU", 100.0 * others / all),
            _ => format!("{:.1} of its {cpus} CPUs", others / all * cpus as f64),
        };
        let is = if others > BUSY * all { "is busy" } else { "isn't quiet" };
        doubts.push(format!("This machine {is}: other programs used {used} meanwhile."));
    }
    if stolen > (STOLEN * all).max(SHOWS) {
        let share = 100.0 * stolen / all;
        doubts.push(format!("The hypervisor gave {share:.0} % of this machine's CPU time to others meanwhile."));
    }
    let share = waits.waited.as_secs_f64() / waits.worked.as_secs_f64();
    if share > WAITED && waits.waited > WAKES * waits.times {
        doubts.push(format!("Workers with a CPU each had to wait for it, for {:.0} % of their time.", 100.0 * share));
    }
    doubts
}

/// How long workers with a CPU each waited for it.
#[derive(Clone, Copy, Debug, Default)]
struct Waits {
    worked: Duration,
    waited: Duration,
    times: u32,
}

thread_local! {
    /// Of all teams that this thread has run since a watch began.
    static WAITS: Cell<Waits> = Cell::default();

    /// How many times one mode is the other, of what this thread last took a median of that had two.
    static MODES: Cell<Option<f64>> = const { Cell::new(None) };
}

/// If these values have two modes, the one where more of them are. It's noted for the report.
pub(crate) fn two_modes(values: &[f64]) -> Option<f64> {
    let alone: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
    let modes = modes::modes(&alone)?;
    let [lower, upper] = modes.values;
    MODES.set(Some(upper / lower));
    Some(if modes.lower_share < 0.5 { upper } else { lower })
}

/// How many times one mode is the other, if something had two since this was last asked.
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
    /// Of the thread that calls, if each of so many workers has a CPU of its own there; opened before they start.
    pub(crate) fn of_worker(placement: &Placement, workers: usize) -> Option<Self> {
        (2..=placement.cpus().len())
            .contains(&workers)
            .then(|| File::open("/proc/thread-self/schedstat").ok().map(Self))?
    }

    /// In nanoseconds, and how often.
    pub(crate) fn look(&self) -> Option<[u64; 2]> {
        let mut text = [0; 64];
        let length = self.0.read_at(&mut text, 0).ok()?;
        let mut numbers = str::from_utf8(&text[..length]).ok()?.split_whitespace().skip(1).map(str::parse);
        Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
    }
}

/// By what factor the second of two ways differs from the first, as people say it of what is `long` or `fast`: `2.4 times as
/// long`. Nothing where the rounds of the two lie too far apart to settle it.
pub fn compared(first: &[f64], second: &[f64], what: &str) -> Option<String> {
    let ([low, high], [second_low, second_high]) = (most(first)?, most(second)?);
    let (least, greatest) = (second_low / high, second_high / low);
    let ratio = median(second.iter().copied()) / median(first.iter().copied());
    let is_same = (0.95..=1.05).contains(&ratio) && least > 0.8 && greatest < 1.25;
    (is_same || least > 1.0 || greatest < 1.0).then(|| times_as(what, ratio))
}

/// The ends of the middle half of these; of fewer than four, of all.
fn most(values: &[f64]) -> Option<[f64; 2]> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    Some([*sorted.get(cut)?, *sorted.get(sorted.len().checked_sub(cut + 1)?)?])
}

/// A ratio as people say it of what is `long` or `fast`: `2.4 times as long`, `half as long`, `about as long`.
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

    /// What is said of a run of so many seconds on two CPUs, of which others used and the hypervisor gave away so much.
    fn said(took: f64, running: u64, [others, stolen]: [f64; 2]) -> String {
        let used = Used { all: 2.0 * took, others, stolen };
        doubts(Duration::from_secs_f64(took), Some(running), Some(used), 2, Waits::default()).join(" ")
    }

    #[test]
    fn a_busy_machine_is_told_and_a_quiet_one_is_not() {
        assert_eq!(said(1.0, 9, [0.09, 0.04]), "");
        assert_eq!(said(2.0, 1, [2.8, 0.04]), "This machine is busy: other programs used 1.4 of its 2 CPUs meanwhile.");
        assert_eq!(said(2.0, 1, [0.0, 0.2]), "The hypervisor gave 5 % of this machine's CPU time to others meanwhile.");
        assert_eq!(
            said(2.0, 1, [0.3, 0.04]),
            "This machine isn't quiet: other programs used 0.1 of its 2 CPUs meanwhile."
        );
        let alone = Used { all: 1.0, others: 0.6, stolen: 0.0 };
        let of_one = doubts(Duration::from_secs(1), None, Some(alone), 1, Waits::default());
        assert_eq!(of_one, ["This machine is busy: other programs used 60 % of its CPU meanwhile."]);
    }

    #[test]
    fn in_a_short_run_a_few_ticks_say_nothing_and_those_who_want_to_run_do() {
        assert_eq!(said(0.25, 3, [0.04, 0.04]), "", "a few ticks");
        assert_eq!(said(0.1, 1, [0.19, 0.0]), "", "too short for the ticks");
        assert_eq!(said(0.1, 4, [0.0; 2]), "This machine is busy: 3 other threads wanted to run too.");
        assert_eq!(said(0.1, 2, [0.0; 2]), "This machine is busy: another thread wanted to run too.");
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
        assert_eq!(said(45, 10), ["Workers with a CPU each had to wait for it, for 45 % of their time."]);
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
        // A few that were disturbed don't matter among many.
        assert_eq!(said(&[1.0, 1.0, 1.0, 9.0], &[3.0, 3.0, 0.5, 3.0]), "3.0 times as long");
    }
}
