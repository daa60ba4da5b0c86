//! Totals of trades.

use hushwatt_ledger::{
    transaction::{build::Built, request::Target, share::TradeId},
    units::Utility,
};

use crate::{
    kit::totals::{traded, traded_at},
    refuses::refused,
    scene::{Seat, Town, committee, opened, released, settle},
};

const TRADES: Target = Target::Trades(Utility::Electricity);

#[test]
fn energy_and_money_of_all_trades_that_were_shared_are_released() {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let shares: Vec<Built> =
        trades.iter().take(8).map(|trade| community.share_trade(Utility::Electricity, *trade)).collect();
    community.accept_shares(shares);
    let period = community.period;
    let (energy, money) = trades.iter().take(8).fold((0, 0), |(energy, money), trade| {
        let (opening, price, _) = &community.trades[trade];
        (energy + opening.value, money + opening.value * price)
    });
    let town = Town::of(community);
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    assert_eq!(seats[0].status().periods[0].right, 8);
    {
        let community = &mut town.lock().community;
        community.settle();
        let request = community.request(TRADES, &[]);
        let at = community.world.after(60);
        community.world.accept(at, &[request]);
    }
    settle(&town, &mut seats);
    assert_eq!((released(&town, period, TRADES), opened(&town, period, TRADES)), (5, Some([energy, money])));
}

#[test]
fn a_member_who_lacks_the_shares_of_trades_says_how_many() {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let shares: Vec<Built> = trades.iter().map(|trade| community.share_trade(Utility::Electricity, *trade)).collect();
    community.accept_shares(shares);
    let shared_at = community.world.chain.len() as u64;
    community.settle();
    let request = community.request(TRADES, &[]);
    let at = community.world.after(60);
    community.world.accept(at, &[request]);
    let town = Town::of(community);
    town.lock().withheld.insert(shared_at);
    let mut seat = Seat::new(&town, 1);
    seat.step();
    let (state, reason) = seat.request();
    assert_eq!(state, "waiting");
    assert!(reason.unwrap().contains("9 trades"));
    assert_eq!(town.lock().handed, [0, 0]);
}

/// Energy and money of all nine would say what the ninth was.
#[test]
fn a_trade_at_a_price_of_its_own_is_in_no_total() {
    let mut community = traded_at(|n| if n < 8 { 150 } else { 170 });
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let shares: Vec<Built> = trades.iter().map(|trade| community.share_trade(Utility::Electricity, *trade)).collect();
    community.accept_shares(shares);
    community.settle();
    let of_150 = community.trades.values().filter(|(_, price, _)| *price == 150);
    let (energy, money) = of_150
        .fold((0, 0), |(energy, money), (opening, price, _)| (energy + opening.value, money + opening.value * price));
    let request = community.request(TRADES, &[]);
    let at = community.world.after(60);
    community.world.accept(at, &[request]);
    let period = community.period;
    let town = Town::of(community);
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    assert_eq!(seats[0].status().periods[0].right, 9);
    assert_eq!((released(&town, period, TRADES), opened(&town, period, TRADES)), (5, Some([energy, money])));
    // Where no price was had by eight, validators let the request in all the same.
    let mut community = traded_at(|n| if n < 5 { 150 } else { 170 });
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let shares: Vec<Built> = trades.iter().map(|trade| community.share_trade(Utility::Electricity, *trade)).collect();
    community.accept_shares(shares);
    community.settle();
    let request = community.request(TRADES, &[]);
    refused(community, &request, "fewer than eight trades");
}
