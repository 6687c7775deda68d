//! What the kernel says about memory: for each process in /proc/PID, and for the whole machine.

use std::fs;
use std::io;

use lab::memory::Footprint;
use serde::{Deserialize, Serialize};

// ANCHOR: processes
/// What the kernel counts for some processes, added up, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Address space, touched or not: `VmSize`.
    pub virtual_size: u64,
    /// Resident set sizes. A page that several map counts once for each.
    pub rss: u64,
    /// Proportional set sizes. A page that several map counts once in all.
    pub pss: u64,
    /// The tables that translate addresses, but for the root of each: `VmPTE`.
    pub page_tables: u64,
}

/// Adds up what the kernel counts for each of these processes.
///
/// # Errors
/// One of them isn't there, or /proc isn't.
pub fn processes(ids: &[i32]) -> io::Result<Sums> {
    ids.iter().try_fold(Sums::default(), |sums, id| {
        let one = Footprint::of(*id)?;
        Ok(Sums {
            virtual_size: sums.virtual_size + one.virtual_size,
            rss: sums.rss + one.rss,
            pss: sums.pss + one.pss,
            page_tables: sums.page_tables + one.page_tables,
        })
    })
}
// ANCHOR_END: processes

impl Sums {
    /// How much more this is than `before`, part by part; nothing where it is less.
    pub fn more_than(&self, before: &Self) -> Self {
        Self {
            virtual_size: self.virtual_size.saturating_sub(before.virtual_size),
            rss: self.rss.saturating_sub(before.rss),
            pss: self.pss.saturating_sub(before.pss),
            page_tables: self.page_tables.saturating_sub(before.page_tables),
        }
    }
}

/// What the kernel counts for the whole machine, in bytes, whoever uses it. Source: proc_meminfo(5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// What could be handed out without swapping: `MemAvailable`, and the free pages that wait in the CPUs' own lists.
    pub available: u64,
    /// The same without those lists.
    pub mem_available: u64,
    /// The stacks on which threads run in the kernel: `KernelStack`.
    pub kernel_stack: u64,
    /// The kernel's objects that it can't drop: `SUnreclaim`.
    pub slab: u64,
}

/// Looks at the whole machine; whose the memory is doesn't matter.
///
/// # Errors
/// /proc/meminfo can't be read, or doesn't tell.
pub fn machine(_: &[i32]) -> io::Result<Machine> {
    let text = fs::read_to_string(MEMINFO)
        .map_err(|error| io::Error::new(error.kind(), format!("can't read {MEMINFO}: {error}")))?;
    // Where it can't be read, nothing is added: `MemAvailable` stands alone.
    let lists = listed(&fs::read_to_string("/proc/zoneinfo").unwrap_or_default()) * rustix::param::page_size() as u64;
    let of = |name: &str| {
        field(&text, name).ok_or_else(|| io::Error::other(format!("{MEMINFO}: the kernel doesn't tell {name}")))
    };
    let mem_available = of("MemAvailable")?;
    Ok(Machine {
        available: mem_available + lists,
        mem_available,
        kernel_stack: of("KernelStack")?,
        slab: of("SUnreclaim")?,
    })
}

const MEMINFO: &str = "/proc/meminfo";

/// The bytes of a line `Name:  123 kB`.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// How many pages wait in the lists that each CPU has of its own, so that it gets and frees one without a lock. They are
/// free, and neither `MemFree` nor `MemAvailable` counts them. Source: proc_zoneinfo in mm/vmstat.c, `pagesets`.
fn listed(zoneinfo: &str) -> u64 {
    zoneinfo.lines().filter_map(|line| line.trim().strip_prefix("count:")?.trim().parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "MemAvailable:   12 kB\nSlab:  3 kB\nSUnreclaim:  2 kB\n";
        assert_eq!(field(text, "SUnreclaim"), Some(2048));
        assert_eq!(field(text, "Mem"), None);
        assert_eq!(field("KernelStack: many kB\n", "KernelStack"), None);
    }

    #[test]
    fn only_what_waits_in_lists_is_counted() {
        let text = "Node 0, zone DMA\n  pages free 3840\n  pagesets\n    cpu: 0\n              count:    17\n              \
                    high:     20\n    cpu: 1\n              count:    5\n              high_max: 40\n";
        assert_eq!(listed(text), 22);
        assert_eq!(listed(""), 0);
    }
}
