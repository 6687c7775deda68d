//! What disturbed a recording.

use base::machine::{self, CpuTime};
use edition::{Provenance, Recording, take};

/// Other programs may take this share of the CPU time before the recording is marked.
const OTHERS: f64 = 0.05;

/// A hypervisor may give this share to others before the recording is marked.
const STEAL: f64 = 0.01;

/// What is said where the system tells nothing of it, as without /proc.
const UNKNOWN: &str = "what else was at work meanwhile isn't known: the system tells neither its load nor steal time";

/// The machine at the beginning of a recording.
#[derive(Clone, Copy)]
pub struct Noise {
    load: Option<f64>,
    cpu: Option<CpuTime>,
}

impl Noise {
    /// Looks at the machine before anything else is done: a build of our own would show in its load.
    pub fn begin() -> Self {
        Self { load: machine::load(), cpu: machine::cpu_time() }
    }

    /// The load average, if it says that every CPU has something to do already.
    pub fn high_load(&self) -> Option<f64> {
        self.load.filter(|load| *load >= machine::usable_cpus() as f64)
    }

    /// Counts CPU time from now on, and keeps the load from before.
    pub fn again(&self) -> Self {
        Self { load: self.load, cpu: machine::cpu_time() }
    }

    /// Adds to `provenance` when this was, what the machine did meanwhile, and warnings where that was much.
    pub fn end(self, mut provenance: Provenance) -> Provenance {
        provenance.date = take::date();
        provenance.load_before = self.load;
        provenance.load_after = machine::load();
        match self.cpu.zip(machine::cpu_time()) {
            Some((before, after)) => {
                let spent = CpuTime {
                    all: after.all - before.all,
                    idle: after.idle - before.idle,
                    stolen: after.stolen - before.stolen,
                    children: after.children - before.children,
                };
                provenance.steal = Some(spent.stolen / spent.all).filter(|share| share.is_finite());
                provenance.warnings.extend(warnings(&spent));
            }
            None => provenance.warnings.push(UNKNOWN.to_owned()),
        }
        provenance
    }
}

fn warnings(spent: &CpuTime) -> Vec<String> {
    let mut warnings = Vec::new();
    let others = (spent.all - spent.idle - spent.stolen - spent.children) / spent.all;
    if others > OTHERS {
        warnings.push(format!("recorded under load: other programs took {:.0} % of the CPU time", 100.0 * others));
    }
    let stolen = spent.stolen / spent.all;
    if stolen > STEAL {
        warnings.push(format!("the hypervisor gave {:.0} % of the CPU time to others", 100.0 * stolen));
    }
    warnings
}

/// A warning if many intervals are wide.
pub fn wide_intervals(recording: &Recording) -> Option<String> {
    let times: Vec<_> =
        recording.points.iter().filter(|point| point.metric == "time").filter_map(|p| p.estimate()).collect();
    let wide = times.iter().filter(|estimate| estimate.is_wide()).count();
    (wide * 4 > times.len()).then(|| format!("{wide} of {} intervals are wide", times.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::Point;
    use edition::estimate::Launch;

    #[test]
    fn many_wide_intervals_are_told() {
        let point = |number: usize, high: f64| {
            Point::new(["time", &number.to_string(), "", "ns"], [1.0, high].map(Launch::exact).to_vec())
        };
        let recording = |wide: usize| Recording {
            points: (0..8).map(|number| point(number, if number < wide { 2.0 } else { 1.1 })).collect(),
            ..take::empty("example")
        };
        assert_eq!(wide_intervals(&recording(2)), None);
        assert_eq!(wide_intervals(&recording(3)).unwrap(), "3 of 8 intervals are wide");
    }

    #[test]
    fn load_and_steal_time_are_told_and_our_own_work_is_not() {
        let quiet = CpuTime { all: 100.0, idle: 40.0, stolen: 0.5, children: 58.0 };
        assert_eq!(warnings(&quiet), [] as [String; 0]);
        let loaded = CpuTime { children: 20.0, ..quiet };
        assert_eq!(warnings(&loaded), ["recorded under load: other programs took 40 % of the CPU time"]);
        let stolen = CpuTime { stolen: 3.0, children: 55.0, ..quiet };
        assert_eq!(warnings(&stolen), ["the hypervisor gave 3 % of the CPU time to others"]);
    }
}
