//! Movements as a snapshot holds them.

use hushwatt_ledger::{
    transaction::{open::ContractId, order::OrderId},
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

use super::{SnapshotError, hexed::Hex, ordered::StoredSide, table::Table};
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
    order: Option<Hex<OrderId>>,
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
    /// The price is the limit, as far as it is known.
    Placed {
        side: StoredSide,
        lock: u64,
        fee: u64,
        energy: Energy,
    },
    Filled {
        side: StoredSide,
        money: u64,
        refund: u64,
        ordered: u32,
        energy: Energy,
    },
    /// The price is what others traded at, if anybody did.
    Unfilled {
        side: StoredSide,
        refund: u64,
        expired: bool,
        energy: Energy,
    },
}

fn energy(window: Window, utility: Utility, price: Option<Price>, quantity: Quantity) -> Energy {
    Energy { window: window.0, utility, price: price.map(Price::micro_euro), quantity: quantity.0 }
}

impl Energy {
    fn price(&self) -> Result<Price, SnapshotError> {
        self.maybe_price()?.ok_or(SnapshotError::Damaged("a price"))
    }

    fn maybe_price(&self) -> Result<Option<Price>, SnapshotError> {
        let read = self.price.map(|price| Price::new(price).ok_or(SnapshotError::Damaged("a price")));
        read.transpose()
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
            MovementKind::Placed { side, lock, quantity, limit, window, utility, fee } => StoredKind::Placed {
                side: StoredSide::of(*side),
                lock: lock.0,
                fee: fee.0,
                energy: energy(*window, *utility, *limit, *quantity),
            },
            MovementKind::Filled { side, money, refund, filled, quantity, price, window, utility } => {
                StoredKind::Filled {
                    side: StoredSide::of(*side),
                    money: money.0,
                    refund: refund.0,
                    ordered: quantity.0,
                    energy: energy(*window, *utility, Some(*price), *filled),
                }
            }
            MovementKind::Unfilled { side, refund, quantity, price, expired, window, utility } => {
                StoredKind::Unfilled {
                    side: StoredSide::of(*side),
                    refund: refund.0,
                    expired: *expired,
                    energy: energy(*window, *utility, *price, *quantity),
                }
            }
        };
        StoredMovement {
            time: movement.time.0,
            height: movement.height,
            transaction: movement.transaction.map(|id| table.place(id)),
            contract: movement.contract.map(Hex),
            order: movement.order.map(Hex),
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
            StoredKind::Placed { side, lock, fee, energy } => MovementKind::Placed {
                side: side.back(),
                lock: Credit(lock),
                quantity: Quantity(energy.quantity),
                limit: energy.maybe_price()?,
                window: Window(energy.window),
                utility: energy.utility,
                fee: Credit(fee),
            },
            StoredKind::Filled { side, money, refund, ordered, energy } => MovementKind::Filled {
                side: side.back(),
                money: Credit(money),
                refund: Credit(refund),
                filled: Quantity(energy.quantity),
                quantity: Quantity(ordered),
                price: energy.price()?,
                window: Window(energy.window),
                utility: energy.utility,
            },
            StoredKind::Unfilled { side, refund, expired, energy } => MovementKind::Unfilled {
                side: side.back(),
                refund: Credit(refund),
                quantity: Quantity(energy.quantity),
                price: energy.maybe_price()?,
                expired,
                window: Window(energy.window),
                utility: energy.utility,
            },
        };
        Ok(Movement {
            time: Timestamp(self.time),
            height: self.height,
            transaction: self.transaction.map(|place| table.at(place)).transpose()?,
            contract: self.contract.map(|contract| contract.0),
            order: self.order.map(|order| order.0),
            message: self.message,
            kind,
        })
    }
}
