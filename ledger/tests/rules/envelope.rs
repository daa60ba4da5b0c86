//! Rules of bytes, envelope and structure.

use hushwatt_crypto::{CryptoError, NetworkId};
use hushwatt_ledger::{
    Rejection,
    codec::DecodeError,
    note::{Asset, Output},
    transaction::{HintsDigest, MAX_TRANSACTION_BYTES, build::Built},
    units::Timestamp,
};

use crate::{
    kit::{forge::tampered, *},
    spending, tamper,
};

fn malformed(error: DecodeError) -> Result<(), Rejection> {
    Err(Rejection::Malformed(error))
}

/// A Transfer from Anna to Bert in a fresh world.
fn payment() -> (World, Built) {
    let mut world = fresh();
    let built = world.pay(ANNA, BERT, 1_000);
    (world, built)
}

/// A Transfer with two inputs.
fn two_inputs() -> (World, Built) {
    let mut world = fresh();
    let notes = world.spendable(ANNA, Asset::Credit)[..2].to_vec();
    let built = world.transfer(&notes, &[(BERT, 12_000_000), (ANNA, 8_000_000 - 7)]);
    (world, built)
}

#[test]
fn a_transaction_is_accepted_as_its_builder_made_it() {
    let (mut world, built) = payment();
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
    world.accept(world.after(60), &[built]);
    assert_eq!(world.households[BERT].balance(Asset::Credit), 40_001_000);
    assert_eq!(world.households[ANNA].balance(Asset::Credit), 40_000_000 - 1_000 - 7);
}

/// Invariant E1.
#[test]
fn truncated_bytes_are_rejected() {
    let (world, built) = payment();
    let bytes = built.transaction.encode();
    for length in [0, 1, 40, 73, bytes.len() / 2, bytes.len() - 1] {
        let verdict = world.verdict_on_bytes(world.after(60), &bytes[..length], &built.hints);
        assert_eq!(verdict, malformed(DecodeError::Truncated), "{length} bytes");
    }
}

/// Invariant E1.
#[test]
fn bytes_after_the_end_are_rejected() {
    let (world, built) = payment();
    let bytes = [built.transaction.encode(), vec![0]].concat();
    assert_eq!(world.verdict_on_bytes(world.after(60), &bytes, &built.hints), malformed(DecodeError::TrailingBytes));
}

/// Invariant E1.
#[test]
fn an_oversize_transaction_is_rejected() {
    let (world, built) = payment();
    let mut bytes = built.transaction.encode();
    bytes.resize(MAX_TRANSACTION_BYTES + 1, 0);
    let verdict = world.verdict_on_bytes(world.after(60), &bytes, &built.hints);
    assert_eq!(verdict, malformed(DecodeError::LengthOutOfRange));
}

/// Invariant E1.
#[test]
fn another_version_an_unknown_kind_and_another_network_are_rejected() {
    let (world, built) = payment();
    let with = |place: usize, byte: u8| {
        let mut bytes = built.transaction.encode();
        bytes[place] = byte;
        world.verdict_on_bytes(world.after(60), &bytes, &built.hints)
    };
    assert_eq!(with(0, 2), malformed(DecodeError::WrongVersion));
    assert_eq!(with(73, 99), malformed(DecodeError::UnknownTag));
    let foreign = tampered(&built, |envelope, _| envelope.network = NetworkId([9; 32]));
    assert_eq!(world.verdict(world.after(60), &foreign), malformed(DecodeError::ForeignNetwork));
}

/// Invariant E1.
#[test]
fn non_canonical_points_and_scalars_are_rejected() {
    let (world, built) = payment();
    let bytes = built.transaction.encode();
    // Version, network, valid_until, hints digest, kind; bucket id and length; number of inputs: then the image.
    let image = 1 + 32 + 8 + 32 + 1 + 12 + 1;
    // Image and pseudo commitment; number of outputs, two outputs: then c0 of the ring signature.
    let c0 = image + 64 + 1 + 128;
    let with = |place: usize, part: [u8; 32]| {
        let mut bytes = bytes.clone();
        bytes[place..place + 32].copy_from_slice(&part);
        world.verdict_on_bytes(world.after(60), &bytes, &built.hints)
    };
    let refused = |error: CryptoError| malformed(DecodeError::Crypto(error));
    assert_eq!(with(image, [0xff; 32]), refused(CryptoError::NonCanonicalPoint));
    assert_eq!(with(image, [0; 32]), refused(CryptoError::IdentityPoint));
    assert_eq!(with(c0, [0xff; 32]), refused(CryptoError::NonCanonicalScalar));
    assert_eq!(with(bytes.len() - 32, [0xff; 32]), refused(CryptoError::RangeProofMalformed));
}

/// Invariant E1.
#[test]
fn wrong_counts_are_rejected() {
    let (world, built) = payment();
    let inputs = 1 + 32 + 8 + 32 + 1 + 12;
    let outputs = inputs + 1 + 64;
    for (place, count) in [(inputs, 0), (inputs, 5), (outputs, 0), (outputs, 1), (outputs, 3), (outputs, 9)] {
        let mut bytes = built.transaction.encode();
        bytes[place] = count;
        let verdict = world.verdict_on_bytes(world.after(60), &bytes, &built.hints);
        assert_eq!(verdict, malformed(DecodeError::LengthOutOfRange), "{count} at {place}");
    }
}

/// Invariant E2.
#[test]
fn a_validity_off_the_ten_minute_step_is_rejected() {
    let (world, built) = payment();
    let odd = tampered(&built, |envelope, _| envelope.valid_until = envelope.valid_until.minus(1));
    assert_eq!(world.verdict(world.after(60), &odd), Err(Rejection::ValidityStep));
}

/// Invariant E2.
#[test]
fn an_expired_transaction_is_rejected_and_one_in_its_last_second_is_not() {
    let (world, built) = payment();
    let until = built.transaction.envelope().valid_until;
    assert_eq!(world.verdict(until, &built), Ok(()));
    assert_eq!(world.verdict(until.plus(1), &built), Err(Rejection::Expired));
}

/// Invariant E2.
#[test]
fn a_transaction_valid_for_more_than_a_day_is_rejected_and_one_for_exactly_a_day_is_not() {
    let mut world = fresh();
    let note = world.spendable(ANNA, Asset::Credit)[0].clone();
    let mut plan = world.transfer_plan(&[note], &[(BERT, 3), (ANNA, 10_000_000 - 10)]);
    plan.valid_until = Timestamp(START.0 + 600 + 86_400);
    let ring = world.ring(plan.bucket);
    let built = plan.derive(&world.genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng).unwrap();
    assert_eq!(world.verdict(START.plus(600), &built), Ok(()));
    assert_eq!(world.verdict(START.plus(599), &built), Err(Rejection::ValidTooLong));
}

/// Invariant E3.
#[test]
fn key_images_out_of_order_are_rejected() {
    let (world, built) = two_inputs();
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
    let swapped = tamper!(built, Transfer, |transfer| {
        transfer.statement.inputs.swap(0, 1);
        transfer.signatures.swap(0, 1);
    });
    assert_eq!(world.verdict(world.after(60), &swapped), Err(Rejection::ImagesUnordered));
}

/// Invariant E3.
#[test]
fn one_key_image_twice_in_a_transaction_is_rejected() {
    let (world, built) = two_inputs();
    let doubled = tamper!(built, Transfer, |transfer| {
        transfer.statement.inputs[1].image = transfer.statement.inputs[0].image;
    });
    assert_eq!(world.verdict(world.after(60), &doubled), Err(Rejection::ImagesUnordered));
}

/// Invariant E3.
#[test]
fn key_images_of_a_burn_out_of_order_are_rejected() {
    let mut world = fresh();
    let notes = world.spendable(TREASURY, Asset::Credit)[..2].to_vec();
    let burn = world.burn_with(&notes, 5);
    assert_eq!(world.verdict(world.after(60), &burn), Ok(()));
    let swapped = tamper!(burn, Burn, |burn| burn.statement.inputs.swap(0, 1));
    assert_eq!(world.verdict(world.after(60), &swapped), Err(Rejection::ImagesUnordered));
}

/// Invariant E4.
#[test]
fn a_one_time_key_twice_in_a_transaction_is_rejected_in_every_kind() {
    let Market { mut world, to_anna, .. } = market();
    let energy = electricity(world.window(0));
    let at = world.after(60);
    let transfer = world.pay(ANNA, BERT, 5);
    let open = {
        let window = world.window(5);
        world.open(&build::Bid {
            buyer: ANNA,
            seller: BERT,
            utility: hushwatt_ledger::units::Utility::Water,
            window,
            price: 10,
            quantity: 1,
        })
    };
    let deliver = world.deliver(BERT, energy, &[(to_anna, 10)]);
    let mint = world.mint(&[(ANNA, 1), (BERT, 2)]);
    let readings = [world.measured(1, 1), world.measured(2, 2)];
    let attest = world.attest(0, world.window(1), &readings);
    let doubled = [
        tamper!(transfer, Transfer, |it| it.statement.outputs[1].key = it.statement.outputs[0].key),
        tamper!(open, Open, |it| it.statement.contract.claim_key = it.statement.contract.refund_key),
        tamper!(open, Open, |it| it.statement.change.key = it.statement.contract.claim_key),
        tamper!(deliver, Deliver, |it| it.statement.payout_key = it.statement.change.key),
        tamper!(mint, Mint, |it| it.statement.outputs[1].key = it.statement.outputs[0].key),
    ];
    for built in &doubled {
        assert_eq!(world.verdict(at, built), Err(Rejection::DuplicateKey), "{}", built.transaction.action().name());
    }
    let doubled = tamper!(attest, Attest, |it| it.statement.windows[1].note_key = it.statement.windows[0].note_key);
    assert_eq!(world.verdict(at, &doubled), Err(Rejection::DuplicateKey));
}

/// Invariant E4.
#[test]
fn a_one_time_key_that_is_on_the_ledger_already_is_accepted() {
    let mut world = fresh();
    let note = world.spendable(CARLA, Asset::Credit)[0].clone();
    let copied = world.spendable(ANNA, Asset::Credit)[0].key;
    let built = spending::transfer_of(&mut world, &note, |[first, second]| [Output { key: copied, ..first }, second]);
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
}

/// Invariant E5.
#[test]
fn hints_of_another_number_order_or_content_are_rejected() {
    let (world, built) = payment();
    let with = |change: fn(&mut Built)| {
        let mut built = built.clone();
        change(&mut built);
        world.verdict(world.after(60), &built)
    };
    assert_eq!(with(|built| built.hints.swap(0, 1)), Err(Rejection::HintsMismatch));
    assert_eq!(with(|built| built.hints.truncate(1)), Err(Rejection::HintsMismatch));
    assert_eq!(with(|built| built.hints.clear()), Err(Rejection::HintsMismatch));
    assert_eq!(with(|built| built.hints.push(built.hints[0])), Err(Rejection::HintsMismatch));
    assert_eq!(with(|built| built.hints[1].0[100] ^= 1), Err(Rejection::HintsMismatch));
}

/// Invariant E5.
#[test]
fn hints_for_a_transaction_without_any_are_rejected() {
    let mut world = fresh();
    let end = world.parameters().window_end(world.window(0));
    let reading = world.measured(5, 5);
    let mut attest = world.attest_until(0, world.window(0), &[reading], end);
    assert_eq!(world.verdict(end, &attest), Ok(()));
    let stray = world.pay(ANNA, BERT, 1).hints[0];
    attest.hints.push(stray);
    assert_eq!(world.verdict(end, &attest), Err(Rejection::HintsMismatch));
}

/// Invariant E5, E8.
#[test]
fn a_swapped_hints_digest_breaks_the_signature() {
    let (world, built) = payment();
    let mut swapped = tampered(&built, |envelope, _| {
        let hints: Vec<_> = built.hints.iter().rev().copied().collect();
        envelope.hints = HintsDigest::of(world.network(), &hints);
    });
    assert_eq!(world.verdict(world.after(60), &swapped), Err(Rejection::HintsMismatch));
    swapped.hints.reverse();
    assert_eq!(world.verdict(world.after(60), &swapped), Err(Rejection::RingSignature));
}
