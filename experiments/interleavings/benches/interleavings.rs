//! How long it takes to explore a program: to visit all of its states, and to count all of its interleavings.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use interleavings::{BUDGET, VARIANTS, explore};

fn exploring(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("interleavings");
    group.sampling_mode(SamplingMode::Flat);
    for name in ["load-add-store", "locked", "opposite-order", "separate-memory"] {
        let variant = VARIANTS
            .iter()
            .find(|variant| variant.name == name)
            .expect("a variant");
        for workers in [2, 3, 4] {
            group.bench_function(BenchmarkId::new(name, workers), |bencher| {
                let program = (variant.program)(workers, 2);
                bencher.iter(|| explore(&program, BUDGET));
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .without_plots();
    targets = exploring
}
criterion_main!(benches);
