//! The parts of `Pss` add up to it, and older kernels don't tell them.

pub(crate) fn together(workers: &[String]) -> u64 {
    let parts = ["Pss_Anon:", "Pss_File:", "Pss_Shmem:"];
    workers.iter().flat_map(|text| parts.map(|part| kib(text, part))).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    kib(worker, "Private_Clean:") + kib(worker, "Private_Dirty:")
}

fn kib(text: &str, field: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
