//! Movements as a snapshot holds them.

use hushwatt_ledger::{
    transaction::open::ContractId,
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

use super::{SnapshotError, hexed::Hex, table::Table};
use crate::{Movement, MovementKind, PayeeTag};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredMovement {
    time: u64,
    height: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contract: Option<Hex<ContractId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    kind: StoredKind,
}

/// What was traded: window, utility, price in micro-euro, quantity in base units.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Energy {
    window: u64,
    utility: Utility,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<u32>,
    quantity: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    TopUp(u64),
    Received(u64),
    Sent {
        amount: u64,
        fee: u64,
        known: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payee: Option<[u8; 7]>,
    },
    Moved {
        fee: u64,
    },
    Opened {
        lock: u64,
        fee: u64,
        energy: Energy,
    },
    Bought {
        paid: u64,
        refund: u64,
        energy: Energy,
    },
    Expired {
        refund: u64,
        energy: Energy,
    },
    Sold {
        earned: u64,
        contracts: u8,
        energy: Energy,
    },
    Burned(u64),
}

fn energy(window: Window, utility: Utility, price: Option<Price>, quantity: Quantity) -> Energy {
    Energy { window: window.0, utility, price: price.map(Price::micro_euro), quantity: quantity.0 }
}

impl Energy {
    fn price(&self) -> Result<Price, SnapshotError> {
        self.price.and_then(Price::new).ok_or(SnapshotError::Damaged("a price"))
    }
}

impl StoredMovement {
    pub(super) fn of(movement: &Movement, table: &mut Table) -> Self {
        let kind = match &movement.kind {
            MovementKind::TopUp(amount) => StoredKind::TopUp(amount.0),
            MovementKind::Received(amount) => StoredKind::Received(amount.0),
            MovementKind::Sent { amount, fee, known, payee } => {
                StoredKind::Sent { amount: amount.0, fee: fee.0, known: *known, payee: payee.map(|tag| tag.0) }
            }
            MovementKind::Moved { fee } => StoredKind::Moved { fee: fee.0 },
            MovementKind::Opened { lock, quantity, price, window, utility, fee } => {
                let energy = energy(*window, *utility, Some(*price), *quantity);
                StoredKind::Opened { lock: lock.0, fee: fee.0, energy }
            }
            MovementKind::Bought { paid, refund, delivered, window, utility, price } => {
                let energy = energy(*window, *utility, Some(*price), *delivered);
                StoredKind::Bought { paid: paid.0, refund: refund.0, energy }
            }
            MovementKind::Expired { refund, quantity, window, utility, price } => {
                StoredKind::Expired { refund: refund.0, energy: energy(*window, *utility, Some(*price), *quantity) }
            }
            MovementKind::Sold { earned, delivered, window, utility, contracts } => {
                let energy = energy(*window, *utility, None, *delivered);
                StoredKind::Sold { earned: earned.0, contracts: *contracts, energy }
            }
            MovementKind::Burned(amount) => StoredKind::Burned(amount.0),
        };
        StoredMovement {
            time: movement.time.0,
            height: movement.height,
            transaction: movement.transaction.map(|id| table.place(id)),
            contract: movement.contract.map(Hex),
            message: movement.message.clone(),
            kind,
        }
    }

    pub(super) fn back(self, table: &Table) -> Result<Movement, SnapshotError> {
        let kind = match self.kind {
            StoredKind::TopUp(amount) => MovementKind::TopUp(Credit(amount)),
            StoredKind::Received(amount) => MovementKind::Received(Credit(amount)),
            StoredKind::Sent { amount, fee, known, payee } => {
                MovementKind::Sent { amount: Credit(amount), fee: Credit(fee), known, payee: payee.map(PayeeTag) }
            }
            StoredKind::Moved { fee } => MovementKind::Moved { fee: Credit(fee) },
            StoredKind::Opened { lock, fee, energy } => MovementKind::Opened {
                lock: Credit(lock),
                quantity: Quantity(energy.quantity),
                price: energy.price()?,
                window: Window(energy.window),
                utility: energy.utility,
                fee: Credit(fee),
            },
            StoredKind::Bought { paid, refund, energy } => MovementKind::Bought {
                paid: Credit(paid),
                refund: Credit(refund),
                delivered: Quantity(energy.quantity),
                window: Window(energy.window),
                utility: energy.utility,
                price: energy.price()?,
            },
            StoredKind::Expired { refund, energy } => MovementKind::Expired {
                refund: Credit(refund),
                quantity: Quantity(energy.quantity),
                window: Window(energy.window),
                utility: energy.utility,
                price: energy.price()?,
            },
            StoredKind::Sold { earned, contracts, energy } => MovementKind::Sold {
                earned: Credit(earned),
                delivered: Quantity(energy.quantity),
                window: Window(energy.window),
                utility: energy.utility,
                contracts,
            },
            StoredKind::Burned(amount) => MovementKind::Burned(Credit(amount)),
        };
        Ok(Movement {
            time: Timestamp(self.time),
            height: self.height,
            transaction: self.transaction.map(|place| table.at(place)).transpose()?,
            contract: self.contract.map(|contract| contract.0),
            message: self.message,
            kind,
        })
    }
}
