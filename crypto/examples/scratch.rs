//! Ring signatures beside their two peers, in one run: nazgul 2.1.0 (the reference of our values) and monero-clsag
//! 0.1.0 (Monero's own, over Ed25519).
//!
//! `cached`: ring members as the ledger keeps them. `cold`: members built from their 64 bytes inside the measured code.
//! nazgul gets decoded points (its best case), monero-clsag what its interface takes: encodings.
#![allow(warnings)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "benchmarks")]

use std::time::Duration;

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

fn main() {
    for length in [16usize, 64, 128] {
        let ours = spend(length);
        let ms = monero::spend(length);
        let m = monero::signed(&ms);
        let sig = reference(&ours);
        let mut d = columns(&ours);
        d.remove(ours.index);
        let sec = vec![*ours.secret.secret().expose(), *ours.z.expose()];
        let mut fs: Vec<(&str, Box<dyn Fn()>)> = vec![
            (
                "cached",
                Box::new(|| clsag::verify(&ours.ring, &ours.pseudo, &ours.image, &MESSAGE, &ours.signature).unwrap()),
            ),
            (
                "cold",
                Box::new(|| {
                    let ring: Vec<Member> = ours
                        .encodings
                        .iter()
                        .map(|(k, c)| Member::new(Point::decode(k).unwrap(), Element::decode(c).unwrap()))
                        .collect();
                    clsag::verify(&ring, &ours.pseudo, &ours.image, &MESSAGE, &ours.signature).unwrap()
                }),
            ),
            ("monero", Box::new(|| monero::verify(&m))),
            ("nazgul", Box::new(|| assert!(CLSAG::verify::<Sha512>(sig.clone(), &MESSAGE)))),
            (
                "sign",
                Box::new(|| {
                    clsag::sign(
                        &NETWORK,
                        &ours.ring,
                        ours.index,
                        &ours.secret,
                        &ours.z,
                        &ours.pseudo,
                        &MESSAGE,
                        &mut OsRng,
                    )
                    .unwrap();
                }),
            ),
            (
                "monero sign",
                Box::new(|| {
                    monero::sign(&ms);
                }),
            ),
            (
                "nazgul sign",
                Box::new(|| {
                    CLSAG::sign::<Sha512, OsRng>(sec.clone(), d.clone(), ours.index, &MESSAGE);
                }),
            ),
        ];
        let mut all = vec![vec![]; fs.len()];
        for _ in 0..[400, 50, 20][(length / 64)] {
            for (i, (_, f)) in fs.iter().enumerate() {
                let s = std::time::Instant::now();
                f();
                all[i].push(s.elapsed().as_secs_f64() * 1e3);
            }
        }
        all.iter_mut().for_each(|v| v.sort_by(f64::total_cmp));
        for q in [0.0, 0.25] {
            let b = |i: usize| all[i][(all[i].len() as f64 * q) as usize];
            print!("{length} q{q}:");
            for (i, (n, _)) in fs.iter().enumerate() {
                print!(" {n} {:.2}", b(i));
            }
            println!(
                "\n   cached/nazgul {:.3} cold/nazgul {:.3} cached/monero {:.3} cold/monero {:.3}",
                b(0) / b(3),
                b(1) / b(3),
                b(0) / b(2),
                b(1) / b(2)
            );
        }
    }
}
