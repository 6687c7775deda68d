//! Where workers run: wherever the system puts them, all on one CPU, or each on a CPU of its own.

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::machine;

/// The CPUs that workers are bound to.
///
/// A round trip between two CPUs and a round trip on a single CPU take very different times. Where that matters, an
/// experiment places its workers, and says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    cpus: Vec<usize>,
}

impl Placement {
    /// Workers run where the system puts them, and may be moved.
    pub const FREE: Self = Self { cpus: Vec::new() };

    /// The names that a reader gives a placement: all workers on one core, each on a core of its own in turn, free.
    pub const NAMES: [&str; 3] = ["one-core", "two-cores", "free"];

    /// Each worker is bound to a CPU of its own: on a core of the machine's fastest kind as long as there are any, then on
    /// the other cores, and only then on a second thread of a core, which shares its caches. More workers than CPUs begin
    /// anew. Where the system can't bind a thread to a CPU, or refuses to, this is [`Placement::FREE`]. Source:
    /// sched_setaffinity(2).
    pub fn apart() -> Self {
        Self { cpus: apart(this_machine()) }
    }

    /// This many workers [apart](Placement::apart) if there is a CPU for each. Otherwise this is [`Placement::FREE`]: when
    /// workers must take turns, the system places them better than a plan that was made before.
    pub fn one_each(workers: usize) -> Self {
        let apart = Self::apart();
        if workers <= apart.cpus.len() { apart } else { Self::FREE }
    }

    /// All workers are bound to one CPU of the machine's fastest kind, the last that this process may use: on many machines
    /// the first has more of the system's own work. Where the system binds nothing, this is [`Placement::FREE`].
    pub fn together() -> Self {
        Self { cpus: one(&this_machine()).into_iter().collect() }
    }

    /// Each worker is bound to the CPU of its number among these, and more workers begin anew. Where the system can't bind a
    /// thread to a CPU, [`Placement::take`] changes nothing.
    pub fn on(cpus: impl IntoIterator<Item = usize>) -> Self {
        Self { cpus: cpus.into_iter().collect() }
    }

    /// The placement of this name, one of [`Placement::NAMES`].
    ///
    /// # Errors
    /// The system can't bind a thread to a CPU, or there is one CPU where two are asked for; the error says which.
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
            0 => Err(io::Error::new(io::ErrorKind::Unsupported, "this system can't bind a thread to a CPU")),
            1 if needs == 2 => Err(io::Error::new(io::ErrorKind::Unsupported, "only one CPU may be used here")),
            _ => Ok(placement),
        }
    }

    /// The CPUs, in the order in which workers get them; none where the system chooses.
    pub fn cpus(&self) -> &[usize] {
        &self.cpus
    }

    /// Where this many workers run, in words: `on CPUs 0, 2 (of the fastest kind)`. The part in parentheses is there if the
    /// system tells that the machine has several kinds of CPUs, or that two of these CPUs are threads of one core.
    pub fn in_words(&self, workers: usize) -> String {
        in_words(&self.cpus[..workers.min(self.cpus.len())], &this_machine())
    }

    /// Binds the calling thread, the worker of this number, to its CPU. If the machine has lost this CPU since the plan was
    /// made, the system goes on choosing.
    pub fn take(&self, worker: usize) {
        if !self.cpus.is_empty() {
            system::bind(self.cpus[worker % self.cpus.len()]);
        }
    }
}

/// A CPU that this process may use. Where the system doesn't tell, each counts as a fast core.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    number: usize,
    is_fast: bool,
    /// Another thread of its core comes before it.
    is_second: bool,
}

/// The CPUs that the calling thread may use. Their kinds are read once, since there may be hundreds of CPUs, and again when
/// the thread may use other CPUs.
fn this_machine() -> Vec<Cpu> {
    static KNOWN: Mutex<Vec<Cpu>> = Mutex::new(Vec::new());
    let cpus = system::cpus();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.iter().map(|cpu| cpu.number).eq(cpus.iter().copied()) {
        let read = |cpu, file: &str| machine::read(&format!("/sys/devices/system/cpu/cpu{cpu}/{file}"));
        *known = look_at(&cpus, &read);
    }
    known.clone()
}

/// What the system tells of these CPUs; `read` gives the text of a file about one. Source: sysfs-devices-system-cpu (Linux
/// ABI), and the kernel's documentation of CPPC.
fn look_at(cpus: &[usize], read: &dyn Fn(usize, &str) -> String) -> Vec<Cpu> {
    // ARM's measure, and the firmware's (Intel, AMD). The frequency in kHz is the last resort, since that of an E-core may
    // come near to that of a P-core.
    let measures = ["cpu_capacity", "acpi_cppc/highest_perf", "cpufreq/cpuinfo_max_freq"];
    let are_fast = measures.into_iter().find_map(|file| {
        let speeds = cpus.iter().map(|cpu| read(*cpu, file).trim().parse().ok()).collect::<Option<Vec<u64>>>()?;
        let fastest = *speeds.iter().max()?;
        // Even among cores of one kind, a few may be faster than the others, by a tenth or so.
        let are_fast: Vec<bool> = speeds.into_iter().map(|speed| speed * 5 >= fastest * 4).collect();
        are_fast.contains(&false).then_some(are_fast)
    });
    let mut cores = Vec::new();
    let look = |(at, number): (usize, &usize)| {
        let core = read(*number, "topology/thread_siblings_list");
        let is_second = !core.is_empty() && cores.contains(&core);
        cores.push(core);
        Cpu { number: *number, is_fast: are_fast.as_ref().is_none_or(|all| all[at]), is_second }
    };
    cpus.iter().enumerate().map(look).collect()
}

fn apart(mut cpus: Vec<Cpu>) -> Vec<usize> {
    cpus.sort_by_key(|cpu| (cpu.is_second, !cpu.is_fast));
    cpus.iter().map(|cpu| cpu.number).collect()
}

fn one(cpus: &[Cpu]) -> Option<usize> {
    cpus.iter().rfind(|cpu| cpu.is_fast).map(|cpu| cpu.number)
}

fn in_words(placed: &[usize], cpus: &[Cpu]) -> String {
    let names: Vec<String> = placed.iter().map(ToString::to_string).collect();
    let on: Vec<&Cpu> = cpus.iter().filter(|cpu| placed.contains(&cpu.number)).collect();
    let fast = on.iter().filter(|cpu| cpu.is_fast).count();
    let kinds = match fast {
        _ if cpus.iter().all(|cpu| cpu.is_fast) => None,
        0 => Some("of a slower kind"),
        _ if fast == on.len() => Some("of the fastest kind"),
        _ => Some("of different kinds"),
    };
    let shared = (on.len() > 1 && on.iter().any(|cpu| cpu.is_second)).then_some("some of them threads of one core");
    let more: Vec<&str> = kinds.into_iter().chain(shared).collect();
    let which = match &names[..] {
        [] => return "wherever the system puts them".to_owned(),
        [one] => format!("on CPU {one}"),
        all => format!("on CPUs {}", all.join(", ")),
    };
    if more.is_empty() { which } else { format!("{which} ({})", more.join(", ")) }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The CPUs that this thread may be bound to; none if it may not be bound.
    pub(super) fn cpus() -> Vec<usize> {
        // Binding the thread to the CPUs that it has already changes nothing, and shows whether it may be bound.
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

/// Other systems have no call that binds a thread to a CPU: macOS takes hints only.
#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn cpus() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn bind(_: usize) {}
}

#[cfg(test)]
mod choice {
    use super::*;

    /// What this many workers get apart and what one core is on a made-up machine, in words. A line of `files` is a file's
    /// name and its values, one a CPU from 0 on; `-` where a CPU has none. Only these CPUs may be used.
    fn chosen(usable: &[usize], files: &str, workers: usize) -> [String; 2] {
        let read = |cpu: usize, file: &str| {
            let line = files.lines().find_map(|line| line.trim().strip_prefix(file));
            let value = line.and_then(|values| values.split_whitespace().nth(cpu)).filter(|value| *value != "-");
            value.map_or(String::new(), |value| format!("{value}\n"))
        };
        let cpus = look_at(usable, &read);
        let one: Vec<usize> = one(&cpus).into_iter().collect();
        [in_words(&apart(cpus.clone())[..workers], &cpus), in_words(&one, &cpus)]
    }

    #[test]
    fn workers_get_cores_of_the_fastest_kind_and_share_one_last() {
        // Two P-cores of two threads, and four E-cores, whose frequency alone would make them nearly P-cores.
        let intel = "topology/thread_siblings_list 0-1 0-1 2-3 2-3 4 5 6 7
            acpi_cppc/highest_perf 66 66 65 65 46 46 46 46
            cpufreq/cpuinfo_max_freq 5500000 5500000 5400000 5400000 4600000 4600000 4600000 4600000";
        let of_intel = |usable: &[usize], workers| chosen(usable, intel, workers);
        let all: Vec<usize> = (0..8).collect();
        assert_eq!(of_intel(&all, 2), ["on CPUs 0, 2 (of the fastest kind)", "on CPU 3 (of the fastest kind)"]);
        assert_eq!(of_intel(&all, 3)[0], "on CPUs 0, 2, 4 (of different kinds)");
        assert_eq!(
            of_intel(&all, 7)[0],
            "on CPUs 0, 2, 4, 5, 6, 7, 1 (of different kinds, some of them threads of one core)"
        );
        // In a cpuset.
        assert_eq!(of_intel(&[3, 5, 6], 2), ["on CPUs 3, 5 (of different kinds)", "on CPU 3 (of the fastest kind)"]);
        assert_eq!(of_intel(&[5, 6], 2), ["on CPUs 5, 6", "on CPU 6"]);
        assert_eq!(of_intel(&[0, 1], 2), ["on CPUs 0, 1 (some of them threads of one core)", "on CPU 1"]);
        // A phone: the little ones come first, and the biggest core alone would leave nothing to put apart.
        let arm = "cpu_capacity 250 250 250 250 900 900 900 1024";
        assert_eq!(chosen(&all, arm, 2), ["on CPUs 4, 5 (of the fastest kind)", "on CPU 7 (of the fastest kind)"]);
        // Only the frequency is told.
        let amd = "cpufreq/cpuinfo_max_freq 3300000 5100000 5100000 3300000";
        assert_eq!(
            chosen(&[0, 1, 2, 3], amd, 2),
            ["on CPUs 1, 2 (of the fastest kind)", "on CPU 2 (of the fastest kind)"]
        );
    }

    #[test]
    fn where_nothing_tells_kinds_apart_each_cpu_counts_as_a_fast_core() {
        // Cores that boost a little higher than the others are of one kind with them.
        let equal = "cpu_capacity 1024 1024 1024\ncpufreq/cpuinfo_max_freq 5200000 5000000 4800000";
        for files in ["", "cpu_capacity 1024 - 250", "acpi_cppc/highest_perf 0 0 0", equal] {
            assert_eq!(chosen(&[0, 1, 2], files, 2), ["on CPUs 0, 1", "on CPU 2"], "{files}");
        }
        assert_eq!(chosen(&[], "", 0), ["wherever the system puts them"; 2]);
        let threads = "topology/thread_siblings_list 0,2 1,3 0,2 1,3";
        assert_eq!(chosen(&[0, 1, 2, 3], threads, 2), ["on CPUs 0, 1", "on CPU 3"]);
        assert_eq!(chosen(&[0, 2, 3], threads, 2), ["on CPUs 0, 3", "on CPU 3"]);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    /// Where this many workers of this placement run.
    fn on(placement: &Placement, workers: usize) -> Vec<Vec<usize>> {
        let run = |worker| {
            move || {
                placement.take(worker);
                system::cpus()
            }
        };
        (0..workers).map(|worker| std::thread::scope(|scope| scope.spawn(run(worker)).join().unwrap())).collect()
    }

    #[test]
    fn every_worker_is_on_the_cpu_that_it_was_given_and_the_caller_is_not_bound() {
        let before = system::cpus();
        let apart = Placement::apart();
        assert!(!apart.cpus().is_empty() && before.iter().all(|cpu| apart.cpus().contains(cpu)), "{apart:?}");
        let workers = apart.cpus().len() + 1;
        let expected: Vec<_> = (0..workers).map(|worker| vec![apart.cpus()[worker % apart.cpus().len()]]).collect();
        assert_eq!(on(&apart, workers), expected);
        assert_eq!(system::cpus(), before);
        let together = Placement::together();
        let [one] = together.cpus() else { panic!("{together:?}") };
        assert!(before.contains(one), "{together:?}");
        assert_eq!(on(&together, 3), vec![vec![*one]; 3]);
        assert_eq!(Placement::one_each(before.len()), apart);
        assert_eq!(Placement::one_each(before.len() + 1), Placement::FREE);
        let on_last = Placement::on([*before.last().unwrap()]);
        assert_eq!(on(&on_last, 2), vec![vec![*before.last().unwrap()]; 2]);
        assert_eq!(on(&Placement::FREE, 1), [before]);
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
