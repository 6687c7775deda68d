//! Each worker counts its own words, then the counts go to one place, where nobody adds them up.

use std::collections::BTreeMap;

use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Exchange, Inspect};
use timely::worker::Worker;

use crate::check::Counts;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let mut counted = BTreeMap::new();
    for word in words {
        *counted.entry(word).or_insert(0u64) += 1;
    }
    worker.dataflow::<(), _, _>(|scope| {
        counted
            .into_iter()
            .to_stream(scope)
            .exchange(|(word, _): &(String, u64)| word.len() as u64)
            .inspect(move |told| {
                counts.send(told.clone()).expect("somebody listens");
            });
    });
}
