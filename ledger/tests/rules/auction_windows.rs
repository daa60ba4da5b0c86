//! Auctions of every shape: one side empty, no overlap, all equal, one order, very many.

use hushwatt_crypto::range::RangeBits;
use hushwatt_ledger::{
    Rejection,
    codec::DecodeError,
    note::Asset,
    parameters::{AuctionParameters, Parameters},
    state::{AuctionEnd, BlockEvents, EndedAuction, IndexedAuction, block_batch, index_auctions},
    storage::{Index, MemoryIndex},
    transaction::{
        build::Built,
        clear::{ClearError, Cleared, Outcome},
        order::Side,
    },
    units::{Price, Quantity, Utility, Window},
};

use crate::{
    auction::{open, wish},
    kit::*,
    tamper,
};

/// Orders of one side: who, limit, quantity.
type Orders<'a> = &'a [(usize, u32, u32)];

/// A world whose auction of window 0 has closed, with these orders.
fn with_orders(asks: Orders<'_>, bids: Orders<'_>) -> World {
    let mut world = open();
    let mut orders = Vec::new();
    for (who, limit, quantity) in asks {
        let wish = wish(&world, *who, *limit, *quantity);
        orders.push(world.sell(&wish));
    }
    for (who, limit, quantity) in bids {
        let wish = wish(&world, *who, *limit, *quantity);
        orders.push(world.buy(&wish));
    }
    world.accept(world.after(60), &orders);
    let window = world.window(0);
    world.close(window);
    world
}

fn cleared(world: &mut World) -> Cleared {
    let window = world.window(0);
    let (clear, cleared) = world.clear(Utility::Electricity, window);
    world.accept(world.after(60), &[clear]);
    cleared
}

fn held(world: &World, who: usize) -> (u64, u64) {
    let household = &world.households[who];
    (household.balance(Asset::Credit), household.balance(electricity(world.window(0))))
}

fn price_of(cleared: &Cleared) -> Option<u32> {
    match cleared {
        Cleared::NoTrade => None,
        Cleared::Trade { price, .. } => Some(price.micro_euro()),
    }
}

/// Invariant L1, X2.
#[test]
fn an_auction_with_one_side_empty_is_never_cleared_and_expires() {
    let shapes: [(Orders<'_>, Orders<'_>); 4] = [
        (&[(ANNA, 100, 600)], &[]),
        (&[(ANNA, 100, 600), (BERT, 100, 600)], &[]),
        (&[], &[(ANNA, 100, 600)]),
        (&[], &[(ANNA, 100, 600), (BERT, 100, 600)]),
    ];
    for (asks, bids) in shapes {
        let before = open();
        let mut world = with_orders(asks, bids);
        let window = world.window(0);
        let orders = world.orders(Utility::Electricity, window);
        let failed = world.clear_of(Utility::Electricity, window, &orders);
        assert_eq!(failed.err(), Some(ClearError::Uncleared));
        // Whatever a Clear says of it.
        let (_, other) = crate::auction_clear::closed_and_cleared();
        let listed = orders.iter().map(|(id, ..)| *id).collect();
        let forged = tamper!(other, Clear, |it| {
            it.statement.outcome = Outcome::NoTrade { orders: listed };
            it.handles = None;
        });
        let forged = forge::signed_again(&forged, &world.operator);
        let verdict = world.verdict(world.after(60), &forged);
        if orders.len() > 1 {
            assert_eq!(verdict, Err(Rejection::ClearOneSided));
        } else {
            // Not even to be said: a Clear lists at least two.
            assert_eq!(verdict, Err(Rejection::Malformed(DecodeError::LengthOutOfRange)));
        }
        world.pass(world.parameters().clear_until(window).unwrap().plus(1));
        let fees = bids.len() as u64 * 7;
        let total = |world: &World| -> u64 { (0..4).map(|who| held(world, who).0).sum() };
        assert_eq!(total(&world), total(&before) - fees);
        for who in [ANNA, BERT, CARLA] {
            assert_eq!(held(&world, who).1, held(&before, who).1);
        }
    }
}

/// Invariant L8, L9.
#[test]
fn bids_below_every_ask_trade_nothing_and_everything_comes_back_with_the_clear() {
    let before = open();
    let mut world = with_orders(&[(ANNA, 300, 600), (BERT, 301, 10)], &[(CARLA, 299, 400), (TREASURY, 10, 20)]);
    assert_eq!(cleared(&mut world), Cleared::NoTrade);
    for who in [ANNA, BERT] {
        assert_eq!(held(&world, who), held(&before, who));
    }
    for who in [CARLA, TREASURY] {
        let (credit, energy) = held(&before, who);
        assert_eq!(held(&world, who), (credit - 7, energy));
    }
}

/// Invariant L8.
#[test]
fn where_all_limits_are_equal_that_is_the_price() {
    let mut world = with_orders(
        &[(ANNA, 250, 600), (BERT, 250, 500), (CARLA, 250, 400)],
        &[(TREASURY, 250, 700), (ANNA, 250, 100), (BERT, 250, 50)],
    );
    let result = cleared(&mut world);
    assert_eq!(price_of(&result), Some(250));
    let Cleared::Trade { fills, .. } = result else { unreachable!() };
    assert_eq!(fills.iter().map(|(_, much)| u64::from(much.0)).sum::<u64>(), 2 * 850, "as much as possible");
}

/// The middle of what all orders leave open, rounded down: a bid and an ask of one size leave it between their limits.
///
/// Invariant L8.
#[test]
fn one_bid_and_one_ask_meet_in_the_middle() {
    let mut world = with_orders(&[(ANNA, 100, 600)], &[(BERT, 201, 600)]);
    let (anna, bert) = (held(&world, ANNA), held(&world, BERT));
    assert_eq!(price_of(&cleared(&mut world)), Some(150));
    assert_eq!(held(&world, ANNA), (anna.0 + 600 * 150, 400));
    assert_eq!(held(&world, BERT), (bert.0 + 600 * 1_000 - 600 * 150, bert.1));
    let mut world = with_orders(&[(ANNA, 100, 600)], &[(BERT, 201, 400)]);
    assert_eq!(price_of(&cleared(&mut world)), Some(100), "an ask with energy left sets it");
    let mut world = with_orders(&[(ANNA, 100, 400)], &[(BERT, 201, 600)]);
    assert_eq!(price_of(&cleared(&mut world)), Some(201), "so does a bid that wants more");
    let mut world = with_orders(&[(ANNA, 10, 10)], &[(BERT, 1_000, 10)]);
    assert_eq!(price_of(&cleared(&mut world)), Some(505));
    let mut world = with_orders(&[(ANNA, 1_000, 10)], &[(BERT, 1_000, 10)]);
    assert_eq!(price_of(&cleared(&mut world)), Some(1_000));
}

/// Invariant L1.
#[test]
fn one_order_alone_expires() {
    let mut world = with_orders(&[(ANNA, 100, 600)], &[]);
    let window = world.window(0);
    assert_eq!(held(&world, ANNA).1, 400);
    world.pass(world.parameters().clear_until(window).unwrap().plus(1));
    assert_eq!(held(&world, ANNA).1, 1_000);
}

/// After a standstill of the network an order's energy comes back too late to be delivered; nothing else is lost, and a wallet's
/// light state follows.
///
/// Invariant X2.
#[test]
fn orders_expire_even_if_the_network_stood_still_past_every_deadline() {
    let before = open();
    let mut world = with_orders(&[(ANNA, 300, 600)], &[(CARLA, 400, 400)]);
    let late = world.parameters().deliver_until(world.window(0)).plus(48 * 3_600);
    world.pass(late);
    assert_eq!(held(&world, ANNA).1, 1_000);
    assert_eq!(held(&world, CARLA).0, held(&before, CARLA).0 - 7);
    world.pass(world.parameters().append_at(world.now()));
    world.pass(world.parameters().append_at(world.now()));
    assert!(world.spendable(ANNA, electricity(world.window(0))).iter().any(|note| note.opening.value == 600));
}

/// Auctions of two utilities and of two windows are over one by one.
///
/// Invariant L4, X2.
#[test]
fn auctions_of_other_windows_and_utilities_run_beside_each_other() {
    let mut world = open();
    let (first, second) = (world.window(0), world.window(1));
    let of = |who, utility, limit, quantity| auction::Wish { who, utility, window: first, limit, quantity };
    let orders = [
        world.sell(&of(ANNA, Utility::Electricity, 100, 600)),
        world.buy(&of(TREASURY, Utility::Electricity, 200, 600)),
        world.sell(&of(BERT, Utility::Water, 100, 400)),
        world.buy(&of(ANNA, Utility::Water, 300, 400)),
    ];
    world.accept(world.after(60), &orders);
    world.close(first);
    // The second window is attested meanwhile, and its auction opens while the first can still be cleared.
    let notes = world.spendable(CARLA, Asset::Credit)[..1].to_vec();
    world.pass(world.parameters().attest_until(second).plus(1).min(world.parameters().clear_until(first).unwrap()));
    let (electric, _) = world.clear(Utility::Electricity, first);
    world.accept(world.now(), &[electric]);
    assert_eq!(world.ledger().auction(Utility::Electricity, first).unwrap(), None);
    assert_eq!(world.ledger().auction(Utility::Water, first).unwrap().unwrap().orders(), 2);
    world.pass(world.parameters().attest_until(second).plus(1));
    let plan = auction::Wish { window: second, ..wish(&world, CARLA, 200, 100) };
    let later = world.buy_with(&notes, &plan);
    world.accept(world.after(1), &[later]);
    assert_eq!(world.ledger().auction(Utility::Water, first).unwrap(), None, "expired");
    assert_eq!(world.ledger().auction(Utility::Electricity, second).unwrap().unwrap().buys, 1);
    assert!(
        world.households.iter().flat_map(|one| &one.orders).all(|order| order.ended || order.terms.window == second)
    );
}

/// Who ordered, how often, and how it ended: what an index tells beside the state, and the events of each block.
///
/// Invariant L9.
#[test]
fn the_index_knows_every_auction_and_its_price() {
    let mut index = MemoryIndex::new();
    let mut world = open();
    let first = world.window(0);
    let auctions = |index: &MemoryIndex| index_auctions(index, first, Window(first.0 + 1)).unwrap();
    let of = |who, utility, limit, quantity| auction::Wish { who, utility, window: first, limit, quantity };
    let orders = [
        world.sell(&of(ANNA, Utility::Electricity, 100, 600)),
        world.buy(&of(TREASURY, Utility::Electricity, 200, 600)),
        world.buy(&of(CARLA, Utility::Electricity, 150, 600)),
        world.sell(&of(BERT, Utility::Water, 301, 400)),
        world.buy(&of(ANNA, Utility::Water, 300, 400)),
    ];
    let mut step = |world: &mut World, at, built: &[Built]| {
        let proposal = world.propose(at, built).unwrap();
        let batch = block_batch(&proposal.executed.changes, &proposal.block, &proposal.executed.parent);
        index.apply(&batch).unwrap();
        let events = BlockEvents::of(&proposal.executed.changes).unwrap();
        world.accept(at, built);
        (auctions(&index), events.auctions_ended)
    };
    let at = world.after(60);
    let (listed, ended) = step(&mut world, at, &orders);
    let electric = |ended| IndexedAuction { window: first, utility: Utility::Electricity, sells: 1, buys: 2, ended };
    let water = |ended| IndexedAuction { window: first, utility: Utility::Water, sells: 1, buys: 1, ended };
    assert_eq!((listed, ended), (vec![electric(None), water(None)], vec![]));
    let closed = world.parameters().order_until(first).unwrap().plus(1);
    step(&mut world, closed, &[]);
    let (listed, _) = step(&mut world, closed, &[]);
    assert_eq!(listed, [electric(None), water(None)], "that the rank is fixed changes nothing here");
    let (clear, cleared) = world.clear(Utility::Electricity, first);
    let price = Price::new(price_of(&cleared).unwrap()).unwrap();
    let id = *clear.transaction.id();
    let at = world.after(60);
    let (listed, ended) = step(&mut world, at, &[clear]);
    let traded = Some(EndedAuction { height: world.parent.height, end: AuctionEnd::Traded { price, clear: id } });
    assert_eq!(listed, [electric(traded), water(None)]);
    assert_eq!(ended, [(Utility::Electricity, first)]);
    let mut twin = world.clone();
    let expired = world.parameters().clear_until(first).unwrap().plus(1);
    let (listed, ended) = step(&mut world, expired, &[]);
    let expired = Some(EndedAuction { height: world.parent.height, end: AuctionEnd::Expired });
    assert_eq!(listed, [electric(traded), water(expired)]);
    assert_eq!(ended, [(Utility::Water, first)]);
    assert!(index_auctions(&index, Window(0), first).unwrap().is_empty());
    assert!(index_auctions(&index, Window(first.0 + 1), Window(u64::MAX)).unwrap().is_empty());
    // Had it been cleared instead: no bid reached an ask.
    let (clear, _) = twin.clear(Utility::Water, first);
    let id = *clear.transaction.id();
    let proposal = twin.propose(twin.after(60), &[clear]).unwrap();
    index.apply(&block_batch(&proposal.executed.changes, &proposal.block, &proposal.executed.parent)).unwrap();
    let ended = index_auctions(&index, first, Window(first.0 + 1)).unwrap()[1].ended;
    assert_eq!(ended.unwrap().end, AuctionEnd::NoTrade { clear: id });
}

/// As many orders as one auction may have, in one Clear: admitted, accepted, cleared and verified by `execute_block`.
///
/// Invariant S5, L8.
#[test]
fn the_largest_auction_clears() {
    let orders: usize = AuctionParameters::MOST_ORDERS as usize;
    let (asks, bids) = (orders / 2, orders - orders / 2);
    let auction = Some(AuctionParameters { max_orders: orders as u32, ..AuctionParameters::default() });
    let parameters = Parameters { auction, ..Setup::default().parameters };
    let meters = (0..asks).map(|meter| (Utility::Electricity, RangeBits::Bits16, meter % 8)).collect();
    let setup = Setup { parameters, meters, households: 8, notes: 8, ..Setup::default() };
    let mut world = World::with_energy(&setup, |world| {
        // Eight notes each from block 1, and eight from two Mints more.
        for _ in 0..2 {
            let payees: Vec<(usize, u64)> = (0..8).flat_map(|who| [(who, 10_000_000); 4]).collect();
            let mint = world.mint(&payees);
            world.accept(world.after(60), &[mint]);
        }
        world.next_epoch();
    });
    let window = world.window(0);
    let mut book: Vec<Built> = Vec::new();
    for ask in 0..asks {
        let wish = wish(&world, ask % 8, 100 + 3 * (ask as u32 % 40), 100 + 2 * ask as u32);
        let note = world.spendable(wish.who, wish.energy())[ask / 8].clone();
        book.push(world.sell_with(&[note], &wish));
    }
    for bid in 0..bids {
        let wish = wish(&world, bid % 8, 250 - 3 * (bid as u32 % 40), 50 + 3 * bid as u32);
        let note = world.spendable(wish.who, Asset::Credit)[bid / 8].clone();
        book.push(world.buy_with(&[note], &wish));
    }
    world.accept(world.after(60), &book);
    let auction = world.ledger().auction(Utility::Electricity, window).unwrap().unwrap();
    assert_eq!((auction.sells as usize, auction.buys as usize), (asks, bids));
    world.close(window);
    let before: u64 = world.households.iter().map(|household| household.balance(Asset::Credit)).sum();
    let (clear, cleared) = world.clear(Utility::Electricity, window);
    println!("a Clear of {orders} orders: {} bytes", clear.transaction.encoded_len());
    let started = std::time::Instant::now();
    world.accept(world.after(60), &[clear]);
    println!("proposed, verified and scanned in {:?}", started.elapsed());
    let Cleared::Trade { fills, price } = cleared else { panic!("bids reach asks") };
    let (mut sold, mut bought, mut locks) = (0u64, 0u64, 0u64);
    for household in &world.households {
        for order in &household.orders {
            let filled = order.filled.unwrap();
            let told = fills.iter().find(|(id, _)| *id == order.id).unwrap().1;
            assert_eq!(Quantity(filled), told, "the operator's plain numbers are those that owners find");
            match order.side {
                Side::Sell => sold += u64::from(filled),
                Side::Buy => {
                    bought += u64::from(filled);
                    locks += 1_000 * order.quantity.value;
                }
            }
        }
    }
    assert!(sold == bought && sold > 0, "{sold} sold, {bought} bought at {price:?}");
    let after: u64 = world.households.iter().map(|household| household.balance(Asset::Credit)).sum();
    assert_eq!(after, before + locks, "all money is with somebody");
}
