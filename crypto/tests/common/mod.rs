//! What the tests share: a seeded generator, and how much effort to spend.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use hushwatt_crypto::{Element, NetworkId, Point, SecretScalar, commitment::Opening};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rand_core::RngCore;

pub const NETWORK: NetworkId = NetworkId([7; 32]);
pub const FOREIGN: NetworkId = NetworkId([8; 32]);

/// Rounds of a property loop: the first number by default (`HUSHWATT_EFFORT=ci`), the second with
/// `HUSHWATT_EFFORT=full`.
pub fn rounds(ci: usize, full: usize) -> usize {
    match std::env::var("HUSHWATT_EFFORT").as_deref() {
        Ok("full") => full,
        Ok("ci") | Err(_) => ci,
        Ok(other) => panic!("HUSHWATT_EFFORT is {other}, expected ci or full"),
    }
}

/// A generator that gives each test the same numbers on every run.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn any_scalar(rng: &mut ChaCha20Rng) -> Scalar {
    Scalar::random(rng)
}

pub fn any_point(rng: &mut ChaCha20Rng) -> Point {
    Point::new(RistrettoPoint::random(rng)).unwrap()
}

pub fn any_element(rng: &mut ChaCha20Rng) -> Element {
    any_point(rng).into()
}

pub fn any_opening(value: u64, rng: &mut ChaCha20Rng) -> Opening {
    Opening::new(value, SecretScalar::random(rng))
}

/// A generator that is broken: it always gives the same bytes.
pub struct Broken;
impl RngCore for Broken {
    fn next_u32(&mut self) -> u32 {
        0
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        bytes.fill(0);
        Ok(())
    }
}
impl rand_core::CryptoRng for Broken {}
