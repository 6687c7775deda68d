//! What this machine is, as far as the system tells.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::process;

/// The machine that a recording was made on. What the system doesn't tell is left empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The CPU's model name, as the system gives it, or by the numbers that stand for it. Empty where nothing tells.
    pub cpu: String,
    /// The instruction set, as Rust names it: `x86_64`, `aarch64`.
    pub architecture: String,
    /// How many CPUs are online.
    pub cpus: usize,
    /// How many of them this process may use: its affinity mask, and its cgroup's quota where there is one.
    pub usable_cpus: usize,
    /// How much CPU time the control group of this process may use, in percent of one CPU; 0 where nothing limits it.
    #[serde(default, skip_serializing_if = "is_unlimited")]
    pub cpu_quota: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The operating system's name and version.
    pub os: String,
    /// The kernel's name and release.
    pub kernel: String,
    /// The hypervisor, if one is seen: `kvm`, `vmware`, `unknown hypervisor`; empty on bare metal, or if nothing tells.
    pub hypervisor: String,
    /// The size of a cache line in bytes, as the system gives it; 0 where it doesn't.
    pub cache_line: u64,
}

/// How many CPUs this process may use, at least 1.
pub fn usable_cpus() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Looks at this machine: std and uname(2) everywhere, /proc and /sys where they are.
pub fn this() -> Machine {
    let cpuinfo = read("/proc/cpuinfo");
    let uname = rustix::system::uname();
    Machine {
        cpu: if cfg!(target_os = "macos") { sysctl("machdep.cpu.brand_string") } else { cpu_name(&cpuinfo, &read) },
        architecture: std::env::consts::ARCH.to_owned(),
        cpus: cpus_online(),
        usable_cpus: usable_cpus(),
        cpu_quota: cpu_quota(&read("/proc/self/cgroup"), &read).unwrap_or(0),
        memory_mib: kib(&field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default()) / 1024,
        os: os_name(),
        kernel: format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy()),
        hypervisor: hypervisor(&cpuinfo),
        cache_line: number("/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size"),
    }
}

/// What macOS, which has no /proc, tells of the machine.
fn sysctl(name: &str) -> String {
    let told = process::output(Command::new("sysctl").args(["-n", name]), Duration::from_secs(10));
    told.map_or_else(|_| String::new(), |told| String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

/// The CPU's name. ARM cores have numbers instead, and their boards have names. Source: arch/arm64/include/asm/cputype.h
/// (Linux).
fn cpu_name(cpuinfo: &str, read: &dyn Fn(&str) -> String) -> String {
    // x86, RISC-V, POWER.
    if let Some(name) = ["model name", "uarch", "cpu"].into_iter().find_map(|name| field(cpuinfo, name)) {
        return name;
    }
    let numbers = |name| cpuinfo.lines().filter_map(move |line| field(line, name));
    let mut names: Vec<String> =
        numbers("CPU implementer").zip(numbers("CPU part")).map(|(maker, part)| arm(&maker, &part)).collect();
    names.sort_unstable();
    names.dedup();
    let files = ["/proc/device-tree/model", "/sys/devices/soc0/machine"].map(read);
    let board = field(cpuinfo, "Model").into_iter().chain(files).collect::<Vec<_>>();
    let board = board.iter().map(|board| board.trim_matches(['\0', '\n'])).find(|board| !board.is_empty());
    match (names.join(" and "), board) {
        (cores, None) => cores,
        (cores, Some(board)) if cores.is_empty() => board.to_owned(),
        (cores, Some(board)) => format!("{cores} ({board})"),
    }
}

/// An ARM core by its maker's and its own number: those of servers and of common boards by name.
fn arm(maker: &str, part: &str) -> String {
    let known = match (maker, part) {
        ("0x41", "0xd03") => "Cortex-A53",
        ("0x41", "0xd05") => "Cortex-A55",
        ("0x41", "0xd08") => "Cortex-A72",
        ("0x41", "0xd0b") => "Cortex-A76",
        ("0x41", "0xd0c") => "Neoverse N1",
        ("0x41", "0xd40") => "Neoverse V1",
        ("0x41", "0xd49") => "Neoverse N2",
        ("0x41", "0xd4f") => "Neoverse V2",
        ("0x41", "0xd84") => "Neoverse V3",
        ("0x48", "0xd01") => "HiSilicon TaiShan v110",
        ("0x6d", "0xd49") => "Azure Cobalt 100",
        ("0xc0", "0xac3") => "Ampere-1",
        _ => "",
    };
    match (known, maker) {
        ("", "0x41") => format!("Arm {part}"),
        ("", "0x51") => format!("Qualcomm {part}"),
        ("", "0x61") => format!("Apple {part}"),
        ("", _) => format!("CPU {maker} {part}"),
        (known, _) => known.to_owned(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_unlimited(cpu_quota: &u64) -> bool {
    *cpu_quota == 0
}

/// The tightest limit on CPU time, in percent of one CPU, among this process's control group and the groups around it.
/// Source: cgroups(7), and the kernel's documentation of `cpu.max` (version 2) and of `cpu.cfs_quota_us` (version 1).
///
/// In a container the group's path may be the host's, and only the root may be visible, so a group that can't be read is
/// passed over.
fn cpu_quota(groups: &str, read: &dyn Fn(&str) -> String) -> Option<u64> {
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, Path::new(parts.next()?));
        let second = controllers.is_empty();
        if !second && !controllers.split(',').any(|controller| controller == "cpu") {
            return None;
        }
        let limit = |group: &Path| {
            let file = |root: &str, name: &str| {
                let group = group.strip_prefix("/").unwrap_or(group);
                read(&Path::new(root).join(group).join(name).to_string_lossy())
            };
            let text = if second {
                file("/sys/fs/cgroup", "cpu.max")
            } else {
                let root = "/sys/fs/cgroup/cpu";
                format!("{} {}", file(root, "cpu.cfs_quota_us").trim(), file(root, "cpu.cfs_period_us"))
            };
            // No limit is `max` in the second version and -1 in the first.
            let mut numbers = text.split_whitespace().map(str::parse::<u64>);
            let (quota, period) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
            (quota * 100).checked_div(period)
        };
        path.ancestors().filter_map(limit).min()
    };
    groups.lines().filter_map(of_line).min()
}

/// The load average over the last minute: how many threads ran or waited to. Nothing where the system doesn't tell.
pub fn load() -> Option<f64> {
    read("/proc/loadavg").split_whitespace().next()?.parse().ok()
}

/// How many threads of the whole machine run or want to run at this moment, the calling thread among them. Nothing where the
/// system doesn't tell. Source: proc_loadavg(5).
pub fn running() -> Option<u64> {
    read("/proc/loadavg").split_whitespace().nth(3)?.split('/').next()?.parse().ok()
}

/// Where this machine's CPU time has gone since boot, and how much of it our children used; in seconds. Source: proc(5).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CpuTime {
    /// All of it, of all CPUs.
    pub all: f64,
    /// The time in which a CPU had nothing to do.
    pub idle: f64,
    /// The time that a hypervisor gave to other virtual machines: steal time.
    pub stolen: f64,
    /// The time that the ended children of this process used, their own children included.
    pub children: f64,
}

impl std::ops::Sub for CpuTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            all: self.all - before.all,
            idle: self.idle - before.idle,
            stolen: self.stolen - before.stolen,
            children: self.children - before.children,
        }
    }
}

/// Where CPU time has gone. Nothing where the system doesn't tell.
pub fn cpu_time() -> Option<CpuTime> {
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    let stat = read("/proc/stat");
    let cpu = numbers(stat.lines().next()?.strip_prefix("cpu")?);
    let (idle, waiting, stolen) = (*cpu.get(3)?, *cpu.get(4)?, *cpu.get(7)?);
    Some(CpuTime {
        // The last two, guest time, are counted in the first two already.
        all: cpu.iter().take(8).sum::<f64>() / per_second,
        idle: (idle + waiting) / per_second,
        stolen: stolen / per_second,
        children: cpu_time_of("self")?[1],
    })
}

/// What this process, by its number or as `self`, and its ended children have used, in seconds. Source: proc_pid_stat(5).
pub fn cpu_time_of(process: &str) -> Option<[f64; 2]> {
    let stat = read(&format!("/proc/{process}/stat"));
    // The name stands in parentheses and may hold anything; numbers follow the state behind it.
    let numbers = numbers(stat.rsplit_once(')')?.1.trim_start().get(1..)?);
    let used =
        |at: usize| Some((numbers.get(at)? + numbers.get(at + 1)?) / rustix::param::clock_ticks_per_second() as f64);
    Some([used(10)?, used(12)?])
}

fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().map_while(|word| word.parse().ok()).collect()
}

/// The text of a file; nothing where there is none.
pub fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value behind the first `name:` or `name=` that begins a line.
pub fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start();
        let value = rest.strip_prefix([':', '='])?;
        Some(value.trim().trim_matches('"').to_owned())
    })
}

/// A number of KiB, as /proc gives it: `1024 kB`.
pub fn kib(value: &str) -> u64 {
    value.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn number(path: &str) -> u64 {
    read(path).trim().parse().unwrap_or(0)
}

fn cpus_online() -> usize {
    // "0-3,6" is four CPUs and one.
    let count = |ranges: &str| {
        ranges.trim().split(',').try_fold(0, |sum, range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
            Some(sum + (last + 1).checked_sub(first)?)
        })
    };
    count(&read("/sys/devices/system/cpu/online")).unwrap_or_else(usable_cpus)
}

fn os_name() -> String {
    field(&read("/etc/os-release"), "PRETTY_NAME").unwrap_or_else(|| std::env::consts::OS.to_owned())
}

/// The hypervisor's name. CPUID has a bit that only hypervisors set, which the kernel shows as the flag `hypervisor`, and
/// DMI names the maker.
fn hypervisor(cpuinfo: &str) -> String {
    let seen = field(cpuinfo, "flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"));
    let named = [read("/sys/hypervisor/type"), read("/sys/class/dmi/id/sys_vendor")];
    let clock = read("/sys/devices/system/clocksource/clocksource0/available_clocksource");
    let known = named.iter().map(|name| name.trim()).find(|name| !name.is_empty());
    match () {
        () if !seen => String::new(),
        () if clock.contains("kvm-clock") => "kvm".to_owned(),
        () if clock.contains("hyperv") => "hyperv".to_owned(),
        () => known.unwrap_or("unknown hypervisor").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 106\nmodel name\t: Some CPU @ 2 GHz\n";
        assert_eq!(field(text, "model name").unwrap(), "Some CPU @ 2 GHz");
        assert_eq!(field(text, "model").unwrap(), "106");
        assert_eq!(field(text, "mod"), None);
        assert_eq!(field("PRETTY_NAME=\"An OS 12\"\n", "PRETTY_NAME").unwrap(), "An OS 12");
    }

    #[test]
    fn a_cpu_without_a_name_is_told_by_its_numbers_and_its_board() {
        let core = |maker: &str, part: &str| {
            format!("processor\t: 0\nCPU implementer\t: {maker}\nCPU variant\t: 0x1\nCPU part\t: {part}\n\n")
        };
        let nothing = |_: &str| String::new();
        let with = |board: &'static str| {
            move |path: &str| if path.ends_with("model") { format!("{board}\0") } else { String::new() }
        };
        assert_eq!(cpu_name(&core("0x41", "0xd40").repeat(64), &nothing), "Neoverse V1");
        let two = core("0x41", "0xd0b") + &core("0x41", "0xd05").repeat(2);
        assert_eq!(cpu_name(&two, &with("Radxa ROCK 5B")), "Cortex-A55 and Cortex-A76 (Radxa ROCK 5B)");
        assert_eq!(
            cpu_name(&core("0x61", "0x022"), &with("Apple Mac mini (M1, 2020)")),
            "Apple 0x022 (Apple Mac mini (M1, 2020))"
        );
        let pi = core("0x41", "0xd08") + "Model\t\t: Raspberry Pi 4 Model B Rev 1.4\n";
        assert_eq!(cpu_name(&pi, &nothing), "Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)");
        assert_eq!(cpu_name(&core("0x99", "0x123"), &nothing), "CPU 0x99 0x123");
        assert_eq!(cpu_name("model name\t: Some CPU\ncpu MHz\t: 2\n", &with("a board")), "Some CPU");
        assert_eq!(cpu_name("isa\t: rv64\nuarch\t: sifive,u74-mc\n", &nothing), "sifive,u74-mc");
        assert_eq!((cpu_name("", &with("a board")), cpu_name("", &nothing)), ("a board".into(), String::new()));
    }

    #[test]
    fn this_machine_has_a_cpu_that_we_may_use() {
        let machine = this();
        assert!(machine.usable_cpus >= 1 && machine.cpus >= 1);
        assert!(!machine.kernel.is_empty() && !machine.architecture.is_empty());
    }

    #[test]
    fn the_tightest_limit_on_cpu_time_counts() {
        let quota = |groups: &str, files: &[(&str, &str)]| {
            let read = |path: &str| {
                let file = files.iter().find(|(name, _)| path.strip_prefix("/sys/fs/cgroup/") == Some(name));
                file.map_or(String::new(), |(_, text)| (*text).to_owned())
            };
            cpu_quota(groups, &read)
        };
        let second = "0::/user/us\n";
        assert_eq!(quota(second, &[("user/us/cpu.max", "max 100000\n")]), None);
        assert_eq!(quota(second, &[("user/us/cpu.max", "50000 100000\n")]), Some(50));
        assert_eq!(
            quota(second, &[("user/us/cpu.max", "max 100000\n"), ("user/cpu.max", "250000 100000\n")]),
            Some(250)
        );
        assert_eq!(quota(second, &[("cpu.max", "150000 100000\n")]), Some(150), "the root of a container");
        let first = "3:cpuset:/\n2:cpu,cpuacct:/half\n0::/\n";
        let half = [("cpu/half/cpu.cfs_quota_us", "50000\n"), ("cpu/half/cpu.cfs_period_us", "100000\n")];
        assert_eq!(quota(first, &half), Some(50));
        let none = [("cpu/half/cpu.cfs_quota_us", "-1\n"), ("cpu/half/cpu.cfs_period_us", "100000\n")];
        assert_eq!((quota(first, &none), quota("", &half), quota("rubbish\n", &half)), (None, None, None));
        assert_eq!(quota(second, &[("user/us/cpu.max", "1 0\n")]), None, "no division by 0");
    }

    #[test]
    fn cpu_time_has_its_parts() {
        let time = cpu_time();
        assert_eq!(time.is_some(), std::path::Path::new("/proc/stat").exists());
        if let Some(time) = time {
            assert!(time.all > 0.0 && time.idle + time.stolen <= time.all, "{time:?}");
            assert!((0.0..time.all).contains(&time.children), "{time:?}");
        }
    }
}
