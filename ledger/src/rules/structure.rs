//! Rules of envelope and structure (protocol sections 2, 3 and 5).

use hushwatt_crypto::{NetworkId, Point, hint::Hint};

use super::{Rejection, ensure};
use crate::{
    transaction::{Action, HintsDigest, MAX_VALIDITY, VALIDITY_STEP, spend::Spend},
    units::Timestamp,
};

/// `valid_until` is a multiple of 10 minutes.
pub fn validity_is_on_the_step(valid_until: Timestamp) -> Result<(), Rejection> {
    ensure(valid_until.0.is_multiple_of(VALIDITY_STEP), Rejection::ValidityStep)
}

/// Block time <= `valid_until`.
pub fn not_expired(valid_until: Timestamp, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= valid_until, Rejection::Expired)
}

/// `valid_until` <= block time + 24 h.
pub fn not_valid_too_long(valid_until: Timestamp, now: Timestamp) -> Result<(), Rejection> {
    ensure(valid_until <= now.plus(MAX_VALIDITY), Rejection::ValidTooLong)
}

/// Key images are strictly ascending: distinct, in one order only, and the first one is the context of all keys.
pub fn images_ascend(spends: &[Spend]) -> Result<(), Rejection> {
    let ascending = spends.windows(2).all(|pair| pair[0].image.as_bytes() < pair[1].image.as_bytes());
    ensure(ascending, Rejection::ImagesUnordered)
}

/// No one-time key stands twice in one transaction. Across transactions repetition is legal and blocks nobody.
pub fn keys_are_distinct<'a>(keys: impl IntoIterator<Item = &'a Point>) -> Result<(), Rejection> {
    let mut sorted: Vec<&[u8; 32]> = keys.into_iter().map(|key| key.as_bytes()).collect();
    sorted.sort_unstable();
    ensure(sorted.windows(2).all(|pair| pair[0] != pair[1]), Rejection::DuplicateKey)
}

/// Hints are right in number and digest (their length is in their type); those of a Share are also the ones that it lists.
pub fn hints_match(
    network: &NetworkId,
    action: &Action,
    digest: &HintsDigest,
    hints: &[Hint],
) -> Result<(), Rejection> {
    let listed = |action: &Action| match action {
        Action::Share(share) => share.statement.lists(network, hints),
        _ => true,
    };
    let right = hints.len() == action.hint_count() && HintsDigest::of(network, hints) == *digest && listed(action);
    ensure(right, Rejection::HintsMismatch)
}
