//! Rules of finality: certificates, and which blocks they cover (protocol section 7).

use hushwatt_crypto::NetworkId;
use rayon::prelude::*;

use super::{Rejection, ensure};
use crate::{
    block::{Block, BlockDigest, Certificate},
    parameters::Parameters,
    transaction::Action,
    units::Epoch,
    validators::ValidatorSet,
};

/// The certificate is of the block's own epoch.
pub fn certificate_is_of_the_epoch(certificate: &Certificate, epoch: Epoch) -> Result<(), Rejection> {
    ensure(certificate.epoch == epoch, Rejection::CertificateEpoch)
}

/// The signers are validators of the epoch in ascending order, which also makes them distinct.
pub fn signers_ascend_and_are_validators(
    certificate: &Certificate,
    validators: &ValidatorSet,
) -> Result<(), Rejection> {
    let ascend = certificate.signatures.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let known = certificate.signatures.iter().all(|(index, _)| validators.key_at(*index).is_some());
    ensure(ascend && known, Rejection::CertificateSigners)
}

/// More than two thirds of the validators signed.
pub fn enough_validators_signed(certificate: &Certificate, validators: &ValidatorSet) -> Result<(), Rejection> {
    ensure(certificate.signatures.len() >= validators.quorum(), Rejection::CertificateQuorum)
}

/// Every vote verifies, by the rules that the consensus engine votes by (ZIP-215).
pub fn votes_verify(
    certificate: &Certificate,
    network: &NetworkId,
    validators: &ValidatorSet,
    digest: &BlockDigest,
) -> Result<(), Rejection> {
    let message = certificate.message(network, digest);
    let verifies = certificate.signatures.par_iter().all(|(index, signature)| {
        validators.key_at(*index).is_some_and(|key| key.verify_zip215(&message, signature).is_ok())
    });
    ensure(verifies, Rejection::CertificateSignature)
}

/// A change of the validators is final before the new ones vote: between it and `block`, of a later epoch, stands a
/// certificate of the old ones. Otherwise whoever signs for the registrars could continue a chain without any validator.
pub fn changes_are_final<'a>(
    uncovered: impl IntoIterator<Item = &'a Block>,
    block: &Block,
    parameters: &Parameters,
) -> Result<(), Rejection> {
    let epoch = parameters.epoch_of(block.header.height);
    let earlier = uncovered.into_iter().filter(|other| parameters.epoch_of(other.header.height) < epoch);
    let changes = |other: &Block| {
        let mut actions = other.transactions.iter().map(|transaction| transaction.action());
        actions.any(|action| matches!(action, Action::Registry(_)))
    };
    ensure(!earlier.into_iter().any(changes), Rejection::ChangeNotFinal)
}
