//! What the work takes, from the first worker's start to the last one's end.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};

use CRATE::VARIANTS;

fn cost(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("SLUG");
    group.sampling_mode(SamplingMode::Flat);
    for variant in VARIANTS {
        for workers in [1, 2] {
            group.bench_function(BenchmarkId::new(variant.name, workers), |bencher| {
                bencher.iter_custom(|times| {
                    let run = || (variant.run)(workers, 100_000).expect("the workers can be started");
                    (0..times).map(|_| lab::team::elapsed(&run().spans)).sum()
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
    targets = cost
}
criterion_main!(benches);
