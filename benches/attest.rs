//! An attestation of one window and of one day: prove, verify, verify in a batch, bytes. One thread does it all, as in a gateway.
//!
//! ```sh
//! cargo bench --bench attest
//! # A gateway's day alone. Instructions by seconds of user time, times the time of one proof, are the instructions of a proof.
//! perf stat -e instructions:u cargo bench --bench attest -- 'attest/day-15min/prove' --profile-time 10
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hushwatt_crypto::{
    keys::{Account, Seed},
    meter::DayKey,
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    rules::spending::range_proofs_verify,
    state::Resolved,
    transaction::check::{check_alone, check_proofs},
    units::{MeterId, Quantity, Timestamp, Utility},
};
use hushwatt_meter_attest::{Attestor, Metered};
use rand::rngs::OsRng;

fn meter(interval: u64, class: RangeBits) -> (Genesis, Attestor) {
    let key = SigningKey::random(&mut OsRng);
    let genesis = NewGenesis {
        time: Timestamp(0),
        simulated_time: true,
        parameters: Parameters { interval, ..Parameters::default() },
        validators: vec![SigningKey::random(&mut OsRng).verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: SigningKey::random(&mut OsRng).verifying_key(),
        operator: None,
        meters: vec![Meter { utility: Utility::Electricity, class, key: key.verifying_key() }],
    };
    let genesis = genesis.build().unwrap();
    let account = Account::from_seed(genesis.network(), &Seed::random(&mut OsRng)).unwrap();
    let attestor = Attestor::new(&genesis, MeterId(0), key, DayKey::random(0, &mut OsRng), account.address().spend);
    (genesis, attestor)
}

fn attest(c: &mut Criterion) {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (name, interval, windows, class) in [
        ("window-60min", 3600, 1, RangeBits::Bits16),
        ("day-60min", 3600, 24, RangeBits::Bits16),
        ("window-15min", 900, 1, RangeBits::Bits16),
        ("day-15min", 900, 24, RangeBits::Bits16),
        ("day-15min-class-32", 900, 24, RangeBits::Bits32),
    ] {
        let (genesis, attestor) = meter(interval, class);
        let now = Timestamp((windows + 1) * 3600);
        let reading = |_| Some(Metered { export: Quantity(1234), import: Quantity(567) });
        let make = || attestor.attest(&genesis, reading, now, &mut OsRng).unwrap().built.transaction;
        let transaction = make();
        println!("bytes: Attest {name}: {}", transaction.encoded_len());
        let none = Resolved::default();
        let mut group = c.benchmark_group(format!("attest/{name}"));
        group.sample_size(10).measurement_time(std::time::Duration::from_secs(2));
        group.bench_function("prove", |b| b.iter(|| single.install(|| black_box(make()))));
        group.bench_function("verify", |b| {
            b.iter(|| single.install(|| check_alone(&genesis, black_box(&transaction), &none).unwrap()));
        });
        let batch: Vec<_> = (0..16).map(|_| make()).collect();
        group.throughput(Throughput::Elements(16));
        group.bench_function("batch-of-16", |b| {
            b.iter(|| {
                single.install(|| {
                    let claims =
                        batch.iter().flat_map(|transaction| check_proofs(&genesis, transaction, &none).unwrap());
                    range_proofs_verify(&claims.collect::<Vec<_>>()).unwrap();
                });
            });
        });
        group.finish();
    }
}

criterion_group!(benches, attest);
criterion_main!(benches);
