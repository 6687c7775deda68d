//! A report on a pool of worker processes: the repair exercise.
//!
//! It reads what the kernel says in /proc/PID/smaps_rollup of each worker. The operators who believe it buy memory that
//! nobody needs: `cargo test -p memory-footprint --test exercise -- --ignored` tells how far off it is. Repair the two functions.
//! What is swapped out takes no memory, and the huge pages of hugetlbfs are set aside whether a worker lives or not: neither counts.

// ANCHOR: report
/// How many KiB of memory all workers together take. A text is the smaps_rollup of
/// one.
pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Rss")).sum()
}

/// How many KiB of memory are free again when this worker ends and the others stay.
pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Rss")
}

/// The number in a line such as `Rss:    1732 kB`; 0 where there is none.
fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
// ANCHOR_END: report
