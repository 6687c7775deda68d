//! All fields by their names, and then what is asked for.

use std::collections::HashMap;

pub(crate) fn together(workers: &[String]) -> u64 {
    workers.iter().map(|text| fields(text)["Pss"]).sum()
}

pub(crate) fn given_back(worker: &str) -> u64 {
    let fields = fields(worker);
    fields["Private_Clean"] + fields["Private_Dirty"]
}

fn fields(text: &str) -> HashMap<&str, u64> {
    text.lines().filter_map(field).collect()
}

fn field(line: &str) -> Option<(&str, u64)> {
    let (name, rest) = line.split_once(':')?;
    Some((name, rest.strip_suffix("kB")?.trim().parse().ok()?))
}
