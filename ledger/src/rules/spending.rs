//! Rules of spending: buckets, key images, ring signatures, balance (protocol sections 4 and 5).

use std::sync::Arc;

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    clsag::{Clsag, ClsagClaim, Member, verify_all},
    range::RangeClaim,
};

use super::{Rejection, ensure};
use crate::{
    note::Asset,
    state::BucketRecord,
    transaction::{TransactionId, spend::Spend},
    units::Timestamp,
};

/// How long a superseded bucket length may still be named, in seconds.
pub const SUPERSEDED_GRACE: u64 = 600;

/// The key image is new.
pub fn image_is_unspent(known: bool) -> Result<(), Rejection> {
    ensure(!known, Rejection::AlreadySpent)
}

/// The bucket exists, which it does only once it is sealed.
pub fn bucket_is_sealed(bucket: Option<BucketRecord>) -> Result<BucketRecord, Rejection> {
    bucket.ok_or(Rejection::UnknownBucket)
}

/// The named length is the latest, or was until less than 10 minutes ago. Returns the digest of that version.
pub fn bucket_length_is_current(bucket: &BucketRecord, length: u32, now: Timestamp) -> Result<[u8; 32], Rejection> {
    if length == bucket.length {
        return Ok(bucket.digest);
    }
    let recent = |version: &&crate::state::Superseded| now < version.at.plus(SUPERSEDED_GRACE);
    let found = bucket.superseded.iter().filter(recent).find(|version| version.length == length);
    found.map(|version| version.digest).ok_or(Rejection::OutdatedBucket)
}

/// A kind that moves credit names a credit bucket.
pub fn bucket_holds_credit(asset: &Asset) -> Result<(), Rejection> {
    ensure(*asset == Asset::Credit, Rejection::ForeignBucket)
}

/// A Deliver names an energy bucket.
pub fn bucket_holds_energy(asset: &Asset) -> Result<(), Rejection> {
    ensure(matches!(asset, Asset::Energy { .. }), Rejection::ForeignBucket)
}

/// Each input's ring signature verifies over its whole bucket version. The inputs are checked on all cores.
pub fn ring_signatures_verify(
    spends: &[Spend],
    signatures: &[Clsag],
    ring_of: impl Fn(usize) -> Option<Arc<[Member]>>,
    digest: &TransactionId,
) -> Result<(), Rejection> {
    ensure(spends.len() == signatures.len(), Rejection::RingSignature)?;
    let rings: Option<Vec<Arc<[Member]>>> = (0..spends.len()).map(ring_of).collect();
    let rings = rings.ok_or(Rejection::RingSignature)?;
    let claims: Vec<ClsagClaim<'_>> = spends
        .iter()
        .zip(signatures)
        .zip(&rings)
        .map(|((spend, signature), ring)| ClsagClaim {
            ring,
            pseudo: &spend.pseudo,
            image: &spend.image,
            message: &digest.0,
            signature,
        })
        .collect();
    ensure(verify_all(&claims).is_empty(), Rejection::RingSignature)
}

/// `sum(C') = outputs`, exactly.
pub fn inputs_balance(spends: &[Spend], outputs: RistrettoPoint) -> Result<(), Rejection> {
    let inputs: RistrettoPoint = spends.iter().map(|spend| spend.pseudo.point()).sum();
    ensure(inputs == outputs, Rejection::Unbalanced)
}

/// Every range proof verifies; on failure the places of the failing claims.
pub fn range_proofs_verify(claims: &[RangeClaim]) -> Result<(), Vec<usize>> {
    if claims.is_empty() {
        return Ok(());
    }
    hushwatt_crypto::range::verify_batch(claims, &mut rand_core::OsRng)
}
