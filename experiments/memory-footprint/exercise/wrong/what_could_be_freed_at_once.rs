//! What the kernel may take at once (`LazyFree`) still takes memory, and is free for certain only when the worker ends.

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| kib(text, "Pss:")).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Private_Clean:") + kib(worker, "Private_Dirty:")
        - kib(worker, "LazyFree:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
