//! The rule in plain numbers.

/// Lowest and highest price, in micro-euro per base unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// At least 1.
    pub floor: u32,
    /// Below 2^31.
    pub cap: u32,
}

impl Bounds {
    /// Whether `1 <= floor <= cap < 2^31`.
    pub fn hold(&self) -> bool {
        self.floor >= 1 && self.floor <= self.cap && self.cap < 1 << 31
    }

    /// Two prices within them differ by less than 2 to the power of this; at least 1.
    pub(super) fn price_bits(&self) -> u32 {
        self.cap.abs_diff(self.floor).checked_ilog2().map_or(1, |log| log + 1)
    }
}

/// An order's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainOrder {
    /// Highest price of a bid, lowest of an ask, in micro-euro per base unit.
    pub limit: u32,
    /// In base units, at least 1.
    pub quantity: u32,
}

/// All orders of an auction, each side in the order of their ranks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Book {
    /// Who buys.
    pub bids: Vec<PlainOrder>,
    /// Who sells.
    pub asks: Vec<PlainOrder>,
}

/// What the rule says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cleared {
    /// Every bid is below every ask.
    NoTrade,
    /// One price for all.
    Trade {
        /// In micro-euro per base unit.
        price: u32,
        /// What each bid gets, in base units.
        bid_fills: Vec<u32>,
        /// What each ask sells.
        ask_fills: Vec<u32>,
    },
}

/// Clears a book: the largest volume, better limits first, equal ones by rank, and the price in the middle of what all
/// orders leave open. `None` if a side is empty, there are more than [`super::MAX_ORDERS`], a limit is out of bounds or a
/// quantity is zero.
pub fn clear(bounds: &Bounds, book: &Book) -> Option<Cleared> {
    let orders = || book.bids.iter().chain(&book.asks);
    let fits = |order: &PlainOrder| (bounds.floor..=bounds.cap).contains(&order.limit) && order.quantity > 0;
    let whole = !book.bids.is_empty() && !book.asks.is_empty() && orders().count() <= super::MAX_ORDERS;
    if !whole || !bounds.hold() || !orders().all(fits) {
        return None;
    }
    // Stable sorts keep the order of ranks among equal limits.
    let mut best_bids: Vec<usize> = (0..book.bids.len()).collect();
    best_bids.sort_by_key(|place| core::cmp::Reverse(book.bids[*place].limit));
    let mut best_asks: Vec<usize> = (0..book.asks.len()).collect();
    best_asks.sort_by_key(|place| book.asks[*place].limit);
    let (mut bid_fills, mut ask_fills) = (vec![0u32; book.bids.len()], vec![0u32; book.asks.len()]);
    let (mut bids, mut asks) = (best_bids.into_iter().peekable(), best_asks.into_iter().peekable());
    while let (Some(&bid), Some(&ask)) = (bids.peek(), asks.peek()) {
        if book.bids[bid].limit < book.asks[ask].limit {
            break;
        }
        let (wanted, offered) = (book.bids[bid].quantity - bid_fills[bid], book.asks[ask].quantity - ask_fills[ask]);
        let traded = wanted.min(offered);
        bid_fills[bid] += traded;
        ask_fills[ask] += traded;
        if traded == wanted {
            bids.next();
        }
        if traded == offered {
            asks.next();
        }
    }
    if bid_fills.iter().all(|fill| *fill == 0) {
        return Some(Cleared::NoTrade);
    }
    let (lower, upper) = price_range(bounds, book, &bid_fills, &ask_fills);
    Some(Cleared::Trade { price: lower.midpoint(upper), bid_fills, ask_fills })
}

/// `L` and `U`: the prices that contradict no fill are those between them.
pub(super) fn price_range(bounds: &Bounds, book: &Book, bid_fills: &[u32], ask_fills: &[u32]) -> (u32, u32) {
    let (mut lower, mut upper) = (bounds.floor, bounds.cap);
    for (bid, fill) in book.bids.iter().zip(bid_fills) {
        if *fill > 0 {
            upper = upper.min(bid.limit);
        }
        if *fill < bid.quantity {
            lower = lower.max(bid.limit);
        }
    }
    for (ask, fill) in book.asks.iter().zip(ask_fills) {
        if *fill > 0 {
            lower = lower.max(ask.limit);
        }
        if *fill < ask.quantity {
            upper = upper.min(ask.limit);
        }
    }
    (lower, upper)
}
