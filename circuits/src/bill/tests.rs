//! The circuit from inside: its size, that it says what the rule says, and that nothing in it is left to the prover.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use rand::{Rng as _, SeedableRng, rngs::StdRng};

use super::{circuit::Shape, determined::free_witnesses, *};
use crate::frontend::constant;

fn rates(zones: usize, tiers: usize, rng: &mut StdRng) -> Rates {
    let mut above: Vec<u64> = (0..tiers).map(|_| rng.gen_range(0..2_000_000)).collect();
    above.sort_unstable();
    above.dedup();
    Rates {
        zones: (0..zones).map(|_| rng.gen_range(0..500_000)).collect(),
        tiers: above.into_iter().map(|above| Tier { above, surcharge: rng.gen_range(0..100_000) }).collect(),
        standing: rng.gen_range(0..2_000_000),
        minimum: if rng.r#gen() { rng.gen_range(0..30_000) } else { 0 },
        vat: rng.gen_range(0..=2_700),
    }
}

/// The statement's constraints with these values.
fn built(rates: &Rates, days: u32, consumed: &[u64], gross: u64) -> Builder {
    let mut builder = Builder::assigned();
    let shape = Shape { zones: rates.zones.len(), tiers: rates.tiers.len() };
    circuit::build(&mut builder, &shape, Some((consumed, &circuit::publics(rates, days, gross)))).unwrap();
    builder
}

fn satisfied(rates: &Rates, days: u32, consumed: &[u64], gross: u64) -> bool {
    built(rates, days, consumed, gross).cs().is_satisfied().unwrap()
}

#[test]
fn a_circuit_has_the_gates_that_the_specification_says() {
    for (zones, tiers) in [(1, 0), (2, 0), (2, 2), (3, 3), (MAX_ZONES, MAX_TIERS)] {
        let stats = stats(zones, tiers).unwrap();
        assert_eq!(stats.gates, 79 * zones + 118 * tiers + 104, "{zones} zones, {tiers} tiers");
        assert_eq!((stats.wires, stats.unpinned), (0, 0), "{zones} zones, {tiers} tiers");
    }
    assert_eq!(stats(0, 0), Err(Error::Bounds));
    assert_eq!(stats(MAX_ZONES + 1, 0), Err(Error::Bounds));
    assert_eq!(stats(1, MAX_TIERS + 1), Err(Error::Bounds));
}

#[test]
fn the_circuit_accepts_what_the_rule_says_and_no_other_amount() {
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..200 {
        let (zones, tiers) = (rng.gen_range(1..5), rng.gen_range(0..4));
        let rates = rates(zones, tiers, &mut rng);
        let days = rng.gen_range(0..=MAX_DAYS);
        let most = [0, 1, 999, 2_000_000][rng.gen_range(0..4)];
        let consumed: Vec<u64> = (0..zones).map(|_| rng.gen_range(0..=most)).collect();
        let bill = rates.bill(days, &consumed).unwrap();
        assert!(satisfied(&rates, days, &consumed, bill.gross));
        for wrong in [bill.gross + 1, bill.gross.wrapping_sub(1), bill.gross + 100, 0] {
            assert!(wrong == bill.gross || !satisfied(&rates, days, &consumed, wrong), "{rates:?}: {wrong}");
        }
    }
}

#[test]
fn every_half_is_rounded_up_and_every_amount_below_it_down() {
    // One base unit at n nano-euro, and the tax of so many cents.
    let plain = |price: u32, vat: u16| Rates { zones: vec![price], tiers: vec![], standing: 0, minimum: 0, vat };
    for (price, cents) in [(0, 0), (4_999_999, 0), (5_000_000, 1), (14_999_999, 1), (15_000_000, 2), (10_000_000, 1)] {
        assert_eq!(plain(price, 0).bill(0, &[1]).unwrap().net, cents);
        assert!(satisfied(&plain(price, 0), 0, &[1], cents));
        assert!(!satisfied(&plain(price, 0), 0, &[1], cents + 1));
    }
    for (cents, vat, tax) in [(1, 4_999, 0), (1, 5_000, 1), (50, 100, 1), (49, 100, 0), (10_000, 1_900, 1_900)] {
        let rates = plain(CENT as u32, vat);
        assert_eq!(rates.bill(0, &[cents]).unwrap().vat, tax);
        assert!(satisfied(&rates, 0, &[cents], cents + tax));
        assert!(!satisfied(&rates, 0, &[cents], cents + tax + 1));
    }
}

#[test]
fn the_largest_lines_still_fit() {
    let price = (1u32 << 31) - 1;
    let rates =
        Rates { zones: vec![price], tiers: vec![], standing: MAX_STANDING, minimum: (1 << 30) - 1, vat: 10_000 };
    let most = (((1u64 << 30) - 1) * CENT) / u64::from(price);
    for consumed in [most - 1, most] {
        let bill = rates.bill(MAX_DAYS, &[consumed]).unwrap();
        assert!(satisfied(&rates, MAX_DAYS, &[consumed], bill.gross));
    }
    // A line that does not fit has no bill, and no circuit of it holds.
    assert_eq!(rates.bill(MAX_DAYS, &[most + 1]), None);
    let tiers = vec![Tier { above: (1 << 36) - 1, surcharge: 1 }];
    let cheap = Rates { zones: vec![1], tiers, ..rates };
    for consumed in [0, (1u64 << 36) - 1] {
        let bill = cheap.bill(1, &[consumed]).unwrap();
        assert!(satisfied(&cheap, 1, &[consumed], bill.gross));
    }
    assert_eq!(cheap.bill(1, &[1 << 36]), None);
}

#[test]
fn nothing_but_the_readings_is_left_to_the_prover() {
    let mut rng = StdRng::seed_from_u64(2);
    for (zones, tiers, consumed) in [(1, 0, 0), (2, 2, 700_000), (3, 1, 40)] {
        let rates = rates(zones, tiers, &mut rng);
        let consumed = vec![consumed; zones];
        let bill = rates.bill(31, &consumed).unwrap();
        // Neither any witness nor the amount can be moved while the rest stays.
        let gross_place = circuit::publics(&rates, 31, bill.gross).len();
        assert_eq!(free_witnesses(&built(&rates, 31, &consumed, bill.gross), &[gross_place]), 0);
    }
}

#[test]
fn what_is_left_to_a_prover_is_noticed() {
    let mut builder = Builder::assigned();
    let known = builder.committed(Some(3)).unwrap();
    let free = builder.witness(|| Some(Fr::from(4u64))).unwrap();
    let product = builder.product(&known, &free).unwrap();
    assert_eq!(free_witnesses(&builder, &[]), 1);
    builder.zero(&(product - constant(12))).unwrap();
    assert_eq!(free_witnesses(&builder, &[]), 0);
}

#[test]
fn a_prover_who_checks_nothing_convinces_nobody() {
    let mut random = rand_chacha::ChaCha20Rng::seed_from_u64(3);
    let rates = rates(2, 2, &mut StdRng::seed_from_u64(4));
    let openings: Vec<Opening> =
        [700_000, 40].map(|value| Opening::new(value, SecretScalar::random(&mut random))).to_vec();
    let intervals: Vec<Metered> =
        (0..).zip(&openings).map(|(zone, one)| Metered { zone, consumed: one.commit() }).collect();
    let blindings: Vec<SecretScalar> = openings.iter().map(|opening| opening.blinding.clone()).collect();
    let right = rates.bill(31, &[700_000, 40]).unwrap().gross;
    let (network, digest) = (NetworkId([7; 32]), [3; 64]);
    let mut holds = |gross: u64| {
        let statement =
            Statement { network: &network, digest: &digest, rates: &rates, days: 31, intervals: &intervals, gross };
        let prepared = statement.prepare().unwrap();
        let z = built(&rates, 31, &[700_000, 40], gross).assignment().unwrap();
        let made = proof::prove_unchecked(&prepared.statement(&statement), &z, &blindings, &mut random).unwrap();
        verify(&statement, &made)
    };
    assert_eq!(holds(right), Ok(()));
    for wrong in [right - 1, right + 1, 0] {
        assert_eq!(holds(wrong), Err(Error::Rejected));
    }
}
