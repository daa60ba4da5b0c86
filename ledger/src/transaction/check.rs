//! The three phases of verification (protocol section 8).
//!
//! Phase 1, [`check_proofs`]: a pure function of the transaction and what it names (bucket versions and contracts are
//! immutable; of a meter it is the key and class in force, see [`Resolved`]), so its verdict holds for ever against the same
//! things: parallel, batched, cacheable. Phase 2, [`LedgerState::resolve`] and
//! [`check_state`]: against the state at one time. Phase 3, [`apply`]: the effects, which cannot fail by a rule.

use hushwatt_crypto::range::RangeClaim;

use super::{Action, Transaction, TransactionId, each_action, spend::Spend};
use crate::{
    CheckError, Rejection,
    genesis::Genesis,
    rules::{spending, structure},
    state::{LedgerState, Resolved, StateError},
    units::Timestamp,
};

/// Everything phase 1 may look at beside the transaction's own fields.
pub(crate) struct Facts<'a> {
    pub(crate) genesis: &'a Genesis,
    pub(crate) digest: &'a TransactionId,
    pub(crate) resolved: &'a Resolved,
}

/// Phase 1 without the range proofs, which are returned as claims so that many transactions' are verified as one.
pub fn check_proofs(
    genesis: &Genesis,
    transaction: &Transaction,
    resolved: &Resolved,
) -> Result<Vec<RangeClaim>, Rejection> {
    structure::validity_is_on_the_step(transaction.envelope().valid_until)?;
    structure::images_ascend(&transaction.action().spends())?;
    let facts = Facts { genesis, digest: transaction.id(), resolved };
    each_action!(transaction.action(), inner => inner.check_proofs(&facts))
}

/// Phase 1 of one transaction, range proofs included.
pub fn check_alone(genesis: &Genesis, transaction: &Transaction, resolved: &Resolved) -> Result<(), Rejection> {
    let claims = check_proofs(genesis, transaction, resolved)?;
    spending::range_proofs_verify(&claims).map_err(|_| Rejection::RangeProof)
}

/// Second half of phase 2: what depends on the state at `now`.
pub fn check_state(
    state: &LedgerState<'_>,
    transaction: &Transaction,
    resolved: &Resolved,
    now: Timestamp,
) -> Result<(), CheckError> {
    let valid_until = transaction.envelope().valid_until;
    structure::not_expired(valid_until, now)?;
    structure::not_valid_too_long(valid_until, now)?;
    for spend in transaction.action().spends() {
        spending::image_is_unspent(state.is_spent(&spend.image)?)?;
    }
    match transaction.action() {
        Action::Transfer(transfer) => transfer.check_state(resolved),
        Action::Attest(attest) => attest.check_state(state, now),
        Action::Open(open) => open.check_state(state, resolved, now),
        Action::Deliver(deliver) => deliver.check_state(state, resolved, now),
        Action::Mint(mint) => mint.check_state(state),
        Action::Burn(burn) => burn.check_state(state, resolved),
        Action::Registry(registry) => registry.check_state(state),
        Action::Correct(correct) => correct.check_state(state, now),
        Action::Sell(sell) => sell.check_state(state, resolved, now),
        Action::Buy(buy) => buy.check_state(state, resolved, now),
        // What a Clear depends on is what it names: see `LedgerState::resolve`.
        Action::Clear(_) => Ok(()),
        Action::Share(share) => share.check_state(state, transaction.id(), now),
        Action::Complain(complain) => complain.check_state(state, transaction.id(), now),
        Action::Request(request) => request.check_state(state, transaction.id(), now),
        Action::Release(release) => release.check_state(state, transaction.id(), now),
    }
}

/// Phase 3: the effects of a transaction that passed phases 1 and 2.
pub fn apply(state: &mut LedgerState<'_>, transaction: &Transaction, resolved: &Resolved) -> Result<(), StateError> {
    let origin = state.begin_transaction()?;
    for spend in transaction.action().spends() {
        state.spend(&spend.image);
    }
    match transaction.action() {
        Action::Transfer(transfer) => transfer.apply(state, origin),
        Action::Attest(attest) => attest.apply(state, transaction.id(), origin),
        Action::Open(open) => open.apply(state, transaction.id(), origin),
        Action::Deliver(deliver) => deliver.apply(state, resolved, origin),
        Action::Mint(mint) => mint.apply(state, origin),
        Action::Burn(burn) => burn.apply(state, origin),
        Action::Registry(registry) => registry.apply(state),
        Action::Correct(correct) => correct.apply(state, transaction.id()),
        Action::Sell(sell) => sell.apply(state, transaction.id(), origin),
        Action::Buy(buy) => buy.apply(state, transaction.id(), origin),
        Action::Clear(clear) => clear.apply(state, resolved),
        Action::Share(share) => share.apply(state),
        Action::Complain(complain) => complain.apply(state),
        Action::Request(request) => request.apply(state),
        Action::Release(release) => release.apply(state),
    }
}

impl Facts<'_> {
    /// Ring signatures of a kind whose inputs all name one bucket.
    pub(crate) fn signatures_over_one_bucket(
        &self,
        spends: &[Spend],
        signatures: &[hushwatt_crypto::clsag::Clsag],
    ) -> Result<(), Rejection> {
        let ring = self.resolved.rings.first().cloned();
        spending::ring_signatures_verify(spends, signatures, |_| ring.clone(), self.digest)
    }

    /// A claim that commitments hide values of so many bits.
    pub(crate) fn range_claim(
        &self,
        bits: hushwatt_crypto::range::RangeBits,
        commitments: Vec<hushwatt_crypto::Element>,
        proof: &hushwatt_crypto::range::RangeProof,
    ) -> RangeClaim {
        RangeClaim { network: *self.genesis.network(), digest: self.digest.0, bits, commitments, proof: proof.clone() }
    }
}
