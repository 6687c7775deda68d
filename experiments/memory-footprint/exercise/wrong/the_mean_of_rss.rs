//! RSS, divided by the workers: right for those that share all they have, and for no others.

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Rss:")).sum::<u64>()
        / workers.len().max(1) as u64
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Private_Clean:") + kib(worker, "Private_Dirty:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
