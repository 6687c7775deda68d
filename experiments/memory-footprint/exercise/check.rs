//! What a right report must say. The check knows which worker maps which page, writes what the kernel would say of them, and
//! counts the pages itself. It looks at no process, so it says the same on every machine.

use std::collections::BTreeMap;

/// A report on a pool of workers.
pub(crate) trait Report {
    /// How many KiB all workers together take.
    fn together(&self, workers: &[String]) -> u64;
    /// How many KiB are free again as soon as one worker ends.
    fn given_back(&self, worker: &str) -> u64;
}

/// The pages that each worker maps, by their numbers. A page has 4 KiB.
type Pool = Vec<Vec<u32>>;

/// Checks the report on several pools, and says what is wrong in the first that isn't right.
pub(crate) fn check(report: &impl Report) -> Result<(), String> {
    let shared: Vec<u32> = (0..400).collect();
    let with_own = |own: u32| (0..4).map(move |worker| 1000 * (worker + 1)..1000 * (worker + 1) + own);
    let pools: [(&str, Pool); 4] = [
        ("one worker alone", vec![shared.clone()]),
        ("four workers that share nothing", with_own(50).map(Iterator::collect).collect()),
        ("four workers that share all they have", vec![shared.clone(); 4]),
        ("four forked workers", with_own(25).map(|own| shared.iter().copied().chain(own).collect()).collect()),
    ];
    pools.iter().try_for_each(|(name, pool)| check_pool(report, name, pool))
}

fn check_pool(report: &impl Report, name: &str, pool: &Pool) -> Result<(), String> {
    let mut mapped = BTreeMap::new();
    for page in pool.iter().flatten() {
        *mapped.entry(*page).or_insert(0) += 1;
    }
    let texts: Vec<String> = pool.iter().map(|pages| smaps_rollup(pages, &mapped)).collect();
    let (said, right) = (report.together(&texts), 4 * mapped.len() as u64);
    if said != right {
        return Err(format!("{name}: together they take {right} KiB, and the report says {said}"));
    }
    for (pages, text) in pool.iter().zip(&texts) {
        let (said, right) = (report.given_back(text), 4 * own(pages, &mapped));
        if said != right {
            return Err(format!("{name}: the end of one gives {right} KiB back, and the report says {said}"));
        }
    }
    Ok(())
}

/// How many of these pages nobody else maps.
fn own(pages: &[u32], mapped: &BTreeMap<u32, u64>) -> u64 {
    pages.iter().filter(|page| mapped[page] == 1).count() as u64
}

/// What the kernel says of a process with these pages. Source: proc_pid_smaps(5).
fn smaps_rollup(pages: &[u32], mapped: &BTreeMap<u32, u64>) -> String {
    let share = |page: &u32| 4096 / mapped[page];
    let (rss, private) = (4 * pages.len() as u64, 4 * own(pages, mapped));
    // Every fifth private page was read from a file and not changed.
    let clean = private / 20 * 4;
    let pss = pages.iter().map(share).sum::<u64>() / 1024;
    let lines = [
        ("Rss", rss),
        ("Pss", pss),
        ("Pss_Dirty", private - clean),
        ("Pss_Anon", private - clean),
        ("Pss_File", pss - (private - clean)),
        ("Shared_Clean", rss - private),
        ("Shared_Dirty", 0),
        ("Private_Clean", clean),
        ("Private_Dirty", private - clean),
        ("Referenced", rss),
    ];
    let head = "55d0c8a00000-7ffd5a3f1000 ---p 00000000 00:00 0                          [rollup]\n".to_owned();
    lines.iter().fold(head, |text, (name, kib)| format!("{text}{:<16}{kib:>8} kB\n", format!("{name}:")))
}
