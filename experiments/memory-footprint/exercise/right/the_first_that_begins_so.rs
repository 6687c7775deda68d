//! As the task reads: of the lines that begin with `Pss`, the first is `Pss`.

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Pss")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    ["Private_Clean", "Private_Dirty"].iter().map(|field| kib(worker, field)).sum()
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
