//! Rules of Registry: who may change the validators, and from when on.

use hushwatt_crypto::{
    Label,
    range::RangeBits,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Block, propose_verified},
    codec::DecodeError,
    parameters::Parameters,
    state::recompute_root,
    transaction::{
        HintsDigest, Transaction,
        build::{BuildError, Built},
        registry::{RegistryChange, build::RegistryPlan},
    },
    units::{Epoch, MeterId, Window},
    validators::ValidatorSet,
};

use crate::{
    kit::{
        forge::{signed_again, tampered},
        *,
    },
    tamper,
};

/// A world with epochs of four blocks, at block 1, and a right change to five new validators.
fn election() -> (World, Vec<SigningKey>, Built) {
    let setup = Setup::default();
    let parameters = Parameters { epoch_blocks: 4, ..setup.parameters.clone() };
    let mut world = World::new(&Setup { parameters, ..setup });
    let new = world.new_validators(5);
    let built = world.change_validators(&new);
    (world, new, built)
}

fn set(keys: &[SigningKey]) -> ValidatorSet {
    ValidatorSet::new(keys.iter().map(SigningKey::verifying_key).collect()).unwrap()
}

/// The same change, signed again by these registrars, in this order, whatever they are.
fn signed_by(world: &World, built: &Built, signers: &[(u8, &SigningKey)]) -> Built {
    let digest = *built.transaction.id();
    let signatures: Vec<_> = signers
        .iter()
        .map(|(index, key)| (*index, key.sign(world.network(), Label::RegistrySignature, &digest.0)))
        .collect();
    tamper!(built, Registry, |it| it.signatures = signatures.clone())
}

/// Invariant R6.
#[test]
fn a_change_is_in_force_from_the_next_epoch_on() {
    let (mut world, new, built) = election();
    let (old, new) = (world.genesis.validators().clone(), set(&new));
    let network = *world.network();
    let named = |block: &Block| block.header.validator_set;
    let second = world.accept(world.after(60), &[built]);
    assert_eq!(named(&second), old.digest(&network));
    assert_eq!(world.ledger().validators_of(Epoch(0)).unwrap(), old);
    assert_eq!(world.ledger().validators_of(Epoch(1)).unwrap(), new);
    assert_eq!(world.ledger().validators_of(Epoch(u64::MAX)).unwrap(), new);
    let third = world.accept(world.after(60), &[]);
    assert_eq!((third.header.height, named(&third)), (3, old.digest(&network)));
    for _ in 4..10 {
        let block = world.accept(world.after(60), &[]);
        assert_eq!(named(&block), new.digest(&network), "block {}", block.header.height);
    }
    // It is state: the root knows it.
    assert_eq!(recompute_root(&network, &world.state).unwrap(), world.parent.set_hash);
}

/// Invariant R6.
#[test]
fn of_two_changes_in_an_epoch_the_later_one_counts() {
    let (mut world, _, first) = election();
    world.accept(world.after(60), &[first]);
    let other = world.new_validators(2);
    let second = world.change_validators(&other);
    world.accept(world.after(60), &[second]);
    assert_eq!(world.ledger().validators_of(Epoch(1)).unwrap(), set(&other));
    // And in the next epoch it can change again, which leaves this one as it is.
    world.accept(world.after(60), &[]);
    let third = world.change_validators(&other[..1]);
    world.accept(world.after(60), &[third]);
    assert_eq!(world.parent.height, 5);
    assert_eq!(world.ledger().validators_of(Epoch(1)).unwrap(), set(&other));
    assert_eq!(world.ledger().validators_of(Epoch(2)).unwrap(), set(&other[..1]));
}

/// Invariant R6.
#[test]
fn a_change_in_the_last_block_of_an_epoch_is_in_force_in_the_next_block() {
    let (mut world, new, built) = election();
    world.pass(world.after(60));
    let third = world.accept(world.after(60), &[built]);
    let fourth = world.accept(world.after(60), &[]);
    let network = world.network();
    assert_eq!((third.header.height, third.header.validator_set), (3, world.genesis.validators().digest(network)));
    assert_eq!((fourth.header.height, fourth.header.validator_set), (4, set(&new).digest(network)));
}

/// Invariant R1.
#[test]
fn a_replayed_or_skipped_change_is_rejected() {
    let (mut world, new, built) = election();
    for serial in [0, 2, u64::MAX] {
        let other = world.change_validators_by(serial, &new, &world.registrars[..2]);
        assert_eq!(world.verdict(world.after(60), &other), Err(Rejection::RegistrySerial), "serial {serial}");
    }
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
    world.accept(world.after(60), std::slice::from_ref(&built));
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::RegistrySerial));
}

/// Invariant R1.
#[test]
fn of_two_changes_with_one_number_a_block_has_one() {
    let (mut world, new, built) = election();
    let other = world.change_validators(&new[..4]);
    assert_eq!(world.verdict_on_both(world.after(60), &built, &other), Err(Rejection::RegistrySerial));
}

/// Invariant R2.
#[test]
fn signers_that_are_unknown_unsorted_or_named_twice_are_rejected() {
    let (world, _, built) = election();
    let [a, b, c] = &world.registrars[..] else { panic!("three registrars") };
    let right: [&[(u8, &SigningKey)]; 4] =
        [&[(0, a), (1, b)], &[(0, a), (2, c)], &[(1, b), (2, c)], &[(0, a), (1, b), (2, c)]];
    for signers in right {
        assert_eq!(world.verdict(world.after(60), &signed_by(&world, &built, signers)), Ok(()));
    }
    let wrong: [&[(u8, &SigningKey)]; 5] =
        [&[(1, b), (0, a)], &[(0, a), (0, a)], &[(0, a), (3, b)], &[(0, a), (255, c)], &[(0, a), (1, b), (1, b)]];
    for signers in wrong {
        let verdict = world.verdict(world.after(60), &signed_by(&world, &built, signers));
        assert_eq!(verdict, Err(Rejection::RegistrySigners));
    }
}

/// Invariant R3.
#[test]
fn a_change_by_too_few_registrars_is_rejected() {
    let (world, _, built) = election();
    let one = signed_by(&world, &built, &[(2, &world.registrars[2])]);
    assert_eq!(world.verdict(world.after(60), &one), Err(Rejection::RegistryQuorum));
    // Nobody at all cannot even be said.
    let none = signed_by(&world, &built, &[]);
    let refused = Rejection::Malformed(DecodeError::LengthOutOfRange);
    assert_eq!(world.verdict(world.after(60), &none), Err(refused));
}

/// Invariant R2, R3.
#[test]
fn a_genesis_without_registrars_lets_nobody_change_anything() {
    let mut world = World::new(&Setup { registrars: (0, 0), ..Setup::default() });
    let new = world.new_validators(1);
    let change = RegistryChange::Validators(set(&new));
    let plan = || RegistryPlan { serial: 1, change: change.clone(), valid_until: world.valid_until() };
    assert_eq!(plan().prepare(&world.genesis).finish(&world.genesis).err(), Some(BuildError::TooFewRegistrars));
    let stranger = plan().prepare(&world.genesis).sign(&world.genesis, &world.treasury);
    assert_eq!(stranger.err(), Some(BuildError::NoRegistrar));

    // A change that another network's registrars signed, moved here.
    let (other, _, built) = election();
    let moved = tampered(&built, |envelope, _| {
        envelope.network = *world.network();
        envelope.hints = HintsDigest::of(world.network(), &[]);
    });
    let moved = signed_by(&world, &moved, &[(0, &other.registrars[0]), (1, &other.registrars[1])]);
    assert_eq!(world.verdict(world.after(60), &moved), Err(Rejection::RegistrySigners));
    // Were no signer asked for, none would do: a quorum of nobody is met by nobody.
    let refused = hushwatt_ledger::rules::registry::enough_registrars_signed(&world.genesis, &[]);
    assert_eq!(refused, Err(Rejection::RegistryQuorum));
}

/// Invariant R4.
#[test]
fn a_change_that_a_registrar_did_not_sign_is_rejected() {
    let (world, new, built) = election();
    for key in [&world.treasury, &world.validators[0], &world.registrars[2], &new[0]] {
        let forged = signed_again(&built, key);
        assert_eq!(world.verdict(world.after(60), &forged), Err(Rejection::RegistrySignature));
    }
    // Signed for another purpose, or of another change.
    let digest = *built.transaction.id();
    for label in [Label::TreasurySignature, Label::MeterSignature, Label::Consensus] {
        let signature = world.registrars[1].sign(world.network(), label, &digest.0);
        let forged = tamper!(built, Registry, |it| it.signatures[1].1 = signature);
        assert_eq!(world.verdict(world.after(60), &forged), Err(Rejection::RegistrySignature));
    }
    let other = RegistryChange::Validators(set(&new[..4]));
    let changed = tamper!(built, Registry, |it| it.statement.change = other.clone());
    assert_eq!(world.verdict(world.after(60), &changed), Err(Rejection::RegistrySignature));
    let changed = tamper!(built, Registry, |it| it.statement.serial = 2);
    assert!(world.verdict(world.after(60), &changed).is_err());
}

/// Invariant R5.
#[test]
fn a_validator_with_the_key_of_another_role_is_rejected() {
    let (world, new, _) = election();
    let taken =
        [&world.treasury, &world.registrars[0], &world.registrars[2], &world.meters[0].key, &world.meters[4].key];
    for key in taken {
        let keys = [&new[..2], std::slice::from_ref(key)].concat();
        let built = world.change_validators_by(1, &keys, &world.registrars[..2]);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ValidatorKeyTaken));
    }
    // Old validators may stay, and come back.
    let keys = [&new[..2], &world.validators[..2]].concat();
    let built = world.change_validators_by(1, &keys, &world.registrars[..2]);
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
}

/// A right change whose list of keys is replaced in its bytes, and signed over those bytes where they decode.
fn with_list(world: &World, built: &Built, keys: &[VerifyingKey]) -> Result<(), Rejection> {
    let bytes = built.transaction.encode();
    // Version, network, valid_until, hints digest, kind; serial, tag: then the count and the keys.
    let list = 1 + 32 + 8 + 32 + 1 + 8 + 1;
    let end = list + 1 + 32 * usize::from(bytes[list]);
    let keys_bytes = keys.iter().flat_map(|key| *key.as_bytes()).collect::<Vec<u8>>();
    let bytes = [&bytes[..list], &[keys.len() as u8], &keys_bytes, &bytes[end..]].concat();
    let transaction = Transaction::decode(world.network(), &bytes)?;
    let changed = Built::new(transaction, Vec::new());
    let signers = [(0, &world.registrars[0]), (1, &world.registrars[1])];
    world.verdict(world.after(60), &signed_by(world, &changed, &signers))
}

/// Invariant R7.
#[test]
fn a_set_of_no_validators_of_too_many_or_out_of_order_cannot_be_said() {
    let (mut world, _, built) = election();
    let many = world.new_validators(101);
    let mut keys: Vec<VerifyingKey> = many.iter().map(SigningKey::verifying_key).collect();
    keys.sort_unstable_by_key(|key| *key.as_bytes());
    let malformed = |error| Err(Rejection::Malformed(error));
    assert_eq!(with_list(&world, &built, &[]), malformed(DecodeError::LengthOutOfRange));
    assert_eq!(with_list(&world, &built, &keys), malformed(DecodeError::LengthOutOfRange));
    assert_eq!(with_list(&world, &built, &keys[..100]), Ok(()));
    assert_eq!(with_list(&world, &built, &keys[..1]), Ok(()));
    assert_eq!(with_list(&world, &built, &[keys[1], keys[0]]), malformed(DecodeError::NotCanonical));
    assert_eq!(with_list(&world, &built, &[keys[1], keys[1]]), malformed(DecodeError::NotCanonical));
}

/// Invariant R7.
#[test]
fn a_change_of_an_unknown_kind_is_rejected() {
    let (world, _, built) = election();
    let tag = 1 + 32 + 8 + 32 + 1 + 8;
    for byte in [0, 6, 255] {
        let mut bytes = built.transaction.encode();
        bytes[tag] = byte;
        let verdict = world.verdict_on_bytes(world.after(60), &bytes, &[]);
        assert_eq!(verdict, Err(Rejection::Malformed(DecodeError::UnknownTag)));
    }
}

/// A world just after window 0, a new key for meter 0 in class 32, and the change that puts it in force.
fn exchange() -> (World, SigningKey, Built) {
    let mut world = fresh();
    let end = world.parameters().window_end(world.window(0));
    world.pass(end);
    let key = SigningKey::from_bytes(&[81; 32]);
    let built = world.replace_meter(0, RangeBits::Bits32, &key);
    (world, key, built)
}

/// Invariant R8, R10.
#[test]
fn a_replaced_meter_goes_on_with_its_new_key_and_class_where_the_old_one_stopped() {
    let (mut world, key, _) = exchange();
    let reading = world.measured(1000, 5);
    let first = world.attest(0, world.window(0), std::slice::from_ref(&reading));
    world.accept(world.now(), &[first]);
    let end = world.parameters().window_end(world.window(1));
    world.pass(end);
    let old = world.attest(0, world.window(1), std::slice::from_ref(&reading));
    assert_eq!(world.verdict(end, &old), Ok(()));
    let change = world.replace_meter(0, RangeBits::Bits32, &key);
    world.accept(end, &[change]);
    assert_eq!(world.verdict(end, &old), Err(Rejection::MeterSignature), "the old key has no say any more");
    assert_eq!(recompute_root(world.network(), &world.state).unwrap(), world.parent.set_hash);

    world.take_key(0, RangeBits::Bits32, &key);
    let mut large = world.measured(0, 0);
    large.export[0] = 100_000;
    let new = world.attest(0, world.window(1), &[large]);
    world.accept(end, &[new]);
    let correct = world.correct(0, world.window(0), &reading);
    world.accept(world.after(60), &[correct]);
    let record = world.ledger().meter(MeterId(0)).unwrap();
    assert_eq!((record.sequence, record.next_window), (3, world.window(2)));
    // In the class of before, the proof has another length.
    world.take_key(0, RangeBits::Bits16, &key);
    let narrow = world.correct(0, world.window(0), &reading);
    assert_eq!(world.verdict(world.after(60), &narrow), Err(Rejection::RangeProof));
}

/// Invariant R10.
#[test]
fn a_new_key_is_in_force_from_the_next_transaction_of_its_block_on() {
    let (mut world, key, change) = exchange();
    let reading = world.measured(1000, 5);
    let at = world.now();
    // Transactions stand in the order of their ids, so either may come first.
    let (mut before, mut after) = (0, 0);
    for _ in 0..40 {
        let old = world.attest(0, world.window(0), std::slice::from_ref(&reading));
        let first = old.transaction.id() < change.transaction.id();
        let expected = if first { Ok(()) } else { Err(Rejection::MeterSignature) };
        assert_eq!(world.verdict_on_both(at, &change, &old), expected);
        world.take_key(0, RangeBits::Bits32, &key);
        let new = world.attest(0, world.window(0), std::slice::from_ref(&reading));
        let first = new.transaction.id() < change.transaction.id();
        let expected = if first { Err(Rejection::MeterSignature) } else { Ok(()) };
        assert_eq!(world.verdict_on_both(at, &change, &new), expected);
        let genesis_key = exchange().0.meters[0].key.clone();
        world.take_key(0, RangeBits::Bits16, &genesis_key);
        if first {
            before += 1
        } else {
            after += 1
        }
        if before > 0 && after > 0 {
            return;
        }
    }
    panic!("{before} before and {after} after");
}

/// Invariant R10.
#[test]
fn a_proposer_that_verified_before_the_exchange_leaves_out_what_the_old_key_signed() {
    let (mut world, _, change) = exchange();
    let reading = world.measured(1000, 5);
    let old = world.attest(0, world.window(0), &[reading]);
    world.accept(world.now(), &[change]);
    let candidates = [old.transaction.clone()];
    let mut verifier = Checking(&world.genesis);
    let (state, rings, parent) = (&world.state, &world.rings, &world.parent);
    let made = propose_verified(&world.genesis, state, rings, parent, world.now(), &candidates, &mut verifier).unwrap();
    assert_eq!(made.left_out, [(0, Rejection::MeterSignature)]);
    assert!(made.block.transactions.is_empty());
}

/// Invariant R10.
#[test]
fn a_verdict_names_the_key_and_class_it_was_given_against() {
    let (mut world, key, change) = exchange();
    let reading = world.measured(1000, 5);
    let old = world.attest(0, world.window(0), &[reading]);
    let digests = |world: &World| {
        let resolved = world.ledger().resolve(&world.rings, &old.transaction, world.now()).unwrap();
        (resolved.digests, resolved.replaced.map(|meter| (meter.class, meter.key)))
    };
    assert_eq!(digests(&world), (Vec::new(), None), "as in the genesis");
    world.accept(world.now(), &[change]);
    let (first, replaced) = digests(&world);
    assert_eq!((first.len(), replaced), (2, Some((RangeBits::Bits32, key.verifying_key()))));
    world.take_key(0, RangeBits::Bits32, &key);
    let again = SigningKey::from_bytes(&[82; 32]);
    let change = world.replace_meter(0, RangeBits::Bits32, &again);
    world.accept(world.after(60), &[change]);
    assert_ne!(digests(&world).0, first);
    // Back to the first key in another class: another verdict.
    let change = world.replace_meter(0, RangeBits::Bits16, &key);
    world.accept(world.after(60), &[change]);
    assert_ne!(digests(&world).0, first);
}

/// Invariant R8.
#[test]
fn a_new_key_for_a_meter_that_is_not_registered_is_rejected() {
    let (world, key, _) = exchange();
    for number in [5, u32::MAX] {
        let (meter, class, key) = (MeterId(number), RangeBits::Bits16, key.verifying_key());
        let built = world.change_registry(RegistryChange::Meter { meter, class, key });
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::UnknownMeter));
    }
}

/// Invariant R9.
#[test]
fn a_new_key_that_somebody_has_is_rejected() {
    let (mut world, key, _) = exchange();
    let at = world.after(60);
    let refused = |world: &World, key: &SigningKey| {
        let built = world.replace_meter(0, RangeBits::Bits32, key);
        assert_eq!(world.verdict(at, &built), Err(Rejection::MeterKeyTaken));
    };
    let new = world.new_validators(1);
    let elected = world.change_validators(&new);
    world.accept(world.now(), &[elected]);
    let taken = [&world.treasury, &world.registrars[0], &world.validators[0], &new[0]];
    taken.iter().for_each(|key| refused(&world, key));
    world.meters.iter().for_each(|meter| refused(&world, &meter.key));
    let change = world.replace_meter(0, RangeBits::Bits32, &key);
    world.accept(world.now(), &[change]);
    refused(&world, &key);
    let other = world.replace_meter(1, RangeBits::Bits32, &key);
    assert_eq!(world.verdict(at, &other), Err(Rejection::MeterKeyTaken));
}

/// Invariant R5.
#[test]
fn a_validator_with_the_new_key_of_a_meter_is_rejected() {
    let (mut world, key, change) = exchange();
    let set = |world: &World| [world.validators[..3].to_vec(), vec![key.clone()]].concat();
    let early = world.change_validators_by(1, &set(&world), &world.registrars[..2]);
    assert_eq!(world.verdict(world.after(60), &early), Ok(()));
    world.accept(world.now(), &[change]);
    let late = world.change_validators_by(2, &set(&world), &world.registrars[..2]);
    assert_eq!(world.verdict(world.after(60), &late), Err(Rejection::ValidatorKeyTaken));
}

/// Invariant R7.
#[test]
fn a_class_that_no_meter_has_cannot_be_said() {
    let (world, _, change) = exchange();
    // Version, network, valid_until, hints digest, kind; serial, tag, meter: then the class.
    let class = 1 + 32 + 8 + 32 + 1 + 8 + 1 + 4;
    for byte in [0, 17, 64] {
        let mut bytes = change.transaction.encode();
        bytes[class] = byte;
        let refused = Err(Rejection::Malformed(DecodeError::UnknownTag));
        assert_eq!(world.verdict_on_bytes(world.after(60), &bytes, &[]), refused);
    }
}

/// Invariant K5.
#[test]
fn block_1_cannot_change_the_validators() {
    let mut world = World::before_the_first_block(&Setup::default());
    let new = world.new_validators(1);
    let (change, mint) = (world.change_validators(&new), world.mint(&[(ANNA, 5), (BERT, 6)]));
    let block = world.forge_block(START.plus(60), vec![change.transaction.clone(), mint.transaction.clone()]);
    let hints: Vec<_> = block
        .transactions
        .iter()
        .map(|transaction| if *transaction == mint.transaction { mint.hints.clone() } else { Vec::new() })
        .collect();
    let refused = world.verify(&block, &hints).err().map(|refused| refused.source);
    assert!(matches!(refused, Some(CheckError::Rejected(Rejection::FirstBlock))));
}

#[test]
fn registrars_sign_one_after_the_other_in_any_order() {
    let (world, new, built) = election();
    let genesis = &world.genesis;
    let change = RegistryChange::Validators(set(&new));
    let plan = RegistryPlan { serial: 1, change: change.clone(), valid_until: world.valid_until() }.prepare(genesis);
    assert_eq!((plan.change(), plan.id()), (&change, *built.transaction.id()));
    let one = plan.clone().sign(genesis, &world.registrars[1]).unwrap();
    assert_eq!(one.clone().finish(genesis).err(), Some(BuildError::TooFewRegistrars));
    let twice = one.clone().sign(genesis, &world.registrars[1]).unwrap();
    assert_eq!(twice.finish(genesis).err(), Some(BuildError::TooFewRegistrars));
    let both = one.sign(genesis, &world.registrars[0]).unwrap().finish(genesis).unwrap();
    assert_eq!(both.transaction, built.transaction);
}

fn operator(byte: u8) -> RegistryChange {
    RegistryChange::Operator { key: SigningKey::from_bytes(&[byte; 32]).verifying_key() }
}

/// Invariant R11.
#[test]
fn an_operators_key_that_somebody_has_or_had_as_an_operator_is_rejected() {
    let mut world = fresh();
    let taken: Vec<VerifyingKey> = [&world.operator, &world.treasury, &world.registrars[1], &world.validators[2]]
        .into_iter()
        .chain([&world.meters[3].key])
        .map(SigningKey::verifying_key)
        .collect();
    for key in taken {
        let built = world.change_registry(RegistryChange::Operator { key });
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::OperatorKeyTaken));
    }
    let named = world.change_registry(operator(81));
    world.accept(world.after(60), &[named]);
    let next = world.change_registry(operator(82));
    world.accept(world.after(60), &[next]);
    for byte in [81, 82] {
        let again = world.change_registry(operator(byte));
        assert_eq!(world.verdict(world.after(60), &again), Err(Rejection::OperatorKeyTaken));
    }
    let keys = [81, 82].map(|byte| SigningKey::from_bytes(&[byte; 32]).verifying_key());
    assert_eq!(world.ledger().named_operators().unwrap(), keys);
}

/// Invariant R5, R9.
#[test]
fn nobody_takes_the_key_of_an_operator() {
    let mut world = fresh();
    let named = SigningKey::from_bytes(&[81; 32]);
    let built = world.change_registry(operator(81));
    world.accept(world.after(60), &[built]);
    let others = world.validators.clone();
    for key in [world.operator.clone(), named] {
        let set = [&others[..], std::slice::from_ref(&key)].concat();
        let built = world.change_validators(&set);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ValidatorKeyTaken));
        let built = world.replace_meter(0, RangeBits::Bits16, &key);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::MeterKeyTaken));
    }
}

/// Invariant R12.
#[test]
fn an_operator_is_in_force_for_the_windows_that_start_from_his_block_on() {
    let mut world = fresh();
    let (first, second) = (world.operator.verifying_key(), SigningKey::from_bytes(&[81; 32]).verifying_key());
    let (before, at) = (world.window(4), world.window(5));
    world.pass(world.parameters().window_start(at).minus(60));
    let built = world.change_registry(operator(81));
    world.accept(world.parameters().window_start(at).minus(1), &[built]);
    let operator_of = |world: &World, window| world.ledger().operator_of(window).unwrap();
    assert_eq!((operator_of(&world, before), operator_of(&world, at)), (Some(first), Some(second)));
    // Named again in the very second in which a window starts: that window has him.
    let third = SigningKey::from_bytes(&[82; 32]).verifying_key();
    let (now, later) = (world.window(7), world.window(8));
    world.pass(world.parameters().window_start(now).minus(60));
    let built = world.change_registry(operator(82));
    world.accept(world.parameters().window_start(now), &[built]);
    assert_eq!(operator_of(&world, world.window(6)), Some(second));
    assert_eq!((operator_of(&world, now), operator_of(&world, later)), (Some(third), Some(third)));
    assert_eq!(operator_of(&world, Window(0)), Some(first));
}
