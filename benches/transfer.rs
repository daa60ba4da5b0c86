//! Phase 1 of a Transfer (2 inputs, 2 outputs): alone, and per transaction in a batch of 64, beside the same work with the
//! plain crates (nazgul's CLSAG and bulletproofs' own verifier) one by one. All on one thread: ratios are of work.
//!
//! `cargo bench --bench transfer`

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark")]

use std::{hint::black_box, sync::Arc};

use bulletproofs::{BulletproofGens, RangeProof};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use hushwatt_crypto::{
    SecretScalar,
    clsag::Member,
    commitment::Opening,
    generators::generators,
    keys::{Account, OneTimeSecret, Seed},
    signature::SigningKey,
};
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    note::{Asset, BucketId, BucketVersion},
    parameters::Parameters,
    rules::spending::range_proofs_verify,
    state::Resolved,
    transaction::{
        Transaction,
        build::Payee,
        check::{check_alone, check_proofs},
        spend::OwnedInput,
        transfer::build::TransferPlan,
    },
    units::Timestamp,
};
use merlin::Transcript;
use nazgul::{
    clsag::CLSAG,
    traits::{Sign, Verify},
};
use rand::rngs::OsRng;
use sha2::Sha512;

fn genesis() -> Genesis {
    NewGenesis {
        time: Timestamp(0),
        simulated_time: true,
        parameters: Parameters::default(),
        validators: vec![SigningKey::random(&mut OsRng).verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: SigningKey::random(&mut OsRng).verifying_key(),
        operator: None,
        meters: Vec::new(),
    }
    .build()
    .unwrap()
}

/// A Transfer of 2 inputs and 2 outputs over a made-up bucket.
fn transfer(genesis: &Genesis, ring: usize) -> (Transaction, Resolved) {
    let account = Account::from_seed(genesis.network(), &Seed::random(&mut OsRng)).unwrap();
    let mut members = Vec::new();
    let mut inputs = Vec::new();
    for position in 0..ring {
        let secret = OneTimeSecret::new(&SecretScalar::random(&mut OsRng), account.spend());
        let opening = Opening::new(5_000_000, SecretScalar::random(&mut OsRng));
        members.push(Member::new(secret.public().unwrap(), opening.commit()));
        inputs.push(OwnedInput { position, secret, opening });
    }
    let plan = TransferPlan {
        bucket: BucketVersion { id: BucketId(0), length: ring as u32 },
        inputs: vec![inputs.remove(ring - 1), inputs.remove(1)],
        payees: vec![Payee::new(*account.address(), 3_000_000), Payee::new(*account.address(), 7_000_000)],
        valid_until: Timestamp(600),
    };
    let built = plan.derive(genesis, &mut OsRng).unwrap().prove(&members, &mut OsRng).unwrap();
    let members: Arc<[Member]> = members.into();
    let resolved =
        Resolved { rings: vec![members], assets: vec![Asset::Credit], digests: vec![[0; 32]], ..Resolved::default() };
    (built.transaction, resolved)
}

/// The same work as the crates do it: two CLSAGs and one aggregated range proof.
struct Plain {
    signatures: Vec<CLSAG>,
    message: [u8; 64],
    proof: RangeProof,
    commitments: Vec<curve25519_dalek::ristretto::CompressedRistretto>,
}

impl Plain {
    fn new(ring: usize, gens: &BulletproofGens) -> Self {
        let message = [7u8; 64];
        let point = || RistrettoPoint::random(&mut OsRng);
        let signatures = (0..2)
            .map(|_| {
                let others = (1..ring).map(|_| vec![point(), point()]).collect();
                let secrets = vec![Scalar::random(&mut OsRng), Scalar::random(&mut OsRng)];
                CLSAG::sign::<Sha512, OsRng>(secrets, others, 1, &message)
            })
            .collect();
        let blindings = [Scalar::random(&mut OsRng), Scalar::random(&mut OsRng)];
        let pedersen = &generators().pedersen;
        let mut transcript = Transcript::new(b"plain");
        let (proof, commitments) =
            RangeProof::prove_multiple(gens, pedersen, &mut transcript, &[3, 7], &blindings, 64).unwrap();
        Plain { signatures, message, proof, commitments }
    }

    fn verify(&self, gens: &BulletproofGens) -> bool {
        let rings = self.signatures.iter().all(|signature| CLSAG::verify::<Sha512>(signature.clone(), &self.message));
        let mut transcript = Transcript::new(b"plain");
        let pedersen = &generators().pedersen;
        rings && self.proof.verify_multiple(gens, pedersen, &mut transcript, &self.commitments, 64).is_ok()
    }
}

fn phase_one(c: &mut Criterion) {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let genesis = genesis();
    let gens = BulletproofGens::new(64, 2);
    for ring in [16usize, 64] {
        let batch: Vec<(Transaction, Resolved)> = (0..64).map(|_| transfer(&genesis, ring)).collect();
        let plain = Plain::new(ring, &gens);
        println!("bytes: Transfer 2 in, 2 out, ring {ring}: {}", batch[0].0.encoded_len());
        let mut group = c.benchmark_group(format!("transfer/ring{ring}"));
        group.sample_size(10).measurement_time(std::time::Duration::from_secs(3));
        let (transaction, resolved) = &batch[0];
        group.bench_function("alone", |b| {
            b.iter(|| single.install(|| check_alone(&genesis, black_box(transaction), resolved).unwrap()));
        });
        group.bench_function("decode", |b| {
            let bytes = transaction.encode();
            b.iter(|| Transaction::decode(genesis.network(), black_box(&bytes)).unwrap());
        });
        group.bench_function("plain-crates", |b| b.iter(|| assert!(black_box(&plain).verify(&gens))));
        group.throughput(Throughput::Elements(64));
        group.bench_function("batch-of-64", |b| {
            b.iter_batched(
                || (),
                |()| {
                    single.install(|| {
                        let claims = batch.iter().flat_map(|(transaction, resolved)| {
                            check_proofs(&genesis, black_box(transaction), resolved).unwrap()
                        });
                        range_proofs_verify(&claims.collect::<Vec<_>>()).unwrap();
                    });
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, phase_one);
criterion_main!(benches);
