//! Rules of issuance (protocol section 6.5).

use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_TABLE, ristretto::RistrettoPoint};
use hushwatt_crypto::{
    Label, NetworkId, PublicScalar,
    commitment::value_part,
    signature::{Signature, VerifyingKey},
};

use super::{Rejection, ensure};
use crate::{note::Output, state::Counters, transaction::TransactionId, units::Credit};

/// The treasury signed.
pub fn treasury_signed(
    network: &NetworkId,
    key: &VerifyingKey,
    digest: &TransactionId,
    signature: &Signature,
) -> Result<(), Rejection> {
    key.verify(network, Label::TreasurySignature, &digest.0, signature).map_err(|_| Rejection::TreasurySignature)
}

/// `sum(C) = total*H + e*G`.
pub fn mint_balances(outputs: &[Output], total: Credit, excess: &PublicScalar) -> Result<(), Rejection> {
    let made: RistrettoPoint = outputs.iter().map(|output| output.commitment.point()).sum();
    let right = value_part(total.0) + &excess.0 * RISTRETTO_BASEPOINT_TABLE;
    ensure(made == right, Rejection::Unbalanced)
}

/// Serials count up by one.
pub fn mint_is_next(counters: &Counters, serial: u64) -> Result<(), Rejection> {
    ensure(counters.mint_serial.checked_add(1) == Some(serial), Rejection::MintSerial)
}

/// The supply stays below 2^63.
pub fn supply_stays_bounded(counters: &Counters, total: Credit) -> Result<(), Rejection> {
    let minted = counters.minted.checked_add(total);
    ensure(minted.is_some_and(|minted| minted < Credit::SUPPLY_LIMIT), Rejection::SupplyOverflow)
}

/// No more is burned than is in circulation: a ceiling on any soundness bug.
pub fn supply_covers(counters: &Counters, total: Credit) -> Result<(), Rejection> {
    ensure(counters.supply().is_some_and(|supply| total <= supply), Rejection::SupplyUnderflow)
}
