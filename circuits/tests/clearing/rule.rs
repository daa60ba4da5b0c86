//! [`clear`] against all fills that there are, and against a reckoning by demand and supply. Both are written from the words of
//! protocol section 6.4 and share nothing with the crate.

use hushwatt_circuits::clearing::{Book, Bounds, Cleared, PlainOrder, clear};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::support::{BOUNDS, Limits, effort, random_book};

/// What 6.4 asks of fills, clause by clause; the price that goes with them.
fn satisfies(bounds: &Bounds, book: &Book, bid_fills: &[u32], ask_fills: &[u32]) -> Option<u32> {
    let bids = || book.bids.iter().zip(bid_fills.iter().copied());
    let asks = || book.asks.iter().zip(ask_fills.iter().copied());

    // "0 <= a <= q"
    if bids().chain(asks()).any(|(order, a)| a > order.quantity) {
        return None;
    }
    // "buys equal sells"
    if bids().map(|(_, a)| u64::from(a)).sum::<u64>() != asks().map(|(_, a)| u64::from(a)).sum::<u64>() {
        return None;
    }
    // "an ask counts in L if a > 0 and in U if a < q, a bid counts in U if a > 0 and in L if a < q, L includes floor, U
    // includes cap"
    let mut counts_in_lower = vec![bounds.floor];
    let mut counts_in_upper = vec![bounds.cap];
    for (ask, a) in asks() {
        if a > 0 {
            counts_in_lower.push(ask.limit);
        }
        if a < ask.quantity {
            counts_in_upper.push(ask.limit);
        }
    }
    for (bid, a) in bids() {
        if a > 0 {
            counts_in_upper.push(bid.limit);
        }
        if a < bid.quantity {
            counts_in_lower.push(bid.limit);
        }
    }
    let lower = counts_in_lower.into_iter().max().unwrap();
    let upper = counts_in_upper.into_iter().min().unwrap();
    // "L <= U"
    if lower > upper {
        return None;
    }
    // "the highest bid with a < q is strictly below the lowest ask with a < q"
    let highest = bids().filter(|(bid, a)| *a < bid.quantity).map(|(bid, _)| bid.limit).max();
    let lowest = asks().filter(|(ask, a)| *a < ask.quantity).map(|(ask, _)| ask.limit).min();
    if let (Some(highest), Some(lowest)) = (highest, lowest)
        && highest >= lowest
    {
        return None;
    }
    // "among equal limits on a side an order has a > 0 only if all of smaller rank have a = q"
    for (orders, fills) in [(&book.bids, bid_fills), (&book.asks, ask_fills)] {
        for later in 0..orders.len() {
            for earlier in 0..later {
                let equal = orders[earlier].limit == orders[later].limit;
                if equal && fills[later] > 0 && fills[earlier] != orders[earlier].quantity {
                    return None;
                }
            }
        }
    }
    // "p* = floor((L+U)/2)"
    Some(((u64::from(lower) + u64::from(upper)) / 2) as u32)
}

/// All fills of a side, up to one above each order.
fn all_fills(orders: &[PlainOrder]) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for order in orders {
        let longer = |fills: &Vec<u32>| {
            let fills = fills.clone();
            (0..=order.quantity + 1).map(move |fill| [&fills[..], &[fill]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// All outcomes that 6.4 allows.
fn allowed(bounds: &Bounds, book: &Book) -> Vec<Cleared> {
    let asks = all_fills(&book.asks);
    let mut allowed = Vec::new();
    for bid_fills in all_fills(&book.bids) {
        for ask_fills in &asks {
            if let Some(price) = satisfies(bounds, book, &bid_fills, ask_fills) {
                // "If nothing trades, Clear carries no price"
                let trades = bid_fills.iter().any(|fill| *fill > 0);
                let (bid_fills, ask_fills) = (bid_fills.clone(), ask_fills.clone());
                let trade = Cleared::Trade { price, bid_fills, ask_fills };
                allowed.push(if trades { trade } else { Cleared::NoTrade });
            }
        }
    }
    allowed
}

#[test]
fn of_all_fills_one_is_allowed_and_the_rule_finds_it() {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut trades, mut ties) = (0, 0);
    for round in 0..effort(3_000, 60_000) {
        let floor = rng.gen_range(1..5);
        let bounds = Bounds { floor, cap: floor + rng.gen_range(0..6) };
        let sides = (rng.gen_range(1..=3), rng.gen_range(1..=3));
        let limits = [Limits::Any, Limits::Few(2), Limits::Few(1), Limits::Edges, Limits::Crossed][round % 5];
        let book = random_book(&mut rng, sides, &bounds, limits, 3);
        let cleared = clear(&bounds, &book).unwrap();
        trades += usize::from(cleared != Cleared::NoTrade);
        ties += usize::from(book.bids.windows(2).any(|pair| pair[0].limit == pair[1].limit));
        assert_eq!(allowed(&bounds, &book), [cleared], "{bounds:?} {book:?}");
    }
    assert!(trades > 1_000 && ties > 1_000, "{trades} {ties}");
}

/// The same by demand and supply: the volume is the largest that could trade at one price, each side fills it from its best
/// orders on, and the prices that contradict no order are tried one by one.
fn by_demand_and_supply(bounds: &Bounds, book: &Book) -> Cleared {
    let total = |orders: &[PlainOrder], takes: &dyn Fn(u32) -> bool| -> u64 {
        orders.iter().filter(|order| takes(order.limit)).map(|order| u64::from(order.quantity)).sum()
    };
    let mut prices: Vec<u32> = book.bids.iter().chain(&book.asks).map(|order| order.limit).collect();
    prices.extend([bounds.floor, bounds.cap]);
    prices.sort_unstable();
    prices.dedup();
    let volume_at = |price: u32| {
        let demand = total(&book.bids, &|limit| limit >= price);
        demand.min(total(&book.asks, &|limit| limit <= price))
    };
    let volume = prices.iter().map(|price| volume_at(*price)).max().unwrap();
    if volume == 0 {
        return Cleared::NoTrade;
    }

    let filled = |orders: &[PlainOrder], better: &dyn Fn(u32, u32) -> bool| -> Vec<u32> {
        let ahead_of = |place: usize| -> u64 {
            let ahead = orders.iter().enumerate().filter(|(other, order)| {
                let mine = orders[place].limit;
                better(order.limit, mine) || (order.limit == mine && *other < place)
            });
            ahead.map(|(_, order)| u64::from(order.quantity)).sum()
        };
        let fill = |place: usize| volume.saturating_sub(ahead_of(place)).min(orders[place].quantity.into()) as u32;
        (0..orders.len()).map(fill).collect()
    };
    let bid_fills = filled(&book.bids, &|one, other| one > other);
    let ask_fills = filled(&book.asks, &|one, other| one < other);

    let content = |price: u32| {
        let bids = book.bids.iter().zip(&bid_fills);
        let asks = book.asks.iter().zip(&ask_fills);
        bids.clone().all(|(bid, a)| (*a == 0 || price <= bid.limit) && (*a == bid.quantity || price >= bid.limit))
            && asks
                .clone()
                .all(|(ask, a)| (*a == 0 || price >= ask.limit) && (*a == ask.quantity || price <= ask.limit))
    };
    // The ends of the interval are limits, or the bounds.
    let contents: Vec<u32> = prices.into_iter().filter(|price| content(*price)).collect();
    let (lower, upper) = (contents[0], contents[contents.len() - 1]);
    Cleared::Trade { price: lower + (upper - lower) / 2, bid_fills, ask_fills }
}

#[test]
fn the_rule_agrees_with_demand_and_supply() {
    let mut rng = StdRng::seed_from_u64(2);
    let (mut trades, mut largest) = (0, 0);
    let bounds =
        [BOUNDS, Bounds { floor: 1, cap: (1 << 31) - 1 }, Bounds { floor: 40, cap: 60 }, Bounds { floor: 5, cap: 5 }];
    for round in 0..effort(50_000, 2_000_000) {
        let orders = if round % 25 == 0 { rng.gen_range(2..=200) } else { rng.gen_range(2..=24) };
        let bids = match round % 7 {
            0 => 1,
            1 => orders - 1,
            _ => rng.gen_range(1..orders),
        };
        let bounds = bounds[round % 4];
        let limits = [Limits::Any, Limits::Few(3), Limits::Edges, Limits::Crossed, Limits::Apart][round % 5];
        let most = [3, 10_000, u32::MAX][round % 3];
        let book = random_book(&mut rng, (bids, orders - bids), &bounds, limits, most);
        let cleared = clear(&bounds, &book).unwrap();
        assert_eq!(cleared, by_demand_and_supply(&bounds, &book), "{bounds:?} {book:?}");
        trades += usize::from(cleared != Cleared::NoTrade);
        largest = largest.max(orders);
    }
    assert!(trades > 20_000 && largest > 190, "{trades} {largest}");
}

#[test]
fn the_two_reckonings_agree() {
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..500 {
        let bounds = Bounds { floor: 3, cap: 8 };
        let sides = (rng.gen_range(1..=3), rng.gen_range(1..=3));
        let book = random_book(&mut rng, sides, &bounds, Limits::Any, 2);
        assert_eq!(allowed(&bounds, &book), [by_demand_and_supply(&bounds, &book)], "{book:?}");
    }
}

fn order((quantity, limit): (u32, u32)) -> PlainOrder {
    PlainOrder { limit, quantity }
}

fn book<const B: usize, const A: usize>(bids: [(u32, u32); B], asks: [(u32, u32); A]) -> Book {
    Book { bids: bids.map(order).to_vec(), asks: asks.map(order).to_vec() }
}

fn trade(price: u32, bid_fills: &[u32], ask_fills: &[u32]) -> Option<Cleared> {
    Some(Cleared::Trade { price, bid_fills: bid_fills.to_vec(), ask_fills: ask_fills.to_vec() })
}

#[test]
fn one_order_a_side_meets_in_the_middle() {
    assert_eq!(clear(&BOUNDS, &book([(5, 300)], [(5, 101)])), trade(200, &[5], &[5]));
    assert_eq!(clear(&BOUNDS, &book([(5, 300)], [(7, 100)])), trade(100, &[5], &[5]));
    assert_eq!(clear(&BOUNDS, &book([(7, 300)], [(5, 100)])), trade(300, &[5], &[5]));
    assert_eq!(clear(&BOUNDS, &book([(5, 300)], [(5, 300)])), trade(300, &[5], &[5]));
}

#[test]
fn without_overlap_nothing_trades() {
    assert_eq!(clear(&BOUNDS, &book([(5, 299)], [(5, 300)])), Some(Cleared::NoTrade));
    assert_eq!(clear(&BOUNDS, &book([(5, 10), (9, 10)], [(5, 1_000)])), Some(Cleared::NoTrade));
}

#[test]
fn equal_limits_are_filled_by_rank() {
    assert_eq!(clear(&BOUNDS, &book([(5, 50), (5, 50), (5, 50)], [(7, 50)])), trade(50, &[5, 2, 0], &[7]));
    assert_eq!(clear(&BOUNDS, &book([(7, 50)], [(5, 50), (5, 50), (5, 50)])), trade(50, &[7], &[5, 2, 0]));
}

#[test]
fn orders_at_the_bounds_clear() {
    assert_eq!(clear(&BOUNDS, &book([(5, 1_000)], [(5, 10)])), trade(505, &[5], &[5]));
    assert_eq!(clear(&BOUNDS, &book([(5, 10)], [(5, 10)])), trade(10, &[5], &[5]));
    assert_eq!(clear(&BOUNDS, &book([(5, 1_000)], [(5, 1_000)])), trade(1_000, &[5], &[5]));
}

#[test]
fn books_that_no_auction_has_are_refused() {
    let fine = book([(5, 300)], [(5, 100)]);
    let with = |change: &dyn Fn(&mut Book)| {
        let mut book = fine.clone();
        change(&mut book);
        clear(&BOUNDS, &book)
    };
    assert!(with(&|_| ()).is_some());
    assert!(with(&|book| book.bids.clear()).is_none());
    assert!(with(&|book| book.asks.clear()).is_none());
    assert!(with(&|book| book.bids[0].quantity = 0).is_none());
    assert!(with(&|book| book.asks[0].limit = 9).is_none());
    assert!(with(&|book| book.bids[0].limit = 1_001).is_none());
    assert!(with(&|book| book.bids.resize(199, order((1, 10)))).is_some());
    assert!(with(&|book| book.bids.resize(200, order((1, 10)))).is_none());
    for bounds in [Bounds { floor: 0, cap: 1_000 }, Bounds { floor: 301, cap: 300 }, Bounds { floor: 1, cap: 1 << 31 }]
    {
        assert!(clear(&bounds, &fine).is_none());
    }
}
