//! Which points each claim is about, and what its maker must know of them: the same for prover and checker.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{Element, Point, commitment::value_part, disclosure::Claim as Known};

use super::{DeliveryClaim, Payment, ReadingClaim};
use crate::note::Output;

/// `C - v*H`: a multiple of `G` exactly if `C` commits to `v`.
pub(super) fn hides(commitment: &RistrettoPoint, value: u64) -> Known {
    Known::Key(Element::new(commitment - value_part(value)))
}

/// `P - S`: a one-time key of this address.
fn belongs(note: &Output, payment: &Payment) -> Known {
    Known::Key(Element::new(note.key.point() - payment.address.spend.point()))
}

/// The payer: `k`, the blinding, and what each `C'` hides.
pub(super) fn sender_known(payment: &Payment, note: &Output, inputs: &[Point]) -> Vec<Known> {
    let mut known = vec![belongs(note, payment), hides(note.commitment.point(), payment.amount.0)];
    known.extend(inputs.iter().map(|pseudo| Known::Opening(*pseudo.element())));
    known
}

/// The payee: both secrets of the address, `k`, the blinding.
pub(super) fn receiver_known(payment: &Payment, note: &Output) -> Vec<Known> {
    let keys = [payment.address.view, payment.address.spend].map(|key| Known::Key(*key.element()));
    keys.into_iter().chain([belongs(note, payment), hides(note.commitment.point(), payment.amount.0)]).collect()
}

/// A party to a contract: the secret of its key, and the receipt's blinding.
pub(super) fn delivery_known(claim: &DeliveryClaim, key: &Point, receipt: &Point) -> Vec<Known> {
    vec![Known::Key(*key.element()), hides(receipt.point(), claim.delivered.0.into())]
}

/// Whoever reads the meter: the reading's blinding.
pub(super) fn reading_known(claim: &ReadingClaim, commitment: &Point) -> Vec<Known> {
    vec![hides(commitment.point(), claim.value.0.into())]
}
