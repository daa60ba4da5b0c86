//! The mempool against what must always hold, under random use.

use std::collections::{BTreeMap, HashMap, HashSet};

use hushwatt_crypto::{
    SecretScalar,
    commitment::Opening,
    sharing::{Member, Quorum, split},
    signature::SigningKey,
};
use hushwatt_ledger::{
    Rejection,
    block::BlockDigest,
    transaction::{TransactionId, release::ReleasePlan, request::Target},
    units::{Period, Timestamp},
};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{Below, Dropped, Mempool, MempoolLimits, ProposalLimits};
use crate::{
    Source, Submission, SubmitError,
    testing::{genesis, mints},
};

const ANY: ProposalLimits = ProposalLimits { transactions: usize::MAX, bytes: usize::MAX };

fn below(blocks: &[u8], included: &[&Submission]) -> Below {
    Below {
        blocks: blocks.iter().map(|block| BlockDigest([*block; 32])).collect(),
        included: included.iter().map(|submission| *submission.id()).collect(),
    }
}

fn ids(submissions: &[Submission]) -> Vec<TransactionId> {
    submissions.iter().map(|submission| *submission.id()).collect()
}

fn take(mempool: &mut Mempool, submission: &Submission, source: Source) {
    mempool.admits(submission, source).unwrap();
    mempool.insert(submission.clone(), Vec::new(), source, Timestamp(0));
}

/// What a member of a committee releases, as if somebody had asked.
fn release(place: u8, valid_until: Timestamp) -> Submission {
    let rng = &mut rand_chacha::ChaCha20Rng::from_seed([place; 32]);
    let opening = Opening::new(5, SecretScalar::random(rng));
    let (_, shares) = split(&opening, Quorum::new(2, 3).unwrap(), rng).unwrap();
    let plan = ReleasePlan {
        period: Period(7),
        target: Target::Cohort(0),
        member: Member::at(place).unwrap(),
        sums: [shares[0].clone(), shares[1].clone()],
        valid_until,
    };
    let genesis = genesis();
    Submission::of_built(genesis.network(), &plan.build(&genesis, &SigningKey::from_bytes(&[9; 32]))).unwrap()
}

#[test]
fn what_a_committee_does_waits_once_needs_no_room_and_goes_first() {
    let mut mempool = Mempool::new(MempoolLimits { transactions: 4, bytes: usize::MAX });
    for mint in mints() {
        if mempool.admits(mint, Source::Client(1)).is_ok() {
            take(&mut mempool, mint, Source::Client(1));
        }
    }
    let full = mempool.taken().items;
    let now = Timestamp(1_200_000);
    let (first, again, other) = (release(0, now), release(0, now.plus(600)), release(1, now));
    take(&mut mempool, &first, Source::Client(1));
    let conflict = mempool.admits(&again, Source::Peer(1));
    assert!(matches!(conflict, Err(SubmitError::Conflict(id)) if id == *first.id()));
    take(&mut mempool, &other, Source::Peer(1));
    let offered = ids(&mempool.candidates(&below(&[0], &[]), now, ANY));
    assert_eq!(offered[..2], [*first.id(), *other.id()]);
    assert_eq!(offered.len(), full + 2);
    // Once it is gone the member may answer again.
    mempool.remove(first.id());
    take(&mut mempool, &again, Source::Peer(1));
}

/// What is known of a waiting transaction from outside.
struct Known {
    source: Source,
    arrival: usize,
    left_out: Option<u8>,
}

#[test]
fn whatever_happens_its_bounds_hold_and_blocks_are_shared_by_source_and_filled_by_arrival() {
    let sources = [Source::Own, Source::Client(1), Source::Client(2), Source::Peer(1)];
    for seed in 0..60 {
        let dice = &mut ChaCha8Rng::seed_from_u64(seed);
        let all = mints();
        let bytes: usize = all.iter().map(Submission::encoded_len).sum();
        let limits = MempoolLimits { transactions: dice.gen_range(1..40), bytes: dice.gen_range(2_000..bytes) };
        let mut mempool = Mempool::new(limits);
        let mut known: HashMap<TransactionId, Known> = HashMap::new();
        for arrival in 0..300 {
            let one = all.choose(dice).unwrap();
            let id = *one.id();
            match dice.gen_range(0..10) {
                0..6 if !mempool.contains(&id) => {
                    let source = *sources.choose(dice).unwrap();
                    match mempool.admits(one, source) {
                        Ok(()) => {
                            mempool.insert(one.clone(), vec![[1; 32]], source, Timestamp(0));
                            known.insert(id, Known { source, arrival, left_out: None });
                        }
                        Err(error) => assert!(matches!(error, SubmitError::Full | SubmitError::Share)),
                    }
                }
                6 => assert_eq!(mempool.remove(&id).is_some(), known.remove(&id).is_some()),
                7 => {
                    let parent = dice.gen_range(0..3);
                    mempool.leave_out(BlockDigest([parent; 32]), &[(id, Rejection::MintSerial)]);
                    known.entry(id).and_modify(|known| known.left_out = Some(parent));
                }
                8 if dice.gen_bool(0.2) => {
                    let parent = dice.gen_range(0..3);
                    for (dropped, rejection) in mempool.drop_left_out(&BlockDigest([parent; 32])) {
                        assert_eq!(known.remove(&dropped).unwrap().left_out, Some(parent));
                        assert_eq!(mempool.dropped(&dropped), Some(Dropped::Rule(rejection)));
                    }
                    assert!(known.values().all(|known| known.left_out != Some(parent)));
                }
                9 if dice.gen_bool(0.2) => {
                    let until = |id: &TransactionId| {
                        let found = all.iter().find(|submission| submission.id() == id).unwrap();
                        found.transaction().envelope().valid_until
                    };
                    let now = Timestamp(1_200_000 + 600 * dice.gen_range(0..3));
                    for dropped in mempool.drop_expired(now) {
                        assert!(until(&dropped) < now && known.remove(&dropped).is_some());
                    }
                    assert!(known.keys().all(|id| until(id) >= now));
                }
                _ => {}
            }
            check(&mempool, &known, limits, dice);
        }
    }
}

fn check(mempool: &Mempool, known: &HashMap<TransactionId, Known>, limits: MempoolLimits, dice: &mut ChaCha8Rng) {
    let waiting: Vec<&Submission> = known.keys().map(|id| mempool.get(id).unwrap()).collect();
    let taken = mempool.taken();
    assert_eq!(taken.items, known.len());
    assert_eq!(taken.bytes, waiting.iter().map(|submission| submission.encoded_len()).sum::<usize>());
    assert!(taken.items <= limits.transactions && taken.bytes <= limits.bytes);
    for submission in &waiting {
        let content = submission.transaction().full_digest();
        assert_eq!(mempool.by_content(content).unwrap().id(), submission.id());
        assert!(mempool.has_verified(content, &[[1; 32]]) && !mempool.has_verified(content, &[]));
    }

    let time = Timestamp(1_200_000 + 600 * dice.gen_range(0..2));
    let included: Vec<&Submission> = waiting.iter().copied().filter(|_| dice.gen_bool(0.1)).collect();
    let below = below(&[0, 1], &included);
    let offered = |submission: &Submission| {
        let known = &known[submission.id()];
        !below.included.contains(submission.id())
            && known.left_out.is_none_or(|parent| parent >= 2)
            && submission.transaction().envelope().valid_until >= time
    };
    let fitting: HashSet<TransactionId> =
        waiting.iter().filter(|submission| offered(submission)).map(|submission| *submission.id()).collect();
    assert_eq!(mempool.has_candidate(&below, time), !fitting.is_empty());
    let everything = mempool.candidates(&below, time, ANY);
    assert_eq!(ids(&everything).into_iter().collect::<HashSet<_>>(), fitting);
    assert_eq!(everything.len(), fitting.len(), "each once");

    let limits = ProposalLimits { transactions: dice.gen_range(1..20), bytes: dice.gen_range(1_000..20_000) };
    let chosen = mempool.candidates(&below, time, limits);
    let length = |submission: &Submission| submission.transaction().encoded_len();
    assert!(chosen.len() <= limits.transactions);
    assert!(chosen.len() == 1 || chosen.iter().map(length).sum::<usize>() <= limits.bytes);
    let mut bytes: BTreeMap<Source, usize> = BTreeMap::new();
    let mut last: HashMap<Source, usize> = HashMap::new();
    for submission in &chosen {
        let known = &known[submission.id()];
        *bytes.entry(known.source).or_default() += length(submission);
        assert!(last.insert(known.source, known.arrival).is_none_or(|before| before < known.arrival), "by arrival");
    }
    // Who has something left has had about as much as anybody else, or what he has did not fit.
    let longest = everything.iter().map(length).max().unwrap_or(0);
    if chosen.iter().map(length).sum::<usize>() + longest <= limits.bytes {
        for source in everything.iter().filter(|one| !ids(&chosen).contains(one.id())) {
            let own = bytes.get(&known[source.id()].source).copied().unwrap_or(0);
            assert!(bytes.values().all(|others| *others <= own + longest), "{bytes:?}");
        }
    }
}

#[test]
fn a_flood_from_one_source_leaves_room_in_the_pool_and_in_the_block() {
    let all = mints();
    let mut mempool = Mempool::new(MempoolLimits { transactions: 30, bytes: usize::MAX });
    let (flood, honest) = all.split_at(40);
    let taken = flood.iter().filter(|one| {
        let admitted = mempool.admits(one, Source::Client(1));
        if admitted.is_ok() {
            take(&mut mempool, one, Source::Client(1));
        }
        admitted.is_ok()
    });
    assert_eq!(taken.count(), 24);
    assert!(matches!(mempool.admits(&flood[39], Source::Client(1)), Err(SubmitError::Share)));
    honest[..2].iter().for_each(|one| take(&mut mempool, one, Source::Client(2)));
    let limits = ProposalLimits { transactions: 4, bytes: usize::MAX };
    let chosen = ids(&mempool.candidates(&below(&[], &[]), Timestamp(0), limits));
    assert!(honest[..2].iter().all(|one| chosen.contains(one.id())), "though they came last");
}

#[test]
fn what_was_dropped_is_remembered_until_it_is_taken_again() {
    let one = &mints()[0];
    let mut mempool = Mempool::new(MempoolLimits::default());
    take(&mut mempool, one, Source::Own);
    assert!(mempool.drop_for(one.id(), Dropped::Rule(Rejection::AlreadySpent)));
    assert!(!mempool.drop_for(one.id(), Dropped::NoRoom), "it does not wait any more");
    assert_eq!(mempool.dropped(one.id()), Some(Dropped::Rule(Rejection::AlreadySpent)));
    take(&mut mempool, one, Source::Own);
    assert_eq!(mempool.dropped(one.id()), None);
}

#[test]
fn only_what_this_node_answers_for_is_passed_on_and_each_only_when_its_time_has_come() {
    let all = mints();
    let mut mempool = Mempool::new(MempoolLimits::default());
    mempool.insert(all[0].clone(), Vec::new(), Source::Client(1), Timestamp(10));
    mempool.insert(all[1].clone(), Vec::new(), Source::Peer(1), Timestamp(10));
    mempool.insert(all[2].clone(), Vec::new(), Source::Restored, Timestamp(10));
    mempool.insert(all[3].clone(), Vec::new(), Source::Own, Timestamp(20));
    [0, 3].iter().for_each(|place: &usize| mempool.set_journaled(all[*place].id()));
    let restored = mempool.pass_on(Timestamp(5), Timestamp(30), usize::MAX);
    assert_eq!(ids(&restored), [*all[2].id()], "nobody knows whom an earlier run told");
    let first = mempool.pass_on(Timestamp(40), Timestamp(40), all[0].encoded_len());
    assert_eq!(ids(&first), [*all[0].id()], "so many bytes, the oldest first");
    let rest = mempool.pass_on(Timestamp(40), Timestamp(41), usize::MAX);
    assert_eq!(ids(&rest), [*all[3].id(), *all[2].id()]);
    assert_eq!(mempool.pass_on(Timestamp(40), Timestamp(42), usize::MAX).len(), 0);
    assert_eq!(ids(&mempool.journaled()), [*all[0].id(), *all[2].id(), *all[3].id()], "in the order they came");
}
