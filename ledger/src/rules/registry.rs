//! Rules of the registry (protocol section 6.6).

use hushwatt_crypto::{
    Label,
    signature::{Signature, VerifyingKey},
};

use super::{Rejection, ensure};
use crate::{
    genesis::{Genesis, Meter},
    state::Counters,
    transaction::TransactionId,
    units::MeterId,
    validators::ValidatorSet,
};

/// Serials count up by one.
pub fn change_is_next(counters: &Counters, serial: u64) -> Result<(), Rejection> {
    ensure(counters.registry_serial.checked_add(1) == Some(serial), Rejection::RegistrySerial)
}

/// The signers are registrars in ascending order, which also makes them distinct.
pub fn signers_ascend_and_are_registrars(genesis: &Genesis, signatures: &[(u8, Signature)]) -> Result<(), Rejection> {
    let ascend = signatures.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let known = signatures.iter().all(|(index, _)| usize::from(*index) < genesis.registrars().len());
    ensure(ascend && known, Rejection::RegistrySigners)
}

/// A quorum of registrars signed. A genesis without registrars has a quorum of 0, and nobody meets it.
pub fn enough_registrars_signed(genesis: &Genesis, signatures: &[(u8, Signature)]) -> Result<(), Rejection> {
    let quorum = genesis.registrar_quorum();
    ensure(quorum > 0 && signatures.len() >= quorum, Rejection::RegistryQuorum)
}

/// Every signature verifies.
pub fn registrars_signed(
    genesis: &Genesis,
    digest: &TransactionId,
    signatures: &[(u8, Signature)],
) -> Result<(), Rejection> {
    let signed = |(index, signature): &(u8, Signature)| {
        let key = genesis.registrars().get(usize::from(*index));
        key.is_some_and(|key| key.verify(genesis.network(), Label::RegistrySignature, &digest.0, signature).is_ok())
    };
    ensure(signatures.iter().all(signed), Rejection::RegistrySignature)
}

/// No validator has the key of a meter, a registrar, the treasury or the operator: every role has its own, as in the genesis.
pub fn validator_keys_are_free(genesis: &Genesis, validators: &ValidatorSet) -> Result<(), Rejection> {
    let meters = genesis.meters().map(|(_, meter)| &meter.key);
    let mut others = meters.chain(genesis.registrars()).chain([&genesis.treasury]).chain(&genesis.operator);
    ensure(others.all(|key| validators.index_of(key).is_none()), Rejection::ValidatorKeyTaken)
}

/// Nor that of a meter whose key was replaced since the genesis.
pub fn validators_are_no_meters(replaced: &[(MeterId, Meter)], validators: &ValidatorSet) -> Result<(), Rejection> {
    let free = replaced.iter().all(|(_, meter)| validators.index_of(&meter.key).is_none());
    ensure(free, Rejection::ValidatorKeyTaken)
}

/// Nor that of an operator who was named since the genesis.
pub fn validators_are_no_operators(operators: &[VerifyingKey], validators: &ValidatorSet) -> Result<(), Rejection> {
    let free = operators.iter().all(|key| validators.index_of(key).is_none());
    ensure(free, Rejection::ValidatorKeyTaken)
}

/// Nor that of a member of a committee.
pub fn validators_are_no_members(members: &[VerifyingKey], validators: &ValidatorSet) -> Result<(), Rejection> {
    let free = members.iter().all(|key| validators.index_of(key).is_none());
    ensure(free, Rejection::ValidatorKeyTaken)
}

/// The new key of the operator is nobody's, and none that an operator has or had.
pub fn operator_key_is_new(in_use: &[VerifyingKey], key: &VerifyingKey) -> Result<(), Rejection> {
    ensure(!in_use.contains(key), Rejection::OperatorKeyTaken)
}

/// The new key of a meter is nobody's, and not the one that it has.
pub fn meter_key_is_new(in_use: &[VerifyingKey], key: &VerifyingKey) -> Result<(), Rejection> {
    ensure(!in_use.contains(key), Rejection::MeterKeyTaken)
}
