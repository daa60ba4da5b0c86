//! Rules of sealed-bid auctions (protocol section 6.4).

use hushwatt_circuits::{CircuitProof, clearing};
use hushwatt_crypto::{
    Label, NetworkId,
    signature::{Signature, VerifyingKey},
};

use super::{Rejection, ensure};
use crate::{
    block::BlockDigest,
    note::Asset,
    parameters::{AuctionParameters, Parameters, PriceBounds},
    state::{AuctionRecord, OrderRecord},
    transaction::{
        TransactionId,
        order::{OrderId, OrderTerms},
    },
    units::{Price, Timestamp, Window},
};

/// The genesis has auctions.
pub fn auctions_are_held(parameters: &Parameters) -> Result<&AuctionParameters, Rejection> {
    parameters.auction.as_ref().ok_or(Rejection::NoAuctions)
}

/// Somebody was registered as operator when the window started.
pub fn operator_is_registered(operator: Option<VerifyingKey>) -> Result<VerifyingKey, Rejection> {
    operator.ok_or(Rejection::NoOperator)
}

fn signed(network: &NetworkId, key: &VerifyingKey, digest: &TransactionId, signature: &Signature) -> bool {
    key.verify(network, Label::OperatorSignature, &digest.0, signature).is_ok()
}

/// The operator admitted the order: he could open it.
pub fn operator_admitted(
    network: &NetworkId,
    key: &VerifyingKey,
    digest: &TransactionId,
    admission: &Signature,
) -> Result<(), Rejection> {
    ensure(signed(network, key, digest, admission), Rejection::Admission)
}

/// Not before the attestation deadline has passed: until then the window's energy has no bucket.
pub fn ordered_not_too_early(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(now > parameters.attest_until(window), Rejection::OrderTooEarly)
}

/// Not after `order_term`.
pub fn ordered_not_too_late(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(parameters.order_until(window).is_some_and(|last| now <= last), Rejection::OrderTooLate)
}

/// Fewer orders than `max_orders` were accepted so far.
pub fn auction_has_room(auction: Option<&AuctionRecord>, rules: &AuctionParameters) -> Result<(), Rejection> {
    ensure(auction.is_none_or(|auction| auction.orders() < rules.max_orders), Rejection::AuctionFull)
}

/// A sell order gives energy of exactly its utility and window.
pub fn energy_is_what_is_sold(terms: &OrderTerms, asset: &Asset) -> Result<(), Rejection> {
    let sold = Asset::Energy { utility: terms.utility, window: terms.window };
    ensure(sold == *asset, Rejection::OrderAsset)
}

/// Not before orders have closed.
pub fn cleared_not_too_early(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(parameters.order_until(window).is_some_and(|last| now > last), Rejection::ClearTooEarly)
}

/// Not after `clear_term`: then the orders have expired.
pub fn cleared_not_too_late(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(parameters.clear_until(window).is_some_and(|last| now <= last), Rejection::ClearTooLate)
}

/// The auction is open: it has orders, and was not cleared yet.
pub fn auction_is_open(auction: Option<AuctionRecord>) -> Result<AuctionRecord, Rejection> {
    auction.ok_or(Rejection::NoSuchAuction)
}

/// Both sides have orders.
pub fn both_sides_have_orders(auction: &AuctionRecord) -> Result<(), Rejection> {
    ensure(auction.sells > 0 && auction.buys > 0, Rejection::ClearOneSided)
}

/// The first block after orders closed has a successor, so that its digest is known.
pub fn rank_is_fixed(rank: Option<BlockDigest>) -> Result<BlockDigest, Rejection> {
    rank.ok_or(Rejection::RankNotFixed)
}

/// No order twice in a Clear, and one order of them only.
pub fn orders_ascend(listed: &[OrderId]) -> Result<(), Rejection> {
    ensure(listed.windows(2).all(|pair| pair[0] < pair[1]), Rejection::OrdersUnordered)
}

/// No order of another auction, or of none.
pub fn orders_are_known(accepted: &[(OrderId, OrderRecord)], listed: &[OrderId]) -> Result<(), Rejection> {
    let known = |id: &OrderId| accepted.binary_search_by_key(id, |(id, _)| *id).is_ok();
    ensure(listed.iter().all(known), Rejection::OrderUnknown)
}

/// Every order that the ledger accepted stands in the Clear, in its place.
pub fn orders_are_exactly(accepted: &[(OrderId, OrderRecord)], listed: &[OrderId]) -> Result<(), Rejection> {
    let same = accepted.iter().map(|(id, _)| id).eq(listed);
    ensure(same, Rejection::OrderLeftOut)
}

/// The operator signed the Clear.
pub fn operator_signed(
    network: &NetworkId,
    key: &VerifyingKey,
    digest: &TransactionId,
    signature: &Signature,
) -> Result<(), Rejection> {
    ensure(signed(network, key, digest, signature), Rejection::ClearSignature)
}

/// `floor <= p* <= cap`: any integer.
pub fn clearing_price_is_allowed(bounds: &PriceBounds, price: Price) -> Result<(), Rejection> {
    ensure((bounds.floor..=bounds.cap).contains(&price.micro_euro()), Rejection::ClearPrice)
}

/// Price and fills are what the rule says, or nothing can be traded.
pub fn clearing_is_proven(statement: &clearing::Statement<'_>, proof: &CircuitProof) -> Result<(), Rejection> {
    clearing::verify(statement, proof).map_err(|_| Rejection::ClearingProof)
}
