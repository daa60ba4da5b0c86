//! Replays of final blocks, and the light state under them. That a replay changes exactly what an execution does is
//! asserted by the kit for every block of every test, the random chains of `model.rs` among them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[macro_use]
mod kit;

use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Block, replay_block},
    codec::{DecodeError, Reader, Writer},
    note::{Asset, BucketId},
    state::{LedgerState, LightState, RingCache, StateError, StateRead},
    transaction::build::Built,
    units::Timestamp,
};
use kit::{ANNA, BERT, CARLA, START, Setup, TREASURY, World, market};

fn rejection(world: &World, block: &Block) -> Option<Rejection> {
    match replay_block(&world.genesis, &world.light, &world.parent, block).map_err(|refused| refused.source) {
        Ok(_) => None,
        Err(CheckError::Rejected(rejection)) => Some(rejection),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_block_that_is_not_the_next_one_or_of_other_transactions_is_not_replayed() {
    let mut world = World::new(&Setup::default());
    let built = world.pay(ANNA, BERT, 5);
    let block = world.propose(world.after(60), &[built]).unwrap().block;
    assert_eq!(rejection(&world, &block), None);
    let changed = |change: fn(&mut Block)| {
        let mut other = block.clone();
        change(&mut other);
        rejection(&world, &other)
    };
    assert_eq!(changed(|block| block.header.height += 1), Some(Rejection::BlockHeight));
    assert_eq!(changed(|block| block.header.parent.0[0] ^= 1), Some(Rejection::BlockParent));
    assert_eq!(changed(|block| block.header.time = START), Some(Rejection::BlockTime));
    assert_eq!(changed(|block| block.header.transaction_root[0] ^= 1), Some(Rejection::TransactionRoot));
    assert_eq!(changed(|block| block.transactions.clear()), Some(Rejection::TransactionRoot));
    // What only an execution knows is left to the certificate.
    assert_eq!(changed(|block| block.header.state_root[0] ^= 1), None);
}

#[test]
fn a_delivery_whose_contract_or_bucket_the_state_lacks_is_not_replayed() {
    let mut market = market();
    let energy = market.energy();
    let built = market.world.deliver(BERT, energy, &[(market.to_anna, 5)]);
    let block = market.world.propose(market.world.after(60), &[built]).unwrap().block;
    assert_eq!(rejection(&market.world, &block), None);
    market.world.light = LightState::new();
    let refused = replay_block(&market.world.genesis, &market.world.light, &market.world.parent, &block).unwrap_err();
    assert!(matches!(refused.source, CheckError::State(StateError::Missing(_))), "{refused}");
    assert_eq!(refused.place, Some(0));
}

fn entries(state: &dyn StateRead) -> Vec<(Vec<u8>, Vec<u8>)> {
    state.range(&[], &[u8::MAX]).unwrap()
}

fn encoded(state: &LightState) -> Vec<u8> {
    let mut writer = Writer::new();
    state.encode(&mut writer);
    writer.finish()
}

fn decoded(bytes: &[u8]) -> Result<LightState, DecodeError> {
    let mut reader = Reader::new(bytes);
    let state = LightState::decode(&mut reader)?;
    reader.finish()?;
    Ok(state)
}

/// Eight more blocks, each with a payment of everybody to himself and so a new bucket, on a light state that keeps these.
fn grown(world: &mut World, mut light: LightState, keep: impl Fn(BucketId) -> bool) -> LightState {
    for _ in 0..8 {
        let halve = |who| {
            let notes = world.spendable(who, Asset::Credit);
            let note = notes.into_iter().max_by_key(|note| note.opening.value).unwrap();
            let rest = note.opening.value - world.parameters().fee;
            world.transfer(&[note], &[(who, rest / 2), (who, rest - rest / 2)])
        };
        let built: Vec<Built> = [TREASURY, ANNA, BERT, CARLA].map(halve).into();
        let at = Timestamp((world.parameters().epoch_at(world.now()) + 1) * world.parameters().credit_epoch);
        let block = world.propose(at, &built).unwrap().block;
        light.apply(replay_block(&world.genesis, &light, &world.parent, &block).unwrap().changes);
        light.prune(&world.genesis, &keep).unwrap();
        world.accept(at, &built);
    }
    light
}

#[test]
fn a_light_state_does_not_grow_with_the_ledger() {
    let mut world = World::new(&Setup::default());
    let light = world.light.clone();
    let light = grown(&mut world, light, |_| false);
    let (small, whole) = (entries(&light).len(), entries(&world.state).len());
    let light = grown(&mut world, light, |_| false);
    assert!(entries(&world.state).len() > whole + 8 * 4, "the ledger grew");
    assert!(entries(&light).len() <= small + 4, "{small} and {}", entries(&light).len());
    assert!(light.range(b"I", &[b'I' + 1]).unwrap().is_empty(), "no key image is kept");
}

#[test]
fn a_kept_buckets_ring_is_the_ledgers_and_a_forgotten_ones_is_missing() {
    let mut world = World::before_the_first_block(&Setup::default());
    let mint = world.mint(&[TREASURY, ANNA, BERT, CARLA].map(|who| [(who, 1_000_000); 4]).concat());
    let block = world.propose(START.plus(60), std::slice::from_ref(&mint)).unwrap().block;
    let mut light = LightState::new();
    light.apply(replay_block(&world.genesis, &light, &world.parent, &block).unwrap().changes);
    light.prune(&world.genesis, |_| false).unwrap();
    world.accept(START.plus(60), &[mint]);
    let ring = |light: &LightState| {
        let digest = world.ledger().bucket(BucketId(0)).unwrap().unwrap().digest;
        let ring = LedgerState::new(&world.genesis, light).ring(&RingCache::new(), world.version(BucketId(0)), digest);
        ring.map(|ring| ring.iter().map(|member| (*member.key(), *member.commitment())).collect::<Vec<_>>())
    };
    let whole = world.ring(world.version(BucketId(0)));
    let whole: Vec<_> = whole.iter().map(|member| (*member.key(), *member.commitment())).collect();
    assert_eq!(ring(&light).unwrap(), whole, "the newest bucket of credit stays");
    let mut twin = world.clone();
    let kept = grown(&mut twin, light.clone(), |id| id == BucketId(0));
    assert_eq!(ring(&kept).unwrap(), whole);
    let forgotten = grown(&mut world.clone(), light, |_| false);
    assert!(matches!(ring(&forgotten), Err(StateError::Missing(_))));
    assert!(LedgerState::new(&world.genesis, &forgotten).bucket(BucketId(0)).unwrap().is_none());
}

#[test]
fn a_light_state_comes_back_from_its_bytes_and_damage_never_panics() {
    let mut market = market();
    let energy = market.energy();
    let delivery = market.world.deliver(BERT, energy, &[(market.to_anna, 5)]);
    market.world.accept(market.world.after(60), &[delivery]);
    let bytes = encoded(&market.world.light);
    let back = decoded(&bytes).unwrap();
    assert_eq!(entries(&back), entries(&market.world.light));
    assert_eq!(encoded(&back), bytes);
    for length in 0..bytes.len() {
        assert!(decoded(&bytes[..length]).is_err(), "cut at {length}");
    }
    let at = market.world.parameters().deliver_until(market.world.window(1)).plus(1);
    let block = market.world.propose(at, &[]).unwrap().block;
    let mut read = 0;
    for place in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut wrong = bytes.clone();
            wrong[place] ^= flip;
            let Ok(state) = decoded(&wrong) else { continue };
            read += 1;
            // Contracts expire, buckets grow: whatever it says, nothing overflows.
            let _ = replay_block(&market.world.genesis, &state, &market.world.parent, &block);
            let _ = state.clone().prune(&market.world.genesis, |_| false);
        }
    }
    assert!(read > 0, "some damage is only found when an entry is used");
}

#[test]
fn entries_that_no_light_state_has_are_refused() {
    let entry = |entries: &[(&[u8], &[u8])]| {
        let mut writer = Writer::new();
        writer.u64(entries.len() as u64);
        for (key, value) in entries {
            writer.u16(key.len() as u16).u32(value.len() as u32).bytes(key).bytes(value);
        }
        decoded(&writer.finish()).map(|_| ()).unwrap_err()
    };
    assert_eq!(entry(&[(&[b'I'; 33], &[])]), DecodeError::UnknownTag, "a key image");
    assert_eq!(entry(&[(&[0, 1], &[])]), DecodeError::UnknownTag, "a local entry");
    assert_eq!(entry(&[(b"Q", &[])]), DecodeError::UnknownTag);
    assert_eq!(entry(&[(&[b'W'; 9], &[]), (&[b'W'; 9], &[])]), DecodeError::NotCanonical, "twice");
    assert_eq!(entry(&[(b"C", &[0xff; 88])]), DecodeError::LengthOutOfRange, "counts at their limit");
    assert_eq!(entry(&[(b"C", &[0; 5])]), DecodeError::Truncated);
    assert_eq!(entry(&[(&[b'W'; 200], &[])]), DecodeError::LengthOutOfRange);
}
