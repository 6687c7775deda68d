//! Are this machine's cores equal? The same work, bound to each CPU in turn, and to all of them at once.

use std::io;
use std::time::Duration;

use lab::work::mandelbrot_row;
use lab::{Placement, machine, threads_on};

use crate::cpu_time;
use crate::load::SIZE;

/// A CPU, and what the same piece of work took there in each round.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// Its number, as the system counts.
    pub number: usize,
    /// While the others had none of this work, in order.
    pub one_at_a_time: Vec<Duration>,
    /// While all did the same, in order.
    pub all_at_once: Vec<Duration>,
}

/// A row that takes about a third of a millisecond.
const ROW: usize = 500;

// ANCHOR: cores
/// Times the same row on each CPU, in so many rounds. Round by round, so that what disturbs the machine for a while doesn't
/// look like a CPU that is slower than the others.
///
/// # Errors
/// The system refuses a thread.
pub fn measure(rounds: u64) -> io::Result<Vec<Cpu>> {
    let all = Placement::apart();
    let new = |number: &usize| Cpu { number: *number, one_at_a_time: Vec::new(), all_at_once: Vec::new() };
    let mut cpus: Vec<Cpu> = all.cpus().iter().map(new).collect();
    for _ in 0..rounds {
        for cpu in &mut cpus {
            let took = threads_on(&Placement::on([cpu.number]), 1, |_| timed_row())?.results;
            cpu.one_at_a_time.extend(took);
        }
        let took = threads_on(&all, cpus.len(), |_| timed_row())?.results;
        for (cpu, took) in cpus.iter_mut().zip(took) {
            cpu.all_at_once.push(took);
        }
    }
    cpus.iter_mut().for_each(|cpu| {
        cpu.one_at_a_time.sort_unstable();
        cpu.all_at_once.sort_unstable();
    });
    cpus.sort_by_key(|cpu| cpu.number);
    Ok(cpus)
}

/// The CPU time that a row takes on a CPU that has just computed another. By the clock on the wall, a CPU that somebody
/// else uses would look like a slow one.
fn timed_row() -> Duration {
    mandelbrot_row(ROW, SIZE);
    let before = cpu_time();
    mandelbrot_row(ROW, SIZE);
    cpu_time().saturating_sub(before)
}
// ANCHOR_END: cores

/// How many CPUs so many workers have.
pub fn count(workers: usize) -> usize {
    let bound = Placement::apart().cpus().len();
    workers.min(if bound == 0 { machine::usable_cpus() } else { bound })
}

/// How many rounds fit into about a third of a second on so many CPUs: from 5 to 41.
pub fn rounds_for(cpus: usize) -> u64 {
    (300 / (cpus as u64 + 2)).clamp(5, 41)
}

/// The value at this share of the way through what is sorted, from 0 to 1.
///
/// # Panics
/// There is no value.
pub fn at(share: f64, sorted: &[Duration]) -> Duration {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

impl Cpu {
    /// The quartiles of what the work took one CPU at a time: a quarter of the rounds took no longer, half, three quarters.
    ///
    /// # Panics
    /// There was no round.
    pub fn quartiles(&self) -> [Duration; 3] {
        [0.25, 0.5, 0.75].map(|share| at(share, &self.one_at_a_time))
    }
}

/// Whether one of these CPUs is slower than another in most rounds, and by more than a twentieth: its lower quartile lies
/// above the other's upper one.
pub fn differ(cpus: &[Cpu]) -> bool {
    let upper = cpus.iter().map(|cpu| cpu.quartiles()[2]).min();
    cpus.iter().any(|cpu| upper.is_some_and(|upper| cpu.quartiles()[0] > upper.mul_f64(1.05)))
}

/// How far apart two times lie: the longer over the shorter.
pub fn apart(one: Duration, other: Duration) -> f64 {
    one.max(other).as_secs_f64() / one.min(other).as_secs_f64().max(1e-9)
}

/// What the system tells about whether the CPUs are equal, in words. Source: sysfs-devices-system-cpu (Linux ABI).
pub fn told() -> String {
    let mut told = Vec::new();
    for (what, file) in
        [("a capacity of", "cpu_capacity"), ("a highest frequency in kHz of", "cpufreq/cpuinfo_max_freq")]
    {
        let mut values: Vec<u64> = Placement::apart()
            .cpus()
            .iter()
            .filter_map(|cpu| read(&format!("/sys/devices/system/cpu/cpu{cpu}/{file}"))?.parse().ok())
            .collect();
        values.sort_unstable();
        values.dedup();
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            let each = if values.len() == 1 { " for each CPU" } else { "" };
            told.push(format!("{what} {}{each}", values.join(" or ")));
        }
    }
    for (what, file) in
        [("performance cores", "/sys/devices/cpu_core/cpus"), ("efficient cores", "/sys/devices/cpu_atom/cpus")]
    {
        if let Some(cpus) = read(file) {
            told.push(format!("{what} on the CPUs {cpus}"));
        }
    }
    match told.is_empty() {
        true => "The system tells nothing of the CPUs' kinds: no capacity, no frequency, no type.".to_owned(),
        false => format!("The system tells of {}.", told.join("; ")),
    }
}

/// Which of the CPUs are threads of one core, as far as the system tells.
pub fn siblings() -> String {
    let of = |cpu: &usize| read(&format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"));
    let all: Option<Vec<String>> = Placement::apart().cpus().iter().map(of).collect();
    match all {
        None => "It doesn't tell which CPUs are threads of one core.".to_owned(),
        Some(mut cores) => {
            cores.sort_unstable();
            let cpus = cores.len();
            cores.dedup();
            match cores.len() {
                all if all == cpus => "It says that no two of them are threads of one core.".to_owned(),
                _ => format!("It says that these are threads of one core each: {}.", cores.join("; ")),
            }
        }
    }
}

fn read(file: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_there_are() {
        let sorted = [1, 2, 3, 4, 9].map(Duration::from_nanos);
        let of = |share| at(share, &sorted).as_nanos();
        assert_eq!([of(0.0), of(0.25), of(0.5), of(0.75), of(1.0)], [1, 2, 3, 4, 9]);
        assert_eq!(at(0.5, &sorted[..1]), sorted[0]);
    }

    #[test]
    fn cpus_differ_when_most_rounds_say_so() {
        let cpu = |number, times: [u64; 5]| Cpu {
            number,
            one_at_a_time: times.map(Duration::from_nanos).to_vec(),
            all_at_once: Vec::new(),
        };
        let [fast, disturbed, slow] =
            [cpu(0, [100, 101, 102, 103, 190]), cpu(1, [100, 101, 150, 160, 170]), cpu(2, [120, 130, 131, 132, 133])];
        assert!(!differ(&[]) && !differ(&[fast.clone(), disturbed]));
        assert!(differ(&[fast.clone(), slow.clone()]) && differ(&[slow, fast]));
    }

    #[test]
    fn how_far_apart_has_no_direction() {
        let [short, long] = [2, 3].map(Duration::from_nanos);
        assert_eq!((apart(short, long), apart(long, short), apart(long, long)), (1.5, 1.5, 1.0));
    }

    #[test]
    fn many_cpus_get_fewer_rounds_and_never_too_few_for_quartiles() {
        assert_eq!([1, 2, 8, 64, 1024].map(rounds_for), [41, 41, 30, 5, 5]);
    }
}
