//! Totals: what is shared, and what members say is wrong with it (section 10).

use hushwatt_crypto::{Label, commitment::Opening, sharing::Member, signature::SigningKey};
use hushwatt_ledger::{
    Rejection,
    transaction::{Action, build::Built},
    units::{MeterId, Period},
};

use crate::{
    kit::{
        forge::{shifted, signed_again, tampered},
        totals::{Community, METERS, attested, committee, members, shared, signed_by},
    },
    totals::{COHORT, meter, plain, verdict},
};

/// Invariant P7.
#[test]
fn openings_are_shared_after_the_period_has_closed_and_within_the_term() {
    let mut community = attested();
    community.pass_to(community.times().close.minus(60));
    let times = community.times();
    let share = community.share(0);
    assert_eq!(community.world.verdict(times.close, &share), Err(Rejection::ShareTooEarly));
    assert_eq!(community.world.verdict(times.close.plus(1), &share), Ok(()));
    community.pass_to(times.share.minus(60));
    let share = community.share(0);
    assert_eq!(community.world.verdict(times.share, &share), Ok(()));
    assert_eq!(community.world.verdict(times.share.plus(1), &share), Err(Rejection::ShareTooLate));
}

/// Invariant P7.
#[test]
fn without_a_committee_nothing_is_shared() {
    let mut community = attested();
    // The period before began before the committee was named.
    let earlier = Period(community.period.0 - 1);
    community.pass_to(community.parameters().times(earlier).close.plus(60));
    let share = community.share(0);
    let moved = tampered(&share, |_, action| {
        let Action::Share(share) = action else { panic!() };
        share.statement.period = earlier;
    });
    assert_eq!(verdict(&community, &moved), Err(Rejection::NoCommittee));
}

/// Invariant P8.
#[test]
fn shares_and_coefficients_fit_the_committee() {
    let mut community = attested();
    community.pass_to(community.times().close.plus(60));
    for (threshold, count) in [(2, 3), (4, 5), (3, 4)] {
        let mut other = community.clone();
        let wrong = committee(threshold, &members(count, 60));
        let sums = other.sums(0);
        let plan = hushwatt_ledger::transaction::share::SharePlan {
            period: other.period,
            subject: meter(0),
            openings: vec![&sums[0], &sums[1]],
            committee: &wrong,
            valid_until: other.world.valid_until(),
        };
        let maker = hushwatt_ledger::transaction::share::ShareMaker::Meter(&other.world.meters[0].key);
        let built = plan.build(&other.world.genesis, maker, &mut other.world.rng).unwrap();
        assert_eq!(verdict(&other, &built), Err(Rejection::ShareShape));
        let short = hushwatt_ledger::transaction::share::SharePlan { openings: vec![&sums[0]], ..plan };
        let refused = short.build(&other.world.genesis, maker, &mut other.world.rng).err();
        assert_eq!(refused, Some(hushwatt_ledger::transaction::build::BuildError::ShareShape));
    }
}

/// Invariant P9.
#[test]
fn a_meter_shares_once_a_whole_period_with_its_own_key_and_in_a_cohort() {
    let mut community = attested();
    community.pass_to(community.times().close.plus(60));
    let share = community.share(0);
    assert_eq!(verdict(&community, &share), Ok(()));
    // Another meter's key.
    let thief = community.world.meters[1].key.clone();
    let signature = thief.sign(community.world.network(), Label::MeterSignature, &share.transaction.id().0);
    let stolen = tampered(&share, |_, action| {
        let Action::Share(share) = action else { panic!() };
        share.authority = hushwatt_ledger::transaction::share::Authority::Meter(signature);
    });
    assert_eq!(verdict(&community, &stolen), Err(Rejection::MeterSignature));
    // A water meter is in no cohort.
    let water = community.share(METERS);
    assert_eq!(verdict(&community, &water), Err(Rejection::MeterInNoCohort));
    // A meter that does not exist.
    let strange = tampered(&share, |_, action| {
        let Action::Share(share) = action else { panic!() };
        share.statement.subject = meter(99);
    });
    assert_eq!(verdict(&community, &strange), Err(Rejection::UnknownMeter));
    community.accept_shares(vec![share]);
    let again = community.share(0);
    assert_eq!(verdict(&community, &again), Err(Rejection::AlreadyShared));
    // A meter whose key was replaced goes on with the new one.
    let key = SigningKey::from_bytes(&[91; 32]);
    let class = community.world.meters[1].class;
    let replace = community.world.replace_meter(1, class, &key);
    community.world.accept(community.world.after(60), &[replace]);
    let old = community.share(1);
    assert_eq!(verdict(&community, &old), Err(Rejection::MeterSignature));
    community.world.take_key(1, class, &key);
    let new = community.share(1);
    assert_eq!(verdict(&community, &new), Ok(()));
}

/// Invariant P9.
#[test]
fn a_period_with_a_window_that_was_not_attested_in_time_is_not_shared() {
    let mut community = Community::new();
    community.world.pass(community.parameters().end(community.period).plus(30));
    let attest: Vec<Built> = (0..2).map(|meter| community.attest(meter, community.period)).collect();
    community.world.accept(community.world.after(60), &attest[..1]);
    community.pass_to(community.times().close.plus(1));
    // Attested after the period has closed: too late for its total.
    let late = community.attest(1, community.period);
    community.world.accept(community.world.after(60), &[late]);
    let (right, wrong) = (community.share(0), community.share(1));
    assert_eq!(verdict(&community, &right), Ok(()));
    assert_eq!(verdict(&community, &wrong), Err(Rejection::PeriodIncomplete));
}

/// Invariant P9.
#[test]
fn a_window_of_which_nothing_is_known_counts_when_it_is_corrected_and_not_before() {
    let mut community = Community::new();
    let windows = community.windows_of(community.period);
    community.missing.extend([(2, windows[1]), (5, windows[0])]);
    community.attest_all();
    // A correction of another window changes nothing about that.
    let other = community.correct(5, windows[1], 40, 50);
    community.world.accept(community.world.after(60), &[other]);
    let correct = community.correct(2, windows[1], 70, 80);
    community.world.accept(community.world.after(60), &[correct]);
    let again = community.correct(2, windows[1], 71, 81);
    community.world.accept(community.world.after(60), &[again]);
    let record = community.world.ledger().metered_period(community.period, MeterId(2)).unwrap().unwrap();
    let sums = community.sums(2);
    assert_eq!((record.export_sum, record.import_sum), (sums[0].commit(), sums[1].commit()));
    community.pass_to(community.times().close.plus(60));
    let (known, unknown) = (community.share(2), community.share(5));
    assert_eq!(verdict(&community, &known), Ok(()));
    assert_eq!(verdict(&community, &unknown), Err(Rejection::PeriodIncomplete));
}

/// Invariant P10.
#[test]
fn the_hints_of_a_share_are_those_whose_digests_it_lists() {
    let mut community = attested();
    community.pass_to(community.times().close.plus(60));
    let share = community.share(0);
    let network = *community.world.network();
    // Signed by the meter, but two members' shares are exchanged beside the ledger.
    let mut hints = share.hints.clone();
    hints.swap(0, 1);
    let digest = hushwatt_ledger::transaction::HintsDigest::of(&network, &hints);
    let mut swapped = tampered(&share, |envelope, _| envelope.hints = digest);
    swapped.hints = hints;
    let swapped = signed_again(&swapped, &community.world.meters[0].key);
    assert_eq!(verdict(&community, &swapped), Err(Rejection::HintsMismatch));
}

// Complaints.

/// A community in which meter 3 sealed something else for each member than his share.
pub fn cheated() -> Community {
    let mut community = attested();
    community.pass_to(community.times().close.plus(1));
    let mut shares: Vec<Built> = (0..METERS).filter(|n| *n != 3).map(|n| community.share(n)).collect();
    shares.push(community.share_wrongly(3));
    community.accept_shares(shares);
    community
}

/// Invariant P11.
/// A member who complains opens a box in public: not one into which somebody put another's, to see what is in that one.
#[test]
fn a_complaint_of_another_ones_box_shows_nothing_of_it() {
    let mut community = attested();
    community.pass_to(community.times().close.plus(1));
    let shares: Vec<Built> = (0..METERS).map(|n| community.share(n)).collect();
    let (victim, network) = (shares[1].clone(), *community.world.network());
    // Meter 2 shares rightly, but gives each member what meter 1 sealed for him.
    let digest = hushwatt_ledger::transaction::HintsDigest::of(&network, &victim.hints);
    let Action::Share(victims) = victim.transaction.action() else { panic!() };
    let mut stolen = tampered(&shares[2], |envelope, action| {
        let Action::Share(share) = action else { panic!() };
        envelope.hints = digest;
        for (own, copied) in share.statement.sharings.iter_mut().zip(&victims.statement.sharings) {
            own.sealed.clone_from(&copied.sealed);
        }
    });
    stolen.hints = victim.hints.clone();
    let stolen = signed_again(&stolen, &community.world.meters[2].key);
    let others = shares.into_iter().enumerate().filter(|(n, _)| *n != 2).map(|(_, built)| built);
    community.accept_shares(others.chain([stolen]).collect());
    for member in 0..5 {
        assert!(community.complain(meter(1), 0, member).is_none(), "the victim's are right");
        let complaint = community.complain(meter(2), 0, member).unwrap();
        let Action::Complain(complain) = complaint.transaction.action() else { panic!() };
        assert_eq!(complain.statement.opened, None);
        assert_eq!(verdict(&community, &complaint), Ok(()));
    }
    let complaint = community.complain(meter(2), 1, 0).unwrap();
    community.world.accept(community.world.after(60), &[complaint]);
    community.settle();
    assert!(community.left_out().contains(&2));
}

/// Invariant P11.
/// Nor of a box beside another sum than the one that it was sealed for: not beside other coefficients, whoever has the meter's key,
/// and not beside another commitment, wherever the member has it from.
#[test]
fn a_complaint_of_a_box_beside_another_sum_shows_nothing_of_it() {
    let mut community = attested();
    community.pass_to(community.times().close.plus(1));
    let right = community.share(1);
    let other = tampered(&right, |_, action| {
        let Action::Share(share) = action else { panic!() };
        let first = &mut share.statement.sharings[0].coefficients[0];
        *first = shifted(first);
    });
    let other = signed_again(&other, &community.world.meters[1].key);
    let [export, import] = community.sums(2);
    let less = Opening::new(export.value - 1, export.blinding.clone());
    let less = community.share_openings(2, [&less, &import]);
    community.accept_shares(vec![other, less]);
    for subject in [meter(1), meter(2)] {
        for member in 0..5 {
            let complaint = community.complain(subject, 0, member).unwrap();
            let Action::Complain(complain) = complaint.transaction.action() else { panic!() };
            assert_eq!(complain.statement.opened, None);
            assert_eq!(verdict(&community, &complaint), Ok(()));
            assert!(community.complain(subject, 1, member).is_none(), "what is right is right");
        }
    }
}

/// Invariant P11.
#[test]
fn a_wrong_share_is_named_and_whoever_shared_it_is_out() {
    let mut community = cheated();
    // Every member sees it: what was shared does not open what is on the ledger.
    for member in 0..5 {
        assert!(community.complain(meter(3), 0, member).is_some());
        assert!(community.complain(meter(3), 1, member).is_none(), "the other opening is right");
        assert!(community.complain(meter(2), 0, member).is_none());
    }
    let complaint = community.complain(meter(3), 0, 4).unwrap();
    community.world.accept(community.world.after(60), &[complaint]);
    community.settle();
    let with = community.request(COHORT, &[]);
    assert_eq!(verdict(&community, &with), Err(Rejection::LeftOut));
    let left_out = community.left_out();
    assert!(left_out.contains(&3) && left_out.len() == 3);
    let within = community.within();
    let request = community.request(COHORT, &left_out);
    community.world.accept(community.world.after(60), &[request]);
    let releases: Vec<Built> = (0..3).map(|member| community.release(member, &within)).collect();
    for built in &releases {
        community.world.accept(community.world.after(60), std::slice::from_ref(built));
    }
    assert_eq!(community.open(COHORT, &releases), plain(&community, &within));
}

/// Invariant P11.
#[test]
fn a_complaint_of_a_right_share_is_refused() {
    let mut community = shared();
    let member = community.members[1].clone();
    assert!(community.complain(meter(2), 0, 1).is_none());
    let lie = community.complain_of_a_right_share(meter(2), 1);
    assert_eq!(verdict(&community, &lie), Err(Rejection::ShareIsRight));
    // Nor does it help to say that it cannot be opened, or to show another point.
    let none = tampered(&lie, |_, action| {
        let Action::Complain(complain) = action else { panic!() };
        complain.statement.opened = None;
    });
    assert_eq!(verdict(&community, &signed_by(&community, &none, &member.key)), Err(Rejection::ShareOpening));
    let other = tampered(&lie, |_, action| {
        let Action::Complain(complain) = action else { panic!() };
        let opened = complain.statement.opened.as_mut().unwrap();
        opened.shared = shifted(&opened.shared);
    });
    assert_eq!(verdict(&community, &signed_by(&community, &other, &member.key)), Err(Rejection::ShareOpening));
    // Or a share that he was not sent.
    let other = tampered(&lie, |_, action| {
        let Action::Complain(complain) = action else { panic!() };
        complain.statement.sealed.0[50] ^= 1;
    });
    assert_eq!(verdict(&community, &signed_by(&community, &other, &member.key)), Err(Rejection::OtherShare));
}

/// Invariant P12.
#[test]
fn a_complaint_comes_in_time_from_a_member_about_something_shared_and_once() {
    let mut community = cheated();
    let (first, second) = (community.complain(meter(3), 0, 0).unwrap(), community.complain(meter(3), 0, 1).unwrap());
    let stranger = signed_by(&community, &first, &members(1, 90)[0].key);
    assert_eq!(verdict(&community, &stranger), Err(Rejection::MemberSignature));
    let sixth = tampered(&first, |_, action| {
        let Action::Complain(complain) = action else { panic!() };
        complain.statement.place.member = Member::at(5).unwrap();
    });
    assert_eq!(verdict(&community, &sixth), Err(Rejection::UnknownMember));
    let nothing = tampered(&first, |_, action| {
        let Action::Complain(complain) = action else { panic!() };
        complain.statement.place.subject = meter(8);
    });
    let nothing = signed_by(&community, &nothing, &community.members[0].key);
    assert_eq!(verdict(&community, &nothing), Err(Rejection::UnknownShare));
    let mut late = community.clone();
    late.pass_to(late.times().complain.minus(60));
    let complaint = late.complain(meter(3), 0, 2).unwrap();
    assert_eq!(late.world.verdict(late.times().complain, &complaint), Ok(()));
    assert_eq!(late.world.verdict(late.times().complain.plus(1), &complaint), Err(Rejection::ComplaintTooLate));
    community.world.accept(community.world.after(60), &[first]);
    assert_eq!(verdict(&community, &second), Err(Rejection::UnknownShare));
}
