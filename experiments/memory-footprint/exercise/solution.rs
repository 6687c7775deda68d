//! A solution of the exercise. Try your own before you read this.
//!
//! A page that four workers map is counted four times in the sum of their RSS, and by a quarter in the PSS of each. So the
//! sum of the PSS counts every page once. What one worker's end gives back is another question: a page that anybody else
//! maps stays, however small the share, so only private pages count. (`starts_with("Pss")` finds `Pss:` since that line
//! comes before `Pss_Anon:`; the colon makes it sure.)

// ANCHOR: solution
pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Pss:")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Private_Clean:") + kib(worker, "Private_Dirty:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
// ANCHOR_END: solution
