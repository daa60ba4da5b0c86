//! What happened, newest first: what the ledger says, with what only this wallet knows (payees, messages, labels).

use std::collections::BTreeMap;

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::units::{Credit, Price, Quantity, Timestamp, Utility, Window};

use super::{
    Household,
    outbox::{Intent, OutState, Outgoing},
    views::{EntryState, HistoryEntry, HistoryFilter, HistoryKind, Side},
};
use crate::{Movement, MovementKind, PayeeTag};

/// Indexes for a long history.
struct Book<'a> {
    signed: BTreeMap<&'a str, &'a Outgoing>,
    payees: BTreeMap<PayeeTag, &'a str>,
}

impl Household {
    /// The history.
    pub fn history(&self, filter: &HistoryFilter) -> Vec<HistoryEntry> {
        let book = self.book();
        let settled = self.wallet.movements().iter().map(|movement| self.settled_entry(&book, movement));
        let open = self.outbox.iter().filter(|out| !matches!(out.state, OutState::Final { .. }));
        let open = open.filter_map(|out| self.outgoing_entry(out));
        let mut entries: Vec<HistoryEntry> = settled.chain(open).filter(|entry| matches(filter, entry)).collect();
        entries.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.id.cmp(&b.id)));
        entries.truncate(filter.limit.unwrap_or(usize::MAX));
        entries
    }

    /// What only this wallet knows, at hand for many entries.
    fn book(&self) -> Book<'_> {
        let addresses =
            self.contacts.iter().filter_map(|contact| Some((self.read_address(&contact.address).ok()?, contact)));
        Book {
            signed: self.outbox.iter().map(|out| (out.id.as_str(), out)).collect(),
            payees: addresses
                .map(|(address, contact)| (self.wallet.payee_tag(&address), contact.name.as_str()))
                .collect(),
        }
    }

    fn settled_entry(&self, book: &Book<'_>, movement: &Movement) -> HistoryEntry {
        let transaction = movement.transaction;
        let own = transaction.and_then(|id| book.signed.get(hex(&id.0).as_str()).copied());
        let id = match (&movement.transaction, &movement.contract, &movement.order) {
            (Some(transaction), ..) => hex(&transaction.0),
            (None, Some(contract), _) => hex(&contract.0),
            (None, None, Some(order)) => hex(&order.0),
            (None, None, None) => format!("block-{}", movement.height),
        };
        let mut entry = HistoryEntry {
            label: self.labels.get(&id).cloned(),
            id,
            time: movement.time,
            height: Some(movement.height),
            kind: HistoryKind::Moved,
            state: EntryState::Final,
            amount: 0,
            fee: Credit::ZERO,
            quantity: None,
            utility: None,
            window: None,
            price_micro_euro: None,
            counterparty: None,
            message: movement.message.clone(),
            reason: None,
            transaction,
            contract: movement.contract,
            order: movement.order,
        };
        let mut energy = |utility: Utility, window: Window, quantity: Quantity, price: Option<Price>| {
            entry.utility = Some(utility);
            entry.window = Some(self.genesis.parameters.window_start(window));
            entry.quantity = Some(quantity.0.into());
            entry.price_micro_euro = price.map(Price::micro_euro);
        };
        match &movement.kind {
            MovementKind::TopUp(amount) => (entry.kind, entry.amount) = (HistoryKind::TopUp, signed(*amount)),
            MovementKind::Received(amount) => (entry.kind, entry.amount) = (HistoryKind::Received, signed(*amount)),
            MovementKind::Sent { amount, fee, payee, .. } => {
                (entry.kind, entry.amount, entry.fee) = (HistoryKind::Sent, -signed(plus(*amount, *fee)), *fee);
                // Another copy of this wallet may have paid: the contacts tell whom, if it was one of them.
                entry.counterparty = payee.and_then(|tag| book.payees.get(&tag)).map(|name| (*name).to_owned());
            }
            MovementKind::Moved { fee } => {
                (entry.kind, entry.amount, entry.fee) = (HistoryKind::Moved, -signed(*fee), *fee);
            }
            MovementKind::Opened { quantity, price, window, utility, fee, .. } => {
                energy(*utility, *window, *quantity, Some(*price));
                (entry.kind, entry.amount, entry.fee) = (HistoryKind::Ordered, -signed(*fee), *fee);
            }
            MovementKind::Bought { paid, delivered, window, utility, price, .. } => {
                energy(*utility, *window, *delivered, Some(*price));
                (entry.kind, entry.amount) = (HistoryKind::Bought, -signed(*paid));
            }
            MovementKind::Expired { quantity, window, utility, price, .. } => {
                energy(*utility, *window, *quantity, Some(*price));
                entry.kind = HistoryKind::Expired;
            }
            MovementKind::Sold { earned, delivered, window, utility, .. } => {
                energy(*utility, *window, *delivered, None);
                (entry.kind, entry.amount) = (HistoryKind::Sold, signed(*earned));
            }
            MovementKind::Burned(amount) => (entry.kind, entry.amount) = (HistoryKind::Burned, -signed(*amount)),
            MovementKind::Placed { side, quantity, limit, window, utility, fee, .. } => {
                energy(*utility, *window, *quantity, *limit);
                (entry.kind, entry.amount, entry.fee) = (placed((*side).into()), -signed(*fee), *fee);
            }
            MovementKind::Filled { side, money, filled, price, window, utility, .. } => {
                energy(*utility, *window, *filled, Some(*price));
                (entry.kind, entry.amount) = match Side::from(*side) {
                    Side::Buyer => (HistoryKind::Bought, -signed(*money)),
                    Side::Seller => (HistoryKind::Sold, signed(*money)),
                };
            }
            MovementKind::Unfilled { quantity, price, expired, window, utility, .. } => {
                energy(*utility, *window, *quantity, *price);
                entry.kind = HistoryKind::NotTraded;
                entry.reason = expired.then(|| "the auction was not cleared in time".to_owned());
            }
        }
        match own.map(|out| &out.intent) {
            Some(Intent::Send { to, message, .. }) => {
                entry.counterparty = Some(self.name_of(to));
                entry.message = message.clone();
            }
            Some(Intent::Buy { seller, .. }) => entry.counterparty = Some(self.name_of(seller)),
            _ => {}
        }
        entry
    }

    /// What is signed and not final: on its way, or given up. Nothing where neither money nor energy moves.
    fn outgoing_entry(&self, out: &Outgoing) -> Option<HistoryEntry> {
        let fee = Credit(self.genesis.parameters.fee);
        let mut entry = HistoryEntry {
            id: out.id.clone(),
            time: Timestamp(out.made),
            height: None,
            kind: HistoryKind::Moved,
            state: out.entry_state(),
            amount: 0,
            fee: Credit::ZERO,
            quantity: None,
            utility: None,
            window: None,
            price_micro_euro: None,
            counterparty: None,
            message: None,
            label: self.labels.get(&out.id).cloned(),
            reason: out.reason().map(str::to_owned),
            transaction: None,
            contract: None,
            order: None,
        };
        match &out.intent {
            Intent::Send { to, amount, message } => {
                entry.kind = HistoryKind::Sent;
                (entry.amount, entry.fee) = (-signed(plus(Credit(*amount), fee)), fee);
                entry.counterparty = Some(self.name_of(to));
                entry.message = message.clone();
            }
            Intent::Move => (entry.amount, entry.fee) = (-signed(fee), fee),
            Intent::Buy { seller, utility, window, quantity, price } => {
                entry.kind = HistoryKind::Ordered;
                (entry.amount, entry.fee) = (-signed(fee), fee);
                entry.counterparty = Some(self.name_of(seller));
                entry.utility = Some(*utility);
                entry.window = Some(self.genesis.parameters.window_start(Window(*window)));
                entry.quantity = Some((*quantity).into());
                entry.price_micro_euro = Some(*price);
            }
            Intent::Deliver { utility, window, quantity } => {
                entry.kind = HistoryKind::Sold;
                entry.utility = Some(*utility);
                entry.window = Some(self.genesis.parameters.window_start(Window(*window)));
                entry.quantity = Some(*quantity);
            }
            Intent::Order { side, utility, window, quantity, limit, .. } => {
                entry.kind = placed(*side);
                let fee = if *side == Side::Buyer { fee } else { Credit::ZERO };
                (entry.amount, entry.fee) = (-signed(fee), fee);
                entry.utility = Some(*utility);
                entry.window = Some(self.genesis.parameters.window_start(Window(*window)));
                entry.quantity = Some((*quantity).into());
                entry.price_micro_euro = Some(*limit);
            }
            Intent::Treasury { amount } => {
                entry.kind = if *amount < 0 { HistoryKind::Burned } else { HistoryKind::TopUp };
                entry.amount = *amount;
            }
            Intent::Share { .. } => return None,
        }
        if entry.state == EntryState::Released {
            (entry.amount, entry.fee) = (0, Credit::ZERO);
        }
        Some(entry)
    }
}

/// What an order of an auction is called when it is placed.
fn placed(side: Side) -> HistoryKind {
    match side {
        Side::Buyer => HistoryKind::AuctionBuy,
        Side::Seller => HistoryKind::AuctionSell,
    }
}

fn matches(filter: &HistoryFilter, entry: &HistoryEntry) -> bool {
    let text = filter.text.as_deref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let texts = [entry.counterparty.as_deref(), entry.message.as_deref(), entry.label.as_deref(), Some(&*entry.id)];
    let found = |text: &String| texts.iter().flatten().any(|part| part.to_lowercase().contains(text.as_str()));
    filter.from.is_none_or(|from| entry.time >= from)
        && filter.until.is_none_or(|until| entry.time < until)
        && (filter.kinds.is_empty() || filter.kinds.contains(&entry.kind))
        && text.as_ref().is_none_or(found)
}

/// An amount with a sign; supply stays far below 2^63.
fn signed(amount: Credit) -> i64 {
    i64::try_from(amount.0).unwrap_or(i64::MAX)
}

fn plus(a: Credit, b: Credit) -> Credit {
    Credit(a.0.saturating_add(b.0))
}
