//! Rules of attestations.

use hushwatt_crypto::range::RangeBits;
use hushwatt_ledger::{
    Rejection,
    note::Asset,
    parameters::Parameters,
    transaction::{
        Action, TransactionId,
        attest::{WindowStatus, build::WindowOpenings},
        build::Built,
    },
    units::{MeterId, Timestamp, Utility, Window},
};

use crate::{
    kit::{
        forge::{changed_range, signed_again},
        *,
    },
    tamper,
};

/// A fresh world just after window 0, and meter 0's attestation of it.
fn attested() -> (World, Timestamp, Built) {
    let mut world = fresh();
    let at = world.parameters().window_end(world.window(0)).plus(60);
    world.pass(at);
    let reading = world.measured(1234, 56);
    let built = world.attest(0, world.window(0), &[reading]);
    (world, at, built)
}

/// The attestation with another statement, signed by its meter again.
fn again(world: &World, built: Built) -> Built {
    signed_again(&built, &world.meters[0].key)
}

/// Invariant A7, A8.
#[test]
fn a_measured_window_mints_its_export_and_a_late_one_does_not() {
    let (mut world, at, built) = attested();
    world.accept(at, &[built]);
    assert_eq!(world.households[ANNA].balance(electricity(world.window(0))), 1234);
    world.pass(world.parameters().attest_until(world.window(1)).plus(1));
    let late = world.reading(WindowStatus::Late, 700, 0);
    let built = world.attest(0, world.window(1), &[late]);
    let notes = world.counters().notes;
    world.accept(world.now(), &[built]);
    assert_eq!(world.counters().notes, notes);
    assert_eq!(world.ledger().meter(MeterId(0)).unwrap().next_window, world.window(2));
}

/// Invariant A7.
#[test]
fn every_status_is_accepted_when_it_is_due_and_only_then() {
    let statuses = WindowStatus::ALL;
    let (mut world, _, _) = attested();
    let deadline = world.parameters().attest_until(world.window(0));
    for status in statuses {
        let reading = world.reading(status, 0, 0);
        let built = world.attest_until(0, world.window(0), &[reading], deadline.plus(600));
        let (before, after) = match status {
            WindowStatus::Measured | WindowStatus::Substituted => (Ok(()), Err(Rejection::LateRequired)),
            WindowStatus::Late => (Err(Rejection::LateRefused), Ok(())),
            WindowStatus::Estimated | WindowStatus::Missing => (Ok(()), Ok(())),
        };
        assert_eq!(world.verdict(deadline, &built), before, "{status:?} in the last second");
        assert_eq!(world.verdict(deadline.plus(1), &built), after, "{status:?} a second later");
    }
}

/// Invariant A7.
#[test]
fn a_late_window_that_mints_is_rejected_even_among_others_that_are_right() {
    let (mut world, _, _) = attested();
    let at = world.parameters().attest_until(world.window(0)).plus(1);
    world.pass(at);
    let readings = [world.measured(1, 1), world.measured(2, 2)];
    let built = world.attest(0, world.window(0), &readings);
    assert_eq!(world.verdict(at, &built), Err(Rejection::LateRequired));
    let readings = [world.reading(WindowStatus::Late, 1, 1), world.measured(2, 2)];
    let built = world.attest(0, world.window(0), &readings);
    assert_eq!(world.verdict(at, &built), Ok(()));
}

/// Invariant A1.
#[test]
fn an_unregistered_meter_is_rejected() {
    let (world, at, built) = attested();
    for number in [5, u32::MAX] {
        let stranger = again(&world, tamper!(built, Attest, |it| it.statement.meter = MeterId(number)));
        assert_eq!(world.verdict(at, &stranger), Err(Rejection::UnknownMeter));
    }
}

/// Invariant A2.
#[test]
fn a_window_with_too_few_or_too_many_intervals_is_rejected() {
    let (world, at, built) = attested();
    let few = tamper!(built, Attest, |it| {
        let window = &mut it.statement.windows[0];
        window.export.pop();
        window.import.pop();
    });
    let many = tamper!(built, Attest, |it| {
        let window = &mut it.statement.windows[0];
        window.export.push(window.export[0]);
        window.import.push(window.import[0]);
    });
    for built in [few, many] {
        assert_eq!(world.verdict(at, &again(&world, built)), Err(Rejection::IntervalCount));
    }
}

/// Invariant A4.
#[test]
fn an_attestation_with_more_range_proof_than_allowed_is_rejected() {
    // Twelve intervals in two registers and their sums, 32 bits each: 19 windows are within the bound, 20 are not.
    let parameters = Parameters { interval: 300, ..Setup::default().parameters };
    let meters = vec![(Utility::Electricity, RangeBits::Bits32, ANNA)];
    let mut world = World::new(&Setup { parameters, meters, ..Setup::default() });
    let at = world.parameters().window_end(world.window(24));
    world.pass(at);
    let plan = |world: &mut World, windows: usize| {
        let readings = vec![world.reading(WindowStatus::Missing, 0, 0); windows];
        world.attest_plan(0, world.window(0), &readings, at)
    };
    let most = plan(&mut world, 19);
    let most = world.attest_with(0, most);
    assert_eq!(world.verdict(at, &most), Ok(()));
    let one_more = plan(&mut world, 20).windows.pop().unwrap();
    let too_large = tamper!(most, Attest, |it| {
        let point = |openings: &[hushwatt_crypto::commitment::Opening]| {
            openings.iter().map(|opening| opening.commit_point().unwrap()).collect()
        };
        let WindowOpenings { status, export, import, .. } = &one_more;
        let (export, import) = (point(export), point(import));
        let window = it.statement.windows[0].clone();
        it.statement.windows.push(hushwatt_ledger::transaction::attest::AttestedWindow {
            status: *status,
            export,
            import,
            ..window
        });
    });
    assert_eq!(world.verdict(at, &again(&world, too_large)), Err(Rejection::ProofTooLarge));
}

/// Invariant A5.
#[test]
fn a_replayed_attestation_is_rejected() {
    let (mut world, at, built) = attested();
    world.accept(at, std::slice::from_ref(&built));
    assert_eq!(world.verdict(at, &built), Err(Rejection::AttestSequence));
}

/// Invariant A5.
#[test]
fn two_attestations_of_a_meter_with_one_number_in_a_block_are_rejected() {
    let (mut world, at, built) = attested();
    let reading = world.measured(9, 9);
    let other = world.attest(0, world.window(0), &[reading]);
    assert_eq!(world.verdict_on_both(at, &built, &other), Err(Rejection::AttestSequence));
}

/// Invariant A5.
#[test]
fn a_gap_in_the_sequence_is_rejected() {
    let (world, at, built) = attested();
    for sequence in [0, 2, u64::MAX] {
        let gapped = again(&world, tamper!(built, Attest, |it| it.statement.sequence = sequence));
        assert_eq!(world.verdict(at, &gapped), Err(Rejection::AttestSequence));
    }
}

/// Invariant A5.
#[test]
fn an_attestation_that_names_another_predecessor_is_rejected() {
    let (mut world, at, built) = attested();
    let wrong = again(&world, tamper!(built, Attest, |it| it.statement.previous = TransactionId([1; 64])));
    assert_eq!(world.verdict(at, &wrong), Err(Rejection::AttestPredecessor));
    world.accept(at, &[built]);
    let end = world.parameters().window_end(world.window(1));
    let reading = world.measured(5, 5);
    let mut plan = world.attest_plan(0, world.window(1), &[reading], end);
    plan.previous = meter::NO_ATTESTATION;
    let forked = world.attest_with(0, plan);
    assert_eq!(world.verdict(end, &forked), Err(Rejection::AttestPredecessor));
}

/// Invariant A6.
#[test]
fn a_window_minted_twice_is_rejected() {
    let (mut world, at, built) = attested();
    world.accept(at, &[built]);
    let reading = world.measured(1234, 56);
    let twice = world.attest(0, world.window(0), &[reading]);
    assert_eq!(world.verdict(at, &twice), Err(Rejection::WindowsNotContiguous));
}

/// Invariant A6.
#[test]
fn a_window_left_out_is_rejected() {
    let (mut world, at, _) = attested();
    let reading = world.measured(1, 1);
    for skipped in [world.window(1), Window(world.window(0).0 - 1)] {
        let built = world.attest(0, skipped, std::slice::from_ref(&reading));
        assert_eq!(world.verdict(at, &built), Err(Rejection::WindowsNotContiguous));
    }
}

/// Invariant A6.
#[test]
fn a_window_that_is_not_over_is_rejected() {
    let (mut world, at, _) = attested();
    let readings = [world.measured(1, 1), world.measured(2, 2)];
    let end = world.parameters().window_end(world.window(1));
    let built = world.attest_until(0, world.window(0), &readings, end);
    assert_eq!(world.verdict(at, &built), Err(Rejection::WindowNotOver));
    assert_eq!(world.verdict(end.minus(1), &built), Err(Rejection::WindowNotOver));
    assert_eq!(world.verdict(end, &built), Ok(()));
}

/// Invariant A1.
#[test]
fn a_signature_by_another_key_or_of_another_statement_is_rejected() {
    let (world, at, built) = attested();
    for key in [&world.meters[1].key, &world.treasury, &world.validators[0]] {
        assert_eq!(world.verdict(at, &signed_again(&built, key)), Err(Rejection::MeterSignature));
    }
    let changed = tamper!(built, Attest, |it| it.statement.salt[0] ^= 1);
    assert_eq!(world.verdict(at, &changed), Err(Rejection::MeterSignature));
}

/// Invariant E10.
/// Invariant A3.
#[test]
fn a_reading_that_exceeds_the_meters_class_is_rejected() {
    let (mut world, at, _) = attested();
    let mut large = world.measured(0, 0);
    large.export[0] = 70_000;
    let plan = world.attest_plan(0, world.window(0), &[large], at.plus(540));
    assert!(plan.prove(&world.genesis, &mut world.rng).is_err(), "no meter of class 16 builds it");

    let mut large = world.measured(0, 0);
    large.export[0] = 65_535;
    let built = world.attest(0, world.window(0), &[large]);
    assert_eq!(world.verdict(at, &built), Ok(()));
    let larger = again(
        &world,
        tamper!(built, Attest, |it| {
            it.statement.windows[0].export[0] = forge::one_more(&it.statement.windows[0].export[0]);
        }),
    );
    assert_eq!(world.verdict(at, &larger), Err(Rejection::RangeProof));
}

/// Invariant E10.
#[test]
fn a_changed_or_foreign_range_proof_of_an_attestation_is_rejected() {
    let (mut world, at, built) = attested();
    let changed = tamper!(built, Attest, |it| it.range = changed_range(&it.range, 5).unwrap());
    assert_eq!(world.verdict(at, &changed), Err(Rejection::RangeProof));
    // A proof of another length is read, and refused.
    let other = world.pay(ANNA, BERT, 4);
    let Action::Transfer(transfer) = other.transaction.action().clone() else { panic!("a transfer") };
    let foreign = tamper!(built, Attest, |it| it.range = transfer.range.clone());
    assert_eq!(world.verdict(at, &foreign), Err(Rejection::RangeProof));
}

#[test]
fn running_sums_open_to_the_sums_of_all_readings() {
    let (mut world, at, built) = attested();
    world.accept(at, &[built]);
    let end = world.parameters().window_end(world.window(1));
    world.pass(end);
    let reading = world.measured(66, 44);
    let built = world.attest(0, world.window(1), &[reading]);
    let Action::Attest(attest) = built.transaction.action().clone() else { panic!("an attestation") };
    let before = world.ledger().meter(MeterId(0)).unwrap();
    world.accept(end, &[built]);
    let after = world.ledger().meter(MeterId(0)).unwrap();
    let window = &attest.statement.windows[0];
    let difference = after.export_sum.point() - before.export_sum.point();
    assert_eq!(difference, *window.export_sum().point());
    assert_eq!(after.import_sum.point() - before.import_sum.point(), *window.import_sum().point());
    assert_eq!(world.households[ANNA].balance(electricity(world.window(1))), 66);
    assert_eq!(world.households[ANNA].balance(Asset::Credit), 40_000_000);
}
