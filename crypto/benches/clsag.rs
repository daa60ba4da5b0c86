//! Ring signatures beside their two peers, in one run: nazgul 2.1.0 (the reference of our values) and monero-clsag
//! 0.1.0 (Monero's own, over Ed25519).
//!
//! `cached`: ring members as the ledger keeps them. `cold`: members built from their 64 bytes inside the measured code.
//! nazgul gets decoded points (its best case), monero-clsag what its interface takes: encodings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "benchmarks")]

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use hushwatt_crypto::{
    Element, NetworkId, Point, SecretScalar,
    clsag::{self, Clsag, Member},
    commitment::Opening,
    keys::{Account, OneTimeSecret, Seed},
};
use nazgul::{
    clsag::CLSAG,
    traits::{Sign, Verify},
};
use rand_core::{OsRng, RngCore};
use sha2::Sha512;

const NETWORK: NetworkId = NetworkId([7; 32]);
const MESSAGE: [u8; 64] = [9; 64];

struct Spend {
    encodings: Vec<([u8; 32], [u8; 32])>,
    ring: Vec<Member>,
    index: usize,
    secret: OneTimeSecret,
    z: SecretScalar,
    pseudo: Point,
    image: Point,
    signature: Clsag,
}

fn spend(ring_length: usize) -> Spend {
    let index = ring_length / 2;
    let account = Account::from_seed(&NETWORK, &Seed::random(&mut OsRng)).unwrap();
    let secret = OneTimeSecret::new(&SecretScalar::random(&mut OsRng), account.spend());
    let opening = Opening::new(1_234_567, SecretScalar::random(&mut OsRng));
    let hidden = Opening::new(1_234_567, SecretScalar::random(&mut OsRng));
    let ring: Vec<Member> = (0..ring_length)
        .map(|i| {
            if i == index {
                Member::new(secret.public().unwrap(), opening.commit())
            } else {
                let point = || RistrettoPoint::random(&mut OsRng);
                Member::new(Point::new(point()).unwrap(), Element::new(point()))
            }
        })
        .collect();
    let z = opening.blinding.minus(&hidden.blinding);
    let pseudo = hidden.commit_point().unwrap();
    let image = secret.key_image().unwrap();
    let signature = clsag::sign(&NETWORK, &ring, index, &secret, &z, &pseudo, &MESSAGE, &mut OsRng).unwrap();
    let encodings = ring.iter().map(|member| (*member.key().as_bytes(), *member.commitment().as_bytes())).collect();
    Spend { encodings, ring, index, secret, z, pseudo, image, signature }
}

fn reference(spend: &Spend) -> CLSAG {
    CLSAG {
        challenge: spend.signature.c0.0,
        responses: spend.signature.responses.iter().map(|response| response.0).collect(),
        ring: columns(spend),
        key_images: vec![*spend.image.point(), *spend.signature.d.point()],
    }
}

fn columns(spend: &Spend) -> Vec<Vec<RistrettoPoint>> {
    let row = |member: &Member| vec![*member.key().point(), member.commitment().point() - spend.pseudo.point()];
    spend.ring.iter().map(row).collect()
}

mod monero {
    use super::{OsRng, RngCore, Scalar};
    use curve25519_dalek::edwards::EdwardsPoint;
    use monero_clsag::{Clsag, ClsagContext, Decoys};
    use monero_ed25519::{Commitment, CompressedPoint, Point};
    use zeroize::Zeroizing;

    pub struct Spend {
        secret: Scalar,
        commitment: Commitment,
        ring: Vec<[Point; 2]>,
        index: u8,
    }

    pub struct Signed {
        ring: Vec<[CompressedPoint; 2]>,
        image: CompressedPoint,
        pseudo: CompressedPoint,
        signature: Clsag,
    }

    pub fn spend(ring_length: usize) -> Spend {
        let scalar = || Scalar::random(&mut OsRng);
        let commitment = Commitment::new(monero_ed25519::Scalar::from(scalar()), OsRng.next_u64());
        let (secret, index) = (scalar(), ring_length / 2);
        let point = |scalar: &Scalar| Point::from(EdwardsPoint::mul_base(scalar));
        let mut ring: Vec<_> = (0..ring_length).map(|_| [point(&scalar()), point(&scalar())]).collect();
        ring[index] = [point(&secret), commitment.commit()];
        Spend { secret, commitment, ring, index: index as u8 }
    }

    pub fn sign(spend: &Spend) -> (Clsag, Point) {
        let offsets = (1..=spend.ring.len() as u64).collect();
        let decoys = Decoys::new(offsets, spend.index, spend.ring.clone()).unwrap();
        let context = ClsagContext::new(decoys, spend.commitment.clone()).unwrap();
        let secret = Zeroizing::new(monero_ed25519::Scalar::from(spend.secret));
        let mask = monero_ed25519::Scalar::from(Scalar::random(&mut OsRng));
        Clsag::sign(&mut OsRng, vec![(secret, context)], mask, [9; 32]).unwrap().swap_remove(0)
    }

    pub fn signed(spend: &Spend) -> Signed {
        let (signature, pseudo) = sign(spend);
        let key = spend.ring[usize::from(spend.index)][0].compress();
        let base: EdwardsPoint = Point::biased_hash(key.to_bytes()).into();
        let ring = spend.ring.iter().map(|row| row.map(Point::compress)).collect();
        Signed { ring, image: Point::from(base * spend.secret).compress(), pseudo: pseudo.compress(), signature }
    }

    pub fn verify(signed: &Signed) {
        signed.signature.verify(signed.ring.clone(), &signed.image, &signed.pseudo, &[9; 32]).unwrap();
    }
}

fn verification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("clsag-verify");
    group.sampling_mode(SamplingMode::Flat);
    for length in [16usize, 64, 128] {
        let ours = spend(length);
        let id = |name| BenchmarkId::new(name, length);
        group.bench_function(id("hushwatt-cached"), |bench| {
            bench.iter(|| clsag::verify(&ours.ring, &ours.pseudo, &ours.image, &MESSAGE, &ours.signature).unwrap());
        });
        group.bench_function(id("hushwatt-cold"), |bench| {
            bench.iter(|| {
                let member = |(key, commitment): &([u8; 32], [u8; 32])| {
                    Member::new(Point::decode(key).unwrap(), Element::decode(commitment).unwrap())
                };
                let ring: Vec<Member> = ours.encodings.iter().map(member).collect();
                clsag::verify(&ring, &ours.pseudo, &ours.image, &MESSAGE, &ours.signature).unwrap();
            });
        });
        let theirs = monero::signed(&monero::spend(length));
        group.bench_function(id("monero-clsag"), |bench| bench.iter(|| monero::verify(&theirs)));
        let signature = reference(&ours);
        group.bench_function(id("nazgul"), |bench| {
            let verify = |signature| assert!(CLSAG::verify::<Sha512>(signature, &MESSAGE));
            bench.iter_batched(|| signature.clone(), verify, BatchSize::SmallInput);
        });
    }
    group.finish();
}

fn signing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("clsag-sign");
    group.sampling_mode(SamplingMode::Flat);
    for length in [16usize, 64, 128] {
        let ours = spend(length);
        let id = |name| BenchmarkId::new(name, length);
        group.bench_function(id("hushwatt"), |bench| {
            bench.iter(|| {
                let Spend { ring, index, secret, z, pseudo, .. } = &ours;
                clsag::sign(&NETWORK, ring, *index, secret, z, pseudo, &MESSAGE, &mut OsRng).unwrap()
            });
        });
        let theirs = monero::spend(length);
        group.bench_function(id("monero-clsag"), |bench| bench.iter(|| monero::sign(&theirs)));
        let mut decoys = columns(&ours);
        decoys.remove(ours.index);
        let secrets = vec![*ours.secret.secret().expose(), *ours.z.expose()];
        group.bench_function(id("nazgul"), |bench| {
            let sign = |(secrets, decoys)| CLSAG::sign::<Sha512, OsRng>(secrets, decoys, ours.index, &MESSAGE);
            bench.iter_batched(|| (secrets.clone(), decoys.clone()), sign, BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000));
    targets = verification, signing
}
criterion_main!(benches);
