//! RSS without all lines that begin with `Shared`. One of them is of huge pages that are set aside, and RSS has none of those.

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Pss:")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    let shared = worker
        .lines()
        .filter(|line| line.starts_with("Shared"))
        .map(|line| kib(line, "Shared"));
    kib(worker, "Rss:").saturating_sub(shared.sum())
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
