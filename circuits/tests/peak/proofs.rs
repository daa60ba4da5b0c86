//! Proofs hold for their statement only.

use hushwatt_circuits::{
    CircuitProof, Error,
    peak::{MAX_GATES, MAX_INTERVALS, Statement, intervals_per_part, parts, prove, verify},
};
use hushwatt_crypto::{NetworkId, SecretScalar, commitment::Opening};
use rand::{SeedableRng, rngs::StdRng};

use crate::support::Peak;

#[test]
fn peaks_of_all_limits_are_proven() {
    let mut rng = StdRng::seed_from_u64(1);
    for (limit, intervals) in [(0, 2), (1, 3), (1_000, 12), (1_023, 7), (1_024, 7), (u32::MAX, 5)] {
        let peak = Peak::random(&mut rng, limit, intervals);
        assert_eq!(verify(&peak.statement(), &peak.prove(&mut rng)), Ok(()), "{limit}");
    }
}

#[test]
fn a_value_above_the_limit_is_not_proven() {
    let mut rng = StdRng::seed_from_u64(2);
    for (limit, value) in [(0, 1), (1_000, 1_001), (1_000, 1_023), (1_000, 2_024), (1_000, u32::MAX)] {
        let peak = Peak::of(&mut rng, limit, &[0, value]);
        let made = prove(&peak.statement(), &peak.openings, &mut rng, &mut |_| {});
        assert_eq!(made, Err(Error::Unsatisfied), "{limit}: {value}");
        // Openings that lie about the value.
        let mut lies = peak.openings.clone();
        lies[1].value = limit.into();
        assert_eq!(prove(&peak.statement(), &lies, &mut rng, &mut |_| {}), Err(Error::Opening));
    }
}

#[test]
fn no_field_of_the_statement_can_be_changed() {
    let mut rng = StdRng::seed_from_u64(3);
    let good = Peak::random(&mut rng, 1_000, 12);
    let proofs = good.prove(&mut rng);
    let refused = |name: &str, change: &dyn Fn(&mut Peak)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(verify(&bad.statement(), &proofs), Err(Error::Rejected), "{name}");
    };
    refused("limit", &|peak| peak.limit -= 1);
    refused("higher limit", &|peak| peak.limit += 1);
    refused("limit of more bits", &|peak| peak.limit = 5_000);
    refused("an interval left out", &|peak| peak.intervals.truncate(11));
    refused("an interval twice", &|peak| peak.intervals.push(peak.intervals[0]));
    refused("intervals that trade places", &|peak| peak.intervals.swap(0, 1));
    let (network, digest) = (NetworkId([8; 32]), [4; 64]);
    assert_eq!(verify(&Statement { network: &network, ..good.statement() }, &proofs), Err(Error::Rejected));
    assert_eq!(verify(&Statement { digest: &digest, ..good.statement() }, &proofs), Err(Error::Rejected));
}

#[test]
fn no_byte_of_the_proof_can_be_changed() {
    let mut rng = StdRng::seed_from_u64(4);
    let peak = Peak::random(&mut rng, 100, 4);
    let proof = peak.prove(&mut rng).remove(0);
    for at in 0..proof.as_bytes().len() {
        let mut bytes = proof.as_bytes().to_vec();
        bytes[at] ^= 1 << (at % 8);
        if let Ok(other) = CircuitProof::decode(&bytes) {
            assert_eq!(verify(&peak.statement(), &[other]), Err(Error::Rejected), "byte {at}");
        }
    }
}

#[test]
fn a_part_is_of_no_use_elsewhere() {
    let mut rng = StdRng::seed_from_u64(5);
    // Two and a bit parts of the widest limit.
    let limit = u32::MAX;
    let length = intervals_per_part(limit);
    assert_eq!(length, MAX_GATES / 32);
    let peak = Peak::random(&mut rng, limit, 2 * length + 3);
    assert_eq!(parts(limit, peak.intervals.len()), 3);
    let mut told = Vec::new();
    let proofs = prove(&peak.statement(), &peak.openings, &mut rng, &mut |done| told.push(done)).unwrap();
    assert_eq!((proofs.len(), told), (3, vec![1, 2, 3]));
    assert_eq!(verify(&peak.statement(), &proofs), Ok(()));
    let mut swapped = proofs.clone();
    swapped.swap(0, 1);
    assert_eq!(verify(&peak.statement(), &swapped), Err(Error::Rejected));
    let doubled = [proofs[0].clone(), proofs[0].clone(), proofs[2].clone()];
    assert_eq!(verify(&peak.statement(), &doubled), Err(Error::Rejected));
    for some in [&proofs[..2], &[]] {
        assert_eq!(verify(&peak.statement(), some), Err(Error::Arity));
    }
    // The first part alone is not a proof about its own intervals.
    let first = Statement { intervals: &peak.intervals[..length], ..peak.statement() };
    assert_eq!(verify(&first, &proofs[..1]), Err(Error::Rejected));
}

#[test]
fn what_is_no_statement_is_refused() {
    let mut rng = StdRng::seed_from_u64(6);
    let good = Peak::random(&mut rng, 1_000, 4);
    let proofs = good.prove(&mut rng);
    let none = Peak { intervals: Vec::new(), openings: Vec::new(), ..good.clone() };
    assert_eq!(prove(&none.statement(), &[], &mut rng, &mut |_| {}), Err(Error::Arity));
    assert_eq!(verify(&none.statement(), &[]), Err(Error::Arity));
    let nothing = Opening::new(0, SecretScalar::zero());
    let many = Peak { intervals: vec![nothing.commit(); MAX_INTERVALS + 1], ..good.clone() };
    assert_eq!(verify(&many.statement(), &proofs), Err(Error::Arity));
    assert_eq!(prove(&good.statement(), &good.openings[1..], &mut rng, &mut |_| {}), Err(Error::Arity));
    let mut strange = good.openings.clone();
    strange[2].blinding = SecretScalar::random(&mut rng);
    assert_eq!(prove(&good.statement(), &strange, &mut rng, &mut |_| {}), Err(Error::Opening));
}
