//! The prover: the crate's, over our transcript and with hedged randomness.

use zeroize::Zeroizing;

use super::{RangeBits, RangeProof, gens, statement};
use crate::{CryptoError, Element, NetworkId, Rng, commitment::Opening, generators::generators};

/// Proves that each opening's value lies in the range, for the commitments `opening.commit()` in this order.
///
/// Runs in constant time in values and blindings (as far as the `bulletproofs` crate does); in variable time in their
/// number and in whether they fit, which the caller knows. The crate's randomness comes from a generator that is keyed
/// with the transcript, all values and blindings, and `rng`: with a broken `rng` it still depends on the secrets and
/// the statement, so that two different proofs never share a mask.
///
/// # Errors
/// `RangeEmpty` for no values, `RangeTooLarge` above [`super::MAX_PROOF_BITS`], `ValueOutOfRange` for a value that does
/// not fit.
pub fn prove(
    network: &NetworkId,
    digest: &[u8; 64],
    bits: RangeBits,
    openings: &[Opening],
    rng: &mut impl Rng,
) -> Result<RangeProof, CryptoError> {
    let padded = bits.padded(openings.len())?;
    if openings.iter().any(|opening| opening.value > bits.max()) {
        return Err(CryptoError::ValueOutOfRange);
    }
    let commitments: Vec<Element> = openings.iter().map(Opening::commit).collect();
    let mut transcript = statement(network, digest, bits, commitments.iter());

    // Padding: value 0, blinding 0.
    let mut values = Zeroizing::new(vec![0u64; padded]);
    let mut blindings = Zeroizing::new(vec![curve25519_dalek::scalar::Scalar::ZERO; padded]);
    let mut hedge = transcript.build_rng();
    for (i, opening) in openings.iter().enumerate() {
        values[i] = opening.value;
        blindings[i] = *opening.blinding.expose();
        hedge = hedge
            .rekey_with_witness_bytes(b"value", &opening.value.to_le_bytes())
            .rekey_with_witness_bytes(b"blinding", &opening.blinding.to_bytes()[..]);
    }
    let mut hedged = hedge.finalize(rng);

    let gens = gens::for_prover(bits, padded);
    let (proof, _) = bulletproofs::RangeProof::prove_multiple_with_rng(
        &gens,
        &generators().pedersen,
        &mut transcript,
        &values,
        &blindings,
        bits.bits(),
        &mut hedged,
    )
    // Sizes and generators are right by construction; the crate has no other way to fail.
    .map_err(|_| CryptoError::RangeTooLarge)?;
    RangeProof::decode(&proof.to_bytes())
}
