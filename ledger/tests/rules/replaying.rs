//! What a replay, which holds no rules of totals, makes of blocks that break them.

use hushwatt_ledger::{
    transaction::{
        build::Built,
        request::Target,
        share::{Subject, TradeId},
    },
    units::{MeterId, Utility},
};

use crate::kit::totals::{shared, traded};

const ELECTRICITY: Utility = Utility::Electricity;
const TRADES: Target = Target::Trades(Utility::Electricity);

/// Invariant P14.
/// Validators are bound by the rule; who only replays must not be led from one set to another by whoever ignores it.
#[test]
fn in_a_replay_too_the_first_request_fixes_what_a_total_is_over() {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let eight: Vec<Built> = trades.iter().take(8).map(|trade| community.share_trade(ELECTRICITY, *trade)).collect();
    community.accept_shares(eight);
    community.settle();
    let request = community.request(TRADES, &[]);
    community.world.accept(community.world.after(60), &[request]);
    let total = |community: &crate::kit::totals::Community| {
        community.world.ledger().total(community.period, TRADES).unwrap().unwrap()
    };
    let first = total(&community);
    let ninth = community.share_trade(ELECTRICITY, trades[8]);
    community.world.force(&[ninth]);
    assert_eq!(community.world.ledger().count_within(community.period, ELECTRICITY).unwrap(), 9, "it was too late");
    let again = community.request_by(1, TRADES, &[]);
    community.world.force(&[again]);
    let second = total(&community);
    assert_eq!((first.count, second.count), (8, 8));
    assert_eq!(first.sums[0].commitment, second.sums[0].commitment);
    // Who has released stays known, too: a second request would have cleared it.
    let release = {
        community.shared.retain(|(_, subject), _| matches!(subject, Subject::Trade { .. }));
        community.release_trades(2, ELECTRICITY)
    };
    community.world.accept(community.world.after(60), &[release]);
    let third = community.request_by(2, TRADES, &[]);
    community.world.force(&[third]);
    assert_eq!(total(&community).released.len(), 1);
}

/// Invariant P9.
#[test]
fn in_a_replay_too_the_first_share_of_a_meter_or_trade_stands() {
    let mut community = shared();
    let of = |community: &crate::kit::totals::Community| {
        let share = community.world.ledger().share_of(community.period, &Subject::Meter(MeterId(2)));
        share.unwrap().unwrap().sharings[0].sealed.clone()
    };
    let first = of(&community);
    let again = community.share(2);
    community.world.force(&[again]);
    assert!(of(&community) == first);
}
