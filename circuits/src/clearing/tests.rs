//! The circuit against the rule: it accepts what the rule says, and nothing else whatever the prover chooses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cases;
mod choices;

use rand::{Rng as _, SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::{
    circuit::{self, Shape, Values},
    rule::{Book, Bounds, Cleared, PlainOrder, clear},
    *,
};

/// `HUSHWATT_EFFORT=full` runs long, anything else as long as CI allows.
fn full_effort() -> bool {
    std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full")
}

/// What is claimed of a book.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    /// `None` if nothing is said to trade.
    price: Option<u32>,
    fills: [Vec<u32>; 2],
}

impl Outcome {
    fn right(bounds: &Bounds, book: &Book) -> Self {
        match clear(bounds, book).unwrap() {
            Cleared::NoTrade => Outcome { price: None, fills: [vec![0; book.bids.len()], vec![0; book.asks.len()]] },
            Cleared::Trade { price, bid_fills, ask_fills } => {
                Outcome { price: Some(price), fills: [bid_fills, ask_fills] }
            }
        }
    }

    fn shape(&self, bounds: &Bounds) -> Shape {
        let [bids, asks] = [0, 1].map(|side| self.fills[side].len());
        Shape { trade: self.price.is_some(), bids, asks, price_bits: bounds.price_bits() }
    }

    /// What the prover of this crate tries.
    fn values(&self, bounds: &Bounds, book: &Book) -> Values {
        Values::of(bounds, book, self.price.unwrap_or(0), &self.fills[0], &self.fills[1])
    }

    fn is_accepted(&self, bounds: &Bounds, book: &Book) -> bool {
        accepts(&self.shape(bounds), &self.values(bounds, book))
    }
}

/// Whether the compiled circuit holds for these values and choices.
fn accepts(shape: &Shape, values: &Values) -> bool {
    let mut builder = Builder::assigned();
    circuit::build(&mut builder, shape, Some(values)).unwrap();
    circuit_of(shape).unwrap().is_satisfied(&builder.assignment().unwrap())
}

/// A book of so many bids and asks, with limits that are often equal.
fn random_book(rng: &mut StdRng, bids: usize, asks: usize, bounds: &Bounds, most: u32) -> Book {
    let few: Vec<u32> = (0..rng.gen_range(1..6)).map(|_| rng.gen_range(bounds.floor..=bounds.cap)).collect();
    let choose = rng.gen_bool(0.7);
    let mut order = |_| {
        let any = rng.gen_range(bounds.floor..=bounds.cap);
        let limit = if choose { *few.choose(rng).unwrap() } else { any };
        PlainOrder { limit, quantity: rng.gen_range(1..=most) }
    };
    Book { bids: (0..bids).map(&mut order).collect(), asks: (0..asks).map(&mut order).collect() }
}

const BOUNDS: [Bounds; 5] = [
    Bounds { floor: 10, cap: 1_000 },
    Bounds { floor: 1, cap: 2 },
    Bounds { floor: 7, cap: 7 },
    Bounds { floor: 3, cap: 9 },
    Bounds { floor: 1, cap: (1 << 31) - 1 },
];

/// Books of a few orders, by the hundred for each shape.
fn for_small_books(rounds: usize, mut check: impl FnMut(&mut StdRng, &Bounds, &Book)) {
    let mut rng = StdRng::seed_from_u64(6);
    let rounds = if full_effort() { 20 * rounds } else { rounds };
    for bounds in BOUNDS {
        for (bids, asks) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (2, 3), (1, 5), (4, 4)] {
            for round in 0..rounds {
                let most = [3, 20, u32::MAX][round % 3];
                let book = random_book(&mut rng, bids, asks, &bounds, most);
                check(&mut rng, &bounds, &book);
            }
        }
    }
}

#[test]
fn what_the_rule_says_is_accepted() {
    let (mut trades, mut none) = (0, 0);
    for_small_books(60, |_, bounds, book| {
        let right = Outcome::right(bounds, book);
        *(if right.price.is_some() { &mut trades } else { &mut none }) += 1;
        assert!(right.is_accepted(bounds, book), "{bounds:?} {book:?} {right:?}");
    });
    assert!(trades > 1000 && none > 200, "{trades} {none}");
}

/// Wrong outcomes, each of a kind that somebody could gain from.
fn mutations(rng: &mut StdRng, bounds: &Bounds, book: &Book, right: &Outcome) -> Vec<Outcome> {
    let mut all = Vec::new();
    let priced = |price: u32| Outcome { price: Some(price), ..right.clone() };
    match right.price {
        None => {
            // A trade of nothing, and one of the least quantity between any two orders.
            all.extend([priced(bounds.floor), priced(bounds.cap), priced(rng.gen_range(bounds.floor..=bounds.cap))]);
            let mut least = priced(rng.gen_range(bounds.floor..=bounds.cap));
            least.fills[0][rng.gen_range(0..book.bids.len())] = 1;
            least.fills[1][rng.gen_range(0..book.asks.len())] = 1;
            all.push(least);
        }
        Some(price) => {
            all.extend([price - 1, price + 1, rng.gen_range(0..=bounds.cap), bounds.floor, bounds.cap].map(priced));
            // A trade that is kept quiet.
            all.push(Outcome { price: None, ..right.clone() });
            all.push(Outcome { price: Some(price), fills: right.fills.clone().map(|side| vec![0; side.len()]) });
            // One unit fewer, or more, on both sides; on one side only.
            for more in [false, true] {
                let mut changed = right.clone();
                for side in &mut changed.fills {
                    let place = rng.gen_range(0..side.len());
                    side[place] = if more { side[place].saturating_add(1) } else { side[place].saturating_sub(1) };
                }
                all.push(changed.clone());
                all.push(Outcome { fills: [changed.fills[0].clone(), right.fills[1].clone()], ..changed.clone() });
                all.push(Outcome { fills: [right.fills[0].clone(), changed.fills[1].clone()], ..changed });
            }
        }
    }
    // What one order got goes to another of its side: a favoured marginal order, a skipped one in the money.
    for side in 0..2 {
        let count = right.fills[side].len();
        for _ in 0..4 {
            let (from, to) = (rng.gen_range(0..count), rng.gen_range(0..count));
            let moved = [1, right.fills[side][from]][rng.gen_range(0..2)].min(right.fills[side][from]);
            let mut changed = right.clone();
            changed.fills[side][from] -= moved;
            changed.fills[side][to] = changed.fills[side][to].saturating_add(moved);
            all.push(changed);
        }
        let mut shuffled = right.clone();
        shuffled.fills[side].shuffle(rng);
        all.push(shuffled);
    }
    all.retain(|outcome| outcome != right && (outcome.price.is_some() || right.price.is_some()));
    all
}

#[test]
fn no_mutation_of_it_is_accepted() {
    let mut rejected = 0;
    for_small_books(40, |rng, bounds, book| {
        let right = Outcome::right(bounds, book);
        for wrong in mutations(rng, bounds, book, &right) {
            assert!(!wrong.is_accepted(bounds, book), "{bounds:?} {book:?} {right:?} {wrong:?}");
            rejected += 1;
        }
    });
    assert!(rejected > 10_000, "{rejected}");
}

/// All outcomes of a book, with fills of up to one above each order and prices of up to one beyond the bounds.
fn outcomes(bounds: &Bounds, book: &Book) -> Vec<Outcome> {
    let side = |orders: &[PlainOrder]| {
        orders.iter().fold(vec![Vec::new()], |all: Vec<Vec<u32>>, order| {
            let with = |fills: &Vec<u32>| {
                let fills = fills.clone();
                (0..=order.quantity + 1).map(move |fill| [&fills[..], &[fill]].concat()).collect::<Vec<_>>()
            };
            all.iter().flat_map(with).collect()
        })
    };
    let (bids, asks) = (side(&book.bids), side(&book.asks));
    let prices = bounds.floor - 1..=bounds.cap + 1;
    let mut all = vec![Outcome { price: None, fills: [vec![0; book.bids.len()], vec![0; book.asks.len()]] }];
    for price in prices {
        let fills = bids.iter().flat_map(|bids| asks.iter().map(|asks| [bids.clone(), asks.clone()]));
        all.extend(fills.map(|fills| Outcome { price: Some(price), fills }));
    }
    all
}

/// All books of so many orders, within these limits and quantities.
fn books(bounds: &Bounds, bids: usize, asks: usize, most: u32) -> Vec<Book> {
    let side = |count: usize| {
        (0..count).fold(vec![Vec::new()], |all: Vec<Vec<PlainOrder>>, _| {
            let limits = bounds.floor..=bounds.cap;
            let orders = limits.flat_map(|limit| (1..=most).map(move |quantity| PlainOrder { limit, quantity }));
            orders.flat_map(|order| all.iter().map(move |side| [&side[..], &[order]].concat())).collect()
        })
    };
    let (all_bids, all_asks) = (side(bids), side(asks));
    let with = |bids: &Vec<PlainOrder>| {
        let bids = bids.clone();
        all_asks.iter().map(move |asks| Book { bids: bids.clone(), asks: asks.clone() }).collect::<Vec<_>>()
    };
    all_bids.iter().flat_map(with).collect()
}

#[test]
fn of_all_outcomes_of_small_books_one_is_accepted() {
    let cases: &[(Bounds, usize, usize, u32)] = &[
        (Bounds { floor: 2, cap: 4 }, 1, 1, 2),
        (Bounds { floor: 2, cap: 3 }, 2, 1, 1),
        (Bounds { floor: 2, cap: 3 }, 1, 2, 1),
        (Bounds { floor: 2, cap: 2 }, 2, 2, 1),
    ];
    for (bounds, bids, asks, most) in cases {
        for book in books(bounds, *bids, *asks, *most) {
            let right = Outcome::right(bounds, &book);
            let accepted: Vec<_> =
                outcomes(bounds, &book).into_iter().filter(|o| o.is_accepted(bounds, &book)).collect();
            assert_eq!(accepted, [right], "{bounds:?} {book:?}");
        }
    }
}

#[test]
fn gates_are_as_documented() {
    for bounds in BOUNDS {
        let bits = bounds.price_bits() as usize;
        for (bids, asks) in [(1, 1), (3, 2), (10, 15), (100, 100)] {
            let trade = stats(&bounds, true, bids, asks).unwrap();
            assert_eq!(trade.gates, (16 + bits) * (bids + asks) + 119 + 3 * bits, "{bounds:?} {bids} {asks}");
            assert_eq!((trade.wires, trade.unpinned), (0, 0));
            let none = stats(&bounds, false, bids, asks).unwrap();
            assert_eq!(none.gates, (bits * (bids + asks)).max(4));
            // Limits are proven to be in their range when an order is admitted.
            assert_eq!((none.wires, none.unpinned), (0, bids + asks));
        }
    }
    assert_eq!(BOUNDS.map(|bounds| bounds.price_bits()), [10, 1, 1, 3, 31]);
}

#[test]
fn shapes_that_no_auction_has_are_refused() {
    let bounds = Bounds { floor: 10, cap: 1_000 };
    for (bids, asks) in [(0, 1), (1, 0), (101, 100), (usize::MAX, 1)] {
        assert_eq!(stats(&bounds, true, bids, asks).unwrap_err(), Error::Arity);
    }
    for bounds in [Bounds { floor: 0, cap: 5 }, Bounds { floor: 6, cap: 5 }, Bounds { floor: 1, cap: 1 << 31 }] {
        assert_eq!(stats(&bounds, true, 1, 1).unwrap_err(), Error::Bounds);
    }
}
