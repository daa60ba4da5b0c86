//! More ways to break totals: out of time, by somebody else, over others, of what is right.

use hushwatt_audits::Question;
use hushwatt_ledger::{
    transaction::{
        Action,
        build::Built,
        request::Target,
        share::{Subject, TradeId},
    },
    units::{MeterId, Utility},
};

use crate::{
    kit::{
        forge::tampered,
        totals::{Community, METERS, attested, cohort, settled, setup, shared, signed_by, traded},
    },
    totals::blames,
};

const COHORT: Target = Target::Cohort(0);
const ALL: [u32; METERS] = [0, 1, 2, 3, 4, 5, 6, 7];

#[track_caller]
fn blamed(community: &Community, bad: &Built, rule: &str) {
    blames(community, bad, Question::Totals, rule);
}

/// What is signed by somebody else is for the question of proofs.
#[track_caller]
fn unproven(community: &Community, bad: &Built, rule: &str) {
    blames(community, bad, Question::Proofs, rule);
}

fn meter(number: u32) -> Subject {
    Subject::Meter(MeterId(number))
}

/// One meter's share is another member's, and the others' are right.
fn cheated() -> Community {
    let mut community = attested();
    community.pass_to(community.times().close.plus(1));
    let shares = vec![community.share(0), community.share_wrongly(3)];
    community.accept_shares(shares);
    community
}

#[test]
fn a_request_before_its_time_or_before_lots_are_drawn_is_blamed() {
    let mut community = shared();
    let complain = community.times().complain;
    community.pass_to(complain.minus(60));
    blamed(&community, &community.request(COHORT, &[]), "RequestTooEarly");
    community.world.pass(complain);
    blamed(&community, &community.request(COHORT, &[]), "LotsNotDrawn");
}

#[test]
fn a_total_of_which_one_owner_has_over_a_third_is_blamed() {
    // He has two of eight, and of the five that are left if the lot takes neither.
    let owners = cohort(ALL.map(|n| (n, if n < 2 { 77 } else { n as u16 })));
    let mut community = Community::named(&setup(), &[owners]);
    community.attest_all();
    community.share_first(METERS - 1);
    let drawn = (1..60).find_map(|second| {
        let mut drawn = community.clone();
        drawn.pass_to(drawn.times().complain.plus(second));
        drawn.world.pass(drawn.world.after(1));
        let has_both = !drawn.left_out().iter().any(|meter| *meter < 2);
        has_both.then_some(drawn)
    });
    let drawn = drawn.expect("some lot takes neither");
    blamed(&drawn, &drawn.request(COHORT, &drawn.left_out()), "OwnerOverThird");
}

#[test]
fn a_request_or_release_in_anothers_name_is_blamed() {
    let mut community = settled(METERS);
    let request = community.request(COHORT, &[]);
    let stolen = tampered(&request, |_, action| {
        let Action::Request(request) = action else { panic!("no Request") };
        request.statement.registrar = 1;
    });
    unproven(&community, &stolen, "RequestSignature");
    community.accept(&[request]);
    let release = community.release(0, &ALL);
    unproven(&community, &signed_by(&community, &release, &community.members[1].key), "MemberSignature");
}

#[test]
fn a_release_after_its_term_is_blamed() {
    let mut community = settled(METERS);
    let request = community.request(COHORT, &[]);
    community.accept(&[request]);
    let release = community.times().release;
    community.pass_to(release.minus(30));
    blamed(&community, &community.release(0, &ALL), "ReleaseTooLate");
}

#[test]
fn a_share_of_somebody_elses_trade_is_blamed() {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().take(2).collect();
    let (opening, ..) = community.trades[&trades[0]].clone();
    let (.., other) = community.trades[&trades[1]].clone();
    let stolen = community.share_trade_as(Utility::Electricity, trades[0], &opening, &other);
    unproven(&community, &stolen, "SellerSignature");
}

#[test]
fn a_share_of_a_meter_that_can_be_in_no_total_is_blamed() {
    let mut incomplete = Community::new();
    let window = incomplete.windows_of(incomplete.period)[1];
    incomplete.missing.insert((5, window));
    incomplete.attest_all();
    incomplete.pass_to(incomplete.times().close.plus(1));
    let share = incomplete.share(5);
    blamed(&incomplete, &share, "PeriodIncomplete");

    let mut outside = Community::named(&setup(), &[cohort((0..5).map(|n| (n, n as u16)))]);
    outside.attest_all();
    outside.pass_to(outside.times().close.plus(1));
    let share = outside.share(6);
    blamed(&outside, &share, "MeterInNoCohort");
}

#[test]
fn a_complaint_of_what_is_right_or_of_another_share_or_too_late_is_blamed() {
    let mut community = cheated();
    let lie = community.complain_of_a_right_share(meter(0), 1);
    blamed(&community, &lie, "ShareIsRight");
    let complaint = community.complain(meter(3), 0, 1).unwrap();
    let other = tampered(&complaint, |_, action| {
        let Action::Complain(complain) = action else { panic!("no complaint") };
        complain.statement.sealed.0[50] ^= 1;
    });
    blamed(&community, &signed_by(&community, &other, &community.members[1].key), "OtherShare");
    let complain = community.times().complain;
    community.pass_to(complain.minus(30));
    let late = community.complain(meter(3), 0, 1).unwrap();
    blamed(&community, &late, "ComplaintTooLate");
}
