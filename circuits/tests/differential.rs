//! Where a second implementation exists, both say the same: ranges, against the range proofs of the ledger.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use ark_ff::UniformRand;
use hushwatt_circuits::{Error, frontend::Fr};
use hushwatt_crypto::{
    CryptoError, Element, SecretScalar,
    commitment::Opening,
    generators::generators,
    range::{self, RangeBits, RangeClaim},
};
use rand::Rng;

use common::{Case, NETWORK, commit, rng, rounds};

const WIDTHS: [RangeBits; 3] = [RangeBits::Bits16, RangeBits::Bits32, RangeBits::Bits64];

/// These values are all within the range.
fn in_range(seed: u64, bits: RangeBits, values: &[u64]) -> Case {
    let count = values.len();
    Case::new(seed, values, move |builder, values| {
        let committed: Result<Vec<_>, _> =
            (0..count).map(|place| builder.committed(values.map(|values| values[place]))).collect();
        committed?.iter().try_for_each(|value| builder.range(value, bits.bits() as u32))
    })
}

/// A value near a border of the range, or anywhere.
fn value(rng: &mut impl Rng, bits: RangeBits) -> u64 {
    match rng.gen_range(0..8) {
        0 => 0,
        1 => bits.max(),
        2 => bits.max().saturating_add(1),
        3 => rng.r#gen(),
        4 => bits.max().saturating_add(rng.gen_range(1..1 << 20)),
        _ => rng.gen_range(0..=bits.max()),
    }
}

#[test]
fn both_prove_the_same_values_and_accept_the_same_commitments() {
    let mut rng = rng(1);
    let (mut proven, mut refused) = (0, 0);
    for round in 0..rounds(60, 1_000) {
        let bits = WIDTHS[round % 3];
        let count = rng.gen_range(1..4);
        let values: Vec<u64> = (0..count).map(|_| value(&mut rng, bits)).collect();
        let case = in_range(round as u64, bits, &values);
        let openings: Vec<Opening> = values
            .iter()
            .zip(&case.blindings)
            .map(|(value, blinding)| Opening::new(*value, blinding.clone()))
            .collect();
        let commitments: Vec<Element> = openings.iter().map(Opening::commit).collect();
        assert_eq!(commitments, case.commitments, "one commitment scheme");

        let theirs = range::prove(&NETWORK, &[3; 64], bits, &openings, &mut rng);
        let ours = case.prove();
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{values:?} in {bits:?}");
        assert_eq!(ours.is_ok(), values.iter().all(|value| *value <= bits.max()));
        let Ok((ours, theirs)) = ours.and_then(|ours| theirs.map(|theirs| (ours, theirs)).map_err(|_| Error::Rejected))
        else {
            assert_eq!(case.verify(&case.force()), Err(Error::Rejected), "forced all the same");
            refused += 1;
            continue;
        };
        let claim = RangeClaim { network: NETWORK, digest: [3; 64], bits, commitments, proof: theirs };
        assert_eq!((case.verify(&ours), claim.verify(&mut rng)), (Ok(()), Ok(())));
        // Any other commitment: both refuse.
        let place = rng.gen_range(0..count);
        let by = if rng.r#gen() { generators().g.point() } else { generators().h.point() };
        let mut moved = case;
        moved.commitments[place] = Element::new(moved.commitments[place].point() + by);
        let mut moved_claim = claim;
        moved_claim.commitments[place] = moved.commitments[place];
        assert_eq!(moved.verify(&ours), Err(Error::Rejected));
        assert_eq!(moved_claim.verify(&mut rng), Err(CryptoError::RangeProofInvalid));
        proven += 1;
    }
    assert!(proven > 10 && refused > 10, "{proven} proven, {refused} refused");
}

/// Values that are no number at all: any scalar, negative ones.
#[test]
fn scalars_beyond_all_ranges_are_refused() {
    let mut rng = rng(2);
    for round in 0..rounds(12, 200) {
        let mut case = in_range(3, WIDTHS[round % 3], &[5, 6]);
        let value = if round % 2 == 0 { -Fr::from(1 + round as u64) } else { Fr::rand(&mut rng) };
        let blinding = SecretScalar::random(&mut rng);
        case.commitments[1] = commit(&value, &blinding);
        case.blindings[1] = blinding;
        case.assignment[2] = value;
        assert_eq!(case.verify(&case.force()), Err(Error::Rejected));
        // The bits that it would have, if it were cut off.
        let mut cut = in_range(3, WIDTHS[round % 3], &[5, 6]);
        cut.commitments = case.commitments;
        cut.blindings = case.blindings;
        assert_eq!(cut.prove(), Err(Error::Opening));
        assert_eq!(cut.verify(&cut.force()), Err(Error::Rejected));
    }
}
