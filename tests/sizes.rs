//! How long each kind of transaction is at ring 64, by its encoding: the table of the README.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::{fs::File, path::Path};

use hushwatt_crypto::{
    clsag::Clsag,
    hint::HINT_LENGTH,
    range::{RangeBits, RangeProof},
};
use hushwatt_ledger::{block::Block, genesis::Genesis, storage::ChainReader, transaction::Action};

/// Version, network, validity, hints digest, kind.
const ENVELOPE: usize = 1 + 32 + 8 + 32 + 1;
/// Id and length.
const BUCKET: usize = 8 + 4;
/// Key image and commitment.
const SPEND: usize = 64;
/// One-time key and commitment.
const OUTPUT: usize = 64;
const RING: usize = 64;

fn inputs(count: usize, ring: usize) -> usize {
    BUCKET + 1 + count * (SPEND + Clsag::encoded_len(ring))
}

fn transfer(inputs_spent: usize, outputs: usize, ring: usize) -> usize {
    let range = RangeProof::encoded_len(RangeBits::Bits64, outputs);
    ENVELOPE + inputs(inputs_spent, ring) + 1 + outputs * OUTPUT + range
}

fn open(inputs_spent: usize, ring: usize) -> usize {
    let contract = 1 + 8 + 4 + 4 * 32;
    let ranges = RangeProof::encoded_len(RangeBits::Bits64, 1) + RangeProof::encoded_len(RangeBits::Bits32, 1);
    ENVELOPE + inputs(inputs_spent, ring) + OUTPUT + contract + ranges
}

fn deliver(inputs_spent: usize, contracts: usize, ring: usize) -> usize {
    let range = RangeProof::encoded_len(RangeBits::Bits32, 2 * contracts + 1);
    ENVELOPE + inputs(inputs_spent, ring) + OUTPUT + 32 + 1 + contracts * (64 + 64) + 96 + range
}

#[test]
fn a_transfer_of_two_inputs_at_ring_sixteen_stays_below_2300_bytes() {
    let rows = [
        ("Transfer, 1 input, 2 outputs", transfer(1, 2, RING), 2),
        ("Transfer, 2 inputs, 2 outputs", transfer(2, 2, RING), 2),
        ("Transfer, 1 input, 8 outputs", transfer(1, 8, RING), 8),
        ("Open, 1 input", open(1, RING), 3),
        ("Deliver, 1 input, 1 contract", deliver(1, 1, RING), 2),
        ("Deliver, 1 input, 7 contracts", deliver(1, 7, RING), 2),
    ];
    for (kind, bytes, hints) in rows {
        println!("| {kind} | {bytes} (hints {}) |", hints * HINT_LENGTH);
    }
    assert!(transfer(2, 2, 16) <= 2_300);
}

#[test]
fn the_sizes_of_the_table_are_those_of_real_transactions() {
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/chain-v2.hwl");
    let reader = ChainReader::new(File::open(chain).unwrap()).unwrap();
    let genesis = Genesis::parse(reader.genesis()).unwrap();
    let mut seen = [0; 3];
    for record in reader {
        let block = Block::decode(genesis.network(), &record.unwrap().body).unwrap();
        for transaction in &block.transactions {
            let action = transaction.action();
            let spent = action.spends().len();
            let ring = action.buckets().first().map_or(0, |bucket| bucket.ring());
            let (kind, expected) = match action {
                Action::Transfer(it) => (0, transfer(spent, it.statement.outputs.len(), ring)),
                Action::Open(_) => (1, open(spent, ring)),
                Action::Deliver(it) => (2, deliver(spent, it.statement.deliveries.len(), ring)),
                _ => continue,
            };
            assert_eq!(transaction.encoded_len(), expected, "{}", action.name());
            seen[kind] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
