//! Rules of contracts (protocol section 6.3).

use hushwatt_crypto::{NetworkId, Point, handle, handle::HandleProof, schnorr, schnorr::Schnorr};

use super::{Rejection, ensure};
use crate::{
    note::Asset,
    parameters::{Parameters, PriceBounds},
    transaction::{TransactionId, deliver::Delivery, open::ContractTerms},
    units::{Price, Timestamp, Window},
};

/// Some meter measures the utility.
pub fn utility_is_measured(measured: bool) -> Result<(), Rejection> {
    ensure(measured, Rejection::UnknownUtility)
}

/// Prices are multiples of the utility's step.
pub fn price_is_on_the_step(bounds: &PriceBounds, price: Price) -> Result<(), Rejection> {
    ensure(price.micro_euro().is_multiple_of(bounds.price_step), Rejection::PriceStep)
}

/// `floor <= p <= cap`, those of the utility.
pub fn price_is_allowed(bounds: &PriceBounds, price: Price) -> Result<(), Rejection> {
    ensure((bounds.floor..=bounds.cap).contains(&price.micro_euro()), Rejection::PriceOutOfRange)
}

/// Not before window start less `open_lead`.
pub fn opened_not_too_early(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(now >= parameters.open_from(window), Rejection::OpenTooEarly)
}

/// Not after window end plus `open_term`.
pub fn opened_not_too_late(parameters: &Parameters, window: Window, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= parameters.open_until(window), Rejection::OpenTooLate)
}

/// The contract is open: known, not settled, not expired.
pub fn contract_is_open<T>(contract: Option<T>) -> Result<T, Rejection> {
    contract.ok_or(Rejection::UnknownContract)
}

/// No contract twice in a Deliver, and one order only.
pub fn contracts_ascend(deliveries: &[Delivery]) -> Result<(), Rejection> {
    let ascending = deliveries.windows(2).all(|pair| pair[0].contract < pair[1].contract);
    ensure(ascending, Rejection::ContractsUnordered)
}

/// The contract is for exactly the delivered asset.
pub fn contract_is_for(terms: &ContractTerms, asset: &Asset) -> Result<(), Rejection> {
    let wanted = Asset::Energy { utility: terms.utility, window: terms.window };
    ensure(wanted == *asset, Rejection::ContractAsset)
}

/// Block time <= delivery deadline.
pub fn delivered_in_time(parameters: &Parameters, terms: &ContractTerms, now: Timestamp) -> Result<(), Rejection> {
    ensure(now <= parameters.deliver_until(terms.window), Rejection::DeliveryTooLate)
}

/// The claim key's owner signed: nobody else can settle the contract, not even its buyer.
pub fn claim_is_signed(
    network: &NetworkId,
    terms: &ContractTerms,
    digest: &TransactionId,
    claim: &Schnorr,
) -> Result<(), Rejection> {
    schnorr::verify(network, &terms.claim_key, &digest.0, claim).map_err(|_| Rejection::ClaimSignature)
}

/// Every receipt keeps the blinding its buyer chose, so that he can open his refund.
pub fn receipts_keep_blindings(
    network: &NetworkId,
    digest: &TransactionId,
    receipts: &[Point],
    handles: &[Point],
    proof: &HandleProof,
) -> Result<(), Rejection> {
    handle::verify(network, &digest.0, receipts, handles, proof).map_err(|_| Rejection::HandleProof)
}
