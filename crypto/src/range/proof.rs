//! A range proof as data. Its length and scalars are looked at on the way in; its points, most of what decoding costs, when
//! it is verified for the first time: who replays a chain that others verified needs its bytes only.

use std::sync::{Arc, OnceLock};

use curve25519_dalek::scalar::Scalar;

use super::{MAX_PROOF_BITS, RangeBits};
use crate::{CryptoError, Point, PublicScalar};

/// Elements of a proof besides `L` and `R`: `A`, `S`, `T_1`, `T_2`, three scalars, and the two of the inner product.
const FIXED_PARTS: usize = 9;

/// A range proof: its bytes and, decoded at most once, its points and scalars. Cheap to clone; clones share what was decoded.
#[derive(Clone)]
pub struct RangeProof(Arc<Proof>);

struct Proof {
    bytes: Box<[u8]>,
    /// `None` within if a point is not canonical, or the identity.
    parts: OnceLock<Option<Parts>>,
}

/// Layout: `A, S, T_1, T_2, t_x, t_x_blinding, e_blinding, (L, R)*, a, b`, 32 bytes each.
pub(super) struct Parts {
    pub(super) a_commitment: Point,
    pub(super) s_commitment: Point,
    pub(super) t1: Point,
    pub(super) t2: Point,
    /// `(L, R)` of each halving.
    pub(super) folds: Vec<(Point, Point)>,
    pub(super) scalars: Scalars,
}

/// The scalars of a proof.
pub(super) struct Scalars {
    pub(super) t_x: Scalar,
    pub(super) t_x_blinding: Scalar,
    pub(super) e_blinding: Scalar,
    pub(super) a: Scalar,
    pub(super) b: Scalar,
}

const MALFORMED: CryptoError = CryptoError::RangeProofMalformed;

impl RangeProof {
    /// Reads a proof: the length that some number of bits gives, canonical scalars. Points that are not canonical, or the
    /// identity, make its verification fail.
    ///
    /// # Errors
    /// `RangeProofMalformed`; `RangeTooLarge` for a proof over more than [`MAX_PROOF_BITS`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CryptoError> {
        let (words, []) = bytes.as_chunks::<32>() else { return Err(MALFORMED) };
        let folds = words.len().checked_sub(FIXED_PARTS).filter(|rest| rest % 2 == 0).ok_or(MALFORMED)? / 2;
        if folds > MAX_PROOF_BITS.ilog2() as usize {
            return Err(CryptoError::RangeTooLarge);
        }
        Scalars::decode(words)?;
        Ok(RangeProof(Arc::new(Proof { bytes: bytes.into(), parts: OnceLock::new() })))
    }

    /// The encoding: exactly the bytes that were decoded.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Bytes of a proof over this many values, padding included.
    pub fn encoded_len(bits: RangeBits, values: usize) -> usize {
        let padded = values.max(1).next_power_of_two();
        32 * (FIXED_PARTS + 2 * (bits.bits().ilog2() + padded.ilog2()) as usize)
    }

    /// Points and scalars.
    ///
    /// # Errors
    /// `RangeProofMalformed` for a point that is not canonical, or the identity.
    pub(super) fn parts(&self) -> Result<&Parts, CryptoError> {
        self.0.parts.get_or_init(|| Parts::decode(self.0.bytes.as_chunks().0).ok()).as_ref().ok_or(MALFORMED)
    }
}

impl Parts {
    fn decode(words: &[[u8; 32]]) -> Result<Self, CryptoError> {
        let point = |at: usize| Point::decode(&words[at]);
        let end = words.len() - 2;
        Ok(Parts {
            scalars: Scalars::decode(words)?,
            a_commitment: point(0)?,
            s_commitment: point(1)?,
            t1: point(2)?,
            t2: point(3)?,
            folds: (7..end)
                .step_by(2)
                .map(|at| Ok((point(at)?, point(at + 1)?)))
                .collect::<Result<_, CryptoError>>()?,
        })
    }
}

impl Scalars {
    fn decode(words: &[[u8; 32]]) -> Result<Self, CryptoError> {
        let scalar = |at: usize| PublicScalar::decode(&words[at]).map(|scalar| scalar.0).map_err(|_| MALFORMED);
        let end = words.len() - 2;
        Ok(Scalars {
            t_x: scalar(4)?,
            t_x_blinding: scalar(5)?,
            e_blinding: scalar(6)?,
            a: scalar(end)?,
            b: scalar(end + 1)?,
        })
    }
}

impl PartialEq for RangeProof {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}
impl Eq for RangeProof {}
impl core::fmt::Debug for RangeProof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RangeProof({} bytes)", self.as_bytes().len())
    }
}
