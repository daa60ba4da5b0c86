//! A month of a hundred meters, to the watt-hour.

use hushwatt_crypto::{
    SecretScalar,
    commitment::Opening,
    range::{RangeBits, RangeProof},
    sharing::{Share, combine},
    signature::Signature,
};
use hushwatt_ledger::{
    committee::Committee,
    parameters::{Parameters, TotalsParameters},
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        attest::{Attest, AttestStatement, AttestedWindow, WindowStatus},
        build::Built,
        registry::RegistryChange,
        release::ReleasePlan,
        request::{RequestPlan, Target},
        share::{ShareMaker, SharePlan, Subject},
    },
    units::{MeterId, Period, Timestamp, Utility, Window},
};

use crate::kit::{
    totals::{TestMember, cohort, committee, members, totals},
    *,
};

const METERS: u32 = 100;
const DAYS: u64 = 31;
const HOUR: u64 = 3600;

/// A block of transactions whose proofs are taken for granted: what is tested is what they add up to.
fn apply(world: &mut World, at: Timestamp, built: &[Built]) {
    let proposal = world.propose(at, built).unwrap();
    assert!(proposal.left_out.is_empty(), "left out: {:?}", &proposal.left_out[..1]);
    world.state.apply(proposal.executed.changes);
    world.parent = proposal.executed.parent;
}

/// What a meter measured: exported and imported in an hour. No two are alike, and some hours are nothing at all.
fn measured(meter: u32, window: Window) -> [u64; 2] {
    let mixed = (window.0 ^ u64::from(meter).wrapping_mul(0x9e37_79b9)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 40;
    let hour = window.0 % 24;
    [if (8..18).contains(&hour) { mixed % 4_001 } else { 0 }, mixed % 2_503]
}

fn terms_of(world: &World) -> TotalsParameters {
    world.parameters().totals.unwrap()
}

struct Day {
    attests: Vec<Built>,
    /// What opens each meter's sums.
    sums: Vec<[Opening; 2]>,
}

/// All meters attest a day, each in one go.
fn attest(world: &mut World, proof: &RangeProof, windows: core::ops::Range<u64>) -> Day {
    let network = *world.network();
    let (mut attests, mut sums) = (Vec::new(), Vec::new());
    for meter in 0..METERS {
        let record = world.ledger().meter(MeterId(meter)).unwrap();
        let mut sum = [(); 2].map(|()| Opening::new(0, SecretScalar::zero()));
        let mut commit = |place: usize, value: u64| {
            let opening = Opening::new(value, SecretScalar::random(&mut world.rng));
            sum[place] = Opening::new(sum[place].value + value, sum[place].blinding.plus(&opening.blinding));
            opening.commit_point().unwrap()
        };
        let attested = windows.clone().map(|window| {
            let [export, import] = measured(meter, Window(window));
            let (export, import) = (vec![commit(0, export)], vec![commit(1, import)]);
            AttestedWindow { status: WindowStatus::Estimated, export, import, note_key: None }
        });
        let statement = AttestStatement {
            meter: MeterId(meter),
            sequence: record.sequence + 1,
            previous: record.last,
            salt: [0; 32],
            first_window: Window(windows.start),
            windows: attested.collect(),
        };
        let attest = Attest { statement, range: proof.clone(), signature: Signature([0; 64]) };
        let hints = HintsDigest::of(&network, &[]);
        let envelope = Envelope { network, valid_until: Envelope::validity_from(Timestamp(windows.end * HOUR)), hints };
        attests.push(Built::new(Transaction::new(envelope, Action::Attest(attest)), Vec::new()));
        sums.push(sum);
    }
    Day { attests, sums }
}

/// Every meter shares, three members of five check and keep their shares.
fn share(world: &mut World, period: Period, day: &Day, committee: &Committee) -> Vec<Built> {
    let share = |(meter, sums): (u32, &[Opening; 2])| {
        let plan = SharePlan {
            period,
            subject: Subject::Meter(MeterId(meter)),
            openings: sums.iter().collect(),
            committee,
            valid_until: Envelope::validity_from(terms_of(world).times(period).close),
        };
        let maker = ShareMaker::Meter(&world.meters[meter as usize].key);
        plan.build(&world.genesis, maker, &mut world.rng).unwrap()
    };
    (0..).zip(&day.sums).map(share).collect()
}

fn release(world: &World, period: Period, shares: &[Built], member: &TestMember) -> Built {
    let mut sums = [(); 2].map(|()| Vec::new());
    for built in shares {
        let Action::Share(share) = built.transaction.action() else { panic!("no Share") };
        let sealed = share.statement.sealed_for(member.number, &built.hints);
        for (sum, (place, sealed)) in sums.iter_mut().zip(sealed) {
            let of = world.ledger().shared(&place).unwrap().unwrap().of;
            let share = sealed.open(world.network(), &member.sealing, &place.context(&of)).unwrap();
            assert!(share.opens(&of.expected(member.number)));
            sum.push(share);
        }
    }
    let sums = sums.map(|shares| Share::sum(shares.iter().map(|share| (1, share))));
    let (target, valid_until) = (Target::Cohort(0), world.valid_until());
    ReleasePlan { period, target, member: member.number, sums, valid_until }.build(&world.genesis, &member.key)
}

/// Invariant P1, P17.
#[test]
fn a_hundred_meters_over_31_days_add_up_to_the_watt_hour() {
    let terms = TotalsParameters { period: 24 * HOUR, k_min: 10, ..totals() };
    let parameters = Parameters {
        interval: HOUR,
        correction_term: 0,
        auction: None,
        totals: Some(terms),
        ..Setup::default().parameters
    };
    let meters = vec![(Utility::Electricity, RangeBits::Bits16, ANNA); METERS as usize];
    let mut world = World::new(&Setup { parameters, meters, ..Setup::default() });
    let members = members(5, 40);
    let named = committee(3, &members);
    let cohorts = vec![cohort((0..METERS).map(|meter| (meter, meter as u16)))];
    for change in [RegistryChange::Committee(named.clone()), RegistryChange::Cohorts(cohorts)] {
        let change = world.change_registry(change);
        world.accept(world.after(60), &[change]);
    }
    // Any proof of some length: none is looked at.
    let reading = world.measured(1, 1);
    let Action::Attest(first) = world.attest(0, world.window(0), &[reading]).transaction.action().clone() else {
        panic!("no Attest")
    };
    let (mut released, mut plain) = ([0u64; 2], [0u64; 2]);
    for day in 0..=DAYS {
        let period = Period(terms.period_at(START).0 + day);
        let windows = terms.start(period).0 / HOUR..terms.end(period).0 / HOUR;
        // The first day has no first hour: it is no whole period.
        let from = if day == 0 { windows.start + 1 } else { windows.start };
        let today = attest(&mut world, &first.range, from..windows.end);
        apply(&mut world, terms.end(period).plus(60), &today.attests);
        if day == 0 {
            continue;
        }
        let times = terms.times(period);
        let shares = share(&mut world, period, &today, &named);
        apply(&mut world, times.close.plus(60), &shares);
        // Draws the lots.
        apply(&mut world, times.complain.plus(1), &[]);
        let plan = RequestPlan {
            period,
            target: Target::Cohort(0),
            left_out: Vec::new(),
            valid_until: Envelope::validity_from(times.complain),
        };
        let request = plan.build(&world.genesis, &world.registrars[1]).unwrap();
        apply(&mut world, times.complain.plus(60), &[request]);
        let quorum: Vec<&TestMember> = (0..3).map(|n| &members[(n + day as usize) % 5]).collect();
        let releases: Vec<Built> = quorum.iter().map(|member| release(&world, period, &shares, member)).collect();
        for (seconds, built) in (120..).step_by(60).zip(&releases) {
            apply(&mut world, times.complain.plus(seconds), std::slice::from_ref(built));
        }
        let total = world.ledger().total(period, Target::Cohort(0)).unwrap().unwrap();
        assert_eq!(total.count, METERS);
        for place in 0..2 {
            let shares: Vec<_> = releases
                .iter()
                .map(|built| match built.transaction.action() {
                    Action::Release(release) => (release.statement.member, release.statement.shares[place]),
                    _ => panic!("no Release"),
                })
                .collect();
            let opened = combine(named.quorum(), &shares, &total.sums[place].commitment).unwrap();
            let today: u64 = (0..METERS)
                .flat_map(|meter| windows.clone().map(move |window| measured(meter, Window(window))[place]))
                .sum();
            assert_eq!(opened, today, "day {day}, register {place}");
            released[place] += opened;
            plain[place] += today;
        }
    }
    assert_eq!(released, plain);
    assert!(plain[0] > 50_000_000 && plain[1] > 50_000_000, "megawatt-hours, not zeros");
}
