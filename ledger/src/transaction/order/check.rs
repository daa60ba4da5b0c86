//! What validators check of an order.

use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{
    Element,
    commitment::value_part,
    range::{RangeBits, RangeClaim},
    signature::Signature,
};

use super::{Buy, OrderTerms, Sell};
use crate::{
    CheckError, Rejection,
    genesis::Genesis,
    rules::{auction, spending, structure, trading},
    state::{LedgerState, Resolved},
    transaction::{Action, Transaction, check::Facts},
    units::Timestamp,
};

impl Facts<'_> {
    /// The operator of the window admitted it.
    fn admitted(&self, admission: &Signature) -> Result<(), Rejection> {
        let operator = auction::operator_is_registered(self.resolved.operator)?;
        auction::operator_admitted(self.genesis.network(), &operator, self.digest, admission)
    }

    /// What a 32-bit range proof covers for quantity and limit to be allowed.
    fn bounded(&self, terms: &OrderTerms) -> Result<[Element; 3], Rejection> {
        let parameters = &self.genesis.parameters;
        let rules = auction::auctions_are_held(parameters)?;
        Ok(terms.bounded(rules.q_min, parameters))
    }
}

/// Phase 2 of both kinds.
fn check_order(state: &LedgerState<'_>, terms: &OrderTerms, now: Timestamp) -> Result<(), CheckError> {
    let parameters = &state.genesis().parameters;
    let rules = auction::auctions_are_held(parameters)?;
    trading::utility_is_measured(state.genesis().has_utility(terms.utility))?;
    auction::ordered_not_too_early(parameters, terms.window, now)?;
    auction::ordered_not_too_late(parameters, terms.window, now)?;
    auction::auction_has_room(state.auction(terms.utility, terms.window)?.as_ref(), rules)?;
    Ok(())
}

/// Phase 1 of an order but for ring signatures and admission: what an operator holds it against before he admits it. The node
/// that gets it next holds every rule against it.
///
/// # Errors
/// The [`Rejection`] that validators would give; [`Rejection::NoAuctions`] also for what is no order.
pub fn check_without_ring(genesis: &Genesis, transaction: &Transaction) -> Result<(), Rejection> {
    structure::validity_is_on_the_step(transaction.envelope().valid_until)?;
    structure::images_ascend(&transaction.action().spends())?;
    let facts = Facts { genesis, digest: transaction.id(), resolved: &Resolved::default() };
    let claims = match transaction.action() {
        Action::Sell(sell) => sell.check_offer(&facts)?,
        Action::Buy(buy) => buy.check_offer(&facts)?,
        _ => return Err(Rejection::NoAuctions),
    };
    spending::range_proofs_verify(&claims).map_err(|_| Rejection::RangeProof)
}

impl Sell {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        facts.admitted(&self.admission)?;
        let claims = self.check_offer(facts)?;
        facts.signatures_over_one_bucket(&self.statement.inputs, &self.signatures)?;
        Ok(claims)
    }

    fn check_offer(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        structure::keys_are_distinct([&statement.change.key, &statement.payout_key, &statement.rest_key])?;
        let outputs = statement.change.commitment.point() + statement.terms.quantity.point();
        spending::inputs_balance(&statement.inputs, outputs)?;
        let change: Element = statement.change.commitment.into();
        let values = facts.bounded(&statement.terms)?.into_iter().chain([change]).collect();
        Ok(vec![facts.range_claim(RangeBits::Bits32, values, &self.range)])
    }

    /// Phase 2.
    pub(crate) fn check_state(
        &self,
        state: &LedgerState<'_>,
        resolved: &Resolved,
        now: Timestamp,
    ) -> Result<(), CheckError> {
        for asset in &resolved.assets {
            spending::bucket_holds_energy(asset)?;
            auction::energy_is_what_is_sold(&self.statement.terms, asset)?;
        }
        check_order(state, &self.statement.terms, now)
    }
}

impl Buy {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        facts.admitted(&self.admission)?;
        let claims = self.check_offer(facts)?;
        facts.signatures_over_one_bucket(&self.statement.inputs, &self.signatures)?;
        Ok(claims)
    }

    fn check_offer(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let (statement, parameters) = (&self.statement, &facts.genesis.parameters);
        structure::keys_are_distinct([&statement.change.key, &statement.refund_key])?;
        let lock = Scalar::from(parameters.prices_of(statement.terms.utility).cap) * statement.terms.quantity.point();
        let outputs = statement.change.commitment.point() + lock + value_part(parameters.fee);
        spending::inputs_balance(&statement.inputs, outputs)?;
        let bounded = facts.bounded(&statement.terms)?.to_vec();
        Ok(vec![
            facts.range_claim(RangeBits::Bits64, vec![statement.change.commitment.into()], &self.change_range),
            facts.range_claim(RangeBits::Bits32, bounded, &self.terms_range),
        ])
    }

    /// Phase 2.
    pub(crate) fn check_state(
        &self,
        state: &LedgerState<'_>,
        resolved: &Resolved,
        now: Timestamp,
    ) -> Result<(), CheckError> {
        resolved.assets.iter().try_for_each(spending::bucket_holds_credit)?;
        check_order(state, &self.statement.terms, now)
    }
}
