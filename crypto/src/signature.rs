//! Ed25519 for meters, registrars and the treasury: strict verification, never batched (section 2); and for validators'
//! votes, whose bytes and rule of verification the consensus engine fixes (section 7).

use curve25519_dalek::{
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::Scalar,
    traits::IsIdentity,
};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::{CryptoError, Label, NetworkId, Rng, hash::Hasher};

/// A signing key; wiped when dropped, never printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A fresh key.
    pub fn random(rng: &mut impl Rng) -> Self {
        let mut secret = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut secret[..]);
        Self::from_bytes(&secret)
    }

    /// From a key file.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        SigningKey(ed25519_dalek::SigningKey::from_bytes(secret))
    }

    /// For a key file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs a message for one use of the label table.
    pub fn sign(&self, network: &NetworkId, label: Label, message: &[u8]) -> Signature {
        Signature(self.0.sign(&digest(network, label, message)).to_bytes())
    }

    /// Signs bytes as they are (RFC 8032). The bytes must name their own use and network: only votes do.
    pub fn sign_bytes(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl core::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public key, checked to be a usable curve point of large order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Decodes 32 bytes; refuses non-canonical and low-order points.
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| CryptoError::BadVerifyingKey)?;
        if key.is_weak() || key.as_bytes() != &key.to_edwards().compress().to_bytes() {
            return Err(CryptoError::BadVerifyingKey);
        }
        Ok(VerifyingKey(key))
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Strict verification of a message for one use of the label table.
    pub fn verify(
        &self,
        network: &NetworkId,
        label: Label,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), CryptoError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(&digest(network, label, message), &signature).map_err(|_| CryptoError::SignatureInvalid)
    }

    /// Verifies a signature of bytes as they are by the rules of ZIP-215: `[8](s*B - R - k*A) = 0`, `s` below the group
    /// order, `R` any encoding that gives a point.
    ///
    /// One signature at a time and a whole batch then always agree, which RFC 8032 leaves open. Runs in variable time:
    /// everything here is public.
    pub fn verify_zip215(&self, message: &[u8], signature: &Signature) -> Result<(), CryptoError> {
        let wrong = CryptoError::SignatureInvalid;
        let (r_bytes, rest) = signature.0.split_first_chunk::<32>().ok_or(wrong)?;
        let s_bytes: [u8; 32] = rest.try_into().map_err(|_| wrong)?;
        let s: Option<Scalar> = Scalar::from_canonical_bytes(s_bytes).into();
        let r = CompressedEdwardsY(*r_bytes).decompress();
        let (s, r) = s.zip(r).ok_or(wrong)?;
        let hash = Sha512::new().chain_update(r_bytes).chain_update(self.as_bytes()).chain_update(message);
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let right = EdwardsPoint::vartime_double_scalar_mul_basepoint(&-k, &self.0.to_edwards(), &s);
        if (right - r).mul_by_cofactor().is_identity() { Ok(()) } else { Err(wrong) }
    }
}

impl core::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The 64 bytes of a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl core::fmt::Debug for Signature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Signature(..)")
    }
}

fn digest(network: &NetworkId, label: Label, message: &[u8]) -> [u8; 64] {
    Hasher::new(network, label).part(message).finish64()
}
