//! One map for all workers and each dataflow. Workers may be processes, and another cluster may have a dataflow of the same number.

use std::collections::BTreeMap;
use std::sync::Mutex;

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

static COUNTED: Mutex<BTreeMap<usize, BTreeMap<String, u64>>> =
    Mutex::new(BTreeMap::new());

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let (me, all, dataflow) =
        (worker.index(), worker.peers(), worker.peek_identifier());
    worker.dataflow::<(), _, _>(|scope| {
        words
            .to_stream(scope)
            .unary_frontier::<CapacityContainerBuilder<Vec<_>>, _, _, _>(
                Pipeline,
                "Count",
                |capability, _| {
                    let mut until_the_end = Some(capability);
                    move |(input, frontier), output| {
                        input.for_each(|_, words| {
                            let mut counted =
                                COUNTED.lock().expect("nobody panics with it");
                            let counted = counted.entry(dataflow).or_default();
                            for word in words.drain(..) {
                                *counted.entry(word).or_insert(0) += 1;
                            }
                        });
                        if frontier.is_empty()
                            && let Some(capability) = until_the_end.take()
                        {
                            let mut counted =
                                COUNTED.lock().expect("nobody panics with it");
                            let counted = counted
                                .entry(dataflow)
                                .or_default()
                                .clone()
                                .into_iter();
                            output.session(&capability).give_iterator(
                                counted.filter(|(word, _)| word.len() % all == me),
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
