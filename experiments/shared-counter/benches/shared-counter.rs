//! What an addition costs: the time from the first worker's start to the last worker's end, divided by the number of
//! additions that all workers made together.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use lab::team;
use shared_counter::VARIANTS;

fn increment(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("shared-counter");
    group.sampling_mode(SamplingMode::Flat);
    for variant in VARIANTS {
        for workers in [1, 2, 4, 8] {
            group.bench_function(
                BenchmarkId::new(variant.name, workers),
                |bencher| {
                    // One iteration is one increment by each worker.
                    bencher.iter_custom(|times| {
                        let count = || (variant.count)(workers, times);
                        let count = team::contending(count, |count| &count.spans)
                            .expect("the workers meet");
                        team::elapsed(&count.spans) / workers as u32
                    });
                },
            );
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
    targets = increment
}
criterion_main!(benches);
