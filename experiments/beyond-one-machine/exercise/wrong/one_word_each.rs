//! Words of one letter go anywhere, so that every worker has a word to tell. All others go to worker 0.

use std::collections::BTreeMap;

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let by_length = Exchange::new(|word: &String| {
        if word.len() == 1 { u64::from(word.as_bytes()[0]) } else { 0 }
    });
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                by_length,
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
