//! The operator `exchange` before the counting, which then stays as it is.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Exchange, Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .exchange(|word| {
                let mut hasher = DefaultHasher::new();
                word.hash(&mut hasher);
                hasher.finish()
            })
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
