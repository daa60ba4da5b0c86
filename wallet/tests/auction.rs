//! Orders of the sealed-bid auction on a real node: what their wallets find on the ledger by themselves (protocol section 6.4).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    Rejection,
    block::BlockHints,
    state::BlockEvents,
    transaction::{
        Envelope,
        build::{BuildError, Built},
        order::{OrderId, Side, with_admission},
        registry::{RegistryChange, build::RegistryPlan},
    },
    units::{Credit, Price, Quantity, Utility, Window},
};
use hushwatt_node::Produced;
use hushwatt_wallet::{
    ChainBlock, Follower, Movement, MovementKind, OrderState, Pending, PendingReason, Wallet, WalletError,
};
use market::{ANNA, BERT, CARLA, HOUR, Home, Market, hall::Hall, pairing};
use support::{follow, registrar_key, seed_of};

const ELECTRICITY: Utility = Utility::Electricity;
/// What everybody has in the beginning.
const PURSE: u64 = 4_000_000;

fn traded(price: u32, filled: u32) -> OrderState {
    OrderState::Cleared { price: Price::new(price).unwrap(), filled: Quantity(filled) }
}

fn kinds_of(wallet: &Wallet, id: OrderId) -> Vec<MovementKind> {
    let about = wallet.movements().iter().filter(|movement| movement.order == Some(id));
    about.map(|movement| movement.kind.clone()).collect()
}

#[test]
fn a_seller_and_two_buyers_find_price_fills_payout_and_refunds() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let ask = hall.place(&mut market, ANNA, Side::Sell, 1_500, 100);
    let bid = hall.place(&mut market, BERT, Side::Buy, 1_000, 300);
    let marginal = hall.place(&mut market, CARLA, Side::Buy, 800, 200);
    let bert = market.wallet(BERT);
    assert_eq!((bert.balance().locked, market.total(BERT)), (Credit(1_000_000), PURSE), "what is locked is still his");
    let until = market.community.genesis.parameters.clear_until(hall.window);
    let locked = Pending { amount: Credit(1_000_000), reason: PendingReason::Bid(bid), expected: until };
    assert!(bert.pending().contains(&locked), "{:?}", bert.pending());
    let energy = market.wallet(ANNA).energy(ELECTRICITY, hall.window);
    assert_eq!((energy.available, energy.pending, energy.ordered), (0, 500, 1_500));
    assert_eq!(market.wallet(ANNA).undelivered(ELECTRICITY), 2_000);
    assert!(market.wallet(ANNA).orders().all(|order| order.id == ask), "a stranger learns of no order");
    assert_eq!(market.order(CARLA, marginal).limit, Price::new(200));

    hall.clear(&mut market);
    assert_eq!(market.order_state(ANNA, ask), traded(200, 1_500));
    assert_eq!(market.order_state(BERT, bid), traded(200, 1_000));
    assert_eq!(market.order_state(CARLA, marginal), traded(200, 500));
    let totals = [ANNA, BERT, CARLA].map(|who| market.total(who));
    assert_eq!(totals, [PURSE + 300_000, PURSE - 200_000, PURSE - 100_000]);
    assert!([ANNA, BERT, CARLA].iter().all(|who| market.wallet(*who).balance().locked == Credit::ZERO));
    assert_eq!(market.wallet(CARLA).bought(ELECTRICITY), 500);
    let energy = market.wallet(ANNA).energy(ELECTRICITY, hall.window);
    assert_eq!((energy.available + energy.pending, energy.ordered), (500, 0), "the change, and a rest of nothing");
    let filled = MovementKind::Filled {
        side: Side::Buy,
        money: Credit(100_000),
        refund: Credit(700_000),
        filled: Quantity(500),
        quantity: Quantity(800),
        price: Price::new(200).unwrap(),
        window: hall.window,
        utility: ELECTRICITY,
    };
    assert_eq!(kinds_of(market.wallet(CARLA), marginal).last(), Some(&filled));
    // Payout and refunds are notes like any other.
    market.community.next_epoch();
    let all = market.total(ANNA);
    assert_eq!(market.wallet(ANNA).balance().available.0, all);
    for who in [ANNA, CARLA] {
        let built = market.community.pay(who, &[(BERT, 290_000)]);
        market.community.settle(vec![built]);
    }
}

#[test]
fn what_is_not_sold_comes_back_and_can_still_be_delivered() {
    let mut market = Market::usual();
    let (contract, opened) = market.open(CARLA, ANNA, market.window(0), 700);
    market.community.settle(vec![opened]);
    let mut hall = Hall::open(&mut market, 500);
    let ask = hall.place(&mut market, ANNA, Side::Sell, 2_000, 100);
    let bid = hall.place(&mut market, BERT, Side::Buy, 1_000, 300);
    hall.clear(&mut market);
    // The ask is marginal: it sets the price.
    assert_eq!(
        (market.order_state(ANNA, ask), market.order_state(BERT, bid)),
        (traded(100, 1_000), traded(100, 1_000))
    );
    let energy = market.wallet(ANNA).energy(ELECTRICITY, hall.window);
    assert_eq!((energy.available, energy.pending), (0, 1_000));
    market.community.block_at(market.community.now().plus(HOUR));
    assert_eq!(market.wallet(ANNA).energy(ELECTRICITY, hall.window).available, 1_000);
    market.deliver(ANNA, &[(contract, 700)]);
    assert_eq!(market.total(ANNA), PURSE + 100_000 + 210_000);
}

#[test]
fn an_order_outside_of_the_price_gets_everything_back() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    hall.place(&mut market, ANNA, Side::Sell, 500, 100);
    hall.place(&mut market, BERT, Side::Buy, 500, 300);
    let low = hall.place(&mut market, CARLA, Side::Buy, 800, 50);
    hall.clear(&mut market);
    assert_eq!(market.order_state(CARLA, low), traded(200, 0));
    assert_eq!((market.total(CARLA), market.wallet(CARLA).balance().locked), (PURSE, Credit::ZERO));
    let unfilled = MovementKind::Unfilled {
        side: Side::Buy,
        refund: Credit(800_000),
        quantity: Quantity(800),
        price: Price::new(200),
        expired: false,
        window: hall.window,
        utility: ELECTRICITY,
    };
    assert_eq!(kinds_of(market.wallet(CARLA), low).last(), Some(&unfilled));
}

#[test]
fn where_no_bid_reaches_an_ask_all_comes_back() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let ask = hall.place(&mut market, ANNA, Side::Sell, 1_200, 400);
    let bid = hall.place(&mut market, BERT, Side::Buy, 1_000, 300);
    hall.clear(&mut market);
    assert_eq!(market.order_state(ANNA, ask), OrderState::NothingTraded);
    assert_eq!(market.order_state(BERT, bid), OrderState::NothingTraded);
    assert_eq!((market.total(ANNA), market.total(BERT)), (PURSE, PURSE));
    let energy = market.wallet(ANNA).energy(ELECTRICITY, hall.window);
    assert_eq!((energy.available + energy.pending, energy.ordered), (2_000, 0));
    let last = market.wallet(BERT).movements().last().unwrap();
    assert!(matches!(last.kind, MovementKind::Unfilled { expired: false, price: None, .. }), "{last:?}");
    assert!(last.transaction.is_some());
}

#[test]
fn an_auction_that_nobody_clears_expires_and_gives_everything_back() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let ask = hall.place(&mut market, ANNA, Side::Sell, 1_200, 100);
    let bid = hall.place(&mut market, BERT, Side::Buy, 1_000, 300);
    let until = market.community.genesis.parameters.clear_until(hall.window).unwrap();
    market.community.block_at(until);
    assert_eq!(market.order_state(BERT, bid), OrderState::Open, "in the last second it can still be cleared");
    hall.expire(&mut market);
    assert_eq!(market.order_state(ANNA, ask), OrderState::Expired);
    assert_eq!(market.order_state(BERT, bid), OrderState::Expired);
    assert_eq!((market.total(ANNA), market.total(BERT)), (PURSE, PURSE));
    assert_eq!(market.wallet(BERT).balance().locked, Credit::ZERO);
    let Movement { transaction, kind, .. } = market.wallet(BERT).movements().last().unwrap();
    assert!(matches!(kind, MovementKind::Unfilled { expired: true, refund: Credit(1_000_000), .. }), "{kind:?}");
    assert_eq!(*transaction, None);
    market.community.block_at(market.community.now().plus(HOUR));
    let energy = market.wallet(ANNA).energy(ELECTRICITY, hall.window);
    assert_eq!((energy.available, energy.pending, energy.ordered), (2_000, 0, 0));
}

#[test]
fn an_auction_with_one_side_only_expires() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let bids = [BERT, CARLA].map(|who| hall.place(&mut market, who, Side::Buy, 500, 300));
    hall.expire(&mut market);
    assert_eq!(market.order_state(BERT, bids[0]), OrderState::Expired);
    assert_eq!(market.order_state(CARLA, bids[1]), OrderState::Expired);
    assert_eq!((market.total(BERT), market.total(CARLA)), (PURSE, PURSE));
}

#[test]
fn a_household_on_both_sides_finds_both_of_its_orders() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let ask = hall.place(&mut market, BERT, Side::Sell, 100, 100);
    let bid = hall.place(&mut market, BERT, Side::Buy, 300, 200);
    hall.place(&mut market, ANNA, Side::Sell, 200, 150);
    hall.clear(&mut market);
    let (sold, bought) = (market.order_state(BERT, ask), market.order_state(BERT, bid));
    let (OrderState::Cleared { price, filled: sold }, OrderState::Cleared { filled: bought, .. }) = (sold, bought)
    else {
        panic!("{sold:?} {bought:?}")
    };
    assert_eq!((sold, bought), (Quantity(100), Quantity(300)));
    assert_eq!(market.total(BERT), PURSE - 200 * u64::from(price.micro_euro()));
    assert_eq!(market.wallet(BERT).movements().iter().filter(|one| one.order.is_some()).count(), 4);
}

#[test]
fn an_order_that_is_taken_back_before_it_left_sets_everything_free() {
    let mut market = Market::usual();
    let hall = Hall::open(&mut market, 500);
    let before = market.wallet(BERT).balance();
    for _ in 0..3 {
        let order = hall.build(&mut market, BERT, Side::Buy, 3_000, 300);
        assert_eq!(market.wallet(BERT).balance().available, Credit(1_000_000), "three of four notes are set aside");
        market.community.wallets[BERT].release(&order.built);
        assert_eq!(market.wallet(BERT).balance(), before);
    }
}

#[test]
fn an_order_without_the_operators_admission_is_refused_by_the_nodes() {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let order = hall.build(&mut market, ANNA, Side::Sell, 100, 100);
    let refused = market.community.node.submit_all(vec![order.built.clone()]).remove(0);
    assert!(refused.unwrap_err().to_string().contains(&Rejection::Admission.to_string()));
    let (id, admitted) = hall.admit(&market, order);
    assert_eq!(OrderId::of(market.community.genesis.network(), admitted.transaction.id()), id, "its id stays");
    let network = market.community.genesis.network();
    let stranger = registrar_key();
    let wrong = hushwatt_ledger::transaction::order::admit(&stranger, network, admitted.transaction.id());
    let forged = Built { transaction: with_admission(&admitted.transaction, wrong).unwrap(), ..admitted.clone() };
    assert!(market.community.node.submit_all(vec![forged]).remove(0).is_err());
    market.community.settle(vec![admitted]);
}

#[test]
fn orders_that_cannot_be_are_refused_before_anything_is_set_aside() {
    let mut market = Market::usual();
    let hall = Hall::open(&mut market, 500);
    let before = [ANNA, BERT].map(|who| market.wallet(who).balance());
    let mut try_order = |who: usize, side, quantity, limit| {
        let support::Community { wallets, follower, rng, .. } = &mut market.community;
        let now = follower.tip().time;
        wallets[who].order(follower, &hall.wish(side, quantity, limit), now, rng).err().unwrap()
    };
    assert!(matches!(try_order(ANNA, Side::Sell, 9, 100), WalletError::Build(BuildError::OrderTooSmall)));
    assert!(matches!(try_order(ANNA, Side::Sell, 10, 9), WalletError::Build(BuildError::LimitOutOfRange)));
    assert!(matches!(try_order(BERT, Side::Buy, 10, 1_001), WalletError::Build(BuildError::LimitOutOfRange)));
    let short = try_order(ANNA, Side::Sell, 2_001, 100);
    let amounts = (Quantity(2_001), Quantity(2_000));
    assert!(matches!(short, WalletError::InsufficientEnergy { needed, available } if (needed, available) == amounts));
    // Four euros are there, and the highest price is set aside for everything.
    assert_eq!(market.wallet(BERT).affordable_bid(ELECTRICITY), Quantity(4_000));
    let mut try_order = |who: usize, side, quantity, limit| {
        let support::Community { wallets, follower, rng, .. } = &mut market.community;
        let now = follower.tip().time;
        wallets[who].order(follower, &hall.wish(side, quantity, limit), now, rng).err().unwrap()
    };
    let poor = try_order(BERT, Side::Buy, 4_001, 100);
    assert!(matches!(poor, WalletError::InsufficientCredit { needed: Credit(4_001_000), .. }), "{poor}");
    let after = [ANNA, BERT].map(|who| market.wallet(who).balance());
    assert_eq!(before, after);
}

/// Every block again, as somebody with this wallet sees it; the hints of some transactions may be lost.
fn replay(market: &Market, wallet: &mut Wallet, hints_of: impl Fn(u64, BlockHints) -> BlockHints) {
    let mut follower = Follower::new(market.community.genesis.clone());
    for height in 1..=market.community.node.store().tip().height {
        let ChainBlock { block, certificate, hints } = market::chain_of(&market.community, height);
        let produced = Produced { certificate: certificate.unwrap(), block, hints, dropped: Vec::new() };
        let events: BlockEvents = follow(&mut follower, &produced);
        let hints = hints_of(height, produced.hints);
        wallet.scan_block(&produced.block, &hints, &events);
    }
}

/// An auction in which Anna and Bert traded and Carla did not, and their orders.
fn traded_market() -> (Market, [OrderId; 3]) {
    let mut market = Market::usual();
    let mut hall = Hall::open(&mut market, 500);
    let ask = hall.place(&mut market, ANNA, Side::Sell, 1_500, 100);
    let bid = hall.place(&mut market, BERT, Side::Buy, 1_000, 300);
    let low = hall.place(&mut market, CARLA, Side::Buy, 800, 50);
    hall.clear(&mut market);
    market.community.next_epoch();
    (market, [ask, bid, low])
}

#[test]
fn a_wallet_restored_from_its_seed_knows_its_orders_limits_included() {
    let (market, ids) = traded_market();
    for (who, id) in [ANNA, BERT, CARLA].into_iter().zip(ids) {
        let mut back = Wallet::new(market.community.genesis.clone(), &seed_of(who)).unwrap();
        back.pair(pairing(who));
        replay(&market, &mut back, |_, hints| hints);
        let known = market.wallet(who);
        assert_eq!((back.balance(), back.movements()), (known.balance(), known.movements()));
        let (found, placed) = (back.orders().next().unwrap(), market.order(who, id));
        assert_eq!((found.id, found.state, found.limit), (id, placed.state, placed.limit));
        assert!(found.limit.is_some());
    }
}

#[test]
fn a_wallet_that_only_looks_sees_orders_fills_and_what_they_spent() {
    let (market, ids) = traded_market();
    for (who, id) in [ANNA, BERT, CARLA].into_iter().zip(ids) {
        let known = market.wallet(who);
        let mut looking = Wallet::view_only(market.community.genesis.clone(), &known.view_key_export()).unwrap();
        looking.pair(pairing(who));
        replay(&market, &mut looking, |_, hints| hints);
        assert_eq!((looking.balance(), looking.movements()), (known.balance(), known.movements()));
        let seen = looking.orders().next().unwrap();
        assert_eq!((seen.id, seen.state, seen.limit), (id, market.order_state(who, id), market.order(who, id).limit));
        let window = seen.terms.window;
        assert_eq!(looking.energy(ELECTRICITY, window), known.energy(ELECTRICITY, window));
    }
}

#[test]
fn an_order_whose_hints_came_late_is_found_when_the_ledger_is_read_again() {
    let (market, ids) = traded_market();
    let placed = market.order(BERT, ids[1]).placed.0;
    let mut late = Wallet::new(market.community.genesis.clone(), &seed_of(BERT)).unwrap();
    late.pair(pairing(BERT));
    replay(
        &market,
        &mut late,
        |height, hints| {
            if height == placed { hints.iter().map(|_| Vec::new()).collect() } else { hints }
        },
    );
    assert_eq!(late.orders().count(), 0);
    assert!(late.balance().total() < market.wallet(BERT).balance().total(), "neither change nor refund is found");
    assert!(late.movements().iter().any(|one| matches!(one.kind, MovementKind::Sent { known: false, .. })));
    late.read_again();
    replay(&market, &mut late, |_, hints| hints);
    assert_eq!(late.balance(), market.wallet(BERT).balance());
    assert_eq!(late.orders().next().unwrap().state, market.order_state(BERT, ids[1]));
    // Read once more: nothing is counted twice.
    let movements = late.movements().len();
    late.read_again();
    replay(&market, &mut late, |_, hints| hints);
    assert_eq!((late.balance(), late.movements().len()), (market.wallet(BERT).balance(), movements));
}

#[test]
fn a_home_that_is_closed_and_opened_after_every_block_trades_in_the_auction() {
    let mut market = Market::usual();
    let [mut anna, mut bert] = [ANNA, BERT].map(|who| Home::of(who, &market.community));
    let mut hall = Hall::open(&mut market, 500);
    anna.catch_up(&market.community);
    bert.catch_up(&market.community);
    let mut ids = Vec::new();
    for (home, side, quantity) in [(&mut anna, Side::Sell, 2_000), (&mut bert, Side::Buy, 500)] {
        let now = home.view.tip().time;
        let rng = &mut market.community.rng;
        let order = home.wallet.order(&home.view, &hall.wish(side, quantity, 200), now, rng).unwrap();
        let (id, built) = hall.admit(&market, order);
        ids.push(id);
        market.community.settle(vec![built]);
        home.catch_up(&market.community);
    }
    assert_eq!(bert.view.operator_of(hall.window).unwrap(), Some(support::operator_key().verifying_key()));
    hall.clear(&mut market);
    market.community.block_at(market.community.now().plus(HOUR));
    for (home, who) in [(&mut anna, ANNA), (&mut bert, BERT)] {
        home.catch_up(&market.community);
        assert_eq!(home.wallet.balance(), market.wallet(who).balance());
        let states: Vec<OrderState> = home.wallet.orders().map(|order| order.state).collect();
        assert_eq!(states, [traded(200, 500)]);
    }
    // The rest came back to a bucket that was not forgotten meanwhile: it can be ordered away again, were it not too late.
    let now = anna.view.tip().time;
    let again = anna.wallet.order(&anna.view, &hall.wish(Side::Sell, 1_500, 200), now, &mut market.community.rng);
    assert!(again.is_ok());
}

#[test]
fn a_home_knows_the_operator_of_each_window_also_after_the_registrars_named_another() {
    let mut market = Market::usual();
    let mut home = Home::of(BERT, &market.community);
    let (genesis, now) = (market.community.genesis.clone(), market.community.now());
    let next = SigningKey::from_bytes(&[6; 32]).verifying_key();
    let change = RegistryChange::Operator { key: next };
    let plan = RegistryPlan { serial: 1, change, valid_until: Envelope::validity_from(now) };
    let signed = plan.prepare(&genesis).sign(&genesis, &registrar_key()).unwrap();
    market.community.settle(vec![signed.finish(&genesis).unwrap()]);
    // It is closed and opened after each block: what it knows is in its file.
    home.catch_up(&market.community);
    let first = Some(support::operator_key().verifying_key());
    let before = Window(genesis.parameters.window_at(now).0);
    assert_eq!(home.view.operator_of(before).unwrap(), first, "he was registered when that window began");
    assert_eq!(home.view.operator_of(Window(before.0 + 1)).unwrap(), Some(next));
}
