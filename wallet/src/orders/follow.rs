//! Orders while scanning: remembered from their hints, ended by a Clear or by the ledger itself (protocol section 6.4).

use hushwatt_crypto::{
    Point, SecretScalar,
    commitment::{Opening, find_value},
    handle::handle,
    hint::{HintBody, Recognised},
};
use hushwatt_ledger::{
    note::NoteNumber,
    transaction::{
        Transaction,
        clear::{Clear, Outcome},
        order::{OrderId, OrderTerms},
    },
    units::{Price, Quantity},
};

use super::{Order, OrderKey, OrderKeys, OrderState};
use crate::{
    Wallet,
    history::Effect,
    recognise::OrderPart,
    scan::{Claimed, Scene},
};

/// An order's hint, if it opens the order on the ledger.
fn order_secrets(terms: &OrderTerms, body: &HintBody) -> Option<(Opening, SecretScalar)> {
    let quantity = Opening::new(body.value, body.blinding.clone());
    let (fill, t) = body.handle_secrets()?;
    let right = quantity.opens(terms.quantity.element()) && handle(&fill, &t).ok()? == terms.handle;
    right.then_some((quantity, fill))
}

impl Wallet {
    /// Remembers an order if all that its effects pay to is ours. The parts are what was recognised of it.
    pub(crate) fn remember_order(
        &mut self,
        scene: Scene<'_>,
        transaction: &Transaction,
        parts: &[(OrderPart, Point, Recognised)],
        limit: Option<Price>,
    ) {
        let Some(order) = transaction.action().order() else { return };
        let terms = order.terms;
        let secrets = parts.first().and_then(|(_, _, recognised)| order_secrets(terms, &recognised.body));
        let Some((quantity, fill_blinding)) = secrets else { return };
        let key_of = |wanted: OrderPart| {
            let (_, key, recognised) = parts.iter().find(|(part, ..)| *part == wanted)?;
            Some(OrderKey { key: *key, tweak: recognised.tweak.clone() })
        };
        let keys = match (key_of(OrderPart::Payout), key_of(OrderPart::Rest), key_of(OrderPart::Refund)) {
            (Some(payout), Some(rest), None) => OrderKeys::Sell { payout, rest },
            (None, None, Some(refund)) => OrderKeys::Buy { refund },
            _ => return,
        };
        let id = OrderId::of(self.genesis.network(), transaction.id());
        let order = Order {
            id,
            terms: *terms,
            quantity,
            limit,
            fill_blinding,
            keys,
            cap: self.genesis.parameters.prices_of(terms.utility).cap,
            placed: (scene.header.height, *transaction.id()),
            ended: None,
            state: OrderState::Open,
        };
        self.orders.entry(id).or_insert(order);
    }

    /// A Clear ends our orders of its auction. None of its parts comes with a hint: the fill's blinding is known.
    pub(crate) fn clear(&mut self, scene: Scene<'_>, clear: &Clear, effect: &mut Effect) {
        let ended: Vec<(OrderId, OrderState)> = match &clear.statement.outcome {
            Outcome::Trade { price, fills } => {
                let found = fills.iter().filter_map(|fill| {
                    let order = self.orders.get(&fill.order)?;
                    let receipt = fill.fill.point() - order.fill_blinding.public().point();
                    let filled = find_value(&receipt, order.ordered().0).map(Quantity)?;
                    Some((order.id, OrderState::Cleared { price: *price, filled }))
                });
                found.collect()
            }
            Outcome::NoTrade { orders } => {
                let own = orders.iter().filter(|id| self.orders.contains_key(id));
                own.map(|id| (*id, OrderState::NothingTraded)).collect()
            }
        };
        for (id, state) in ended {
            effect.made.extend(self.end_order(scene, &id, state));
            effect.ended.push(id);
        }
    }

    /// What no Clear ended in time comes back.
    pub(crate) fn expire_orders(&mut self, scene: Scene<'_>) {
        let over = |order: &&Order| {
            let auction = (order.terms.utility, order.terms.window);
            let ended = || scene.events.auctions_ended.contains(&auction);
            order.state == OrderState::Open && ended()
        };
        let over: Vec<OrderId> = self.orders.values().filter(over).map(|order| order.id).collect();
        for id in over {
            self.end_order(scene, &id, OrderState::Expired);
            self.record_unfilled(scene.header.height, scene.header.time, &id);
        }
    }

    fn end_order(&mut self, scene: Scene<'_>, id: &OrderId, state: OrderState) -> Vec<NoteNumber> {
        let Some(order) = self.orders.get_mut(id) else { return Vec::new() };
        (order.state, order.ended) = (state, Some((scene.header.height, scene.transaction)));
        let effects = effects_of(order);
        effects.into_iter().filter_map(|claimed| self.own(scene, claimed)).collect()
    }
}

/// The notes that an order's end makes.
fn effects_of(order: &Order) -> Vec<Claimed> {
    let note = |to: &OrderKey, value: u64, blinding: SecretScalar| Claimed {
        key: to.key,
        tweak: to.tweak.clone(),
        opening: Opening::new(value, blinding),
        output: None,
    };
    let (quantity, fill_blinding) = (&order.quantity, &order.fill_blinding);
    // What a trade moves: money for the fill, and the energy of it.
    let traded = match order.state {
        OrderState::Cleared { price, filled } => {
            Some((order.money().0, fill_blinding.times(price.micro_euro().into()), u64::from(filled.0)))
        }
        OrderState::Open | OrderState::NothingTraded | OrderState::Expired => None,
    };
    match (&order.keys, traded) {
        (OrderKeys::Sell { payout, rest }, Some((earned, blinding, filled))) => vec![
            note(payout, earned, blinding),
            note(rest, quantity.value.saturating_sub(filled), quantity.blinding.minus(fill_blinding)),
        ],
        (OrderKeys::Sell { rest, .. }, None) => vec![note(rest, quantity.value, quantity.blinding.clone())],
        (OrderKeys::Buy { refund }, traded) => {
            let locked = quantity.blinding.times(order.cap.into());
            let (paid, blinding) = match traded {
                Some((paid, blinding, _)) => (paid, locked.minus(&blinding)),
                None => (0, locked),
            };
            vec![note(refund, order.lock().0.saturating_sub(paid), blinding)]
        }
    }
}
