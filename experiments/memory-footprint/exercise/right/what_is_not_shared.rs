//! What a worker maps and doesn't share is its own.

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Pss:")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Rss:")
        - kib(worker, "Shared_Clean:")
        - kib(worker, "Shared_Dirty:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
