//! What happened, in words a household understands: read off the blocks while they are scanned.

use std::collections::BTreeSet;

use hushwatt_ledger::{
    note::{Asset, NoteNumber},
    transaction::{Action, Transaction, TransactionId, open::ContractId},
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

use crate::{PayeeTag, Purchase, PurchaseState, Wallet, memo::ChangeMemo};

/// Something that happened on the ledger to this household's money or energy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Time of its block.
    pub time: Timestamp,
    /// Its block.
    pub height: u64,
    /// The transaction, if it was one: an expiry is none.
    pub transaction: Option<TransactionId>,
    /// The contract, if it was about one.
    pub contract: Option<ContractId>,
    /// What.
    pub kind: MovementKind,
    /// What the payer wrote.
    pub message: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MovementKind {
    /// New money was minted to this wallet.
    TopUp(Credit),
    /// Somebody paid.
    Received(Credit),
    /// A payment to others.
    Sent {
        /// How much they got.
        amount: Credit,
        /// The fee on top.
        fee: Credit,
        /// Whether the amount is exact: it may be too high where hints of own notes were lost.
        known: bool,
        /// To whom, if it was one and this wallet or another of the same keys paid.
        payee: Option<PayeeTag>,
    },
    /// Money was moved within the wallet.
    Moved {
        /// What it cost.
        fee: Credit,
    },
    /// Energy was ordered.
    Opened {
        /// What was set aside.
        lock: Credit,
        /// How much.
        quantity: Quantity,
        /// At which price.
        price: Price,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
        /// The fee on top.
        fee: Credit,
    },
    /// Ordered energy was delivered and paid.
    Bought {
        /// What it cost.
        paid: Credit,
        /// What came back of the lock.
        refund: Credit,
        /// How much was delivered.
        delivered: Quantity,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
        /// At which price.
        price: Price,
    },
    /// Ordered energy was not delivered in time.
    Expired {
        /// The whole lock, which came back.
        refund: Credit,
        /// How much was ordered.
        quantity: Quantity,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
        /// At which price.
        price: Price,
    },
    /// Energy was sold, to one or several.
    Sold {
        /// What it brought.
        earned: Credit,
        /// How much was delivered.
        delivered: Quantity,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
        /// To how many contracts.
        contracts: u8,
    },
    /// Money was taken out of circulation.
    Burned(Credit),
}

/// What a transaction did to this wallet.
#[derive(Default)]
pub(crate) struct Effect {
    /// Own notes it spent.
    pub(crate) spent: Vec<NoteNumber>,
    /// Own notes it made, each once.
    pub(crate) made: Vec<NoteNumber>,
    /// What this wallet or another of the same keys noted beside the change.
    pub(crate) change: Option<ChangeMemo>,
    /// What payers wrote.
    pub(crate) messages: Vec<String>,
    /// Whether all its hints were there.
    pub(crate) hints: bool,
    /// Own purchases it delivered to.
    pub(crate) bought: Vec<ContractId>,
    /// Own claims it delivered to.
    pub(crate) sold: Vec<ContractId>,
}

impl Wallet {
    /// Records what a transaction did.
    pub(crate) fn record(&mut self, height: u64, time: Timestamp, transaction: &Transaction, effect: &Effect) {
        let id = Some(*transaction.id());
        if self.has_recorded(height, &(id, None)) {
            return;
        }
        let message = Some(effect.messages.join(" / ")).filter(|message| !message.is_empty());
        let mut record = |contract, kind, message| {
            self.movements.push(Movement { time, height, transaction: id, contract, kind, message });
        };
        let (paid, received) = (sum(&self.notes, &effect.spent), sum(&self.notes, &effect.made));
        let fee = Credit(self.genesis.parameters.fee);
        match transaction.action() {
            Action::Mint(_) if !effect.made.is_empty() => record(None, MovementKind::TopUp(received), message),
            Action::Transfer(_) => {
                if effect.spent.is_empty() && effect.change.is_none() {
                    if received > Credit::ZERO || message.is_some() {
                        record(None, MovementKind::Received(received), message);
                    }
                } else {
                    let exact = effect.hints && effect.spent.len() == transaction.action().spends().len();
                    record(None, outgoing(effect, paid, received, fee, exact), message);
                }
            }
            Action::Open(_) => {
                let contract = ContractId::of(self.genesis.network(), transaction.id());
                match self.purchases.get(&contract) {
                    Some(purchase) => {
                        let kind = MovementKind::Opened {
                            lock: purchase.lock(),
                            quantity: quantity_of(purchase),
                            price: purchase.terms.price,
                            window: purchase.terms.window,
                            utility: purchase.terms.utility,
                            fee,
                        };
                        record(Some(contract), kind, None);
                    }
                    None if !effect.spent.is_empty() => {
                        record(None, outgoing(effect, paid, received, fee, false), None)
                    }
                    None => {}
                }
            }
            Action::Deliver(_) => {
                for contract in &effect.bought {
                    if let Some(kind) = self.purchases.get(contract).map(closed) {
                        record(Some(*contract), kind, None);
                    }
                }
                let sold = effect.sold.iter().filter_map(|contract| self.claims.get(contract));
                let earned = sold.clone().map(|claim| claim.earned().0).fold(0, u64::saturating_add);
                let delivered = sold.clone().filter_map(|claim| claim.delivered);
                if let Some(claim) = sold.clone().next() {
                    let kind = MovementKind::Sold {
                        earned: Credit(earned),
                        delivered: Quantity(delivered.map(|delivered| delivered.0).fold(0, u32::saturating_add)),
                        window: claim.terms.window,
                        utility: claim.terms.utility,
                        contracts: u8::try_from(effect.sold.len()).unwrap_or(u8::MAX),
                    };
                    record(None, kind, None);
                }
            }
            Action::Burn(burn) if !effect.spent.is_empty() || effect.change.is_some() => {
                record(None, MovementKind::Burned(burn.statement.total), None);
            }
            Action::Mint(_) | Action::Burn(_) | Action::Attest(_) | Action::Registry(_) | Action::Correct(_) => {}
        }
    }

    /// Records that nothing was delivered to a purchase in time.
    pub(crate) fn record_expiry(&mut self, height: u64, time: Timestamp, contract: &ContractId) {
        if self.has_recorded(height, &(None, Some(*contract))) {
            return;
        }
        if let Some(kind) = self.purchases.get(contract).map(closed) {
            let contract = Some(*contract);
            self.movements.push(Movement { time, height, transaction: None, contract, kind, message: None });
        }
    }
}

/// What names a movement: its transaction, or the contract that ended without one.
pub(crate) type Recorded = (Option<TransactionId>, Option<ContractId>);

impl Wallet {
    /// Notes what the history has, so that blocks that are read again are not recorded twice.
    pub(crate) fn recall_records(&mut self) {
        let named = |movement: &Movement| match movement.transaction {
            Some(id) => (Some(id), None),
            None => (None, movement.contract),
        };
        self.recorded =
            if self.height < self.known_until { self.movements.iter().map(named).collect() } else { BTreeSet::new() };
    }

    fn has_recorded(&self, height: u64, what: &Recorded) -> bool {
        height <= self.known_until && self.recorded.contains(what)
    }
}

type Notes = std::collections::BTreeMap<NoteNumber, crate::OwnedNote>;

/// Money in these notes.
fn sum(notes: &Notes, numbers: &[NoteNumber]) -> Credit {
    let credit = numbers.iter().filter_map(|number| notes.get(number)).filter(|note| note.asset == Asset::Credit);
    Credit(credit.map(|note| note.opening.value).fold(0, u64::saturating_add))
}

fn outgoing(effect: &Effect, paid: Credit, received: Credit, fee: Credit, exact: bool) -> MovementKind {
    let difference = Credit(paid.0.saturating_sub(received.0).saturating_sub(fee.0));
    let (amount, known, payee) = match &effect.change {
        Some(memo) => (memo.left, true, memo.payee),
        None => (difference, exact, None),
    };
    if amount == Credit::ZERO && known {
        MovementKind::Moved { fee }
    } else {
        MovementKind::Sent { amount, fee, known, payee }
    }
}

/// How a purchase ended.
fn closed(purchase: &Purchase) -> MovementKind {
    let terms = &purchase.terms;
    let refund = Credit(purchase.lock().0.saturating_sub(purchase.paid().0));
    match purchase.state {
        PurchaseState::Delivered(delivered) => MovementKind::Bought {
            paid: purchase.paid(),
            refund,
            delivered,
            window: terms.window,
            utility: terms.utility,
            price: terms.price,
        },
        PurchaseState::Open | PurchaseState::Expired => MovementKind::Expired {
            refund,
            quantity: quantity_of(purchase),
            window: terms.window,
            utility: terms.utility,
            price: terms.price,
        },
    }
}

fn quantity_of(purchase: &Purchase) -> Quantity {
    Quantity(u32::try_from(purchase.quantity.value).unwrap_or(u32::MAX))
}
