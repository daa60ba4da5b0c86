//! Random books, and their statements.

use hushwatt_circuits::clearing::{Book, Bounds, Claim, Cleared, Committed, Opened, PlainOrder, Statement, clear};
use hushwatt_crypto::{NetworkId, SecretScalar, commitment::Opening};
use rand::{Rng, rngs::StdRng, seq::SliceRandom};

pub const NETWORK: NetworkId = NetworkId([7; 32]);
pub const DIGEST: [u8; 64] = [9; 64];
pub const BOUNDS: Bounds = Bounds { floor: 10, cap: 1_000 };

/// `HUSHWATT_EFFORT=full` runs long, anything else as long as CI allows.
pub fn effort(ci: usize, full: usize) -> usize {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { full } else { ci }
}

/// How the limits of a book are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limits {
    /// From all prices.
    Any,
    /// From so many prices.
    Few(usize),
    /// Lowest or highest price.
    Edges,
    /// Bids high and asks low, so that nearly all trade.
    Crossed,
    /// Bids low and asks high, so that little trades.
    Apart,
}

pub fn random_book(rng: &mut StdRng, (bids, asks): (usize, usize), bounds: &Bounds, limits: Limits, most: u32) -> Book {
    let any = |rng: &mut StdRng| rng.gen_range(bounds.floor..=bounds.cap);
    let few: Vec<u32> = match limits {
        Limits::Few(count) => (0..count).map(|_| any(rng)).collect(),
        _ => vec![bounds.floor, bounds.cap],
    };
    let mut order = |high: bool| {
        let (one, other) = (any(rng), any(rng));
        let limit = match limits {
            Limits::Any => one,
            Limits::Few(_) | Limits::Edges => *few.choose(rng).unwrap(),
            Limits::Crossed | Limits::Apart if high => one.max(other),
            Limits::Crossed | Limits::Apart => one.min(other),
        };
        PlainOrder { limit, quantity: rng.gen_range(1..=most) }
    };
    let bids_high = limits == Limits::Crossed;
    Book { bids: (0..bids).map(|_| order(bids_high)).collect(), asks: (0..asks).map(|_| order(!bids_high)).collect() }
}

/// A cleared book with everything that proves it.
#[derive(Clone)]
pub struct Auction {
    pub bounds: Bounds,
    pub claim: Claim,
    pub opened_bids: Vec<Opened>,
    pub opened_asks: Vec<Opened>,
    pub bids: Vec<Committed>,
    pub asks: Vec<Committed>,
}

impl Auction {
    pub fn of(rng: &mut StdRng, bounds: Bounds, book: &Book) -> Self {
        let (claim, fills) = match clear(&bounds, book).unwrap() {
            Cleared::NoTrade => (Claim::NoTrade, None),
            Cleared::Trade { price, bid_fills, ask_fills } => (Claim::Trade { price }, Some((bid_fills, ask_fills))),
        };
        let mut open = |orders: &[PlainOrder], fills: Option<&Vec<u32>>| -> Vec<Opened> {
            let mut opening = |value: u32| Opening::new(value.into(), SecretScalar::random(rng));
            let open = |(place, order): (usize, &PlainOrder)| Opened {
                limit: opening(order.limit),
                quantity: opening(order.quantity),
                fill: fills.map(|fills| opening(fills[place])),
            };
            orders.iter().enumerate().map(open).collect()
        };
        let opened_bids = open(&book.bids, fills.as_ref().map(|fills| &fills.0));
        let opened_asks = open(&book.asks, fills.as_ref().map(|fills| &fills.1));
        let commit = |order: &Opened| Committed {
            limit: order.limit.commit(),
            quantity: order.quantity.commit(),
            fill: order.fill.as_ref().map(Opening::commit),
        };
        let (bids, asks) = (opened_bids.iter().map(commit).collect(), opened_asks.iter().map(commit).collect());
        Auction { bounds, claim, opened_bids, opened_asks, bids, asks }
    }

    /// A random one that trades.
    pub fn random(rng: &mut StdRng, bids: usize, asks: usize) -> Self {
        loop {
            let book = random_book(rng, (bids, asks), &BOUNDS, Limits::Any, 5_000);
            let auction = Self::of(rng, BOUNDS, &book);
            if auction.claim != Claim::NoTrade {
                return auction;
            }
        }
    }

    pub fn statement(&self) -> Statement<'_> {
        Statement {
            network: &NETWORK,
            digest: &DIGEST,
            bounds: self.bounds,
            claim: self.claim,
            bids: &self.bids,
            asks: &self.asks,
        }
    }
}
