//! Shares that nodes keep back, or that are none: what a member asks for again, how often, and what he believes.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_crypto::{range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    transaction::{
        Action,
        build::Built,
        share::{Subject, TradeId},
    },
    units::{MeterId, Utility},
};
use hushwatt_wallet::ChainBlock;

use crate::{
    kit::{
        forge::tampered,
        totals::{METERS, attested, shared, traded},
    },
    scene::{COHORT, Seat, Town, released, settle, signed_by},
};

/// Every meter shares in a block of its own; gives the heights of those blocks.
fn one_by_one() -> (Town, Vec<u64>) {
    let mut community = attested();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let heights = (0..METERS)
        .map(|meter| {
            let share = community.share(meter);
            community.accept_shares(vec![share]);
            community.world.chain.len() as u64
        })
        .collect();
    (Town::of(community), heights)
}

#[test]
fn a_block_that_nobody_gives_keeps_nobody_from_asking_for_the_others() {
    let (town, heights) = one_by_one();
    let period = town.lock().community.period;
    {
        let ledger = &mut town.lock();
        ledger.withheld = heights.iter().copied().collect();
        ledger.piece = 1;
    }
    let mut seat = Seat::new(&town, 0);
    seat.step();
    assert_eq!(seat.kept(period), [0, 0, 8]);
    // The last one is given from now on; those before it still are not.
    town.lock().withheld.remove(&heights[7]);
    (0..3).for_each(|_| seat.step());
    assert_eq!(seat.kept(period), [1, 0, 7]);
    town.lock().withheld.clear();
    (0..20).for_each(|_| seat.step());
    assert_eq!((seat.kept(period), seat.alarms()), ([8, 0, 0], vec![]));
}

#[test]
fn what_is_not_given_is_asked_for_ever_more_seldom_and_until_nothing_can_be_released() {
    let community = shared();
    let (period, height) = (community.period, community.world.chain.len() as u64);
    let town = Town::of(community);
    town.lock().withheld.insert(height);
    let mut seat = Seat::new(&town, 0);
    let mut asked_for = || {
        town.lock().fetches.clear();
        (0..40).for_each(|_| seat.step());
        town.lock().fetches.iter().filter(|after| **after == height - 1).count()
    };
    // 8,000 seconds at a time.
    let (first, later) = (asked_for(), asked_for());
    assert!((5..=20).contains(&first), "{first}");
    assert!((1..=4).contains(&later), "{later}");
    // A request does not end it: he may answer until the last second.
    {
        let ledger = &mut town.lock();
        ledger.community.ask(&[]);
        let late = ledger.community.times().request.plus(1);
        ledger.community.pass_to(late);
        ledger.withheld.clear();
    }
    for _ in 0..30 {
        seat.step();
        town.block();
    }
    assert_eq!((seat.request().0.as_str(), released(&town, period, COHORT)), ("released", 1));
}

#[test]
fn a_block_that_is_not_the_one_that_was_final_is_blamed_and_not_believed() {
    let (town, heights) = one_by_one();
    let period = town.lock().community.period;
    town.lock().withheld.insert(heights[2]);
    let mut seat = Seat::new(&town, 0);
    seat.step();
    assert_eq!(seat.kept(period), [7, 0, 1]);
    // A node gives one that it made of it: meter 2 shares once more, with hints.
    {
        let ledger = &mut town.lock();
        let share = ledger.community.share(2);
        let place = usize::try_from(heights[2] - 1).unwrap();
        let (mut block, _) = ledger.community.world.chain[place].clone();
        block.transactions = vec![share.transaction];
        block.header.time = block.header.time.plus(1);
        ledger.instead = Some(ChainBlock { block, certificate: None, hints: vec![share.hints] });
    }
    seat.step();
    assert_eq!((seat.kept(period), town.lock().blamed), ([7, 0, 1], 1));
    // With the right header, but another body: the ledger has no such digests.
    {
        let ledger = &mut town.lock();
        let place = usize::try_from(heights[2] - 1).unwrap();
        let header = ledger.community.world.chain[place].0.header;
        let instead = ledger.instead.as_mut().unwrap();
        instead.block.header = header;
        ledger.blamed = 0;
    }
    (0..5).for_each(|_| seat.step());
    assert_eq!(seat.kept(period), [7, 0, 1]);
    {
        let ledger = &mut town.lock();
        ledger.instead = None;
        ledger.withheld.clear();
    }
    (0..20).for_each(|_| seat.step());
    assert_eq!(seat.kept(period), [8, 0, 0]);
}

/// Validators sign Shares of meters and trades that there are not, and of one whose meter signed nothing: no hints come with them.
#[test]
fn nothing_is_kept_of_what_the_ledger_does_not_have_or_nobody_signed() {
    let mut community = traded();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let real = community.share(2);
    let of = |subject: Subject| {
        tampered(&real, |_, action| {
            let Action::Share(share) = action else { panic!("no Share") };
            share.statement.subject = subject;
        })
    };
    let mut forged: Vec<Built> = (100..120).map(|meter| of(Subject::Meter(MeterId(meter)))).collect();
    let (opening, _, secret) = community.trades.values().next().unwrap().clone();
    forged.extend((0..20).map(|n| {
        let trade = TradeId([n; 32]);
        community.share_trade_as(Utility::Electricity, trade, &opening, &secret)
    }));
    // The meter's own record, but signed by another meter's key.
    forged.push(signed_by(&real, &community.world.meters[5].key));
    let town = Town::of(community);
    town.lock().forge(&forged);
    let mut seat = Seat::new(&town, 0);
    seat.step();
    assert_eq!(seat.member.shares().periods().count(), 0);
    assert_eq!((seat.alarms(), town.lock().handed), (vec![], [0, 0]));
}

/// A change of a meter's key counts from the next transaction on: what the old key signed before it in the same block is a Share,
/// what it signed after it is none.
#[test]
fn a_share_that_is_in_one_block_with_a_new_key_of_its_meter_counts_by_its_place() {
    for comes_first in [true, false] {
        let mut community = attested();
        let close = community.times().close.plus(1);
        community.pass_to(close);
        let new = SigningKey::from_bytes(&[99; 32]);
        let change = community.world.replace_meter(3, RangeBits::Bits16, &new);
        let share = loop {
            let share = community.share(3);
            if (share.transaction.id() < change.transaction.id()) == comes_first {
                break share;
            }
        };
        let period = community.period;
        let town = if comes_first {
            let at = community.world.after(60);
            community.world.accept(at, &[change, share]);
            Town::of(community)
        } else {
            let town = Town::of(community);
            town.lock().forge(&[change, share]);
            town
        };
        // No hints come with what is forged: it would be lacking.
        let mut seat = Seat::new(&town, 0);
        seat.step();
        assert_eq!(seat.kept(period), if comes_first { [1, 0, 0] } else { [0, 0, 0] });
    }
}

/// All that is sought of one piece of the chain is found in it at once.
#[test]
fn one_piece_serves_all_that_is_sought_in_it() {
    let (town, heights) = one_by_one();
    let period = town.lock().community.period;
    town.lock().withheld = heights.iter().copied().collect();
    let mut seat = Seat::new(&town, 0);
    seat.step();
    let tries: BTreeMap<u64, usize> = {
        let ledger = &mut town.lock();
        ledger.withheld.clear();
        let sought = |after: &&u64| heights.contains(&(**after + 1));
        ledger.fetches.drain(..).collect::<Vec<u64>>().iter().filter(sought).fold(
            BTreeMap::new(),
            |mut tries, after| {
                *tries.entry(*after).or_default() += 1;
                tries
            },
        )
    };
    assert!(tries.values().all(|tries| *tries == 1), "{tries:?}");
    seat.step_after(Duration::from_secs(200));
    assert_eq!(seat.kept(period), [8, 0, 0]);
    let sought = town.lock().fetches.iter().filter(|after| heights.contains(&(**after + 1))).count();
    assert_eq!(sought, 1);
    settle(&town, std::slice::from_mut(&mut seat));
}
