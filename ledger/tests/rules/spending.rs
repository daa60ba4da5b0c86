//! Rules of buckets, key images, ring signatures and balance.

use hushwatt_crypto::{
    CryptoError, Point, SecretScalar,
    clsag::Clsag,
    commitment::Opening,
    range::{self, RangeBits},
};
use hushwatt_ledger::{
    Rejection,
    note::{Asset, BucketId, Output},
    transaction::{Action, build::BuildError, build::Built},
};

use crate::{
    kit::{
        forge::{changed_range, incremented, one_more},
        *,
    },
    tamper,
};

/// Invariant E6.
/// Invariant K6.
#[test]
fn a_second_spend_in_the_same_block_is_rejected() {
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[..1].to_vec();
    let one = world.transfer(&note, &[(BERT, 5), (ANNA, 10_000_000 - 12)]);
    let other = world.transfer(&note, &[(CARLA, 6), (ANNA, 10_000_000 - 13)]);
    assert_eq!(world.verdict_on_both(world.after(60), &one, &other), Err(Rejection::AlreadySpent));
    let left_out = world.offer(world.after(60), &[one, other]);
    assert_eq!(left_out.len(), 1, "one of both is in the block");
    assert_eq!(left_out[0].1, Rejection::AlreadySpent);
}

/// Invariant E6.
#[test]
fn a_second_spend_in_a_later_block_is_rejected() {
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[..1].to_vec();
    let one = world.transfer(&note, &[(BERT, 5), (ANNA, 10_000_000 - 12)]);
    let other = world.transfer(&note, &[(CARLA, 6), (ANNA, 10_000_000 - 13)]);
    world.accept(world.after(60), std::slice::from_ref(&one));
    assert_eq!(world.verdict(world.after(60), &one), Err(Rejection::AlreadySpent));
    assert_eq!(world.verdict(world.after(60), &other), Err(Rejection::AlreadySpent));
}

/// Invariant E6.
#[test]
fn a_note_is_spent_once_in_whatever_kind_of_transaction() {
    let mut world = fresh();
    let note = world.spendable(TREASURY, Asset::Credit)[..1].to_vec();
    let burn = world.burn_with(&note, 5);
    let transfer = world.transfer(&note, &[(CARLA, 6), (ANNA, 10_000_000 - 13)]);
    assert_eq!(world.verdict_on_both(world.after(60), &burn, &transfer), Err(Rejection::AlreadySpent));
}

/// Invariant E6.
#[test]
fn two_spends_of_different_notes_in_one_block_are_accepted() {
    let mut world = fresh();
    let (one, other) = (world.pay(ANNA, BERT, 5), world.pay(BERT, ANNA, 5));
    assert_eq!(world.verdict_on_both(world.after(60), &one, &other), Ok(()));
}

/// Invariant E7.
#[test]
fn a_bucket_that_is_not_sealed_yet_is_rejected_until_it_is() {
    let mut world = fresh();
    let payments = [world.pay(ANNA, BERT, 5), world.pay(BERT, CARLA, 6)];
    world.accept(world.after(60), &payments);
    let waiting = world.pending(ANNA, Asset::Credit);
    assert!(!waiting.is_empty());
    let next = BucketId(world.counters().buckets);
    let built = world.pay(CARLA, BERT, 5);
    let unsealed = tamper!(built, Transfer, |it| it.statement.bucket.id = next);
    assert_eq!(world.verdict(world.after(60), &unsealed), Err(Rejection::UnknownBucket));
    world.next_epoch();
    assert!(world.pending(ANNA, Asset::Credit).is_empty(), "sealed now");
    let sealed = world.transfer(&waiting, &[(BERT, 1), (ANNA, waiting[0].opening.value - 8)]);
    assert_eq!(sealed.transaction.action().buckets()[0].id, next);
    assert_eq!(world.verdict(world.after(60), &sealed), Ok(()));
}

/// Invariant E7.
#[test]
fn a_length_that_the_bucket_never_had_is_rejected() {
    let mut world = fresh();
    let built = world.pay(ANNA, BERT, 5);
    for length in [15, 17] {
        let outdated = tamper!(built, Transfer, |it| {
            it.statement.bucket.length = length;
            // As many responses as the named length asks for, so that the bytes can be read.
            let response = it.signatures[0].responses[0];
            it.signatures[0].responses.resize(length as usize, response);
        });
        assert_eq!(world.verdict(world.after(60), &outdated), Err(Rejection::OutdatedBucket));
    }
}

/// Invariant E7.
#[test]
fn a_superseded_length_may_be_named_for_ten_minutes_and_no_longer() {
    let Market { mut world, to_anna, to_carla, of_anna, .. } = market();
    let energy = electricity(world.window(0));
    let slot = world.parameters().append_slot;
    let first = world.deliver(BERT, energy, &[(to_anna, 100)]);
    world.accept(world.after(60), &[first]);
    let joins = world.parameters().append_at(world.now());
    // Anna delivers over the bucket as it was before Bert's change joined it.
    world.pass(joins.minus(30));
    let notes = world.spendable(ANNA, energy);
    let before = world.deliver(ANNA, energy, &[(of_anna, 50)]);
    let old = world.locate(notes[0].number).unwrap().0;
    world.pass(joins);
    assert_eq!(world.locate(notes[0].number).unwrap().0.length, old.length + 1, "the change joined");
    assert_eq!(world.verdict(joins.plus(599), &before), Ok(()));
    assert_eq!(world.verdict(joins.plus(600), &before), Err(Rejection::OutdatedBucket));
    // The change itself is spendable over the new length.
    let second = world.deliver(BERT, energy, &[(to_carla, 100)]);
    assert_eq!(second.transaction.action().buckets()[0].length, old.length + 1);
    assert_eq!(world.verdict(world.after(slot / 2), &second), Ok(()));
}

/// Invariant E7.
#[test]
fn credit_is_not_spent_from_a_bucket_of_energy() {
    let Market { mut world, .. } = market();
    let energy = electricity(world.window(0));
    let note = world.spendable(BERT, energy)[..1].to_vec();
    let value = note[0].opening.value;
    let transfer = world.transfer(&note, &[(BERT, value - 107), (ANNA, 100)]);
    assert_eq!(world.verdict(world.after(60), &transfer), Err(Rejection::ForeignBucket));
    let burn = world.burn_with(&note, 100);
    assert_eq!(world.verdict(world.after(60), &burn), Err(Rejection::ForeignBucket));
    let window = world.window(5);
    let utility = hushwatt_ledger::units::Utility::Water;
    let bid = build::Bid { buyer: BERT, seller: ANNA, utility, window, price: 10, quantity: 1 };
    let open = world.open_with(&note, &bid);
    assert_eq!(world.verdict(world.after(60), &open), Err(Rejection::ForeignBucket));
}

/// Invariant E7.
#[test]
fn energy_is_not_delivered_from_a_bucket_of_credit() {
    let Market { mut world, to_anna, .. } = market();
    let credit = world.spendable(BERT, Asset::Credit)[..1].to_vec();
    let plan = world.deliver_plan(BERT, &credit, &[(to_anna, 100)]);
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ForeignBucket));
}

/// Anna has notes in bucket 0 and in a later one.
fn two_buckets() -> (World, Vec<OwnedNote>) {
    let mut world = fresh();
    let payments = [world.pay(ANNA, BERT, 5), world.pay(BERT, ANNA, 6)];
    world.accept(world.after(60), &payments);
    world.next_epoch();
    let notes = world.spendable(ANNA, Asset::Credit);
    let other = notes.iter().find(|note| world.locate(note.number).unwrap().0.id != BucketId(0)).unwrap().clone();
    let pair = vec![notes[0].clone(), other];
    (world, pair)
}

/// Invariant E8.
#[test]
fn inputs_of_two_buckets_are_rejected() {
    let (mut world, notes) = two_buckets();
    let sum = notes.iter().map(|note| note.opening.value).sum::<u64>() - 7;
    let plan = world.transfer_plan(&notes, &[(BERT, 5), (ANNA, sum - 5)]);
    let ring = world.ring(plan.bucket);
    let refused = plan.derive(&world.genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng);
    assert_eq!(refused.err(), Some(BuildError::Crypto(CryptoError::NotTheRingMember)), "no wallet builds it");

    // A cheat signs each input over its own bucket, and names either.
    let openings = [5, sum - 5].map(|value| Opening::new(value, SecretScalar::random(&mut world.rng)));
    let outputs = openings
        .clone()
        .map(|opening| Output { key: world.nobodys_key(), commitment: opening.commit_point().unwrap() });
    let fresh = SecretScalar::random(&mut world.rng);
    let rest = openings[0].blinding.plus(&openings[1].blinding).minus(&fresh);
    for named in [0, 1] {
        let inputs = vec![world.forged_input(&notes[0], fresh.clone()), world.forged_input(&notes[1], rest.clone())];
        let (bucket, _) = world.locate(notes[named].number).unwrap();
        let network = *world.network();
        let mut built = world.forged_transfer(bucket, inputs, outputs.to_vec(), |digest, rng| {
            range::prove(&network, digest, RangeBits::Bits64, &openings, rng).unwrap()
        });
        // Both rings must have the length that the bytes promise.
        built = tamper!(built, Transfer, |it| {
            for signature in &mut it.signatures {
                let response = signature.responses[0];
                signature.responses.resize(bucket.ring(), response);
            }
        });
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::RingSignature));
    }
}

#[test]
fn a_forged_transfer_that_is_right_in_everything_is_accepted() {
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[0].clone();
    let built = transfer_of(&mut world, &note, |outputs| outputs);
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
}

/// A Transfer whose outputs `change` may put on other commitments; signatures and range proof are made for the result.
pub fn transfer_of(world: &mut World, note: &OwnedNote, change: impl FnOnce([Output; 2]) -> [Output; 2]) -> Built {
    let (bucket, _) = world.locate(note.number).unwrap();
    let openings = [10, note.opening.value - 17].map(|value| Opening::new(value, SecretScalar::random(&mut world.rng)));
    let outputs = change(
        openings
            .clone()
            .map(|opening| Output { key: world.nobodys_key(), commitment: opening.commit_point().unwrap() }),
    );
    let input = world.forged_input(note, openings[0].blinding.plus(&openings[1].blinding));
    let network = *world.network();
    world.forged_transfer(bucket, vec![input], outputs.to_vec(), |digest, rng| {
        range::prove(&network, digest, RangeBits::Bits64, &openings, rng).unwrap()
    })
}

/// Invariant T1, E8.
#[test]
fn inflation_by_one_unit_is_rejected() {
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[0].clone();
    let plan = world.transfer_plan(std::slice::from_ref(&note), &[(BERT, 10), (ANNA, note.opening.value - 16)]);
    assert_eq!(plan.derive(&world.genesis, &mut world.rng).err(), Some(BuildError::Unbalanced), "no wallet builds it");

    let built = transfer_of(&mut world, &note, |[first, second]| {
        [first, Output { commitment: one_more(&second.commitment), ..second }]
    });
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::Unbalanced));

    // With an input commitment to one unit more it balances; then the ring does not.
    let inflated = tamper!(built, Transfer, |it| {
        it.statement.inputs[0].pseudo = one_more(&it.statement.inputs[0].pseudo);
    });
    assert_eq!(world.verdict(world.after(60), &inflated), Err(Rejection::RingSignature));
}

/// Invariant T1.
#[test]
fn a_transfer_without_the_fee_is_rejected() {
    let world = fresh();
    let mut free = world.clone();
    free.genesis.parameters.fee = 0;
    let note = world.spendable(ANNA, Asset::Credit)[0].clone();
    let built = free.transfer(&[note], &[(BERT, 10), (ANNA, 10_000_000 - 10)]);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::Unbalanced));
}

/// Invariant E10.
/// Invariant T2.
#[test]
fn a_negative_output_is_rejected_by_the_range_proof() {
    // Ten less eleven, and eleven more for the other: the sum is right.
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[0].clone();
    let built = transfer_of(&mut world, &note, |[first, second]| {
        let moved = |commitment: &Point, value: u64, sign: i8| {
            let value = Opening::new(value, SecretScalar::zero()).commit();
            let value = if sign < 0 { -value.point() } else { *value.point() };
            Point::new(commitment.point() + value).unwrap()
        };
        let (less, more) = (moved(&first.commitment, 11, -1), moved(&second.commitment, 11, 1));
        [Output { commitment: less, ..first }, Output { commitment: more, ..second }]
    });
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::RangeProof));
}

/// Invariant E10.
#[test]
fn a_changed_range_proof_is_rejected() {
    let mut world = fresh();
    let built = world.pay(ANNA, BERT, 5);
    let changed = tamper!(built, Transfer, |it| it.range = changed_range(&it.range, 4).unwrap());
    assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::RangeProof));
}

/// Invariant E8.
#[test]
fn a_changed_ring_signature_is_rejected() {
    let mut world = fresh();
    let built = world.pay(ANNA, BERT, 5);
    let changes: [fn(&mut Clsag); 3] = [
        |signature| signature.c0 = incremented(&signature.c0),
        |signature| signature.responses[3] = incremented(&signature.responses[3]),
        |signature| signature.d = forge::shifted(&signature.d),
    ];
    for change in changes {
        let changed = tamper!(built, Transfer, |it| change(&mut it.signatures[0]));
        assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::RingSignature));
    }
}

/// Invariant E8.
#[test]
fn a_note_of_somebody_else_is_not_spent() {
    let mut world = fresh();
    let mut stolen = world.spendable(BERT, Asset::Credit)[0].clone();
    stolen.secret = world.spendable(ANNA, Asset::Credit)[0].secret.clone();
    let plan = world.transfer_plan(&[stolen], &[(ANNA, 10), (ANNA, 10_000_000 - 17)]);
    let ring = world.ring(plan.bucket);
    let refused = plan.derive(&world.genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng);
    assert_eq!(refused.err(), Some(BuildError::Crypto(CryptoError::NotTheRingMember)));
}

/// Invariant E8.
#[test]
fn a_signature_of_another_transaction_is_rejected() {
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[..1].to_vec();
    let one = world.transfer(&note, &[(BERT, 5), (ANNA, 10_000_000 - 12)]);
    let other = world.transfer(&note, &[(BERT, 5), (ANNA, 10_000_000 - 12)]);
    let Action::Transfer(signed) = other.transaction.action().clone() else { panic!("a transfer") };
    let mixed = tamper!(one, Transfer, |it| it.signatures = signed.signatures.clone());
    assert_eq!(world.verdict(world.after(60), &mixed), Err(Rejection::RingSignature));
}

/// Invariant D4.
#[test]
fn an_open_and_a_deliver_that_do_not_balance_are_rejected() {
    let Market { mut world, to_anna, .. } = market();
    let energy = electricity(world.window(0));
    let deliver = world.deliver(BERT, energy, &[(to_anna, 100)]);
    let changed = tamper!(deliver, Deliver, |it| {
        it.statement.change.commitment = one_more(&it.statement.change.commitment);
    });
    assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::Unbalanced));

    let window = world.window(5);
    let utility = hushwatt_ledger::units::Utility::Water;
    let open = world.open(&build::Bid { buyer: ANNA, seller: BERT, utility, window, price: 10, quantity: 4 });
    assert_eq!(world.verdict(world.after(60), &open), Ok(()));
    for changed in [
        tamper!(open, Open, |it| it.statement.change.commitment = one_more(&it.statement.change.commitment)),
        tamper!(open, Open, |it| it.statement.contract.quantity = one_more(&it.statement.contract.quantity)),
    ] {
        assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::Unbalanced));
    }
}
