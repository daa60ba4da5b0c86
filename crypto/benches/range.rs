//! Range proofs: proving, the crate's own verification, and ours alone and in batches of 64.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "benchmarks")]

use std::time::Duration;

use bulletproofs::BulletproofGens;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use curve25519_dalek::ristretto::CompressedRistretto;
use hushwatt_crypto::{
    Label, NetworkId, SecretScalar,
    commitment::Opening,
    generators::generators,
    range::{RangeBits, RangeClaim, prove, verify_batch},
    transcript::transcript,
};
use merlin::Transcript;
use rand_core::{OsRng, RngCore};

const NETWORK: NetworkId = NetworkId([7; 32]);
const DIGEST: [u8; 64] = [9; 64];
const SHAPES: [(RangeBits, usize); 5] = [
    (RangeBits::Bits64, 2),
    (RangeBits::Bits32, 2),
    (RangeBits::Bits32, 4),
    (RangeBits::Bits16, 2),
    (RangeBits::Bits16, 64),
];

fn openings(bits: RangeBits, values: usize) -> Vec<Opening> {
    let value = || OsRng.next_u64() & bits.max();
    (0..values).map(|_| Opening::new(value(), SecretScalar::random(&mut OsRng))).collect()
}

fn claim(bits: RangeBits, values: usize) -> RangeClaim {
    let openings = openings(bits, values);
    let proof = prove(&NETWORK, &DIGEST, bits, &openings, &mut OsRng).unwrap();
    let commitments = openings.iter().map(Opening::commit).collect();
    RangeClaim { network: NETWORK, digest: DIGEST, bits, commitments, proof }
}

/// The statement as the protocol absorbs it, written out once more.
fn statement(claim: &RangeClaim) -> Transcript {
    let mut transcript = transcript(&claim.network, Label::RangeProof);
    transcript.append_message(b"digest", &claim.digest);
    transcript.append_u64(b"bits", claim.bits.bits() as u64);
    transcript.append_u64(b"values", claim.commitments.len() as u64);
    for commitment in &claim.commitments {
        transcript.append_message(b"commitment", commitment.as_bytes());
    }
    transcript
}

fn range_proofs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("range");
    group.sampling_mode(SamplingMode::Flat);
    for (bits, values) in SHAPES {
        let id = |name| BenchmarkId::new(name, format!("{}x{values}", bits.bits()));
        let secrets = openings(bits, values);
        group.throughput(Throughput::Elements(1));
        group.bench_function(id("prove"), |bench| {
            bench.iter(|| prove(&NETWORK, &DIGEST, bits, &secrets, &mut OsRng).unwrap());
        });
        let claims: Vec<RangeClaim> = (0..64).map(|_| claim(bits, values)).collect();
        let gens = BulletproofGens::new(bits.bits(), values);
        let theirs = bulletproofs::RangeProof::from_bytes(claims[0].proof.as_bytes()).unwrap();
        let commitments: Vec<CompressedRistretto> =
            claims[0].commitments.iter().map(|commitment| *commitment.compressed()).collect();
        group.bench_function(id("verify-crate"), |bench| {
            bench.iter(|| {
                let mut transcript = statement(&claims[0]);
                let pedersen = &generators().pedersen;
                theirs.verify_multiple(&gens, pedersen, &mut transcript, &commitments, bits.bits()).unwrap();
            });
        });
        group.bench_function(id("decode"), |bench| {
            bench.iter(|| hushwatt_crypto::range::RangeProof::decode(claims[0].proof.as_bytes()).unwrap());
        });
        group.bench_function(id("verify-1"), |bench| bench.iter(|| claims[0].verify(&mut OsRng).unwrap()));
        group.throughput(Throughput::Elements(64));
        group.bench_function(id("verify-64"), |bench| bench.iter(|| verify_batch(&claims, &mut OsRng).unwrap()));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000));
    targets = range_proofs
}
criterion_main!(benches);
