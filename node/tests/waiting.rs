//! Handing in: who is told what, what survives a restart, a crash and a full disk, and what a flood costs the others
//! (protocol section 8).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use hushwatt_ledger::{
    Rejection,
    genesis::Genesis,
    parameters::Parameters,
    storage::{MemoryIndex, SimDisk},
    transaction::{Action, TransactionId, Transfer, build::Built, hints::encode_hints},
    units::Timestamp,
};
use hushwatt_node::{
    Core, CoreOptions, Dropped, JournalError, LiveBlock, MempoolLimits, NodeError, Observer, Restored, Source,
    Standing, Status, SteppedClock, Store, Submission, SubmitError, SubmitVerdict,
};
use support::{Community, START, Setup, effort, tampered};

struct Prepared {
    genesis: Arc<Genesis>,
    first: LiveBlock,
    /// Transfers that spend a note each.
    built: Vec<Built>,
    /// The second spend of the first one's note.
    rival: Built,
}

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let parameters = Parameters { ring_min: 8, ring_cap: 64, ..Parameters::default() };
        let mut community = Community::found(&Setup { parameters, ..Setup::default() });
        let mint = community.mint_of(&[(0, 1_000_000); 40]);
        let produced = community.settle(vec![mint]);
        let first = LiveBlock::new(community.genesis.network(), produced.block, Some(produced.hints)).unwrap();
        let one = community.pay(0, &[(1, 5)]);
        community.wallets[0].release(&one);
        let rival = community.pay(0, &[(2, 7)]);
        let mut built = vec![one];
        built.extend((0..30).map(|amount| community.pay(0, &[(1, amount + 1)])));
        Prepared { genesis: community.genesis.clone(), first, built, rival }
    })
}

fn transfer(action: &mut Action) -> &mut Transfer {
    match action {
        Action::Transfer(transfer) => transfer,
        _ => panic!("no transfer"),
    }
}

/// A transfer with the range proof of another.
fn wrong(place: usize) -> Built {
    let mut donor = prepared().built[place + 1].transaction.action().clone();
    let range = transfer(&mut donor).range.clone();
    tampered(&prepared().built[place], |action| transfer(action).range = range)
}

fn node(disk: &SimDisk) -> (Core, SteppedClock) {
    node_with(disk, CoreOptions { worker: false, ..CoreOptions::default() }).unwrap()
}

fn node_with(disk: &SimDisk, options: CoreOptions) -> Result<(Core, SteppedClock), NodeError> {
    let clock = SteppedClock::new(START.plus(10));
    let (genesis, index) = (prepared().genesis.clone(), Box::new(MemoryIndex::new()));
    let store = Store::open_on(Path::new("node"), genesis, Arc::new(disk.clone()), index)?;
    let core = Core::on_store(store, Box::new(clock.clone()), options)?;
    core.finalize(&prepared().first, None)?;
    Ok((core, clock))
}

fn submit(core: &Core, built: &Built, source: Source) -> SubmitVerdict {
    core.submit(&built.transaction.encode(), &encode_hints(&built.hints), source)
}

fn bytes(built: &Built) -> Vec<u8> {
    Submission::of_built(prepared().genesis.network(), built).unwrap().to_bytes()
}

fn id(place: usize) -> TransactionId {
    *prepared().built[place].transaction.id()
}

fn rule(verdict: SubmitVerdict) -> Rejection {
    match verdict {
        Err(SubmitError::Refused { rejection }) => rejection,
        other => panic!("not refused by a rule: {other:?}"),
    }
}

const CLIENT: Source = Source::Client(1);

#[test]
fn what_was_accepted_waits_again_after_a_restart_and_what_peers_passed_on_does_not() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    let built = &prepared().built;
    for one in &built[..3] {
        assert_eq!(submit(&core, one, CLIENT).unwrap().standing, Standing::Accepted);
    }
    core.submit_from_peer(&bytes(&built[3]), 7);
    // What a peer brought first is promised to a client who brings it too.
    core.submit_from_peer(&bytes(&built[4]), 7);
    assert_eq!(submit(&core, &built[4], CLIENT).unwrap().standing, Standing::Waiting);
    assert_eq!(core.waiting().transactions, 5);
    drop(core);
    let (core, _) = node(&disk);
    assert_eq!(*core.restored(), Restored { waiting: 4, ..Restored::default() });
    for place in [0, 1, 2, 4] {
        assert_eq!(core.status_of(&id(place)).unwrap(), Status::Waiting);
        assert_eq!(submit(&core, &built[place], CLIENT).unwrap().standing, Standing::Waiting);
    }
    assert_eq!(core.status_of(&id(3)).unwrap(), Status::Unknown);
    let block = core.propose(&core.tip().digest).unwrap().block;
    assert_eq!(block.block().transactions.len(), 4);
}

#[test]
fn what_became_final_or_invalid_while_the_node_was_down_is_told_and_the_journal_forgets_it() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    let Prepared { built, rival, .. } = prepared();
    for one in &built[..4] {
        submit(&core, one, CLIENT).unwrap();
    }
    let journal = Path::new("node/waiting.hwl");
    let waited = disk.contents(journal).unwrap();
    // Another node makes a block of one of them and of a rival of another.
    let (other, _) = node(&SimDisk::new());
    for one in [rival, &built[1]] {
        submit(&other, one, CLIENT).unwrap();
    }
    let block = other.propose(&other.tip().digest).unwrap().block;
    core.finalize(&block, None).unwrap();
    assert_eq!(core.status_of(&id(0)).unwrap(), Status::Dropped(Dropped::Rule(Rejection::AlreadySpent)));
    assert_eq!(core.status_of(&id(1)).unwrap(), Status::Final { height: 2 });
    drop(core);
    // The journal still holds all four, as it does until it is written anew.
    assert_eq!(disk.contents(journal).unwrap(), waited);
    let (core, _) = node(&disk);
    let spent = Dropped::Rule(Rejection::AlreadySpent);
    assert_eq!(*core.restored(), Restored { waiting: 2, dropped: vec![(id(0), spent)], damaged: 0, torn: 0 });
    assert_eq!(core.status_of(&id(0)).unwrap(), Status::Dropped(spent), "and whoever asks again is told");
    assert!(disk.contents(journal).unwrap().len() < waited.len());
    drop(core);
    assert_eq!(*node(&disk).0.restored(), Restored { waiting: 2, ..Restored::default() });
}

#[test]
fn after_a_crash_at_any_byte_everything_acknowledged_waits() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    let built = &prepared().built;
    submit(&core, &built[0], CLIENT).unwrap();
    // The second one is being written down when the power fails, after any number of its bytes.
    let body = bytes(&built[1]).len() as u64;
    for step in 0..effort(12, 120) {
        let crashing = disk.fork();
        let (core, _) = node(&crashing);
        crashing.set_space(Some(body * step / effort(10, 100)));
        let accepted = submit(&core, &built[1], CLIENT).is_ok();
        drop(core);
        for seed in 0..4 {
            let (core, _) = node(&crashing.crash(seed));
            let restored = core.restored();
            assert!(restored.dropped.is_empty() && restored.damaged == 0);
            assert!(restored.waiting == 2 || restored.waiting == 1 && !accepted);
            assert_eq!(core.status_of(&id(0)).unwrap(), Status::Waiting);
        }
    }
}

#[test]
fn on_a_full_disk_nothing_is_accepted_and_once_there_is_room_everything_is() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    let built = &prepared().built;
    submit(&core, &built[0], CLIENT).unwrap();
    disk.set_space(Some(300));
    for _ in 0..2 {
        let refused = submit(&core, &built[1], CLIENT).unwrap_err();
        assert!(matches!(&refused, SubmitError::Journal { reason } if reason.contains("could not")), "{refused}");
        assert_eq!(core.status_of(&id(1)).unwrap(), Status::Unknown);
    }
    assert_eq!(core.waiting().transactions, 1);
    // Other nodes' clients are promised nothing here.
    core.submit_from_peer(&bytes(&built[2]), 1);
    assert_eq!(core.waiting().transactions, 2);
    disk.set_space(None);
    assert_eq!(submit(&core, &built[1], CLIENT).unwrap().standing, Standing::Accepted);
    assert_eq!(submit(&core, &built[2], CLIENT).unwrap().standing, Standing::Waiting);
    core.check_usable().unwrap();
    drop(core);
    assert_eq!(node(&disk).0.restored().waiting, 3);
}

#[test]
fn a_damaged_journal_is_told_and_a_foreign_one_stops_the_node() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    for one in &prepared().built[..3] {
        submit(&core, one, CLIENT).unwrap();
    }
    drop(core);
    let journal = Path::new("node/waiting.hwl");
    let whole = disk.contents(journal).unwrap();
    let mut torn = whole.clone();
    torn.truncate(whole.len() - 1);
    torn.extend([7; 3]);
    disk.set_contents(journal, &torn);
    let restored = node(&disk).0.restored().clone();
    assert_eq!((restored.waiting, restored.damaged), (2, 0));
    assert!(restored.torn > 0);
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    disk.set_contents(journal, &damaged);
    assert_eq!(*node(&disk).0.restored(), Restored { waiting: 2, damaged: 1, ..Restored::default() });
    assert_eq!(*node(&disk).0.restored(), Restored { waiting: 2, ..Restored::default() }, "it was written anew");
    let mut foreign = whole.clone();
    foreign[9] ^= 1;
    disk.set_contents(journal, &foreign);
    let refused = node_with(&disk, CoreOptions::default()).err();
    assert!(matches!(refused, Some(NodeError::Journal(JournalError::Header { .. }))), "{refused:?}");
}

#[test]
fn the_journal_forgets_what_is_final_when_a_day_is_over() {
    let disk = SimDisk::new();
    let (core, clock) = node(&disk);
    let journal = Path::new("node/waiting.hwl");
    let empty = disk.contents(journal).unwrap().len();
    submit(&core, &prepared().built[0], CLIENT).unwrap();
    let block = core.propose(&core.tip().digest).unwrap().block;
    core.finalize(&block, None).unwrap();
    assert!(disk.contents(journal).unwrap().len() > empty);
    clock.step_to(Timestamp(START.0 + 86_400));
    let next = core.propose(&core.tip().digest).unwrap().block;
    core.finalize(&next, None).unwrap();
    assert_eq!(disk.contents(journal).unwrap().len(), empty);
}

#[test]
fn a_node_that_comes_back_with_less_room_says_what_it_could_not_keep() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    for one in &prepared().built[..5] {
        submit(&core, one, CLIENT).unwrap();
    }
    drop(core);
    let mempool = MempoolLimits { transactions: 3, ..MempoolLimits::default() };
    let (core, _) = node_with(&disk, CoreOptions { mempool, worker: false, ..CoreOptions::default() }).unwrap();
    let dropped = vec![(id(3), Dropped::NoRoom), (id(4), Dropped::NoRoom)];
    assert_eq!(*core.restored(), Restored { waiting: 3, dropped, damaged: 0, torn: 0 });
    assert_eq!(core.status_of(&id(4)).unwrap(), Status::Dropped(Dropped::NoRoom));
}

/// Counts what it is told.
#[derive(Default)]
struct Heard {
    fresh: Mutex<Vec<TransactionId>>,
    work: AtomicUsize,
    blocks: Mutex<Vec<u64>>,
}

impl Observer for Heard {
    fn fresh(&self, submission: &Submission) {
        self.fresh.lock().unwrap().push(*submission.id());
    }

    fn work(&self) {
        self.work.fetch_add(1, Ordering::SeqCst);
    }

    fn applied(&self, applied: &hushwatt_node::Applied) {
        self.blocks.lock().unwrap().push(applied.parent.height);
    }
}

#[test]
fn clients_transactions_are_passed_on_once_and_again_if_they_wait_for_long() {
    let (core, clock) = node(&SimDisk::new());
    let heard = Arc::new(Heard::default());
    core.observe(heard.clone());
    let built = &prepared().built;
    submit(&core, &built[0], CLIENT).unwrap();
    core.submit_from_peer(&bytes(&built[1]), 3);
    submit(&core, &built[0], Source::Client(2)).unwrap();
    submit(&core, &wrong(2), CLIENT).unwrap_err();
    assert_eq!(*heard.fresh.lock().unwrap(), [id(0)]);
    assert_eq!(heard.work.load(Ordering::SeqCst), 2);
    assert!(core.rebroadcast(5, usize::MAX).is_empty());
    clock.step_to(START.plus(16));
    let again: Vec<TransactionId> = core.rebroadcast(5, usize::MAX).iter().map(|one| *one.id()).collect();
    assert_eq!(again, [id(0)]);
    assert!(core.rebroadcast(5, usize::MAX).is_empty());
    let block = core.propose(&core.tip().digest).unwrap().block;
    core.finalize(&block, None).unwrap();
    assert_eq!(*heard.blocks.lock().unwrap(), [2]);
    clock.step_to(START.plus(60));
    assert!(core.rebroadcast(5, usize::MAX).is_empty(), "it is final");
}

#[test]
fn nothing_is_verified_twice_however_often_it_comes() {
    let (core, _) = node(&SimDisk::new());
    let built = &prepared().built;
    for _ in 0..3 {
        submit(&core, &built[0], CLIENT).unwrap();
        core.submit_from_peer(&bytes(&built[0]), 1);
        assert_eq!(rule(submit(&core, &wrong(1), CLIENT)), Rejection::RangeProof);
    }
    assert_eq!(core.work_done().proofs_verified, 2);
    assert_eq!(core.work_done().transactions_decoded, 2, "nor decoded");
    let block = core.propose(&core.tip().digest).unwrap().block;
    core.verify(&core.decode_live(&block.encode()).unwrap()).unwrap();
    core.finalize(&block, None).unwrap();
    assert_eq!(core.work_done().proofs_verified, 2);
    // What a block brought is known when somebody hands it in.
    let (other, _) = node(&SimDisk::new());
    other.verify(&other.decode_live(&block.encode()).unwrap()).unwrap();
    assert_eq!(submit(&other, &built[0], CLIENT).unwrap().standing, Standing::Accepted);
    let done = other.work_done();
    assert_eq!((done.proofs_verified, done.transactions_decoded), (1, 1));
}

#[test]
fn in_a_flood_of_wrong_proofs_from_many_sources_every_honest_submission_gets_its_own_verdict() {
    let options = CoreOptions { worker: true, ..CoreOptions::default() };
    let (core, _) = node_with(&SimDisk::new(), options).unwrap();
    let (verdicts, verdict) = mpsc::channel();
    let sources = [Source::Client(10), Source::Client(11), Source::Peer(1)];
    for place in 0..14 {
        for (round, built) in [wrong(place), prepared().built[place + 16].clone()].iter().enumerate() {
            let source = if round == 0 { sources[place % 3] } else { CLIENT };
            let verdicts = verdicts.clone();
            let hints = encode_hints(&built.hints);
            core.submit_then(&built.transaction.encode(), &hints, source, move |answer| {
                verdicts.send((round, answer)).unwrap();
            });
        }
    }
    drop(verdicts);
    let (mut right, mut wrong) = (0, 0);
    for (round, answer) in verdict {
        if round == 0 {
            assert_eq!(rule(answer), Rejection::RangeProof);
            wrong += 1;
        } else {
            assert_eq!(answer.unwrap().standing, Standing::Accepted);
            right += 1;
        }
    }
    assert_eq!((right, wrong), (14, 14));
    assert_eq!(core.waiting().transactions, 14);
}

#[test]
fn a_worse_copy_of_what_waits_changes_nothing_and_is_not_what_is_kept() {
    let disk = SimDisk::new();
    let (core, _) = node(&disk);
    core.submit_from_peer(&bytes(&prepared().built[0]), 1);
    assert_eq!(wrong(0).transaction.id(), &id(0));
    assert_eq!(submit(&core, &wrong(0), CLIENT).unwrap().standing, Standing::Waiting);
    let block = core.propose(&core.tip().digest).unwrap().block;
    assert_eq!(block.block().transactions, [prepared().built[0].transaction.clone()]);
    drop(core);
    let (core, _) = node(&disk);
    assert_eq!(*core.restored(), Restored { waiting: 1, ..Restored::default() });
}

#[test]
fn a_node_that_stops_answers_everybody() {
    let options = CoreOptions { worker: true, ..CoreOptions::default() };
    let (core, _) = node_with(&SimDisk::new(), options).unwrap();
    let (verdicts, verdict) = mpsc::channel();
    for built in &prepared().built {
        let verdicts = verdicts.clone();
        core.submit_then(&built.transaction.encode(), &encode_hints(&built.hints), CLIENT, move |answer| {
            verdicts.send(answer).unwrap();
        });
    }
    drop((core, verdicts));
    let answers: Vec<SubmitVerdict> = verdict.into_iter().collect();
    assert_eq!(answers.len(), prepared().built.len());
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(SubmitError::Stopping))));
}

#[test]
fn bytes_that_are_no_submission_are_refused() {
    let (core, _) = node(&SimDisk::new());
    let built = &prepared().built[0];
    let (transaction, hints) = (built.transaction.encode(), encode_hints(&built.hints));
    let cases: [(&[u8], &[u8]); 5] = [
        (&[], &hints),
        (&transaction[..transaction.len() - 1], &hints),
        (&[&transaction[..], &[0]].concat(), &hints),
        (&transaction, &hints[1..]),
        (&hints, &transaction),
    ];
    for (transaction, hints) in cases {
        assert!(matches!(rule(core.submit(transaction, hints, CLIENT)), Rejection::Malformed(_)));
    }
    assert_eq!(rule(core.submit(&transaction, &hints[..hints.len() / 2], CLIENT)), Rejection::HintsMismatch);
    let whole = bytes(built);
    for cut in 0..whole.len().min(200) {
        core.submit_from_peer(&whole[..cut], 1);
    }
    core.submit_from_peer(&[0xff; 64], 1);
    assert_eq!(core.waiting().transactions, 0);
    core.submit_from_peer(&whole, 1);
    assert_eq!(core.waiting().transactions, 1);
}
