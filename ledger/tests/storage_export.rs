//! Exports of the chain and of hints: what was written is read, and everything else is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod storage_support;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use hushwatt_ledger::storage::{
    ChainLog, ChainReader, ChainWriter, Day, Flaw, Hint, HintReader, HintStore, RealDisk, Record, RecordNumber,
    SimDisk, StorageError,
};
use sha2::{Digest, Sha256};
use storage_support::{bytes, effort};

fn record(n: u64) -> Record {
    Record { number: RecordNumber(n), body: bytes(n, 60 + n as usize * 7), cert: bytes(n + 9, n as usize * 5) }
}

/// An exported chain of `blocks`, and where its header and each of its records end.
fn chain(blocks: u64) -> (Vec<u8>, Vec<usize>) {
    let mut log = ChainLog::open(Arc::new(SimDisk::new()), Path::new("chain.hwl"), b"genesis").unwrap();
    let mut ends = Vec::new();
    let mut out = Vec::new();
    for n in 0..=blocks {
        out.clear();
        log.export(&mut out).unwrap();
        ends.push(out.len());
        if n < blocks {
            log.append(&record(n).body, &record(n).cert).unwrap();
        }
    }
    (out, ends)
}

fn read_chain(bytes: &[u8]) -> Result<Vec<Record>, StorageError> {
    ChainReader::new(bytes)?.collect()
}

/// A day of hints, exported, and where its header and each of its records end.
fn hint_file() -> (Vec<u8>, Vec<usize>, Vec<Hint>) {
    let mut store = HintStore::open(Arc::new(SimDisk::new()), Path::new("hints")).unwrap();
    let hint = |n: u64| Hint { tx_id: bytes(n, 64).try_into().unwrap(), bytes: bytes(n + 7, n as usize * 20) };
    let (mut out, mut ends, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..3 {
        out.clear();
        store.export(Day(20_000), &mut out).unwrap();
        ends.push(out.len());
        let hints: Vec<Hint> = (0..=n).map(|i| hint(n * 10 + i)).collect();
        store.append(Day(20_000), &hints).unwrap();
        all.extend(hints);
    }
    out.clear();
    store.export(Day(20_000), &mut out).unwrap();
    ends.push(out.len());
    (out, ends, all)
}

fn read_hints(bytes: &[u8]) -> Result<Vec<Hint>, StorageError> {
    HintReader::new(bytes)?.collect()
}

#[test]
fn a_chain_written_piece_by_piece_is_the_export_of_the_same_blocks() {
    let (mut writer, mut written) = ChainWriter::new(b"genesis").unwrap();
    for n in 0..4 {
        written.extend(writer.record(&record(n).body, &record(n).cert).unwrap());
    }
    assert_eq!(written, chain(4).0);
    let too_long = vec![0; 64 * 1024 + 1];
    assert!(matches!(writer.record(b"body", &too_long), Err(StorageError::TooLarge { what: "certificate", .. })));
    // A refused record takes no number.
    written.extend(writer.record(&record(4).body, &record(4).cert).unwrap());
    assert_eq!(written, chain(5).0);
}

#[test]
fn an_exported_chain_reads_back_and_is_the_file_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.hwl");
    let mut log = ChainLog::open(Arc::new(RealDisk), &path, b"genesis").unwrap();
    for n in 0..5 {
        log.append(&record(n).body, &record(n).cert).unwrap();
    }
    let mut out = Vec::new();
    log.export(&mut out).unwrap();
    assert_eq!(out, std::fs::read(&path).unwrap());
    assert_eq!(ChainReader::new(out.as_slice()).unwrap().genesis(), b"genesis");
    assert_eq!(read_chain(&out).unwrap(), (0..5).map(record).collect::<Vec<_>>());

    let second = ChainLog::open(Arc::new(RealDisk), &path, b"genesis");
    assert!(matches!(second, Err(StorageError::InUse { .. })), "one process at a time");
    drop(log);
    assert_eq!(ChainLog::open(Arc::new(RealDisk), &path, b"genesis").unwrap().len(), 5);
}

#[test]
fn every_flipped_byte_and_every_cut_of_a_chain_is_an_error() {
    let (good, ends) = chain(4);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let error = read_chain(&bad).expect_err("a flipped bit is noticed");
            assert!(matches!(error, StorageError::BadExport { .. }), "{error}");
        }
    }
    for len in 0..=good.len() {
        match (read_chain(&good[..len]), ends.iter().position(|end| *end == len)) {
            (Ok(records), Some(whole)) => assert_eq!(records, (0..whole as u64).map(record).collect::<Vec<_>>()),
            (Err(StorageError::BadExport { flaw: Flaw::CutShort, .. }), None) => {}
            (other, _) => panic!("cut to {len} bytes: {other:?}"),
        }
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(read_chain(&longer).is_err());
}

#[test]
fn every_flipped_byte_and_every_cut_of_a_hint_file_is_an_error() {
    let (good, ends, hints) = hint_file();
    assert_eq!(read_hints(&good).unwrap(), hints);
    assert_eq!(HintReader::new(good.as_slice()).unwrap().day(), Day(20_000));
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let error = read_hints(&bad).expect_err("a flipped bit is noticed");
            assert!(matches!(error, StorageError::BadExport { .. }), "{error}");
        }
    }
    for len in 0..good.len() {
        let read = read_hints(&good[..len]);
        assert_eq!(read.is_ok(), ends.contains(&len), "cut to {len} bytes: {read:?}");
    }
}

#[test]
fn a_reader_says_nothing_more_after_an_error() {
    let (mut bad, ends) = chain(3);
    bad[ends[1] + 30] ^= 1;
    let mut reader = ChainReader::new(bad.as_slice()).unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(matches!(reader.next(), Some(Err(StorageError::BadExport { record: 1, .. }))));
    assert!(reader.next().is_none());
}

#[test]
fn files_of_another_kind_or_version_are_named_as_such() {
    let (good, _) = chain(1);
    let error = HintReader::new(good.as_slice()).unwrap_err();
    assert!(matches!(error, StorageError::BadExport { flaw: Flaw::AnotherKind { .. }, .. }));
    // Version 1 had other certificates.
    for version in [0, 1, 3, 255] {
        let mut other = good.clone();
        other[7] = version;
        let error = ChainReader::new(other.as_slice()).unwrap_err();
        let StorageError::BadExport { flaw: Flaw::UnknownVersion { found, known: 2 }, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*found, version);
        assert!(error.to_string().contains("use the hushwatt that wrote it"), "{error}");
    }
}

#[test]
fn lengths_above_their_caps_are_refused_before_anything_is_read() {
    let mut header = b"HWCHAIN\x02".to_vec();
    header.extend(u32::MAX.to_le_bytes());
    let error = ChainReader::new(header.as_slice().chain(Untouchable)).unwrap_err();
    assert!(matches!(error, StorageError::BadExport { flaw: Flaw::AboveCap { .. }, .. }));

    for (a, b) in [((16_u32 << 20) + 1, 0_u32), (0, (64 << 10) + 1)] {
        let (mut bad, _) = chain(0);
        bad.extend(forged_prefix(&bad, a, b));
        let mut reader = ChainReader::new(bad.as_slice().chain(Untouchable)).unwrap();
        let error = reader.next_record().unwrap_err();
        assert!(matches!(error, StorageError::BadExport { flaw: Flaw::AboveCap { .. }, .. }), "{error}");
    }
}

#[test]
fn a_length_within_the_cap_but_without_its_bytes_is_a_file_cut_short() {
    let (mut bad, _) = chain(0);
    bad.extend(forged_prefix(&bad, 16 << 20, 64 << 10));
    let error = read_chain(&bad).unwrap_err();
    assert!(matches!(error, StorageError::BadExport { flaw: Flaw::CutShort, .. }), "{error}");
}

#[test]
fn a_hint_record_whose_parts_contradict_each_other_is_refused() {
    let (good, ends, _) = hint_file();
    let header = &good[..ends[0]];
    let table = |len: u32| [&[7; 64][..], &len.to_le_bytes()].concat();
    for (a, b) in [
        (table(5), vec![0; 4]),
        (table(5), vec![0; 6]),
        (table(5)[..67].to_vec(), vec![0; 5]),
        (Vec::new(), vec![0; 1]),
        (table((64 << 10) + 1), vec![0; (64 << 10) + 1]),
    ] {
        let bad = [header, &forged_record(header, &a, &b)].concat();
        assert!(matches!(read_hints(&bad), Err(StorageError::BadExport { .. })));
    }
    let fine = [header, &forged_record(header, &table(5), &[0; 5])].concat();
    assert_eq!(read_hints(&fine).unwrap().len(), 1, "the forger of this test can also write a valid record");
}

#[test]
fn random_bytes_never_make_a_reader_panic() {
    let (good, ends) = chain(1);
    for seed in 0..effort(2_000, 200_000) {
        let noise = bytes(seed, (seed % 300) as usize);
        assert!(read_chain(&noise).is_err());
        assert!(read_hints(&noise).is_err());
        let after_a_header = [&good[..ends[0]], &noise].concat();
        assert_eq!(read_chain(&after_a_header).is_ok(), noise.is_empty());
    }
}

/// Fails the test when it is read from.
#[derive(Debug)]
struct Untouchable;

impl Read for Untouchable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("read beyond the refused length")
    }
}

/// Record 0's first bytes for these lengths, with a true check, as a liar would write them. Written from the documentation
/// of the format, not with its code.
fn forged_prefix(header: &[u8], a: u32, b: u32) -> Vec<u8> {
    let seed = &header[header.len() - 16..];
    let plain = [&0_u64.to_le_bytes()[..], &a.to_le_bytes(), &b.to_le_bytes()].concat();
    let check = Sha256::digest([b"hushwatt record prefix", seed, &plain].concat());
    [&plain, &check[..8]].concat()
}

fn forged_record(header: &[u8], a: &[u8], b: &[u8]) -> Vec<u8> {
    let seed = &header[header.len() - 16..];
    let prefix = forged_prefix(header, a.len() as u32, b.len() as u32);
    let check = Sha256::digest([b"hushwatt record", seed, &prefix[..16], a, b].concat());
    [&prefix, a, b, &check[..16]].concat()
}
