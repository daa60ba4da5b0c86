//! How registrars build a Registry: one plans, a quorum signs, each for himself.

use hushwatt_crypto::{
    Label,
    signature::{Signature, SigningKey},
};

use super::{Registry, RegistryChange, RegistryStatement};
use crate::{
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction, TransactionId,
        build::{BuildError, Built},
        signing_digest,
    },
    units::Timestamp,
};

/// What the registrars want to change.
pub struct RegistryPlan {
    /// One more than the last change's.
    pub serial: u64,
    /// The change.
    pub change: RegistryChange,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// A change on its way from registrar to registrar.
#[derive(Clone, Debug)]
pub struct UnsignedRegistry {
    envelope: Envelope,
    statement: RegistryStatement,
    signatures: Vec<(u8, Signature)>,
}

impl RegistryPlan {
    /// Fixes what is to be signed.
    pub fn prepare(self, genesis: &Genesis) -> UnsignedRegistry {
        let network = *genesis.network();
        let envelope = Envelope { network, valid_until: self.valid_until, hints: HintsDigest::of(&network, &[]) };
        let statement = RegistryStatement { serial: self.serial, change: self.change };
        UnsignedRegistry { envelope, statement, signatures: Vec::new() }
    }
}

impl UnsignedRegistry {
    /// What each registrar signs; the same for all.
    pub fn id(&self) -> TransactionId {
        signing_digest(&self.envelope, &self.statement)
    }

    /// What will be changed, for the people who sign.
    pub fn change(&self) -> &RegistryChange {
        &self.statement.change
    }

    /// Adds a registrar's signature, in its place; signing twice changes nothing.
    ///
    /// # Errors
    /// [`BuildError::NoRegistrar`] if the genesis does not list the key.
    pub fn sign(mut self, genesis: &Genesis, key: &SigningKey) -> Result<Self, BuildError> {
        let public = key.verifying_key();
        let place = genesis.registrars().iter().position(|registrar| *registrar == public);
        let index = place.and_then(|place| u8::try_from(place).ok()).ok_or(BuildError::NoRegistrar)?;
        let signature = key.sign(&self.envelope.network, Label::RegistrySignature, &self.id().0);
        if let Err(place) = self.signatures.binary_search_by_key(&index, |(index, _)| *index) {
            self.signatures.insert(place, (index, signature));
        }
        Ok(self)
    }

    /// The transaction, once enough have signed.
    ///
    /// # Errors
    /// [`BuildError::TooFewRegistrars`].
    pub fn finish(self, genesis: &Genesis) -> Result<Built, BuildError> {
        if self.signatures.is_empty() || self.signatures.len() < genesis.registrar_quorum() {
            return Err(BuildError::TooFewRegistrars);
        }
        let action = Action::Registry(Registry { statement: self.statement, signatures: self.signatures });
        Ok(Built::new(Transaction::new(self.envelope, action), Vec::new()))
    }
}
