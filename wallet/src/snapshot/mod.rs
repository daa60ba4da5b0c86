//! All that a wallet knows, to keep and to read back: by field names, bytes in hexadecimal.
//!
//! Neither seed nor spend key is in it, but all that they do not need for seeing: openings, tweaks, the meters' keys. It is
//! to be stored encrypted.
//!
//! * `stored.rs`, `ordered.rs`, `summed.rs`, `moved.rs`, `asked.rs`: what each part looks like. `table.rs`: transaction ids, each once. `hexed.rs`: bytes.

mod asked;
mod hexed;
mod moved;
mod ordered;
mod stored;
mod summed;
mod table;

use std::collections::BTreeMap;

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{transaction::TransactionId, units::Timestamp};
use serde::{Deserialize, Serialize};

use self::{
    asked::StoredTotals,
    hexed::Hex,
    moved::StoredMovement,
    ordered::StoredOrder,
    stored::{StoredClaim, StoredNote, StoredPairing, StoredPurchase, StoredWindow},
    summed::StoredForgotten,
    table::Table,
};
use crate::{Wallet, meters::DayKeys};

/// With orders of auctions. The first version had none, and is read as it is.
const VERSION: u32 = 2;
/// With what is left of forgotten readings; the version of wallets that forgot some.
const FORGETTING: u32 = 3;
/// With totals that were asked for or shared for; the version of wallets that know of some.
const TOTALS: u32 = 4;
/// With the meters of the cohorts that were asked for; the version of wallets that know some.
const COHORTS: u32 = 5;

/// Why a snapshot was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Written by a newer program.
    #[error("this wallet was saved by a newer program (version {0} of its content): use that one")]
    Version(u32),
    /// Of another network.
    #[error("this wallet belongs to another community's ledger")]
    OtherNetwork,
    /// Of another household.
    #[error("this wallet's content and its keys belong to different households")]
    OtherKeys,
    /// Damaged.
    #[error("the saved wallet is damaged: {0} cannot be read; restore it from a backup or from its words")]
    Damaged(&'static str),
}

/// The content of a wallet. Made by [`Wallet::export`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    version: u32,
    network: Hex<NetworkId>,
    address: String,
    height: u64,
    time: u64,
    known_until: u64,
    birthday: u64,
    transactions: Vec<Hex<TransactionId>>,
    pairings: Vec<StoredPairing>,
    notes: Vec<StoredNote>,
    purchases: Vec<StoredPurchase>,
    claims: Vec<StoredClaim>,
    #[serde(default)]
    orders: Vec<StoredOrder>,
    windows: Vec<StoredWindow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<StoredForgotten>,
    movements: Vec<StoredMovement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    totals: Option<StoredTotals>,
}

impl Wallet {
    /// All that it knows, but its spend key.
    pub fn export(&self) -> Snapshot {
        let mut table = Table::default();
        let notes = self.notes().map(|note| StoredNote::of(note, &mut table)).collect();
        let purchases = self.purchases().map(|purchase| StoredPurchase::of(purchase, &mut table)).collect();
        let claims = self.claims().map(|claim| StoredClaim::of(claim, &mut table)).collect();
        let orders = self.orders().map(|order| StoredOrder::of(order, &mut table)).collect();
        let windows = self.windows().iter().map(|window| StoredWindow::of(window, &mut table)).collect();
        let movements = self.movements().iter().map(|movement| StoredMovement::of(movement, &mut table)).collect();
        let forgotten = StoredForgotten::of(&self.forgotten);
        let totals = StoredTotals::of(&self.totals, &mut table);
        Snapshot {
            version: match (&forgotten, &totals) {
                (_, Some(totals)) if totals.has_cohorts() => COHORTS,
                (_, Some(_)) => TOTALS,
                (Some(_), None) => FORGETTING,
                (None, None) => VERSION,
            },
            network: Hex(*self.genesis.network()),
            address: self.address().encode(self.genesis.network()),
            height: self.height,
            time: self.time.0,
            known_until: self.known_until,
            birthday: self.birthday.0,
            transactions: table.into_ids(),
            pairings: self.pairings.iter().map(StoredPairing::of).collect(),
            notes,
            purchases,
            claims,
            orders,
            windows,
            forgotten,
            movements,
            totals,
        }
    }

    /// Takes the place of what it knows: on a wallet of the same keys that [`Wallet::new`] or [`Wallet::view_only`] made.
    ///
    /// # Errors
    /// The wallet is as before.
    pub fn import(&mut self, snapshot: Snapshot) -> Result<(), SnapshotError> {
        if !(1..=COHORTS).contains(&snapshot.version) {
            return Err(SnapshotError::Version(snapshot.version));
        }
        if snapshot.network.0 != *self.genesis.network() {
            return Err(SnapshotError::OtherNetwork);
        }
        if snapshot.address != self.address().encode(self.genesis.network()) {
            return Err(SnapshotError::OtherKeys);
        }
        let (genesis, table) = (self.genesis.clone(), Table::from_ids(&snapshot.transactions));
        let pairings: Vec<_> = snapshot.pairings.iter().map(StoredPairing::back).collect();
        let mut notes = BTreeMap::new();
        for stored in snapshot.notes {
            let note = stored.back(&table)?;
            // A full wallet finds what is spent by key images alone.
            if note.image.is_none() && !self.is_view_only() {
                return Err(SnapshotError::Damaged("a note's key image"));
            }
            if notes.insert(note.number, note).is_some() {
                return Err(SnapshotError::Damaged("a note's number"));
            }
        }
        let purchases = snapshot.purchases.into_iter().map(|purchase| purchase.back(&genesis, &table));
        let purchases = purchases.collect::<Result<Vec<_>, _>>()?;
        let claims = snapshot.claims.into_iter().map(|claim| claim.back(&genesis, &table));
        let claims = claims.collect::<Result<Vec<_>, _>>()?;
        let orders = snapshot.orders.into_iter().map(|order| order.back(&genesis, &table));
        let orders = orders.collect::<Result<Vec<_>, _>>()?;
        let windows = snapshot.windows.into_iter().map(|window| window.back(&table, pairings.len()));
        let windows = windows.collect::<Result<Vec<_>, _>>()?;
        let forgotten = snapshot.forgotten.map(StoredForgotten::back).transpose()?.unwrap_or_default();
        let movements = snapshot.movements.into_iter().map(|movement| movement.back(&table));
        let movements = movements.collect::<Result<Vec<_>, _>>()?;
        let totals = snapshot.totals.map(|totals| totals.back(&table)).transpose()?.unwrap_or_default();

        self.by_image = notes.values().map(|note| (*note.unique().as_bytes(), note.number)).collect();
        let reserved = notes.values().filter(|note| note.reserved_until.is_some());
        self.reserved = reserved.map(|note| note.number).collect();
        self.handles = claims.iter().map(|claim| *claim.handle.as_bytes()).collect();
        self.notes = notes;
        self.purchases = purchases.into_iter().map(|purchase| (purchase.id, purchase)).collect();
        self.claims = claims.into_iter().map(|claim| (claim.id, claim)).collect();
        self.orders = orders.into_iter().map(|order| (order.id, order)).collect();
        (self.windows, self.movements) = (windows, movements);
        (self.forgotten, self.totals) = (forgotten, totals);
        (self.pairings, self.day_keys) = (pairings, DayKeys::default());
        (self.height, self.time) = (snapshot.height, Timestamp(snapshot.time));
        self.birthday = Timestamp(snapshot.birthday);
        self.known_until = snapshot.known_until;
        self.recall_records();
        Ok(())
    }
}
