//! Orders and clearings: what households place, what the operator knows, and what comes back.

use std::collections::BTreeMap;

use hushwatt_crypto::{
    NetworkId, Point, SecretScalar,
    commitment::{Opening, find_value},
    context::Context,
    hint::Hint,
};
use hushwatt_ledger::{
    block::{Block, BlockDigest},
    genesis::Genesis,
    note::Asset,
    transaction::{
        Action, Transaction,
        build::Built,
        clear::{ClearError, ClearPlan, Cleared, Outcome},
        order::{
            self, BuyPlan, OrderId, OrderOpening, OrderTerms, PAYOUT_HINT, REFUND_HINT, REST_HINT, SellPlan, Side,
            UnadmittedOrder, admit,
        },
        spend::context_of,
    },
    units::{Price, Quantity, Timestamp, Utility, Window},
};

use super::{
    OwnedNote, World,
    build::no_memo,
    household::{Expected, Household},
};

/// What somebody wants from an auction.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub who: usize,
    pub utility: Utility,
    pub window: Window,
    pub limit: u32,
    pub quantity: u32,
}

impl Wish {
    pub fn energy(&self) -> Asset {
        Asset::Energy { utility: self.utility, window: self.window }
    }
}

impl World {
    pub fn sell_plan(&self, notes: &[OwnedNote], wish: &Wish) -> SellPlan {
        let (bucket, inputs) = self.inputs(notes);
        SellPlan {
            bucket,
            inputs,
            seller: self.address(wish.who),
            utility: wish.utility,
            window: wish.window,
            quantity: Quantity(wish.quantity),
            limit: Price::new(wish.limit).unwrap(),
            change_memo: no_memo(),
            valid_until: self.valid_until(),
        }
    }

    pub fn buy_plan(&self, notes: &[OwnedNote], wish: &Wish) -> BuyPlan {
        let (bucket, inputs) = self.inputs(notes);
        BuyPlan {
            bucket,
            inputs,
            buyer: self.address(wish.who),
            utility: wish.utility,
            window: wish.window,
            quantity: Quantity(wish.quantity),
            limit: Price::new(wish.limit).unwrap(),
            change_memo: no_memo(),
            valid_until: self.valid_until(),
        }
    }

    /// Proven, and not shown to the operator yet.
    pub fn unadmitted_sell(&mut self, notes: &[OwnedNote], wish: &Wish) -> UnadmittedOrder {
        let plan = self.sell_plan(notes, wish);
        let ring = self.ring(plan.bucket);
        plan.derive(&self.genesis, &mut self.rng).unwrap().prove(&ring, &mut self.rng).unwrap()
    }

    pub fn unadmitted_buy(&mut self, notes: &[OwnedNote], wish: &Wish) -> UnadmittedOrder {
        let plan = self.buy_plan(notes, wish);
        let ring = self.ring(plan.bucket);
        plan.derive(&self.genesis, &mut self.rng).unwrap().prove(&ring, &mut self.rng).unwrap()
    }

    /// The operator takes the opening down and signs.
    pub fn admit(&mut self, order: UnadmittedOrder) -> Built {
        let id = *order.built.transaction.id();
        let terms = *order.built.transaction.action().order().unwrap().terms;
        assert!(order.opening.opens(&terms, self.parameters()), "an honest order can be opened");
        self.book.insert(OrderId::of(self.network(), &id), order.opening.clone());
        let admission = admit(&self.operator, self.network(), &id);
        order.admitted(admission)
    }

    pub fn sell_with(&mut self, notes: &[OwnedNote], wish: &Wish) -> Built {
        let order = self.unadmitted_sell(notes, wish);
        self.admit(order)
    }

    pub fn buy_with(&mut self, notes: &[OwnedNote], wish: &Wish) -> Built {
        let order = self.unadmitted_buy(notes, wish);
        self.admit(order)
    }

    /// Sells from the seller's notes of this energy, at most four.
    pub fn sell(&mut self, wish: &Wish) -> Built {
        let mut notes = self.spendable(wish.who, wish.energy());
        notes.truncate(4);
        self.sell_with(&notes, wish)
    }

    /// Buys from the buyer's first spendable note, which must suffice.
    pub fn buy(&mut self, wish: &Wish) -> Built {
        let note = self.spendable(wish.who, Asset::Credit)[0].clone();
        self.buy_with(&[note], wish)
    }

    pub fn order_of(&self, built: &Built) -> OrderId {
        OrderId::of(self.network(), built.transaction.id())
    }

    /// All orders of an auction, as a Clear is built from.
    pub fn orders(&self, utility: Utility, window: Window) -> Vec<(OrderId, OrderTerms, Side)> {
        let orders = self.ledger().orders_of(utility, window).unwrap();
        orders.iter().map(|(id, order)| (*id, order.terms, order.side())).collect()
    }

    pub fn rank(&self, utility: Utility, window: Window) -> Option<BlockDigest> {
        self.ledger().auction(utility, window).unwrap().and_then(|auction| auction.rank)
    }

    /// Passes the blocks after which the auction can be cleared: one that closes it, one that knows its digest.
    pub fn close(&mut self, window: Window) {
        let last = self.parameters().order_until(window).unwrap();
        self.pass(self.now().max(last.plus(1)));
        self.pass(self.now());
    }

    /// A Clear of these orders by an honest operator who knows everything of them.
    pub fn clear_of(
        &mut self,
        utility: Utility,
        window: Window,
        orders: &[(OrderId, OrderTerms, Side)],
    ) -> Result<(Built, Cleared), ClearError> {
        let plan = ClearPlan {
            utility,
            window,
            orders,
            rank: self.rank(utility, window).unwrap_or(super::NO_BLOCK),
            openings: &self.book,
            valid_until: self.valid_until(),
        };
        let (transaction, cleared) = plan.build(&self.genesis, &self.operator, &mut self.rng)?;
        Ok((Built::new(transaction, Vec::new()), cleared))
    }

    /// The auction's Clear.
    pub fn clear(&mut self, utility: Utility, window: Window) -> (Built, Cleared) {
        let orders = self.orders(utility, window);
        self.clear_of(utility, window, &orders).unwrap()
    }
}

/// An order as its owner's wallet knows it.
#[derive(Clone)]
pub struct OwnOrder {
    pub id: OrderId,
    pub side: Side,
    pub terms: OrderTerms,
    pub quantity: Opening,
    pub fill_blinding: SecretScalar,
    /// The keys of what it brings, with their secrets: payout and rest, or refund.
    keys: Vec<(Point, hushwatt_crypto::keys::OneTimeSecret)>,
    /// What was traded, once the auction cleared.
    pub filled: Option<u32>,
    /// Whether its auction is over and what it brought is on the ledger.
    pub ended: bool,
}

impl OwnOrder {
    /// The secret of its payout key, or refund key.
    pub fn secret(&self) -> hushwatt_crypto::keys::OneTimeSecret {
        self.keys[0].1.clone()
    }

    fn expected(&self, place: usize, opening: Opening) -> Expected {
        let (key, secret) = self.keys[place].clone();
        Expected { key, secret, opening }
    }

    fn cap(&self, genesis: &Genesis) -> u64 {
        genesis.parameters.prices_of(self.terms.utility).cap.into()
    }

    /// What comes back if nothing is traded.
    fn given_back(&self, genesis: &Genesis) -> Expected {
        match self.side {
            Side::Sell => self.expected(1, self.quantity.clone()),
            Side::Buy => {
                let cap = self.cap(genesis);
                self.expected(0, Opening::new(cap * self.quantity.value, self.quantity.blinding.times(cap)))
            }
        }
    }

    /// What comes of a fill at a price: nobody has to tell the owner, he searches it under his own blinding.
    fn filled(&self, genesis: &Genesis, price: Price, fill: &Point) -> (u32, Vec<Expected>) {
        let value_part = fill.point() - self.fill_blinding.public().point();
        let most = u32::try_from(self.quantity.value).unwrap();
        let filled = find_value(&value_part, most).expect("the handle proof keeps the owner's blinding");
        let (traded, price) = (u64::from(filled), u64::from(price.micro_euro()));
        let paid = Opening::new(price * traded, self.fill_blinding.times(price));
        let expected = match self.side {
            Side::Sell => {
                let rest = self.quantity.value - traded;
                let rest = Opening::new(rest, self.quantity.blinding.minus(&self.fill_blinding));
                vec![self.expected(0, paid), self.expected(1, rest)]
            }
            Side::Buy => {
                let cap = self.cap(genesis);
                let rest = cap * self.quantity.value - paid.value;
                vec![self.expected(0, Opening::new(rest, self.quantity.blinding.times(cap).minus(&paid.blinding)))]
            }
        };
        (filled, expected)
    }
}

impl Household {
    /// Own orders by the hints of their keys.
    pub(super) fn read_order(&mut self, network: &NetworkId, transaction: &Transaction, hints: &[Hint]) {
        let keys: Vec<(u8, Point)> = match transaction.action() {
            Action::Sell(sell) => {
                vec![(PAYOUT_HINT, sell.statement.payout_key), (REST_HINT, sell.statement.rest_key)]
            }
            Action::Buy(buy) => vec![(REFUND_HINT, buy.statement.refund_key)],
            _ => return,
        };
        let order = transaction.action().order().unwrap();
        let context: Context = context_of(&transaction.action().spends()).unwrap();
        let mut secrets = Vec::new();
        let mut known = None;
        for (index, key) in keys {
            let Some(found) = self.recognise(network, context, hints, index.into(), &key) else { return };
            secrets.push((key, self.secret_of(&found)));
            let quantity = Opening::new(found.body.value, found.body.blinding.clone());
            known = Some((quantity, found.body.handle_secrets().unwrap().0));
        }
        let (quantity, fill_blinding) = known.unwrap();
        self.orders.push(OwnOrder {
            id: OrderId::of(network, transaction.id()),
            side: order.side,
            terms: *order.terms,
            quantity,
            fill_blinding,
            keys: secrets,
            filled: None,
            ended: false,
        });
    }

    /// What the orders of auctions that end with a block bring, cleared or expired.
    pub(super) fn read_auctions(&mut self, genesis: &Genesis, block: &Block, expected: &mut Vec<Expected>) {
        let ends: BTreeMap<(Utility, Window), &Outcome> = block
            .transactions
            .iter()
            .filter_map(|transaction| match transaction.action() {
                Action::Clear(clear) => {
                    Some(((clear.statement.utility, clear.statement.window), &clear.statement.outcome))
                }
                _ => None,
            })
            .collect();
        let now = block.header.time;
        for order in self.orders.iter_mut().filter(|order| !order.ended) {
            let outcome = ends.get(&(order.terms.utility, order.terms.window));
            let over = |until: Option<Timestamp>| until.is_some_and(|until| now > until);
            match outcome {
                Some(Outcome::Trade { price, fills }) => {
                    let fill = fills.iter().find(|fill| fill.order == order.id).expect("every order is listed");
                    let (filled, brings) = order.filled(genesis, *price, &fill.fill);
                    order.filled = Some(filled);
                    expected.extend(brings);
                }
                Some(Outcome::NoTrade { .. }) => expected.push(order.given_back(genesis)),
                None if over(genesis.parameters.clear_until(order.terms.window)) => {
                    expected.push(order.given_back(genesis));
                }
                None => continue,
            }
            order.ended = true;
        }
    }
}
