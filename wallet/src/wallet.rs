//! The wallet: keys, and what it knows from the blocks it scanned.

use std::{collections::BTreeMap, sync::Arc};

use hushwatt_crypto::{
    CryptoError,
    address::Address,
    keys::{Account, OneTimeSecret, Seed},
};
use hushwatt_ledger::{
    genesis::Genesis,
    note::{MIN_RING, NoteNumber},
    transaction::open::ContractId,
};

use crate::{Claim, OpenedReading, OwnedNote, Pairing, Purchase};

/// A household's wallet. The ledger owns the builders; the wallet owns secrets and choice.
pub struct Wallet {
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) account: Account,
    pub(crate) pairings: Vec<Pairing>,
    pub(crate) notes: BTreeMap<NoteNumber, OwnedNote>,
    pub(crate) by_image: BTreeMap<[u8; 32], NoteNumber>,
    pub(crate) purchases: BTreeMap<ContractId, Purchase>,
    pub(crate) claims: BTreeMap<ContractId, Claim>,
    pub(crate) readings: Vec<OpenedReading>,
    pub(crate) height: u64,
    pub(crate) smallest_ring: u32,
}

impl Wallet {
    /// A wallet that has scanned nothing yet: a new one, or one restored from its seed.
    pub fn new(genesis: Arc<Genesis>, seed: &Seed) -> Result<Self, CryptoError> {
        let account = Account::from_seed(genesis.network(), seed)?;
        Ok(Wallet {
            genesis,
            account,
            pairings: Vec::new(),
            notes: BTreeMap::new(),
            by_image: BTreeMap::new(),
            purchases: BTreeMap::new(),
            claims: BTreeMap::new(),
            readings: Vec::new(),
            height: 0,
            smallest_ring: MIN_RING,
        })
    }

    /// Refuses to spend from buckets of fewer notes (protocol section 4: below `ring_min` a wallet asks first). Without
    /// this, everything that can be signed is.
    pub fn require_ring(&mut self, notes: u32) {
        self.smallest_ring = notes.max(MIN_RING);
    }

    /// Adds a meter of the household. Attestations scanned before stay closed: pair first, then scan.
    pub fn pair(&mut self, pairing: Pairing) {
        self.pairings.push(pairing);
    }

    /// The household's meters.
    pub fn pairings(&self) -> &[Pairing] {
        &self.pairings
    }

    /// Where others pay to.
    pub fn address(&self) -> &Address {
        self.account.address()
    }

    /// The last scanned block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// All notes ever owned, in the order of their numbers.
    pub fn notes(&self) -> impl Iterator<Item = &OwnedNote> {
        self.notes.values()
    }

    /// All contracts opened as buyer.
    pub fn purchases(&self) -> impl Iterator<Item = &Purchase> {
        self.purchases.values()
    }

    /// All contracts made out to this wallet.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.values()
    }

    /// All readings of own meters, opened.
    pub fn readings(&self) -> &[OpenedReading] {
        &self.readings
    }

    pub(crate) fn secret(&self, tweak: &hushwatt_crypto::SecretScalar) -> OneTimeSecret {
        OneTimeSecret::new(tweak, self.account.spend())
    }
}
