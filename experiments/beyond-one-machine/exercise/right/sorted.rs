//! Equal words meet, and nothing is counted before the end: then the words are sorted, and equal ones stand side by side.

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
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                Exchange::new(|word: &String| hash(word)),
                "Sort",
                |capability, _| {
                    let mut kept: Vec<String> = Vec::new();
                    let mut until_the_end = Some(capability);
                    move |(input, frontier), output| {
                        input.for_each(|_, words| kept.append(words));
                        if frontier.is_empty()
                            && let Some(capability) = until_the_end.take()
                        {
                            kept.sort();
                            let runs = kept.chunk_by(|one, next| one == next);
                            let counted =
                                runs.map(|run| (run[0].clone(), run.len() as u64));
                            output.session(&capability).give_iterator(counted);
                        }
                    }
                },
            )
            .inspect(move |told| {
                counts.send(told.clone()).expect("somebody listens");
            });
    });
}
