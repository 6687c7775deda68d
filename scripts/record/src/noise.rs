//! What disturbs a recording, and what is done about it: wait for quiet, and measure again.
//!
//! Two things disturb: other programs, and a hypervisor that gives this machine's CPUs to others. The kernel counts what both
//! take. What a neighbour takes of the caches and of a physical core that it shares, nobody in here can count.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use base::machine::{self, CpuTime};
use edition::{Provenance, take};

/// Other programs may take this share of the CPU time while something is measured.
const OTHERS: f64 = 0.05;

/// A hypervisor may give this share to others.
const STEAL: f64 = 0.02;

/// So much CPU time, in seconds, isn't told from nothing: the kernel counts in ticks of a hundredth.
const GRAIN: f64 = 0.03;

/// How long is looked before it is said to be quiet.
const LOOK: Duration = Duration::from_millis(200);

/// How often a launch is repeated at most.
const REPEATS: usize = 4;

/// What is said where the system tells nothing of it, as without /proc.
const UNKNOWN: &str = "it isn't known what else was at work: the system tells neither its load nor steal time";

/// What disturbed something, in words; nothing if nothing did.
fn disturbance(spent: CpuTime, ours: f64) -> Option<String> {
    let others = spent.all - spent.idle - spent.stolen - ours;
    let told = |what: f64, limit: f64, by: &str| {
        (what > GRAIN && what > limit * spent.all)
            .then(|| format!("{by} took {:.0} % of the CPU time", 100.0 * what / spent.all))
    };
    told(others, OTHERS, "other programs").or_else(|| told(spent.stolen, STEAL, "the hypervisor"))
}

/// The CPU time since `before`; nothing where the system doesn't tell.
fn since(before: Option<CpuTime>) -> Option<CpuTime> {
    let (before, now) = before.zip(machine::cpu_time())?;
    Some(now - before)
}

/// Keeps what is measured from being disturbed, as long as its budget of time lasts.
#[derive(Debug)]
pub struct Quiet {
    left: Duration,
    measured: usize,
    disturbed: usize,
    dropped: Vec<String>,
}

impl Quiet {
    /// Waits and repeats for so long at most.
    pub fn within(budget: Duration) -> Self {
        Self { left: budget, measured: 0, disturbed: 0, dropped: Vec::new() }
    }

    /// Measures, and again if something disturbed it, after waiting for quiet. Says whether what it returns was disturbed
    /// too: it gives up when its time is over.
    ///
    /// # Errors
    /// It can't be measured.
    pub fn measure<T>(&mut self, what: &str, mut measure: impl FnMut() -> Result<T>) -> Result<(T, bool)> {
        self.measured += 1;
        for repeat in 0.. {
            let (began, before) = (Instant::now(), machine::cpu_time());
            let measured = measure()?;
            let Some(why) = since(before).and_then(|spent| disturbance(spent, spent.children)) else {
                return Ok((measured, false));
            };
            // The time that is lost is that of the run which is thrown away.
            if repeat == REPEATS || self.left < began.elapsed() {
                self.disturbed += 1;
                return Ok((measured, true));
            }
            self.left -= began.elapsed();
            self.dropped.push(format!("{what}: {why}"));
            self.wait();
        }
        unreachable!("the last repeat returns")
    }

    /// Waits until nothing disturbs, or the time is over.
    pub fn wait(&mut self) {
        while self.left > LOOK && is_disturbed() {
            self.left = self.left.saturating_sub(LOOK);
        }
    }

    /// Adds to `provenance` what was dropped, and a warning if there was more to drop than time to repeat it.
    pub fn end(self, provenance: &mut Provenance) {
        if self.disturbed > 0 {
            provenance.warnings.push(format!(
                "{} of {} launches were disturbed in spite of waiting and repeating",
                self.disturbed, self.measured
            ));
        }
        provenance.dropped.extend(self.dropped);
    }
}

/// Looks for a moment whether something is at work; nothing of ours may be.
fn is_disturbed() -> bool {
    let before = machine::cpu_time();
    thread::sleep(LOOK);
    since(before).is_some_and(|spent| disturbance(spent, 0.0).is_some())
}

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

    /// Adds to `provenance` when this was, and what the machine did meanwhile.
    pub fn end(self, mut provenance: Provenance) -> Provenance {
        provenance.date = take::date();
        provenance.load_before = self.load;
        provenance.load_after = machine::load();
        match since(self.cpu) {
            Some(spent) => provenance.steal = Some(spent.stolen / spent.all).filter(|share| share.is_finite()),
            None => provenance.warnings.push(UNKNOWN.to_owned()),
        }
        provenance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_take_disturbs_and_our_own_work_does_not() {
        let quiet = CpuTime { all: 100.0, idle: 40.0, stolen: 1.5, children: 58.0 };
        let why = |spent: CpuTime| disturbance(spent, spent.children).unwrap_or_default();
        assert_eq!(why(quiet), "");
        assert_eq!(why(CpuTime { children: 20.0, ..quiet }), "other programs took 38 % of the CPU time");
        assert_eq!(why(CpuTime { stolen: 3.0, children: 55.0, ..quiet }), "the hypervisor took 3 % of the CPU time");
        // Two ticks of a short run are no measurement.
        assert_eq!(why(CpuTime { all: 0.2, idle: 0.18, stolen: 0.02, children: 0.0 }), "");
    }

    #[test]
    fn what_is_not_disturbed_is_measured_once() {
        let mut quiet = Quiet::within(Duration::ZERO);
        let mut runs = 0;
        let (run, disturbed) = quiet
            .measure("a case", || {
                runs += 1;
                Ok(runs)
            })
            .unwrap();
        let mut provenance = Provenance::default();
        quiet.end(&mut provenance);
        // With no time to repeat it, a busy machine is told.
        assert_eq!((run, provenance.warnings.len(), provenance.dropped.len()), (1, usize::from(disturbed), 0));
    }
}
