//! What signer and verifier compute alike: the aggregation coefficients and the round function.
//!
//! Hashes are SHA-512, byte for byte nazgul 2.1.0's (its `CSLAG` spelling included), without lengths: therefore there are
//! always two columns and the message always has 64 bytes.
//!
//! ```text
//! ring  = P_0 || C_0 - C' || P_1 || C_1 - C' || ..
//! mu_j  = Hs("CSLAG_j" || ring || I || D)
//! L_i   = s_i*G      + c_i*(mu_0*P_i + mu_1*(C_i - C'))
//! R_i   = s_i*Hp(P_i) + c_i*(mu_0*I + mu_1*D)
//! c_i+1 = Hs("CSLAG_c" || ring || message || L_i || R_i)
//! ```
//!
//! The hashes of a signature for one verifier (`designated.rs`) begin with version, network, label, key, `C'`, `I`, `D` and the ring's
//! length, and its ring has one more member.

use std::sync::LazyLock;

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::{RistrettoPoint, VartimeRistrettoPrecomputation},
    scalar::Scalar,
    traits::{VartimeMultiscalarMul, VartimePrecomputedMultiscalarMul},
};
use sha2::{Digest, Sha512};

use super::Member;
use crate::{CryptoError, Element, Label, NetworkId, Point, SecretScalar, designated::VerifierKey, hash::Hasher};

/// `1/2`. Two points are encoded with one field inversion when their doubles are wanted, so both are computed halved.
static HALF: LazyLock<Scalar> = LazyLock::new(|| Scalar::from(2u8).invert());

static BASE: LazyLock<VartimeRistrettoPrecomputation> =
    LazyLock::new(|| VartimeRistrettoPrecomputation::new([RISTRETTO_BASEPOINT_POINT]));

/// One statement, ready for its rounds. Everything in it is public.
pub(super) struct Rounds<'a> {
    ring: &'a [Member],
    /// `C_i - C'`.
    differences: Vec<RistrettoPoint>,
    /// `mu_0`, `mu_1`.
    pub(super) weights: [Scalar; 2],
    /// The same, halved.
    half_weights: [Scalar; 2],
    /// `mu_0*I + mu_1*D`.
    image: VartimeRistrettoPrecomputation,
    /// `"CSLAG_c" || ring || message`, to be continued in each round.
    prefix: Sha512,
    /// The last member of a ring for one verifier.
    verifier: Option<VerifierKey>,
}

impl<'a> Rounds<'a> {
    /// Hashes the statement of a spend. Variable time: all of it is public.
    pub(super) fn new(
        ring: &'a [Member],
        pseudo: &Point,
        image: &Point,
        d: &Point,
        message: &[u8; 64],
    ) -> Result<Self, CryptoError> {
        Self::begin(&Sha512::new(), None, ring, [pseudo, image, d], message)
    }

    /// The same for one verifier.
    pub(super) fn designated(
        network: &NetworkId,
        verifier: &VerifierKey,
        ring: &'a [Member],
        points: [&Point; 3],
        message: &[u8; 64],
    ) -> Result<Self, CryptoError> {
        let begun = Hasher::new(network, Label::DisclosureRing).part(verifier.as_bytes());
        let begun = points.iter().fold(begun, |begun, point| begun.part(point.as_bytes()));
        let begun = begun.part(&(ring.len() as u64).to_le_bytes()).into_inner();
        Self::begin(&begun, Some(*verifier), ring, points, message)
    }

    /// `begun` is what every hash begins with; the points are `C'`, `I` and `D`.
    fn begin(
        begun: &Sha512,
        verifier: Option<VerifierKey>,
        ring: &'a [Member],
        [pseudo, image, d]: [&Point; 3],
        message: &[u8; 64],
    ) -> Result<Self, CryptoError> {
        if ring.len() < 2 {
            return Err(CryptoError::RingTooSmall);
        }
        let differences: Vec<_> = ring.iter().map(|member| member.commitment.point() - pseudo.point()).collect();
        let mut columns = Vec::with_capacity(64 * ring.len());
        for (member, difference) in ring.iter().zip(&differences) {
            columns.extend_from_slice(member.key.as_bytes());
            columns.extend_from_slice(difference.compress().as_bytes());
        }
        let weight = |tag: &[u8]| {
            let hash = begun.clone().chain_update(tag).chain_update(&columns);
            Scalar::from_hash(hash.chain_update(image.as_bytes()).chain_update(d.as_bytes()))
        };
        let weights = [weight(b"CSLAG_0"), weight(b"CSLAG_1")];
        let aggregate = RistrettoPoint::vartime_multiscalar_mul(weights, [image.point(), d.point()]);
        Ok(Rounds {
            ring,
            differences,
            weights,
            half_weights: weights.map(|weight| weight * *HALF),
            image: VartimeRistrettoPrecomputation::new([aggregate]),
            prefix: begun.clone().chain_update(b"CSLAG_c").chain_update(&columns).chain_update(message),
            verifier,
        })
    }

    /// How many members there are, the verifier included.
    pub(super) fn len(&self) -> usize {
        self.ring.len() + usize::from(self.verifier.is_some())
    }

    /// The next challenge, from the challenge and the response of member `i`. Variable time in both: whoever sees the
    /// finished signature sees them.
    pub(super) fn next(&self, i: usize, challenge: &Scalar, response: &Scalar) -> Scalar {
        if let (Some(verifier), true) = (&self.verifier, i == self.ring.len()) {
            let key = verifier.point().point();
            return self.challenge_of_verifier(&Element::new(RistrettoPoint::vartime_double_scalar_mul_basepoint(
                challenge, key, response,
            )));
        }
        let member = &self.ring[i];
        let half_response = response * *HALF;
        let left = BASE.vartime_mixed_multiscalar_mul(
            [half_response],
            self.half_weights.map(|weight| challenge * weight),
            [*member.key.point(), self.differences[i]],
        );
        let right = self.image.vartime_mixed_multiscalar_mul([challenge * *HALF], [half_response], [member.image_base]);
        self.challenge(&left, &right)
    }

    /// The first challenge of a signer: from `a/2*G` and `a/2*Hp(P)` of the secret nonce `a`. Constant time in it.
    pub(super) fn first(&self, i: usize, nonce: &SecretScalar) -> Scalar {
        let half = SecretScalar::new(nonce.expose() * *HALF);
        self.challenge(half.public().point(), &(half.expose() * self.ring[i].image_base))
    }

    /// Hashes `2*left` and `2*right` as a round's `L` and `R`.
    fn challenge(&self, left: &RistrettoPoint, right: &RistrettoPoint) -> Scalar {
        let encodings = RistrettoPoint::double_and_compress_batch([left, right]);
        let hash = self.prefix.clone().chain_update(encodings[0].as_bytes()).chain_update(encodings[1].as_bytes());
        Scalar::from_hash(hash)
    }

    /// The challenge after the verifier's round, which has no `R`.
    pub(super) fn challenge_of_verifier(&self, left: &Element) -> Scalar {
        Scalar::from_hash(self.prefix.clone().chain_update(left.as_bytes()))
    }

    /// A digest of the statement, for hedging nonces.
    pub(super) fn digest(&self) -> [u8; 64] {
        self.prefix.clone().finalize().into()
    }
}
