//! How a registrar asks for a total.

use hushwatt_crypto::{Label, signature::SigningKey};

use super::{Request, RequestStatement, Target};
use crate::{
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built},
        signing_digest,
    },
    units::{MeterId, Period, Timestamp},
};

/// What is asked for.
pub struct RequestPlan {
    /// Of which period.
    pub period: Period,
    /// Over what.
    pub target: Target,
    /// Who is left out, in any order.
    pub left_out: Vec<MeterId>,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

impl RequestPlan {
    /// Signs as a registrar.
    ///
    /// # Errors
    /// [`BuildError::NoRegistrar`] if the genesis does not list the key.
    pub fn build(mut self, genesis: &Genesis, key: &SigningKey) -> Result<Built, BuildError> {
        let public = key.verifying_key();
        let place = genesis.registrars().iter().position(|registrar| *registrar == public);
        let registrar = place.and_then(|place| u8::try_from(place).ok()).ok_or(BuildError::NoRegistrar)?;
        self.left_out.sort_unstable();
        let RequestPlan { period, target, left_out, valid_until } = self;
        let statement = RequestStatement { period, target, left_out, registrar };
        let network = *genesis.network();
        let envelope = Envelope { network, valid_until, hints: HintsDigest::of(&network, &[]) };
        let id = signing_digest(&envelope, &statement);
        let signature = key.sign(&network, Label::TotalRequest, &id.0);
        Ok(Built::new(Transaction::new(envelope, Action::Request(Request { statement, signature })), Vec::new()))
    }
}
