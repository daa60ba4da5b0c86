//! Files that are damaged, cut, foreign, or none.

use hushwatt_audits::{AuditError, NoProgress, Question, verify_path, verify_reader};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::storage::{ChainLog, RealDisk};

use crate::{
    chain::{Chain, TIP, story},
    kit::full_effort,
};

#[test]
fn a_node_folder_and_an_export_give_the_same_report() {
    let (chain, folder) = (story(TIP), tempfile::tempdir().unwrap());
    let path = folder.path().join("chain.hwl");
    let mut log = ChainLog::open(std::sync::Arc::new(RealDisk), &path, chain.world.genesis.bytes()).unwrap();
    for (body, certificate) in &chain.records {
        log.append(body, certificate).unwrap();
    }
    let network = chain.world.network();
    let of_folder = verify_path(folder.path(), network, &mut NoProgress).unwrap();
    let of_file = verify_path(&path, network, &mut NoProgress).unwrap();
    assert!(of_folder.holds());
    assert_eq!((&of_folder, &of_file), (&chain.audit(), &chain.audit()));
}

#[test]
fn a_chain_of_another_network_is_refused_before_anything_is_read() {
    let chain = story(2);
    let other = NetworkId([7; 32]);
    let error = verify_reader(chain.file().as_slice(), 0, &other, &mut NoProgress).unwrap_err();
    assert!(
        matches!(error, AuditError::ForeignNetwork { expected, found } if expected == other && found == *chain.world.network())
    );
}

#[test]
fn what_is_no_chain_file_is_refused() {
    let network = NetworkId([7; 32]);
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(verify_path(folder.path(), &network, &mut NoProgress), Err(AuditError::Open { .. })));
    for bytes in [&b""[..], b"HWCHAIN", b"something else altogether, and longer than a header"] {
        assert!(matches!(verify_reader(bytes, 0, &network, &mut NoProgress), Err(AuditError::NoChain(_))));
    }
}

#[test]
fn a_block_of_another_network_is_refused() {
    let mut chain = Chain::empty();
    let mut setup = crate::kit::Setup::default();
    setup.seed += 1;
    let mut other = crate::kit::World::before_the_first_block(&setup);
    let payees: Vec<(usize, u64)> = (0..4).map(|who| (who, 1_000_000)).collect();
    let mint = other.mint(&payees);
    chain.forge_rules(crate::kit::START.plus(60), &[mint]);
    let report = chain.fails_at(1, Question::Blocks, "Malformed");
    let failure = report.failure.unwrap();
    let transaction = failure.transaction.unwrap();
    assert_eq!((transaction.place, transaction.id, transaction.kind), (0, None, None));
    assert!(failure.message.contains("another network"), "{}", failure.message);
}

#[test]
fn a_cut_inside_a_record_fails_and_says_where() {
    let (whole, before) = (story(4), story(3));
    let (file, offset) = (whole.file(), before.file().len() as u64);
    let cut = &file[..file.len() - 10];
    let report = verify_reader(cut, 0, whole.world.network(), &mut NoProgress).unwrap();
    let failure = report.failure.clone().unwrap();
    assert!(!report.holds());
    assert_eq!((failure.block, failure.question, failure.rule.as_str()), (4, Question::Blocks, "CutShort"));
    assert_eq!(failure.byte_offset, Some(offset));
    assert!(report.to_string().contains(&format!("byte {offset}")));
}

#[test]
fn a_cut_between_records_is_a_shorter_chain() {
    let (whole, before) = (story(TIP), story(3));
    let cut = &whole.file()[..before.file().len()];
    let report = verify_reader(cut, 0, whole.world.network(), &mut NoProgress).unwrap();
    assert_eq!(report, before.audit());
}

#[test]
fn flipped_bytes_of_the_file_are_found_wherever_they_are() {
    let chain = story(3);
    let file = chain.file();
    let step = if full_effort() { 17 } else { 211 };
    for at in (0..file.len()).step_by(step) {
        let mut bad = file.clone();
        bad[at] ^= 1 << (at % 8);
        match verify_reader(bad.as_slice(), 0, chain.world.network(), &mut NoProgress) {
            Ok(report) => assert!(!report.holds(), "byte {at}"),
            Err(AuditError::NoChain(_)) => assert!(at < chain.world.genesis.bytes().len() + 28),
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
}

#[test]
fn flipped_bytes_under_right_checksums_are_found_wherever_they_are() {
    let chain = story(3);
    let step = if full_effort() { 13 } else { 197 };
    for record in 0..chain.records.len() {
        for at in (record..chain.records[record].0.len()).step_by(step) {
            let mut bad = chain.clone();
            bad.records[record].0[at] ^= 1 << (at % 8);
            let report = bad.audit();
            assert!(!report.holds(), "byte {at} of block {}", record + 1);
            assert!(report.failure.unwrap().block <= record as u64 + 1);
        }
        for at in 0..chain.records[record].1.len() {
            let mut bad = chain.clone();
            bad.records[record].1[at] ^= 1;
            bad.records.truncate(record + 1);
            let failure = bad.audit().failure.unwrap();
            assert_eq!((failure.block, failure.question), (record as u64 + 1, Question::Certificates));
            assert!(failure.rule.starts_with("Certificate"), "byte {at}: {}", failure.rule);
        }
    }
}

#[test]
fn records_left_out_swapped_or_doubled_are_found() {
    let chain = story(4);
    let mut without = chain.clone();
    without.records.remove(2);
    without.fails_at(3, Question::Blocks, "BlockHeight");
    let mut swapped = chain.clone();
    swapped.records.swap(1, 2);
    swapped.fails_at(2, Question::Blocks, "BlockHeight");
    let mut doubled = chain;
    doubled.records.push(doubled.records[3].clone());
    doubled.fails_at(5, Question::Blocks, "BlockHeight");
}

#[test]
fn a_certificate_of_another_length_is_none() {
    let right = story(2).records[1].1.len();
    for length in [1, 64, right - 1, right + 1, right + 66] {
        let mut chain = story(2);
        chain.records[1].1.resize(length, 0);
        chain.fails_at(2, Question::Certificates, "CertificateMalformed");
    }
}

#[test]
fn a_file_of_version_1_is_refused_with_words_that_say_what_to_do() {
    let mut file = story(2).file();
    file[7] = 1;
    let error = verify_reader(file.as_slice(), 0, story(2).world.network(), &mut NoProgress).unwrap_err();
    assert!(matches!(error, AuditError::NoChain(_)));
    assert!(error.to_string().contains("format version 1"), "{error}");
}
