//! How fast requests become bytes and bytes replies: `cargo bench --features fuzzing --bench wire`.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use impel::pipe::probes;
use std::hint::black_box;

/// A thousand calls as a wave of `stat` asks sends them.
fn asking(c: &mut Criterion) {
    let path = b"/etc/nginx/sites-available/it's a site.conf".as_slice();
    let mut group = c.benchmark_group("wire");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("1,000 requests", |b| {
        b.iter(|| probes::asked(black_box(1000), &[path, b"1"]).unwrap())
    });
    group.finish();
}

/// Replies in pieces of 32 KiB: many small ones, and one of 16 MB.
fn hearing(c: &mut Criterion) {
    // 0xff stands for the marker; the first byte is the size of a piece, here of 255 bytes
    let small: Vec<u8> =
        [&[255][..], &b"regular file 644 0 0 1700000000 4096\n\xff0 0\n".repeat(1000)].concat();
    let large: Vec<u8> =
        [&[255][..], &b"one line of a large file that is fetched\n".repeat(400_000), b"\xff0 0\n"].concat();
    let mut group = c.benchmark_group("wire");
    for (name, bytes) in [("1,000 replies", small), ("16 MB in one reply", large)] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| b.iter(|| probes::replies(black_box(&bytes))));
    }
    group.finish();
}

criterion_group!(benches, asking, hearing);
criterion_main!(benches);
