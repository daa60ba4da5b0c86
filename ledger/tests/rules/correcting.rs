//! Rules of corrections: a meter replaces what it attested of a window, for as long as the genesis allows.

use hushwatt_crypto::{Element, commitment::Opening, range::RangeBits};
use hushwatt_ledger::{
    Rejection,
    parameters::Parameters,
    state::{WindowRecord, recompute_root},
    transaction::{
        Action, TransactionId,
        attest::WindowStatus,
        build::{BuildError, Built},
    },
    units::{MeterId, Timestamp, Window},
};

use crate::{
    kit::{
        forge::{changed_range, one_more, signed_again},
        *,
    },
    tamper,
};

/// A world after the attestation of window 0 by meter 0 (class 16) and meter 1 (class 32), and a right correction of meter 0.
fn corrected() -> (World, Built) {
    let mut world = fresh();
    let at = world.parameters().window_end(world.window(0)).plus(60);
    world.pass(at);
    let reading = world.measured(1234, 56);
    let built = [0, 1].map(|meter| world.attest(meter, world.window(0), std::slice::from_ref(&reading)));
    world.accept(at, &built);
    let right = world.measured(1000, 70);
    let correct = world.correct(0, world.window(0), &right);
    assert_eq!(world.verdict(world.after(60), &correct), Ok(()));
    (world, correct)
}

/// The same with another statement, signed by its meter again.
fn again(world: &World, built: &Built) -> Built {
    signed_again(built, &world.meters[0].key)
}

fn record(world: &World, meter: u32, window: Window) -> Option<WindowRecord> {
    world.ledger().window(MeterId(meter), window).unwrap()
}

/// Invariant C7.
#[test]
fn a_correction_replaces_the_windows_sums_and_touches_no_note() {
    let (mut world, correct) = corrected();
    let window = world.window(0);
    let (before, old) = (world.ledger().meter(MeterId(0)).unwrap(), record(&world, 0, window).unwrap());
    assert_eq!(old.corrections, 0);
    let (notes, balance) = (world.counters().notes, world.households[ANNA].balance(electricity(window)));
    world.accept(world.after(60), std::slice::from_ref(&correct));
    let Action::Correct(action) = correct.transaction.action() else { panic!("a correction") };
    let (after, new) = (world.ledger().meter(MeterId(0)).unwrap(), record(&world, 0, window).unwrap());
    let values = action.statement.values();
    assert_eq!((new.export_sum, new.import_sum, new.corrections), (values.export_sum(), values.import_sum(), 1));
    let moved = |sum: &Element, old: &Element, new: &Element| Element::new(sum.point() - old.point() + new.point());
    assert_eq!(after.export_sum, moved(&before.export_sum, &old.export_sum, &new.export_sum));
    assert_eq!(after.import_sum, moved(&before.import_sum, &old.import_sum, &new.import_sum));
    assert_eq!((after.sequence, after.last, after.next_window), (2, *correct.transaction.id(), world.window(1)));
    // The energy note, and who has it, are as before.
    assert_eq!((notes, balance), (world.counters().notes, world.households[ANNA].balance(electricity(window))));
    assert_eq!(balance, 1234);
    assert_eq!(recompute_root(world.network(), &world.state).unwrap(), world.parent.set_hash, "records are state");

    // A second one replaces the first; the running sum of the only window is its last sum.
    let third = world.measured(7, 7);
    let second = world.correct(0, window, &third);
    world.accept(world.after(60), &[second]);
    let (last, sums) = (record(&world, 0, window).unwrap(), world.ledger().meter(MeterId(0)).unwrap());
    assert_eq!((last.corrections, sums.export_sum, sums.import_sum), (2, last.export_sum, last.import_sum));
}

/// Invariant C7.
#[test]
fn windows_of_every_status_are_corrected_and_the_chain_goes_on() {
    let mut world = fresh();
    let statuses = WindowStatus::ALL;
    let late = world.parameters().attest_until(world.window(2)).plus(1);
    world.pass(late);
    let kinds = [WindowStatus::Late, WindowStatus::Missing, WindowStatus::Estimated];
    let mut readings: Vec<Reading> = kinds.iter().map(|status| world.reading(*status, 0, 0)).collect();
    readings.extend([world.reading(statuses[1], 5, 6), world.reading(statuses[0], 7, 8)]);
    let first = world.window(0);
    let attest = world.attest(0, first, &readings);
    world.accept(late, &[attest]);
    for place in 0..5 {
        let right = world.measured(100 + place, 3);
        let correct = world.correct(0, world.window(place.into()), &right);
        world.accept(world.after(1), &[correct]);
    }
    let end = world.parameters().window_end(world.window(5));
    world.pass(end);
    let next = world.measured(1, 1);
    let attest = world.attest(0, world.window(5), &[next]);
    world.accept(end, &[attest]);
    assert_eq!(world.ledger().meter(MeterId(0)).unwrap().sequence, 7);
}

/// Invariant C1.
#[test]
fn a_correction_by_an_unregistered_meter_or_signed_by_another_key_is_rejected() {
    let (world, built) = corrected();
    let at = world.after(60);
    for number in [5, u32::MAX] {
        let stranger = again(&world, &tamper!(built, Correct, |it| it.statement.meter = MeterId(number)));
        assert_eq!(world.verdict(at, &stranger), Err(Rejection::UnknownMeter));
    }
    for key in [&world.meters[1].key, &world.treasury, &world.validators[0]] {
        assert_eq!(world.verdict(at, &signed_again(&built, key)), Err(Rejection::MeterSignature));
    }
    let changed = tamper!(built, Correct, |it| it.statement.salt[0] ^= 1);
    assert_eq!(world.verdict(at, &changed), Err(Rejection::MeterSignature));
}

/// Invariant C2.
#[test]
fn a_correction_with_too_few_or_too_many_intervals_is_rejected() {
    let (world, built) = corrected();
    let few = tamper!(built, Correct, |it| {
        it.statement.export.pop();
        it.statement.import.pop();
    });
    let many = tamper!(built, Correct, |it| {
        it.statement.export.push(it.statement.export[0]);
        it.statement.import.push(it.statement.import[0]);
    });
    for built in [few, many] {
        assert_eq!(world.verdict(world.after(60), &again(&world, &built)), Err(Rejection::IntervalCount));
    }
    let mut world = world;
    let mut reading = world.measured(1, 1);
    reading.export.pop();
    let plan = world.correct_plan(0, world.window(0), &reading, world.valid_until());
    assert_eq!(plan.prove(&world.genesis, RangeBits::Bits16, &mut world.rng).err(), Some(BuildError::WindowShape));
}

/// Invariant C3.
#[test]
fn a_correction_outside_of_the_meters_class_is_rejected() {
    let (mut world, built) = corrected();
    let at = world.after(60);
    let changed = tamper!(built, Correct, |it| it.range = changed_range(&it.range, 5).unwrap());
    assert_eq!(world.verdict(at, &changed), Err(Rejection::RangeProof));
    let mut large = world.measured(0, 0);
    large.export[0] = 65_535;
    let most = world.correct(0, world.window(0), &large);
    assert_eq!(world.verdict(at, &most), Ok(()));
    let larger = tamper!(most, Correct, |it| it.statement.export[0] = one_more(&it.statement.export[0]));
    assert_eq!(world.verdict(at, &again(&world, &larger)), Err(Rejection::RangeProof));
    // A proof of the other class is of another length.
    large.export[0] = 65_536;
    let plan = world.correct_plan(0, world.window(0), &large, world.valid_until());
    let wide = plan.prove(&world.genesis, RangeBits::Bits32, &mut world.rng).unwrap().sign(&world.meters[0].key);
    assert_eq!(world.verdict(at, &wide), Err(Rejection::RangeProof));
    let plan = world.correct_plan(0, world.window(0), &large, world.valid_until());
    assert!(plan.prove(&world.genesis, RangeBits::Bits16, &mut world.rng).is_err(), "no meter of class 16 builds it");
}

/// Invariant C3.
#[test]
fn in_class_32_the_sums_of_a_corrected_window_are_in_32_bits_too() {
    let (mut world, _) = corrected();
    let mut most = world.measured(0, 0);
    most.export[..2].copy_from_slice(&[u32::MAX - 1, 1]);
    let right = world.correct(1, world.window(0), &most);
    assert_eq!(world.verdict(world.after(60), &right), Ok(()));
    most.export[2] = 1;
    let plan = world.correct_plan(1, world.window(0), &most, world.valid_until());
    assert!(plan.prove(&world.genesis, RangeBits::Bits32, &mut world.rng).is_err(), "the sum has 33 bits");
}

/// Invariant C4.
#[test]
fn a_correction_that_does_not_continue_its_meters_chain_is_rejected() {
    let (mut world, built) = corrected();
    let at = world.after(60);
    for sequence in [0, 1, 3, u64::MAX] {
        let gapped = again(&world, &tamper!(built, Correct, |it| it.statement.sequence = sequence));
        assert_eq!(world.verdict(at, &gapped), Err(Rejection::AttestSequence));
    }
    let forked = again(&world, &tamper!(built, Correct, |it| it.statement.previous = TransactionId([1; 64])));
    assert_eq!(world.verdict(at, &forked), Err(Rejection::AttestPredecessor));
    // Attest and Correct are one chain: of two with one number only one is taken, and a replay is none.
    let end = world.parameters().window_end(world.window(1));
    world.pass(end);
    let reading = world.measured(5, 5);
    let attest = world.attest(0, world.window(1), &[reading]);
    let right = world.measured(6, 6);
    let correct = world.correct(0, world.window(0), &right);
    assert_eq!(world.verdict_on_both(end, &attest, &correct), Err(Rejection::AttestSequence));
    world.accept(end, std::slice::from_ref(&correct));
    assert_eq!(world.verdict(end, &correct), Err(Rejection::AttestSequence));
    assert_eq!(world.verdict(end, &attest), Err(Rejection::AttestSequence));
}

/// A world with a correction term of three hours after the window, just after window 0 was attested by meter 0.
fn short_term() -> World {
    let parameters = Parameters { correction_term: 3 * 3600, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let at = world.parameters().window_end(world.window(0)).plus(60);
    world.pass(at);
    let reading = world.measured(5, 5);
    let attest = world.attest(0, world.window(0), &[reading]);
    world.accept(at, &[attest]);
    world
}

/// Invariant C5.
#[test]
fn a_correction_after_its_term_is_rejected_although_its_record_lies_there() {
    let mut world = short_term();
    let (window, last) = (world.window(0), world.parameters().correct_until(world.window(0)));
    let right = world.measured(6, 6);
    let plan = world.correct_plan(0, window, &right, last.plus(600));
    let built = world.correct_with(0, plan);
    assert_eq!(world.verdict(last, &built), Ok(()));
    assert_eq!(world.verdict(last.plus(1), &built), Err(Rejection::CorrectionTooLate));
    world.pass(last.plus(1));
    assert!(record(&world, 0, window).is_some(), "no Attest has removed it yet");
}

/// Invariant C5.
#[test]
fn on_a_network_without_corrections_every_correction_is_rejected_and_nothing_is_kept() {
    let parameters = Parameters { correction_term: 0, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let end = world.parameters().window_end(world.window(0));
    world.pass(end);
    let reading = world.measured(5, 5);
    let attest = world.attest(0, world.window(0), std::slice::from_ref(&reading));
    world.accept(end, &[attest]);
    assert_eq!(record(&world, 0, world.window(0)), None);
    let correct = world.correct(0, world.window(0), &reading);
    assert_eq!(world.verdict(end, &correct), Err(Rejection::CorrectionTooLate));
}

/// Invariant C6.
#[test]
fn a_correction_of_a_window_that_was_never_attested_is_rejected() {
    let (mut world, _) = corrected();
    let right = world.measured(6, 6);
    let before = Window(world.window(0).0 - 1);
    for window in [world.window(1), world.window(10_000), before] {
        let built = world.correct(0, window, &right);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::CorrectionOfUnattested), "{window:?}");
    }
    // Another meter's attestation of the window is none of this one's.
    let built = world.correct(2, world.window(0), &right);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::CorrectionOfUnattested));
}

/// Invariant C8.
#[test]
fn an_attest_removes_its_meters_records_past_their_term_oldest_first_and_no_more_than_48() {
    // 40 windows are put on record by each of two meters.
    let parameters = Parameters { correction_term: 50 * 3600, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let count = |world: &World, meter| (0..60).filter(|n| record(world, meter, world.window(*n)).is_some()).count();
    for meter in [0, 1] {
        let mut next = 0;
        while next < 40 {
            let many = 20.min(40 - next);
            let end = world.parameters().window_end(world.window(next + many - 1)).max(world.now());
            world.pass(end);
            let readings = vec![world.reading(WindowStatus::Missing, 0, 0); many as usize];
            let attest = world.attest(meter, world.window(next), &readings);
            world.accept(end, &[attest]);
            next += many;
        }
    }
    assert_eq!((count(&world, 0), count(&world, 1)), (40, 40));
    // Long after the term of all of them: each Attest of a meter removes its own.
    let later = world.parameters().correct_until(world.window(59)).plus(1);
    world.pass(later);
    let readings = vec![world.reading(WindowStatus::Missing, 0, 0); 20];
    let attest = world.attest(0, world.window(40), &readings);
    world.accept(later, &[attest]);
    assert_eq!((count(&world, 0), count(&world, 1)), (0, 40), "what is past its term is not put on record either");
    assert_eq!(recompute_root(world.network(), &world.state).unwrap(), world.parent.set_hash);
}

/// Invariant C8.
#[test]
fn more_than_48_old_records_take_more_than_one_attest() {
    let parameters = Parameters { correction_term: 80 * 3600, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let count = |world: &World| (0..100).filter(|n| record(world, 0, world.window(*n)).is_some()).count();
    let post = |world: &mut World, first: u64, many: usize, at: Timestamp| {
        world.pass(at);
        let readings = vec![world.reading(WindowStatus::Missing, 0, 0); many];
        let attest = world.attest(0, world.window(first), &readings);
        world.accept(at, &[attest]);
    };
    for first in [0, 24, 48] {
        let end = world.parameters().window_end(world.window(first + 23));
        post(&mut world, first, 24, end);
    }
    assert_eq!(count(&world), 72);
    let later = world.parameters().correct_until(world.window(80)).plus(1);
    post(&mut world, 72, 1, later);
    assert_eq!(count(&world), 72 - 48);
    assert!(record(&world, 0, world.window(47)).is_none() && record(&world, 0, world.window(48)).is_some());
    post(&mut world, 73, 1, later);
    assert_eq!(count(&world), 0);
}

#[test]
fn running_sums_open_to_the_corrected_readings() {
    let (mut world, correct) = corrected();
    let right = world.measured(321, 12);
    let plan = world.correct_plan(1, world.window(0), &right, world.valid_until());
    let sum = |openings: &[Opening]| Opening {
        value: openings.iter().map(|opening| opening.value).sum(),
        blinding: hushwatt_crypto::SecretScalar::sum(openings.iter().map(|opening| &opening.blinding)),
    };
    let (export, import) = (sum(&plan.export), sum(&plan.import));
    let other = world.correct_with(1, plan);
    world.accept(world.after(60), &[correct, other]);
    let meter = world.ledger().meter(MeterId(1)).unwrap();
    assert!(export.opens(&meter.export_sum) && import.opens(&meter.import_sum));
    assert_eq!((export.value, import.value), (321, 12));
}
