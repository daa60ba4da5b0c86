//! Rules of certificates, and of the blocks they cover.

use curve25519_dalek::{
    constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
    scalar::{Scalar, clamp_integer},
};
use hushwatt_crypto::{
    Label, NetworkId,
    signature::{Signature, SigningKey},
};
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{
        Block, BlockDigest, Certificate, MAX_CERTIFICATE_BYTES, Parent, Uncovered, check_certificate,
        consensus_namespace, finality_message, vote,
    },
    codec::DecodeError,
    parameters::Parameters,
    units::Epoch,
    validators::ValidatorSet,
};
use sha2::{Digest, Sha512};

use crate::kit::*;

/// Block 2 of a network of seven, and its certificate by the five that suffice.
fn certified() -> (World, Block, Certificate) {
    let world = World::new(&Setup { validators: 7, ..Setup::default() });
    let block = world.propose(world.after(60), &[]).unwrap().block;
    let certificate = world.certify(&block);
    (world, block, certificate)
}

fn verdict(world: &World, block: &Block, certificate: &Certificate) -> Result<(), Rejection> {
    match check_certificate(&world.genesis, &world.state, &block.header, certificate) {
        Ok(()) => Ok(()),
        Err(CheckError::Rejected(rejection)) => Err(rejection),
        Err(CheckError::State(error)) => panic!("the state is sound: {error}"),
    }
}

/// The certificate of five, changed.
#[track_caller]
fn refused(change: impl FnOnce(&World, &Block, &mut Certificate)) -> Result<(), Rejection> {
    let (world, block, mut certificate) = certified();
    change(&world, &block, &mut certificate);
    verdict(&world, &block, &certificate)
}

/// Invariant F1, F2, F3, F4.
#[test]
fn a_certificate_of_a_quorum_of_any_validators_is_accepted() {
    let (world, block, certificate) = certified();
    assert_eq!(certificate.signatures.len(), 5);
    assert_eq!(verdict(&world, &block, &certificate), Ok(()));
    let all = world.certify_by(&block, world.genesis.validators(), 7);
    assert_eq!(verdict(&world, &block, &all), Ok(()));
    for (one, other) in [(0, 1), (0, 6), (3, 4)] {
        let mut some = all.clone();
        some.signatures.retain(|(index, _)| *index != one && *index != other);
        assert_eq!(verdict(&world, &block, &some), Ok(()));
    }
}

/// Invariant F1.
#[test]
fn a_certificate_of_another_epoch_is_rejected() {
    assert_eq!(refused(|_, _, certificate| certificate.epoch = Epoch(1)), Err(Rejection::CertificateEpoch));
    // Rightly signed, by the validators of both epochs, but not the block's.
    let (world, block, _) = certified();
    let set = world.genesis.validators();
    let signatures = set.keys().iter().zip(0..).map(|(key, index)| {
        let signer = world.validators.iter().find(|signer| signer.verifying_key() == *key).unwrap();
        (index, vote(signer, world.network(), Epoch(1), 2, 1, &block.header.digest(world.network())))
    });
    let other = Certificate { epoch: Epoch(1), view: 2, parent_view: 1, signatures: signatures.collect() };
    assert_eq!(verdict(&world, &block, &other), Err(Rejection::CertificateEpoch));
}

/// Invariant F2.
#[test]
fn signers_that_are_unknown_unsorted_or_named_twice_are_rejected() {
    let changes: [fn(&World, &Block, &mut Certificate); 4] = [
        |_, _, certificate| certificate.signatures.swap(1, 2),
        |_, _, certificate| certificate.signatures[2] = certificate.signatures[1],
        |_, _, certificate| certificate.signatures[4].0 = 7,
        |_, _, certificate| certificate.signatures[4].0 = u16::MAX,
    ];
    for change in changes {
        assert_eq!(refused(change), Err(Rejection::CertificateSigners));
    }
}

/// Invariant F3.
#[test]
fn a_vote_less_than_a_quorum_is_rejected() {
    let popped = refused(|_, _, certificate| {
        certificate.signatures.pop();
    });
    assert_eq!(popped, Err(Rejection::CertificateQuorum));
    assert_eq!(refused(|_, _, certificate| certificate.signatures.clear()), Err(Rejection::CertificateQuorum));
    for (validators, quorum) in [(1, 1), (2, 2), (3, 3), (4, 3), (10, 7)] {
        let world = World::new(&Setup { validators, ..Setup::default() });
        let block = world.propose(world.after(60), &[]).unwrap().block;
        let by = |count| verdict(&world, &block, &world.certify_by(&block, world.genesis.validators(), count));
        assert_eq!((by(quorum), by(quorum - 1)), (Ok(()), Err(Rejection::CertificateQuorum)), "of {validators}");
    }
}

/// Invariant F4.
#[test]
fn a_change_of_any_part_of_certificate_or_block_breaks_the_votes() {
    let wrong = Err(Rejection::CertificateSignature);
    assert_eq!(refused(|_, _, certificate| certificate.view += 1), wrong);
    assert_eq!(refused(|_, _, certificate| certificate.parent_view += 1), wrong);
    // Both numbers are signed each for itself.
    let swapped = refused(|_, _, it| (it.view, it.parent_view) = (it.parent_view, it.view));
    assert_eq!(swapped, wrong);
    // One vote in the name of another validator.
    let renamed = refused(|_, _, certificate| certificate.signatures[4].0 = 6);
    assert_eq!(renamed, wrong);
    for place in 0..5 {
        for byte in [0, 31, 32, 63] {
            assert_eq!(refused(|_, _, certificate| certificate.signatures[place].1.0[byte] ^= 1), wrong);
        }
    }
    let (world, block, certificate) = certified();
    type Change = fn(&mut hushwatt_ledger::block::Header);
    let changes: [Change; 6] = [
        |header| header.height += 1,
        |header| header.time.0 += 1,
        |header| header.parent.0[0] ^= 1,
        |header| header.transaction_root[0] ^= 1,
        |header| header.state_root[0] ^= 1,
        |header| header.validator_set[0] ^= 1,
    ];
    for change in changes {
        let mut other = block.clone();
        change(&mut other.header);
        assert_eq!(verdict(&world, &other, &certificate), wrong);
    }
}

/// Invariant F4.
#[test]
fn votes_for_another_network_purpose_or_by_other_keys_are_rejected() {
    let (world, block, certificate) = certified();
    let digest = block.header.digest(world.network());
    let set = world.genesis.validators();
    let signed = |sign: &dyn Fn(&SigningKey) -> Signature| {
        let mut other = certificate.clone();
        for (index, signature) in &mut other.signatures {
            let key = set.key_at(*index).unwrap();
            *signature = sign(world.validators.iter().find(|signer| signer.verifying_key() == *key).unwrap());
        }
        verdict(&world, &block, &other)
    };
    let wrong = Err(Rejection::CertificateSignature);
    let (epoch, view, parent) = (certificate.epoch, certificate.view, certificate.parent_view);
    assert_eq!(signed(&|key| vote(key, world.network(), epoch, view, parent, &digest)), Ok(()));
    assert_eq!(signed(&|key| vote(key, &NetworkId([1; 32]), epoch, view, parent, &digest)), wrong);
    assert_eq!(signed(&|_| vote(&world.treasury, world.network(), epoch, view, parent, &digest)), wrong);
    assert_eq!(signed(&|key| key.sign(world.network(), Label::Certificate, &digest.0)), wrong);
    assert_eq!(signed(&|key| key.sign(world.network(), Label::Consensus, &digest.0)), wrong);
    // What the engine signs on the way: a vote to notarize is not one to finalize.
    let message = finality_message(world.network(), epoch, view, parent, &digest);
    let namespace = [consensus_namespace(world.network()), b"_FINALIZE".to_vec()].concat();
    let start = 1 + namespace.len();
    assert_eq!(message[..start], [&[namespace.len() as u8][..], &namespace].concat());
    let other = [consensus_namespace(world.network()), b"_NOTARIZE".to_vec()].concat();
    let notarize = [&[other.len() as u8][..], &other, &message[start..]].concat();
    assert_eq!(signed(&|key| key.sign_bytes(&notarize)), wrong);
    assert_eq!(signed(&|key| key.sign_bytes(&message[start..])), wrong);
}

/// A signature as only the holder of the key can make it on purpose: a point of small order is added to `R`.
fn cofactored(secret: &[u8; 32], message: &[u8]) -> Signature {
    let wide = Sha512::digest(secret);
    let scalar = Scalar::from_bytes_mod_order(clamp_integer(wide[..32].try_into().unwrap()));
    let nonce = Scalar::from(123_456_789u64);
    let r = (ED25519_BASEPOINT_POINT * nonce + EIGHT_TORSION[1]).compress();
    let public = SigningKey::from_bytes(secret).verifying_key();
    let hash = Sha512::new().chain_update(r.0).chain_update(public.as_bytes()).chain_update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = nonce + k * scalar;
    Signature([r.0, s.to_bytes()].concat().try_into().unwrap())
}

/// Invariant F4.
#[test]
fn a_vote_that_only_the_engines_rule_accepts_is_accepted() {
    let secret = [42; 32];
    let mut world = World::new(&Setup { validators: 1, ..Setup::default() });
    let change = world.change_validators(&[SigningKey::from_bytes(&secret)]);
    world.accept(world.after(60), &[change]);
    let set = ValidatorSet::new(vec![SigningKey::from_bytes(&secret).verifying_key()]).unwrap();
    let digest = BlockDigest([3; 32]);
    let message = finality_message(world.network(), Epoch(1), 1, 0, &digest);
    let with = |signature| Certificate { epoch: Epoch(1), view: 1, parent_view: 0, signatures: vec![(0, signature)] };
    let verdict = |signature| with(signature).verify(world.network(), &set, Epoch(1), &digest);
    assert_eq!(verdict(cofactored(&secret, &message)), Ok(()));
    assert_eq!(verdict(cofactored(&secret, b"something else")), Err(Rejection::CertificateSignature));
    assert_eq!(verdict(cofactored(&[43; 32], &message)), Err(Rejection::CertificateSignature));
}

#[test]
fn a_certificate_comes_back_as_it_went_out() {
    let (_, _, certificate) = certified();
    let bytes = certificate.encode();
    assert_eq!(bytes.len(), 26 + 5 * 66);
    assert_eq!(Certificate::decode(&bytes), Ok(certificate.clone()));
    assert_eq!(Certificate::decode_optional(&bytes), Ok(Some(certificate.clone())));
    assert_eq!(Certificate::encode_optional(Some(&certificate)), bytes);
    assert_eq!(Certificate::decode_optional(&[]), Ok(None));
    assert_eq!(Certificate::encode_optional(None), Vec::<u8>::new());
    for length in 0..bytes.len() {
        assert_eq!(Certificate::decode(&bytes[..length]), Err(DecodeError::Truncated), "{length} bytes");
    }
    assert_eq!(Certificate::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::TrailingBytes));
    // Any order of signers has its own bytes: which is right is a rule.
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        if let Ok(other) = Certificate::decode(&flipped) {
            assert_eq!((other.encode() == flipped, other == certificate), (true, false));
        }
    }
    let of = |count: u16| {
        let signature = certificate.signatures[0].1;
        Certificate { signatures: (0..count).map(|index| (index, signature)).collect(), ..certificate.clone() }
    };
    assert_eq!(Certificate::decode(&of(0).encode()), Err(DecodeError::LengthOutOfRange));
    assert_eq!(Certificate::decode(&of(101).encode()), Err(DecodeError::LengthOutOfRange));
    assert_eq!(of(100).encode().len(), MAX_CERTIFICATE_BYTES);
    assert_eq!(Certificate::decode(&of(100).encode()), Ok(of(100)));
}

/// Invariant F1, F2, F3, F4.
#[test]
fn every_bit_of_a_certificate_is_guarded() {
    let (world, block, certificate) = certified();
    let bytes = certificate.encode();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            let held = Certificate::decode(&flipped).is_ok_and(|other| verdict(&world, &block, &other).is_ok());
            assert!(!held, "bit {bit} of byte {place} is free");
        }
    }
}

// Which blocks are covered.

/// Epochs of three blocks; the validators change in block 2, so block 3 is the first of the new ones.
fn changing() -> (World, Vec<Block>) {
    let setup = Setup::default();
    let parameters = Parameters { epoch_blocks: 3, ..setup.parameters.clone() };
    let mut world = World::before_the_first_block(&Setup { parameters, ..setup });
    let mint = world.mint(&[(ANNA, 1_000), (BERT, 2_000)]);
    let mut blocks = vec![world.accept(START.plus(60), &[mint])];
    let new = world.new_validators(4);
    let change = world.change_validators(&new);
    blocks.push(world.accept(world.after(60), &[change]));
    for _ in 0..3 {
        blocks.push(world.accept(world.after(60), &[]));
    }
    (world, blocks)
}

fn after_genesis(world: &World) -> Uncovered<()> {
    Uncovered::after(&Parent::genesis(&world.genesis))
}

/// Invariant F5.
#[test]
fn blocks_wait_for_a_certificate_only_in_the_order_of_the_chain() {
    let (world, blocks) = changing();
    let mut uncovered = after_genesis(&world);
    assert!(uncovered.is_empty());
    let push = |uncovered: &mut Uncovered<()>, block: &Block| uncovered.push(&world.genesis, block.clone(), ());
    assert_eq!(push(&mut uncovered, &blocks[1]), Err(Rejection::BlockHeight));
    assert_eq!(push(&mut uncovered, &blocks[0]), Ok(()));
    let mut stranger = blocks[1].clone();
    stranger.header.parent = NO_BLOCK;
    assert_eq!(push(&mut uncovered, &stranger), Err(Rejection::BlockParent));
    assert_eq!(push(&mut uncovered, &blocks[1]), Ok(()));
    assert_eq!(uncovered.len(), 2);
    let taken: Vec<Block> = uncovered.take().into_iter().map(|(block, ())| block).collect();
    assert_eq!(taken, blocks[..2]);
    assert!(uncovered.is_empty());
    assert_eq!(push(&mut uncovered, &blocks[2]), Ok(()), "the next one follows what was taken");
}

/// Invariant F6.
#[test]
fn new_validators_do_not_vote_before_the_old_ones_made_their_election_final() {
    let (world, blocks) = changing();
    let push =
        |uncovered: &mut Uncovered<()>, number: usize| uncovered.push(&world.genesis, blocks[number - 1].clone(), ());
    // Blocks 1 and 2 without any certificate: block 3 is of the new validators and must not cover them.
    let mut uncovered = after_genesis(&world);
    assert_eq!((push(&mut uncovered, 1), push(&mut uncovered, 2)), (Ok(()), Ok(())));
    assert_eq!(push(&mut uncovered, 3), Err(Rejection::ChangeNotFinal));
    // With a certificate of block 2, the last one of its epoch, block 3 may wait for that of a later one.
    let mut uncovered = after_genesis(&world);
    assert_eq!((push(&mut uncovered, 1), push(&mut uncovered, 2)), (Ok(()), Ok(())));
    uncovered.take();
    assert_eq!((push(&mut uncovered, 3), push(&mut uncovered, 4), push(&mut uncovered, 5)), (Ok(()), Ok(()), Ok(())));
}

/// Invariant F6.
#[test]
fn an_epoch_without_a_change_may_be_covered_by_a_later_one() {
    let setup = Setup::default();
    let parameters = Parameters { epoch_blocks: 2, ..setup.parameters.clone() };
    let mut world = World::new(&Setup { parameters, ..setup });
    let mut uncovered = Uncovered::after(&world.parent);
    for _ in 0..7 {
        let block = world.accept(world.after(60), &[]);
        assert_eq!(uncovered.push(&world.genesis, block, ()), Ok(()));
    }
}

/// Invariant F5.
#[test]
fn blocks_beyond_any_reasonable_run_without_certificate_are_rejected() {
    // What phase 1 would say is not asked here: the ring signatures are padding.
    use hushwatt_crypto::{PublicScalar, SecretScalar};
    let mut world = fresh();
    let response = PublicScalar(*SecretScalar::random(&mut world.rng).expose());
    let built = world.pay(ANNA, BERT, 5);
    let long = crate::tamper!(built, Transfer, |it| it.signatures[0].responses = vec![response; 1_000_000]);
    let mut uncovered = Uncovered::after(&world.parent);
    let mut parent = world.parent;
    let mut pushed = 0;
    let refused = loop {
        let mut block = world.forge_block(world.after(60), vec![long.transaction.clone()]);
        (block.header.height, block.header.parent) = (parent.height + 1, parent.digest);
        (parent.height, parent.digest) = (block.header.height, block.header.digest(world.network()));
        match uncovered.push(&world.genesis, block, ()) {
            Ok(()) => pushed += 1,
            Err(rejection) => break rejection,
        }
    };
    assert_eq!((pushed, Err::<(), _>(refused)), (8, Err(Rejection::TooManyUncovered)));
}

/// Invariant F4.
#[test]
fn the_certificate_of_a_changed_set_is_of_the_new_validators_only() {
    let (world, blocks) = changing();
    let check = |number: usize, set: &ValidatorSet| {
        let certificate = world.certify_by(&blocks[number - 1], set, set.quorum());
        verdict(&world, &blocks[number - 1], &certificate)
    };
    let (old, new) = (world.genesis.validators().clone(), world.validators_at(3));
    assert_ne!(old, new);
    for number in [1, 2] {
        assert_eq!((check(number, &old), check(number, &new)), (Ok(()), Err(Rejection::CertificateSignature)));
    }
    for number in [3, 4, 5] {
        assert_eq!((check(number, &new), check(number, &old)), (Ok(()), Err(Rejection::CertificateSignature)));
    }
    assert_eq!(blocks[2].header.validator_set, new.digest(world.network()));
    assert_eq!(blocks[1].header.validator_set, old.digest(world.network()));
}

#[test]
fn bytes_that_are_no_certificate_are_named_as_such() {
    let refused: Result<Certificate, Rejection> =
        Certificate::decode(&[0; 25]).map_err(Rejection::CertificateMalformed);
    assert_eq!(refused, Err(Rejection::CertificateMalformed(DecodeError::Truncated)));
}
