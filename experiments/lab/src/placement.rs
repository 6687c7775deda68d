//! Where workers run: wherever the system puts them, or each on a CPU of its own.

use std::io;

use crate::machine;

/// The CPUs that workers are bound to.
///
/// A round trip between two CPUs and one on a single CPU differ many times over, so where it matters an experiment places
/// its workers, and says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    cpus: Vec<usize>,
}

impl Placement {
    /// Workers run where the system puts them, and may be moved.
    pub const FREE: Self = Self { cpus: Vec::new() };

    /// The names that a reader gives a placement: all workers on one core, each on a core of its own in turn, free.
    pub const NAMES: [&str; 3] = ["one-core", "two-cores", "free"];

    /// Each worker is bound to a CPU of its own, on a core of its own as long as there are any: two CPUs that are threads
    /// of one core share its caches. More workers than CPUs begin anew. Where the system can't bind a thread to a CPU, or
    /// refuses to, this is [`Placement::FREE`]. Source: sched_setaffinity(2).
    pub fn apart() -> Self {
        Self { cpus: cores_first(system::cpus()) }
    }

    /// All workers are bound to one CPU, the last that this process may use: on many machines the first has more of the
    /// system's own work. Where the system binds nothing, this is [`Placement::FREE`].
    pub fn together() -> Self {
        Self { cpus: system::cpus().pop().into_iter().collect() }
    }

    /// Each worker is bound to the CPU of its number among these, and more workers begin anew. Where the system can't bind a
    /// thread to a CPU, [`Placement::take`] changes nothing.
    pub fn on(cpus: impl IntoIterator<Item = usize>) -> Self {
        Self { cpus: cpus.into_iter().collect() }
    }

    /// The placement of this name, one of [`Placement::NAMES`].
    ///
    /// # Errors
    /// The system binds no thread to a CPU, or there is one CPU where two are asked for; the error says which.
    ///
    /// # Panics
    /// There is no placement of this name.
    pub fn named(name: &str) -> io::Result<Self> {
        let (placement, needs) = match name {
            "one-core" => (Self::together(), 1),
            "two-cores" => (Self::apart(), 2),
            "free" => return Ok(Self::FREE),
            _ => panic!("there is no placement {name:?}"),
        };
        match placement.cpus.len() {
            0 => Err(io::Error::new(io::ErrorKind::Unsupported, "the system binds no thread to a CPU")),
            1 if needs == 2 => Err(io::Error::new(io::ErrorKind::Unsupported, "only one CPU may be used here")),
            _ => Ok(placement),
        }
    }

    /// The CPUs, in the order in which workers get them; none where the system chooses.
    pub fn cpus(&self) -> &[usize] {
        &self.cpus
    }

    /// Binds the thread that calls, the worker of this number, to its CPU. What the system allowed before it allows still,
    /// unless the machine has lost this CPU since; then it goes on choosing.
    pub fn take(&self, worker: usize) {
        if !self.cpus.is_empty() {
            system::bind(self.cpus[worker % self.cpus.len()]);
        }
    }
}

/// The first CPU of each core, then the others.
fn cores_first(cpus: Vec<usize>) -> Vec<usize> {
    let mut known = Vec::new();
    let (mut first, others): (Vec<usize>, Vec<usize>) = cpus.into_iter().partition(|cpu| {
        let core = machine::read(&format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"));
        // Where nothing tells, each counts as a core.
        let is_new = core.is_empty() || !known.contains(&core);
        known.push(core);
        is_new
    });
    first.extend(others);
    first
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The CPUs that this thread may be bound to; none if it may not be bound.
    pub(super) fn cpus() -> Vec<usize> {
        // To be bound to what it has changes nothing, and tells whether it may be bound.
        match sched_getaffinity(None).and_then(|all| sched_setaffinity(None, &all).map(|()| all)) {
            Ok(all) => (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).collect(),
            Err(_) => Vec::new(),
        }
    }

    pub(super) fn bind(cpu: usize) {
        let mut one = CpuSet::new();
        one.set(cpu);
        let _ = sched_setaffinity(None, &one);
    }
}

/// Elsewhere no call binds a thread to a CPU: macOS takes hints only.
#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn cpus() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn bind(_: usize) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::team::threads_on;

    #[test]
    fn every_worker_is_on_the_cpu_that_it_was_given_and_the_caller_is_not_bound() {
        let before = system::cpus();
        let apart = Placement::apart();
        assert!(!apart.cpus().is_empty() && before.iter().all(|cpu| apart.cpus().contains(cpu)), "{apart:?}");
        let workers = apart.cpus().len() + 1;
        let on = threads_on(&apart, workers, |_| system::cpus()).unwrap().results;
        let expected: Vec<_> = (0..workers).map(|worker| vec![apart.cpus()[worker % apart.cpus().len()]]).collect();
        assert_eq!(on, expected);
        assert_eq!(system::cpus(), before);
        let together = threads_on(&Placement::together(), 3, |_| system::cpus()).unwrap().results;
        assert_eq!(together, vec![vec![*before.last().unwrap()]; 3]);
        let on_last = Placement::on([*before.last().unwrap()]);
        assert_eq!(
            threads_on(&on_last, 2, |_| system::cpus()).unwrap().results,
            vec![vec![*before.last().unwrap()]; 2]
        );
        assert_eq!(threads_on(&Placement::FREE, 1, |_| system::cpus()).unwrap().results, [before]);
    }

    #[test]
    fn every_name_stands_for_a_placement_or_says_why_it_cannot_be_had() {
        for name in Placement::NAMES {
            match Placement::named(name) {
                Ok(placement) => assert_eq!(placement.cpus().is_empty(), name == "free"),
                Err(error) => assert!(machine::usable_cpus() == 1 && name == "two-cores", "{name}: {error}"),
            }
        }
    }
}
