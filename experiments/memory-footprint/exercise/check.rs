//! What a right report must say. The check knows which worker maps which page, writes what the kernel would say of them, and
//! counts the pages itself. It looks at no process, so it says the same on every machine.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

/// How many KiB of memory all workers together take. A text is the smaps_rollup of one.
pub(crate) type Together = fn(&[String]) -> u64;
/// How many KiB of memory are free again as soon as one worker ends.
pub(crate) type GivenBack = fn(&str) -> u64;

/// The pages that a worker maps, by their numbers; a page has 4 KiB. And what lies beside them, of its own.
struct Worker {
    pages: Vec<u32>,
    /// KiB that are swapped out.
    swapped: u64,
    /// KiB of the huge pages that are set aside (hugetlbfs), which neither RSS nor PSS counts.
    set_aside: u64,
}

/// Of its pages, these were read from a file and not changed.
fn is_clean(page: u32) -> bool {
    page.is_multiple_of(5)
}

/// Checks a report on several pools, as several kernels tell of them, and says what is wrong in the first that isn't right.
pub(crate) fn check(
    together: Together,
    given_back: GivenBack,
) -> Result<(), String> {
    let shared = |pages: u32| 0..pages;
    let own =
        |worker: u32, pages: u32| 1000 * (worker + 1)..1000 * (worker + 1) + pages;
    let plain = |pages: Vec<u32>| Worker { pages, swapped: 0, set_aside: 0 };
    let pools: [(&str, Vec<Worker>); 8] = [
        ("one worker alone", vec![plain(shared(40).collect())]),
        (
            "four workers that share nothing",
            (0..4).map(|worker| plain(own(worker, 10).collect())).collect(),
        ),
        (
            "four workers that share all they have",
            (0..4).map(|_| plain(shared(40).collect())).collect(),
        ),
        (
            "four forked workers",
            (0..4)
                .map(|n| plain(shared(40).chain(own(n, 5 + 2 * n)).collect()))
                .collect(),
        ),
        (
            "two programs with two workers each",
            // They share a library, and each two a program.
            (0..4)
                .map(|n| {
                    plain(
                        shared(20)
                            .chain(own(7 + n / 2, 10 + n / 2 * 30))
                            .chain(own(n, 4))
                            .collect(),
                    )
                })
                .collect(),
        ),
        (
            "two workers that are swapped out in part",
            (0..2)
                .map(|n| Worker {
                    pages: shared(20).chain(own(n, 8)).collect(),
                    swapped: 80,
                    set_aside: 0,
                })
                .collect(),
        ),
        (
            "two workers with huge pages that are set aside",
            (0..2)
                .map(|n| Worker {
                    pages: shared(20).chain(own(n, 8)).collect(),
                    swapped: 0,
                    set_aside: 2048,
                })
                .collect(),
        ),
        ("no worker", Vec::new()),
    ];
    pools.iter().try_for_each(|(name, pool)| {
        [false, true].iter().try_for_each(|is_old| {
            check_pool(together, given_back, name, pool, *is_old)
        })
    })
}

fn check_pool(
    together: Together,
    given_back: GivenBack,
    name: &str,
    pool: &[Worker],
    is_old: bool,
) -> Result<(), String> {
    let mut mapped = BTreeMap::new();
    for page in pool.iter().flat_map(|worker| &worker.pages) {
        *mapped.entry(*page).or_insert(0) += 1;
    }
    let name = if is_old {
        format!("{name}, on an older kernel")
    } else {
        name.to_owned()
    };
    let texts: Vec<String> =
        pool.iter().map(|worker| smaps_rollup(worker, &mapped, is_old)).collect();
    let panics = |_| format!("{name}: the report panics; its message stands above");
    let (said, right) = (
        catch_unwind(|| together(&texts)).map_err(panics)?,
        4 * mapped.len() as u64,
    );
    if said != right {
        return Err(format!(
            "{name}: together they take {right} KiB, and the report says {said}"
        ));
    }
    for (worker, text) in pool.iter().zip(&texts) {
        let right = kib_of(worker, |page| mapped[&page] == 1);
        let said = catch_unwind(|| given_back(text)).map_err(panics)?;
        if said != right {
            return Err(format!(
                "{name}: the end of one gives {right} KiB back, and the report says {said}"
            ));
        }
    }
    Ok(())
}

/// How many KiB of its pages are such ones.
fn kib_of(worker: &Worker, is_such: impl Fn(u32) -> bool) -> u64 {
    4 * worker.pages.iter().filter(|page| is_such(**page)).count() as u64
}

/// What the kernel says of a worker, in the order and the form of its `__show_smap`. An older one has fewer lines. Source:
/// proc_pid_smaps(5), and fs/proc/task_mmu.c.
fn smaps_rollup(
    worker: &Worker,
    mapped: &BTreeMap<u32, u64>,
    is_old: bool,
) -> String {
    let is_own = |page: u32| mapped[&page] == 1;
    let pss = |is_such: fn(u32) -> bool| {
        worker
            .pages
            .iter()
            .filter(|page| is_such(**page))
            .map(|page| 4096 / mapped[page])
            .sum::<u64>()
            / 1024
    };
    let all = kib_of(worker, |_| true);
    let lines = [
        ("Rss", Some(all)),
        ("Pss", Some(pss(|_| true))),
        ("Pss_Dirty", (!is_old).then(|| pss(|page| !is_clean(page)))),
        ("Pss_Anon", (!is_old).then(|| pss(|page| !is_clean(page)))),
        ("Pss_File", (!is_old).then(|| pss(is_clean))),
        ("Pss_Shmem", (!is_old).then_some(0)),
        (
            "Shared_Clean",
            Some(kib_of(worker, |page| !is_own(page) && is_clean(page))),
        ),
        (
            "Shared_Dirty",
            Some(kib_of(worker, |page| !is_own(page) && !is_clean(page))),
        ),
        (
            "Private_Clean",
            Some(kib_of(worker, |page| is_own(page) && is_clean(page))),
        ),
        (
            "Private_Dirty",
            Some(kib_of(worker, |page| is_own(page) && !is_clean(page))),
        ),
        ("Referenced", Some(kib_of(worker, |page| page.is_multiple_of(3)))),
        ("Anonymous", Some(kib_of(worker, |page| !is_clean(page)))),
        (
            "LazyFree",
            Some(kib_of(worker, |page| is_own(page) && page.is_multiple_of(7))),
        ),
        ("AnonHugePages", Some(0)),
        ("Shared_Hugetlb", Some(worker.set_aside)),
        ("Private_Hugetlb", Some(worker.set_aside)),
        ("Swap", Some(worker.swapped)),
        ("SwapPss", Some(worker.swapped)),
        ("Locked", Some(kib_of(worker, |page| page.is_multiple_of(7)) / 2)),
    ];
    let head = "55d0c8a00000-7ffd5a3f1000 ---p 00000000 00:00 0                          [rollup]\n".to_owned();
    let told = lines.iter().filter_map(|(name, kib)| Some((name, (*kib)?)));
    told.fold(head, |text, (name, kib)| {
        format!("{text}{:<16}{kib:>8} kB\n", format!("{name}:"))
    })
}
