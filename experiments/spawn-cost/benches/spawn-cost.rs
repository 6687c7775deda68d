//! How long a start takes, from the call until the end of the thread or process: one at a time, by a process with one thread.

use std::cell::LazyCell;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use lab::Placement;
use lab::pages::Mapping::{self, Private, PrivateHuge};
use spawn_cost::{Stage, VARIANTS, ballast, fits, variant};

const FREE: [&str; 7] = [
    "thread-spawn",
    "pool-task",
    "fork-exit",
    "vfork-exit",
    "posix-spawn",
    "command",
    "command-pre-exec",
];

const WITH_MEMORY: [&str; 5] =
    ["thread-spawn", "fork-exit", "vfork-exit", "posix-spawn", "fork-exec"];

fn start(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("spawn-cost");
    group.sampling_mode(SamplingMode::Flat);
    // A start by a process that has touched so many MiB of such pages. The process touches the pages when it first measures,
    // since a recording measures each case in a process of its own.
    let mut bench =
        |name: &str, called: &str, parameter: &str, mib: usize, pages: Mapping| {
            let mut stage =
                Stage::new(1, Path::new(env!("CARGO_BIN_EXE_spawn-cost")));
            let touched = LazyCell::new(|| {
                ballast(mib, pages).expect("there is enough memory")
            });
            group.bench_function(BenchmarkId::new(called, parameter), |bencher| {
                let _ = &*touched;
                bencher.iter_custom(|times| {
                    let began = Instant::now();
                    (0..times).for_each(|_| {
                        (variant(name).start)(&mut stage, 1)
                            .expect("the variant can be started");
                    });
                    began.elapsed()
                });
            });
        };
    FREE.into_iter().for_each(|name| bench(name, name, "free", 0, Private));
    // From here on this process stays on one core.
    Placement::together().take(0);
    VARIANTS.into_iter().for_each(|variant| {
        bench(variant.name, variant.name, "one-core", 0, Private);
    });
    let has_huge_pages = ballast(4, PrivateHuge).is_ok();
    for (mib, parameter) in [(64, "64"), (256, "256"), (1024, "1024")]
        .into_iter()
        .filter(|(mib, _)| fits(*mib).is_ok())
    {
        WITH_MEMORY
            .into_iter()
            .for_each(|name| bench(name, name, parameter, mib, Private));
        if has_huge_pages {
            bench("fork-exit", "fork-exit-huge-pages", parameter, mib, PrivateHuge);
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
    targets = start
}
criterion_main!(benches);
