//! That a household has at least so much money: made, and held against the ledger; for everybody, or for one verifier only.

use std::sync::Arc;

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Element, Rng, SecretScalar,
    clsag::{self, ClsagClaim, Member},
    commitment::{Opening, value_part},
    designated::VerifierSecret,
    keys::OneTimeSecret,
    range::{self, RangeBits, RangeClaim},
};
use rayon::prelude::*;

use super::{
    BalanceClaim, BalanceProof, Claim, Disclosure, DisclosureError, Facts, MAX_NOTES, Proof, ProveError, Proven,
    Request, Rings, ShownNote, Statement, check::ensure,
};
use crate::{
    note::{Asset, BucketVersion},
    rules::spending::range_proofs_verify,
    units::Credit,
};

/// An own unspent note, with the bucket version it is shown among.
pub struct BalanceNote {
    /// The latest version of its bucket.
    pub bucket: BucketVersion,
    /// The notes of that version.
    pub ring: Arc<[Member]>,
    /// The note's place among them, from 0.
    pub position: usize,
    /// Its one-time secret.
    pub secret: OneTimeSecret,
    /// Its opening.
    pub opening: Opening,
}

/// `sum(C') - X*H`: commits to what the notes are worth above `X`.
fn excess(shown: &[ShownNote], at_least: Credit) -> Element {
    let sum: RistrettoPoint = shown.iter().map(|note| note.pseudo.point()).sum();
    Element::new(sum - value_part(at_least.0))
}

/// A household shows that it has at least so much, in 1 to 16 notes, each hidden among those of its bucket. Their key
/// images become known: whoever saw them sees later when each is spent, and by which transaction.
///
/// Constant time in the secrets; variable in the rings and their lengths, and in the order of the key images.
///
/// # Errors
/// `NothingClaimed`, `NoteCount`, `SameNoteTwice`, `NotEnough`, `Overflow`, `WrongRing`; `NotTheRingMember` if a note is not
/// at its place.
pub fn prove_balance(
    request: &Request,
    at_least: Credit,
    notes: &[BalanceNote],
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    if at_least == Credit::ZERO {
        return Err(ProveError::NothingClaimed);
    }
    if !(1..=MAX_NOTES).contains(&notes.len()) {
        return Err(ProveError::NoteCount);
    }
    if notes.iter().any(|note| note.ring.len() != note.bucket.ring()) {
        return Err(ProveError::WrongRing);
    }
    let available = Credit::checked_sum(notes.iter().map(|note| Credit(note.opening.value)));
    let available = available.ok_or(ProveError::Overflow)?;
    let rest = available.checked_sub(at_least).ok_or(ProveError::NotEnough { available, claimed: at_least })?;

    let mut sorted =
        notes.iter().map(|note| Ok((note.secret.key_image()?, note))).collect::<Result<Vec<_>, ProveError>>()?;
    sorted.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(ProveError::SameNoteTwice);
    }
    let blindings: Vec<SecretScalar> = sorted.iter().map(|(_, note)| fresh(request, at_least, note, rng)).collect();
    let shown = sorted
        .iter()
        .zip(&blindings)
        .map(|((image, note), blinding)| {
            let pseudo = Opening::new(note.opening.value, blinding.clone()).commit_point()?;
            Ok(ShownNote { bucket: note.bucket, image: *image, pseudo })
        })
        .collect::<Result<Vec<_>, ProveError>>()?;
    let statement = request.statement(Claim::Balance(BalanceClaim { at_least, notes: shown.clone() }));
    let digest = statement.digest();
    let (network, to) = (&request.network, request.audience.designation());
    let signatures = sorted
        .iter()
        .zip(&blindings)
        .zip(&shown)
        .map(|(((_, note), blinding), shown)| {
            let z = note.opening.blinding.minus(blinding);
            let BalanceNote { ring, position: at, secret, .. } = note;
            let signed = match to {
                None => clsag::sign(network, ring, *at, secret, &z, &shown.pseudo, &digest, rng),
                Some(to) => {
                    clsag::designated::sign(network, ring, *at, secret, &z, &shown.pseudo, &to.key, &digest, rng)
                }
            };
            Ok(signed?)
        })
        .collect::<Result<_, ProveError>>()?;
    let rings = if to.is_some() { Rings::Designated(signatures) } else { Rings::Plain(signatures) };
    let rest = Opening::new(rest.0, SecretScalar::sum(&blindings));
    let range = range::prove(network, &digest, RangeBits::Bits64, &[rest], rng)?;
    Ok(Disclosure { statement, proof: Proof::Balance(BalanceProof { rings, range }) })
}

/// The blinding of a fresh commitment: even a broken generator gives another one for each disclosure and note.
fn fresh(request: &Request, at_least: Credit, note: &BalanceNote, rng: &mut impl Rng) -> SecretScalar {
    let claim = Claim::Balance(BalanceClaim { at_least, notes: Vec::new() });
    let secrets = [note.secret.secret(), &note.opening.blinding];
    SecretScalar::hedged_nonce(&request.network, &secrets, &request.statement(claim).encode(), rng)
}

/// The bucket versions of the notes, all of them of credit.
fn rings_of(notes: &[ShownNote], facts: &dyn Facts) -> Result<Vec<Arc<[Member]>>, DisclosureError> {
    let ring = |note: &ShownNote| {
        let ring = facts.ring(note.bucket)?.ok_or(DisclosureError::UnknownBucket)?;
        ensure(ring.asset == Asset::Credit, DisclosureError::NotCredit)?;
        Ok(ring.members)
    };
    notes.iter().map(ring).collect()
}

pub(super) fn check(
    statement: &Statement,
    claim: &BalanceClaim,
    proof: &BalanceProof,
    facts: &dyn Facts,
) -> Result<Proven, DisclosureError> {
    let BalanceClaim { at_least, notes } = claim;
    ensure(*at_least > Credit::ZERO, DisclosureError::NothingClaimed)?;
    let (Rings::Plain(signatures) | Rings::Designated(signatures)) = &proof.rings;
    let count = (1..=MAX_NOTES).contains(&notes.len()) && signatures.len() == notes.len();
    ensure(count, DisclosureError::NoteCount)?;
    let ascend = notes.windows(2).all(|pair| pair[0].image.as_bytes() < pair[1].image.as_bytes());
    ensure(ascend, DisclosureError::ImagesUnordered)?;
    let rings = rings_of(notes, facts)?;
    let message = statement.digest();
    let parts: Vec<_> = notes.iter().zip(&rings).zip(signatures).collect();
    let verify = |((note, ring), signature): &((&ShownNote, &Arc<[Member]>), &clsag::Clsag)| {
        let ShownNote { pseudo, image, .. } = note;
        match (statement.audience.designation(), &proof.rings) {
            (None, Rings::Plain(_)) => {
                ClsagClaim { ring, pseudo, image, message: &message, signature }.verify().is_ok()
            }
            (Some(to), Rings::Designated(_)) => {
                let network = &statement.network;
                clsag::designated::verify(network, ring, pseudo, image, &to.key, &message, signature).is_ok()
            }
            _ => false,
        }
    };
    ensure(parts.par_iter().all(verify), DisclosureError::RingSignature)?;
    // Distinct images are distinct notes, whose sum is below 2^63: it is the integer that the commitments add up to,
    // and the difference is below 2^64 only if it is not negative.
    let range = RangeClaim {
        network: statement.network,
        digest: message,
        bits: RangeBits::Bits64,
        commitments: vec![excess(notes, *at_least)],
        proof: proof.range.clone(),
    };
    range_proofs_verify(&[range]).map_err(|_| DisclosureError::RangeProof)?;
    for note in notes {
        ensure(!facts.is_spent(&note.image)?, DisclosureError::AlreadySpent)?;
    }
    let smallest_ring = rings.iter().map(|ring| ring.len()).min().unwrap_or_default();
    Ok(Proven::Balance { at_least: *at_least, notes: notes.len(), smallest_ring })
}

/// The claim with commitments to made-up values that are enough, and their blindings.
pub(super) fn made_up(
    claim: &BalanceClaim,
    rng: &mut impl Rng,
) -> Result<(BalanceClaim, Vec<SecretScalar>), DisclosureError> {
    let BalanceClaim { at_least, mut notes } = claim.clone();
    let blindings: Vec<SecretScalar> = notes.iter().map(|_| SecretScalar::random(rng)).collect();
    let mut value = at_least.0;
    for (note, blinding) in notes.iter_mut().zip(&blindings) {
        let opening = Opening::new(std::mem::take(&mut value), blinding.clone());
        note.pseudo = opening.commit_point().map_err(|_| DisclosureError::RingSignature)?;
    }
    Ok((BalanceClaim { at_least, notes }, blindings))
}

/// What the verifier makes of a claim whose commitments are his.
pub(super) fn simulate(
    statement: &Statement,
    claim: &BalanceClaim,
    blindings: &[SecretScalar],
    facts: &dyn Facts,
    verifier: &VerifierSecret,
    rng: &mut impl Rng,
) -> Result<BalanceProof, DisclosureError> {
    let (network, digest) = (&statement.network, statement.digest());
    let rings = rings_of(&claim.notes, facts)?;
    let close = |(note, ring): (&ShownNote, &Arc<[Member]>)| {
        clsag::designated::simulate(network, ring, &note.pseudo, &note.image, verifier, &digest, rng)
            .map_err(|_| DisclosureError::RingSignature)
    };
    let signatures = claim.notes.iter().zip(&rings).map(close).collect::<Result<_, _>>()?;
    let rest = Opening::new(0, SecretScalar::sum(blindings));
    let range = range::prove(network, &digest, RangeBits::Bits64, &[rest], rng);
    let range = range.map_err(|_| DisclosureError::RangeProof)?;
    Ok(BalanceProof { rings: Rings::Designated(signatures), range })
}
