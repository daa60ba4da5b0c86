//! The rule as a circuit: 16 gates an order, and one more for each bit of a price; `docs/circuits/clearing.md` says why each.

use ark_ff::{Field, Zero};

use crate::{
    Error,
    frontend::{Bit, Builder, Fr, Result, Var, constant, value_of},
};

use super::{Claim, Opened, Statement, rule};

/// Bits of what a partly filled order trades, less one, and of what is left of it, less one.
const QUANTITY: u32 = 32;
/// An order's key is its limit, then its place among equals: so many bits for the place.
const TIE: u32 = 8;
/// Above all limits, keys and quantities, so that a sum of multiples of its powers is zero only if each is.
const APART: u32 = 48;

/// What a circuit hangs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) trade: bool,
    pub(super) bids: usize,
    pub(super) asks: usize,
    /// Two limits differ by less than 2 to the power of this; at least 1.
    pub(super) price_bits: u32,
}

impl Shape {
    /// Two keys differ by less than 2 to the power of this.
    fn key_bits(&self) -> u32 {
        self.price_bits + TIE
    }
}

/// One order in plain numbers, and what the prover says of it.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) limit: u64,
    pub(super) quantity: u64,
    pub(super) fill: u64,
    pub(super) full: bool,
    pub(super) partial: bool,
}

/// What the prover chooses beside the orders.
#[derive(Clone, Copy)]
pub(super) struct Choices {
    pub(super) lower: u64,
    pub(super) upper: u64,
    /// Whether bids that wait are shown to be below `lower`, or asks that wait above `upper`.
    pub(super) bids_below: bool,
    pub(super) asks_above: bool,
    /// Places among equals: of the best bid that waits, the worst that trades, the best ask that waits, the worst that trades.
    pub(super) ties: [u64; 4],
    /// What the partly filled order trades, and what is left of it; 1 if there is none.
    pub(super) part: i64,
    pub(super) rest: i64,
    /// Without a trade: above all bids, at most all asks.
    pub(super) between: u64,
}

/// Everything that the prover knows or chooses.
pub(super) struct Values {
    pub(super) bids: Vec<Order>,
    pub(super) asks: Vec<Order>,
    pub(super) floor: u64,
    pub(super) cap: u64,
    pub(super) price: u64,
    pub(super) choices: Choices,
}

pub(super) fn bid_tie(rank: usize) -> u64 {
    (1u64 << TIE) - 1 - rank as u64
}

pub(super) fn ask_tie(rank: usize) -> u64 {
    rank as u64
}

impl Values {
    pub(super) fn new(
        statement: &Statement<'_>,
        bids: &[Opened],
        asks: &[Opened],
    ) -> core::result::Result<Self, Error> {
        let price = match statement.claim {
            Claim::NoTrade => 0,
            Claim::Trade { price } => price,
        };
        let small = |value: u64| u32::try_from(value).map_err(|_| Error::Unsatisfied);
        let side = |opened: &[Opened]| -> core::result::Result<(Vec<rule::PlainOrder>, Vec<u32>), Error> {
            let plain = |order: &Opened| {
                let limit = small(order.limit.value)?;
                Ok(rule::PlainOrder { limit, quantity: small(order.quantity.value)? })
            };
            let fill = |order: &Opened| small(order.fill.as_ref().map_or(0, |fill| fill.value));
            let orders = opened.iter().map(plain).collect::<core::result::Result<_, Error>>()?;
            Ok((orders, opened.iter().map(fill).collect::<core::result::Result<_, Error>>()?))
        };
        let ((bids, bid_fills), (asks, ask_fills)) = (side(bids)?, side(asks)?);
        Ok(Self::of(&statement.bounds, &rule::Book { bids, asks }, price, &bid_fills, &ask_fills))
    }

    /// What satisfies the circuit if anything does.
    pub(super) fn of(
        bounds: &rule::Bounds,
        book: &rule::Book,
        price: u32,
        bid_fills: &[u32],
        ask_fills: &[u32],
    ) -> Self {
        let orders = |orders: &[rule::PlainOrder], fills: &[u32]| -> Vec<Order> {
            let order = |(order, &fill): (&rule::PlainOrder, &u32)| Order {
                limit: order.limit.into(),
                quantity: order.quantity.into(),
                fill: fill.into(),
                full: fill == order.quantity,
                partial: fill != order.quantity && fill != 0,
            };
            orders.iter().zip(fills).map(order).collect()
        };
        let (lower, upper) = rule::price_range(bounds, book, bid_fills, ask_fills);
        let (bids, asks) = (orders(&book.bids, bid_fills), orders(&book.asks, ask_fills));
        let (lower, upper) = (u64::from(lower), u64::from(upper));
        let bids_below = lower == upper && !bids.iter().any(|bid| !bid.full && bid.limit == lower);
        let asks_above = lower == upper && !bids_below;

        let ties = ties([&bids, &asks], (lower, upper), (bids_below, asks_above));
        let (all, fills) = (book.bids.iter().chain(&book.asks), bid_fills.iter().chain(ask_fills));
        let partial = bids.iter().chain(&asks).zip(all.zip(fills)).find(|(order, _)| order.partial);
        let (part, rest) =
            partial.map_or((1, 1), |(_, (order, fill))| ((*fill).into(), i64::from(order.quantity) - i64::from(*fill)));
        let between = bids.iter().map(|bid| bid.limit + 1).max().unwrap_or(1);
        Values {
            bids,
            asks,
            floor: bounds.floor.into(),
            cap: bounds.cap.into(),
            price: price.into(),
            choices: Choices { lower, upper, bids_below, asks_above, ties, part, rest, between },
        }
    }
}

/// The ties that go with an interval of prices.
pub(super) fn ties(
    [bids, asks]: [&[Order]; 2],
    (lower, upper): (u64, u64),
    (bids_below, asks_above): (bool, bool),
) -> [u64; 4] {
    let of = |side: &[Order], tie: fn(usize) -> u64, limit: u64, wanted: fn(&Order) -> bool| -> Vec<u64> {
        let at = side.iter().enumerate().filter(|(_, order)| wanted(order) && order.limit == limit);
        at.map(|(rank, _)| tie(rank)).collect()
    };
    let waits: fn(&Order) -> bool = |order| !order.full;
    let trades: fn(&Order) -> bool = |order| order.full || order.partial;
    let last = (1 << TIE) - 1;
    [
        of(bids, bid_tie, lower - u64::from(bids_below), waits).into_iter().max().unwrap_or(0),
        of(bids, bid_tie, upper, trades).into_iter().min().unwrap_or(last),
        of(asks, ask_tie, upper + u64::from(asks_above), waits).into_iter().min().unwrap_or(last),
        of(asks, ask_tie, lower, trades).into_iter().max().unwrap_or(0),
    ]
}

pub(super) fn build(builder: &mut Builder, shape: &Shape, values: Option<&Values>) -> Result<()> {
    if shape.trade { trade(builder, shape, values) } else { no_trade(builder, shape, values) }
}

/// Some price is above all bids and at most all asks.
fn no_trade(builder: &mut Builder, shape: &Shape, values: Option<&Values>) -> Result<()> {
    let mut limits = |count: usize, side: fn(&Values) -> &[Order]| -> Result<Vec<Var>> {
        (0..count).map(|place| builder.admitted(values.map(|v| side(v)[place].limit))).collect()
    };
    let bids = limits(shape.bids, |v| &v.bids)?;
    let asks = limits(shape.asks, |v| &v.asks)?;
    let between = builder.witness(|| values.map(|v| Fr::from(v.choices.between)))?;
    for bid in &bids {
        builder.at_most(&(bid + constant(1)), &between, shape.price_bits)?;
    }
    asks.iter().try_for_each(|ask| builder.at_most(&between, ask, shape.price_bits))
}

/// An order in the circuit. It is full, partly filled or empty; it trades unless it is empty, and waits unless it is full.
struct Cell {
    limit: Var,
    quantity: Var,
    fill: Var,
    values: Option<Order>,
}

impl Cell {
    fn all(
        builder: &mut Builder,
        count: usize,
        values: Option<&Values>,
        side: fn(&Values) -> &[Order],
    ) -> Result<Vec<Cell>> {
        let mut cell = |place: usize| {
            let values = values.map(|v| side(v)[place]);
            Ok(Cell {
                limit: builder.admitted(values.map(|order| order.limit))?,
                quantity: builder.admitted(values.map(|order| order.quantity))?,
                fill: builder.committed(values.map(|order| order.fill))?,
                values,
            })
        };
        (0..count).map(&mut cell).collect()
    }
}

/// What is the same for all orders.
struct Margin {
    /// What the partly filled order trades, and what is left of it.
    part: Var,
    rest: Var,
    key_bits: u32,
}

impl Margin {
    /// Full and partly filled, or neither, and the fill that goes with it. Of an order that waits, `waiting` is at least
    /// zero; of a full one `trading`, and of a partly filled one that is zero. 8 gates and one for each bit of a key.
    fn place(&self, builder: &Builder, cell: &Cell, waiting: &Var, trading: &Var) -> Result<(Bit, Bit)> {
        let full = builder.bit(cell.values.map(|order| order.full))?;
        let partial = builder.bit(cell.values.map(|order| order.partial))?;
        let whole = builder.product(full.var(), &cell.quantity)?;
        let part = builder.product(partial.var(), &self.part)?;
        builder.zero(&(&cell.fill - whole - part))?;

        let apart = Fr::from(2u64).pow([u64::from(APART)]);
        let off = trading + (&cell.quantity - &self.part - &self.rest) * apart + full.var() * apart.square();
        builder.require_product(partial.var(), &off, &constant(0))?;

        let distance = builder.select(&full, trading, waiting)?;
        builder.range(&distance, self.key_bits)?;
        Ok((full, partial))
    }
}

fn trade(builder: &mut Builder, shape: &Shape, values: Option<&Values>) -> Result<()> {
    let bids = Cell::all(builder, shape.bids, values, |v| &v.bids)?;
    let asks = Cell::all(builder, shape.asks, values, |v| &v.asks)?;
    let builder = &*builder;
    let floor = builder.public(values.map(|v| v.floor))?;
    let cap = builder.public(values.map(|v| v.cap))?;
    let price = builder.public(values.map(|v| v.price))?;

    let choices = values.map(|v| &v.choices);
    let part = builder.witness(|| choices.map(|c| Fr::from(c.part)))?;
    let rest = builder.witness(|| choices.map(|c| Fr::from(c.rest)))?;
    builder.range(&(&part - constant(1)), QUANTITY)?;
    builder.range(&(&rest - constant(1)), QUANTITY)?;
    let margin = Margin { part, rest, key_bits: shape.key_bits() };

    // The price is in the middle of `lower..=upper`.
    let lower = builder.witness(|| choices.map(|c| Fr::from(c.lower)))?;
    let upper = builder.witness(|| choices.map(|c| Fr::from(c.upper)))?;
    let odd = builder.bit(choices.map(|c| (c.lower + c.upper) % 2 == 1))?;
    builder.zero(&(&lower + &upper - &price - &price - odd.var()))?;
    builder.at_most(&lower, &upper, shape.price_bits)?;

    // The best bid that waits is strictly below the best ask that waits.
    let bids_below = builder.bit(choices.map(|c| c.bids_below))?;
    let asks_above = builder.bit(choices.map(|c| c.asks_above))?;
    not_zero(builder, &(&upper - &lower + bids_below.var() + asks_above.var()))?;

    // Of each side, every key that waits is no better than any key that trades.
    let tie = |place: usize| -> Result<Var> {
        let tie = builder.witness(|| choices.map(|c| Fr::from(c.ties[place])))?;
        builder.range(&tie, TIE)?;
        Ok(tie)
    };
    let key = |limit: &Var, tie: &Var| limit * Fr::from(1u64 << TIE) + tie;
    let bids_wait = key(&(&lower - bids_below.var()), &tie(0)?);
    let bids_trade = key(&upper, &tie(1)?);
    let asks_wait = key(&(&upper + asks_above.var()), &tie(2)?);
    let asks_trade = key(&lower, &tie(3)?);
    builder.at_most(&bids_wait, &bids_trade, margin.key_bits)?;
    builder.at_most(&asks_trade, &asks_wait, margin.key_bits)?;

    // `lower` is the floor or the limit of an order that counts in it; were it that of another, it would be above `upper`,
    // and `upper` below it.
    let mut lower_off = vec![&lower - &floor];
    let mut upper_off = vec![&upper - &cap];
    let far = Fr::from(1u64 << APART);
    for (rank, cell) in bids.iter().enumerate() {
        let key = key(&cell.limit, &constant(bid_tie(rank)));
        let (full, partial) = margin.place(builder, cell, &(&bids_wait - &key), &(&key - &bids_trade))?;
        lower_off.push(&lower - &cell.limit - full.var() * far);
        upper_off.push(&upper - &cell.limit + (full.not().var() - partial.var()) * far);
    }
    for (rank, cell) in asks.iter().enumerate() {
        let key = key(&cell.limit, &constant(ask_tie(rank)));
        let (full, partial) = margin.place(builder, cell, &(&key - &asks_wait), &(&asks_trade - &key))?;
        lower_off.push(&lower - &cell.limit - (full.not().var() - partial.var()) * far);
        upper_off.push(&upper - &cell.limit + full.var() * far);
    }
    one_is_zero(builder, &lower_off)?;
    one_is_zero(builder, &upper_off)?;

    // What is bought is sold, and it is something.
    let bought = builder.sum(bids.iter().map(|cell| &cell.fill))?;
    let sold = builder.sum(asks.iter().map(|cell| &cell.fill))?;
    builder.zero(&(&bought - &sold))?;
    not_zero(builder, &bought)
}

/// `x` has an inverse. One gate.
fn not_zero(builder: &Builder, x: &Var) -> Result<()> {
    let inverse = builder.witness(|| value_of(x).map(|x| x.inverse().unwrap_or(x)))?;
    builder.require_product(x, &inverse, &constant(1))
}

/// Weights with the sum 1 are zero where `all` are not. One gate for each.
fn one_is_zero(builder: &Builder, all: &[Var]) -> Result<()> {
    let mut found = false;
    let mut weights = Vec::with_capacity(all.len());
    for x in all {
        let weight = builder.witness(|| {
            let chosen = !found && value_of(x)?.is_zero();
            found |= chosen;
            Some(Fr::from(chosen))
        })?;
        builder.require_product(&weight, x, &constant(0))?;
        weights.push(weight);
    }
    builder.zero(&(builder.sum(&weights)? - constant(1)))
}
