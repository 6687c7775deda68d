//! How long a round trip of 8 bytes takes. The worker that sends first takes the time of a batch of round trips, and divides
//! it by their number.

use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use lab::{Placement, median};
use message_passing::{Exchange, Job, LEAST, ROUND_TRIPS, VARIANTS};

fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message-passing");
    group.sampling_mode(SamplingMode::Flat);
    for place in ["one-core", "two-cores"] {
        // A machine with one CPU hasn't two cores to offer, and a machine that can't bind threads has neither place.
        let Ok(placement) = Placement::named(place) else { continue };
        for variant in &VARIANTS[..ROUND_TRIPS] {
            group.bench_function(
                BenchmarkId::new(variant.name, place),
                |bencher| {
                    bencher.iter_custom(|trips| {
                        let exchange = Exchange::PingPong { batches: 1, trips };
                        let program =
                            || Ok(env!("CARGO_BIN_EXE_message-passing").into());
                        let job = Job {
                            placement: placement.clone(),
                            size: LEAST,
                            exchange,
                            program,
                        };
                        let times = (variant.run)(&job)
                            .expect("the system gives two workers a connection");
                        Duration::from_nanos(
                            (median(times.each) * trips as f64) as u64,
                        )
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
    targets = round_trip
}
criterion_main!(benches);
