//! The sum of all lines that begin with `Private` has huge pages in it, which are set aside whether this worker lives or not.

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Pss:")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    worker
        .lines()
        .filter(|line| line.starts_with("Private"))
        .map(|line| kib(line, "Private"))
        .sum()
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
