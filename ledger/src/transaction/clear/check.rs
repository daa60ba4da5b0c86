//! What validators check of a Clear. That it lists exactly the orders of the ledger is looked up first: see
//! [`crate::state::LedgerState::resolve`].

use hushwatt_circuits::clearing::{Bounds, Claim, Committed, Statement};
use hushwatt_crypto::{Point, range::RangeClaim};

use super::{Clear, Outcome};
use crate::{
    Rejection,
    block::BlockDigest,
    rules::{auction, ensure, trading},
    state::OrderRecord,
    transaction::{
        check::Facts,
        order::{OrderId, Side, ranked},
    },
};

impl Clear {
    /// Phase 1. The orders and their rank come from the ledger, never from the message; the signature is checked before any
    /// proof.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let (network, resolved) = (facts.genesis.network(), facts.resolved);
        let operator = auction::operator_is_registered(resolved.operator)?;
        auction::operator_signed(network, &operator, facts.digest, &self.signature)?;
        let rank = auction::rank_is_fixed(resolved.rank)?;
        auction::orders_are_exactly(&resolved.orders, &self.statement.outcome.orders())?;
        if let Outcome::Trade { price, fills } = &self.statement.outcome {
            auction::clearing_price_is_allowed(&facts.genesis.parameters.prices_of(self.statement.utility), *price)?;
            let proof = self.handles.as_ref().ok_or(Rejection::HandleProof)?;
            let fills: Vec<Point> = fills.iter().map(|fill| fill.fill).collect();
            let handles: Vec<Point> = resolved.orders.iter().map(|(_, order)| order.terms.handle).collect();
            trading::receipts_keep_blindings(network, facts.digest, &fills, &handles, proof)?;
        }
        self.clears(facts, &rank)?;
        Ok(Vec::new())
    }

    /// Price and fills are what the rule says of the committed orders.
    fn clears(&self, facts: &Facts<'_>, rank: &BlockDigest) -> Result<(), Rejection> {
        let (network, outcome) = (facts.genesis.network(), &self.statement.outcome);
        let orders = &facts.resolved.orders;
        let ranks = ranked(network, rank, orders.iter().map(|(id, _)| *id));
        let (bids, asks) = (self.side(orders, &ranks, Side::Buy), self.side(orders, &ranks, Side::Sell));
        ensure(bids.len() + asks.len() == orders.len(), Rejection::ClearingProof)?;
        let prices = facts.genesis.parameters.prices_of(self.statement.utility);
        let statement = Statement {
            network,
            digest: &facts.digest.0,
            bounds: Bounds { floor: prices.floor, cap: prices.cap },
            claim: outcome.price().map_or(Claim::NoTrade, |price| Claim::Trade { price: price.micro_euro() }),
            bids: &bids,
            asks: &asks,
        };
        auction::clearing_is_proven(&statement, &self.proof)
    }

    /// The commitments of one side in the order of their ranks.
    fn side(&self, orders: &[(OrderId, OrderRecord)], ranks: &[OrderId], side: Side) -> Vec<Committed> {
        let committed = |id: &OrderId| {
            let place = orders.binary_search_by_key(id, |(id, _)| *id).ok()?;
            let (_, order) = orders.get(place)?;
            let fill = match &self.statement.outcome {
                Outcome::Trade { fills, .. } => Some(fills.get(place)?.fill.into()),
                Outcome::NoTrade { .. } => None,
            };
            let committed = Committed { limit: order.terms.limit.into(), quantity: order.terms.quantity.into(), fill };
            (order.side() == side).then_some(committed)
        };
        ranks.iter().filter_map(committed).collect()
    }
}
