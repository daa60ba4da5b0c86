//! Provers who choose otherwise than the one of this crate: for the tiniest books every choice there is.

use ark_ff::Field;

use super::{
    circuit::{Choices, Order, ask_tie, bid_tie, ties as ties_of},
    *,
};

/// Orders with each mixture of marks that is not refused by one linear constraint alone: `fill = full*quantity + partial*part`.
fn marked(orders: &[PlainOrder], fills: &[u32], part: i64) -> Vec<Vec<Order>> {
    orders.iter().zip(fills).fold(vec![Vec::new()], |all: Vec<Vec<Order>>, (order, fill)| {
        let marks = [(false, false), (false, true), (true, false), (true, true)];
        let marked = marks.map(|(full, partial)| Order {
            limit: order.limit.into(),
            quantity: order.quantity.into(),
            fill: (*fill).into(),
            full,
            partial,
        });
        let fits = |o: &&Order| {
            let [fill, quantity] = [o.fill, o.quantity].map(|value| value as i64);
            fill == i64::from(o.full) * quantity + i64::from(o.partial) * part
        };
        let marked: Vec<&Order> = marked.iter().filter(fits).collect();
        all.iter().flat_map(|side| marked.iter().map(move |one| [&side[..], &[**one]].concat())).collect()
    })
}

/// Places among equals of the best order that waits and the worst that trades.
fn ties(count: usize, tie: fn(usize) -> u64) -> Vec<(u64, u64)> {
    let mut pairs = vec![(0, 255), (255, 0), (0, 0), (255, 255)];
    pairs.extend((0..count).map(tie).flat_map(|tie| [(tie, tie), (255, tie), (0, tie)]));
    distinct(pairs)
}

fn distinct<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}

/// What a prover could choose for an outcome beside the marks, of those in each cell of all loops.
fn for_choices(bounds: &Bounds, book: &Book, outcome: &Outcome, mut check: impl FnMut(&[Order], &[Order], Choices)) {
    let price = u64::from(outcome.price.unwrap());
    let fills = || outcome.fills.iter().flatten();
    let orders = book.bids.iter().chain(&book.asks);
    let parts = distinct(fills().map(|fill| i64::from(*fill)).chain([0, 1]).collect());
    let left = orders.zip(fills()).map(|(order, fill)| i64::from(order.quantity) - i64::from(*fill));
    let rests = distinct(left.chain([0, 1]).collect());
    let (bid_ties, ask_ties) = (ties(book.bids.len(), bid_tie), ties(book.asks.len(), ask_tie));
    let mut tie_pairs = Vec::new();
    bid_ties.iter().for_each(|bids| tie_pairs.extend(ask_ties.iter().map(|asks| [bids.0, bids.1, asks.0, asks.1])));
    // `lower + upper` is twice the price or one more: another linear constraint.
    let ranges: Vec<(u64, u64)> = (u64::from(bounds.floor) - 1..=u64::from(bounds.cap) + 1)
        .flat_map(|lower| [2 * price, 2 * price + 1].map(|sum| sum.checked_sub(lower).map(|upper| (lower, upper))))
        .flatten()
        .collect();

    for part in parts {
        for bids in marked(&book.bids, &outcome.fills[0], part) {
            for asks in marked(&book.asks, &outcome.fills[1], part) {
                // Without a mark nothing hangs on the two numbers but their ranges.
                let partial = bids.iter().chain(&asks).any(|order| order.partial);
                if !partial && part != 1 {
                    continue;
                }
                for rest in if partial { &rests[..] } else { &[1] } {
                    for (lower, upper) in &ranges {
                        for (below, above) in [(false, false), (false, true), (true, false), (true, true)] {
                            for ties in &tie_pairs {
                                let choices = Choices {
                                    lower: *lower,
                                    upper: *upper,
                                    bids_below: below,
                                    asks_above: above,
                                    ties: *ties,
                                    part,
                                    rest: *rest,
                                    between: 0,
                                };
                                check(&bids, &asks, choices);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Every outcome with equal sums, and every choice or one in so many.
#[test]
fn no_choice_of_the_prover_makes_a_wrong_outcome_pass() {
    let mut rng = StdRng::seed_from_u64(7);
    let bounds = Bounds { floor: 2, cap: 3 };
    let (mut tried, mut accepted) = (0u64, 0u64);
    let (tiny, small, more) = if full_effort() { (1, 1, 40) } else { (8, 80, 8_000) };
    let cases = [(1, 1, 1, tiny), (1, 1, 2, small), (2, 1, 2, more), (1, 2, 2, more), (2, 2, 1, more)];
    for (bids, asks, most, sparse) in cases {
        for book in books(&bounds, bids, asks, most) {
            let right = Outcome::right(&bounds, &book);
            for outcome in outcomes(&bounds, &book) {
                let [bought, sold] = [0, 1].map(|side| outcome.fills[side].iter().sum::<u32>());
                let Some(price) = outcome.price.filter(|_| bought == sold) else { continue };
                for_choices(&bounds, &book, &outcome, |bids, asks, choices| {
                    if !rng.gen_ratio(1, sparse) {
                        return;
                    }
                    let values = Values {
                        bids: bids.to_vec(),
                        asks: asks.to_vec(),
                        floor: bounds.floor.into(),
                        cap: bounds.cap.into(),
                        price: price.into(),
                        choices,
                    };
                    tried += 1;
                    if accepts(&outcome.shape(&bounds), &values) {
                        assert_eq!(outcome, right, "{book:?}");
                        accepted += 1;
                    }
                });
            }
        }
    }
    println!("{tried} tried, {accepted} accepted");
    assert!(tried > 5_000 && accepted > 0, "{tried} {accepted}");
}

/// Whatever price is said to lie between them.
#[test]
fn no_choice_of_the_prover_hides_a_trade() {
    let bounds = Bounds { floor: 2, cap: 4 };
    for book in books(&bounds, 2, 1, 1) {
        let right = Outcome::right(&bounds, &book);
        let none = Outcome { price: None, fills: [vec![0; 2], vec![0; 1]] };
        let mut values = none.values(&bounds, &book);
        let accepted = (0..8).any(|between| {
            values.choices.between = between;
            accepts(&none.shape(&bounds), &values)
        });
        assert_eq!(accepted, right == none, "{book:?}");
    }
}

fn side<const N: usize>(orders: [(u32, u32); N]) -> Vec<PlainOrder> {
    orders.map(|(quantity, limit)| PlainOrder { limit, quantity }).to_vec()
}

/// The right fills with every interval of prices that could be claimed, and the price in its middle.
#[test]
fn no_other_interval_of_prices_passes() {
    let bounds = Bounds { floor: 1, cap: 10 };
    let books = [
        // Both ends are limits of orders that trade, of a bid that waits, of an ask that waits, of both, the bounds.
        (side([(1, 8)]), side([(1, 3)])),
        (side([(1, 8), (1, 5)]), side([(1, 3)])),
        (side([(1, 8)]), side([(1, 3), (1, 6)])),
        (side([(1, 8), (1, 4)]), side([(1, 3), (1, 7)])),
        (side([(1, 10)]), side([(1, 1)])),
        // A partly filled order, and equal limits.
        (side([(2, 8)]), side([(1, 3)])),
        (side([(1, 8)]), side([(2, 3), (1, 3)])),
        (side([(1, 8), (1, 8), (1, 8)]), side([(2, 3)])),
        (side([(1, 5), (1, 5)]), side([(1, 5)])),
    ];
    for (bids, asks) in books {
        let book = Book { bids, asks };
        let right = Outcome::right(&bounds, &book);
        let mut found = 0;
        for (lower, upper) in (1..=10u64).flat_map(|lower| (1..=10u64).map(move |upper| (lower, upper))) {
            for (below, above) in [(false, false), (false, true), (true, false), (true, true)] {
                let price = u32::try_from((lower + upper) / 2).unwrap();
                let mut values = Outcome { price: Some(price), ..right.clone() }.values(&bounds, &book);
                values.choices = Choices {
                    lower,
                    upper,
                    bids_below: below,
                    asks_above: above,
                    ties: ties_of([&values.bids, &values.asks], (lower, upper), (below, above)),
                    ..values.choices
                };
                if accepts(&right.shape(&bounds), &values) {
                    assert_eq!(Some(price), right.price, "{book:?} {lower} {upper}");
                    found += 1;
                }
            }
        }
        assert!(found > 0, "{book:?}");
    }
}

/// One of two units trades: the others wait, and neither side is said to be away from the price.
#[test]
fn orders_that_wait_at_one_price_are_refused() {
    let bounds = Bounds { floor: 1, cap: 9 };
    for (book, fills) in [
        (Book { bids: side([(1, 5), (1, 5)]), asks: side([(1, 5), (1, 5)]) }, [vec![1, 0], vec![1, 0]]),
        (Book { bids: side([(2, 5)]), asks: side([(2, 5)]) }, [vec![1], vec![1]]),
    ] {
        let less = Outcome { price: Some(5), fills };
        assert_ne!(less, Outcome::right(&bounds, &book));
        let pairs = [ties(book.bids.len(), bid_tie), ties(book.asks.len(), ask_tie)];
        for (below, above) in [(false, false), (false, true), (true, false), (true, true)] {
            for (bids, asks) in pairs[0].iter().flat_map(|bids| pairs[1].iter().map(move |asks| (bids, asks))) {
                let mut values = less.values(&bounds, &book);
                (values.choices.bids_below, values.choices.asks_above) = (below, above);
                values.choices.ties = [bids.0, bids.1, asks.0, asks.1];
                assert!(!accepts(&less.shape(&bounds), &values), "{book:?} {below} {above} {bids:?} {asks:?}");
            }
        }
    }
}

/// A tie of more than eight bits would let a bid wait above the lower end of prices, or an ask trade above it.
#[test]
fn a_tie_that_is_none_is_refused() {
    let bounds = Bounds { floor: 1, cap: 9 };
    let book = Book { bids: side([(1, 9), (1, 7)]), asks: side([(1, 3)]) };
    let right = Outcome::right(&bounds, &book);
    assert_eq!(right.price, Some(8));
    // The interval 3..=9 passes over the bid at 7.
    let cheaper = Outcome { price: Some(6), ..right };
    let mut values = cheaper.values(&bounds, &book);
    values.choices.lower = 3;
    values.choices.ties = ties_of([&values.bids, &values.asks], (3, 9), (false, false));
    values.choices.ties[0] = 4 * 256 + bid_tie(1);
    assert!(!accepts(&cheaper.shape(&bounds), &values));
    // That is because the bid waits at 7: of one at 3 it would be right.
    let book = Book { bids: side([(1, 9), (1, 3)]), asks: side([(1, 3)]) };
    assert_eq!(cheaper, Outcome::right(&bounds, &book));
    assert!(cheaper.is_accepted(&bounds, &book));
}

/// A bid of 2 at the cap that buys 3.
#[test]
fn an_order_that_is_full_and_partly_filled_is_refused() {
    let bounds = Bounds { floor: 1, cap: 5 };
    let book = Book { bids: side([(2, 5)]), asks: side([(3, 5)]) };
    let over = Outcome { price: Some(5), fills: [vec![3], vec![3]] };
    let mut values = over.values(&bounds, &book);
    (values.bids[0].full, values.bids[0].partial) = (true, true);
    (values.choices.part, values.choices.rest) = (1, 1);
    values.choices.ties = ties_of([&values.bids, &values.asks], (5, 5), (true, false));
    (values.choices.bids_below, values.choices.asks_above) = (true, false);
    assert!(!accepts(&over.shape(&bounds), &values));
}

/// Bid 1@4 and ask 1@5 trade at 4, which is between an upper end of 4 and a lower end of 5: what waits is below the one and
/// above the other, since nothing does.
#[test]
fn a_range_upside_down_is_refused() {
    let bounds = Bounds { floor: 1, cap: 9 };
    let order = |limit| PlainOrder { limit, quantity: 1 };
    let book = Book { bids: vec![order(4)], asks: vec![order(5)] };
    let crossed = Outcome { price: Some(4), fills: [vec![1], vec![1]] };
    let mut values = crossed.values(&bounds, &book);
    assert_eq!((values.choices.lower, values.choices.upper), (5, 4));
    values.choices.bids_below = true;
    values.choices.asks_above = true;
    assert!(!accepts(&crossed.shape(&bounds), &values));
    // That is because it is upside down: the other way round it is not.
    let meeting = Book { bids: vec![order(5)], asks: vec![order(4)] };
    let mut values = crossed.values(&bounds, &meeting);
    values.choices.bids_below = true;
    values.choices.asks_above = true;
    assert!(accepts(&crossed.shape(&bounds), &values));
}

/// Bids 5@5 and 5@5, ask 4@5: the first bid is full and the second one sells one of it, so that sums are equal.
#[test]
fn a_negative_fill_is_refused() {
    let bounds = Bounds { floor: 1, cap: 9 };
    let order = |quantity| PlainOrder { limit: 5, quantity };
    let book = Book { bids: vec![order(5), order(5)], asks: vec![order(4)] };
    let right = Outcome { price: Some(5), fills: [vec![4, 0], vec![4]] };
    assert_eq!(right, Outcome::right(&bounds, &book));
    let shape = right.shape(&bounds);
    let compiled = circuit_of(&shape).unwrap();
    let assignment = |part: i64| {
        let fills = [vec![5, part.max(0) as u32], vec![(5 + part) as u32]];
        let mut values = Outcome { price: Some(5), fills }.values(&bounds, &book);
        values.bids[1].partial = true;
        (values.choices.part, values.choices.rest, values.choices.ties[1]) = (part, 5 - part, bid_tie(1));
        let mut builder = Builder::assigned();
        circuit::build(&mut builder, &shape, Some(&values)).unwrap();
        let mut assignment = builder.assignment().unwrap().to_vec();
        // After 1 and three public values come limit, quantity and fill of each order; last is what the sum's inverse is.
        assignment[1 + 3 + 5] = Fr::from(part);
        *assignment.last_mut().unwrap() = Fr::from(5 + part).inverse().unwrap();
        assignment
    };
    assert!(!compiled.is_satisfied(&assignment(-1)));
    // That is because it is negative: of a larger ask the second bid may well buy one.
    let mut larger = book.clone();
    larger.asks[0].quantity = 6;
    assert!(Outcome { price: Some(5), fills: [vec![5, 1], vec![6]] }.is_accepted(&bounds, &larger));
}
