//! What a wallet has: available, on its way, locked.

use std::collections::BTreeMap;

use hushwatt_ledger::{
    note::{Asset, BucketId},
    transaction::{
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Credit, Quantity, Timestamp, Utility, Window},
};

use crate::{Order, Place, PurchaseState, Wallet};

/// Money of a wallet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Balance {
    /// In buckets: can be spent now.
    pub available: Credit,
    /// Waits for its bucket, or is the change of a transaction on its way.
    pub pending: Credit,
    /// In open contracts and in buy orders of auctions.
    pub locked: Credit,
}

impl Balance {
    /// All of it.
    pub fn total(&self) -> Credit {
        Credit(self.available.0.saturating_add(self.pending.0).saturating_add(self.locked.0))
    }
}

/// Energy of one window that was not delivered to anybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EnergyBalance {
    /// In buckets: can be delivered now.
    pub available: u64,
    /// Waits for its bucket.
    pub pending: u64,
    /// In sell orders of the window's auction.
    pub ordered: u64,
}

/// Money that is there and cannot be spent yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// How much.
    pub amount: Credit,
    /// Why.
    pub reason: PendingReason,
    /// When it can be spent, at the latest as far as is known.
    pub expected: Option<Timestamp>,
}

/// Why money cannot be spent yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PendingReason {
    /// It waits for its bucket.
    NextSettlement,
    /// A transaction that spends it is signed and may still become final; what it does not spend comes back.
    OnItsWay,
    /// It is in an open contract.
    Locked(ContractId),
    /// It is in a buy order whose auction is not over.
    Bid(OrderId),
}

impl Wallet {
    /// Money as of the last scanned block.
    pub fn balance(&self) -> Balance {
        let mut balance = Balance::default();
        for note in self.notes().filter(|note| note.asset == Asset::Credit && !note.spent) {
            let sum = if note.is_spendable() { &mut balance.available } else { &mut balance.pending };
            sum.0 = sum.0.saturating_add(note.opening.value);
        }
        let open = self.purchases().filter(|purchase| purchase.state == PurchaseState::Open);
        let locks = open.map(|purchase| purchase.lock().0).chain(self.open_orders().map(|order| order.lock().0));
        balance.locked = Credit(locks.fold(0, u64::saturating_add));
        balance
    }

    /// What of the money cannot be spent yet, why and until when: [`Balance::pending`] and [`Balance::locked`] in parts.
    pub fn pending(&self) -> Vec<Pending> {
        let parameters = &self.genesis.parameters;
        let mut sums: BTreeMap<(PendingReason, Option<Timestamp>), Credit> = BTreeMap::new();
        let mut add = |reason, expected, amount| {
            let sum = sums.entry((reason, expected)).or_default();
            sum.0 = sum.0.saturating_add(amount);
        };
        let credit = self.notes().filter(|note| note.asset == Asset::Credit && !note.spent);
        for note in credit.filter(|note| !note.is_spendable()) {
            let epoch = parameters.epoch_at(note.made);
            let (reason, expected) = match note.place {
                Place::Sealed { .. } => (PendingReason::OnItsWay, None),
                Place::Waiting if parameters.epoch_at(self.time) > epoch => {
                    // Its epoch ended with too little company: at the latest it is joined to an older bucket.
                    (PendingReason::NextSettlement, Some(note.made.plus(parameters.seal_after)))
                }
                Place::Waiting => {
                    let end = Timestamp(epoch.saturating_add(1).saturating_mul(parameters.credit_epoch));
                    (PendingReason::NextSettlement, Some(end))
                }
            };
            add(reason, expected, note.opening.value);
        }
        for purchase in self.purchases().filter(|purchase| purchase.state == PurchaseState::Open) {
            let until = parameters.deliver_until(purchase.terms.window);
            add(PendingReason::Locked(purchase.id), Some(until), purchase.lock().0);
        }
        for order in self.open_orders() {
            add(PendingReason::Bid(order.id), parameters.clear_until(order.terms.window), order.lock().0);
        }
        let parts = sums.into_iter().filter(|(_, amount)| *amount > Credit::ZERO);
        parts.map(|((reason, expected), amount)| Pending { amount, reason, expected }).collect()
    }

    /// Energy of a window as of the last scanned block.
    pub fn energy(&self, utility: Utility, window: Window) -> EnergyBalance {
        let asset = Asset::Energy { utility, window };
        let mut balance = EnergyBalance::default();
        for note in self.notes().filter(|note| note.asset == asset && !note.spent) {
            let sum = if note.is_spendable() { &mut balance.available } else { &mut balance.pending };
            *sum = sum.saturating_add(note.opening.value);
        }
        balance.ordered = quantity_in(self.open_orders().filter(|order| order.asset() == asset));
        balance
    }

    /// All of a utility that was attested and not delivered, over all windows, in base units.
    pub fn undelivered(&self, utility: Utility) -> u64 {
        let is_of = |asset| matches!(asset, Asset::Energy { utility: its, .. } if its == utility);
        let energy = self.notes().filter(|note| is_of(note.asset) && !note.spent);
        let noted = energy.map(|note| note.opening.value).fold(0, u64::saturating_add);
        noted.saturating_add(quantity_in(self.open_orders().filter(|order| is_of(order.asset()))))
    }

    /// How many free notes of at least this value wait in buckets: how many contracts could be opened at once.
    pub fn ready_notes(&self, at_least: Credit) -> usize {
        self.notes()
            .filter(|note| note.asset == Asset::Credit && note.is_spendable() && note.opening.value >= at_least.0)
            .count()
    }

    /// What was bought of a utility, by contracts and in auctions, in base units.
    pub fn bought(&self, utility: Utility) -> u64 {
        let contracts = self.purchases().filter(|purchase| purchase.terms.utility == utility);
        let delivered = contracts.map(|purchase| match purchase.state {
            PurchaseState::Delivered(Quantity(quantity)) => u64::from(quantity),
            PurchaseState::Open | PurchaseState::Expired => 0,
        });
        let bids = self.orders().filter(|order| order.terms.utility == utility && order.side() == Side::Buy);
        delivered.chain(bids.map(|order| u64::from(order.filled().0))).sum()
    }

    /// Buckets in which this wallet has free credit, with how much.
    pub fn credit_by_bucket(&self) -> Vec<(BucketId, Credit)> {
        let mut buckets = BTreeMap::new();
        for note in self.notes().filter(|note| note.asset == Asset::Credit && note.is_free()) {
            if let Place::Sealed { bucket, .. } = note.place {
                let sum: &mut Credit = buckets.entry(bucket).or_default();
                sum.0 = sum.0.saturating_add(note.opening.value);
            }
        }
        buckets.into_iter().collect()
    }
}

/// What sell orders hold, in base units.
fn quantity_in<'a>(orders: impl Iterator<Item = &'a Order>) -> u64 {
    let sells = orders.filter(|order| order.side() == Side::Sell);
    sells.map(|order| order.quantity.value).fold(0, u64::saturating_add)
}
