//! The question of totals: what holds is counted, and every way to break it is blamed on its transaction.

use hushwatt_audits::{Answer, AuditFolder, NoProgress, Question, Unanswerable, Verdict};
use hushwatt_ledger::{
    transaction::{build::Built, request::Target, share::Subject},
    units::{MeterId, Utility},
};

use crate::{
    chain::{TIP, story},
    kit::totals::{Community, METERS, attested, settled, shared, traded},
    shared::chain_of,
};

const COHORT: Target = Target::Cohort(0);
const TRADES: Target = Target::Trades(Utility::Electricity);

fn answer(community: &Community) -> Answer {
    let report = chain_of(community).audit();
    assert!(report.holds(), "{report}");
    report.questions.into_iter().find(|answer| answer.question == Question::Totals).unwrap()
}

fn counts(answer: &Answer) -> Vec<u64> {
    // In the order of `Count`: shared, wrongly, asked, released, releases.
    answer.counts.values().copied().collect()
}

/// The next block, a minute later, has this transaction alone, and the audit blames it.
#[track_caller]
pub fn blames(community: &Community, bad: &Built, question: Question, rule: &str) {
    let mut chain = chain_of(community);
    chain.forge_rules(chain.world.after(60), std::slice::from_ref(bad));
    chain.blames(bad, question, rule);
}

#[track_caller]
fn blamed(community: &Community, bad: &Built, rule: &str) {
    blames(community, bad, Question::Totals, rule);
}

#[test]
fn totals_that_are_asked_for_and_released_hold_and_are_counted() {
    let mut community = settled(6);
    assert_eq!(answer(&community).verdict, Verdict::from(Unanswerable::NothingAsked));
    let (left_out, within) = (community.left_out(), community.within());
    assert_eq!((left_out.len(), within.len()), (3, 5));
    let request = community.request(COHORT, &left_out);
    community.accept(&[request]);
    for (member, released) in [(0, 0), (4, 0), (2, 1), (1, 1)] {
        let release = community.release(member, &within);
        community.accept(&[release]);
        let answer = answer(&community);
        assert_eq!(answer.verdict, Verdict::Holds);
        let releases = [0, 4, 2, 1].iter().position(|one| *one == member).unwrap() as u64 + 1;
        assert_eq!(counts(&answer), [6, 0, 1, released, releases]);
    }
    let text = chain_of(&community).audit().to_string();
    assert!(text.contains("1 total asked for, 1 released by enough members; 6 openings shared"), "{text}");
    // Long after, when all of it is forgotten, too.
    community.pass_to(community.times().release.plus(7200));
    assert_eq!(counts(&answer(&community)), [6, 0, 1, 1, 4]);
}

#[test]
fn totals_of_trades_and_complaints_hold() {
    let mut community = traded();
    let trades: Vec<_> = community.trades.keys().copied().collect();
    let utility = Utility::Electricity;
    let mut shares: Vec<Built> = trades[..8].iter().map(|trade| community.share_trade(utility, *trade)).collect();
    let (mut wrong, _, key) = community.trades[&trades[8]].clone();
    wrong.value += 1;
    shares.push(community.share_trade_as(utility, trades[8], &wrong, &key));
    community.accept_shares(shares);
    let subject = Subject::Trade { utility, trade: trades[8] };
    let complaint = community.complain(subject, 0, 1).unwrap();
    community.accept(&[complaint]);
    community.shared.remove(&(community.period, subject));
    community.settle();
    let request = community.request(TRADES, &[]);
    community.accept(&[request]);
    let releases = [0, 1, 2].map(|member| community.release_trades(member, utility));
    community.accept(&releases);
    let answer = answer(&community);
    assert_eq!((answer.verdict.clone(), counts(&answer)), (Verdict::Holds, vec![9, 1, 1, 1, 3]));
}

#[test]
fn a_window_that_was_missing_counts_once_it_is_corrected() {
    let mut community = Community::new();
    let window = community.windows_of(community.period)[1];
    community.missing.extend([(2, window), (5, window)]);
    community.attest_all();
    let correction = community.correct(5, window, 40, 4);
    community.accept(&[correction]);
    community.pass_to(community.times().close.plus(1));
    let shares: Vec<Built> = (0..METERS).filter(|meter| *meter != 2).map(|meter| community.share(meter)).collect();
    community.accept_shares(shares);
    community.settle();
    let left_out = community.left_out();
    assert!(left_out.contains(&2) && left_out.len() == 3);
    let request = community.request(COHORT, &left_out);
    community.accept(&[request]);
    let releases = [0, 1, 2].map(|member| community.release(member, &community.within()));
    community.accept(&releases);
    assert_eq!(counts(&answer(&community)), [7, 0, 1, 1, 3]);
}

#[test]
fn networks_without_totals_have_no_answer() {
    let report = story(TIP).audit();
    let answer = report.questions.iter().find(|answer| answer.question == Question::Totals).unwrap();
    assert_eq!(answer.verdict, Verdict::from(Unanswerable::NoTotals));
    assert!(answer.counts.is_empty());
}

#[test]
fn a_request_that_leaves_out_others_is_blamed() {
    // All shared, and three are left out to learn of them.
    let all = settled(METERS);
    blamed(&all, &all.request(COHORT, &[0, 1, 2]), "LeftOut");
    // One did not, and who goes with him is not for the asker to say.
    let one = settled(7);
    let right = one.left_out();
    let other = (0..7).find(|meter| !right.contains(meter)).unwrap();
    let mut chosen: Vec<u32> = right.iter().copied().filter(|meter| *meter != 7).take(1).chain([other, 7]).collect();
    chosen.sort_unstable();
    assert_ne!(chosen, right);
    blamed(&one, &one.request(COHORT, &chosen), "LeftOut");
    blamed(&one, &one.request(COHORT, &[7]), "LeftOut");
    blamed(&one, &one.request(COHORT, &[]), "LeftOut");
}

#[test]
fn a_total_over_too_few_is_blamed() {
    let few = settled(3);
    blamed(&few, &few.request(COHORT, &few.left_out()), "TooFewMeters");
    blamed(&few, &few.request(TRADES, &[]), "TooFewTrades");
}

#[test]
fn a_second_request_and_one_out_of_time_are_blamed() {
    let mut community = settled(METERS);
    let first = community.request(COHORT, &[]);
    community.accept(&[first]);
    blamed(&community, &community.request_by(1, COHORT, &[]), "TotalTaken");

    let mut late = settled(METERS);
    late.pass_to(late.times().request.plus(1));
    blamed(&late, &late.request(COHORT, &[]), "RequestTooLate");
}

#[test]
fn a_release_that_does_not_open_is_blamed() {
    let mut community = settled(METERS);
    let all: Vec<u32> = (0..METERS as u32).collect();
    blamed(&community, &community.release(0, &all), "NothingAsked");
    let request = community.request(COHORT, &[]);
    community.accept(&[request]);
    blamed(&community, &community.release(0, &all[1..]), "ReleasedShare");
    let release = community.release(0, &all);
    community.accept(std::slice::from_ref(&release));
    blamed(&community, &release, "AlreadyReleased");
}

#[test]
fn what_is_shared_out_of_place_is_blamed() {
    let mut community = shared();
    let again = community.share(0);
    blamed(&community, &again, "AlreadyShared");
    let mut early = attested();
    let share = early.share(0);
    blamed(&early, &share, "ShareTooEarly");
    // Complained of twice.
    let mut wrong = attested();
    wrong.pass_to(wrong.times().close.plus(1));
    let [mut exported, imported] = wrong.sums(3);
    exported.value += 1;
    let share = wrong.share_openings(3, [&exported, &imported]);
    wrong.accept_shares(vec![share]);
    let subject = Subject::Meter(MeterId(3));
    let complaint = wrong.complain(subject, 0, 2).unwrap();
    wrong.accept(std::slice::from_ref(&complaint));
    blamed(&wrong, &complaint, "UnknownShare");
}

#[test]
fn an_audit_goes_on_in_the_middle_of_a_period() {
    let mut community = settled(7);
    let left_out = community.left_out();
    let request = community.request(COHORT, &left_out);
    community.accept(&[request]);
    let releases = [0, 1, 2].map(|member| community.release(member, &community.within()));
    community.accept(&releases);
    let chain = chain_of(&community);
    let whole = serde_json::to_string(&chain.audit()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut reached = 0;
    for end in (1..=chain.height()).step_by(3).chain([chain.height()]) {
        let mut part = chain.clone();
        part.records.truncate(end as usize);
        let opened = AuditFolder::open(folder.path(), chain.world.network()).unwrap();
        assert_eq!(opened.height(), reached);
        let report = opened.verify_reader(part.file().as_slice(), 0, &mut NoProgress).unwrap();
        assert_eq!(serde_json::to_string(&report).unwrap(), serde_json::to_string(&part.audit()).unwrap());
        reached = end;
    }
    let report = AuditFolder::open(folder.path(), chain.world.network()).unwrap();
    let report = report.verify_reader(chain.file().as_slice(), 0, &mut NoProgress).unwrap();
    assert_eq!(serde_json::to_string(&report).unwrap(), whole);
}
