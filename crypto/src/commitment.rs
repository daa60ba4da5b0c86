//! Pedersen commitments `com(v; b) = v*H + b*G` and the search for a small committed value (sections 1 and 6.3).

use std::{collections::HashMap, sync::LazyLock};

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_TABLE,
    ristretto::{RistrettoBasepointTable, RistrettoPoint},
    scalar::Scalar,
    traits::Identity,
};

use crate::{CryptoError, Element, Point, SecretScalar, generators::generators};

static H_TABLE: LazyLock<RistrettoBasepointTable> =
    LazyLock::new(|| RistrettoBasepointTable::create(generators().h.point()));

/// `value * H`. Constant time in the value.
pub fn value_part(value: u64) -> RistrettoPoint {
    &Scalar::from(value) * &*H_TABLE
}

/// What opens a commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// Micro-euro, or base units of a utility.
    pub value: u64,
    /// `b`.
    pub blinding: SecretScalar,
}

impl Opening {
    /// Puts value and blinding together.
    pub fn new(value: u64, blinding: SecretScalar) -> Self {
        Opening { value, blinding }
    }

    /// The commitment. Constant time in value and blinding.
    pub fn commit(&self) -> Element {
        Element::new(value_part(self.value) + self.blinding.expose() * RISTRETTO_BASEPOINT_TABLE)
    }

    /// The commitment as something that may enter the ledger; fails only for the identity.
    pub fn commit_point(&self) -> Result<Point, CryptoError> {
        self.commit().try_into()
    }

    /// Whether this opens the commitment.
    pub fn opens(&self, commitment: &Element) -> bool {
        self.commit() == *commitment
    }
}

impl core::fmt::Debug for Opening {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Opening(..)")
    }
}

const BABY_STEPS: u64 = 1 << 16;

/// `2*i*H` for `i` below 2^16, by encoding: doubled, since points are compressed in batches only when doubled.
static BABY_TABLE: LazyLock<HashMap<[u8; 32], u32>> = LazyLock::new(|| {
    let h = generators().h.point();
    let mut points = Vec::with_capacity(BABY_STEPS as usize);
    let mut next = RistrettoPoint::identity();
    for _ in 0..BABY_STEPS {
        points.push(next);
        next += h;
    }
    let encodings = RistrettoPoint::double_and_compress_batch(&points);
    encodings.iter().zip(0u32..).map(|(encoding, i)| (encoding.to_bytes(), i)).collect()
});

/// The `value <= max` with `value * H = point`, if there is one: baby steps and giant steps, at most 2^16 of each for
/// 32-bit values. Variable time: it runs on the buyer's own machine.
pub fn find_value(point: &RistrettoPoint, max: u32) -> Option<u32> {
    let max = u64::from(max);
    let giant = value_part(BABY_STEPS);
    let mut rest = *point;
    for step in 0..=(max / BABY_STEPS) {
        let doubled = RistrettoPoint::double_and_compress_batch([&rest]);
        if let Some(baby) = BABY_TABLE.get(doubled[0].as_bytes()) {
            let value = step * BABY_STEPS + u64::from(*baby);
            return u32::try_from(value).ok().filter(|_| value <= max);
        }
        rest -= giant;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_are_found_and_others_are_not() {
        for value in [0u64, 1, 65_535, 65_536, 65_537, 1_000_000] {
            assert_eq!(find_value(&value_part(value), 1_000_000), u32::try_from(value).ok());
        }
        assert_eq!(find_value(&value_part(1_000_001), 1_000_000), None);
        assert_eq!(find_value(&(value_part(5) + generators().g.point()), 1_000_000), None);
    }
}
