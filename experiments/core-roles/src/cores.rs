//! The second question: does the same work take as long on each CPU, and on all CPUs at once?

use std::io;
use std::time::Duration;

use core_roles::{SIZE, cpu_time};
use lab::doubt::times_as;
use lab::report::thousands;
use lab::work::mandelbrot_row;
use lab::{
    Case, Chosen, Done, Placement, Question, Report, Row, Whole, machine, median,
    threads_on,
};

/// Are this machine's cores equal?
#[derive(clap::Args)]
pub struct Cores {
    /// Measure in this many rounds; by default 5 to 41, which take about a third of a second
    #[arg(long, value_name = "N")]
    rounds: Option<Whole<5, 1000>>,
}

const ALONE: &str = "one-at-a-time";
const TOGETHER: &str = "all-at-once";

impl Question for Cores {
    const NAME: &str = "cores";
    const SHOWN: &str = "the same work was done on every CPU";
    const EXAMPLES: &str = "cargo run -p core-roles -- cores
        cargo run -p core-roles -- cores --rounds 1000";
    const DRAWS: bool = false;
    /// The CPUs that work at once.
    type Given = Vec<usize>;
    /// How long the work took on each.
    type Run = Vec<Duration>;

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Vec<usize>>>> {
        let mut cpus = Placement::apart().cpus().to_vec();
        cpus.sort_unstable();
        if cpus.is_empty() {
            for name in [ALONE, TOGETHER] {
                report.left_out(name, "the system binds no thread to a CPU");
            }
            return Ok(Vec::new());
        }
        let alone = cpus.iter().map(|cpu| Case::new(ALONE, cpu, vec![*cpu]));
        Ok(alone.chain([Case::new(TOGETHER, "cpus", cpus.clone())]).collect())
    }

    fn rounds(&self) -> u64 {
        self.rounds.map_or(
            (300 / (Placement::apart().cpus().len() as u64 + 2)).clamp(5, 41),
            |rounds| rounds.0,
        )
    }

    fn run(&self, case: &Case<Vec<usize>>) -> io::Result<Vec<Duration>> {
        timed_rows(&case.given)
    }

    fn tell(
        &self,
        case: &Case<Vec<usize>>,
        runs: &[Vec<Duration>],
        row: &mut Row<'_>,
    ) {
        for (at, cpu) in case.given.iter().enumerate() {
            let [lower, middle, upper] = quartiles(runs, at);
            row.line_at(cpu);
            row.words("CPU", cpu.to_string());
            for (what, file) in TOLD {
                let told = machine::read(&format!(
                    "/sys/devices/system/cpu/cpu{cpu}/{file}"
                ));
                let told = told.trim();
                if !told.is_empty() {
                    let number = told.parse().ok().filter(|_| what != SIBLINGS);
                    row.words(what, number.map_or(told.to_owned(), thousands));
                }
            }
            row.words("spread", format!("{:.3}", upper / lower));
            row.number_in("time of a row", "row", "ns", middle);
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let of = |name| done.iter().filter(move |done| done.case.name == name);
        let alone: Vec<[f64; 3]> =
            of(ALONE).map(|done| quartiles(&done.runs, 0)).collect();
        let medians = || alone.iter().map(|[_, median, _]| *median);
        let between =
            medians().fold(0.0, f64::max) / medians().fold(f64::INFINITY, f64::min);
        let within =
            alone.iter().map(|[lower, _, upper]| upper / lower).fold(1.0, f64::max);
        let at_once = of(TOGETHER).flat_map(|done| {
            (0..done.case.given.len()).map(|at| quartiles(&done.runs, at)[1])
        });
        let slowdown =
            median(at_once.zip(medians()).map(|(at_once, alone)| at_once / alone));
        if alone.is_empty() {
            return;
        }
        report.say("Each CPU computes the same row of a picture. The time of a row is the median, in CPU time, and the spread is the upper quartile divided by the lower one. The capacity, if shown, is the kernel's rating of the CPU's speed, at most 1,024.");
        report.outcome(ALONE, "cpus", "between", "times", between);
        report.outcome(ALONE, "cpus", "within", "times", within);
        report.outcome(TOGETHER, "cpus", "slowdown", "times", slowdown);
        if alone.len() == 1 {
            report.say("With one CPU there is nothing to compare.");
            return;
        }
        report.say_of_times(format!(
            "One at a time, the slowest CPU takes {between:.3} times as long as the fastest, and the largest spread within one CPU is \
             {within:.3}. When all CPUs compute at once, a CPU takes {} as when it computes alone.",
            times_as("long", slowdown)
        ));
        report.say_of_times(match () {
            () if differ(&alone) => "The CPUs are not equal: one is slower than another in most rounds.",
            () if between < 1.05 => "The CPUs are equal, as far as these rounds tell.",
            () => "These rounds don't tell whether the CPUs are equal, because the times of one CPU lie too far apart.",
        });
    }
}

/// The CPUs that are hardware threads of one core, by their numbers.
const SIBLINGS: &str = "CPUs of its core";

/// What the system may tell of a CPU, and where. Source: sysfs-devices-system-cpu (Linux ABI).
const TOLD: [(&str, &str); 3] = [
    ("capacity", "cpu_capacity"),
    ("most kHz", "cpufreq/cpuinfo_max_freq"),
    (SIBLINGS, "topology/thread_siblings_list"),
];

/// The number of a row that takes about a third of a millisecond.
const ROW: usize = 500;

// ANCHOR: cores
/// The CPU time that the same row takes on each of these CPUs, which all compute at
/// once.
fn timed_rows(cpus: &[usize]) -> io::Result<Vec<Duration>> {
    Ok(threads_on(&Placement::on(cpus.iter().copied()), cpus.len(), |_| {
        timed_row()
    })?
    .results)
}

/// The CPU time of a row on a CPU that has just computed one. By the clock on the
/// wall, a CPU that somebody else uses would look slow.
fn timed_row() -> Duration {
    mandelbrot_row(ROW, SIZE);
    let before = cpu_time();
    mandelbrot_row(ROW, SIZE);
    cpu_time().saturating_sub(before)
}
// ANCHOR_END: cores

/// How long the work took on one of the CPUs, in nanoseconds: the lower quartile, the median, and the upper quartile.
fn quartiles(runs: &[Vec<Duration>], at: usize) -> [f64; 3] {
    let mut sorted: Vec<f64> =
        runs.iter().map(|times| times[at].as_nanos() as f64).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    [0.25, 0.5, 0.75]
        .map(|share| sorted[((sorted.len() - 1) as f64 * share).round() as usize])
}

/// Whether one of these CPUs is slower than another in most rounds, by more than a twentieth: its lower quartile lies above the
/// other's upper quartile.
fn differ(quartiles: &[[f64; 3]]) -> bool {
    let upper =
        quartiles.iter().map(|[.., upper]| *upper).fold(f64::INFINITY, f64::min);
    quartiles.iter().any(|[lower, ..]| *lower > 1.05 * upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_differ_when_most_rounds_say_so() {
        let of = |times: [u64; 5]| {
            quartiles(&times.map(|time| vec![Duration::from_nanos(time)]), 0)
        };
        let all = [
            [100, 101, 102, 103, 190],
            [100, 170, 150, 160, 101],
            [120, 130, 131, 132, 133],
        ];
        let [fast, disturbed, slow] = all.map(of);
        assert_eq!(disturbed, [101.0, 150.0, 160.0]);
        assert!(!differ(&[]) && !differ(&[fast, disturbed]));
        assert!(differ(&[fast, slow]) && differ(&[slow, fast]));
    }
}
