//! Verifying a spend.

use rayon::prelude::*;

use super::{Clsag, Member, rounds::Rounds};
use crate::{CryptoError, Point};

/// Checks a ring signature: exactly nazgul's answer for the ring `[(P_i, C_i - C')]`, the images `(I, D)` and this
/// message. Variable time: everything is public.
///
/// # Errors
/// `RingTooSmall` below two members, `RingLengthMismatch` for another number of responses, else
/// `RingSignatureInvalid`.
pub fn verify(
    ring: &[Member],
    pseudo: &Point,
    image: &Point,
    message: &[u8; 64],
    signature: &Clsag,
) -> Result<(), CryptoError> {
    Rounds::new(ring, pseudo, image, &signature.d, message)?.close(signature)
}

impl Rounds<'_> {
    /// Whether a signature's responses come round to its first challenge.
    pub(super) fn close(&self, signature: &Clsag) -> Result<(), CryptoError> {
        if signature.responses.len() != self.len() {
            return Err(CryptoError::RingLengthMismatch);
        }
        let last = signature
            .responses
            .iter()
            .enumerate()
            .fold(signature.c0.0, |challenge, (i, response)| self.next(i, &challenge, &response.0));
        if last == signature.c0.0 { Ok(()) } else { Err(CryptoError::RingSignatureInvalid) }
    }
}

/// One ring signature with its statement.
#[derive(Clone, Copy, Debug)]
pub struct ClsagClaim<'a> {
    /// The bucket version that the transaction names.
    pub ring: &'a [Member],
    /// `C'`.
    pub pseudo: &'a Point,
    /// `I`.
    pub image: &'a Point,
    /// The transaction's signing digest.
    pub message: &'a [u8; 64],
    /// What is to be checked.
    pub signature: &'a Clsag,
}

impl ClsagClaim<'_> {
    /// [`verify`].
    pub fn verify(&self) -> Result<(), CryptoError> {
        verify(self.ring, self.pseudo, self.image, self.message, self.signature)
    }
}

/// Checks many, one by one (a ring signature is a chain of hashes and cannot be batched), over all cores. Returns the
/// index of each that fails, in order: empty means that all are valid.
pub fn verify_all(claims: &[ClsagClaim<'_>]) -> Vec<usize> {
    claims.par_iter().enumerate().filter(|(_, claim)| claim.verify().is_err()).map(|(i, _)| i).collect()
}
