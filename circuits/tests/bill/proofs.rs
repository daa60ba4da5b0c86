//! Proofs hold for their statement only.

use hushwatt_circuits::{
    CircuitProof, Error,
    bill::{MAX_DAYS, MAX_INTERVALS, MAX_STANDING, Metered, Rates, Statement, Tier, prove, verify, verify_batch},
};
use hushwatt_crypto::{Element, NetworkId, SecretScalar, commitment::Opening};
use rand::{SeedableRng, rngs::StdRng};

use crate::support::{Bill, DIGEST, NETWORK, rates};

#[test]
fn bills_of_all_shapes_are_proven() {
    let mut rng = StdRng::seed_from_u64(1);
    let flat = Rates { zones: vec![300_000], tiers: Vec::new(), standing: 0, minimum: 0, vat: 0 };
    let free = Rates { zones: vec![0; 3], ..flat.clone() };
    let many = Rates {
        zones: (0..16).map(|zone| 200_000 + zone * 10_000).collect(),
        tiers: (0..16).map(|tier| Tier { above: tier * 5_000, surcharge: 1_000 * tier as u32 }).collect(),
        ..rates()
    };
    for (rates, days, intervals) in [(flat, 1, 1), (free, 0, 5), (rates(), 31, 2_976), (many, 366, 100)] {
        let bill = Bill::random(&mut rng, rates, days, intervals);
        let proof = bill.prove(&mut rng);
        assert_eq!(verify(&bill.statement(), &proof), Ok(()));
        assert_eq!(CircuitProof::decode(proof.as_bytes()), Ok(proof));
    }
}

#[test]
fn no_other_amount_is_proven_or_holds() {
    let mut rng = StdRng::seed_from_u64(2);
    let bill = Bill::random(&mut rng, rates(), 2, 192);
    let proof = bill.prove(&mut rng);
    for gross in [bill.gross - 1, bill.gross + 1, bill.gross + 100, 0, u64::MAX] {
        let lie = Bill { gross, ..bill.clone() };
        assert_eq!(prove(&lie.statement(), &lie.openings, &mut rng), Err(Error::Unsatisfied));
        assert_eq!(verify(&lie.statement(), &proof), Err(Error::Rejected));
    }
}

#[test]
fn no_field_of_the_statement_can_be_changed() {
    let mut rng = StdRng::seed_from_u64(3);
    let good = Bill::random(&mut rng, rates(), 2, 192);
    let proof = good.prove(&mut rng);
    let refused = |name: &str, change: &dyn Fn(&mut Bill)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(verify(&bad.statement(), &proof), Err(Error::Rejected), "{name}");
    };
    refused("days", &|bill| bill.days = 3);
    refused("zone price", &|bill| bill.rates.zones[0] += 1);
    refused("zone prices that trade places", &|bill| bill.rates.zones.swap(0, 1));
    refused("one zone more", &|bill| bill.rates.zones.push(1));
    refused("tier", &|bill| bill.rates.tiers[1].above -= 1);
    refused("surcharge", &|bill| bill.rates.tiers[1].surcharge += 1);
    refused("one tier less", &|bill| bill.rates.tiers.truncate(1));
    refused("standing charge", &|bill| bill.rates.standing += 10_000);
    refused("minimum", &|bill| bill.rates.minimum += 1);
    refused("tax", &|bill| bill.rates.vat += 1);
    refused("an interval left out", &|bill| bill.intervals.truncate(191));
    refused("an interval twice", &|bill| bill.intervals.push(bill.intervals[0]));
    refused("an interval of another zone", &|bill| bill.intervals[0].zone = 1);
    // The same sums, in another order or split in another way: what is named is each interval.
    refused("intervals that trade places", &|bill| bill.intervals.swap(0, 1));
    refused("a value moved to the next interval", &|bill| {
        let moved = Opening::new(1, SecretScalar::zero()).commit();
        let [first, second] = [0, 1].map(|place| *bill.intervals[place].consumed.point());
        bill.intervals[0].consumed = Element::new(first - moved.point());
        bill.intervals[1].consumed = Element::new(second + moved.point());
    });
    let (network, digest) = (NetworkId([8; 32]), [4; 64]);
    assert_eq!(verify(&Statement { network: &network, ..good.statement() }, &proof), Err(Error::Rejected));
    assert_eq!(verify(&Statement { digest: &digest, ..good.statement() }, &proof), Err(Error::Rejected));
    assert_eq!((good.statement().network, good.statement().digest), (&NETWORK, &DIGEST));
}

#[test]
fn no_byte_of_the_proof_can_be_changed() {
    let mut rng = StdRng::seed_from_u64(4);
    let bill = Bill::random(&mut rng, rates(), 1, 24);
    let proof = bill.prove(&mut rng);
    for at in 0..proof.as_bytes().len() {
        let mut bytes = proof.as_bytes().to_vec();
        bytes[at] ^= 1 << (at % 8);
        // Most changes are no canonical points or scalars.
        if let Ok(other) = CircuitProof::decode(&bytes) {
            assert_eq!(verify(&bill.statement(), &other), Err(Error::Rejected), "byte {at}");
        }
    }
    for cut in 0..proof.as_bytes().len() {
        assert_eq!(CircuitProof::decode(&proof.as_bytes()[..cut]), Err(Error::Malformed));
    }
}

#[test]
fn openings_of_other_readings_prove_nothing() {
    let mut rng = StdRng::seed_from_u64(5);
    let bill = Bill::random(&mut rng, rates(), 1, 24);
    let mut lent = bill.openings.clone();
    lent[3].blinding = SecretScalar::random(&mut rng);
    assert_eq!(prove(&bill.statement(), &lent, &mut rng), Err(Error::Opening));
    // Values that are others but come to the same amount.
    let mut moved = bill.openings.clone();
    moved[0].value += 1;
    moved[1].value = moved[1].value.saturating_sub(1);
    let blind = SecretScalar::random(&mut rng);
    moved[0].blinding = moved[0].blinding.plus(&blind);
    assert!(matches!(prove(&bill.statement(), &moved, &mut rng), Err(Error::Opening | Error::Unsatisfied)));
    assert_eq!(prove(&bill.statement(), &bill.openings[1..], &mut rng), Err(Error::Arity));
    moved[0].value = u64::MAX;
    moved[1].value = u64::MAX;
    assert_eq!(prove(&bill.statement(), &moved, &mut rng), Err(Error::Unsatisfied));
}

#[test]
fn what_is_no_statement_is_refused() {
    let mut rng = StdRng::seed_from_u64(6);
    let good = Bill::random(&mut rng, rates(), 1, 24);
    let proof = good.prove(&mut rng);
    let refused = |error: Error, change: &dyn Fn(&mut Bill)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(verify(&bad.statement(), &proof), Err(error));
        assert_eq!(prove(&bad.statement(), &bad.openings, &mut StdRng::seed_from_u64(7)), Err(error));
    };
    refused(Error::Bounds, &|bill| bill.rates.zones.clear());
    refused(Error::Bounds, &|bill| bill.rates.zones = vec![1; 17]);
    refused(Error::Bounds, &|bill| bill.rates.zones[0] = 1 << 31);
    refused(Error::Bounds, &|bill| bill.rates.tiers[1].surcharge = 1 << 31);
    refused(Error::Bounds, &|bill| bill.rates.tiers[1].above = 1 << 36);
    refused(Error::Bounds, &|bill| bill.rates.tiers[1].above = 0);
    refused(Error::Bounds, &|bill| bill.rates.tiers = vec![Tier { above: 0, surcharge: 0 }; 17]);
    refused(Error::Bounds, &|bill| bill.rates.standing = MAX_STANDING + 1);
    refused(Error::Bounds, &|bill| bill.rates.minimum = 1 << 30);
    refused(Error::Bounds, &|bill| bill.rates.vat = 10_001);
    refused(Error::Bounds, &|bill| bill.days = MAX_DAYS + 1);
    refused(Error::Bounds, &|bill| bill.intervals[0].zone = 2);
    refused(Error::Arity, &|bill| bill.intervals.clear());
    let nothing = Metered { zone: 0, consumed: Opening::new(0, SecretScalar::zero()).commit() };
    refused(Error::Arity, &|bill| bill.intervals = vec![nothing; MAX_INTERVALS + 1]);
}

#[test]
fn many_bills_are_checked_at_once() {
    let mut rng = StdRng::seed_from_u64(8);
    let flat = Rates { zones: vec![300_000], tiers: Vec::new(), standing: 0, minimum: 0, vat: 0 };
    let bills: Vec<Bill> =
        [rates(), flat, rates()].into_iter().map(|rates| Bill::random(&mut rng, rates, 1, 24)).collect();
    let proofs: Vec<CircuitProof> = bills.iter().map(|bill| bill.prove(&mut rng)).collect();
    let pairs = |order: [usize; 3]| -> Vec<_> {
        bills.iter().zip(order).map(|(bill, place)| (bill.statement(), &proofs[place])).collect()
    };
    assert_eq!(verify_batch(&pairs([0, 1, 2])), Ok(()));
    assert_eq!(verify_batch(&pairs([2, 1, 0])), Err(Error::Rejected));
    assert_eq!(verify_batch(&[]), Ok(()));
}
