//! How many transactions there are of each kind.

use hushwatt_ledger::transaction::Action;
use serde::Serialize;

use crate::folder::kept;

/// Transactions by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Kinds {
    /// Payments.
    pub transfers: u64,
    /// Attestations.
    pub attests: u64,
    /// Contracts opened.
    pub opens: u64,
    /// Deliveries.
    pub delivers: u64,
    /// Credit made.
    pub mints: u64,
    /// Credit taken back.
    pub burns: u64,
    /// Changes by the registrars.
    pub registry_changes: u64,
    /// Corrections of readings.
    pub corrects: u64,
    /// Orders to sell.
    #[serde(skip_serializing_if = "is_none")]
    pub sells: u64,
    /// Orders to buy.
    #[serde(skip_serializing_if = "is_none")]
    pub buys: u64,
    /// Clearings of auctions.
    #[serde(skip_serializing_if = "is_none")]
    pub clears: u64,
    /// Openings shared among the committee.
    #[serde(skip_serializing_if = "is_none")]
    pub shares: u64,
    /// Complaints of wrong shares.
    #[serde(skip_serializing_if = "is_none")]
    pub complaints: u64,
    /// Requests for totals.
    #[serde(skip_serializing_if = "is_none")]
    pub requests: u64,
    /// Shares of totals released.
    #[serde(skip_serializing_if = "is_none")]
    pub releases: u64,
}
kept!(Kinds {
    transfers,
    attests,
    opens,
    delivers,
    mints,
    burns,
    registry_changes,
    corrects,
    sells,
    buys,
    clears,
    shares,
    complaints,
    requests,
    releases
});

/// What only chains with auctions or totals have does not stand in the reports of others.
pub(crate) fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Kinds {
    /// Counts a transaction.
    pub(crate) fn count(&mut self, action: &Action) {
        let of_kind = match action {
            Action::Transfer(_) => &mut self.transfers,
            Action::Attest(_) => &mut self.attests,
            Action::Open(_) => &mut self.opens,
            Action::Deliver(_) => &mut self.delivers,
            Action::Mint(_) => &mut self.mints,
            Action::Burn(_) => &mut self.burns,
            Action::Registry(_) => &mut self.registry_changes,
            Action::Correct(_) => &mut self.corrects,
            Action::Sell(_) => &mut self.sells,
            Action::Buy(_) => &mut self.buys,
            Action::Clear(_) => &mut self.clears,
            Action::Share(_) => &mut self.shares,
            Action::Complain(_) => &mut self.complaints,
            Action::Request(_) => &mut self.requests,
            Action::Release(_) => &mut self.releases,
        };
        *of_kind += 1;
    }

    /// All together.
    pub fn total(&self) -> u64 {
        let trade = self.transfers + self.attests + self.opens + self.delivers;
        let money = self.mints + self.burns;
        trade + money + self.registry_changes + self.corrects + self.of_auctions() + self.of_totals()
    }

    /// Orders and clearings.
    pub fn of_auctions(&self) -> u64 {
        self.sells + self.buys + self.clears
    }

    /// What totals are made from.
    pub fn of_totals(&self) -> u64 {
        self.shares + self.complaints + self.requests + self.releases
    }
}
