//! What a wallet has: available, on its way, locked.

use hushwatt_ledger::{
    note::Asset,
    units::{Credit, Quantity, Timestamp, Utility, Window},
};

use crate::{Place, PurchaseState, Wallet};

/// Money of a wallet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Balance {
    /// In buckets: can be spent now.
    pub available: Credit,
    /// Waits for its bucket, or is the change of a transaction on its way.
    pub pending: Credit,
    /// In open contracts.
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
}

impl Wallet {
    /// Money as of the last scanned block.
    pub fn balance(&self, now: Timestamp) -> Balance {
        let mut balance = Balance::default();
        for note in self.notes().filter(|note| note.asset == Asset::Credit && !note.spent) {
            let sum = if note.is_spendable(now) { &mut balance.available } else { &mut balance.pending };
            sum.0 = sum.0.saturating_add(note.opening.value);
        }
        let open = self.purchases().filter(|purchase| purchase.state == PurchaseState::Open);
        balance.locked = Credit(open.map(|purchase| purchase.lock().0).fold(0, u64::saturating_add));
        balance
    }

    /// Energy of a window as of the last scanned block.
    pub fn energy(&self, utility: Utility, window: Window, now: Timestamp) -> EnergyBalance {
        let asset = Asset::Energy { utility, window };
        let mut balance = EnergyBalance::default();
        for note in self.notes().filter(|note| note.asset == asset && !note.spent) {
            let sum = if note.is_spendable(now) { &mut balance.available } else { &mut balance.pending };
            *sum = sum.saturating_add(note.opening.value);
        }
        balance
    }

    /// All energy that was attested and not delivered, over all windows.
    pub fn undelivered(&self) -> u64 {
        let energy = self.notes().filter(|note| note.asset != Asset::Credit && !note.spent);
        energy.map(|note| note.opening.value).fold(0, u64::saturating_add)
    }

    /// How many free notes of at least this value wait in buckets: how many contracts could be opened at once.
    pub fn ready_notes(&self, at_least: Credit, now: Timestamp) -> usize {
        self.notes()
            .filter(|note| note.asset == Asset::Credit && note.is_spendable(now) && note.opening.value >= at_least.0)
            .count()
    }

    /// The delivered quantity of all purchases, in base units.
    pub fn bought(&self) -> u64 {
        self.purchases()
            .map(|purchase| match purchase.state {
                PurchaseState::Delivered(Quantity(quantity)) => u64::from(quantity),
                PurchaseState::Open | PurchaseState::Expired => 0,
            })
            .sum()
    }

    /// Buckets in which this wallet has free credit, with how much.
    pub fn credit_by_bucket(&self, now: Timestamp) -> Vec<(hushwatt_ledger::note::BucketId, Credit)> {
        let mut buckets = std::collections::BTreeMap::new();
        for note in self.notes().filter(|note| note.asset == Asset::Credit && note.is_free(now)) {
            if let Place::Sealed { bucket, .. } = note.place {
                let sum: &mut Credit = buckets.entry(bucket).or_default();
                sum.0 = sum.0.saturating_add(note.opening.value);
            }
        }
        buckets.into_iter().collect()
    }
}
