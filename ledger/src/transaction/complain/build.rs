//! How a member of the committee complains.

use hushwatt_crypto::{
    Label, Rng,
    order_seal::SealingKey,
    sharing::{PublicSum, SealedShare},
    signature::SigningKey,
};

use super::{Complain, ComplainStatement};
use crate::{
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built},
        share::SharePlace,
        signing_digest,
    },
    units::Timestamp,
};

/// A share that does not open what it should.
#[derive(Clone, Debug)]
pub struct WrongShare {
    /// Which.
    pub place: SharePlace,
    /// As it was sealed.
    pub sealed: SealedShare,
    /// What the shares of this sharing must open.
    pub of: PublicSum,
}

/// What a member shows.
pub struct ComplainPlan {
    /// What is wrong.
    pub wrong: WrongShare,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

impl ComplainPlan {
    /// Opens the share to everybody and signs.
    ///
    /// # Errors
    /// [`BuildError::ShareIsRight`]: a right share is never shown.
    pub fn build(
        self,
        genesis: &Genesis,
        sealing: &SealingKey,
        key: &SigningKey,
        rng: &mut impl Rng,
    ) -> Result<Built, BuildError> {
        let (network, WrongShare { place, sealed, of }) = (genesis.network(), self.wrong);
        let context = place.context(&of);
        let expected = of.expected(place.member);
        if sealed.open(network, sealing, &context).is_some_and(|share| share.opens(&expected)) {
            return Err(BuildError::ShareIsRight);
        }
        let opened = sealed.show(network, sealing, &context, rng)?;
        let statement = ComplainStatement { place, sealed, opened };
        let hints = HintsDigest::of(network, &[]);
        let envelope = Envelope { network: *network, valid_until: self.valid_until, hints };
        let id = signing_digest(&envelope, &statement);
        let signature = key.sign(network, Label::CommitteeSignature, &id.0);
        Ok(Built::new(Transaction::new(envelope, Action::Complain(Complain { statement, signature })), Vec::new()))
    }
}
