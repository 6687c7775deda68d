//! One map for all workers. That is memory which threads share; workers may be processes, on several hosts. And whatever else is
//! counted at the same time gets into it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Inspect, Operator};
use timely::worker::Worker;

use crate::check::Counts;

static COUNTED: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

pub(crate) fn count(worker: &mut Worker, words: Vec<String>, counts: Counts) {
    let (me, all) = (worker.index(), worker.peers());
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
                            for word in words.drain(..) {
                                *counted.entry(word).or_insert(0) += 1;
                            }
                        });
                        if frontier.is_empty()
                            && let Some(capability) = until_the_end.take()
                        {
                            let counted = COUNTED
                                .lock()
                                .expect("nobody panics with it")
                                .clone();
                            let mine = counted
                                .into_iter()
                                .filter(|(word, _)| word.len() % all == me);
                            output.session(&capability).give_iterator(mine);
                        }
                    }
                },
            )
            .inspect(move |told| {
                counts.send(told.clone()).expect("somebody listens");
            });
    });
}
