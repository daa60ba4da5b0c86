//! An audit that goes on in its folder says what an audit from the genesis says, or nothing.

use std::{fs, path::Path, sync::LazyLock};

use hushwatt_audits::{AuditError, AuditFolder, FolderError, NoProgress, Question, Report, verify_reader};
use hushwatt_crypto::{NetworkId, signature::SigningKey};
use hushwatt_ledger::{
    storage::{Record, RecordNumber, StorageError},
    transaction::registry::RegistryChange,
    units::Window,
};
use tempfile::TempDir;

use crate::{
    chain::{Chain, TIP, bid, story},
    kit::{BERT, START, World, build::Bid, full_effort, totals},
    rich::rich,
};

/// Something of everything: contracts, auctions, corrections, another meter, operator and validators, a contract that is open, and certificates that cover several blocks.
static ALL: LazyLock<Chain> = LazyLock::new(|| {
    let mut chain = rich();
    let operator = SigningKey::from_bytes(&[112; 32]).verifying_key();
    let change = chain.world.change_registry(RegistryChange::Operator { key: operator });
    chain.accept(chain.world.after(60), &[change]);
    let validators = [chain.world.validators.clone(), chain.world.new_validators(1)].concat();
    let change = chain.world.change_validators(&validators);
    let now = chain.world.after(60);
    let window = Window(chain.world.parameters().window_at(now).0 + 2);
    let open = chain.world.open(&Bid { window, ..bid(BERT, 100, &chain.world) });
    chain.accept(now, &[change, open]);
    chain.uncertified(6);
    chain.uncertified(7);
    chain
});

/// A community that named a committee and its cohorts.
fn with_committee() -> Chain {
    let world = World::before_the_first_block(&totals::setup());
    let mut chain = Chain { world, records: Vec::new(), contracts: Vec::new() };
    let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
    let mint = chain.world.mint(&payees);
    chain.accept(START.plus(60), &[mint]);
    let cohorts = vec![totals::cohort((0..4).map(|meter| (meter, meter as u16)))];
    let committee = totals::committee(3, &totals::members(5, 40));
    for change in [RegistryChange::Committee(committee), RegistryChange::Cohorts(cohorts)] {
        let change = chain.world.change_registry(change);
        chain.accept(chain.world.after(60), &[change]);
    }
    chain
}

fn until(chain: &Chain, height: u64) -> Chain {
    let mut chain = chain.clone();
    chain.records.truncate(height as usize);
    chain
}

fn open(folder: &Path, chain: &Chain) -> AuditFolder {
    AuditFolder::open(folder, chain.world.network()).unwrap()
}

/// What the folder's next run says.
fn goes_on(folder: &Path, chain: &Chain) -> Result<Report, AuditError> {
    open(folder, chain).verify_reader(chain.file().as_slice(), 0, &mut NoProgress)
}

fn bytes(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

fn audited(chain: &Chain) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    goes_on(folder.path(), chain).unwrap();
    folder
}

fn refused(result: Result<Report, AuditError>) -> FolderError {
    match result {
        Err(AuditError::Folder(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_audit_that_was_stopped_at_every_block_says_the_same_bytes() {
    for chain in [story(TIP), ALL.clone(), with_committee()] {
        let folder = tempfile::tempdir().unwrap();
        let mut known = 0;
        for height in 0..=chain.height() {
            let part = until(&chain, height);
            assert_eq!(open(folder.path(), &chain).height(), known);
            let report = goes_on(folder.path(), &part).unwrap();
            assert_eq!(bytes(&report), bytes(&part.audit()), "block {height}");
            known = report.tip.unwrap().height;
        }
        assert!(chain.audit().holds());
        assert_eq!(known, chain.height());
        // Nothing came since.
        assert_eq!(bytes(&goes_on(folder.path(), &chain).unwrap()), bytes(&chain.audit()));
    }
}

#[test]
fn an_audit_that_was_stopped_once_says_the_same_bytes() {
    let (chain, whole) = (ALL.clone(), bytes(&ALL.audit()));
    let step = if full_effort() { 1 } else { 5 };
    for height in (1..chain.height()).step_by(step) {
        let folder = audited(&until(&chain, height));
        assert_eq!(bytes(&goes_on(folder.path(), &chain).unwrap()), whole, "after block {height}");
    }
}

/// The blocks that a node is asked for.
fn fetched(folder: &Path, chain: &Chain) -> Result<Report, AuditError> {
    let folder = open(folder, chain);
    let mut number = folder.height().saturating_sub(1);
    let next = || {
        let Some((body, cert)) = chain.records.get(number as usize).cloned() else { return Ok(None) };
        number += 1;
        Ok(Some(Record { number: RecordNumber(number - 1), body, cert }))
    };
    folder.verify_blocks(chain.world.genesis.bytes(), next, &mut NoProgress)
}

#[test]
fn blocks_that_are_fetched_from_the_last_one_on_say_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for height in 0..=TIP {
        assert_eq!(bytes(&fetched(folder.path(), &story(height)).unwrap()), bytes(&story(height).audit()));
    }
    // The file of it can be gone on with, too.
    assert_eq!(bytes(&goes_on(folder.path(), &story(TIP)).unwrap()), bytes(&story(TIP).audit()));
    let mut other = story(TIP - 1);
    other.accept(other.world.after(900), &[]);
    assert!(matches!(refused(fetched(folder.path(), &other)), FolderError::Forked { height: TIP }));
    assert!(matches!(refused(fetched(folder.path(), &story(TIP - 1))), FolderError::Shorter { audited: TIP }));
    // What cannot be read says nothing.
    let gone =
        || Err(StorageError::ExportIo { action: "read", what: "chain", source: std::io::ErrorKind::TimedOut.into() });
    let chain = story(TIP);
    let error = open(folder.path(), &chain).verify_blocks(chain.world.genesis.bytes(), gone, &mut NoProgress);
    assert!(matches!(error, Err(AuditError::Read(_))));
    assert_eq!(bytes(&fetched(folder.path(), &chain).unwrap()), bytes(&chain.audit()));
}

#[test]
fn blocks_without_a_certificate_are_not_kept_and_are_audited_when_it_comes() {
    let mut open_end = story(6);
    open_end.uncertified(5);
    open_end.uncertified(6);
    let folder = audited(&open_end);
    assert_eq!(open(folder.path(), &open_end).height(), 4);
    let report = goes_on(folder.path(), &open_end).unwrap();
    assert_eq!((report.holds(), report.tip.as_ref().unwrap().not_final), (false, 2));
    assert_eq!(bytes(&report), bytes(&open_end.audit()));
    let mut covered = story(7);
    covered.uncertified(5);
    covered.uncertified(6);
    assert_eq!(bytes(&goes_on(folder.path(), &covered).unwrap()), bytes(&covered.audit()));
    // The certificates of blocks that were not final then may come with them.
    let folder = audited(&open_end);
    assert_eq!(bytes(&goes_on(folder.path(), &story(7)).unwrap()), bytes(&story(7).audit()));
}

#[test]
fn a_chain_that_breaks_after_it_was_stopped_is_blamed_as_one_from_the_genesis() {
    let folder = audited(&story(5));
    let mut certificate = story(TIP);
    let last = certificate.records[6].1.len() - 1;
    certificate.records[6].1[last] ^= 1;
    let mut swapped = story(TIP);
    swapped.records.swap(6, 7);
    let mut garbage = story(TIP);
    garbage.records[6].0.truncate(200);
    for (chain, question) in
        [(certificate, Question::Certificates), (swapped, Question::Blocks), (garbage, Question::Blocks)]
    {
        for _ in 0..2 {
            let report = goes_on(folder.path(), &chain).unwrap();
            assert_eq!(report.failure.as_ref().map(|failure| failure.question), Some(question), "{report}");
            assert_eq!(bytes(&report), bytes(&chain.audit()));
        }
        assert_eq!(open(folder.path(), &chain).height(), 5);
    }
    // A cut and a flipped byte behind what was audited.
    let file = story(TIP).file();
    let mut flipped = file.clone();
    let end = flipped.len() - 100;
    flipped[end] ^= 1;
    for bad in [&file[..file.len() - 10], &flipped] {
        let from_genesis = verify_reader(bad, 0, story(TIP).world.network(), &mut NoProgress).unwrap();
        let report = open(folder.path(), &story(TIP)).verify_reader(bad, 0, &mut NoProgress).unwrap();
        assert!(!report.holds());
        assert_eq!(bytes(&report), bytes(&from_genesis));
    }
    assert_eq!(bytes(&goes_on(folder.path(), &story(TIP)).unwrap()), bytes(&story(TIP).audit()));
}

#[test]
fn another_chain_or_copy_is_refused_with_words_and_changes_nothing() {
    let folder = audited(&story(5));
    let mut fork = story(4);
    fork.accept(fork.world.after(900), &[]);
    fork.accept(fork.world.after(60), &[]);
    assert!(fork.audit().holds());
    let error = refused(goes_on(folder.path(), &fork));
    assert!(matches!(error, FolderError::Forked { height: 5 }) && error.to_string().contains("Two chains"), "{error}");
    let mut copy = story(6);
    copy.uncertified(2);
    let error = refused(goes_on(folder.path(), &copy));
    assert!(matches!(error, FolderError::OtherCopy { height: 5 }) && error.to_string().contains("certificates"));
    // A transaction of the audited part, every checksum of the file made right again.
    let mut altered = story(6);
    let (body, place) = (&mut altered.records[1].0, 400);
    body[place] ^= 1;
    assert!(!altered.audit().holds());
    let error = refused(goes_on(folder.path(), &altered));
    assert!(matches!(error, FolderError::Altered { height: 5 }) && error.to_string().contains("altered"), "{error}");
    let error = refused(goes_on(folder.path(), &story(4)));
    assert!(matches!(error, FolderError::Shorter { audited: 5 }) && error.to_string().contains("up to block 5"));
    let mut bad = story(6).file();
    let middle = story(3).file().len();
    bad[middle - 30] ^= 1;
    let error = refused(open(folder.path(), &story(6)).verify_reader(bad.as_slice(), 0, &mut NoProgress));
    assert!(matches!(error, FolderError::Damaged { audited: 5, .. }) && error.to_string().contains("damaged"));
    assert_eq!(bytes(&goes_on(folder.path(), &story(6)).unwrap()), bytes(&story(6).audit()));
}

#[test]
fn a_folder_of_another_network_or_of_something_else_is_left_alone() {
    let chain = story(2);
    let folder = audited(&chain);
    let other = NetworkId([7; 32]);
    let refused = |folder: &Path, network: &NetworkId| match AuditFolder::open(folder, network) {
        Err(AuditError::Folder(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("opened"),
    };
    let error = refused(folder.path(), &other);
    assert!(matches!(error, FolderError::Foreign { expected, .. } if expected == other), "{error}");
    assert!(error.to_string().contains(&chain.world.network().to_string()));
    // Of its own network, but the chain of another.
    let foreign = tempfile::tempdir().unwrap();
    let opened = AuditFolder::open(foreign.path(), &other).unwrap();
    let error = opened.verify_reader(chain.file().as_slice(), 0, &mut NoProgress).unwrap_err();
    assert!(matches!(error, AuditError::ForeignNetwork { .. }));
    // Used by somebody else.
    let used = open(folder.path(), &chain);
    assert!(matches!(refused(folder.path(), chain.world.network()), FolderError::Store(StorageError::InUse { .. })));
    assert_eq!(used.height(), 2);
    drop(used);
    // A folder of a node, a file, and a folder whose words were changed.
    let something = tempfile::tempdir().unwrap();
    fs::write(something.path().join("chain.hwl"), chain.file()).unwrap();
    let error = refused(something.path(), chain.world.network());
    assert!(matches!(error, FolderError::SomethingElse(_)) && error.to_string().contains("name a new folder"));
    assert_eq!(fs::read_dir(something.path()).unwrap().count(), 1);
    let error = refused(&something.path().join("chain.hwl"), chain.world.network());
    assert!(matches!(error, FolderError::Io { .. }), "{error}");
    let about = folder.path().join("about");
    let said = fs::read_to_string(&about).unwrap();
    for changed in [said.replace('1', "2"), said[..40].to_owned(), String::new(), format!("{said}x")] {
        fs::write(&about, changed).unwrap();
        assert!(matches!(refused(folder.path(), chain.world.network()), FolderError::SomethingElse(_)));
    }
    fs::write(&about, said).unwrap();
    assert_eq!(open(folder.path(), &chain).height(), 2);
}

/// Files below a folder, with their bytes.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            all.push((path, bytes));
        }
    }
    all
}

#[test]
fn a_damaged_folder_is_begun_again_and_says_so() {
    let (before, chain) = (story(2), story(3));
    let whole = bytes(&chain.audit());
    let folder = audited(&before);
    let good = files(&folder.path().join("index"));
    let long: Vec<_> = good.iter().filter(|(_, bytes)| bytes.len() > 100).collect();
    assert!(!long.is_empty());
    let mut begun_again = 0;
    let tries = if full_effort() { 40 } else { 8 };
    for (path, honest) in long {
        for part in 0..tries {
            let mut bad = honest.clone();
            let at = bad.len() * part / tries;
            bad[at] ^= 0x55;
            fs::write(path, &bad).unwrap();
            let opened = open(folder.path(), &chain);
            match opened.begun_again() {
                Some(why) => {
                    assert!(opened.height() == 0 && !why.is_empty());
                    begun_again += 1;
                }
                // A byte that nothing stands in, or what came before the last batch.
                None => assert!(opened.height() <= 2),
            }
            let report = opened.verify_reader(chain.file().as_slice(), 0, &mut NoProgress).unwrap();
            assert_eq!(bytes(&report), whole, "byte {at} of {}", path.display());
            fs::remove_dir_all(folder.path().join("index")).unwrap();
            for (path, honest) in &good {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, honest).unwrap();
            }
        }
    }
    assert!(begun_again > 0);
    // Nothing left of it.
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    let opened = open(folder.path(), &chain);
    assert_eq!((opened.height(), opened.begun_again()), (0, Some("there was none")));
    assert_eq!(bytes(&opened.verify_reader(chain.file().as_slice(), 0, &mut NoProgress).unwrap()), whole);
}
