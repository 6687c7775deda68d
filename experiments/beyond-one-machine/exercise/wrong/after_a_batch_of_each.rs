//! It counts the batches that come, and tells all when there are as many as workers. A worker may send several.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let all = worker.peers();
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                Exchange::new(|word: &String| hash(word)),
                "Count",
                |capability, _| {
                    let mut counted = BTreeMap::new();
                    let (mut until_the_end, mut batches) = (Some(capability), 0);
                    move |(input, _), output| {
                        input.for_each(|_, words| {
                            batches += 1;
                            for word in words.drain(..) {
                                *counted.entry(word).or_insert(0u64) += 1;
                            }
                        });
                        if batches >= all
                            && let Some(capability) = until_the_end.take()
                        {
                            output.session(&capability).give_iterator(
                                std::mem::take(&mut counted).into_iter(),
                            );
                        }
                    }
                },
            )
            .inspect(move |told| {
                counts.send(told.clone()).expect("somebody listens");
            });
    });
}
