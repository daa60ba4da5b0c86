//! The canonical encoding: every kind and a block come back as they went out, and no bytes make a decoder panic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use hushwatt_crypto::{NetworkId, SecretScalar};
use hushwatt_ledger::{
    block::{Block, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS},
    codec::DecodeError,
    note::Asset,
    transaction::{
        Action, MAX_TRANSACTION_BYTES, Transaction,
        attest::WindowStatus,
        build::Built,
        clear::Outcome,
        hints::{decode_hints, encode_hints},
        registry::RegistryChange,
        request::Target,
        share::{Subject, TradeId},
    },
    units::{MeterId, Price, Utility},
};
use kit::{auction::Wish, build::Bid, forge::tampered, *};
use rayon::prelude::*;

/// Transactions of each kind, small and large ones.
fn transactions() -> (World, Vec<Built>) {
    let Market { mut world, to_anna, to_carla, .. } = market();
    let (energy, window) = (electricity(world.window(0)), world.window(5));
    let anna = world.spendable(ANNA, Asset::Credit)[..1].to_vec();
    let value = anna[0].opening.value;
    let small = world.transfer(&anna, &[(BERT, 5), (ANNA, value - 12)]);
    let mut payees = vec![(BERT, 5); 7];
    payees.push((ANNA, value - 42));
    let split = world.transfer(&anna, &payees);
    let treasury = world.spendable(TREASURY, Asset::Credit);
    let merged = world.transfer(&treasury[..4], &[(ANNA, 39_000_000), (ANNA, 1_000_000 - 7)]);
    let burn = world.burn_with(&treasury[..3], 25_000_000);
    let readings = WindowStatus::ALL.map(|status| world.reading(status, 5, 6));
    let narrow = world.attest(0, world.window(1), &readings);
    let wide = world.attest(1, world.window(1), &readings[..1]);
    let open = world.open(&Bid { buyer: CARLA, seller: BERT, utility: Utility::Heat, window, price: 7, quantity: 0 });
    let one = world.deliver(BERT, energy, &[(to_anna, 100)]);
    let two = world.deliver(BERT, energy, &[(to_anna, 100), (to_carla, 200)]);
    let mint = world.mint(&[(ANNA, 5), (BERT, 6), (CARLA, 0)]);
    let new = world.new_validators(4);
    let registry = world.change_validators(&new);
    let corrected = world.measured(7, 8);
    let (correct, wide_correct) = (world.correct(0, window, &corrected), world.correct(1, window, &corrected));
    let key = hushwatt_crypto::signature::SigningKey::from_bytes(&[78; 32]);
    let replace = world.replace_meter(0, hushwatt_crypto::range::RangeBits::Bits32, &key);
    let mut all = vec![small, split, merged, burn, narrow, wide, open, one, two, mint, registry];
    let operator = world.change_registry(RegistryChange::Operator { key: key.verifying_key() });
    all.extend([correct, wide_correct, replace, operator]);
    all.extend(auctioned(world.clone()));
    all.extend(totalled(world.network()));
    (world, all)
}

/// Places of these kinds among [`transactions`].
const SELL: usize = 15;
const BUY: usize = 16;
const TRADE: usize = 19;
const NO_TRADE: usize = 20;

/// Orders of window 0, and the Clears of an auction that trades and of one that does not.
fn auctioned(mut world: World) -> Vec<Built> {
    let window = world.window(0);
    let wish = |who, utility, limit, quantity| Wish { who, utility, window, limit, quantity };
    let orders = [
        world.sell(&wish(ANNA, Utility::Electricity, 100, 600)),
        world.buy(&wish(BERT, Utility::Electricity, 200, 300)),
        world.sell(&wish(CARLA, Utility::Water, 200, 300)),
        world.buy(&wish(TREASURY, Utility::Water, 100, 300)),
    ];
    world.accept(world.after(60), &orders);
    world.close(window);
    let clears = [Utility::Electricity, Utility::Water].map(|utility| world.clear(utility, window).0);
    orders.into_iter().chain(clears).collect()
}

/// What totals are made from, as if it were for this network: nothing here depends on the rules.
fn totalled(network: &NetworkId) -> Vec<Built> {
    let mut community = totals::attested();
    community.pass_to(community.times().close.plus(1));
    let right = community.share(0);
    let wrong = {
        let [export, import] = community.sums(1);
        let more = hushwatt_crypto::commitment::Opening::new(export.value + 1, export.blinding.clone());
        community.share_openings(1, [&more, &import])
    };
    community.accept_shares(vec![right.clone(), wrong]);
    let complaint = community.complain(Subject::Meter(MeterId(1)), 0, 2).unwrap();
    let requests =
        [community.request(Target::Cohort(0), &[1, 2, 3]), community.request(Target::Trades(Utility::Water), &[])];
    let release = community.release(3, &[0]);
    let key = SecretScalar::from_wide(&[3; 64]);
    let opening = hushwatt_crypto::commitment::Opening::new(5, key.clone());
    let secret = community.world.households[ANNA].notes[0].secret.clone();
    let trade = community.share_trade_as(Utility::Heat, TradeId([8; 32]), &opening, &secret);
    let mut all = vec![right, trade, complaint, release];
    all.extend(requests);
    let cohorts = [[0, 1, 2, 3], [4, 5, 6, 7]].map(|meters| totals::cohort(meters.map(|n| (n, n as u16))));
    all.push(community.world.change_registry(RegistryChange::Cohorts(cohorts.to_vec())));
    let members = totals::members(5, 60);
    all.push(community.world.change_registry(RegistryChange::Committee(totals::committee(3, &members))));
    all.iter().map(|built| tampered(built, |envelope, _| envelope.network = *network)).collect()
}

#[test]
fn every_kind_comes_back_as_it_went_out() {
    let (world, all) = transactions();
    for built in &all {
        let bytes = built.transaction.encode();
        assert_eq!(bytes.len(), built.transaction.encoded_len());
        let back = Transaction::decode(world.network(), &bytes).unwrap();
        assert_eq!(back, built.transaction);
        assert_eq!(back.id(), built.transaction.id());
        assert_eq!(back.full_digest(), built.transaction.full_digest());
        assert_eq!(back.encode(), bytes);
        assert_eq!(back.action().hint_count(), built.hints.len());
    }
}

#[test]
fn a_block_comes_back_as_it_went_out() {
    let (world, all) = transactions();
    for transactions in [vec![], all.iter().map(|built| built.transaction.clone()).collect()] {
        let block = world.forge_block(world.after(60), transactions);
        let bytes = block.encode();
        assert_eq!(Block::decode(world.network(), &bytes).unwrap(), block);
    }
}

#[test]
fn a_truncated_transaction_is_refused_at_every_length() {
    let (world, all) = transactions();
    all.par_iter().for_each(|built| {
        let bytes = built.transaction.encode();
        for length in 0..bytes.len() {
            let Ok(other) = Transaction::decode(world.network(), &bytes[..length]) else { continue };
            // How long a meter's range proof is follows from its class, which is on the ledger: only there is it noticed, if
            // what stands before the cut happens to be a signature.
            assert!(other.action().meter().is_some(), "{length} bytes of a {}", other.action().name());
            assert!(world.verdict_on_bytes(world.after(60), &bytes[..length], &[]).is_err());
        }
    });
}

#[test]
fn a_truncated_block_is_refused_at_every_length() {
    let (world, all) = transactions();
    let transactions = all[..1].iter().map(|built| built.transaction.clone()).collect();
    let bytes = world.forge_block(world.after(60), transactions).encode();
    (0..bytes.len()).into_par_iter().for_each(|length| {
        let refused = Block::decode(world.network(), &bytes[..length]);
        assert!(refused.is_err(), "{length} bytes");
    });
}

/// Whatever decodes must encode to the very bytes it came from.
fn decode(network: &NetworkId, bytes: &[u8]) -> Option<Transaction> {
    let transaction = Transaction::decode(network, bytes).ok()?;
    assert_eq!(transaction.encode(), bytes);
    Some(transaction)
}

#[test]
fn with_any_byte_flipped_a_transaction_is_refused_or_another_one_that_encodes_to_the_same_bytes() {
    let (world, all) = transactions();
    let flips = if full_effort() { vec![0xff, 1, 0x80] } else { vec![0xff] };
    all.par_iter().for_each(|built| {
        let bytes = built.transaction.encode();
        let mut decoded = 0;
        for place in 0..bytes.len() {
            for flip in &flips {
                let mut flipped = bytes.clone();
                flipped[place] ^= flip;
                if let Some(other) = decode(world.network(), &flipped) {
                    assert_ne!(other.full_digest(), built.transaction.full_digest());
                    decoded += 1;
                }
            }
        }
        assert!(decoded > 50, "scalars are free to change");
    });
}

#[test]
fn with_any_byte_flipped_a_block_is_refused_or_another_one_that_encodes_to_the_same_bytes() {
    let (world, all) = transactions();
    let transactions = all[..1].iter().map(|built| built.transaction.clone()).collect();
    let bytes = world.forge_block(world.after(60), transactions).encode();
    (0..bytes.len()).into_par_iter().for_each(|place| {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        if let Ok(block) = Block::decode(world.network(), &flipped) {
            assert_eq!(block.encode(), flipped);
        }
    });
}

#[test]
fn bytes_after_the_end_are_refused() {
    let (world, all) = transactions();
    for built in &all {
        let mut bytes = built.transaction.encode();
        bytes.push(0);
        assert!(Transaction::decode(world.network(), &bytes).is_err(), "{}", built.transaction.action().name());
    }
    let mut bytes = world.forge_block(world.after(60), vec![]).encode();
    bytes.push(0);
    assert_eq!(Block::decode(world.network(), &bytes).err(), Some(DecodeError::TrailingBytes));
}

#[test]
fn counts_outside_their_range_are_refused() {
    let (world, all) = transactions();
    type Change = fn(&mut Action);
    let cases: [(usize, Change); 17] = [
        (0, |action| with(action, |it: &mut hushwatt_ledger::transaction::Transfer| it.statement.outputs.truncate(1))),
        (0, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Transfer| {
                let output = it.statement.outputs[0];
                it.statement.outputs.push(output);
            })
        }),
        (0, |action| with(action, |it: &mut hushwatt_ledger::transaction::Transfer| it.statement.inputs.clear())),
        (2, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Transfer| {
                let input = it.statement.inputs[0];
                it.statement.inputs.push(input);
            })
        }),
        (0, |action| with(action, |it: &mut hushwatt_ledger::transaction::Transfer| it.statement.bucket.length = 1)),
        (0, |action| with(action, |it: &mut hushwatt_ledger::transaction::Transfer| it.statement.bucket.length = 4097)),
        (5, |action| with(action, |it: &mut hushwatt_ledger::transaction::Attest| it.statement.windows.clear())),
        (5, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Attest| {
                let window = it.statement.windows[0].clone();
                it.statement.windows = vec![window; 25];
            })
        }),
        (11, |action| with(action, |it: &mut hushwatt_ledger::transaction::Correct| it.statement.export.clear())),
        (11, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Correct| {
                let value = it.statement.export[0];
                (it.statement.export, it.statement.import) = (vec![value; 13], vec![value; 13]);
            })
        }),
        (11, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Correct| {
                it.statement.window = hushwatt_ledger::units::Window(1 << 32);
            })
        }),
        (9, |action| with(action, |it: &mut hushwatt_ledger::transaction::Mint| it.statement.outputs.truncate(1))),
        (SELL, |action| with(action, |it: &mut hushwatt_ledger::transaction::Sell| it.statement.inputs.clear())),
        (BUY, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Buy| {
                let input = it.statement.inputs[0];
                it.statement.inputs = vec![input; 5];
            })
        }),
        (TRADE, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Clear| {
                let Outcome::Trade { fills, .. } = &mut it.statement.outcome else { panic!("a trade") };
                fills.truncate(1);
            })
        }),
        (TRADE, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Clear| {
                let Outcome::Trade { fills, .. } = &mut it.statement.outcome else { panic!("a trade") };
                *fills = vec![fills[0]; 201];
            })
        }),
        (NO_TRADE, |action| {
            with(action, |it: &mut hushwatt_ledger::transaction::Clear| {
                let Outcome::NoTrade { orders } = &mut it.statement.outcome else { panic!("no trade") };
                *orders = vec![orders[0]; 201];
            })
        }),
    ];
    for (which, change) in cases {
        let changed = tampered(&all[which], |_, action| change(action));
        let refused = Transaction::decode(world.network(), &changed.transaction.encode()).err();
        assert_eq!(refused, Some(DecodeError::LengthOutOfRange), "transaction {which}");
    }
}

/// Calls a closure on the kind it is for.
fn with<T: OfKind>(action: &mut Action, change: impl FnOnce(&mut T)) {
    change(T::of(action));
}

trait OfKind {
    fn of(action: &mut Action) -> &mut Self;
}

macro_rules! of_kind {
    ($($kind:ident)+) => {
        $(impl OfKind for hushwatt_ledger::transaction::$kind {
            fn of(action: &mut Action) -> &mut Self {
                if let Action::$kind(inner) = action { inner } else { panic!("another kind") }
            }
        })+
    };
}
of_kind!(Transfer Attest Correct Mint Sell Buy Clear);

#[test]
fn a_status_and_its_note_key_go_together() {
    // A minting window without a key, and a missing one with a key, cannot be said.
    let (world, all) = transactions();
    for (place, key) in [(0, false), (4, true)] {
        let changed = tampered(&all[4], |_, action| {
            let attest = <hushwatt_ledger::transaction::Attest as OfKind>::of(action);
            let some = attest.statement.windows[1].note_key;
            attest.statement.windows[place].note_key = some.filter(|_| key);
        });
        let bytes = changed.transaction.encode();
        let decoded = Transaction::decode(world.network(), &bytes);
        assert!(decoded.is_err(), "window {place}");
    }
}

#[test]
fn windows_of_different_lengths_cannot_be_said() {
    let (world, all) = transactions();
    let changed = tampered(&all[4], |_, action| {
        let attest = <hushwatt_ledger::transaction::Attest as OfKind>::of(action);
        attest.statement.windows[1].export.pop();
    });
    assert!(Transaction::decode(world.network(), &changed.transaction.encode()).is_err());
}

#[test]
fn prices_and_windows_without_meaning_are_refused() {
    assert_eq!(Price::new(0), None);
    assert_eq!(Price::new(1 << 31), None);
    let (world, all) = transactions();
    let changed = tampered(&all[4], |_, action| {
        let attest = <hushwatt_ledger::transaction::Attest as OfKind>::of(action);
        attest.statement.first_window = hushwatt_ledger::units::Window(1 << 32);
    });
    let refused = Transaction::decode(world.network(), &changed.transaction.encode()).err();
    assert_eq!(refused, Some(DecodeError::LengthOutOfRange));
}

#[test]
fn a_block_with_too_many_or_too_long_parts_is_refused_before_anything_is_allocated() {
    let world = fresh();
    let header = world.forge_block(world.after(60), vec![]).header.encode();
    let with = |count: u32, length: u32| {
        let bytes = [&header[..], &count.to_le_bytes(), &length.to_le_bytes(), &[0; 64]].concat();
        Block::decode(world.network(), &bytes).err()
    };
    assert_eq!(with(MAX_BLOCK_TRANSACTIONS as u32 + 1, 0), Some(DecodeError::LengthOutOfRange));
    assert_eq!(with(u32::MAX, 0), Some(DecodeError::LengthOutOfRange));
    assert_eq!(with(1, MAX_TRANSACTION_BYTES as u32 + 1), Some(DecodeError::LengthOutOfRange));
    assert_eq!(with(1, 65), Some(DecodeError::Truncated));
    let long = vec![0; MAX_BLOCK_BYTES + 1];
    assert_eq!(Block::decode(world.network(), &long).err(), Some(DecodeError::LengthOutOfRange));
}

#[test]
fn hints_come_back_as_they_went_out() {
    let (_, all) = transactions();
    for built in &all {
        let bytes = encode_hints(&built.hints);
        assert_eq!(decode_hints(&bytes).unwrap(), built.hints);
        if let Some((_, shorter)) = bytes.split_last() {
            assert_eq!(decode_hints(shorter).err(), Some(DecodeError::Truncated));
        }
    }
    let hint = all[0].hints[0];
    assert!(decode_hints(&encode_hints(&[hint; 64])).is_ok());
    assert_eq!(decode_hints(&encode_hints(&[hint; 65])).err(), Some(DecodeError::LengthOutOfRange));
}

#[test]
fn random_bytes_are_refused() {
    let mut world = fresh();
    for length in 0..2_000usize {
        let mut bytes = vec![0; length];
        rand_core::RngCore::fill_bytes(&mut world.rng, &mut bytes);
        // With a right beginning half of the time.
        if length > 74 && length % 2 == 0 {
            bytes[0] = 1;
            bytes[1..33].copy_from_slice(&world.network().0);
            bytes[73] = (length % 12) as u8;
        }
        assert!(decode(world.network(), &bytes).is_none());
        assert!(Block::decode(world.network(), &bytes).is_err());
    }
}
