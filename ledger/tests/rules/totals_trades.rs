//! Totals of trades: sellers share what they delivered, by contract and in auctions (section 10).

use hushwatt_crypto::{commitment::Opening, keys::OneTimeSecret, sharing::Member};
use hushwatt_ledger::{
    Rejection,
    transaction::{
        Action,
        build::Built,
        request::Target,
        share::{SharePlace, Subject, TradeId},
    },
    units::Utility,
};

use crate::kit::{
    auction::Wish,
    totals::{Community, traded, traded_at},
    *,
};

const ELECTRICITY: Utility = Utility::Electricity;
const TRADES: Target = Target::Trades(Utility::Electricity);

fn verdict(community: &Community, built: &Built) -> Result<(), Rejection> {
    community.world.verdict(community.world.after(60), built)
}

/// One transaction of each kind about trades, each in a world in whose next block it is valid.
pub fn one_of_each() -> Vec<(World, Vec<Built>)> {
    let mut closed = traded();
    let trades: Vec<TradeId> = closed.trades.keys().copied().collect();
    let share = closed.share_trade(ELECTRICITY, trades[0]);
    // One seller seals something else for each member than his share, another one shares another sum than the ledger has.
    let mut wrong = traded();
    let (opening, _, secret) = wrong.trades[&trades[1]].clone();
    let more = Opening::new(opening.value + 1, opening.blinding);
    let shares = vec![
        wrong.share_trade_wrongly(ELECTRICITY, trades[0]),
        wrong.share_trade_as(ELECTRICITY, trades[1], &more, &secret),
    ];
    wrong.accept_shares(shares);
    let complaints: Vec<Built> = [(trades[0], true), (trades[1], false)]
        .into_iter()
        .map(|(trade, shows)| {
            let complaint = wrong.complain(Subject::Trade { utility: ELECTRICITY, trade }, 0, 2).unwrap();
            let Action::Complain(complain) = complaint.transaction.action() else { panic!("no complaint") };
            assert_eq!(complain.statement.opened.is_some(), shows);
            complaint
        })
        .collect();
    let mut settled = traded();
    share_all(&mut settled, 9);
    settled.settle();
    let request = settled.request(TRADES, &[]);
    let mut asked = settled.clone();
    asked.accept(std::slice::from_ref(&request));
    let release = asked.release_trades(1, ELECTRICITY);
    vec![
        (closed.world, vec![share]),
        (wrong.world, complaints),
        (settled.world, vec![request]),
        (asked.world, vec![release]),
    ]
}

fn share_all(community: &mut Community, count: usize) {
    let trades: Vec<TradeId> = community.trades.keys().copied().take(count).collect();
    let shares: Vec<Built> = trades.iter().map(|trade| community.share_trade(ELECTRICITY, *trade)).collect();
    community.accept_shares(shares);
}

/// Invariant P20.
#[test]
fn energy_and_money_of_all_shared_trades_are_opened_together() {
    let mut community = traded();
    share_all(&mut community, 9);
    community.settle();
    let request = community.request(TRADES, &[]);
    community.world.accept(community.world.after(60), &[request]);
    let releases: Vec<Built> = [4, 0, 2].map(|member| community.release_trades(member, ELECTRICITY)).to_vec();
    for built in &releases {
        assert_eq!(verdict(&community, built), Ok(()));
        community.world.accept(community.world.after(60), std::slice::from_ref(built));
    }
    let energy: u64 = community.trades.values().map(|(opening, ..)| opening.value).sum();
    let money: u64 = community.trades.values().map(|(opening, price, _)| opening.value * price).sum();
    assert_eq!(community.open(TRADES, &releases), [energy, money]);
    assert_eq!(community.world.ledger().total(community.period, TRADES).unwrap().unwrap().count, 9);
}

/// Invariant P20.
#[test]
fn fewer_than_eight_trades_are_no_total_and_none_is_left_out() {
    let mut community = traded();
    share_all(&mut community, 7);
    let mut eight = community.clone();
    let trade = *eight.trades.keys().last().unwrap();
    let share = eight.share_trade(ELECTRICITY, trade);
    eight.accept_shares(vec![share]);
    for (community, expected) in [(&mut community, Err(Rejection::TooFewTrades)), (&mut eight, Ok(()))] {
        community.settle();
        let request = community.request(TRADES, &[]);
        assert_eq!(verdict(community, &request), expected);
    }
    let left_out = eight.request(TRADES, &[1, 2, 3]);
    assert_eq!(verdict(&eight, &left_out), Err(Rejection::LeftOut));
    let of_water = eight.request(Target::Trades(Utility::Water), &[]);
    assert_eq!(verdict(&eight, &of_water), Err(Rejection::TooFewTrades));
}

/// Invariant P20.
#[test]
fn a_trade_whose_price_few_others_had_is_in_no_total() {
    let mut community = traded_at(|n| if n < 8 { 150 } else { 170 });
    share_all(&mut community, 9);
    let within = community.world.ledger().trades_within(community.period, ELECTRICITY).unwrap();
    assert_eq!(within.len(), 8);
    assert!(within.iter().all(|(_, record)| record.price.micro_euro() == 150));
    community.settle();
    let request = community.request(TRADES, &[]);
    community.world.accept(community.world.after(60), &[request]);
    assert_eq!(community.world.ledger().total(community.period, TRADES).unwrap().unwrap().count, 8);
    // Energy and money of all nine would say what was delivered in the ninth.
    assert_eq!(verdict(&community, &community.release_trades(0, ELECTRICITY)), Err(Rejection::ReleasedShare));
    // Where no price is had by eight there is no total.
    let mut split = traded_at(|n| if n < 5 { 150 } else { 170 });
    share_all(&mut split, 9);
    split.settle();
    assert_eq!(verdict(&split, &split.request(TRADES, &[])), Err(Rejection::TooFewTrades));
}

/// Invariant P20.
/// The sum of each price is that of its trades, whatever was shared and complained of in between.
#[test]
fn the_sum_of_a_price_is_the_sum_of_its_trades() {
    let mut community = traded_at(|n| if n < 8 { 150 } else { 170 });
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let counted = |community: &Community| -> Vec<(u32, u32)> {
        let ledger = community.world.ledger();
        let within = ledger.trades_within(community.period, ELECTRICITY).unwrap();
        let prices = ledger.prices_within(community.period, ELECTRICITY).unwrap();
        for (price, class) in &prices {
            let of_price = within.iter().filter(|(_, record)| record.price.micro_euro() == *price);
            let sums = of_price.map(|(trade, _)| {
                let subject = Subject::Trade { utility: ELECTRICITY, trade: *trade };
                let place =
                    SharePlace { period: community.period, subject, sharing: 0, member: Member::at(0).unwrap() };
                ledger.shared(&place).unwrap().unwrap().of
            });
            let sum = sums.reduce(|sum, of| sum.plus(1, &of).unwrap()).unwrap();
            assert_eq!(
                (sum.commitment, &sum.coefficients),
                (class.delivered.commitment, &class.delivered.coefficients)
            );
        }
        assert_eq!(ledger.count_within(community.period, ELECTRICITY).unwrap() as usize, within.len());
        prices.iter().map(|(price, class)| (*price, class.count)).collect()
    };
    community.pass_to(community.times().close.plus(60));
    for (trade, n) in trades.iter().zip(0..) {
        let (opening, price, secret) = community.trades[trade].clone();
        let wrong = Opening::new(opening.value + u64::from(n == 3), opening.blinding.clone());
        let share = community.share_trade_as(ELECTRICITY, *trade, &wrong, &secret);
        assert!(price == 150 || price == 170);
        community.accept_shares(vec![share]);
        counted(&community);
    }
    let before = counted(&community);
    assert_eq!(before, [(150, 8)]);
    let subject = Subject::Trade { utility: ELECTRICITY, trade: trades[3] };
    let of_150 = community.trades[&trades[3]].1 == 150;
    let complaint = community.complain(subject, 0, 1).unwrap();
    community.world.accept(community.world.after(60), &[complaint]);
    assert_eq!(counted(&community), if of_150 { vec![] } else { before });
}

/// Invariant P21.
#[test]
fn a_trade_is_shared_by_its_seller_once_and_in_its_period() {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let share = community.share_trade(ELECTRICITY, trades[0]);
    assert_eq!(verdict(&community, &share), Ok(()));
    // Another seller's key, or the buyer's.
    let (opening, _, right) = community.trades[&trades[0]].clone();
    let (_, _, other) = community.trades[&trades[1]].clone();
    let secrets: [OneTimeSecret; 1] = [other];
    for secret in &secrets {
        let stolen = community.share_trade_as(ELECTRICITY, trades[0], &opening, secret);
        assert_eq!(verdict(&community, &stolen), Err(Rejection::SellerSignature));
    }
    // A contract that nobody delivered to, another utility, another period.
    let unknown = community.share_trade_as(ELECTRICITY, TradeId([9; 32]), &opening, &right);
    assert_eq!(verdict(&community, &unknown), Err(Rejection::UnknownTrade));
    let water = community.share_trade_as(Utility::Water, trades[0], &opening, &right);
    assert_eq!(verdict(&community, &water), Err(Rejection::UnknownTrade));
    community.accept_shares(vec![share]);
    let again = community.share_trade(ELECTRICITY, trades[0]);
    assert_eq!(verdict(&community, &again), Err(Rejection::AlreadyShared));
}

/// Invariant P21.
#[test]
fn a_seller_who_shares_another_quantity_is_out() {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let (opening, _, secret) = community.trades[&trades[4]].clone();
    let more = Opening::new(opening.value + 1, opening.blinding.clone());
    let wrong = community.share_trade_as(ELECTRICITY, trades[4], &more, &secret);
    let mut shares: Vec<Built> = trades
        .iter()
        .filter(|trade| **trade != trades[4])
        .map(|trade| community.share_trade(ELECTRICITY, *trade))
        .collect();
    shares.push(wrong);
    community.accept_shares(shares);
    let subject = Subject::Trade { utility: ELECTRICITY, trade: trades[4] };
    let complaint = community.complain(subject, 0, 3).unwrap();
    community.world.accept(community.world.after(60), &[complaint]);
    community.settle();
    let request = community.request(TRADES, &[]);
    community.world.accept(community.world.after(60), &[request]);
    assert_eq!(community.world.ledger().total(community.period, TRADES).unwrap().unwrap().count, 8);
    community.shared.remove(&(community.period, subject));
    let release = community.release_trades(0, ELECTRICITY);
    assert_eq!(verdict(&community, &release), Ok(()));
}

/// Invariant P22.
#[test]
fn what_an_auction_fills_is_shared_by_the_seller_with_his_payout_key() {
    let mut community = Community::new();
    community.attest_all();
    let window = community.windows_of(community.period)[0];
    let world = &mut community.world;
    world.pass(world.parameters().attest_until(window).plus(1));
    let wish = |who, limit, quantity| Wish { who, utility: ELECTRICITY, window, limit, quantity };
    let orders = [world.sell(&wish(BERT, 100, 60)), world.buy(&wish(ANNA, 200, 40)), world.sell(&wish(CARLA, 300, 50))];
    world.accept(world.after(60), &orders);
    world.close(window);
    let (clear, _) = world.clear(ELECTRICITY, window);
    world.accept(world.after(60), &[clear]);
    let of_seller = |world: &World, who: usize| {
        let order = world.households[who].orders.first().unwrap().clone();
        let filled = u64::from(order.filled.unwrap());
        (TradeId::from(order.id), Opening::new(filled, order.fill_blinding.clone()), order.secret())
    };
    let (bert, carla) = (of_seller(world, BERT), of_seller(world, CARLA));
    let anna = of_seller(world, ANNA);
    assert_eq!((bert.1.value, carla.1.value, anna.1.value), (40, 0, 40));
    community.pass_to(community.times().close.plus(1));
    for (trade, opening, secret) in [&bert, &carla] {
        let share = community.share_trade_as(ELECTRICITY, *trade, opening, secret);
        assert_eq!(verdict(&community, &share), Ok(()));
        community.accept_shares(vec![share]);
        assert!(community.complain(Subject::Trade { utility: ELECTRICITY, trade: *trade }, 0, 2).is_none());
    }
    // A buyer has bought, not delivered.
    let (trade, opening, secret) = &anna;
    let share = community.share_trade_as(ELECTRICITY, *trade, opening, secret);
    assert_eq!(verdict(&community, &share), Err(Rejection::UnknownTrade));
    let record = community.world.ledger().trade(community.period, ELECTRICITY, &bert.0).unwrap().unwrap();
    assert_eq!(record.delivered.element(), &bert.1.commit());
}
