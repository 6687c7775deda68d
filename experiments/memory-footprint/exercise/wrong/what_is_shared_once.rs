//! As if all shared the same pages: the private ones of each, and once what the one that shares most shares. Two programs share two things.

pub(crate) fn together(workers: &[String]) -> u64 {
    let shared =
        |text: &String| kib(text, "Shared_Clean:") + kib(text, "Shared_Dirty:");
    workers.iter().map(|text| given_back(text)).sum::<u64>()
        + workers.iter().map(shared).max().unwrap_or(0)
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Private_Clean:") + kib(worker, "Private_Dirty:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
