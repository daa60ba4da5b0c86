//! The roles of the community, each with only what is its own.

use hushwatt_crypto::{address::Address, keys::Seed};
use hushwatt_ledger::{
    transaction::open::ContractId,
    units::{Credit, Utility},
};
use hushwatt_meter_attest::Attestor;
use hushwatt_wallet::{Pairing, Wallet};

/// A home: one wallet, and its own meters.
pub(super) struct Household {
    /// Its place in the data, which only the demo's own bookkeeping uses.
    pub(super) home: usize,
    pub(super) name: String,
    pub(super) seed: Seed,
    pub(super) wallet: Wallet,
    /// One of each utility, in their order.
    pub(super) meters: Vec<HomeMeter>,
    /// What it asks the treasury for: how many notes of which value.
    pub(super) top_up: TopUp,
}

/// A meter with its gateway, and what it shares with the household's wallet.
pub(super) struct HomeMeter {
    pub(super) utility: Utility,
    pub(super) pairing: Pairing,
    pub(super) attestor: Attestor,
}

/// Prepaid credit a household asks for.
#[derive(Clone, Copy)]
pub(super) struct TopUp {
    /// Transfers of seven notes each.
    pub(super) transfers: usize,
    /// Value of each note.
    pub(super) note: Credit,
}

impl TopUp {
    pub(super) fn total(&self) -> Credit {
        Credit(self.note.0 * 7 * self.transfers as u64)
    }
}

impl Household {
    pub(super) fn address(&self) -> Address {
        *self.wallet.address()
    }
}

/// What a seller decided about the contracts of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fulfilment {
    /// Everything that was bought.
    Full,
    /// Only half of the first contract: the battery took the rest.
    Half,
    /// Nothing: the contracts expire.
    Forgotten,
}

/// One contract as its two sides know it, for the plain bookkeeping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trade {
    pub(super) contract: ContractId,
    pub(super) seller: usize,
    pub(super) buyer: usize,
    pub(super) utility: Utility,
    pub(super) window: hushwatt_ledger::units::Window,
    pub(super) price: hushwatt_ledger::units::Price,
    pub(super) quantity: u32,
    /// `None` while open, then what was delivered; a contract that expired was delivered 0 and is marked.
    pub(super) delivered: Option<u32>,
}
