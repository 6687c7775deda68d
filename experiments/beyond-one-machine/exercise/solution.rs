//! A solution of the exercise. Try your own before you read this.
//!
//! Nothing is wrong with the counting. But equal words must meet in one place, or nobody ever sees all of them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

// ANCHOR: solution
/// Counts the words that all workers have read: `words` are one worker's. At the
/// end each word is told once, with its count, and every worker has some to tell.
/// None gets more than twice its share of the words.
pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let by_word = Exchange::new(|word: &String| {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        hasher.finish()
    });
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
// ANCHOR_END: solution
