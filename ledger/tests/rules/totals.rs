//! Totals: committee and cohorts, what may be asked for, what is released (section 10).

use hushwatt_crypto::{
    Label,
    sharing::{Member, SealedShare},
};
use hushwatt_ledger::{
    Rejection,
    codec::DecodeError,
    committee::{Cohort, CohortMeter, MAX_COHORT},
    parameters::{ParameterError, Parameters, TotalsParameters},
    transaction::{Action, HintsDigest, build::Built, registry::RegistryChange, request::Target, share::Subject},
    units::{MeterId, Period},
};

use crate::{
    kit::{
        forge::{incremented, tampered},
        totals::{Community, METERS, attested, cohort, committee, members, setup, shared, signed_by, totals},
        *,
    },
    totals_shares::cheated,
};

pub const ALL: [u32; METERS] = [0, 1, 2, 3, 4, 5, 6, 7];
pub const COHORT: Target = Target::Cohort(0);

pub fn meter(n: u32) -> Subject {
    Subject::Meter(MeterId(n))
}

/// What a validator says of a transaction a minute later.
pub fn verdict(community: &Community, built: &Built) -> Result<(), Rejection> {
    community.world.verdict(community.world.after(60), built)
}

/// These meters' plain sums of the period.
pub fn plain(community: &Community, meters: &[u32]) -> [u64; 2] {
    let mut sums = [0, 0];
    for meter in meters {
        for window in community.windows_of(community.period) {
            let (export, import) = Community::value(*meter as usize, window);
            sums = [sums[0] + u64::from(export), sums[1] + u64::from(import)];
        }
    }
    sums
}

/// One transaction of each kind, each in a world in whose next block it is valid.
pub fn one_of_each() -> Vec<(World, Vec<Built>)> {
    let mut closed = attested();
    closed.pass_to(closed.times().close.plus(1));
    let share = closed.share(0);
    let mut wrong = cheated();
    let complaint = wrong.complain(meter(3), 0, 0).unwrap();
    let mut missing = attested();
    missing.share_first(METERS - 1);
    missing.settle();
    let request = missing.request(COHORT, &missing.left_out());
    let mut asked = shared();
    asked.ask(&[]);
    let release = asked.release(0, &ALL);
    let named = asked.world.change_registry(RegistryChange::Committee(committee(3, &members(5, 60))));
    let cohorts = [[0, 1, 2, 3], [4, 5, 6, 7]].map(|meters| cohort(meters.map(|n| (n, n as u16))));
    let divided = asked.world.change_registry(RegistryChange::Cohorts(cohorts.to_vec()));
    vec![
        (closed.world, vec![share]),
        (wrong.world, vec![complaint]),
        (missing.world, vec![request]),
        (asked.world, vec![release, named, divided]),
    ]
}

// The whole way.

/// Invariant P1.
#[test]
fn any_quorum_opens_the_sum_to_the_watt_hour() {
    let mut community = shared();
    community.ask(&[]);
    let releases: Vec<Built> = (0..5).map(|member| community.release(member, &ALL)).collect();
    for built in &releases {
        assert_eq!(verdict(&community, built), Ok(()));
        community.world.accept(community.world.after(60), std::slice::from_ref(built));
    }
    let right = plain(&community, &ALL);
    for quorum in [[0, 1, 2], [2, 3, 4], [0, 2, 4], [4, 1, 3]] {
        let some: Vec<Built> = quorum.iter().map(|place| releases[*place].clone()).collect();
        assert_eq!(community.open(COHORT, &some), right);
    }
    let total = community.world.ledger().total(community.period, COHORT).unwrap().unwrap();
    assert_eq!((total.count, total.released.len()), (METERS as u32, 5));
    // And when all is over, what was shared is gone from the state.
    community.pass_to(community.times().release.plus(2 * 3600));
    let ledger = community.world.ledger();
    assert_eq!(ledger.total(community.period, COHORT).unwrap(), None);
    assert_eq!(ledger.metered_period(community.period, MeterId(0)).unwrap(), None);
}

/// Invariant P2.
#[test]
fn members_who_drop_out_stop_nothing_as_long_as_a_quorum_is_there() {
    let mut community = shared();
    community.ask(&[]);
    let releases: Vec<Built> = [1, 3, 4].map(|member| community.release(member, &ALL)).to_vec();
    for built in &releases {
        community.world.accept(community.world.after(60), std::slice::from_ref(built));
    }
    assert_eq!(community.open(COHORT, &releases), plain(&community, &ALL));
}

/// Invariant P3.
#[test]
fn what_is_corrected_before_the_period_closes_counts_and_what_is_later_does_not() {
    let mut community = attested();
    let window = community.windows_of(community.period)[1];
    let correct = community.correct(2, window, 5, 6);
    community.world.accept(community.world.after(60), &[correct]);
    let in_force = |community: &Community| {
        let record = community.world.ledger().metered_period(community.period, MeterId(2)).unwrap().unwrap();
        (record.export_sum, record.import_sum)
    };
    let sums = community.sums(2);
    assert_eq!(in_force(&community), (sums[0].commit(), sums[1].commit()));
    // In the last second it still counts.
    community.pass_to(community.times().close.minus(1));
    let correct = community.correct(2, window, 7, 8);
    community.world.accept(community.times().close, &[correct]);
    let sums = community.sums(2);
    assert_eq!(in_force(&community), (sums[0].commit(), sums[1].commit()));
    let late = community.correct(2, window, 9, 9);
    community.world.accept(community.times().close.plus(1), &[late]);
    assert_eq!(in_force(&community), (sums[0].commit(), sums[1].commit()));
}

// The registry.

fn change(community: &Community, change: RegistryChange) -> Result<(), Rejection> {
    verdict(community, &community.world.change_registry(change))
}

/// Invariant P4.
#[test]
fn a_network_without_totals_has_no_committee() {
    let world = fresh();
    let named = world.change_registry(RegistryChange::Committee(committee(3, &members(5, 40))));
    assert_eq!(world.verdict(world.after(60), &named), Err(Rejection::NoTotals));
    let divided = world.change_registry(RegistryChange::Cohorts(vec![cohort((0..4).map(|n| (n, n as u16)))]));
    assert_eq!(world.verdict(world.after(60), &divided), Err(Rejection::NoTotals));
    // Nor does it take anything else of the kind, though its hints be right and a registrar of this network have signed.
    let mut community = cheated();
    let complaint = community.complain(meter(3), 0, 0).unwrap();
    let mut asked = shared();
    asked.ask(&[]);
    let others = [community.share(0), complaint, asked.request(COHORT, &[]), asked.release(0, &ALL)];
    let network = *world.network();
    for built in others {
        let elsewhere = tampered(&built, |envelope, action| {
            (envelope.network, envelope.hints) = (network, HintsDigest::of(&network, &built.hints));
            if let Action::Share(share) = action {
                let sealed = share.statement.sharings.iter_mut().flat_map(|sharing| &mut sharing.sealed);
                for (digest, hint) in sealed.zip(&built.hints) {
                    *digest = SealedShare::from(hint).digest(&network);
                }
            }
        });
        let signature = world.registrars[0].sign(&network, Label::TotalRequest, &elsewhere.transaction.id().0);
        let elsewhere = tampered(&elsewhere, |_, action| {
            if let Action::Request(request) = action {
                request.signature = signature;
            }
        });
        let name = built.transaction.action().name();
        assert_eq!(world.verdict(world.after(60), &elsewhere), Err(Rejection::NoTotals), "{name}");
    }
}

/// Invariant P4.
#[test]
fn a_member_of_the_committee_has_a_key_of_his_own() {
    let community = attested();
    let world = &community.world;
    let taken = [&world.treasury, &world.operator, &world.registrars[0], &world.validators[1], &world.meters[3].key];
    for key in taken {
        let mut others = members(5, 60);
        others[2].key = key.clone();
        let named = RegistryChange::Committee(committee(3, &others));
        assert_eq!(change(&community, named), Err(Rejection::CommitteeKeyTaken));
    }
    // Who was a member before may be one again.
    assert_eq!(change(&community, RegistryChange::Committee(committee(2, &community.members[..3]))), Ok(()));
    // And nobody takes the key of a member.
    let key = community.members[1].key.clone();
    let built = world.replace_meter(0, hushwatt_crypto::range::RangeBits::Bits16, &key);
    assert_eq!(verdict(&community, &built), Err(Rejection::MeterKeyTaken));
    assert_eq!(
        change(&community, RegistryChange::Operator { key: key.verifying_key() }),
        Err(Rejection::OperatorKeyTaken)
    );
    let set = [&world.validators[..3], std::slice::from_ref(&key)].concat();
    let built = world.change_validators_by(world.counters().registry_serial + 1, &set, &world.registrars[..2]);
    assert_eq!(verdict(&community, &built), Err(Rejection::ValidatorKeyTaken));
}

/// Invariant P5.
#[test]
fn cohorts_are_disjoint_of_one_utility_large_enough_and_nobodys() {
    let community = attested();
    let cohorts = |cohorts: Vec<Cohort>| change(&community, RegistryChange::Cohorts(cohorts));
    let of = |meters: &[u32]| cohort(meters.iter().map(|n| (*n, *n as u16)));
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3]), of(&[4, 5, 6, 7])]), Ok(()));
    assert_eq!(cohorts(vec![]), Err(Rejection::CohortCount));
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3, 99])]), Err(Rejection::UnknownMeter));
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3, 8])]), Err(Rejection::CohortUtility));
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3]), of(&[3, 4, 5, 6])]), Err(Rejection::CohortsOverlap));
    assert_eq!(cohorts(vec![of(&[0, 1, 2])]), Err(Rejection::TooFewMeters));
    // Two of eight are less than a third, three are more.
    let owned = |many: u16| cohort((0..8).map(|n| (n, if n < u32::from(many) { 77 } else { n as u16 })));
    assert_eq!(cohorts(vec![owned(2)]), Ok(()));
    assert_eq!(cohorts(vec![owned(3)]), Err(Rejection::OwnerOverThird));
    // The community's feeder less the total would say what one or two meters outside had.
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3, 4, 5, 6])]), Err(Rejection::FewOutside));
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3, 4, 5])]), Err(Rejection::FewOutside));
    assert_eq!(cohorts(vec![of(&[0, 1, 2, 3, 4])]), Ok(()));
    // What no cohort can be.
    let entry = |meter| CohortMeter { meter: MeterId(meter), owner: 0 };
    assert!(Cohort::new(vec![entry(1), entry(1)]).is_none() && Cohort::new(vec![]).is_none());
    assert!(Cohort::new((0..=MAX_COHORT as u32).map(entry).collect()).is_none());
}

/// Invariant P6.
#[test]
fn committee_and_cohorts_are_in_force_for_the_periods_that_begin_after() {
    let mut community = attested();
    let next = Period(community.period.0 + 1);
    let running = community.parameters().period_at(community.world.now());
    let named = community.world.change_registry(RegistryChange::Committee(committee(2, &members(3, 60))));
    community.world.accept(community.world.after(60), &[named]);
    let divided = RegistryChange::Cohorts(vec![cohort([1, 2, 5, 6].map(|n| (n, n as u16)))]);
    let divided = community.world.change_registry(divided);
    community.world.accept(community.world.after(60), &[divided]);
    let ledger = community.world.ledger();
    let of = |period| {
        let committee = ledger.committee_of(period).unwrap().map(|committee| committee.members().len());
        (committee, ledger.cohorts(period).unwrap().iter().map(|cohort| cohort.meters().len()).collect::<Vec<_>>())
    };
    assert_eq!(running, next);
    assert_eq!((of(running), of(Period(running.0 + 1))), ((Some(5), vec![8]), (Some(3), vec![4])));
    assert_eq!(of(Period(community.period.0 - 1)), (None, vec![]));
    assert!(ledger.cohort_with(running, MeterId(0)).unwrap().is_some());
    assert!(ledger.cohort_with(Period(running.0 + 1), MeterId(0)).unwrap().is_none());
}

/// Invariant P6.
#[test]
fn cohorts_of_periods_that_are_over_are_forgotten() {
    let mut community = attested();
    let kept = |community: &Community| community.world.state.entries().filter(|(key, _)| key[0] == b'H').count();
    let named = |community: &mut Community, meters: &[u32]| {
        let cohorts = RegistryChange::Cohorts(vec![cohort(meters.iter().map(|n| (*n, *n as u16)))]);
        let change = community.world.change_registry(cohorts);
        community.world.accept(community.world.after(60), &[change]);
    };
    named(&mut community, &[0, 1, 2, 3]);
    named(&mut community, &[0, 1, 2, 3, 4]);
    assert_eq!(kept(&community), 3);
    let before = community.world.ledger().cohorts(community.period).unwrap();
    assert_eq!(before[0].meters().len(), 8);
    // Those of the last naming before the first period that may still be released are in force in it.
    community.pass_to(community.parameters().times(Period(community.period.0 + 4)).release.plus(60));
    named(&mut community, &[4, 5, 6, 7]);
    assert_eq!(kept(&community), 2);
    let now = community.parameters().period_at(community.world.now());
    let of = |period| community.world.ledger().cohorts(period).unwrap().iter().map(|of| of.meters().len()).next();
    assert_eq!((of(now), of(Period(now.0 + 1))), (Some(5), Some(4)));
}

// Requests.

/// Invariant P13.
#[test]
fn a_total_is_asked_for_by_a_registrar_and_when_complaints_are_over() {
    let mut community = shared();
    let times = community.times();
    community.pass_to(times.complain.minus(60));
    let request = community.request(COHORT, &[]);
    assert_eq!(community.world.verdict(times.complain, &request), Err(Rejection::RequestTooEarly));
    // The block that draws the lots is the one before the first that can have a request.
    assert_eq!(community.world.verdict(times.complain.plus(1), &request), Err(Rejection::LotsNotDrawn));
    community.settle();
    let request = community.request(COHORT, &[]);
    assert_eq!(verdict(&community, &request), Ok(()));
    let stolen = tampered(&request, |_, action| {
        let Action::Request(request) = action else { panic!() };
        request.statement.registrar = 1;
    });
    assert_eq!(verdict(&community, &stolen), Err(Rejection::RequestSignature));
    community.pass_to(times.request.minus(60));
    let request = community.request(COHORT, &[]);
    assert_eq!(community.world.verdict(times.request, &request), Ok(()));
    assert_eq!(community.world.verdict(times.request.plus(1), &request), Err(Rejection::RequestTooLate));
}

/// Invariant P14.
#[test]
fn two_subsets_cannot_be_asked_of_two_halves_of_the_committee() {
    let mut community = cheated();
    let complaint = community.complain(meter(3), 0, 0).unwrap();
    community.world.accept(community.world.after(60), &[complaint]);
    community.settle();
    let (right, within) = (community.left_out(), community.within());
    // Two others than were drawn.
    let others: Vec<u32> = [3].into_iter().chain(within[..2].iter().copied()).collect();
    let mut others_sorted = others.clone();
    others_sorted.sort_unstable();
    assert_eq!(verdict(&community, &community.request(COHORT, &others_sorted)), Err(Rejection::LeftOut));
    // The same request by two registrars, both in one block: whichever comes second is refused.
    let (one, again) = (community.request(COHORT, &right), community.request_by(1, COHORT, &right));
    let both = community.world.verdict_on_both(community.world.after(60), &one, &again);
    assert_eq!(both, Err(Rejection::TotalTaken));
    community.world.accept(community.world.after(60), &[one]);
    assert_eq!(verdict(&community, &again), Err(Rejection::TotalTaken));
    // Members who answer another set all the same answer nothing: their shares do not open what is fixed.
    let all_but_others: Vec<u32> = ALL.into_iter().filter(|meter| !others.contains(meter)).collect();
    assert_eq!(verdict(&community, &community.release(0, &all_but_others)), Err(Rejection::ReleasedShare));
    assert_eq!(verdict(&community, &community.release(0, &within)), Ok(()));
}

/// Invariant P15.
#[test]
fn one_or_two_meters_are_never_left_out() {
    let mut community = attested();
    community.share_first(METERS - 1);
    community.settle();
    let ask = |left_out: &[u32]| verdict(&community, &community.request(COHORT, left_out));
    // A feeder's reading less the sum of all but one would be the one; two that somebody knows would do as well.
    let right = community.left_out();
    assert!(right.len() == 3 && right.contains(&7));
    for n in 0..7 {
        assert_eq!(ask(&[7]), Err(Rejection::LeftOut));
        assert_eq!(ask(&[n, 7]), Err(Rejection::LeftOut));
        for m in n + 1..7 {
            let drawn = right == [n, m, 7];
            assert_eq!(ask(&[n, m, 7]).is_ok(), drawn, "{n} and {m}");
        }
    }
    assert_eq!(ask(&[3, 4, 5, 6, 7]), Err(Rejection::LeftOut));
    assert_eq!(ask(&[]), Err(Rejection::LeftOut));
    assert_eq!(ask(&[7, 7, 7]), Err(Rejection::LeftOut));
    // If everybody has shared, nobody is left out.
    let mut all = shared();
    all.settle();
    assert_eq!(verdict(&all, &all.request(COHORT, &[5, 6, 7])), Err(Rejection::LeftOut));
    assert_eq!(verdict(&all, &all.request(COHORT, &[])), Ok(()));
    assert_eq!(verdict(&all, &all.request(Target::Cohort(1), &[])), Err(Rejection::UnknownCohort));
}

/// Invariant P16.
#[test]
fn what_is_left_of_a_cohort_is_large_enough_and_nobodys() {
    // Five of eight are missing: three are left.
    let mut community = attested();
    community.share_first(3);
    community.settle();
    let request = community.request(COHORT, &[3, 4, 5, 6, 7]);
    assert_eq!(verdict(&community, &request), Err(Rejection::TooFewMeters));
    // One owner has two of eight, which is less than a third; of the five that are left it is more.
    let owners = cohort(ALL.map(|n| (n, if n < 2 { 77 } else { n as u16 })));
    let mut community = Community::named(&setup(), &[owners]);
    community.attest_all();
    community.share_first(METERS - 1);
    // Whether the lot takes one of his two is for the lot to say: each second in which the block may come draws another one.
    let mut seen = [false, false];
    for second in 1..60 {
        let mut drawn = community.clone();
        drawn.pass_to(drawn.times().complain.plus(second));
        drawn.world.pass(drawn.world.after(1));
        let right = drawn.left_out();
        let both_in = !right.contains(&0) && !right.contains(&1);
        let expected = if both_in { Err(Rejection::OwnerOverThird) } else { Ok(()) };
        assert_eq!(verdict(&drawn, &drawn.request(COHORT, &right)), expected);
        seen[usize::from(both_in)] = true;
        if seen == [true, true] {
            return;
        }
    }
    panic!("no lot was drawn that shows both: {seen:?}");
}

/// Invariant P17.
#[test]
fn no_other_period_than_the_genesis_says_can_be_asked_for() {
    let mut community = shared();
    community.ask(&[]);
    let of = |period| verdict(&community, &community.request_of(period, COHORT, &[]));
    let period = community.period.0;
    assert_eq!(of(Period(period)), Err(Rejection::TotalTaken));
    assert_eq!(of(Period(period + 1)), Err(Rejection::RequestTooEarly));
    assert_eq!(of(Period(u64::MAX)), Err(Rejection::RequestTooEarly));
    // Nobody shared anything of the period before there was a committee.
    assert_eq!(of(Period(period - 1)), Err(Rejection::NoCommittee));
    assert_eq!(of(Period(period - 3)), Err(Rejection::RequestTooLate));
}

/// Invariant P17.
/// A sum of a longer time beside the sums of its parts, over other cohorts perhaps, would be one more equation of the same values.
#[test]
fn a_longer_period_cannot_be_asked_for_beside_those_that_it_is_made_of() {
    const LONG: u64 = 24 * 3600;
    let mut community = shared();
    community.ask(&[]);
    // A request says a number and no length: that of a day, or of a month, is the number of a period long past.
    let start = community.parameters().start(community.period);
    for length in [LONG, 30 * 86_400] {
        let number = Period(start.0 / length);
        assert_eq!(verdict(&community, &community.request_of(number, COHORT, &[])), Err(Rejection::RequestTooLate));
    }
    // The length is in the genesis, once: where it is another one, there is another network. Its requests are none here.
    let terms = TotalsParameters { period: LONG, ..totals() };
    let long = Setup { parameters: Parameters { totals: Some(terms), ..setup().parameters }, ..setup() };
    let mut long = Community::named(&long, &[cohort(ALL.map(|n| (n, n as u16)))]);
    long.period = Period(start.0 / LONG);
    let foreign = Err(Rejection::Malformed(DecodeError::ForeignNetwork));
    assert_eq!(verdict(&community, &long.request(COHORT, &[])), foreign);
    assert_eq!(verdict(&long, &community.request(COHORT, &[])), foreign);
}

// Releases.

/// Invariant P18.
#[test]
fn a_member_releases_his_own_share_of_what_was_asked_for_once_and_in_time() {
    let mut community = shared();
    let early = community.release(0, &ALL);
    assert_eq!(verdict(&community, &early), Err(Rejection::NothingAsked));
    community.ask(&[]);
    let release = community.release(0, &ALL);
    assert_eq!(verdict(&community, &release), Ok(()));
    let other = signed_by(&community, &release, &community.members[1].key);
    assert_eq!(verdict(&community, &other), Err(Rejection::MemberSignature));
    let sixth = tampered(&release, |_, action| {
        let Action::Release(release) = action else { panic!() };
        release.statement.member = Member::at(9).unwrap();
    });
    assert_eq!(verdict(&community, &sixth), Err(Rejection::UnknownMember));
    for place in 0..2 {
        for of_blinding in [false, true] {
            let wrong = tampered(&release, |_, action| {
                let Action::Release(release) = action else { panic!() };
                let share = &mut release.statement.shares[place];
                let part = if of_blinding { &mut share.blinding } else { &mut share.value };
                *part = incremented(part);
            });
            let wrong = signed_by(&community, &wrong, &community.members[0].key);
            assert_eq!(verdict(&community, &wrong), Err(Rejection::ReleasedShare));
        }
    }
    // The sum over other meters than were fixed.
    assert_eq!(verdict(&community, &community.release(0, &ALL[1..])), Err(Rejection::ReleasedShare));
    community.world.accept(community.world.after(60), &[release]);
    let again = community.release(0, &ALL);
    assert_eq!(verdict(&community, &again), Err(Rejection::AlreadyReleased));
    let last = community.times().release;
    community.pass_to(last.minus(60));
    let release = community.release(1, &ALL);
    assert_eq!(community.world.verdict(last, &release), Ok(()));
    assert_eq!(community.world.verdict(last.plus(1), &release), Err(Rejection::ReleaseTooLate));
}

/// Invariant P19.
#[test]
fn the_parameters_of_totals_hold_or_the_genesis_is_refused() {
    type Change = fn(&mut TotalsParameters);
    let held = |change: Change| {
        let mut changed = totals();
        change(&mut changed);
        Parameters { totals: Some(changed), ..Parameters::default() }.check()
    };
    assert_eq!(held(|_| {}), Ok(()));
    assert_eq!(Parameters { totals: Some(TotalsParameters::default()), ..Parameters::default() }.check(), Ok(()));
    let wrong: [Change; 13] = [
        |totals| totals.period = 0,
        |totals| totals.period = 1800,
        |totals| totals.period = 7 * 3600,
        |totals| totals.period = 36 * 3600,
        |totals| totals.period = 32 * 86_400,
        |totals| totals.close_term = 14 * 3600 - 1,
        |totals| totals.share_term = 59,
        |totals| totals.complaint_term = 0,
        |totals| totals.request_term = u64::MAX,
        |totals| totals.release_term = 59,
        |totals| totals.request_term = 90 * 86_400,
        |totals| totals.k_min = 3,
        |totals| totals.k_min = 257,
    ];
    for change in wrong {
        assert_eq!(held(change), Err(ParameterError::Totals));
    }
}
