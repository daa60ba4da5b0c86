//! What an operator can do wrong, by name: nobody loses money or energy. A wrong Clear is refused by every validator; without a
//! right one everything comes back when the auction expires, and every household opens what came back.

use hushwatt_circuits::clearing::{self, Bounds, Claim, Committed, Opened};
use hushwatt_crypto::{
    Label, Point,
    handle::{self, HandleWitness},
    hint::{HINT_LENGTH, Hint},
};
use hushwatt_ledger::{
    Rejection,
    note::Asset,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::Built,
        clear::{Clear, ClearError, ClearStatement, Cleared, Fill, Outcome},
        order::{OrderId, Side, ranked},
        signing_digest,
    },
    units::{Price, Quantity, Utility},
};

use crate::{
    auction::{open, wish},
    auction_clear::closed_and_cleared,
    kit::{auction::Wish, forge::tampered, *},
};

const ALL: [usize; 4] = [TREASURY, ANNA, BERT, CARLA];

/// Credit and energy of everybody, from notes that he opened.
fn holdings(world: &World) -> Vec<(u64, u64)> {
    let window = world.window(0);
    let of = |who: usize| {
        let household = &world.households[who];
        let energy = household.balance(electricity(window)) + household.balance(water(window));
        (household.balance(Asset::Credit), energy)
    };
    ALL.map(of).to_vec()
}

/// What everybody would have if his orders came back whole.
fn with_orders_back(world: &World) -> Vec<(u64, u64)> {
    let mut holdings = holdings(world);
    for (who, holding) in holdings.iter_mut().enumerate() {
        for order in world.households[who].orders.iter().filter(|order| !order.ended) {
            match order.side {
                Side::Sell => holding.1 += order.quantity.value,
                Side::Buy => holding.0 += 1_000 * order.quantity.value,
            }
        }
    }
    holdings
}

/// The auction of window 0 expires, and everything comes back.
fn everything_comes_back(mut world: World) {
    let expected = with_orders_back(&world);
    assert_ne!(expected, holdings(&world), "there is something to come back");
    let until = world.parameters().clear_until(world.window(0)).unwrap();
    world.pass(until.max(world.now()));
    assert_ne!(expected, holdings(&world), "not before the deadline has passed");
    world.pass(until.max(world.now()).plus(1));
    assert_eq!(holdings(&world), expected);
    for household in &world.households {
        assert!(household.orders.iter().all(|order| order.ended && order.filled.is_none()));
    }
    assert!(world.ledger().orders_of(Utility::Electricity, world.window(0)).unwrap().is_empty());
}

/// A Clear that says what its operator wants, with a handle proof that holds, the proof of the honest clearing, and his
/// signature: everything that he can make.
fn lying(world: &mut World, honest: &Built, cleared: &Cleared, lie: impl FnOnce(&mut u32, &mut Vec<u32>)) -> Built {
    let (Action::Clear(clear), Cleared::Trade { price, fills }) = (honest.transaction.action(), cleared) else {
        panic!("a clearing with a trade")
    };
    let (mut price, mut much) = (price.micro_euro(), fills.iter().map(|(_, much)| much.0).collect());
    lie(&mut price, &mut much);
    let ids: Vec<OrderId> = fills.iter().map(|(id, _)| *id).collect();
    let commitments: Vec<Point> = ids
        .iter()
        .zip(&much)
        .map(|(id, much)| world.book[id].fill_opening(Quantity(*much)).commit_point().unwrap())
        .collect();
    let listed = ids.iter().zip(&commitments).map(|(order, fill)| Fill { order: *order, fill: *fill });
    let outcome = Outcome::Trade { price: Price::new(price).unwrap(), fills: listed.collect() };
    let statement = ClearStatement { outcome, ..clear.statement.clone() };
    let envelope = *honest.transaction.envelope();
    let digest = signing_digest(&envelope, &statement);
    let orders = world.ledger().orders_of(statement.utility, statement.window).unwrap();
    let handles: Vec<Point> = orders.iter().map(|(_, order)| order.terms.handle).collect();
    let witnesses: Vec<HandleWitness<'_>> =
        ids.iter().zip(&much).map(|(id, much)| HandleWitness { delivered: *much, t: world.book[id].t() }).collect();
    let network = *world.network();
    let proof = handle::prove(&network, &digest.0, &commitments, &handles, &witnesses, &mut world.rng).unwrap();

    // There is no proof of it to be had, either.
    let rank = world.rank(statement.utility, statement.window).unwrap();
    let side = |side: Side| -> (Vec<Committed>, Vec<Opened>) {
        ranked(&network, &rank, ids.iter().copied())
            .iter()
            .filter_map(|id| {
                let place = orders.iter().position(|(other, order)| other == id && order.side() == side)?;
                let (terms, opening) = (&orders[place].1.terms, &world.book[id]);
                let (limit, quantity) = (terms.limit.into(), terms.quantity.into());
                let committed = Committed { limit, quantity, fill: Some(commitments[place].into()) };
                let fill = Some(opening.fill_opening(Quantity(much[place])));
                let (limit, quantity) = (opening.limit_opening(), opening.quantity_opening());
                Some((committed, Opened { limit, quantity, fill }))
            })
            .unzip()
    };
    let ((bids, opened_bids), (asks, opened_asks)) = (side(Side::Buy), side(Side::Sell));
    let statement_of_proof = clearing::Statement {
        network: &network,
        digest: &digest.0,
        bounds: Bounds { floor: 10, cap: 1_000 },
        claim: Claim::Trade { price },
        bids: &bids,
        asks: &asks,
    };
    let proven = clearing::prove(&statement_of_proof, &opened_bids, &opened_asks, &mut world.rng);
    assert!(proven.is_err(), "a lie was proven");

    let signature = world.operator.sign(&network, Label::OperatorSignature, &digest.0);
    let clear = Clear { statement, handles: Some(proof), proof: clear.proof.clone(), signature };
    Built::new(Transaction::new(envelope, Action::Clear(clear)), Vec::new())
}

/// Refused by every validator; then everything comes back.
fn refused_lie(lie: impl FnOnce(&World, &[OrderId], &mut u32, &mut Vec<u32>)) {
    let (mut world, _) = closed_and_cleared();
    let window = world.window(0);
    let (honest, cleared) = world.clear(Utility::Electricity, window);
    assert_eq!(world.verdict(world.after(60), &honest), Ok(()));
    let Cleared::Trade { fills, .. } = &cleared else { panic!("a trade") };
    let ids: Vec<OrderId> = fills.iter().map(|(id, _)| *id).collect();
    let before = world.clone();
    let lied = lying(&mut world, &honest, &cleared, |price, much| lie(&before, &ids, price, much));
    assert_eq!(world.verdict(world.after(60), &lied), Err(Rejection::ClearingProof));
    everything_comes_back(world);
}

fn order_of(world: &World, who: usize, side: Side) -> OrderId {
    world.households[who].orders.iter().find(|order| order.side == side).unwrap().id
}

fn place(ids: &[OrderId], id: OrderId) -> usize {
    ids.iter().position(|other| *other == id).unwrap()
}

/// Invariant X2.
#[test]
fn the_operator_vanishes_and_everything_comes_back() {
    everything_comes_back(closed_and_cleared().0);
}

/// Invariant X2.
#[test]
fn the_operator_clears_late_and_everything_comes_back() {
    let (mut world, _) = closed_and_cleared();
    let window = world.window(0);
    let until = world.parameters().clear_until(window).unwrap();
    world.pass(until.minus(60));
    let (clear, _) = world.clear(Utility::Electricity, window);
    assert_eq!(world.verdict(until.plus(1), &clear), Err(Rejection::ClearTooLate));
    let mut later = world.clone();
    everything_comes_back(world);
    later.pass(until.plus(1));
    assert_eq!(later.verdict(later.after(60), &clear), Err(Rejection::ClearTooLate));
}

/// Invariant X2.
#[test]
fn the_operator_admits_an_order_that_he_cannot_open_and_everything_comes_back() {
    let mut world = open();
    let window = world.window(0);
    let orders = [wish(&world, ANNA, 100, 600), wish(&world, BERT, 200, 300), wish(&world, CARLA, 300, 100)];
    let orders = [world.sell(&orders[0]), world.buy(&orders[1]), world.buy(&orders[2])];
    world.accept(world.after(60), &orders);
    world.close(window);
    // He was told something else, or has lost it: he cannot clear.
    let unknown = world.order_of(&orders[2]);
    let told = world.book[&world.order_of(&orders[1])].clone();
    world.book.insert(unknown, told);
    let listed = world.orders(Utility::Electricity, window);
    let failed = world.clear_of(Utility::Electricity, window, &listed);
    assert_eq!(failed.err(), Some(ClearError::Unopened(unknown)));
    world.book.remove(&unknown);
    let failed = world.clear_of(Utility::Electricity, window, &listed);
    assert_eq!(failed.err(), Some(ClearError::Unopened(unknown)));
    // Nor can he clear the others.
    let others: Vec<_> = listed.into_iter().filter(|(id, ..)| *id != unknown).collect();
    let (without, _) = world.clear_of(Utility::Electricity, window, &others).unwrap();
    assert_eq!(world.verdict(world.after(60), &without), Err(Rejection::OrderLeftOut));
    everything_comes_back(world);
}

/// Invariant L1.
#[test]
fn the_operator_signs_two_clears_and_one_of_them_counts() {
    let (mut world, _) = closed_and_cleared();
    let window = world.window(0);
    let (one, _) = world.clear(Utility::Electricity, window);
    world.pass(world.after(600));
    let (other, _) = world.clear(Utility::Electricity, window);
    assert_eq!(world.verdict_on_both(world.after(60), &one, &other), Err(Rejection::NoSuchAuction));
    let supply = world.counters().supply();
    let mut twin = world.clone();
    let left_out = world.offer(world.after(60), &[one.clone(), other.clone()]);
    assert_eq!(left_out.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Rejection::NoSuchAuction]);
    let first = if one.transaction.id() < other.transaction.id() { one } else { other };
    twin.accept(twin.after(60), &[first]);
    assert_eq!(holdings(&world), holdings(&twin), "as if there had been one");
    assert_eq!(world.counters().supply(), supply);
}

/// Invariant L1.
#[test]
fn the_operator_garbles_hints_of_which_a_clear_has_none() {
    let (world, clear) = closed_and_cleared();
    let with_hints = Built::new(clear.transaction.clone(), vec![Hint([7; HINT_LENGTH]); 2]);
    assert_eq!(world.verdict(world.after(60), &with_hints), Err(Rejection::HintsMismatch));
    let digest = HintsDigest::of(world.network(), &with_hints.hints);
    let announced = tampered(&with_hints, |envelope: &mut Envelope, _| envelope.hints = digest);
    let announced = forge::signed_again(&announced, &world.operator);
    assert_eq!(world.verdict(world.after(60), &announced), Err(Rejection::HintsMismatch));
    let other = tampered(&clear, |envelope, _| envelope.hints = digest);
    let other = forge::signed_again(&other, &world.operator);
    assert_eq!(world.verdict(world.after(60), &other), Err(Rejection::HintsMismatch));
    everything_comes_back(world);
}

/// Owners find their notes in a clearing without any hint of the operator's: only their own, which they made.
///
/// Invariant L7.
#[test]
fn the_operator_cannot_keep_an_owner_from_what_is_his() {
    let (mut world, clear) = closed_and_cleared();
    assert!(clear.hints.is_empty());
    let before = holdings(&world);
    world.accept(world.after(60), &[clear]);
    assert!(holdings(&world).iter().zip(&before).all(|(after, before)| after.0 >= before.0));
    assert!(world.households.iter().flat_map(|household| &household.orders).all(|order| order.filled.is_some()));
}

/// Invariant L4.
#[test]
fn the_operator_leaves_an_order_out_and_is_refused() {
    let (mut world, _) = closed_and_cleared();
    let window = world.window(0);
    let orders = world.orders(Utility::Electricity, window);
    let (built, _) = world.clear_of(Utility::Electricity, window, &orders[1..]).unwrap();
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OrderLeftOut));
    everything_comes_back(world);
}

/// Invariant L4.
#[test]
fn the_operator_lists_an_order_twice_and_is_refused() {
    let (mut world, _) = closed_and_cleared();
    let window = world.window(0);
    let orders = world.orders(Utility::Electricity, window);
    let mut twice = orders.clone();
    twice.push(orders[2]);
    let (built, _) = world.clear_of(Utility::Electricity, window, &twice).unwrap();
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OrdersUnordered));
    everything_comes_back(world);
}

/// Invariant L4.
#[test]
fn the_operator_lists_an_order_of_another_auction_and_is_refused() {
    let mut world = open();
    let window = world.window(0);
    let water = |who, limit, quantity| Wish { who, utility: Utility::Water, window, limit, quantity };
    let orders = [
        world.sell(&wish(&world.clone(), ANNA, 100, 600)),
        world.buy(&wish(&world.clone(), BERT, 200, 300)),
        world.sell(&water(CARLA, 100, 200)),
        world.buy(&water(TREASURY, 300, 200)),
    ];
    world.accept(world.after(60), &orders);
    world.close(window);
    let all: Vec<_> =
        [Utility::Electricity, Utility::Water].iter().flat_map(|utility| world.orders(*utility, window)).collect();
    let (built, _) = world.clear_of(Utility::Electricity, window, &all).unwrap();
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OrderUnknown));
    let (water, _) = world.clear(Utility::Water, window);
    assert_eq!(world.verdict(world.after(60), &water), Ok(()), "each auction is cleared for itself");
    everything_comes_back(world);
}

/// Invariant L8.
#[test]
fn the_operator_favours_a_marginal_order_and_is_refused() {
    refused_lie(|world, ids, _, much| {
        // Of the two asks at 200 the one that is served second gets what the first had.
        let [bert, carla] = [BERT, CARLA].map(|who| place(ids, order_of(world, who, Side::Sell)));
        (much[bert], much[carla]) = if much[bert] == 500 { (200, 400) } else { (500, 100) };
    });
}

/// Invariant L8.
#[test]
fn the_operator_is_a_micro_euro_off_and_is_refused() {
    refused_lie(|_, _, price, _| *price += 1);
    refused_lie(|_, _, price, _| *price -= 1);
}

/// Invariant L8.
#[test]
fn the_operator_fills_more_than_an_order_asks_and_is_refused() {
    refused_lie(|world, ids, _, much| {
        let [anna, treasury] =
            [(ANNA, Side::Sell), (TREASURY, Side::Buy)].map(|(who, side)| place(ids, order_of(world, who, side)));
        (much[anna], much[treasury]) = (601, 501);
    });
}

/// Invariant L8.
#[test]
fn the_operator_buys_more_than_is_sold_and_is_refused() {
    refused_lie(|world, ids, _, much| much[place(ids, order_of(world, CARLA, Side::Buy))] = 1);
    refused_lie(|world, ids, _, much| much[place(ids, order_of(world, ANNA, Side::Sell))] -= 1);
}

/// Invariant L8.
#[test]
fn the_operator_skips_an_order_in_the_money_and_is_refused() {
    refused_lie(|world, ids, _, much| {
        // The best bid gets nothing, and the ask that would have served it neither.
        let [anna, treasury] =
            [(ANNA, Side::Sell), (TREASURY, Side::Buy)].map(|(who, side)| place(ids, order_of(world, who, side)));
        much[treasury] = 0;
        much[anna] -= 500;
    });
}

/// Invariant L8.
#[test]
fn the_operator_trades_less_than_is_possible_and_is_refused() {
    refused_lie(|world, ids, _, much| {
        let [anna, bert, carla] = [(ANNA, Side::Buy), (BERT, Side::Sell), (CARLA, Side::Sell)]
            .map(|(who, side)| place(ids, order_of(world, who, side)));
        let marginal = if much[bert] < 500 { bert } else { carla };
        much[anna] -= 1;
        much[marginal] -= 1;
    });
}

/// Invariant L5.
#[test]
fn another_operator_than_the_windows_clears_nothing() {
    let (mut world, clear) = closed_and_cleared();
    let new = hushwatt_crypto::signature::SigningKey::from_bytes(&[112; 32]);
    let change = hushwatt_ledger::transaction::registry::RegistryChange::Operator { key: new.verifying_key() };
    let named = world.change_registry(change);
    world.accept(world.after(1), &[named]);
    let by_new = forge::signed_again(&clear, &new);
    assert_eq!(world.verdict(world.after(60), &by_new), Err(Rejection::ClearSignature));
    assert_eq!(world.verdict(world.after(60), &clear), Ok(()), "the window's own still does");
}
