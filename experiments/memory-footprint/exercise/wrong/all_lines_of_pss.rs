//! `Pss_Dirty` and the others are parts of `Pss`: the sum of all counts every page two or three times.

pub(crate) fn together(workers: &[String]) -> u64 {
    let lines = workers.iter().flat_map(|text| text.lines());
    lines.filter(|line| line.starts_with("Pss")).map(|line| kib(line, "Pss")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Private_Clean:") + kib(worker, "Private_Dirty:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
