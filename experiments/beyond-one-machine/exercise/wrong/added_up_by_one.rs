//! Each worker counts its own words, and worker 0 adds up all counts and tells them: it has to have room for every word there is.

use std::collections::BTreeMap;

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
    let to_one = Exchange::new(|_: &(String, u64)| 0);
    worker.dataflow::<(), _, _>(|scope| {
        counted
            .into_iter()
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                to_one,
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
