//! Scalars: secret ones are wiped when dropped and never printed; public ones are decoded canonically.

use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_TABLE, scalar::Scalar};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CryptoError, Element, Label, NetworkId, Rng, hash::Hasher};

/// A scalar nobody else may learn: a key, blinding or nonce. Arithmetic runs in constant time in its value.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretScalar(Scalar);

impl SecretScalar {
    /// Uniform below the group order.
    pub fn random(rng: &mut impl Rng) -> Self {
        let mut wide = Zeroizing::new([0u8; 64]);
        rng.fill_bytes(&mut wide[..]);
        Self::from_wide(&wide)
    }

    /// Reduces 64 uniform bytes.
    pub fn from_wide(wide: &[u8; 64]) -> Self {
        SecretScalar(Scalar::from_bytes_mod_order_wide(wide))
    }

    /// Decodes 32 bytes; refuses what is not canonical.
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        Option::from(Scalar::from_canonical_bytes(*bytes)).map(SecretScalar).ok_or(CryptoError::NonCanonicalScalar)
    }

    /// The scalar zero, blinding of padding commitments.
    pub fn zero() -> Self {
        SecretScalar(Scalar::ZERO)
    }

    /// Wraps a computed secret.
    pub fn new(scalar: Scalar) -> Self {
        SecretScalar(scalar)
    }

    /// The value itself: for arithmetic inside provers and wallets.
    pub fn expose(&self) -> &Scalar {
        &self.0
    }

    /// Canonical bytes, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// `self * G`, in constant time.
    pub fn public(&self) -> Element {
        Element::new(&self.0 * RISTRETTO_BASEPOINT_TABLE)
    }

    /// `self + other`.
    pub fn plus(&self, other: &Self) -> Self {
        SecretScalar(self.0 + other.0)
    }

    /// `self - other`.
    pub fn minus(&self, other: &Self) -> Self {
        SecretScalar(self.0 - other.0)
    }

    /// `factor * self`.
    pub fn times(&self, factor: u64) -> Self {
        SecretScalar(self.0 * Scalar::from(factor))
    }

    /// The sum of several.
    pub fn sum<'a>(secrets: impl IntoIterator<Item = &'a Self>) -> Self {
        secrets.into_iter().fold(Self::zero(), |sum, secret| sum.plus(secret))
    }

    /// A hedged nonce: a hash of the secrets, the message and fresh randomness, so that neither a weak random number
    /// generator nor a repeated message alone repeats it.
    pub fn hedged_nonce(network: &NetworkId, secrets: &[&Self], message: &[u8], rng: &mut impl Rng) -> Self {
        let mut fresh = Zeroizing::new([0u8; 64]);
        rng.fill_bytes(&mut fresh[..]);
        let mut hasher = Hasher::new(network, Label::Nonce).part(&fresh[..]).part(message);
        for secret in secrets {
            hasher = hasher.part(&secret.to_bytes()[..]);
        }
        hasher.finish_scalar()
    }
}

impl ConstantTimeEq for SecretScalar {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.ct_eq(&other.0)
    }
}
impl PartialEq for SecretScalar {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}
impl Eq for SecretScalar {}
impl core::fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SecretScalar(..)")
    }
}

/// A scalar of a proof or signature, as everybody may see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicScalar(pub Scalar);

impl PublicScalar {
    /// Decodes 32 bytes; refuses what is not canonical.
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        Option::from(Scalar::from_canonical_bytes(*bytes)).map(PublicScalar).ok_or(CryptoError::NonCanonicalScalar)
    }

    /// Canonical bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_nothing() {
        assert_eq!(format!("{:?}", SecretScalar::zero()), "SecretScalar(..)");
    }

    #[test]
    fn scalars_at_or_above_the_order_are_refused() {
        assert_eq!(PublicScalar::decode(&[0xff; 32]), Err(CryptoError::NonCanonicalScalar));
        assert!(SecretScalar::decode(&[0xff; 32]).is_err());
    }
}
