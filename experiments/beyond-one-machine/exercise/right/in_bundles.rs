//! Each worker makes a bundle of counts for every worker, and sends that as one record. What has been added up is told without a stream.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Operator;
use timely::dataflow::operators::vec::ToStream;
use timely::worker::Worker;

use crate::check::Counts;

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let mut bundles = vec![BTreeMap::new(); worker.peers()];
    for word in words {
        let to = hash(&word) as usize % bundles.len();
        *bundles[to].entry(word).or_insert(0u64) += 1;
    }
    worker.dataflow::<(), _, _>(|scope| {
        let by_number =
            Exchange::new(|(to, _): &(usize, BTreeMap<String, u64>)| *to as u64);
        bundles
            .into_iter()
            .enumerate()
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<()>>, _, _, _>(
                by_number,
                "Add up",
                |capability, _| {
                    let mut counted = BTreeMap::new();
                    let mut until_the_end = Some(capability);
                    move |(input, frontier), _| {
                        input.for_each(|_, bundles| {
                            for (word, part) in
                                bundles.drain(..).flat_map(|(_, bundle)| bundle)
                            {
                                *counted.entry(word).or_insert(0u64) += part;
                            }
                        });
                        if frontier.is_empty() && until_the_end.take().is_some() {
                            for told in std::mem::take(&mut counted) {
                                counts.send(told).expect("somebody listens");
                            }
                        }
                    }
                },
            );
    });
}
