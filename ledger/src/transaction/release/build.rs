//! How a member of the committee releases his shares of a total.

use hushwatt_crypto::{
    Label,
    sharing::{Member, Share},
    signature::SigningKey,
};

use super::{Release, ReleaseStatement};
use crate::{
    genesis::Genesis,
    transaction::{Action, Envelope, HintsDigest, Transaction, build::Built, request::Target, signing_digest},
    units::{Period, Timestamp},
};

/// What a member releases. He does so for what the ledger fixed only, and once: see [`crate::rules::totals`].
pub struct ReleasePlan {
    /// Of which period.
    pub period: Period,
    /// Over what.
    pub target: Target,
    /// Who releases.
    pub member: Member,
    /// The sums of his shares: of meters exported and imported; of trades energy and money.
    pub sums: [Share; 2],
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

impl ReleasePlan {
    /// Publishes and signs.
    pub fn build(self, genesis: &Genesis, key: &SigningKey) -> Built {
        let network = *genesis.network();
        let shares = [self.sums[0].release(), self.sums[1].release()];
        let statement = ReleaseStatement { period: self.period, target: self.target, member: self.member, shares };
        let hints = HintsDigest::of(&network, &[]);
        let envelope = Envelope { network, valid_until: self.valid_until, hints };
        let id = signing_digest(&envelope, &statement);
        let signature = key.sign(&network, Label::CommitteeSignature, &id.0);
        Built::new(Transaction::new(envelope, Action::Release(Release { statement, signature })), Vec::new())
    }
}
