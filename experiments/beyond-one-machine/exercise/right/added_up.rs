//! Each worker counts its own words, which takes no company. Then the counts are sent by word and added up: fewer records travel.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let mut counted = BTreeMap::new();
    for word in words {
        *counted.entry(word).or_insert(0u64) += 1;
    }
    let by_word = Exchange::new(|(word, _): &(String, u64)| {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        hasher.finish()
    });
    worker.dataflow::<(), _, _>(|scope| {
        counted
            .into_iter()
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                by_word,
                "Add up",
                |capability, _| {
                    let mut counted = BTreeMap::new();
                    let mut until_the_end = Some(capability);
                    move |(input, frontier), output| {
                        input.for_each(|_, parts| {
                            for (word, part) in parts.drain(..) {
                                *counted.entry(word).or_insert(0u64) += part;
                            }
                        });
                        if frontier.is_empty()
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
