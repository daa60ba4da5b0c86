//! The cases by name, each with a proof that a prover makes who checks nothing.
//!
//! Bids 30@500, 40@400, 20@400, 10@100; asks 50@200, 60@400, 10@900: the first ask is full, then 40 of the second for the
//! first three bids.

use super::*;

const NETWORK: NetworkId = NetworkId([6; 32]);

/// The openings of a book with these fills, bids and asks.
fn opened(rng: &mut StdRng, book: &Book, outcome: &Outcome) -> [Vec<Opened>; 2] {
    let mut opening = |value: u32| Opening::new(value.into(), SecretScalar::random(rng));
    let sides = [(&book.bids, &outcome.fills[0]), (&book.asks, &outcome.fills[1])];
    sides.map(|(orders, fills)| {
        let order = |(order, fill): (&PlainOrder, &u32)| Opened {
            limit: opening(order.limit),
            quantity: opening(order.quantity),
            fill: outcome.price.is_some().then(|| opening(*fill)),
        };
        orders.iter().zip(fills).map(order).collect()
    })
}

fn committed(orders: &[Opened]) -> Vec<Committed> {
    let commit = |order: &Opened| Committed {
        limit: order.limit.commit(),
        quantity: order.quantity.commit(),
        fill: order.fill.as_ref().map(Opening::commit),
    };
    orders.iter().map(commit).collect()
}

/// Whether `prove` makes a proof of an outcome, and `verify` accepts what a prover makes who checks nothing.
fn is_provable(rng: &mut StdRng, bounds: Bounds, book: &Book, outcome: &Outcome) -> bool {
    let [bids, asks] = opened(rng, book, outcome);
    let claim = outcome.price.map_or(Claim::NoTrade, |price| Claim::Trade { price });
    let (committed_bids, committed_asks) = (committed(&bids), committed(&asks));
    let statement =
        Statement { network: &NETWORK, digest: &[1; 64], bounds, claim, bids: &committed_bids, asks: &committed_asks };
    let proof = prove(&statement, &bids, &asks, rng);

    let (circuit, inputs) = statement.prepare().unwrap();
    let mut builder = Builder::assigned();
    circuit::build(&mut builder, &statement.shape(), Some(&outcome.values(&bounds, book))).unwrap();
    let blindings = blindings(claim, &bids, &asks);
    let assignment = builder.assignment().unwrap();
    let bold = proof::prove_unchecked(&inputs.statement(&statement, &circuit), &assignment, &blindings, rng).unwrap();
    match (proof, verify(&statement, &bold)) {
        (Ok(proof), Ok(())) => verify(&statement, &proof).is_ok(),
        (Err(Error::Unsatisfied), Err(Error::Rejected)) => false,
        (proof, bold) => panic!("{proof:?} {bold:?}"),
    }
}

const BOUNDS: Bounds = Bounds { floor: 10, cap: 1_000 };

fn book() -> Book {
    let order = |(quantity, limit)| PlainOrder { limit, quantity };
    Book {
        bids: [(30, 500), (40, 400), (20, 400), (10, 100)].map(order).to_vec(),
        asks: [(50, 200), (60, 400), (10, 900)].map(order).to_vec(),
    }
}

fn right() -> Outcome {
    Outcome { price: Some(400), fills: [vec![30, 40, 20, 0], vec![50, 40, 0]] }
}

fn is_rejected(change: impl FnOnce(&mut Outcome)) -> bool {
    let mut outcome = right();
    change(&mut outcome);
    assert_ne!(outcome, right());
    !is_provable(&mut StdRng::seed_from_u64(1), BOUNDS, &book(), &outcome)
}

#[test]
fn the_right_outcome_is_proven() {
    assert_eq!(right(), Outcome::right(&BOUNDS, &book()));
    assert!(is_provable(&mut StdRng::seed_from_u64(1), BOUNDS, &book(), &right()));
}

#[test]
fn a_price_off_by_one_micro_euro_is_rejected() {
    assert!(is_rejected(|outcome| outcome.price = Some(401)));
    assert!(is_rejected(|outcome| outcome.price = Some(399)));
}

#[test]
fn a_skipped_order_in_the_money_is_rejected() {
    // The best bid gets nothing, and the best ask sells so much less.
    assert!(is_rejected(|outcome| outcome.fills = [vec![0, 40, 20, 0], vec![50, 10, 0]]));
    // The best ask sells nothing.
    assert!(is_rejected(|outcome| outcome.fills = [vec![30, 30, 0, 0], vec![0, 60, 0]]));
}

#[test]
fn an_order_out_of_the_money_that_trades_is_rejected() {
    assert!(is_rejected(|outcome| outcome.fills = [vec![30, 40, 20, 10], vec![50, 50, 0]]));
    assert!(is_rejected(|outcome| outcome.fills = [vec![30, 40, 20, 0], vec![50, 30, 10]]));
}

#[test]
fn a_favoured_marginal_order_is_rejected() {
    // Of two equal bids the later one is filled first: with ten units less on offer one of them waits.
    let mut scarce = book();
    scarce.asks[1].quantity = 30;
    let fair = Outcome { price: Some(400), fills: [vec![30, 40, 10, 0], vec![50, 30, 0]] };
    let unfair = Outcome { fills: [vec![30, 30, 20, 0], vec![50, 30, 0]], ..fair.clone() };
    let shared = Outcome { fills: [vec![30, 35, 15, 0], vec![50, 30, 0]], ..fair.clone() };
    let mut rng = StdRng::seed_from_u64(2);
    assert!(is_provable(&mut rng, BOUNDS, &scarce, &fair));
    assert!(!is_provable(&mut rng, BOUNDS, &scarce, &unfair));
    assert!(!is_provable(&mut rng, BOUNDS, &scarce, &shared));
}

#[test]
fn a_fill_above_its_order_is_rejected() {
    assert!(is_rejected(|outcome| outcome.fills = [vec![31, 40, 20, 0], vec![50, 41, 0]]));
    assert!(is_rejected(|outcome| outcome.fills = [vec![30, 40, 20, 0], vec![51, 39, 0]]));
}

#[test]
fn unequal_sums_are_rejected() {
    assert!(is_rejected(|outcome| outcome.fills[1][1] = 41));
    assert!(is_rejected(|outcome| outcome.fills[1][1] = 39));
}

#[test]
fn a_smaller_volume_is_rejected() {
    assert!(is_rejected(|outcome| outcome.fills = [vec![30, 40, 19, 0], vec![50, 39, 0]]));
    assert!(is_rejected(|outcome| outcome.fills = [vec![30, 20, 0, 0], vec![50, 0, 0]]));
}

#[test]
fn no_trade_where_there_is_one_is_rejected() {
    assert!(is_rejected(|outcome| *outcome = Outcome { price: None, fills: [vec![0; 4], vec![0; 3]] }));
}

#[test]
fn a_trade_of_nothing_is_rejected() {
    assert!(is_rejected(|outcome| outcome.fills = [vec![0; 4], vec![0; 3]]));
    // Also where nothing is right, only a price is not.
    let mut apart = book();
    apart.bids.iter_mut().for_each(|bid| bid.limit = 150);
    let none = Outcome { price: None, fills: [vec![0; 4], vec![0; 3]] };
    let mut rng = StdRng::seed_from_u64(3);
    assert!(is_provable(&mut rng, BOUNDS, &apart, &none));
    assert!(!is_provable(&mut rng, BOUNDS, &apart, &Outcome { price: Some(175), ..none }));
}

#[test]
fn a_trade_where_there_is_none_is_rejected() {
    let mut apart = book();
    apart.bids.iter_mut().for_each(|bid| bid.limit = 199);
    let forced = Outcome { price: Some(200), fills: [vec![30, 20, 0, 0], vec![50, 0, 0]] };
    assert!(!is_provable(&mut StdRng::seed_from_u64(4), BOUNDS, &apart, &forced));
}
