//! What a meal costs: the time that the philosophers took, from the first start to the last end, divided by the meals
//! that they ate together. Nobody watches, and those that deadlock aren't here. The philosophers sit on CPUs apart, and where
//! there is one for each, runs in which they didn't work at once count again.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use deadlock::REPAIRS;
use deadlock::lock::Worker;
use deadlock::table::Table;
use lab::{Placement, team};

fn meal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deadlock");
    group.sampling_mode(SamplingMode::Flat);
    let placement = Placement::apart();
    for (name, meal) in REPAIRS {
        for philosophers in [1, 2, 4, 8] {
            group.bench_function(BenchmarkId::new(name, philosophers), |bencher| {
                // One iteration is one meal of each philosopher.
                bencher.iter_custom(|times| {
                    let table = Table::new(philosophers);
                    let eat = || {
                        lab::threads_on(&placement, philosophers, |team| {
                            let worker = Worker::unwatched(team);
                            for _ in 0..times {
                                meal(&table, &worker);
                            }
                        })
                    };
                    let team = team::contending(eat, |team| &team.spans)
                        .expect("they can be started, and work at once");
                    team::elapsed(&team.spans) / philosophers as u32
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .without_plots();
    targets = meal
}
criterion_main!(benches);
