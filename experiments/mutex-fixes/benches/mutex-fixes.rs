//! What an addition costs: the time from the first worker's start to the last worker's end, divided by the number of
//! additions that all workers made together.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use lab::team;
use mutex_fixes::{Section, VARIANTS};

/// These are measured with 1, 2, 4 and 8 workers. All others are measured with 1 and 2, so that a recording stays short.
const OVER_WORKERS: [(&str, Section); 8] = [
    ("mutex-threads", Section::Short),
    ("parking-lot-threads", Section::Short),
    ("fetch-add-threads", Section::Short),
    ("sharded-threads", Section::Short),
    ("local-threads", Section::Short),
    ("mutex-threads", Section::Long),
    ("parking-lot-threads", Section::Long),
    ("fetch-add-threads", Section::Long),
];

fn increment(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mutex-fixes");
    group.sampling_mode(SamplingMode::Flat);
    for section in [Section::Short, Section::Long] {
        for variant in VARIANTS {
            let workers: &[usize] =
                match OVER_WORKERS.contains(&(variant.name, section)) {
                    true => &[1, 2, 4, 8],
                    false if section == Section::Short => &[1, 2],
                    false => &[],
                };
            for &workers in workers {
                group.bench_function(
                    BenchmarkId::new(section.name(variant.name), workers),
                    |bencher| {
                        // One iteration is one increment by each worker.
                        bencher.iter_custom(|times| {
                            let count = || (variant.count)(workers, times, section);
                            let count =
                                team::contending(count, |count| &count.spans)
                                    .expect("the workers meet");
                            team::elapsed(&count.spans) / workers as u32
                        });
                    },
                );
            }
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
