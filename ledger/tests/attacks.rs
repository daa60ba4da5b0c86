//! The reviewed attacks: what each adversary tries, and that the victim loses nothing by it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use hushwatt_crypto::{
    SecretScalar,
    commitment::{Opening, find_value},
    hint::{HINT_LENGTH, Hint},
    meter::Register,
    range::{self, RangeBits},
};
use hushwatt_ledger::{
    Rejection,
    note::{Asset, BucketId, Output},
    parameters::Parameters,
    transaction::{Action, attest::WindowStatus, build::Built},
    units::{MeterId, Utility, Window},
};
use kit::{
    build::Bid,
    forge::{ForgedInput, StrangeOpen},
    *,
};

// Copied keys.

/// A Transfer of Carla's that pays these outputs `(key, opening)`; they must be worth her note less the fee.
fn carlas_transfer(world: &mut World, outputs: [(hushwatt_crypto::Point, Opening); 2]) -> Built {
    let note = world.spendable(CARLA, Asset::Credit)[0].clone();
    let (bucket, _) = world.locate(note.number).unwrap();
    let fresh = outputs[0].1.blinding.plus(&outputs[1].1.blinding);
    let input: ForgedInput = world.forged_input(&note, fresh);
    let openings = [outputs[0].1.clone(), outputs[1].1.clone()];
    let made = outputs.map(|(key, opening)| Output { key, commitment: opening.commit_point().unwrap() });
    let network = *world.network();
    world.forged_transfer(bucket, vec![input], made.to_vec(), |digest, rng| {
        range::prove(&network, digest, RangeBits::Bits64, &openings, rng).unwrap()
    })
}

/// Carla sees the keys of a transaction that is not in a block yet and puts them on notes of her own.
fn copy_keys_of(world: &mut World, victim: &Built) -> Built {
    let Action::Transfer(transfer) = victim.transaction.action() else { panic!("a transfer") };
    let keys: Vec<_> = transfer.statement.outputs.iter().map(|output| output.key).collect();
    let openings = [1, 10_000_000 - 8].map(|value| Opening::new(value, SecretScalar::random(&mut world.rng)));
    let [first, second] = openings;
    carlas_transfer(world, [(keys[0], first), (keys[1], second)])
}

/// Invariant E4.
#[test]
fn a_stranger_who_copies_a_pending_notes_key_first_blocks_nobody() {
    for copy_comes_first in [true, false] {
        let mut world = fresh();
        let payment = world.pay(ANNA, BERT, 4_000_000);
        let copy = copy_keys_of(&mut world, &payment);
        let (first, second) = if copy_comes_first { (copy, payment) } else { (payment, copy) };
        world.accept(world.after(60), &[first]);
        world.accept(world.after(60), &[second]);
        world.next_epoch();

        // Both have their notes, in one bucket in which their keys stand twice.
        let bert = world.pending(BERT, Asset::Credit).len() + world.spendable(BERT, Asset::Credit).len();
        assert_eq!(bert, 5);
        let received = world.spendable(BERT, Asset::Credit).pop().unwrap();
        assert_eq!(received.opening.value, 4_000_000);
        let (version, _) = world.locate(received.number).unwrap();
        let same_key = world.ring(version).iter().filter(|member| *member.key() == received.key).count();
        assert_eq!(same_key, 2, "an identical key in one bucket is legal");
        let change = world.spendable(ANNA, Asset::Credit).pop().unwrap();
        let spends = [
            world.transfer(&[received], &[(CARLA, 3_000_000), (BERT, 1_000_000 - 7)]),
            world.transfer(std::slice::from_ref(&change), &[(CARLA, 5), (ANNA, change.opening.value - 12)]),
        ];
        world.accept(world.after(60), &spends);
    }
}

/// Invariant E4.
#[test]
fn of_two_notes_under_one_key_the_owner_spends_one_and_the_ledger_keeps_its_sums() {
    // Carla even gives Bert real money under his own key: he takes the one he likes better.
    let mut world = fresh();
    let payment = world.pay(ANNA, BERT, 4_000_000);
    world.accept(world.after(60), &[payment]);
    let received = world.pending(BERT, Asset::Credit)[0].clone();
    let gift = Opening::new(9_000_000, SecretScalar::random(&mut world.rng));
    let rest = Opening::new(1_000_000 - 7, SecretScalar::random(&mut world.rng));
    let stray = world.nobodys_key();
    let copy = carlas_transfer(&mut world, [(received.key, gift.clone()), (stray, rest)]);
    let number = hushwatt_ledger::note::NoteNumber(world.counters().notes);
    world.accept(world.after(60), &[copy]);
    world.next_epoch();
    let given = OwnedNote { number, opening: gift, ..received.clone() };
    assert_eq!(given.image, received.image);
    let one = world.transfer(&[given], &[(BERT, 8_000_000), (BERT, 1_000_000 - 7)]);
    let other = world.transfer(&[received], &[(BERT, 3_000_000), (BERT, 1_000_000 - 7)]);
    assert_eq!(world.verdict(world.after(60), &one), Ok(()));
    assert_eq!(world.verdict(world.after(60), &other), Ok(()));
    assert_eq!(world.verdict_on_both(world.after(60), &one, &other), Err(Rejection::AlreadySpent));
}

/// Invariant E4.
#[test]
fn a_stranger_who_copies_a_contracts_refund_key_blocks_no_refund() {
    let Market { mut world, to_anna, .. } = market();
    let refund_key = world.ledger().contract(&to_anna).unwrap().unwrap().terms.refund_key;
    let note = world.spendable(CARLA, Asset::Credit)[0].opening.value;
    let stray = world.nobodys_key();
    let openings = [5, note - 12].map(|value| Opening::new(value, SecretScalar::random(&mut world.rng)));
    let [first, second] = openings;
    let copy = carlas_transfer(&mut world, [(refund_key, first), (stray, second)]);
    world.accept(world.after(60), &[copy]);
    let before = world.households[ANNA].balance(Asset::Credit);
    let deliver = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, 300)]);
    world.accept(world.after(60), &[deliver]);
    assert_eq!(world.households[ANNA].balance(Asset::Credit), before + 500 * 200);
    world.next_epoch();
    let refund = world.spendable(ANNA, Asset::Credit).pop().unwrap();
    assert_eq!(refund.opening.value, 500 * 200);
    let spend = world.transfer(std::slice::from_ref(&refund), &[(BERT, 1), (ANNA, 500 * 200 - 8)]);
    world.accept(world.after(60), &[spend]);
}

// Withheld openings.

#[test]
fn a_buyer_opens_his_refund_whatever_the_sellers_hints_are() {
    for delivered in [0, 1, 799, 800] {
        let Market { mut world, to_anna, .. } = market();
        let deliver = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, delivered)]);
        let mut anna = world.households[ANNA].clone();
        let first_new = world.counters().notes;
        let block = world.accept(world.after(60), &[deliver]);

        // What Anna's wallet sees of the block if every hint in it is garbage.
        let made: Vec<_> = (first_new..world.counters().notes)
            .map(hushwatt_ledger::note::NoteNumber)
            .map(|number| (number, world.ledger().note(number).unwrap().unwrap().note))
            .collect();
        let before = anna.balance(Asset::Credit);
        anna.scan(&world.genesis, &[], &block, &[vec![Hint([0xaa; HINT_LENGTH]); 2]], &made);
        assert_eq!(anna.balance(Asset::Credit), before + u64::from(800 - delivered) * 200);
        let purchase = anna.purchases.iter().find(|purchase| purchase.contract == to_anna).unwrap();
        assert_eq!(purchase.delivered, Some(delivered));
        assert!(purchase.closed);

        // The search itself, as the protocol states it: C_d - b_d*G = d*H.
        let Action::Deliver(on_ledger) = block.transactions[0].action() else { panic!("a delivery") };
        let receipt = on_ledger.statement.deliveries[0].delivered;
        let value = receipt.point() - purchase.delivered_blinding.public().point();
        assert_eq!(find_value(&value, 800), Some(delivered));
    }
}

#[test]
fn the_public_cannot_search_what_was_delivered() {
    // Without b_d there is nothing to search: not from the receipt, not from receipt and handle.
    let Market { mut world, to_anna, .. } = market();
    let handle = world.ledger().contract(&to_anna).unwrap().unwrap().terms.handle;
    let deliver = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, 300)]);
    let Action::Deliver(deliver) = deliver.transaction.action() else { panic!("a delivery") };
    let receipt = deliver.statement.deliveries[0].delivered;
    assert_eq!(find_value(receipt.point(), 800), None);
    assert_eq!(find_value(&(receipt.point() - handle.point()), 800), None);
}

// Poisoned rings.

/// Carla opens a contract to Bert whose refund, if all of it is delivered, is the identity.
fn market_with_an_identity_refund() -> World {
    let mut world = fresh();
    let note = world.spendable(CARLA, Asset::Credit)[0].clone();
    let window = world.window(0);
    let bid = Bid { buyer: CARLA, seller: BERT, utility: Utility::Electricity, window, price: 100, quantity: 400 };
    let blinding = SecretScalar::random(&mut world.rng);
    let strange = StrangeOpen { quantity_blinding: blinding.clone(), delivered_blinding: blinding };
    let open = world.strange_open(&note, &bid, &strange);
    let contract = world.contract_of(&open);
    world.accept(world.after(60), &[open]);

    let at = world.parameters().window_end(window);
    world.pass(at);
    let attests: Vec<Built> = (0..3)
        .map(|meter| {
            let reading = world.measured(1000, 0);
            world.attest(meter, window, &[reading])
        })
        .collect();
    world.accept(at, &attests);
    world.pass(world.parameters().attest_until(window).plus(1));
    let deliver = world.deliver(BERT, electricity(window), &[(contract, 400)]);
    let payment = world.pay(ANNA, BERT, 1_000);
    world.accept(world.after(60), &[deliver, payment]);
    world.next_epoch();
    world
}

/// Invariant E9.
#[test]
fn an_identity_commitment_in_a_bucket_freezes_nobody() {
    let mut world = market_with_an_identity_refund();
    let spendable = world.spendable(CARLA, Asset::Credit);
    let refund = spendable.iter().find(|note| note.opening.value == 0).expect("a refund of nothing").clone();
    let (version, position) = world.locate(refund.number).unwrap();
    assert!(world.ring(version)[position].commitment().is_identity());

    // Everybody with a note in this bucket spends it: a payout, a change, a payment, and the strange note itself.
    let mut spends = Vec::new();
    for who in [ANNA, BERT] {
        for note in world.spendable(who, Asset::Credit) {
            if world.locate(note.number).unwrap().0.id == version.id {
                let rest = note.opening.value - 8;
                spends.push(world.transfer(std::slice::from_ref(&note), &[(CARLA, 1), (who, rest)]));
            }
        }
    }
    assert!(spends.len() >= 3);
    world.accept(world.after(60), &spends);
}

/// Invariant E9.
#[test]
fn even_the_owner_of_an_identity_commitment_can_spend_it() {
    let mut world = market_with_an_identity_refund();
    let refund = world.spendable(CARLA, Asset::Credit).into_iter().find(|note| note.opening.value == 0).unwrap();
    let (bucket, _) = world.locate(refund.number).unwrap();
    // Every Transfer costs the fee, so a note of nothing needs company: the change of her Open.
    let change = world
        .spendable(CARLA, Asset::Credit)
        .into_iter()
        .find(|note| note.opening.value > 0 && world.locate(note.number).unwrap().0 == bucket);
    let change = change.expect("a note in the same bucket");
    let built = world.transfer(&[refund, change.clone()], &[(CARLA, change.opening.value - 7), (CARLA, 0)]);
    world.accept(world.after(60), &[built]);
}

/// Invariant E9.
#[test]
fn equal_commitments_in_a_bucket_freeze_nobody() {
    let parameters = Parameters { fee: 8, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let payment = world.pay(ANNA, BERT, 4_000_000);
    world.accept(world.after(60), &[payment]);
    let twin = Opening::new((10_000_000 - 8) / 2, SecretScalar::random(&mut world.rng));
    let keys = [world.nobodys_key(), world.nobodys_key()];
    let built = carlas_transfer(&mut world, keys.map(|key| (key, twin.clone())));
    world.accept(world.after(60), &[built]);
    world.next_epoch();
    let received = world.spendable(BERT, Asset::Credit).pop().unwrap();
    let (version, _) = world.locate(received.number).unwrap();
    let commitment = twin.commit();
    assert_eq!(world.ring(version).iter().filter(|member| *member.commitment() == commitment).count(), 2);
    let spend = world.transfer(&[received], &[(CARLA, 1), (BERT, 4_000_000 - 9)]);
    world.accept(world.after(60), &[spend]);
}

// Few notes.

fn village(ring_min: u32, ring_cap: u32, notes: usize) -> World {
    let parameters = Parameters { ring_min, ring_cap, seal_after: 7_200, ..Setup::default().parameters };
    World::new(&Setup { parameters, notes, ..Setup::default() })
}

#[test]
fn a_village_whose_notes_never_fill_a_bucket_appends_them_to_the_newest() {
    let mut world = village(8, 32, 4);
    let payment = world.pay(ANNA, BERT, 1_000);
    world.accept(world.after(60), &[payment]);
    let made = world.now();
    for _ in 0..3 {
        world.next_epoch();
        assert_eq!(world.pending(BERT, Asset::Credit).len(), 1, "one origin is no bucket");
    }
    world.pass(made.plus(7_200));
    assert_eq!(world.pending(BERT, Asset::Credit).len(), 1, "not before seal_after is over");
    world.pass(made.plus(7_201));
    assert_eq!(world.counters().buckets, 1);
    assert_eq!(world.version(BucketId(0)).length, 18);
    let received = world.spendable(BERT, Asset::Credit).pop().unwrap();
    let spend = world.transfer(&[received], &[(ANNA, 500), (BERT, 493)]);
    world.accept(world.after(60), &[spend]);
}

#[test]
fn notes_of_one_household_join_a_full_bucket_and_seal_alone_only_beyond_twice_its_cap() {
    let mut world = village(8, 16, 4);
    for (buckets, newest, length) in [(1, 0, 24), (1, 0, 32), (2, 1, 8)] {
        let note = world.spendable(ANNA, Asset::Credit)[..1].to_vec();
        let rest = note[0].opening.value - 7_007;
        let mut payees = vec![(BERT, 1_000); 7];
        payees.push((ANNA, rest));
        let split = world.transfer(&note, &payees);
        world.accept(world.after(60), &[split]);
        world.pass(world.after(7_201));
        assert_eq!((world.counters().buckets, world.version(BucketId(newest)).length), (buckets, length));
    }
    let received = world.spendable(BERT, Asset::Credit).pop().unwrap();
    let spend = world.transfer(&[received], &[(ANNA, 500), (BERT, 493)]);
    world.accept(world.after(60), &[spend]);
}

#[test]
fn a_single_waiting_note_joins_even_a_full_bucket() {
    let mut world = village(2, 16, 4);
    let burn = world.burn(1_000);
    world.accept(world.after(60), &[burn]);
    assert_eq!(world.pending(TREASURY, Asset::Credit).len(), 1);
    world.next_epoch();
    assert_eq!(world.pending(TREASURY, Asset::Credit).len(), 1, "one origin is no bucket");
    world.pass(world.after(7_201));
    assert_eq!(world.counters().buckets, 1);
    assert_eq!(world.version(BucketId(0)).length, 17);
    let change = world.spendable(TREASURY, Asset::Credit).pop().unwrap();
    let burn = world.burn_with(&[change], 5);
    world.accept(world.after(60), &[burn]);
}

#[test]
fn a_single_waiting_note_never_seals_alone() {
    // Single notes join the newest bucket until it has twice its size; the next one waits for company.
    let mut world = village(2, 16, 4);
    for length in 17..=32 {
        let burn = world.burn(1);
        world.accept(world.after(60), &[burn]);
        world.pass(world.after(7_201));
        assert_eq!(world.version(BucketId(0)).length, length);
    }
    let burn = world.burn(1);
    world.accept(world.after(60), &[burn]);
    for _ in 0..3 {
        world.pass(world.after(7_201));
        assert_eq!(world.counters().buckets, 1);
        assert_eq!(world.pending(TREASURY, Asset::Credit).len(), 1, "alone it could never be spent");
    }
    let burn = world.burn(1);
    world.accept(world.after(60), &[burn]);
    world.pass(world.after(7_201));
    assert_eq!(world.counters().buckets, 2);
    assert_eq!(world.version(BucketId(1)).length, 2);
    assert!(world.pending(TREASURY, Asset::Credit).is_empty());
}

#[test]
fn a_bucket_above_its_cap_is_cut_into_even_parts_that_all_can_be_spent_from() {
    let mut world = village(2, 16, 10);
    assert_eq!(world.counters().buckets, 3, "40 notes of block 1");
    let lengths: Vec<u32> = (0..3).map(|id| world.version(BucketId(id)).length).collect();
    assert_eq!(lengths, [14, 13, 13]);
    let spends: Vec<Built> = (1..4)
        .flat_map(|who| world.spendable(who, Asset::Credit).into_iter().map(move |note| (who, note)))
        .collect::<Vec<_>>()
        .into_iter()
        .step_by(5)
        .map(|(who, note)| world.transfer(&[note], &[(who, 5), (who, 10_000_000 - 12)]))
        .collect();
    world.accept(world.after(60), &spends);
}

// Meters.

#[test]
fn two_attestations_of_a_meter_never_use_one_blinding_for_two_values() {
    let mut world = fresh();
    let window = world.window(0);
    let at = world.parameters().window_end(window);
    world.pass(at);
    let commitments = |built: &Built| {
        let Action::Attest(attest) = built.transaction.action() else { panic!("an attestation") };
        let window = &attest.statement.windows[0];
        (attest.statement.salt, [window.export.clone(), window.import.clone()].concat())
    };
    let same = world.measured(500, 500);

    // Restored from a backup after its first attestation: the same readings, another salt, other commitments.
    let mut restored = world.clone();
    let first = commitments(&world.attest(0, window, std::slice::from_ref(&same)));
    restored.random(2);
    let second = commitments(&restored.attest(0, window, std::slice::from_ref(&same)));
    assert_ne!(first.0, second.0);
    assert!(first.1.iter().all(|commitment| !second.1.contains(commitment)));

    // Even with a failed generator other values have another salt, hence other blindings.
    let mut broken = restored.clone();
    let other = restored.measured(501, 500);
    let (a, b) = (broken.attest(0, window, &[same]), restored.attest(0, window, &[other]));
    let (a, b) = (commitments(&a), commitments(&b));
    assert_ne!(a.0, b.0);
    assert!(a.1.iter().all(|commitment| !b.1.contains(commitment)));

    // Within one attestation every register and interval has its own: equal values, distinct commitments.
    let distinct: std::collections::BTreeSet<_> = first.1.iter().map(|commitment| *commitment.as_bytes()).collect();
    assert_eq!(distinct.len(), first.1.len());
    let key = &world.meters[0].day_key;
    let blinding = |register, interval| key.reading_blinding(world.network(), 0, &first.0, register, interval);
    assert_ne!(blinding(Register::Export, 7), blinding(Register::Import, 7));
    assert_ne!(blinding(Register::Export, 7), blinding(Register::Export, 8));
}

/// Invariant A7.
#[test]
fn a_meter_away_for_a_month_returns_in_chunks_without_minting_and_then_mints_again() {
    let parameters = Parameters { interval: 3600, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let away = 30 * 24;
    let back = world.parameters().window_end(world.window(away)).plus(60);
    world.pass(back);
    // Its day key moved on all the while. The windows of the last two hours can still mint.
    let deadline = |world: &World, n: u64| world.parameters().attest_until(world.window(n));
    let last_late = (0..away).rev().find(|n| deadline(&world, *n) < back).unwrap();
    let notes = world.counters().notes;
    let mut n = 0;
    while n <= last_late {
        let chunk = 24.min(last_late + 1 - n);
        if n == 0 {
            let readings = vec![world.measured(9, 0); 24];
            let minting = world.attest(0, world.window(0), &readings);
            assert_eq!(world.verdict(back, &minting), Err(Rejection::LateRequired));
        }
        let readings = vec![world.reading(WindowStatus::Late, 9, 4); chunk as usize];
        let built = world.attest(0, world.window(n), &readings);
        world.accept(back, &[built]);
        n += chunk;
    }
    assert_eq!(world.counters().notes, notes, "late windows mint nothing");
    assert_eq!(world.households[ANNA].balance(electricity(world.window(3))), 0);
    let readings = [world.measured(70, 0), world.measured(80, 0)];
    let built = world.attest(0, world.window(n), &readings);
    world.accept(back, &[built]);
    let minted = |n: u64| world.households[ANNA].balance(electricity(Window(world.window(n).0)));
    assert_eq!((minted(n), minted(n + 1)), (70, 80));
    let record = world.ledger().meter(MeterId(0)).unwrap();
    assert_eq!(record.next_window, world.window(n + 2));
}
