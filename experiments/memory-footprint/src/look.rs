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
    pub virtual_size: f64,
    /// Resident set sizes. A page that several processes map counts once for each.
    pub rss: f64,
    /// Proportional set sizes. A page that several processes map counts once.
    pub pss: f64,
    /// The tables that translate addresses, without the root of each: `VmPTE`.
    pub page_tables: f64,
}

/// Adds up what the kernel counts for each of these processes.
///
/// # Errors
/// A process isn't there, or /proc isn't.
pub fn processes(ids: &[i32]) -> io::Result<Sums> {
    let each =
        ids.iter().map(|id| Footprint::of(*id)).collect::<io::Result<Vec<_>>>()?;
    let sum =
        |part: fn(&Footprint) -> u64| each.iter().map(part).sum::<u64>() as f64;
    Ok(Sums {
        virtual_size: sum(|one| one.virtual_size),
        rss: sum(|one| one.rss),
        pss: sum(|one| one.pss),
        page_tables: sum(|one| one.page_tables),
    })
}
// ANCHOR_END: processes

impl Sums {
    /// Sums of which `tell` gives each part.
    pub fn of(tell: impl Fn(fn(&Self) -> f64) -> f64) -> Self {
        Self {
            virtual_size: tell(|sums| sums.virtual_size),
            rss: tell(|sums| sums.rss),
            pss: tell(|sums| sums.pss),
            page_tables: tell(|sums| sums.page_tables),
        }
    }

    /// How much larger each part is than in `before`; 0 if it is smaller.
    pub fn more_than(&self, before: &Self) -> Self {
        Self::of(|part| (part(self) - part(before)).max(0.0))
    }
}

/// What the kernel counts for the whole machine, for all programs together, in bytes. Source: proc_meminfo(5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// What the kernel could hand out without swapping: `MemAvailable`, and the free pages in the CPUs' own lists.
    pub available: f64,
    /// The stacks on which threads run in the kernel: `KernelStack`.
    pub kernel_stack: f64,
    /// The kernel's objects, without those that it could drop: `SUnreclaim`.
    pub slab: f64,
}

/// Looks at the whole machine, so it needs no process's id.
///
/// # Errors
/// /proc/meminfo can't be read, or a line isn't there.
pub fn machine(_: &[i32]) -> io::Result<Machine> {
    let text = fs::read_to_string(MEMINFO).map_err(|error| {
        io::Error::new(error.kind(), format!("can't read {MEMINFO}: {error}"))
    })?;
    let of = |name: &str| {
        field(&text, name).ok_or_else(|| {
            io::Error::other(format!("{MEMINFO} has no line {name}"))
        })
    };
    // If the file can't be read, `MemAvailable` stands alone.
    let lists = listed(&fs::read_to_string("/proc/zoneinfo").unwrap_or_default())
        * rustix::param::page_size() as f64;
    Ok(Machine {
        available: of("MemAvailable")? + lists,
        kernel_stack: of("KernelStack")?,
        slab: of("SUnreclaim")?,
    })
}

const MEMINFO: &str = "/proc/meminfo";

/// The bytes of a line `Name:  123 kB`.
fn field(text: &str, name: &str) -> Option<f64> {
    let line =
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
}

/// How many free pages are in the CPUs' own lists. Each CPU has such lists to take and free a page without a lock. Neither
/// `MemFree` nor `MemAvailable` counts these pages. Source: proc_zoneinfo in mm/vmstat.c, `pagesets`.
fn listed(zoneinfo: &str) -> f64 {
    zoneinfo
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("count:")?.trim().parse::<f64>().ok()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name_and_only_what_waits_in_lists_is_counted()
    {
        let text = "MemAvailable:   12 kB\nSlab:  3 kB\nSUnreclaim:  2 kB\nKernelStack: many kB\n";
        let found =
            ["SUnreclaim", "Mem", "KernelStack"].map(|name| field(text, name));
        assert_eq!(found, [Some(2048.0), None, None]);
        let text = "  pages free 3840\n  pagesets\n    cpu: 0\n      count:    17\n      high:     20\n      count:    5\n";
        assert_eq!(listed(text), 22.0);
    }
}
