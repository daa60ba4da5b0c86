//! Rules of Mint and Burn.

use hushwatt_ledger::{Rejection, note::Asset, units::Credit};

use crate::{
    kit::{
        forge::{changed_range, incremented, one_more, signed_again},
        *,
    },
    tamper,
};

/// Invariant M2, B1.
#[test]
fn what_is_minted_and_burned_is_the_supply() {
    let mut world = fresh();
    let supply = world.counters().supply().unwrap().0;
    assert_eq!(supply, 16 * 10_000_000);
    let (mint, burn) = (world.mint(&[(ANNA, 500), (BERT, 250)]), world.burn(3_000));
    world.accept(world.after(60), &[mint, burn]);
    assert_eq!(world.counters().supply().unwrap().0, supply + 750 - 3_000);
    let payment = world.pay(ANNA, BERT, 5);
    world.accept(world.after(60), &[payment]);
    assert_eq!(world.counters().supply().unwrap().0, supply + 750 - 3_000 - 7, "the fee is gone");
    let all: u64 = world.households.iter().map(|household| household.balance(Asset::Credit)).sum();
    assert_eq!(all, world.counters().supply().unwrap().0);
}

/// Invariant M3.
#[test]
fn a_replayed_mint_is_rejected() {
    let mut world = fresh();
    let mint = world.mint(&[(ANNA, 500), (BERT, 250)]);
    world.accept(world.after(60), std::slice::from_ref(&mint));
    assert_eq!(world.verdict(world.after(60), &mint), Err(Rejection::MintSerial));
}

/// Invariant M3.
#[test]
fn a_mint_that_skips_a_serial_is_rejected() {
    let mut world = fresh();
    for serial in [0, 1, 3, u64::MAX] {
        let mint = world.mint_numbered(serial, &[(ANNA, 500), (BERT, 250)]);
        assert_eq!(world.verdict(world.after(60), &mint), Err(Rejection::MintSerial));
    }
    let mint = world.mint_numbered(2, &[(ANNA, 500), (BERT, 250)]);
    assert_eq!(world.verdict(world.after(60), &mint), Ok(()));
}

/// Invariant M3.
#[test]
fn two_mints_in_a_block_are_rejected() {
    let mut world = fresh();
    let (one, other) = (world.mint(&[(ANNA, 1), (BERT, 2)]), world.mint(&[(ANNA, 3), (BERT, 4)]));
    assert_eq!(world.verdict_on_both(world.after(60), &one, &other), Err(Rejection::MintSerial));
}

/// Invariant M1, B1.
#[test]
fn a_mint_or_burn_that_the_treasury_did_not_sign_is_rejected() {
    let mut world = fresh();
    let (mint, burn) = (world.mint(&[(ANNA, 500), (BERT, 250)]), world.burn(3_000));
    for built in [&mint, &burn] {
        assert_eq!(world.verdict(world.after(60), built), Ok(()));
        for key in [&world.validators[0], &world.meters[0].key] {
            let forged = signed_again(built, key);
            assert_eq!(world.verdict(world.after(60), &forged), Err(Rejection::TreasurySignature));
        }
    }
    let changed = [
        tamper!(mint, Mint, |it| it.statement.total = Credit(751)),
        tamper!(burn, Burn, |it| it.statement.total = Credit(2_999)),
    ];
    for built in changed {
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::TreasurySignature));
    }
}

/// Invariant M2.
#[test]
fn a_mint_of_another_sum_than_it_says_is_rejected() {
    let mut world = fresh();
    let mint = world.mint(&[(ANNA, 500), (BERT, 250)]);
    let changes = [
        tamper!(mint, Mint, |it| it.statement.total = Credit(749)),
        tamper!(mint, Mint, |it| it.statement.excess = incremented(&it.statement.excess)),
        tamper!(mint, Mint, |it| {
            it.statement.outputs[0].commitment = one_more(&it.statement.outputs[0].commitment);
        }),
    ];
    let treasury = world.treasury.clone();
    for changed in changes {
        let signed = signed_again(&changed, &treasury);
        assert_eq!(world.verdict(world.after(60), &signed), Err(Rejection::Unbalanced), "even the treasury cannot");
    }
}

/// Invariant B1.
#[test]
fn a_burn_of_less_than_it_says_is_rejected() {
    let mut world = fresh();
    let burn = world.burn(3_000);
    let treasury = world.treasury.clone();
    let changed = signed_again(&tamper!(burn, Burn, |it| it.statement.total = Credit(3_001)), &treasury);
    assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::Unbalanced));
}

/// Invariant E10.
/// Invariant M2, B1.
#[test]
fn a_mint_or_burn_with_another_range_proof_is_rejected() {
    let mut world = fresh();
    let (mint, burn) = (world.mint(&[(ANNA, 500), (BERT, 250)]), world.burn(3_000));
    for built in [
        tamper!(mint, Mint, |it| it.range = changed_range(&it.range, 4).unwrap()),
        tamper!(burn, Burn, |it| it.range = changed_range(&it.range, 4).unwrap()),
    ] {
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::RangeProof));
    }
}

/// Invariant E8, E7.
#[test]
fn a_burn_of_another_households_bucket_or_with_a_changed_ring_signature_is_rejected() {
    let mut world = fresh();
    let burn = world.burn(3_000);
    let changed = tamper!(burn, Burn, |it| it.signatures[0].c0 = incremented(&it.signatures[0].c0));
    assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::RingSignature));
    let outdated = tamper!(burn, Burn, |it| it.statement.inputs[0].bucket.length = 15);
    let outdated = tamper!(outdated, Burn, |it| it.signatures[0].responses.truncate(15));
    assert_eq!(world.verdict(world.after(60), &outdated), Err(Rejection::OutdatedBucket));
}

/// Invariant M4.
#[test]
fn a_supply_of_two_to_the_63_is_rejected_and_one_unit_less_is_not() {
    let mut world = fresh();
    let room = (1u64 << 63) - 1 - world.counters().minted.0;
    let most = world.mint(&[(ANNA, room - 1), (BERT, 1)]);
    assert_eq!(world.verdict(world.after(60), &most), Ok(()));
    let more = world.mint(&[(ANNA, room), (BERT, 1)]);
    assert_eq!(world.verdict(world.after(60), &more), Err(Rejection::SupplyOverflow));
}

/// Invariant B2.
#[test]
fn a_burn_of_more_than_is_in_circulation_is_rejected() {
    // Nothing sound reaches this ceiling: as if a bug had made the treasury's notes.
    let mut world = fresh();
    let burn = world.burn(3_000);
    let mut ledger = world.ledger();
    let mut counters = ledger.counters().unwrap();
    counters.burned = Credit(counters.minted.0 - 2_999);
    ledger.set_counters(&counters);
    let changes = ledger.into_store().into_changes();
    world.state.apply(changes);
    assert_eq!(world.verdict(world.after(60), &burn), Err(Rejection::SupplyUnderflow));
    let less = world.burn(2_999);
    assert_eq!(world.verdict(world.after(60), &less), Ok(()));
}
