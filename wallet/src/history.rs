//! What happened, in words a household understands: read off the blocks while they are scanned.

use hushwatt_ledger::{
    note::{Asset, NoteNumber},
    transaction::{
        Action, Transaction, TransactionId,
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

use crate::{Order, OrderState, PayeeTag, Purchase, PurchaseState, Wallet, memo::ChangeMemo};

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
    /// The order of an auction, if it was about one.
    pub order: Option<OrderId>,
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
    /// An order was placed in an auction.
    Placed {
        /// Which side.
        side: Side,
        /// What was set aside: the highest price of everything, of a buy order.
        lock: Credit,
        /// How much, at most.
        quantity: Quantity,
        /// The least that is taken or the most that is paid, as far as it is known.
        limit: Option<Price>,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
        /// The fee on top, of a buy order.
        fee: Credit,
    },
    /// An order was traded, at least in part.
    Filled {
        /// Which side.
        side: Side,
        /// What it cost or brought.
        money: Credit,
        /// What came back of the lock, of a buy order.
        refund: Credit,
        /// How much was traded.
        filled: Quantity,
        /// How much was ordered.
        quantity: Quantity,
        /// At which price.
        price: Price,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
    },
    /// An order was not traded: what was in it came back.
    Unfilled {
        /// Which side.
        side: Side,
        /// The whole lock, of a buy order.
        refund: Credit,
        /// How much was ordered.
        quantity: Quantity,
        /// What others traded at, if anybody did.
        price: Option<Price>,
        /// Whether nobody cleared the auction in time.
        expired: bool,
        /// When.
        window: Window,
        /// What.
        utility: Utility,
    },
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
    /// Own orders it ended.
    pub(crate) ended: Vec<OrderId>,
}

impl Wallet {
    /// Records what a transaction did.
    pub(crate) fn record(&mut self, height: u64, time: Timestamp, transaction: &Transaction, effect: &Effect) {
        let id = *transaction.id();
        if self.has_recorded(height, &Recorded::Transaction(id)) {
            return;
        }
        let message = Some(effect.messages.join(" / ")).filter(|message| !message.is_empty());
        let mut record = |subject: Subject, kind, message| {
            let (contract, order) = (subject.contract, subject.order);
            self.movements.push(Movement { time, height, transaction: Some(id), contract, order, kind, message });
        };
        let (paid, received) = (sum(&self.notes, &effect.spent), sum(&self.notes, &effect.made));
        let fee = Credit(self.genesis.parameters.fee);
        match transaction.action() {
            Action::Mint(_) if !effect.made.is_empty() => {
                record(Subject::default(), MovementKind::TopUp(received), message)
            }
            Action::Transfer(_) => {
                if effect.spent.is_empty() && effect.change.is_none() {
                    if received > Credit::ZERO || message.is_some() {
                        record(Subject::default(), MovementKind::Received(received), message);
                    }
                } else {
                    let exact = effect.hints && effect.spent.len() == transaction.action().spends().len();
                    record(Subject::default(), outgoing(effect, paid, received, fee, exact), message);
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
                        record(Subject::contract(contract), kind, None);
                    }
                    None if !effect.spent.is_empty() => {
                        record(Subject::default(), outgoing(effect, paid, received, fee, false), None)
                    }
                    None => {}
                }
            }
            Action::Deliver(_) => {
                for contract in &effect.bought {
                    if let Some(kind) = self.purchases.get(contract).map(closed) {
                        record(Subject::contract(*contract), kind, None);
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
                    record(Subject::default(), kind, None);
                }
            }
            Action::Burn(burn) if !effect.spent.is_empty() || effect.change.is_some() => {
                record(Subject::default(), MovementKind::Burned(burn.statement.total), None);
            }
            Action::Sell(_) | Action::Buy(_) => {
                let order = OrderId::of(self.genesis.network(), transaction.id());
                match self.orders.get(&order) {
                    Some(placed) => {
                        let fee = if placed.side() == Side::Buy { fee } else { Credit::ZERO };
                        let kind = MovementKind::Placed {
                            side: placed.side(),
                            lock: placed.lock(),
                            quantity: placed.ordered(),
                            limit: placed.limit,
                            window: placed.terms.window,
                            utility: placed.terms.utility,
                            fee,
                        };
                        record(Subject::order(order), kind, None);
                    }
                    // Its hints were lost: all that is known is that money is gone.
                    None if paid > received => {
                        let lost = Effect::default();
                        record(Subject::default(), outgoing(&lost, paid, received, fee, false), None);
                    }
                    None => {}
                }
            }
            Action::Clear(_) => {
                for order in &effect.ended {
                    if let Some(kind) = self.orders.get(order).map(ended) {
                        record(Subject::order(*order), kind, None);
                    }
                }
            }
            Action::Mint(_) | Action::Burn(_) | Action::Attest(_) | Action::Registry(_) | Action::Correct(_) => {}
            Action::Share(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_) => {}
        }
    }

    /// Records that nothing was delivered to a purchase in time.
    pub(crate) fn record_expiry(&mut self, height: u64, time: Timestamp, contract: &ContractId) {
        if let Some(kind) = self.purchases.get(contract).map(closed) {
            self.record_by_itself(height, time, Subject::contract(*contract), kind);
        }
    }

    /// Records that an order's auction was not cleared in time.
    pub(crate) fn record_unfilled(&mut self, height: u64, time: Timestamp, order: &OrderId) {
        if let Some(kind) = self.orders.get(order).map(ended) {
            self.record_by_itself(height, time, Subject::order(*order), kind);
        }
    }

    /// Records what the ledger did without a transaction.
    fn record_by_itself(&mut self, height: u64, time: Timestamp, subject: Subject, kind: MovementKind) {
        let Subject { contract, order } = subject;
        let movement = Movement { time, height, transaction: None, contract, order, kind, message: None };
        if !Recorded::of(&movement).is_some_and(|recorded| self.has_recorded(height, &recorded)) {
            self.movements.push(movement);
        }
    }
}

/// What a movement is about.
#[derive(Clone, Copy, Default)]
struct Subject {
    contract: Option<ContractId>,
    order: Option<OrderId>,
}

impl Subject {
    fn contract(id: ContractId) -> Self {
        Subject { contract: Some(id), order: None }
    }

    fn order(id: OrderId) -> Self {
        Subject { contract: None, order: Some(id) }
    }
}

/// What names a movement: its transaction, or what ended without one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recorded {
    Transaction(TransactionId),
    Contract(ContractId),
    Order(OrderId),
}

impl Recorded {
    fn of(movement: &Movement) -> Option<Self> {
        let transaction = movement.transaction.map(Recorded::Transaction);
        let subject = || movement.contract.map(Recorded::Contract).or(movement.order.map(Recorded::Order));
        transaction.or_else(subject)
    }
}

impl Wallet {
    /// Notes what the history has, so that blocks that are read again are not recorded twice.
    pub(crate) fn recall_records(&mut self) {
        let known = self.height < self.known_until;
        self.recorded = self.movements.iter().filter(|_| known).filter_map(Recorded::of).collect();
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

/// How an order ended.
fn ended(order: &Order) -> MovementKind {
    let (side, quantity) = (order.side(), order.ordered());
    let (window, utility) = (order.terms.window, order.terms.utility);
    let refund = Credit(order.lock().0.saturating_sub(if side == Side::Buy { order.money().0 } else { 0 }));
    match order.state {
        OrderState::Cleared { price, filled } if filled > Quantity(0) => {
            MovementKind::Filled { side, money: order.money(), refund, filled, quantity, price, window, utility }
        }
        OrderState::Cleared { price, .. } => {
            MovementKind::Unfilled { side, refund, quantity, price: Some(price), expired: false, window, utility }
        }
        OrderState::Open | OrderState::NothingTraded | OrderState::Expired => {
            let expired = order.state == OrderState::Expired;
            MovementKind::Unfilled { side, refund, quantity, price: None, expired, window, utility }
        }
    }
}
