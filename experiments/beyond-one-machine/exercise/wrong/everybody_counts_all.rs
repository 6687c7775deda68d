//! Every worker gets every word, counts all of them, and tells the part of the counts that is its own. Five workers do the work of one
//! five times.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::vec::{Broadcast, ToStream};
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let (me, all) = (worker.index() as u64, worker.peers() as u64);
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .broadcast()
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                Pipeline,
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
                            let counted = std::mem::take(&mut counted).into_iter();
                            output.session(&capability).give_iterator(
                                counted.filter(|(word, _)| hash(word) % all == me),
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
