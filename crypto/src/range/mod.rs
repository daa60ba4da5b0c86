//! Range proofs: several committed values, each within 16, 32 or 64 bits (sections 1 and 6).
//!
//! Bulletproofs over `com(v; b) = v*H + b*G`, byte for byte those of the `bulletproofs` crate 5.0.0. That crate proves;
//! verification is ours, since it offers none for batches: all claims of a block, of whatever widths and sizes, are
//! one multiscalar multiplication, and when that fails, bisection names every claim to blame.
//!
//! The number of values is padded to a power of two with identity commitments (value 0, blinding 0) that are nowhere
//! encoded. The transcript absorbs version, network, label, generators, the transaction's signing digest, the width, the
//! number of real values and each commitment, and goes on as the crate's does.
//!
//! * `mod.rs`: widths, the claim and its transcript. `proof.rs`: the proof as data.
//! * `prove.rs`: the prover. `equation.rs`: what one proof claims, as coefficients. `batch.rs`: many of them at once.
//! * `gens.rs`: the vector generators, made when first needed.

mod batch;
mod equation;
mod gens;
mod proof;
mod prove;

use merlin::Transcript;

pub use self::{batch::verify_batch, proof::RangeProof, prove::prove};
use crate::{CryptoError, Element, Label, NetworkId, Rng, transcript::transcript};

/// Most bits (values after padding, times width) of one proof: a cap on the work that a stranger's bytes can cause.
pub const MAX_PROOF_BITS: usize = 1 << 14;

/// How wide the proven range is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RangeBits {
    /// `0..2^16`: readings of a household meter.
    Bits16,
    /// `0..2^32`: quantities.
    Bits32,
    /// `0..2^64`: credit.
    Bits64,
}

impl RangeBits {
    /// The width in bits.
    pub fn bits(self) -> usize {
        match self {
            RangeBits::Bits16 => 16,
            RangeBits::Bits32 => 32,
            RangeBits::Bits64 => 64,
        }
    }

    /// The largest value within.
    pub fn max(self) -> u64 {
        match self {
            RangeBits::Bits16 => u64::from(u16::MAX),
            RangeBits::Bits32 => u64::from(u32::MAX),
            RangeBits::Bits64 => u64::MAX,
        }
    }

    /// The number of values after padding, if it is within the cap.
    fn padded(self, values: usize) -> Result<usize, CryptoError> {
        if values == 0 {
            return Err(CryptoError::RangeEmpty);
        }
        let padded = values.checked_next_power_of_two().ok_or(CryptoError::RangeTooLarge)?;
        if padded > MAX_PROOF_BITS / self.bits() { Err(CryptoError::RangeTooLarge) } else { Ok(padded) }
    }
}

/// A range proof with everything it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeClaim {
    /// The network it belongs to.
    pub network: NetworkId,
    /// The signing digest of its transaction.
    pub digest: [u8; 64],
    /// The proven width.
    pub bits: RangeBits,
    /// The commitments to the values, padding left out.
    pub commitments: Vec<Element>,
    /// The proof.
    pub proof: RangeProof,
}

impl RangeClaim {
    /// Checks this claim alone: a batch of one, for which `rng` gives the weights.
    ///
    /// # Errors
    /// `RangeEmpty` or `RangeTooLarge` for a number of values that no proof can have, `RangeProofMalformed` for a proof
    /// of another size, else `RangeProofInvalid`.
    pub fn verify(&self, rng: &mut impl Rng) -> Result<(), CryptoError> {
        batch::verify_one(self, rng)
    }
}

/// The transcript up to the crate's own part: the whole statement.
fn statement<'a>(
    network: &NetworkId,
    digest: &[u8; 64],
    bits: RangeBits,
    commitments: impl ExactSizeIterator<Item = &'a Element>,
) -> Transcript {
    let mut transcript = transcript(network, Label::RangeProof);
    transcript.append_message(b"digest", digest);
    transcript.append_u64(b"bits", bits.bits() as u64);
    transcript.append_u64(b"values", commitments.len() as u64);
    for commitment in commitments {
        transcript.append_message(b"commitment", commitment.as_bytes());
    }
    transcript
}
