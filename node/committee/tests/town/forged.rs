//! What a quorum of validators certifies though no rule allows it: complaints, changes of the registry, cohorts, Shares, requests.

use hushwatt_crypto::{Label, NetworkId, commitment::Opening, signature::SigningKey};
use hushwatt_ledger::{
    committee::Cohort,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::Built,
        complain::{Complain, ComplainStatement},
        registry::RegistryChange,
        share::Subject,
        signing_digest,
    },
    units::MeterId,
};

use crate::{
    kit::{
        forge::tampered,
        totals::{self, Community, METERS, TestMember, attested, cohort, members, shared},
    },
    refuses::refused,
    scene::{COHORT, Seat, Town, committee, settle, shared_but_garbled, signed_by},
};

/// Says that a share could not be opened.
pub fn opens_nothing(_: &Community, _: &TestMember, _: &mut ComplainStatement) {}

/// Shows it, right as it is.
fn opens_it(community: &Community, member: &TestMember, statement: &mut ComplainStatement) {
    let of = community.world.ledger().shared(&statement.place).unwrap().unwrap().of;
    let (network, context) = (community.world.network(), statement.place.context(&of));
    let rng = &mut rand_core::OsRng;
    statement.opened = statement.sealed.show(network, &member.sealing, &context, rng).unwrap();
}

/// A complaint of a share by a member, which he signs, with what a cheat shows.
pub fn complaint(
    community: &Community,
    subject: Subject,
    member: usize,
    show: impl Fn(&Community, &TestMember, &mut ComplainStatement),
) -> Built {
    let member = &community.members[member];
    let (place, sealed) = community.sealed(subject, 0, member);
    let mut statement = ComplainStatement { place, sealed, opened: None };
    show(community, member, &mut statement);
    complaint_by(community, statement, &member.key)
}

fn complaint_by(community: &Community, statement: ComplainStatement, key: &SigningKey) -> Built {
    let network: NetworkId = *community.world.network();
    let valid_until = community.world.valid_until();
    let envelope = Envelope { network, valid_until, hints: HintsDigest::of(&network, &[]) };
    let id = signing_digest(&envelope, &statement);
    let signature = key.sign(&network, Label::CommitteeSignature, &id.0);
    Built::new(Transaction::new(envelope, Action::Complain(Complain { statement, signature })), Vec::new())
}

/// Every member stops before the block of this height, says why, and sends nothing, also when he is started again.
fn stops(town: &Town, height: u64, reason: &str) {
    for mut seat in committee(town) {
        for _ in 0..2 {
            seat.step();
            seat.step();
            let status = seat.status();
            assert!(status.height < height && !status.caught_up, "{status:?}");
            let alarms = seat.alarms();
            assert!(alarms.iter().any(|(code, text)| code == "ledger" && text.contains(reason)), "{alarms:?}");
            seat = seat.restarted(town);
        }
    }
    assert_eq!(town.lock().handed, [0, 0]);
}

// Complaints.

const THREE: [u32; 3] = [1, 4, 6];

/// Three that were complained of are left out without a lot: who forges complaints chooses them.
fn three_are_not_left_out(forge: impl Fn(&Community, Subject) -> Built, reason: &str) {
    let mut community = shared();
    let complaints = THREE.map(|meter| forge(&community, Subject::Meter(MeterId(meter))));
    community.world.force(&complaints);
    let height = community.world.chain.len() as u64;
    community.settle();
    assert_eq!(community.left_out(), THREE);
    let request = community.request(COHORT, &THREE);
    let at = community.world.after(60);
    community.world.accept(at, &[request]);
    stops(&Town::of(community), height, reason);
}

#[test]
fn complaints_that_no_member_signed_are_found_out_and_nothing_is_released_after_them() {
    let stranger = SigningKey::from_bytes(&[7; 32]);
    let forge = |community: &Community, subject| {
        let (place, sealed) = community.sealed(subject, 0, &community.members[0]);
        complaint_by(community, ComplainStatement { place, sealed, opened: None }, &stranger)
    };
    three_are_not_left_out(forge, "signature of the committee's member");
}

#[test]
fn complaints_of_shares_that_a_member_does_not_open_are_found_out() {
    let forge = |community: &Community, subject| complaint(community, subject, 1, opens_nothing);
    three_are_not_left_out(forge, "the proof that the share was opened");
}

#[test]
fn complaints_of_right_shares_are_found_out() {
    let forge = |community: &Community, subject| complaint(community, subject, 1, opens_it);
    three_are_not_left_out(forge, "the share is right");
}

#[test]
fn complaints_of_what_was_not_sealed_for_the_member_are_found_out() {
    let forge = |community: &Community, subject| {
        let (place, _) = community.sealed(subject, 0, &community.members[1]);
        let (_, others) = community.sealed(subject, 0, &community.members[2]);
        let statement = ComplainStatement { place, sealed: others, opened: None };
        complaint_by(community, statement, &community.members[1].key)
    };
    three_are_not_left_out(forge, "complaint that the rules do not allow");
}

/// A true one that comes when a total was asked for would make it another set.
#[test]
fn a_complaint_that_comes_after_its_term_is_found_out_however_true_it_is() {
    let mut community = shared_but_garbled(2);
    let early = community.complain(Subject::Meter(MeterId(3)), 0, 2).unwrap();
    community.settle();
    let late = community.complain(Subject::Meter(MeterId(3)), 0, 2).unwrap();
    community.world.force(&[late]);
    let height = community.world.chain.len() as u64;
    let town = Town::of(community);
    let mut seat = Seat::new(&town, 0);
    seat.step();
    let alarms = seat.alarms();
    assert!(seat.status().height < height, "{alarms:?}");
    assert!(alarms.iter().any(|(code, text)| code == "ledger" && text.contains("no longer")), "{alarms:?}");
    // In its term it is followed, and twice in one block as well: no rule of a set is broken by that.
    let mut community = shared_but_garbled(2);
    let again = community.complain(Subject::Meter(MeterId(3)), 0, 2).unwrap();
    community.world.force(&[early, again]);
    let town = Town::of(community);
    let mut seat = Seat::new(&town, 0);
    seat.step();
    assert_eq!((seat.alarms(), seat.status().height), (vec![], town.lock().community.world.chain.len() as u64));
}

// The registry.

#[test]
fn a_committee_or_cohorts_that_the_registrars_did_not_sign_are_nobodys() {
    let strangers = [SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32])];
    let halves = [[0, 1, 2, 3], [4, 5, 6, 7]].map(|meters| cohort(meters.map(|n| (n, n as u16))));
    let changes =
        [RegistryChange::Committee(totals::committee(2, &members(3, 60))), RegistryChange::Cohorts(halves.to_vec())];
    for change in changes {
        let mut community = shared();
        community.ask(&[]);
        let right = community.world.change_registry(change);
        let forged = tampered(&right, |envelope, action| {
            let Action::Registry(registry) = action else { panic!("no Registry") };
            for ((_, signature), key) in registry.signatures.iter_mut().zip(&strangers) {
                *signature = key.sign(&envelope.network, Label::RegistrySignature, &right.transaction.id().0);
            }
        });
        let height = community.world.chain.len() as u64 + 1;
        let town = Town::of(community);
        town.lock().forge(&[forged]);
        stops(&town, height, "registrar");
    }
}

/// What the registrars signed once and replaced later is signed all the same: it does not come again.
#[test]
fn a_committee_or_cohorts_that_later_ones_replaced_do_not_come_again() {
    let mut community = shared();
    let old: Vec<Built> = community
        .world
        .chain
        .iter()
        .flat_map(|(block, _)| &block.transactions)
        .filter(|transaction| matches!(transaction.action(), Action::Registry(_)))
        .map(|transaction| Built::new(transaction.clone(), Vec::new()))
        .collect();
    assert_eq!(old.len(), 2);
    community.ask(&[]);
    for again in old {
        let height = community.world.chain.len() as u64 + 1;
        let town = Town::of(community.clone());
        town.lock().forge(&[again]);
        stops(&town, height, "serial");
    }
}

/// The registrars signed it, but it breaks the rules of cohorts, and validators certified it; some meters share, and all of them that
/// are in a cohort are asked for.
fn cohorts_are_refused(cohorts: &[Cohort], reason: &str) {
    let mut community = Community::new();
    let change = community.world.change_registry(RegistryChange::Cohorts(cohorts.to_vec()));
    community.world.force(&[change]);
    community.attest_all();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let named = |meter: &u32| cohorts.iter().any(|cohort| cohort.contains(MeterId(*meter)));
    let shares = (0..METERS as u32 + 2).filter(named).map(|meter| community.share(meter as usize)).collect();
    community.accept_shares(shares);
    community.settle();
    let request = community.request(COHORT, &[]);
    refused(community, &request, reason);
}

#[test]
fn cohorts_that_overlap_mix_utilities_or_leave_one_or_two_outside_are_not_answered() {
    let of = |meters: &[u32]| cohort(meters.iter().map(|n| (*n, *n as u16)));
    cohorts_are_refused(&[of(&[0, 1, 2, 3, 4]), of(&[4, 5, 6, 7])], "in two cohorts");
    cohorts_are_refused(&[of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])], "do not measure one utility");
    cohorts_are_refused(&[of(&[0, 1, 2, 3, 4, 5, 6])], "one or two meters of a utility");
    cohorts_are_refused(&[of(&[0, 1, 2, 3, 4, 5])], "one or two meters of a utility");
}

// Shares.

/// Meter 5 shares what is known of a period with a window of which nothing is: validators let it in.
#[test]
fn a_period_with_a_missing_window_is_in_no_total() {
    let mut community = Community::new();
    let [missing, known] = community.windows_of(community.period).try_into().unwrap();
    community.missing.insert((5, missing));
    community.attest_all();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let shares = (0..METERS).filter(|meter| *meter != 5).map(|meter| community.share(meter)).collect();
    community.accept_shares(shares);
    let [export, import] = community.windows[&(5, known)].clone();
    let part: [&Opening; 2] = [&export, &import];
    let share = community.share_openings(5, part);
    community.world.force(&[share]);
    community.settle();
    assert!(community.left_out().is_empty());
    let town = Town::of(community.clone());
    let mut seat = Seat::new(&town, 0);
    seat.step();
    assert_eq!(seat.kept(community.period), [8, 0, 0], "right as far as it goes");
    let request = community.request(COHORT, &[]);
    refused(community, &request, "did not attest every window");
}

/// What the members complained of, as they handed it in.
fn handed_in(town: &Town) -> Vec<ComplainStatement> {
    let ledger = town.lock();
    let of = |bytes: &Vec<u8>| {
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let transaction = Transaction::decode(ledger.community.world.network(), &bytes[4..4 + length]).unwrap();
        let Action::Complain(complain) = transaction.action() else { panic!("no Complain") };
        complain.statement.clone()
    };
    ledger.submitted.iter().map(of).collect()
}

#[test]
fn of_a_box_that_was_filled_with_anything_a_complaint_shows_nothing() {
    let town = Town::of(shared_but_garbled(2));
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    let [complaint] = handed_in(&town).try_into().unwrap();
    assert!(complaint.opened.is_none());
    assert_eq!((complaint.place.subject, complaint.place.member.place()), (Subject::Meter(MeterId(3)), 2));
}

/// Nor of one that somebody copied from another meter, to see what is in it: each member finds it wrong and opens it to nobody.
#[test]
fn of_a_box_that_was_copied_from_another_meter_a_complaint_shows_nothing() {
    let mut community = attested();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let mut shares: Vec<Built> = (0..METERS).map(|meter| community.share(meter)).collect();
    let (victim, network) = (shares[1].clone(), *community.world.network());
    let Action::Share(victims) = victim.transaction.action() else { panic!("no Share") };
    let copied = tampered(&shares[2], |envelope, action| {
        let Action::Share(share) = action else { panic!("no Share") };
        envelope.hints = HintsDigest::of(&network, &victim.hints);
        for (own, others) in share.statement.sharings.iter_mut().zip(&victims.statement.sharings) {
            own.sealed.clone_from(&others.sealed);
        }
    });
    let copied = signed_by(&copied, &community.world.meters[2].key);
    shares[2] = Built { hints: victim.hints.clone(), ..copied };
    let period = community.period;
    // What comes after is final together with them: see `Ledger::blocks`.
    community.accept_shares(shares);
    let town = Town::of(community);
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    let complaints = handed_in(&town);
    assert!(!complaints.is_empty());
    for complaint in &complaints {
        assert!(complaint.opened.is_none() && complaint.place.subject == Subject::Meter(MeterId(2)), "{complaint:?}");
    }
    assert!(seats.iter().all(|seat| seat.kept(period) == [7, 1, 0]));
    let community = &mut town.lock().community;
    community.settle();
    assert!(community.left_out().contains(&2) && community.left_out().len() == 3);
}

// Requests.

#[test]
fn a_request_by_somebody_who_is_no_registrar_is_not_answered() {
    let mut community = shared();
    community.settle();
    let right = community.request(COHORT, &[]);
    let by = |registrar: u8, key: &SigningKey| {
        let named = tampered(&right, |_, action| {
            let Action::Request(request) = action else { panic!("no Request") };
            request.statement.registrar = registrar;
        });
        let id = named.transaction.id().0;
        tampered(&named, |envelope, action| {
            let Action::Request(request) = action else { panic!("no Request") };
            request.signature = key.sign(&envelope.network, Label::TotalRequest, &id);
        })
    };
    let (stranger, registrar) = (SigningKey::from_bytes(&[7; 32]), community.world.registrars[0].clone());
    for forged in [by(0, &stranger), by(1, &registrar), by(200, &stranger)] {
        refused(community.clone(), &forged, "no registrar has signed");
    }
}
