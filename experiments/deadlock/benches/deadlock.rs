//! What a meal costs: the time from the first philosopher's start to the last one's end, divided by the number of meals that
//! all of them ate. Nobody watches, and only the repairs are measured. The philosophers sit on CPUs of their own. If there
//! are enough CPUs, a run in which the philosophers didn't work at the same time is made again.

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
                        .expect("the philosophers start, and work at once");
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
