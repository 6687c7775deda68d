//! How long it takes to end a worker: a process, from the signal until it has been reaped, and a thread, from the request until
//! it has been joined.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use failure_containment::endings::WAYS;
use lab::memory;

fn end(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("failure-containment");
    group.sampling_mode(SamplingMode::Flat);
    for way in WAYS.into_iter().filter(|way| way.listens) {
        if memory::room().is_some_and(|room| room < 2 * way.takes) {
            continue;
        }
        // Touching so much memory takes far longer than the end that we measure.
        group.sample_size(if way.takes > 0 { 10 } else { 20 });
        group.bench_function(BenchmarkId::new(way.name, 1), |bencher| {
            // One iteration is one end. Starting a worker for it isn't counted.
            bencher.iter_custom(|times| {
                (0..times)
                    .map(|_| (way.end)().expect("the system starts a worker").took)
                    .sum()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .without_plots();
    targets = end
}
criterion_main!(benches);
