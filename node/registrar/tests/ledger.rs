//! What an exported chain says, and what is no chain of ours.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use hushwatt_ledger::{
    block::Block,
    genesis::Genesis,
    storage::{ChainReader, ChainWriter, Record},
    transaction::Action,
    units::{MeterId, Timestamp, Window},
};
use hushwatt_registrar::{RegistrarError, chain::LedgerFacts};

/// A chain with attestations that is kept for all time.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/chain-v2.hwl")
}

fn read() -> (Genesis, Vec<Record>) {
    let mut reader = ChainReader::new(File::open(golden()).unwrap()).unwrap();
    let genesis = Genesis::parse(reader.genesis()).unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        records.push(record);
    }
    (genesis, records)
}

fn write(path: &Path, genesis: &Genesis, records: &[&Record]) {
    let (mut writer, mut bytes) = ChainWriter::new(genesis.bytes()).unwrap();
    for record in records {
        bytes.extend(writer.record(&record.body, &record.cert).unwrap());
    }
    fs::write(path, bytes).unwrap();
}

fn block(genesis: &Genesis, record: &Record) -> Block {
    Block::decode_record(genesis.network(), &record.body, &record.cert).unwrap().0
}

#[test]
fn a_chain_tells_its_time_and_the_next_window_of_each_meter() {
    let (genesis, records) = read();
    let facts = LedgerFacts::of_file(&golden(), &genesis).unwrap();
    let last = records.iter().rfind(|record| !record.cert.is_empty()).unwrap();
    assert_eq!(facts.time(), block(&genesis, last).header.time);
    let mut attested = 0;
    for (meter, _) in genesis.meters() {
        let of_meter = records.iter().flat_map(|record| block(&genesis, record).transactions);
        let windows: Vec<Window> = of_meter
            .filter_map(|transaction| match transaction.action() {
                Action::Attest(attest) if attest.statement.meter == meter => {
                    attest.statement.indexed_windows().map(|(window, _)| window).max()
                }
                _ => None,
            })
            .collect();
        attested += usize::from(!windows.is_empty());
        let next = windows.into_iter().max().map_or(Window(0), |last| Window(last.0 + 1));
        assert_eq!(facts.next_window(meter), next, "{meter}");
    }
    assert!(attested > 1);
    assert_eq!(facts.next_window(MeterId(u32::MAX)), Window(0));
}

#[test]
fn a_chain_that_is_behind_says_no_more_than_it_has() {
    let (genesis, records) = read();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("chain.hwl");
    let half: Vec<&Record> = records[..records.len() / 2].iter().collect();
    write(&path, &genesis, &half);
    let (all, some) =
        (LedgerFacts::of_file(&golden(), &genesis).unwrap(), LedgerFacts::of_file(&path, &genesis).unwrap());
    assert!(some.time() < all.time());
    assert!(genesis.meters().all(|(meter, _)| some.next_window(meter) <= all.next_window(meter)));
    // Blocks that no certificate covers do not count.
    let certified = half.iter().rposition(|record| !record.cert.is_empty()).unwrap();
    let bare = Record { cert: Vec::new(), ..half[certified].clone() };
    let cut: Vec<&Record> = half[..certified].iter().copied().chain([&bare]).collect();
    write(&path, &genesis, &cut);
    assert!(LedgerFacts::of_file(&path, &genesis).unwrap().time() <= some.time());
    write(&path, &genesis, &[]);
    assert!(matches!(LedgerFacts::of_file(&path, &genesis), Err(RegistrarError::Chain { .. })));
}

#[test]
fn what_is_no_chain_of_this_network_is_refused() {
    let (genesis, records) = read();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("chain.hwl");
    let refused = |expected: &str| match LedgerFacts::of_file(&path, &genesis) {
        Err(error @ RegistrarError::Chain { .. }) => assert!(error.to_string().contains(expected), "{error}"),
        Err(other) => panic!("{other}"),
        Ok(facts) => panic!("{facts:?}"),
    };
    assert!(matches!(LedgerFacts::of_file(&path, &genesis), Err(RegistrarError::Io { .. })));
    // A block is missing, or stands twice.
    let gap: Vec<&Record> = records.iter().take(1).chain(records.iter().skip(2)).collect();
    write(&path, &genesis, &gap);
    refused("block 2 does not follow");
    let twice: Vec<&Record> = records.iter().take(2).chain(records.iter().skip(1)).collect();
    write(&path, &genesis, &twice);
    refused("block 3 does not follow");
    // A block without its transactions.
    let place = records.iter().position(|record| !block(&genesis, record).transactions.is_empty()).unwrap();
    let mut emptied = block(&genesis, &records[place]);
    emptied.transactions.clear();
    let emptied = Record { body: emptied.encode(), ..records[place].clone() };
    let changed: Vec<&Record> = records[..place].iter().chain([&emptied]).collect();
    write(&path, &genesis, &changed);
    refused("does not follow");
    // Torn, and foreign.
    let mut bytes = fs::read(golden()).unwrap();
    bytes.truncate(bytes.len() - 1);
    fs::write(&path, &bytes).unwrap();
    refused("");
    fs::write(&path, b"diary").unwrap();
    refused("");
    let other = LedgerFacts::of_file(&golden(), &kit::genesis());
    assert!(matches!(other, Err(RegistrarError::OtherNetwork { .. })));
    assert!(LedgerFacts::of_file(&golden(), &genesis).unwrap().time() > Timestamp(0));
}
