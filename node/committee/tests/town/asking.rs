//! What a registrar is told before he asks.

use hushwatt_committee::ask::{AskError, fixed, follow, hand_in};
use hushwatt_ledger::{
    CheckError, Rejection,
    transaction::request::Target,
    units::{MeterId, Utility},
};
use hushwatt_wallet::PublicView;
use std::sync::Arc;

use crate::{
    kit::totals::{METERS, attested, shared},
    scene::{COHORT, Town, committee, opened, plain, released, settle},
};

fn followed(town: &Town) -> PublicView {
    let genesis = Arc::new(town.lock().community.world.genesis.clone());
    let mut view = PublicView::with_periods(genesis);
    let mut heard = 0;
    follow(&mut view, &mut town.clone(), |block, tip| heard = block.block.header.height.max(tip)).unwrap();
    assert_eq!(heard, view.tip().height);
    view
}

fn rejection(town: &Town, target: Target) -> Rejection {
    let view = followed(town);
    let period = town.lock().community.period;
    match fixed(&view.state(), period, target, view.tip().time) {
        Err(CheckError::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_did_not_share_is_left_out_with_those_beside_him_whom_the_lot_drew() {
    let mut community = attested();
    community.share_first(METERS - 1);
    let complain = community.times().complain.plus(1);
    community.pass_to(complain);
    // The block after complaints draws the lots: the next one has them.
    assert_eq!(rejection(&Town::of(community.clone()), COHORT), Rejection::LotsNotDrawn);
    let next = community.world.after(1);
    community.world.pass(next);
    let (left_out, within) = (community.left_out(), community.within());
    assert!(left_out.len() == 3 && left_out.contains(&7));
    let (period, key) = (community.period, community.world.registrars[1].clone());
    let genesis = community.world.genesis.clone();
    let town = Town::of(community);
    let view = followed(&town);
    let plan = fixed(&view.state(), period, COHORT, view.tip().time).unwrap();
    assert_eq!(plan.missing, [MeterId(7)]);
    let numbers = |meters: &[MeterId]| meters.iter().map(|meter| meter.0).collect::<Vec<u32>>();
    assert_eq!((numbers(&plan.left_out), numbers(&plan.within)), (left_out, within.clone()));
    let request = plan.request(&genesis, &key, view.tip().time).unwrap();
    {
        let ledger = &mut town.lock();
        let at = ledger.community.world.after(60);
        ledger.community.world.accept(at, &[request]);
    }
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    let sums = plain(&town.lock().community, &within);
    assert_eq!((released(&town, period, COHORT), opened(&town, period, COHORT)), (5, Some(sums)));
    // It is answered: nobody can ask again.
    assert_eq!(rejection(&town, COHORT), Rejection::TotalTaken);
}

#[test]
fn what_the_rules_refuse_is_refused_before_anything_is_signed() {
    let town = Town::of(shared());
    assert_eq!(rejection(&town, COHORT), Rejection::RequestTooEarly);
    assert_eq!(rejection(&town, Target::Cohort(4)), Rejection::UnknownCohort);
    town.lock().community.settle();
    assert_eq!(rejection(&town, Target::Trades(Utility::Electricity)), Rejection::TooFewTrades);
    // Nobody but a registrar of the genesis can ask.
    let view = followed(&town);
    let (period, genesis) = {
        let community = &town.lock().community;
        (community.period, community.world.genesis.clone())
    };
    let plan = fixed(&view.state(), period, COHORT, view.tip().time).unwrap();
    assert!(plan.left_out.is_empty() && plan.within.len() == METERS);
    let stranger = town.lock().community.members[0].key.clone();
    assert!(plan.request(&genesis, &stranger, view.tip().time).is_err());
    let few = {
        let mut community = attested();
        community.share_first(METERS - 5);
        community.settle();
        Town::of(community)
    };
    assert_eq!(rejection(&few, COHORT), Rejection::TooFewMeters);
}

#[test]
fn while_no_node_answers_nothing_is_said() {
    let town = Town::of(shared());
    town.lock().down = true;
    let genesis = Arc::new(town.lock().community.world.genesis.clone());
    let mut view = PublicView::with_periods(genesis.clone());
    let failed = follow(&mut view, &mut town.clone(), |_, _| {});
    assert!(matches!(failed, Err(AskError::Chain(_))));
    let request = town.lock().community.request(COHORT, &[]);
    assert!(hand_in(&mut town.clone(), &request).is_err());
}
