//! How much memory a process takes, and how much it may still take, as the kernel counts it.

use std::io;

use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use crate::machine::{field, kib, read};

/// What the kernel counts for one process, in bytes. Source: proc(5), proc_pid_status(5), proc_pid_smaps(5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// Address space that is mapped, touched or not: `VmSize`.
    pub virtual_size: u64,
    /// Pages that are in memory and mapped here. A page that other processes map too counts in full: `Rss`.
    pub rss: u64,
    /// The same pages, each divided by the number of processes that map it: `Pss`, the proportional set size.
    pub pss: u64,
    /// Pages in memory that no other process maps: `Private_Clean` and `Private_Dirty`.
    pub private: u64,
    /// Heap, stacks, and private pages written since the fork, but no pages of files: `Anonymous`.
    pub anonymous: u64,
    /// The part of these pages that huge pages hold: `AnonHugePages`.
    pub huge: u64,
    /// The tables that translate the addresses of the process: `VmPTE`.
    pub page_tables: u64,
    /// How many threads the process has.
    pub threads: u64,
    /// How often a page was missing and the kernel supplied it without reading a disk, since the process began: `minflt`.
    pub minor_faults: u64,
}

impl Footprint {
    /// What the kernel counts for this process.
    ///
    /// # Errors
    /// As for [`Footprint::of`].
    pub fn own() -> io::Result<Self> {
        Self::at("/proc/self")
    }

    /// What the kernel counts for the process with this id.
    ///
    /// # Errors
    /// There is no such process, this one may not look at it, or there is no /proc; the error names the file.
    pub fn of(process: i32) -> io::Result<Self> {
        Self::at(&format!("/proc/{process}"))
    }

    fn at(folder: &str) -> io::Result<Self> {
        let text = |name: &str| {
            let path = format!("{folder}/{name}");
            let text = std::fs::read_to_string(&path);
            text.map_err(|error| io::Error::new(error.kind(), format!("can't read {path}: {error}")))
        };
        let (status, sums, stat) = (text("status")?, text("smaps_rollup")?, text("stat")?);
        let of = |text: &str, name: &str| {
            let told = field(text, name).map(|value| kib(&value));
            told.ok_or_else(|| io::Error::other(format!("{folder}: the kernel doesn't tell {name}")))
        };
        // These are the fields behind the name, which is in brackets and may hold anything. The first of them is the state,
        // the third field of proc_pid_stat(5).
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let minor_faults = behind.split_whitespace().nth(7).and_then(|count| count.parse().ok());
        Ok(Self {
            virtual_size: of(&status, "VmSize")? * 1024,
            rss: of(&sums, "Rss")? * 1024,
            pss: of(&sums, "Pss")? * 1024,
            private: (of(&sums, "Private_Clean")? + of(&sums, "Private_Dirty")?) * 1024,
            anonymous: of(&sums, "Anonymous")? * 1024,
            huge: of(&sums, "AnonHugePages")? * 1024,
            page_tables: of(&status, "VmPTE")? * 1024,
            threads: of(&status, "Threads")?,
            minor_faults: minor_faults
                .ok_or_else(|| io::Error::other(format!("{folder}/stat doesn't tell page faults")))?,
        })
    }
}

/// How much memory the whole machine could still hand out without swapping, in bytes; nothing if the kernel doesn't tell.
/// Source: proc_meminfo(5), `MemAvailable`.
pub fn available() -> Option<u64> {
    Some(kib(&field(&read("/proc/meminfo"), "MemAvailable")?) * 1024)
}

/// How much more memory this process may take, in bytes: the least of what the machine has left, what the control groups of
/// this process leave it, and what its limit on address space leaves it. Nothing if none of these is known.
///
/// The number may change at any moment, as other processes take memory too. Source: cgroups(7), getrlimit(2).
pub fn room() -> Option<u64> {
    [available(), in_control_groups(), in_addresses()].into_iter().flatten().min()
}

/// How much address space the limit on it leaves, if there is a limit.
fn in_addresses() -> Option<u64> {
    let limit = getrlimit(Resource::As).current?;
    let taken = kib(&field(&read("/proc/self/status"), "VmSize")?) * 1024;
    Some(limit.saturating_sub(taken))
}

/// The least that any control group of this process leaves it, if one has a limit. The groups of both versions count, and so
/// do the groups above them, since a group's usage includes that of the groups below it.
fn in_control_groups() -> Option<u64> {
    let groups = read("/proc/self/cgroup");
    let folders = groups.lines().filter_map(|line| {
        // `hierarchy:controllers:path`; version 2 is the hierarchy 0 and names no controller.
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        match controllers {
            "" => Some(("/sys/fs/cgroup", path, ["memory.max", "memory.current"], "inactive_file")),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                let files = ["memory.limit_in_bytes", "memory.usage_in_bytes"];
                Some(("/sys/fs/cgroup/memory", path, files, "total_inactive_file"))
            }
            _ => None,
        }
    });
    let left = folders.flat_map(|(base, path, [limit, usage], cached)| {
        let above = std::path::Path::new(path).ancestors();
        above.filter_map(move |group| {
            let folder = format!("{base}{}", group.display());
            let text = |name: &str| read(&format!("{}/{name}", folder.trim_end_matches('/')));
            left_by(&text(limit), &text(usage), &text("memory.stat"), cached)
        })
    });
    left.min()
}

/// What a control group with this limit, this usage and these statistics leaves, in bytes; nothing where it has no limit.
///
/// The usage includes cached files. Before the kernel refuses memory, it drops cached files that were not used lately, so
/// these count as room; `cached` is their name in the statistics. Source: Documentation/admin-guide/cgroup-v2.rst,
/// `memory.stat`.
fn left_by(limit: &str, usage: &str, stat: &str, cached: &str) -> Option<u64> {
    // `max` isn't a number, and says that there is no limit.
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let cached = stat.lines().find_map(|line| number(line.strip_prefix(cached)?.strip_prefix(' ')?)).unwrap_or(0);
    Some(number(limit)?.saturating_sub(number(usage)?.saturating_sub(cached)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn touched_pages_are_resident_private_and_were_faults() {
        const SIZE: usize = 64 << 20;
        let before = Footprint::own().unwrap();
        let mut pages = vec![0_u8; SIZE];
        let reserved = Footprint::own().unwrap();
        // Half of the increase may be hidden: threads of other tests end at the same time, and give their stacks back.
        assert!(reserved.virtual_size >= before.virtual_size + SIZE as u64 / 2, "{before:?} {reserved:?}");
        assert!(reserved.rss < before.rss + SIZE as u64 / 2, "{before:?} {reserved:?}");
        for page in pages.chunks_mut(4096) {
            page[0] = 1;
        }
        let touched = Footprint::own().unwrap();
        std::hint::black_box(&pages);
        assert!(touched.rss >= reserved.rss + SIZE as u64 * 9 / 10, "{reserved:?} {touched:?}");
        assert!(touched.private >= reserved.private + SIZE as u64 * 9 / 10, "{reserved:?} {touched:?}");
        // With huge pages there are fewer faults, one for each.
        assert!(touched.minor_faults >= reserved.minor_faults + (SIZE >> 21) as u64, "{reserved:?} {touched:?}");
        assert!(touched.pss <= touched.rss && touched.private <= touched.rss && touched.threads >= 1);
        assert_eq!(Footprint::of(std::process::id() as i32).unwrap().threads, touched.threads);
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = Footprint::of(i32::MAX).unwrap_err().to_string();
        assert!(error.contains(&format!("/proc/{}/status", i32::MAX)), "{error}");
    }

    #[test]
    fn what_a_control_group_caches_of_files_is_room_up_to_its_limit() {
        let stat = "cache 400\ninactive_file 300\nactive_file 100\ntotal_inactive_file 350\ninactive_file_more 7\n";
        let left = |limit, usage, name| left_by(limit, usage, stat, name);
        assert_eq!(left("1000\n", "990\n", "inactive_file"), Some(310));
        assert_eq!(left("1000\n", "990\n", "total_inactive_file"), Some(360));
        // Without the statistics the whole usage counts. The room is never more than the limit.
        assert_eq!(left("1000\n", "990\n", "inactive"), Some(10));
        assert_eq!(left("1000\n", "200\n", "inactive_file"), Some(1000));
        assert_eq!(left("1000\n", "1400\n", "inactive_file"), Some(0));
        assert_eq!(left("max\n", "990\n", "inactive_file"), None);
        assert_eq!(left("1000\n", "", "inactive_file"), None);
    }

    #[test]
    fn there_is_room_and_no_more_than_the_machine_has() {
        let room = room().unwrap();
        assert!(room > 0 && room <= crate::machine::this().memory_mib << 20, "{room}");
    }
}
