//! Contracts by the audit's own list: opened, settled, expired; and what each settlement must pay.

use std::collections::{BTreeSet, HashMap};

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::Identity};
use hushwatt_crypto::Element;
use hushwatt_ledger::{
    parameters::Parameters,
    transaction::{
        deliver::{DeliverStatement, Delivery},
        open::{ContractId, ContractTerms},
    },
    units::Timestamp,
};
use serde::Serialize;

use super::Difference;
use crate::folder::kept;

/// How many contracts there are of each fate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ContractCounts {
    /// Ever opened.
    pub opened: u64,
    /// Delivered to: the seller is paid, the buyer has his refund.
    pub settled: u64,
    /// Past their deadline: the buyer has his lock back.
    pub expired: u64,
    /// Neither yet.
    pub open: u64,
}
kept!(ContractCounts { opened, settled, expired, open });

/// What a delivery must pay.
pub(crate) struct Payments {
    pub payout: Element,
    /// In the order of the deliveries: the terms, and the refund.
    pub refunds: Vec<(ContractTerms, Element)>,
}

#[derive(Default)]
pub(crate) struct Contracts {
    open: HashMap<ContractId, ContractTerms>,
    /// By the last second in which they can be delivered to.
    deadlines: BTreeSet<(u64, ContractId)>,
    counts: ContractCounts,
    /// What began or ended lately.
    touched: Vec<ContractId>,
}
kept!(Contracts { open, deadlines, counts } without touched);

/// `p * C`.
pub(crate) fn times(price: u32, commitment: &RistrettoPoint) -> RistrettoPoint {
    Scalar::from(price) * commitment
}

/// Last second of delivery, from the parameters (section 6.3): window end + attestation deadline + delivery term.
fn deadline(parameters: &Parameters, terms: &ContractTerms) -> u64 {
    let end = terms.window.0.saturating_add(1).saturating_mul(parameters.window);
    end.saturating_add(parameters.attestation_deadline).saturating_add(parameters.delivery_term)
}

impl Contracts {
    pub fn counts(&self) -> ContractCounts {
        ContractCounts { open: self.open.len() as u64, ..self.counts }
    }

    pub fn opened(&mut self, parameters: &Parameters, id: ContractId, terms: ContractTerms) {
        self.counts.opened += 1;
        self.deadlines.insert((deadline(parameters, &terms), id));
        self.open.insert(id, terms);
        self.touched.push(id);
    }

    fn close(&mut self, parameters: &Parameters, id: ContractId) -> Option<ContractTerms> {
        let terms = self.open.remove(&id)?;
        self.deadlines.remove(&(deadline(parameters, &terms), id));
        self.touched.push(id);
        Some(terms)
    }

    /// Ends the contracts whose deadline lies before a block's time; gives their terms and locks.
    pub fn expire(&mut self, parameters: &Parameters, now: Timestamp) -> Vec<(ContractTerms, Element)> {
        let mut refunds = Vec::new();
        while let Some((until, id)) = self.deadlines.first().copied() {
            if until >= now.0 {
                break;
            }
            self.deadlines.pop_first();
            if let Some(terms) = self.close(parameters, id) {
                self.counts.expired += 1;
                let lock = times(terms.price.micro_euro(), terms.quantity.point());
                refunds.push((terms, Element::new(lock)));
            }
        }
        refunds
    }

    /// Settles the contracts of a delivery and recomputes what it pays: `sum_j p_j*C_dj`, and for each contract
    /// `p*(C_q - C_d)`.
    pub fn settle(&mut self, parameters: &Parameters, statement: &DeliverStatement) -> Result<Payments, Difference> {
        let mut payout = RistrettoPoint::identity();
        let mut refunds = Vec::new();
        for Delivery { contract, delivered } in &statement.deliveries {
            let terms = self.close(parameters, *contract).ok_or(Difference::ContractNotOpen)?;
            let price = terms.price.micro_euro();
            payout += times(price, delivered.point());
            let rest = terms.quantity.point() - delivered.point();
            refunds.push((terms, Element::new(times(price, &rest))));
            self.counts.settled += 1;
        }
        Ok(Payments { payout: Element::new(payout), refunds })
    }

    /// The terms of an open contract.
    pub fn terms(&self, id: &ContractId) -> Option<&ContractTerms> {
        self.open.get(id)
    }

    /// What began and ended since the last call.
    pub fn take_touched(&mut self) -> Vec<ContractId> {
        std::mem::take(&mut self.touched)
    }

    /// The audit's list, for the last comparison.
    pub fn still_open(&self) -> impl Iterator<Item = (&ContractId, &ContractTerms)> {
        self.open.iter()
    }
}
