//! What the lock costs if nobody else wants it: a step of a loop alone, a step with a checkpoint, and a step that gives the
//! lock up and takes it again, as around a wait.

use std::hint::black_box;
use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use lab::Gil;
use lab::gil::SWITCH_INTERVAL;

fn uncontended(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("global-interpreter-lock");
    group.sampling_mode(SamplingMode::Flat);
    let gil = Gil::new(SWITCH_INTERVAL);
    group.bench_function(BenchmarkId::new("no-checkpoint", 1), |bencher| {
        let mut step = 0_u64;
        bencher.iter(|| step = black_box(step + 1));
    });
    group.bench_function(BenchmarkId::new("checkpoint", 1), |bencher| {
        let (mut step, mut attached) = (0_u64, gil.attach());
        bencher.iter(|| {
            step = black_box(step + 1);
            attached.checkpoint()
        });
    });
    group.bench_function(BenchmarkId::new("detach", 1), |bencher| {
        let mut attached = gil.attach();
        bencher.iter(|| attached.detached(|| black_box(())));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .without_plots();
    targets = uncontended
}
criterion_main!(benches);
