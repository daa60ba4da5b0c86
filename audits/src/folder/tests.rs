//! Whatever stops an audit, and wherever: what it left is the books of some block, and goes on to the same report.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use hushwatt_ledger::storage::{Index, IndexBatch, Moment};
use tempfile::TempDir;

use super::*;
use crate::{
    chain::{Chain, TIP, story},
    kit::{ANNA, BERT, full_effort},
    verify::NoProgress,
};
use kill::{KillAt, run_to_its_end, start_child};

#[path = "../../../ledger/tests/storage_support/kill.rs"]
#[allow(dead_code, reason = "not all is used here")]
mod kill;

const FOLDER: &str = "HUSHWATT_AUDIT_FOLDER";
const CHAIN: &str = "HUSHWATT_AUDIT_CHAIN";
const NETWORK: &str = "HUSHWATT_AUDIT_NETWORK";

static WHOLE: LazyLock<String> = LazyLock::new(|| bytes(&story(TIP).audit()));

fn bytes(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

fn open(folder: &Path, chain: &Chain) -> AuditFolder {
    AuditFolder::open(folder, chain.world.network()).unwrap()
}

fn goes_on(folder: AuditFolder, chain: &Chain) -> Result<Report, AuditError> {
    folder.verify_reader(chain.file().as_slice(), 0, &mut NoProgress)
}

/// Not a test by itself: what the child processes of the next test do.
#[test]
fn child_audits_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let of = |name| std::env::var(name).unwrap();
    let network = of(NETWORK).parse().unwrap();
    let folder = AuditFolder::open_probed(folder.as_ref(), &network, KillAt::chosen()).unwrap();
    let report = folder.commit_every(1).verify_path(of(CHAIN).as_ref(), &mut NoProgress).unwrap();
    assert!(report.holds());
}

/// An audit of the file in a process of its own, killed at a moment of the index; says whether it was.
fn killed(folder: &Path, chain: &Path, network: &NetworkId, moment: u64) -> bool {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let variables = [(FOLDER, text(folder)), (CHAIN, text(chain)), (NETWORK, network.to_string())];
    run_to_its_end(start_child("folder::tests::child_audits_until_it_is_killed", moment, &variables), |_| {})
}

#[test]
fn an_audit_killed_at_any_change_of_its_folder_goes_on_to_the_same_report() {
    let (chain, desk) = (story(TIP), tempfile::tempdir().unwrap());
    let (file, network) = (desk.path().join("chain.hwl"), *chain.world.network());
    fs::write(&file, chain.file()).unwrap();
    // A new folder for every moment.
    let (mut moment, mut before, step) = (1, 0, if full_effort() { 1 } else { 5 });
    loop {
        let folder = desk.path().join(format!("killed-{moment}"));
        let was_killed = killed(&folder, &file, &network, moment);
        let opened = open(&folder, &chain);
        let height = opened.height();
        // Later moments leave no less than earlier ones.
        assert!(height >= before && opened.begun_again().is_none_or(|_| height == 0), "moment {moment}");
        assert_eq!(bytes(&goes_on(opened, &chain).unwrap()), *WHOLE, "moment {moment}");
        before = height;
        if !was_killed {
            assert_eq!(height, TIP);
            break;
        }
        moment += step;
    }
    assert!(moment > 4 * TIP, "every block was written");
    // One folder, killed again and again while it opens and writes.
    let folder = desk.path().join("again");
    let mut before = 0;
    for round in 0.. {
        assert!(round < 200, "it comes to an end");
        if !killed(&folder, &file, &network, 9 + round % 5) {
            break;
        }
        let height = open(&folder, &chain).height();
        assert!(height >= before);
        before = height;
    }
    assert_eq!(bytes(&goes_on(open(&folder, &chain), &chain).unwrap()), *WHOLE);
}

/// Fails one call into the index, and all after it.
#[derive(Debug)]
struct FailFrom {
    call: u64,
    count: AtomicU64,
}

impl Probe for FailFrom {
    fn at(&self, moment: Moment, _: &str) -> io::Result<()> {
        let count = self.count.fetch_add(u64::from(moment == Moment::Before), Ordering::Relaxed);
        if count >= self.call { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
    }
}

#[test]
fn a_folder_that_fails_at_any_call_says_nothing_about_the_chain() {
    let (before, chain) = (story(5), story(TIP));
    let probe = |call| Arc::new(FailFrom { call, count: AtomicU64::new(0) });
    let run = |folder: &TempDir, probe: Arc<FailFrom>| {
        let opened = AuditFolder::open_probed(folder.path(), chain.world.network(), probe)?;
        goes_on(opened.commit_every(1), &chain)
    };
    let audited = || {
        let folder = tempfile::tempdir().unwrap();
        goes_on(open(folder.path(), &before), &before).unwrap();
        folder
    };
    let all = probe(u64::MAX);
    assert_eq!(bytes(&run(&audited(), all.clone()).unwrap()), *WHOLE);
    let calls = all.count.load(Ordering::Relaxed);
    assert!(calls > 100);
    let tries = if full_effort() { 200 } else { 25 };
    for part in 0..tries {
        let (folder, call) = (audited(), calls * part / tries);
        match run(&folder, probe(call)) {
            Err(AuditError::Folder(FolderError::Store(_))) => {}
            Err(error) => panic!("call {call}: {error}"),
            // What cannot be opened is begun again, and that failed too.
            Ok(report) => panic!("call {call}: {report}"),
        }
        assert_eq!(bytes(&goes_on(open(folder.path(), &chain), &chain).unwrap()), *WHOLE, "call {call}");
    }
}

#[test]
fn books_that_are_written_after_every_block_say_the_same() {
    let (chain, folder) = (story(TIP), tempfile::tempdir().unwrap());
    assert_eq!(bytes(&goes_on(open(folder.path(), &chain).commit_every(1), &chain).unwrap()), *WHOLE);
    let opened = open(folder.path(), &chain);
    assert_eq!((opened.height(), opened.begun_again()), (TIP, None));
    assert_eq!(bytes(&goes_on(opened, &chain).unwrap()), *WHOLE);
}

#[test]
fn proofs_are_verified_before_anything_is_written() {
    use crate::kit::forge::{changed_range, tampered};
    use hushwatt_ledger::transaction::Action;
    let mut chain = story(2);
    let bad = tampered(&chain.world.pay(ANNA, BERT, 5), |_, action| {
        let Action::Transfer(transfer) = action else { panic!("another kind") };
        transfer.range = changed_range(&transfer.range, 4).unwrap();
    });
    chain.forge_proofs(chain.world.after(60), &[bad]);
    chain.forge_proofs(chain.world.after(60), &[]);
    let folder = tempfile::tempdir().unwrap();
    let report = goes_on(open(folder.path(), &chain).commit_every(1), &chain).unwrap();
    assert_eq!(report.failure.as_ref().map(|failure| (failure.block, failure.rule.as_str())), Some((3, "RangeProof")));
    assert_eq!(bytes(&report), bytes(&chain.audit()));
    assert_eq!(open(folder.path(), &chain).height(), 2);
}

/// Pages of the books after a chain, with how many entries and bytes wait in memory.
fn left_in_memory(chain: &Chain) -> (Vec<usize>, (usize, usize), usize) {
    let folder = tempfile::tempdir().unwrap();
    goes_on(open(folder.path(), chain), chain).unwrap();
    let opened = open(folder.path(), chain);
    let genesis = &chain.world.genesis;
    let mut replay = opened.replay(genesis, 0).unwrap();
    let sets = replay.tally().sets().bytes();
    let pages = pages(opened.standing.as_ref().unwrap(), replay.tally());
    (pages.iter().map(Vec::len).collect(), replay.shelf().waiting(), sets)
}

#[test]
fn what_stays_in_memory_does_not_go_with_transactions() {
    let with_payments = |count: usize| {
        let mut chain = story(1);
        for number in 0..count {
            let pay = chain.world.pay(number % 4, (number + 1) % 4, 5);
            chain.accept(chain.world.after(1), &[pay]);
        }
        left_in_memory(&chain)
    };
    let (few, waiting, sets) = with_payments(1);
    assert_eq!((waiting, sets), ((0, 0), 0));
    assert_eq!(with_payments(12), (few, waiting, sets));
}

#[test]
fn what_waits_is_written_when_it_is_too_much() {
    let (chain, folder) = (story(TIP), tempfile::tempdir().unwrap());
    let (header, limit) = (HEADER_BYTES + chain.world.genesis.bytes().len() as u64, 3_000);
    let opened = open(folder.path(), &chain).commit_every(limit);
    let mut replay = opened.replay(&chain.world.genesis, header).unwrap();
    let (mut most, mut written) = (0, 0);
    for ((body, cert), number) in chain.records.iter().cloned().zip(0..) {
        let before = replay.shelf().waiting().1;
        let record = Record { number: hushwatt_ledger::storage::RecordNumber(number), body, cert };
        let mut once = Some(record);
        let ended = replay.run(&mut || Ok(once.take()), 0, &mut NoProgress);
        assert!(ended.is_ok_and(|step| step.is_ok()));
        let (_, waiting) = replay.shelf().waiting();
        written += u64::from(waiting < before);
        most = most.max(waiting);
    }
    assert!(most < limit && written > 1, "{most} bytes, {written} times");
}

#[test]
fn books_of_another_version_are_begun_again_and_unknown_ones_refused() {
    let chain = story(3);
    let folder = tempfile::tempdir().unwrap();
    let write = |batch: IndexBatch| {
        fs::remove_dir_all(folder.path().join("index")).ok();
        goes_on(open(folder.path(), &chain), &chain).unwrap();
        let (mut index, opened) =
            SledIndex::open_or_recreate(&folder.path().join("index"), INDEX_SCHEMA << 16 | BOOKS).unwrap();
        assert_eq!(opened, Opened::Existing);
        index.apply(&batch).unwrap();
    };
    let first_of = |page: u8| hushwatt_ledger::state::audit_book(&[b"p", &[page], &0_u32.to_be_bytes()]);
    for writing in [
        Writing { books: BOOKS, software: "9.9.9".to_owned() },
        Writing { books: BOOKS + 1, ..Writing::of_this_program() },
    ] {
        write(vec![(first_of(0), Some(page_of(|page| writing.keep(page))))]);
        let opened = open(folder.path(), &chain);
        assert_eq!((opened.height(), opened.begun_again()), (0, Some("it was kept by another version of the program")));
        assert_eq!(bytes(&goes_on(opened, &chain).unwrap()), bytes(&chain.audit()));
        assert_eq!(open(folder.path(), &chain).height(), 3);
    }
    // Pages that this program would not have written, although they say so.
    for page in 1..2 + Tally::PAGES {
        write(vec![(first_of(page), Some(vec![0xff; 7]))]);
        let refused =
            AuditFolder::open(folder.path(), chain.world.network()).and_then(|opened| goes_on(opened, &chain));
        assert!(matches!(refused, Err(AuditError::Folder(FolderError::Unreadable(_)))), "page {page}");
    }
}

#[test]
fn pages_are_read_back_to_the_byte_or_not_at_all() {
    let chain = story(TIP);
    let folder = tempfile::tempdir().unwrap();
    goes_on(open(folder.path(), &chain), &chain).unwrap();
    let opened = open(folder.path(), &chain);
    let standing = opened.standing.unwrap();
    let written = pages(&standing, opened.replay(&chain.world.genesis, 0).unwrap().tally());
    let read = |pages: &[Vec<u8>]| Tally::read(&chain.world.genesis, Sets::default(), pages);
    let again = pages(&standing, &read(&written[2..]).unwrap());
    assert_eq!(again, written);
    for page in 2..written.len() {
        let (mut longer, mut shorter) = (written[2..].to_vec(), written[2..].to_vec());
        longer[page - 2].push(0);
        shorter[page - 2].pop();
        assert!(read(&longer).is_err() && read(&shorter).is_err(), "page {page}");
    }
    assert!(read(&written[3..]).is_err());
    // Whatever stands there, reading it ends.
    for page in 0..usize::from(Tally::PAGES) {
        for at in 0..written[page + 2].len() {
            let mut flipped = written[2..].to_vec();
            flipped[page][at] ^= 0x80;
            if let Ok(tally) = read(&flipped) {
                assert_ne!(tally.pages(), written[2..], "byte {at} of page {page}");
            }
        }
    }
}
