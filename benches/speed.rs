//! How long each operation takes, beside its peers, in one run.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mail_benches::{dots, rows};

fn parsing(criterion: &mut Criterion) {
    for (operation, who, run) in rows() {
        criterion.benchmark_group(operation).bench_function(who, |bencher| bencher.iter(run));
    }
}

fn bodies(criterion: &mut Criterion) {
    for (dotted, name) in [(0, "no dots"), (10, "a dot at every tenth line")] {
        let body = dots::body(dotted);
        let wire = dots::wire(&body);
        let mut room = vec![0; wire.len() + 1024];
        assert_eq!(dots::unstuff(dots::blocks(&wire)), body.len());
        assert_eq!(dots::peer_unstuff(&wire, &mut Vec::new()), body.len());

        let mut group = criterion.benchmark_group(format!("10 MiB, {name}"));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.sample_size(20).measurement_time(Duration::from_secs(3));
        group.bench_function("memcpy", |bencher| {
            bencher.iter(|| dots::copy(black_box(&body), &mut room));
        });
        let whole = Bytes::from(body.clone());
        group.bench_function("stuff, ours", |bencher| bencher.iter(|| dots::stuff(&whole)));
        group.bench_function("unstuff, ours", |bencher| {
            bencher.iter_batched(|| dots::blocks(&wire), dots::unstuff, BatchSize::LargeInput);
        });
        let mut into = Vec::with_capacity(wire.len());
        group.bench_function("unstuff, smtp-proto 0.2", |bencher| {
            bencher.iter(|| dots::peer_unstuff(&wire, &mut into));
        });
        group.finish();
    }
}

criterion_group! {
    name = speed;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = parsing, bodies
}
criterion_main!(speed);
