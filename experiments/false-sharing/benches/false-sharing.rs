//! How long an addition takes its worker: the time from the first start to the last end, divided by the additions that each
//! worker made. If the workers don't slow each other down, this is the time of a worker alone. A team whose workers didn't
//! work at the same time runs again.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use false_sharing::{Layout, VARIANTS};
use lab::{Placement, team};

fn increment(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("false-sharing");
    group.sampling_mode(SamplingMode::Flat);
    for variant in VARIANTS {
        for &distance in variant.distances {
            let workers = if variant.alone { 1 } else { 2 };
            let layout = Layout {
                placement: Placement::apart(),
                workers,
                distance,
                offset: 0,
            };
            group.bench_function(
                BenchmarkId::new(variant.name, distance),
                |bencher| {
                    // One iteration is one addition by each worker.
                    bencher.iter_custom(|times| {
                        let count = || (variant.count)(&layout, times);
                        let count = team::contending(count, |count| &count.spans)
                            .expect("the workers meet");
                        team::elapsed(&count.spans)
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
