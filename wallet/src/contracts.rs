//! Contracts as their buyer and their seller know them.

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    transaction::{
        TransactionId,
        open::{ContractId, ContractTerms},
    },
    units::{Credit, Quantity},
};

/// How a purchase stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PurchaseState {
    /// The lock stands.
    Open,
    /// So much was delivered; the rest of the lock came back.
    Delivered(Quantity),
    /// Nothing was delivered; the whole lock came back.
    Expired,
}

/// A contract this wallet opened as buyer.
#[derive(Clone)]
pub struct Purchase {
    /// Which.
    pub id: ContractId,
    /// What was agreed.
    pub terms: ContractTerms,
    /// Opening of the quantity.
    pub quantity: Opening,
    /// `b_d`: the receipt's blinding, so that the delivered quantity can be found.
    pub delivered_blinding: SecretScalar,
    /// `k` of the refund note's key.
    pub refund_tweak: SecretScalar,
    /// Block and transaction that opened it.
    pub opened: (u64, TransactionId),
    /// Block and transaction that delivered to it.
    pub settled: Option<(u64, TransactionId)>,
    /// How it stands.
    pub state: PurchaseState,
}

impl Purchase {
    /// What is locked while it is open.
    pub fn lock(&self) -> Credit {
        Credit(u64::from(self.terms.price.micro_euro()).saturating_mul(self.quantity.value))
    }

    /// What was paid in the end.
    pub fn paid(&self) -> Credit {
        match self.state {
            PurchaseState::Delivered(quantity) => self.terms.price.times(quantity),
            PurchaseState::Open | PurchaseState::Expired => Credit::ZERO,
        }
    }
}

/// How a sale stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimState {
    /// It may be delivered to.
    Open,
    /// It was delivered to.
    Settled,
    /// The deadline passed.
    Expired,
}

impl Claim {
    /// What was earned.
    pub fn earned(&self) -> Credit {
        self.delivered.map_or(Credit::ZERO, |delivered| self.terms.price.times(delivered))
    }
}

/// A contract made out to this wallet as seller.
#[derive(Clone)]
pub struct Claim {
    /// Which.
    pub id: ContractId,
    /// What was agreed.
    pub terms: ContractTerms,
    /// Opening of the quantity.
    pub quantity: Opening,
    /// `b_d`.
    pub delivered_blinding: SecretScalar,
    /// `t` of the handle.
    pub t: SecretScalar,
    /// `K`.
    pub handle: Point,
    /// `k` of the claim key.
    pub claim_tweak: SecretScalar,
    /// Block and transaction that opened it.
    pub opened: (u64, TransactionId),
    /// Block and transaction that delivered to it.
    pub settled: Option<(u64, TransactionId)>,
    /// What was delivered.
    pub delivered: Option<Quantity>,
    /// How it stands.
    pub state: ClaimState,
}
