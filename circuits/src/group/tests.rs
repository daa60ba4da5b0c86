//! The group and its scalars against `curve25519-dalek` itself, sum by sum.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::num::NonZeroUsize;

use commonware_codec::{Copying, DecodeExt, Encode};
use commonware_math::algebra::{Additive, CryptoGroup, Field, HashToGroup, Random, Ring, Space, msm_naive};
use commonware_parallel::{Rayon, Sequential};
use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::Identity,
};
use hushwatt_crypto::Element;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::{F, Point, PublicPoint, SecretPoint};

/// The test's generator as the proof system wants one.
struct Bridge(ChaCha20Rng);

impl rand_core::TryRng for Bridge {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.0.r#gen())
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.0.r#gen())
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Bridge {}

fn scalars(count: usize, seed: u64) -> Vec<F> {
    let mut rng = Bridge(ChaCha20Rng::seed_from_u64(seed));
    (0..count).map(|_| F::random(&mut rng)).collect()
}

fn points<const CT: bool>(count: u32) -> Vec<Point<CT>> {
    (0..count).map(|place| Point::hash_to_group(b"test", &place.to_le_bytes())).collect()
}

/// Term by term, by dalek alone.
fn plain<const CT: bool>(points: &[Point<CT>], scalars: &[F]) -> RistrettoPoint {
    points.iter().zip(scalars).fold(RistrettoPoint::identity(), |sum, (p, s)| sum + p.point() * s.0)
}

#[test]
fn sums_of_multiples_are_those_of_the_curve_library() {
    let (secret, public) = (points::<true>(700), points::<false>(700));
    let mut scalars = scalars(700, 1);
    // Small ones, zero, and the largest, among the others.
    for (place, with) in [(0, F::zero()), (3, F::one()), (5, -F::one()), (200, F::zero()), (201, F(Scalar::from(7u64)))]
    {
        scalars[place] = with;
    }
    let pool = Rayon::new(NonZeroUsize::new(3).unwrap()).unwrap();
    for count in [0, 1, 2, 3, 4, 5, 189, 190, 255, 256, 257, 512, 513, 700] {
        let expected = plain(&secret[..count], &scalars[..count]);
        assert_eq!(SecretPoint::msm(&secret[..count], &scalars[..count], &Sequential).point(), expected, "{count}");
        assert_eq!(SecretPoint::msm(&secret[..count], &scalars[..count], &pool).point(), expected, "{count}");
        assert_eq!(PublicPoint::msm(&public[..count], &scalars[..count], &Sequential).point(), expected, "{count}");
        assert_eq!(msm_naive(&public[..count], &scalars[..count]).point(), expected, "{count}");
    }
    // The shorter list counts.
    let expected = plain(&secret[..5], &scalars[..5]);
    assert_eq!(SecretPoint::msm(&secret[..5], &scalars[..9], &Sequential).point(), expected);
    assert_eq!(PublicPoint::msm(&public[..9], &scalars[..5], &pool).point(), expected);
}

/// Large enough for several shares, also where the last one is short.
#[test]
fn shares_of_large_sums_add_up() {
    let public = points::<false>(3);
    let many: Vec<PublicPoint> = (0..20_000).map(|place| public[place % 3]).collect();
    let scalars = scalars(20_000, 2);
    let pool = Rayon::new(NonZeroUsize::new(2).unwrap()).unwrap();
    for count in [8_192, 8_193, 16_384, 16_385, 20_000] {
        let mut factors = [Scalar::ZERO; 3];
        scalars[..count].iter().enumerate().for_each(|(place, scalar)| factors[place % 3] += scalar.0);
        let expected = plain(&public, &factors.map(F));
        assert_eq!(PublicPoint::msm(&many[..count], &scalars[..count], &Sequential).point(), expected);
        assert_eq!(PublicPoint::msm(&many[..count], &scalars[..count], &pool).point(), expected);
    }
}

#[test]
fn laws_of_the_group_hold() {
    let (p, s) = (points::<true>(2), scalars(2, 3));
    let (a, b) = (p[0], p[1]);
    for x in [s[0], s[1], F::zero(), F::one(), -F::one()] {
        let mut scaled = a;
        scaled *= &x;
        assert_eq!(scaled, a * &x);
        assert_eq!(scaled.compress(), (a * &x).compress());
        assert_eq!(a * &x + &(b * &x), (a + &b) * &x);
        assert_eq!(a * &(x + &s[1]), a * &x + &(a * &s[1]));
    }
    assert_eq!((a + &b) - &b, a);
    assert_eq!(a - &a, Point::zero());
    assert_eq!(-a + &a, Point::zero());
    let (mut sum, mut difference) = (a, a);
    sum += &b;
    difference -= &b;
    assert_eq!((sum, difference), (a + &b, a - &b));
    assert_eq!(SecretPoint::generator().point(), RISTRETTO_BASEPOINT_POINT);
    assert_ne!(SecretPoint::hash_to_group(b"a", b"bc").point(), SecretPoint::hash_to_group(b"ab", b"c").point());
}

/// The encoding that a point came with never outlives arithmetic.
#[test]
fn encodings_are_those_of_the_point() {
    let (p, s) = (points::<false>(2), scalars(1, 4));
    let mut kept = PublicPoint::from_compressed(p[0].compress()).unwrap();
    kept += &p[1];
    assert_eq!(kept.compress(), (p[0].point() + p[1].point()).compress());
    kept *= &s[0];
    assert_eq!(kept.compress(), ((p[0].point() + p[1].point()) * s[0].0).compress());
    let fresh = || PublicPoint::from_compressed(p[0].compress()).unwrap();
    assert_eq!((-fresh()).compress(), (-p[0].point()).compress());
    assert_eq!((fresh() * &s[0]).compress(), (p[0].point() * s[0].0).compress());
    assert_eq!((fresh() - &p[1]).compress(), (p[0].point() - p[1].point()).compress());
    let element = Element::new(p[1].point());
    assert_eq!(PublicPoint::of(&element).encode().as_ref(), element.as_bytes());
}

#[test]
fn laws_of_the_field_hold() {
    let s = scalars(3, 5);
    for x in [s[0], s[1], F::one(), -F::one()] {
        assert_eq!(x.inv() * &x, F::one());
        assert_eq!((x * &s[2]).0, x.0 * s[2].0);
        assert_eq!((x + &s[2] - &s[2], x - &x), (x, F::zero()));
        let (mut sum, mut difference, mut product) = (x, x, x);
        sum += &s[2];
        difference -= &s[2];
        product *= &s[2];
        assert_eq!((sum, difference, product), (x + &s[2], x - &s[2], x * &s[2]));
    }
    assert_eq!(F::zero().inv(), F::zero());
}

#[test]
fn only_canonical_encodings_are_read() {
    let (point, scalar) = (points::<false>(1)[0], scalars(1, 6)[0]);
    assert_eq!(PublicPoint::decode(point.encode()).unwrap(), point);
    assert_eq!(F::decode(scalar.encode()).unwrap(), scalar);
    // The identity, which no proof has, and what is no encoding.
    for bytes in [[0u8; 32], [1; 32], [0xff; 32]] {
        assert!(PublicPoint::decode(Copying(&bytes[..])).is_err());
    }
    // The group order and more.
    let order = (-Scalar::ONE).to_bytes();
    assert!(F::decode(Copying(&order[..])).is_ok());
    let mut order = order;
    order[0] += 1;
    assert!(F::decode(Copying(&order[..])).is_err());
    assert!(F::decode(Copying(&[0xff; 32][..])).is_err());
    for bytes in [&[][..], &[2; 31], &[2; 33]] {
        assert!(PublicPoint::decode(Copying(bytes)).is_err() && F::decode(Copying(bytes)).is_err());
    }
    assert!(PublicPoint::from_compressed(CompressedRistretto([0xff; 32])).is_none());
}

/// 512 bits, reduced: no bias worth the name, and all of them used.
#[test]
fn random_scalars_are_reduced_from_twice_their_length() {
    struct Fixed([u8; 64]);
    impl rand_core::TryRng for Fixed {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            panic!("bytes are asked for at once")
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            panic!("bytes are asked for at once")
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.copy_from_slice(&self.0);
            Ok(())
        }
    }
    impl rand_core::TryCryptoRng for Fixed {}
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for _ in 0..100 {
        let mut wide = [0u8; 64];
        rng.fill(&mut wide[..]);
        assert_eq!(F::random(Fixed(wide)).0, Scalar::from_bytes_mod_order_wide(&wide));
    }
}

#[test]
fn scalars_are_not_printed() {
    assert_eq!(format!("{:?}", F::one()), "F(..)");
}
