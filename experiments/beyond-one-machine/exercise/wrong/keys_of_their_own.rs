//! The hash of a `HashMap`: it has random keys, and each worker has made its own. So no two agree where a word goes.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let keys = RandomState::new();
    let by_word = Exchange::new(move |word: &String| keys.hash_one(word));
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                by_word,
                "Count",
                |capability, _| {
                    let mut counted = BTreeMap::new();
                    let mut until_the_end = Some(capability);
                    move |(input, frontier), output| {
                        input.for_each(|_, words| {
                            for word in words.drain(..) {
                                *counted.entry(word).or_insert(0u64) += 1;
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
