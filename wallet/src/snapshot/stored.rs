//! Notes, contracts and readings as a snapshot holds them.

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening, meter::DayKey};
use hushwatt_ledger::{
    genesis::Genesis,
    note::{Asset, BucketId, NoteNumber},
    transaction::{
        attest::WindowStatus,
        open::{ContractId, ContractTerms},
    },
    units::{MeterId, Quantity, Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

use super::{SnapshotError, hexed::Hex, table::Table};
use crate::{Claim, ClaimState, OpenedWindow, OwnedNote, Pairing, Place, Purchase, PurchaseState, Superseded};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredPairing {
    meter: MeterId,
    day: u64,
    key: Hex<[u8; 32]>,
}

impl Drop for StoredPairing {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.key.0);
    }
}

impl StoredPairing {
    pub(super) fn of(pairing: &Pairing) -> Self {
        StoredPairing { meter: pairing.meter, day: pairing.day_key.day(), key: Hex(*pairing.day_key.expose()) }
    }

    pub(super) fn back(&self) -> Pairing {
        Pairing { meter: self.meter, day_key: DayKey::from_bytes(self.day, self.key.0) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredAsset {
    Credit,
    Energy { utility: Utility, window: u64 },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredNote {
    number: u64,
    asset: StoredAsset,
    key: Hex<Point>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<Hex<Point>>,
    tweak: Hex<SecretScalar>,
    value: u64,
    blinding: Hex<SecretScalar>,
    height: u64,
    made: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<u8>,
    /// Bucket and place in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<(u64, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent_by: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved_until: Option<u64>,
}

impl StoredNote {
    pub(super) fn of(note: &OwnedNote, table: &mut Table) -> Self {
        StoredNote {
            number: note.number.0,
            asset: match note.asset {
                Asset::Credit => StoredAsset::Credit,
                Asset::Energy { utility, window } => StoredAsset::Energy { utility, window: window.0 },
            },
            key: Hex(note.key),
            image: note.image.map(Hex),
            tweak: Hex(note.tweak.clone()),
            value: note.opening.value,
            blinding: Hex(note.opening.blinding.clone()),
            height: note.height,
            made: note.made.0,
            transaction: note.transaction.map(|id| table.place(id)),
            output: note.output,
            sealed: match note.place {
                Place::Sealed { bucket, position } => Some((bucket.0, position)),
                Place::Waiting => None,
            },
            spent_by: note.spent_by.map(|id| table.place(id)),
            reserved_until: note.reserved_until.map(|time| time.0),
        }
    }

    pub(super) fn back(self, table: &Table) -> Result<OwnedNote, SnapshotError> {
        let place = |(bucket, position)| Place::Sealed { bucket: BucketId(bucket), position };
        Ok(OwnedNote {
            number: NoteNumber(self.number),
            asset: match self.asset {
                StoredAsset::Credit => Asset::Credit,
                StoredAsset::Energy { utility, window } => Asset::Energy { utility, window: Window(window) },
            },
            key: self.key.0,
            image: self.image.map(|image| image.0),
            tweak: self.tweak.0,
            opening: Opening::new(self.value, self.blinding.0),
            height: self.height,
            made: Timestamp(self.made),
            transaction: self.transaction.map(|place| table.at(place)).transpose()?,
            output: self.output,
            place: self.sealed.map_or(Place::Waiting, place),
            spent: self.spent_by.is_some(),
            spent_by: self.spent_by.map(|place| table.at(place)).transpose()?,
            reserved_until: self.reserved_until.map(Timestamp),
        })
    }
}

/// What buyer and seller know of a contract alike. Its id follows from the transaction that opened it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredContract {
    terms: Hex<ContractTerms>,
    quantity: u64,
    quantity_blinding: Hex<SecretScalar>,
    delivered_blinding: Hex<SecretScalar>,
    /// Block and transaction.
    opened: (u64, usize),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<(u64, usize)>,
    /// `open`, `expired` or `settled`.
    state: StoredState,
    /// What was delivered, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivered: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredState {
    Open,
    Settled,
    Expired,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredPurchase {
    contract: StoredContract,
    refund_tweak: Hex<SecretScalar>,
}

impl StoredPurchase {
    pub(super) fn of(purchase: &Purchase, table: &mut Table) -> Self {
        let (state, delivered) = match purchase.state {
            PurchaseState::Open => (StoredState::Open, None),
            PurchaseState::Delivered(quantity) => (StoredState::Settled, Some(quantity.0)),
            PurchaseState::Expired => (StoredState::Expired, None),
        };
        let contract = StoredContract {
            terms: Hex(purchase.terms),
            quantity: purchase.quantity.value,
            quantity_blinding: Hex(purchase.quantity.blinding.clone()),
            delivered_blinding: Hex(purchase.delivered_blinding.clone()),
            opened: (purchase.opened.0, table.place(purchase.opened.1)),
            settled: purchase.settled.map(|(height, id)| (height, table.place(id))),
            state,
            delivered,
        };
        StoredPurchase { contract, refund_tweak: Hex(purchase.refund_tweak.clone()) }
    }

    pub(super) fn back(self, genesis: &Genesis, table: &Table) -> Result<Purchase, SnapshotError> {
        let StoredPurchase { contract, refund_tweak } = self;
        let opened = table.at(contract.opened.1)?;
        Ok(Purchase {
            id: ContractId::of(genesis.network(), &opened),
            terms: contract.terms.0,
            quantity: Opening::new(contract.quantity, contract.quantity_blinding.0),
            delivered_blinding: contract.delivered_blinding.0,
            refund_tweak: refund_tweak.0,
            opened: (contract.opened.0, opened),
            settled: table.height_and_id(contract.settled)?,
            state: match (contract.state, contract.delivered) {
                (StoredState::Open, None) => PurchaseState::Open,
                (StoredState::Expired, None) => PurchaseState::Expired,
                (StoredState::Settled, Some(quantity)) => PurchaseState::Delivered(Quantity(quantity)),
                _ => return Err(SnapshotError::Damaged("a purchase's state")),
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredClaim {
    contract: StoredContract,
    t: Hex<SecretScalar>,
    claim_tweak: Hex<SecretScalar>,
}

impl StoredClaim {
    pub(super) fn of(claim: &Claim, table: &mut Table) -> Self {
        let contract = StoredContract {
            terms: Hex(claim.terms),
            quantity: claim.quantity.value,
            quantity_blinding: Hex(claim.quantity.blinding.clone()),
            delivered_blinding: Hex(claim.delivered_blinding.clone()),
            opened: (claim.opened.0, table.place(claim.opened.1)),
            settled: claim.settled.map(|(height, id)| (height, table.place(id))),
            state: match claim.state {
                ClaimState::Open => StoredState::Open,
                ClaimState::Settled => StoredState::Settled,
                ClaimState::Expired => StoredState::Expired,
            },
            delivered: claim.delivered.map(|quantity| quantity.0),
        };
        StoredClaim { contract, t: Hex(claim.t.clone()), claim_tweak: Hex(claim.claim_tweak.clone()) }
    }

    pub(super) fn back(self, genesis: &Genesis, table: &Table) -> Result<Claim, SnapshotError> {
        let StoredClaim { contract, t, claim_tweak } = self;
        let opened = table.at(contract.opened.1)?;
        let terms = contract.terms.0;
        Ok(Claim {
            id: ContractId::of(genesis.network(), &opened),
            terms,
            quantity: Opening::new(contract.quantity, contract.quantity_blinding.0),
            delivered_blinding: contract.delivered_blinding.0,
            t: t.0,
            handle: terms.handle,
            claim_tweak: claim_tweak.0,
            opened: (contract.opened.0, opened),
            settled: table.height_and_id(contract.settled)?,
            delivered: contract.delivered.map(Quantity),
            state: match contract.state {
                StoredState::Open => ClaimState::Open,
                StoredState::Settled => ClaimState::Settled,
                StoredState::Expired => ClaimState::Expired,
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredWindow {
    meter: MeterId,
    window: u64,
    status: String,
    height: u64,
    transaction: usize,
    salt: Hex<[u8; 32]>,
    /// Exported and imported in each interval.
    readings: Vec<(u32, u32)>,
    /// What was in force before it was corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<StoredSuperseded>,
    /// Place of the pairing.
    pairing: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSuperseded {
    height: u64,
    transaction: usize,
    readings: Vec<(u32, u32)>,
}

impl StoredSuperseded {
    fn of(one: &Superseded, table: &mut Table) -> Self {
        let Superseded { height, transaction, readings } = one;
        StoredSuperseded { height: *height, transaction: table.place(*transaction), readings: readings.clone() }
    }

    fn back(self, table: &Table) -> Result<Superseded, SnapshotError> {
        let StoredSuperseded { height, transaction, readings } = self;
        Ok(Superseded { height, transaction: table.at(transaction)?, readings })
    }
}

impl StoredWindow {
    pub(super) fn of(window: &OpenedWindow, table: &mut Table) -> Self {
        StoredWindow {
            meter: window.meter,
            window: window.window.0,
            status: window.status.name().to_owned(),
            height: window.height,
            transaction: table.place(window.transaction),
            salt: Hex(window.salt),
            readings: window.readings.clone(),
            before: window.before.iter().map(|one| StoredSuperseded::of(one, table)).collect(),
            pairing: window.pairing,
        }
    }

    pub(super) fn back(self, table: &Table, pairings: usize) -> Result<OpenedWindow, SnapshotError> {
        let status = WindowStatus::ALL.into_iter().find(|status| status.name() == self.status);
        if self.pairing >= pairings {
            return Err(SnapshotError::Damaged("a reading's meter"));
        }
        Ok(OpenedWindow {
            meter: self.meter,
            window: Window(self.window),
            status: status.ok_or(SnapshotError::Damaged("a reading's status"))?,
            height: self.height,
            transaction: table.at(self.transaction)?,
            salt: self.salt.0,
            readings: self.readings,
            before: self.before.into_iter().map(|one| one.back(table)).collect::<Result<_, _>>()?,
            pairing: self.pairing,
        })
    }
}
