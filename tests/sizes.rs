//! How long each kind of transaction is at ring 64, by its encoding: the table of the README.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use hushwatt_crypto::{
    clsag::Clsag,
    hint::HINT_LENGTH,
    range::{RangeBits, RangeProof},
};

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

fn open(inputs_spent: usize) -> usize {
    let contract = 1 + 8 + 4 + 4 * 32;
    let ranges = RangeProof::encoded_len(RangeBits::Bits64, 1) + RangeProof::encoded_len(RangeBits::Bits32, 1);
    ENVELOPE + inputs(inputs_spent, RING) + OUTPUT + contract + ranges
}

fn deliver(inputs_spent: usize, contracts: usize) -> usize {
    let range = RangeProof::encoded_len(RangeBits::Bits32, 2 * contracts + 1);
    ENVELOPE + inputs(inputs_spent, RING) + OUTPUT + 32 + 1 + contracts * (64 + 64) + 96 + range
}

#[test]
fn a_transfer_of_two_inputs_at_ring_sixteen_stays_below_2300_bytes() {
    let rows = [
        ("Transfer, 1 input, 2 outputs", transfer(1, 2, RING), 2),
        ("Transfer, 2 inputs, 2 outputs", transfer(2, 2, RING), 2),
        ("Transfer, 1 input, 8 outputs", transfer(1, 8, RING), 8),
        ("Open, 1 input", open(1), 3),
        ("Deliver, 1 input, 1 contract", deliver(1, 1), 2),
        ("Deliver, 1 input, 7 contracts", deliver(1, 7), 2),
    ];
    for (kind, bytes, hints) in rows {
        println!("| {kind} | {bytes} (hints {}) |", hints * HINT_LENGTH);
    }
    // The bench and the golden chain hold real transactions of these lengths.
    assert_eq!((transfer(2, 2, 16), transfer(2, 2, 64)), (2_232, 5_304));
    assert!(transfer(2, 2, 16) <= 2_300);
}
