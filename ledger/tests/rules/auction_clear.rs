//! Rules of a Clear, and what it changes.

use std::sync::LazyLock;

use hushwatt_ledger::{
    Rejection,
    block::BlockDigest,
    note::Asset,
    parameters::Parameters,
    transaction::{
        Action,
        build::Built,
        clear::{Cleared, Outcome},
        order::{OrderId, Side, ranked},
    },
    units::{Price, Quantity, Utility},
};

use crate::{
    auction::{open, open_with, wish},
    kit::{
        forge::{incremented, shifted, signed_again},
        *,
    },
    tamper,
};

/// Asks of 600 Wh at 100 (Anna), 500 at 200 (Bert), 400 at 200 (Carla); bids of 500 at 500 (the treasury), 700 at 200 (Anna),
/// 300 at 150 (Carla). By the rule 1200 Wh are traded at 200: both bids from 200 on are filled, Anna's ask too, and of the two
/// asks at 200 the one of smaller rank is, while the other gets the rest.
fn closed_with(setup: &Setup) -> World {
    let mut world = open_with(setup);
    let asks = [(ANNA, 100, 600), (BERT, 200, 500), (CARLA, 200, 400)];
    let bids = [(TREASURY, 500, 500), (ANNA, 200, 700), (CARLA, 150, 300)];
    let mut orders: Vec<Built> = Vec::new();
    for (who, limit, quantity) in asks {
        let wish = wish(&world, who, limit, quantity);
        orders.push(world.sell(&wish));
    }
    for (who, limit, quantity) in bids {
        let wish = wish(&world, who, limit, quantity);
        orders.push(world.buy(&wish));
    }
    world.accept(world.after(60), &orders);
    world.close(world.window(0));
    world
}

static CLOSED: LazyLock<(World, Built)> = LazyLock::new(|| {
    let mut world = closed_with(&Setup::default());
    let (clear, _) = world.clear(Utility::Electricity, world.window(0));
    (world, clear)
});

/// The world whose auction of window 0 can be cleared, and its Clear.
pub fn closed_and_cleared() -> (World, Built) {
    CLOSED.clone()
}

fn electric(world: &World) -> (Utility, hushwatt_ledger::units::Window) {
    (Utility::Electricity, world.window(0))
}

/// Signed by the operator again, though nothing else is made to fit.
fn resigned(world: &World, built: Built) -> Built {
    signed_again(&built, &world.operator)
}

fn credit(world: &World) -> [u64; 4] {
    [TREASURY, ANNA, BERT, CARLA].map(|who| world.households[who].balance(Asset::Credit))
}

fn energy(world: &World) -> [u64; 4] {
    let asset = electricity(world.window(0));
    [TREASURY, ANNA, BERT, CARLA].map(|who| world.households[who].balance(asset))
}

/// Invariant L9.
#[test]
fn a_clear_trades_at_one_price_by_rank_and_everybody_finds_what_is_his() {
    let (mut world, _) = closed_and_cleared();
    let (utility, window) = electric(&world);
    let (credit_before, energy_before) = (credit(&world), energy(&world));
    let (built, cleared) = world.clear(utility, window);
    let Cleared::Trade { price, fills } = cleared else { panic!("bids reach asks") };
    assert_eq!(price, Price::new(200).unwrap());
    let ranks = ranked(
        world.network(),
        &world.rank(utility, window).unwrap(),
        world.orders(utility, window).iter().map(|(id, ..)| *id),
    );
    let own = |world: &World, who: usize, side: Side| {
        world.households[who].orders.iter().find(|order| order.side == side).unwrap().id
    };
    let asks = [BERT, CARLA].map(|who| own(&world, who, Side::Sell));
    let rank = |id: OrderId| ranks.iter().position(|other| *other == id).unwrap();
    let bert_first = rank(asks[0]) < rank(asks[1]);
    let (bert, carla) = if bert_first { (500, 100) } else { (200, 400) };
    let filled = |id: OrderId| fills.iter().find(|(other, _)| *other == id).unwrap().1;
    assert_eq!(asks.map(filled), [Quantity(bert), Quantity(carla)]);
    assert_eq!(fills.iter().map(|(_, much)| much.0).sum::<u32>(), 2 * 1_200);

    world.accept(world.after(60), &[built]);
    let buys = |who: usize| {
        let order = world.households[who].orders.iter().find(|order| order.side == Side::Buy).unwrap();
        order.filled.unwrap()
    };
    assert_eq!([TREASURY, ANNA, CARLA].map(buys), [500, 700, 0]);
    let (bert, carla) = (u64::from(bert), u64::from(carla));
    // The lock was 1,000 for each unit wanted; 200 for each unit bought is gone, the rest is back.
    let expected = [
        credit_before[0] + 500 * 1_000 - 500 * 200,
        credit_before[1] + 700 * 1_000 - 700 * 200 + 600 * 200,
        credit_before[2] + bert * 200,
        credit_before[3] + 300 * 1_000 + carla * 200,
    ];
    assert_eq!(credit(&world), expected);
    let expected = [energy_before[0], energy_before[1], energy_before[2] + 500 - bert, energy_before[3] + 400 - carla];
    assert_eq!(energy(&world), expected);
    // Nothing of the auction is left in the state.
    assert_eq!(world.ledger().auction(utility, window).unwrap(), None);
    assert!(world.ledger().orders_of(utility, window).unwrap().is_empty());
    world.pass(world.parameters().clear_until(window).unwrap().plus(1));
    assert_eq!(credit(&world)[1], credit_before[1] + 700 * 1_000 - 700 * 200 + 600 * 200, "nothing comes back twice");
}

/// What is not sold can still be delivered to a contract.
///
/// Invariant L9.
#[test]
fn unsold_energy_joins_its_bucket_and_is_delivered() {
    let mut contract = None;
    let mut world = World::with_energy(&Setup::default(), |world| {
        let (utility, window) = electric(world);
        let bid = build::Bid { buyer: CARLA, seller: BERT, utility, window, price: 100, quantity: 300 };
        let open = world.open(&bid);
        contract = Some(world.contract_of(&open));
        world.accept(world.after(60), &[open]);
    });
    let (utility, window) = electric(&world);
    let (sell, buy) = (wish(&world, BERT, 100, 2_000), wish(&world, ANNA, 100, 1_700));
    let orders = [world.sell(&sell), world.buy(&buy)];
    world.accept(world.after(60), &orders);
    world.close(window);
    let (clear, _) = world.clear(utility, window);
    world.accept(world.after(60), &[clear]);
    let energy = electricity(window);
    assert_eq!(world.spendable(BERT, energy).iter().map(|note| note.opening.value).sum::<u64>(), 0);
    world.pass(world.parameters().append_at(world.now()));
    let paid = world.households[BERT].balance(Asset::Credit);
    let built = world.deliver(BERT, energy, &[(contract.unwrap(), 300)]);
    world.accept(world.after(60), &[built]);
    assert_eq!(world.households[BERT].balance(Asset::Credit), paid + 300 * 100);
    assert_eq!(world.households[BERT].balance(energy), 0);
}

/// Invariant L1.
#[test]
fn an_auction_that_nobody_ordered_in_or_that_was_cleared_is_rejected() {
    let (mut world, clear) = closed_and_cleared();
    let of_water = resigned(&world, tamper!(clear, Clear, |it| it.statement.utility = Utility::Water));
    assert_eq!(world.verdict(world.after(60), &of_water), Err(Rejection::NoSuchAuction));
    let (utility, window) = electric(&world);
    // Of the same auction, it can differ in its validity only.
    assert_eq!(world.clear(utility, window).0.transaction.id(), clear.transaction.id());
    world.pass(world.after(600));
    let (again, _) = world.clear(utility, window);
    assert_ne!(again.transaction.id(), clear.transaction.id());
    assert_eq!(world.verdict_on_both(world.after(60), &clear, &again), Err(Rejection::NoSuchAuction));
    world.accept(world.after(60), &[clear]);
    assert_eq!(world.verdict(world.after(60), &again), Err(Rejection::NoSuchAuction));
}

/// Invariant L2.
#[test]
fn a_clear_before_orders_have_closed_is_rejected() {
    let mut world = open();
    let (utility, window) = electric(&world);
    let orders = [wish(&world, ANNA, 100, 600), wish(&world, BERT, 200, 300)];
    let orders = [world.sell(&orders[0]), world.buy(&orders[1])];
    world.accept(world.after(60), &orders);
    let until = world.parameters().order_until(window).unwrap();
    world.pass(until.minus(60));
    let (clear, _) = world.clear(utility, window);
    assert_eq!(world.verdict(until, &clear), Err(Rejection::ClearTooEarly));
    assert_eq!(world.verdict(until.plus(1), &clear), Err(Rejection::RankNotFixed));
}

/// Invariant L2.
#[test]
fn a_clear_after_its_term_is_rejected() {
    let (mut world, _) = closed_and_cleared();
    let (utility, window) = electric(&world);
    let until = world.parameters().clear_until(window).unwrap();
    world.pass(until.minus(60));
    let (clear, _) = world.clear(utility, window);
    assert_eq!(world.verdict(until, &clear), Ok(()));
    assert_eq!(world.verdict(until.plus(1), &clear), Err(Rejection::ClearTooLate));
}

/// Invariant L3.
#[test]
fn the_rank_is_the_first_block_after_orders_closed_and_known_with_the_next() {
    let mut world = open();
    let (utility, window) = electric(&world);
    let orders = [wish(&world, ANNA, 100, 600), wish(&world, BERT, 200, 300)];
    let orders = [world.sell(&orders[0]), world.buy(&orders[1])];
    world.accept(world.after(60), &orders);
    let until = world.parameters().order_until(window).unwrap();
    world.pass(until);
    world.pass(until.plus(5));
    let closing: BlockDigest = world.parent.digest;
    assert_eq!(world.rank(utility, window), None);
    // A Clear in the block that closes orders, or one by another rank than the ledger's.
    let (early, _) = world.clear(utility, window);
    world.pass(until.plus(5));
    assert_eq!(world.rank(utility, window), Some(closing));
    world.pass(until.plus(9));
    assert_eq!(world.rank(utility, window), Some(closing), "it stays");
    let (clear, _) = world.clear(utility, window);
    assert_eq!(world.verdict(world.after(60), &clear), Ok(()));
    // With one order a side every rank is the same: what was proven early is right as well.
    assert_eq!(world.verdict(world.after(60), &early), Ok(()));
}

/// Invariant L4.
#[test]
fn a_clear_lists_each_order_once_in_order() {
    let (mut world, clear) = closed_and_cleared();
    let (utility, window) = electric(&world);
    let swapped = tamper!(clear, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills.swap(0, 1);
    });
    let twice = tamper!(clear, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills[1] = fills[0];
    });
    let longer = tamper!(clear, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills.insert(3, fills[3]);
    });
    for built in [swapped, twice, longer] {
        let built = resigned(&world, built);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OrdersUnordered));
    }
    let unknown = tamper!(clear, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills[5].order = OrderId([0xff; 32]);
    });
    let added = tamper!(clear, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills.push(hushwatt_ledger::transaction::clear::Fill { order: OrderId([0xff; 32]), ..fills[5] });
    });
    for built in [unknown, added] {
        let built = resigned(&world, built);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OrderUnknown));
    }
    // Honestly made, in every other respect, for all orders but one.
    let orders = world.orders(utility, window);
    for left_out in 0..orders.len() {
        let mut others = orders.clone();
        others.remove(left_out);
        let (built, _) = world.clear_of(utility, window, &others).unwrap();
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OrderLeftOut));
    }
}

/// Invariant L5.
#[test]
fn a_clear_that_the_operator_did_not_sign_is_rejected() {
    let (world, clear) = closed_and_cleared();
    assert_eq!(world.verdict(world.after(60), &clear), Ok(()));
    let stranger = signed_again(&clear, &world.registrars[0]);
    assert_eq!(world.verdict(world.after(60), &stranger), Err(Rejection::ClearSignature));
    // It is the first thing that is checked: wrong in everything, it is refused for its signature.
    let wrong = tamper!(stranger, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills[0].fill = shifted(&fills[0].fill);
    });
    assert_eq!(world.verdict(world.after(60), &wrong), Err(Rejection::ClearSignature));
}

/// Invariant L6.
#[test]
fn a_clearing_price_outside_floor_and_cap_is_rejected() {
    let (world, clear) = closed_and_cleared();
    let at = |price: u32| {
        let built = tamper!(clear, Clear, |it| if let Outcome::Trade { price: it, .. } = &mut it.statement.outcome {
            *it = Price::new(price).unwrap();
        });
        world.verdict(world.after(60), &resigned(&world, built))
    };
    assert_eq!([at(9), at(1_001)], [Err(Rejection::ClearPrice); 2]);
    // Within bounds it is the proofs that speak; the first of them is bound to the transaction as well.
    assert_eq!([at(10), at(1_000)], [Err(Rejection::HandleProof); 2]);
}

/// Invariant L7.
#[test]
fn a_fill_that_does_not_keep_its_orders_blinding_is_rejected() {
    let (world, clear) = closed_and_cleared();
    let blinded = tamper!(clear, Clear, |it| if let Outcome::Trade { fills, .. } = &mut it.statement.outcome {
        fills[2].fill = shifted(&fills[2].fill);
    });
    let none = tamper!(clear, Clear, |it| it.handles = None);
    let response = tamper!(clear, Clear, |it| {
        let handles = it.handles.as_mut().unwrap();
        handles.value_response = incremented(&handles.value_response);
    });
    assert_eq!(world.verdict(world.after(60), &resigned(&world, blinded)), Err(Rejection::HandleProof));
    assert_eq!(world.verdict(world.after(60), &response), Err(Rejection::HandleProof));
    // Without its handle proof a trade cannot even be said: the bytes that follow would be it.
    assert!(matches!(world.verdict(world.after(60), &none), Err(Rejection::Malformed(_))));
}

/// Invariant L8.
#[test]
fn a_proof_of_another_clearing_is_rejected() {
    let (mut world, clear) = closed_and_cleared();
    let (utility, window) = electric(&world);
    world.pass(world.after(600));
    let (other, _) = world.clear(utility, window);
    let Action::Clear(of_other) = other.transaction.action() else { panic!() };
    let moved = tamper!(clear, Clear, |it| it.proof = of_other.proof.clone());
    assert_eq!(world.verdict(world.after(60), &moved), Err(Rejection::ClearingProof));
    // That nothing can be traded is a lie here, whatever stands behind it.
    let nothing = tamper!(clear, Clear, |it| {
        it.statement.outcome = Outcome::NoTrade { orders: it.statement.outcome.orders() };
        it.handles = None;
    });
    assert_eq!(world.verdict(world.after(60), &resigned(&world, nothing)), Err(Rejection::ClearingProof));
}

/// The order of marginal orders is not the operator's to choose: made by any rank but the ledger's, the Clear is refused.
///
/// Invariant L3, L8.
#[test]
fn a_clearing_by_another_rank_is_rejected() {
    let (mut world, _) = closed_and_cleared();
    let (utility, window) = electric(&world);
    let orders = world.orders(utility, window);
    let (mut accepted, mut refused) = (0, 0);
    for byte in 0..12 {
        let plan = hushwatt_ledger::transaction::clear::ClearPlan {
            utility,
            window,
            orders: &orders,
            rank: BlockDigest([byte; 32]),
            openings: &world.book,
            valid_until: world.valid_until(),
        };
        let (built, _) = plan.build(&world.genesis, &world.operator, &mut world.rng).unwrap();
        let same_sides = |side| {
            let of = |rank: &BlockDigest| -> Vec<OrderId> {
                let of_side = orders.iter().filter(|(_, _, of)| *of == side).map(|(id, ..)| *id);
                ranked(world.network(), rank, of_side)
            };
            of(&BlockDigest([byte; 32])) == of(&world.rank(utility, window).unwrap())
        };
        let right = same_sides(Side::Sell) && same_sides(Side::Buy);
        let expected = if right { Ok(()) } else { Err(Rejection::ClearingProof) };
        assert_eq!(world.verdict(world.after(60), &Built::new(built, Vec::new())), expected);
        if right { accepted += 1 } else { refused += 1 }
    }
    assert!(refused > 0, "{accepted} accepted");
}

/// Bounds of a utility of its own hold for its clearing.
///
/// Invariant L6.
#[test]
fn water_is_cleared_between_its_own_floor_and_cap() {
    let water = Some(hushwatt_ledger::parameters::PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 });
    let prices = hushwatt_ledger::parameters::UtilityPrices { water, ..Default::default() };
    let parameters = Parameters { prices, ..Setup::default().parameters };
    let mut world = open_with(&Setup { parameters, ..Setup::default() });
    let window = world.window(0);
    let wish = |who, limit, quantity| auction::Wish { who, utility: Utility::Water, window, limit, quantity };
    let orders = [world.sell(&wish(BERT, 1_001, 400)), world.buy(&wish(ANNA, 4_999, 300))];
    world.accept(world.after(60), &orders);
    world.close(window);
    let before = credit(&world);
    let (clear, cleared) = world.clear(Utility::Water, window);
    // The ask is cut short and counts in both, the bid is filled: between 1,001 and 1,001.
    let Cleared::Trade { price, .. } = cleared else { panic!("the bid reaches the ask") };
    assert_eq!(price.micro_euro(), 1_001);
    world.accept(world.after(60), &[clear]);
    assert_eq!(credit(&world)[2], before[2] + 300 * 1_001);
    assert_eq!(credit(&world)[1], before[1] + 300 * 5_000 - 300 * 1_001);
}
