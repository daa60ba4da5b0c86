//! Auctions by the audit's own list: which orders stand, who may admit and clear, what ranks them, how each auction ended, and
//! what every order must be given (protocol section 6.4).

use std::collections::BTreeMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{Element, Point, hash::hex, signature::VerifyingKey};
use hushwatt_ledger::{
    block::BlockDigest,
    genesis::Genesis,
    note::Asset,
    parameters::{AuctionParameters, Parameters},
    state::{AuctionRecord, LedgerState, OrderKeys, Resolved, StateError},
    transaction::{
        TransactionId,
        clear::{ClearStatement, Outcome},
        order::{OrderId, OrderTerms, Side},
    },
    units::{Price, Timestamp, Utility, Window},
};
use serde::Serialize;

use super::{Difference, Role, contracts::times};
use crate::folder::{kept, kept_enum};

/// How many auctions and orders there are of each fate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct AuctionCounts {
    /// Auctions that had any order.
    pub auctions: u64,
    /// Cleared at a price.
    pub cleared: u64,
    /// Cleared, and nothing was traded.
    pub nothing_traded: u64,
    /// Not cleared in time.
    pub expired: u64,
    /// Neither yet.
    pub open: u64,
    /// Orders ever accepted.
    pub orders: u64,
    /// Orders of auctions that cleared at a price.
    pub orders_cleared: u64,
    /// Orders that were given back whole, since nothing was traded or nobody cleared.
    pub orders_given_back: u64,
    /// Orders of auctions that are open.
    pub orders_open: u64,
}
kept!(AuctionCounts {
    auctions,
    cleared,
    nothing_traded,
    expired,
    open,
    orders,
    orders_cleared,
    orders_given_back,
    orders_open
});

/// How an auction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum AuctionEnding {
    /// At a price, which its proof shows to be right.
    Cleared {
        /// Micro-euro per base unit.
        price: u32,
    },
    /// With a proof that no bid reaches an ask.
    NothingTraded,
    /// Not cleared in time, or without orders on one side.
    Expired,
    /// Not yet.
    Open,
}

kept_enum!(AuctionEnding { 0 => Cleared { price }, 1 => NothingTraded {}, 2 => Expired {}, 3 => Open {} });

/// An auction with orders.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuctionOutcome {
    /// Index of the window.
    pub window: u64,
    /// When it begins, unix seconds.
    pub from: u64,
    /// What is traded.
    pub utility: Utility,
    /// Orders to sell.
    pub sells: u32,
    /// Orders to buy.
    pub buys: u32,
    /// How it ended.
    #[serde(flatten)]
    pub ending: AuctionEnding,
    /// Height of the block with which it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
    /// Id of the Clear, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<String>,
}
kept!(AuctionOutcome { window, from, utility, sells, buys, ending, block, clear });

/// An order that stands.
#[derive(Clone, Copy)]
struct Order {
    terms: OrderTerms,
    keys: OrderKeys,
}
kept!(Order { terms, keys });

impl Order {
    fn side(&self) -> Side {
        match self.keys {
            OrderKeys::Sell { .. } => Side::Sell,
            OrderKeys::Buy { .. } => Side::Buy,
        }
    }

    fn energy(&self) -> Asset {
        Asset::Energy { utility: self.terms.utility, window: self.terms.window }
    }

    /// `cap*C_q`: what a buy order locks.
    fn lock(&self, parameters: &Parameters) -> RistrettoPoint {
        times(parameters.prices_of(self.terms.utility).cap, self.terms.quantity.point())
    }

    /// What an order gets of which nothing is traded.
    fn given_back(&self, parameters: &Parameters) -> Given {
        let (asset, key, commitment) = match self.keys {
            OrderKeys::Sell { rest, .. } => (self.energy(), rest, *self.terms.quantity.point()),
            OrderKeys::Buy { refund } => (Asset::Credit, refund, self.lock(parameters)),
        };
        Given { role: Role::GivenBack, asset, key, commitment: Element::new(commitment) }
    }

    /// What an order gets that cleared: of its quantity the fill is traded, at the auction's price.
    fn settled(&self, parameters: &Parameters, price: u32, fill: &Point) -> Vec<Given> {
        let paid = times(price, fill.point());
        let given = |role, asset, key, commitment| Given { role, asset, key, commitment: Element::new(commitment) };
        match self.keys {
            OrderKeys::Sell { payout, rest, .. } => {
                let unsold = self.terms.quantity.point() - fill.point();
                vec![given(Role::Sold, Asset::Credit, payout, paid), given(Role::Unsold, self.energy(), rest, unsold)]
            }
            OrderKeys::Buy { refund } => {
                vec![given(Role::Unspent, Asset::Credit, refund, self.lock(parameters) - paid)]
            }
        }
    }
}

/// A note that an order must be given.
pub(crate) struct Given {
    pub role: Role,
    pub asset: Asset,
    pub key: Point,
    pub commitment: Element,
}

/// What a Clear must bring about.
pub(crate) struct Settled {
    /// Every order's notes.
    pub given: Vec<Given>,
    /// What was sold; nothing if nothing was traded.
    pub sold: Option<Sold>,
}

/// What a cleared auction sold.
pub(crate) struct Sold {
    pub price: Price,
    /// Every sell order with its fill.
    pub fills: Vec<(OrderId, Point)>,
}

/// An auction that is not over, by when it expires.
type Key = (u64, Utility, Window);

#[derive(Default)]
struct Open {
    orders: BTreeMap<OrderId, Order>,
    rank: Option<BlockDigest>,
}
kept!(Open { orders, rank });

impl Open {
    fn count(&self, side: Side) -> u32 {
        self.orders.values().filter(|order| order.side() == side).count() as u32
    }

    fn record(&self) -> AuctionRecord {
        AuctionRecord { sells: self.count(Side::Sell), buys: self.count(Side::Buy), rank: self.rank }
    }

    fn outcome(
        &self,
        parameters: &Parameters,
        (_, utility, window): Key,
        ending: AuctionEnding,
        block: Option<u64>,
        clear: Option<&TransactionId>,
    ) -> AuctionOutcome {
        AuctionOutcome {
            window: window.0,
            from: parameters.window_start(window).0,
            utility,
            sells: self.count(Side::Sell),
            buys: self.count(Side::Buy),
            ending,
            block,
            clear: clear.map(|id| hex(&id.0)),
        }
    }
}

/// All auctions, and the operators.
pub(crate) struct Auctions {
    open: BTreeMap<Key, Open>,
    ended: Vec<AuctionOutcome>,
    counts: AuctionCounts,
    first_operator: Option<VerifyingKey>,
    /// Those named since, each with the time of its block.
    operators: Vec<(Timestamp, VerifyingKey)>,
    /// Auctions that began, changed or ended lately.
    touched: Vec<Key>,
}
kept!(Auctions { open, ended, counts, first_operator, operators } without touched);

/// First second after the attestation deadline of a window, from the parameters.
fn orders_from(parameters: &Parameters, window: Window) -> u64 {
    let end = window.0.saturating_add(1).saturating_mul(parameters.window);
    end.saturating_add(parameters.attestation_deadline).saturating_add(1)
}

/// Last second in which orders are accepted.
fn orders_until(parameters: &Parameters, rules: &AuctionParameters, window: Window) -> u64 {
    orders_from(parameters, window).saturating_add(rules.order_term).saturating_sub(1)
}

/// Last second in which the auction may be cleared.
fn deadline(parameters: &Parameters, rules: &AuctionParameters, window: Window) -> u64 {
    orders_until(parameters, rules, window).saturating_add(rules.clear_term)
}

impl Auctions {
    pub fn new(genesis: &Genesis) -> Self {
        Auctions {
            open: BTreeMap::new(),
            ended: Vec::new(),
            counts: AuctionCounts::default(),
            first_operator: genesis.operator,
            operators: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// The operator was replaced.
    pub fn named(&mut self, now: Timestamp, key: VerifyingKey) {
        self.operators.push((now, key));
    }

    /// Who was registered when a window started.
    fn operator_of(&self, parameters: &Parameters, window: Window) -> Option<VerifyingKey> {
        let start = Timestamp(window.0.saturating_mul(parameters.window));
        let named = self.operators.iter().rev().find(|(from, _)| *from <= start).map(|(_, key)| *key);
        named.or(self.first_operator)
    }

    /// A block begins: the one before it ranks the orders of auctions that it was the first to find closed, and auctions past
    /// their deadline end; gives what their orders must be given.
    pub fn begin_block(
        &mut self,
        parameters: &Parameters,
        (parent, parent_time): (&BlockDigest, Timestamp),
        (height, now): (u64, Timestamp),
    ) -> Vec<Given> {
        let Some(rules) = &parameters.auction else { return Vec::new() };
        for (key, auction) in &mut self.open {
            if auction.rank.is_none() && parent_time.0 > orders_until(parameters, rules, key.2) {
                auction.rank = Some(*parent);
                self.touched.push(*key);
            }
        }
        let mut given = Vec::new();
        while let Some(first) = self.open.first_entry() {
            if first.key().0 >= now.0 {
                break;
            }
            let (key, auction) = first.remove_entry();
            given.extend(auction.orders.values().map(|order| order.given_back(parameters)));
            self.counts.expired += 1;
            self.counts.orders_given_back += auction.orders.len() as u64;
            self.ended.push(auction.outcome(parameters, key, AuctionEnding::Expired, Some(height), None));
            self.touched.push(key);
        }
        given
    }

    /// Takes in an order, which must come in time, find room, and be admitted by who was registered.
    pub fn ordered(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        id: OrderId,
        (terms, keys): (OrderTerms, OrderKeys),
        resolved: &Resolved,
    ) -> Result<(), Difference> {
        let rules = parameters.auction.as_ref().ok_or(Difference::OrderRefused)?;
        let window = terms.window;
        let in_time = (orders_from(parameters, window)..=orders_until(parameters, rules, window)).contains(&now.0);
        self.check_operator(parameters, window, resolved)?;
        let key = (deadline(parameters, rules, window), terms.utility, window);
        let auction = self.open.entry(key).or_default();
        let has_room = auction.orders.len() < rules.max_orders as usize;
        let is_new = auction.orders.insert(id, Order { terms, keys }).is_none();
        if !(in_time && has_room && is_new) {
            return Err(Difference::OrderRefused);
        }
        self.counts.auctions += u64::from(auction.orders.len() == 1);
        self.counts.orders += 1;
        self.touched.push(key);
        Ok(())
    }

    /// Takes in a Clear, which must list the orders that stand, in time, under their rank, at a price within floor and cap.
    pub fn cleared(
        &mut self,
        parameters: &Parameters,
        (height, now): (u64, Timestamp),
        id: &TransactionId,
        statement: &ClearStatement,
        resolved: &Resolved,
    ) -> Result<Settled, Difference> {
        let (utility, window) = (statement.utility, statement.window);
        let rules = parameters.auction.as_ref().ok_or(Difference::NoAuction)?;
        self.check_operator(parameters, window, resolved)?;
        let key = (deadline(parameters, rules, window), utility, window);
        let auction = self.open.remove(&key).ok_or(Difference::NoAuction)?;
        self.touched.push(key);
        if now.0 <= orders_until(parameters, rules, window) || now.0 > key.0 {
            return Err(Difference::NoAuction);
        }
        if auction.rank.is_none() || resolved.rank != auction.rank {
            return Err(Difference::Rank);
        }
        let listed = statement.outcome.orders();
        let both_sides = auction.count(Side::Sell) > 0 && auction.count(Side::Buy) > 0;
        if !both_sides || !listed.iter().eq(auction.orders.keys()) {
            return Err(Difference::OrderList);
        }
        let orders = auction.orders.values();
        let (settled, ending) = match &statement.outcome {
            Outcome::NoTrade { .. } => {
                self.counts.nothing_traded += 1;
                self.counts.orders_given_back += listed.len() as u64;
                let given = orders.map(|order| order.given_back(parameters)).collect();
                (Settled { given, sold: None }, AuctionEnding::NothingTraded)
            }
            Outcome::Trade { price, fills } => {
                let (cleared, bounds) = (*price, parameters.prices_of(utility));
                let price = cleared.micro_euro();
                if price < bounds.floor || price > bounds.cap {
                    return Err(Difference::Price(price));
                }
                self.counts.cleared += 1;
                self.counts.orders_cleared += listed.len() as u64;
                let pairs = || auction.orders.iter().zip(fills);
                let given =
                    pairs().flat_map(|((_, order), fill)| order.settled(parameters, price, &fill.fill)).collect();
                let sellers = pairs().filter(|((_, order), _)| order.side() == Side::Sell);
                let fills = sellers.map(|((id, _), fill)| (*id, fill.fill)).collect();
                (Settled { given, sold: Some(Sold { price: cleared, fills }) }, AuctionEnding::Cleared { price })
            }
        };
        self.ended.push(auction.outcome(parameters, key, ending, Some(height), Some(id)));
        Ok(settled)
    }

    /// Whose signature the ledger's rules asked for is who was registered.
    fn check_operator(&self, parameters: &Parameters, window: Window, resolved: &Resolved) -> Result<(), Difference> {
        let registered = self.operator_of(parameters, window);
        let same = registered.is_some() && resolved.operator == registered;
        if same { Ok(()) } else { Err(Difference::Operator) }
    }

    /// Auctions that changed in the block are on or off the ledger's list, with as many orders.
    pub fn compare_touched(&mut self, ledger: &LedgerState<'_>) -> Result<Option<Difference>, StateError> {
        for key in std::mem::take(&mut self.touched) {
            let (_, utility, window) = key;
            if ledger.auction(utility, window)? != self.open.get(&key).map(Open::record) {
                return Ok(Some(Difference::AuctionList));
            }
        }
        Ok(None)
    }

    /// Every order that stands is on the ledger as it was placed, and the operators are those that were named.
    pub fn compare_all(&self, ledger: &LedgerState<'_>) -> Result<Option<Difference>, StateError> {
        for ((_, utility, window), auction) in &self.open {
            let kept = ledger.orders_of(*utility, *window)?;
            let kept = kept.iter().map(|(id, order)| (id, &order.terms, &order.keys));
            if !kept.eq(auction.orders.iter().map(|(id, order)| (id, &order.terms, &order.keys))) {
                return Ok(Some(Difference::AuctionList));
            }
        }
        // Of two that one second names, the later one counts.
        let mut named: BTreeMap<Timestamp, VerifyingKey> = BTreeMap::new();
        named.extend(self.operators.iter().copied());
        let same = ledger.named_operators()?.iter().eq(named.values());
        Ok((!same).then_some(Difference::Operator))
    }

    /// What became of all, by window and utility.
    pub fn finish(mut self, parameters: &Parameters) -> (AuctionCounts, Vec<AuctionOutcome>) {
        self.counts.open = self.open.len() as u64;
        self.counts.orders_open = self.open.values().map(|auction| auction.orders.len() as u64).sum();
        let open = self.open.iter();
        self.ended
            .extend(open.map(|(key, auction)| auction.outcome(parameters, *key, AuctionEnding::Open, None, None)));
        self.ended.sort_by_key(|outcome| (outcome.window, outcome.utility));
        (self.counts, self.ended)
    }
}
