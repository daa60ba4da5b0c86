//! A meter corrects a window: its household's wallet shows the corrected reading, and what was minted stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_crypto::{commitment::Opening, meter::Register, range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    Rejection,
    note::Asset,
    state::LedgerState,
    transaction::{
        Envelope, TransactionId,
        build::Built,
        correct::build::CorrectPlan,
        registry::{RegistryChange, build::RegistryPlan},
    },
    units::{MeterId, Quantity, Utility, Window},
};
use hushwatt_meter_attest::{Attestor, ChainPosition, Metered};
use hushwatt_wallet::{OpenedWindow, Wallet};
use market::{ANNA, BERT, Home, Market, pairing, stored};
use support::{meter_key, registrar_key};

/// A correction of a window: this much exported and imported in each interval.
fn correction(
    market: &mut Market,
    who: usize,
    window: Window,
    values: (u32, u32),
    key: &SigningKey,
    class: RangeBits,
) -> Built {
    let genesis = market.community.genesis.clone();
    let (network, parameters) = (genesis.network(), &genesis.parameters);
    let paired = pairing(who);
    let day_key = paired.day_key.advance(network, parameters.window_start(window).day()).unwrap();
    let (first, count) = (parameters.first_interval(window).0, parameters.intervals_per_window());
    let listed = [vec![values.0; count], vec![values.1; count]].concat();
    let salt = day_key.attestation_salt(network, paired.meter.0, first, &listed, &mut market.community.rng);
    let openings = |register, value: u32| -> Vec<Opening> {
        let blinding = |interval| day_key.reading_blinding(network, paired.meter.0, &salt, register, interval);
        (first..first + count as u64).map(|interval| Opening::new(value.into(), blinding(interval))).collect()
    };
    let (export, import) = (openings(Register::Export, values.0), openings(Register::Import, values.1));
    let committed = market.community.node.store().state();
    let standing = LedgerState::new(&genesis, &committed).meter_standing(paired.meter).unwrap().unwrap();
    drop(committed);
    let plan = CorrectPlan {
        meter: paired.meter,
        sequence: standing.sequence + 1,
        previous: standing.last,
        salt,
        window,
        export,
        import,
        valid_until: Envelope::validity_from(market.community.now()),
    };
    plan.prove(&genesis, class, &mut market.community.rng).unwrap().sign(key)
}

fn window_of(wallet: &Wallet, window: Window) -> &OpenedWindow {
    wallet.windows().iter().find(|opened| opened.window == window).unwrap()
}

#[test]
fn a_corrected_window_shows_its_new_reading_and_the_minted_energy_stays() {
    let mut market = Market::usual();
    let window = market.window(0);
    let (contract, open) = market.open(BERT, ANNA, window, 1_500);
    market.community.settle(vec![open]);
    let mut home = Home::of(ANNA, &market.community);
    let looking = market.wallet(ANNA).view_key_export();
    market.deliverable(500);
    let attested = window_of(market.wallet(ANNA), window).clone();
    assert_eq!((attested.exported(), attested.corrections()), (2_000, 0));
    let energy = |market: &Market| {
        let notes = market.wallet(ANNA).notes().filter(|note| note.asset != Asset::Credit);
        notes.map(|note| (note.number, note.opening.clone(), note.spent)).collect::<Vec<_>>()
    };
    let minted = energy(&market);

    for (round, values) in (1..).zip([(400, 3), (450, 9)]) {
        let built = correction(&mut market, ANNA, window, values, &meter_key(ANNA), RangeBits::Bits16);
        market.community.settle(vec![built.clone()]);
        let opened = window_of(market.wallet(ANNA), window);
        assert_eq!(opened.readings, vec![values; 4]);
        assert_eq!((opened.corrections(), opened.transaction), (round, *built.transaction.id()));
        assert_eq!(opened.status, attested.status);
        assert_eq!(opened.before[0].readings, attested.readings);
        assert_eq!(opened.before[0].transaction, attested.transaction);
        // The openings are those of the commitments on the ledger.
        let hushwatt_ledger::transaction::Action::Correct(correct) = built.transaction.action() else { panic!() };
        let readings = market.wallet(ANNA).readings_of(opened);
        for (reading, (export, import)) in
            readings.iter().zip(correct.statement.export.iter().zip(&correct.statement.import))
        {
            assert!(reading.export.opens(export.element()) && reading.import.opens(import.element()));
        }
    }
    assert_eq!(energy(&market), minted, "what was minted is neither lost nor changed");
    let others = window_of(market.wallet(BERT), window);
    assert_eq!((others.exported(), others.corrections()), (100, 0), "another household's correction is nothing here");
    market.deliver(ANNA, &[(contract, 1_500)]);
    assert_eq!(market.wallet(BERT).bought(Utility::Electricity), 1_500, "more than is left by the correction");

    // A wallet that was saved after every block, one that only looks, one restored later, and one that reads again.
    home.catch_up(&market.community);
    assert_eq!(home.wallet.windows(), market.wallet(ANNA).windows());
    let standing = home.view.meter(MeterId(ANNA as u32)).unwrap().unwrap();
    assert_eq!((standing.sequence, standing.last), (3, window_of(&home.wallet, window).transaction));
    assert_eq!((standing.next_window, standing.meter.key), (market.window(1), meter_key(ANNA).verifying_key()));
    let genesis = market.community.genesis.clone();
    let mut looks = Home::new(
        move || {
            let mut wallet = Wallet::view_only(genesis.clone(), &looking).unwrap();
            wallet.pair(pairing(ANNA));
            wallet
        },
        &market.community,
    );
    looks.catch_up(&market.community);
    assert_eq!(looks.wallet.windows(), market.wallet(ANNA).windows());
    let before = home.wallet.windows().to_vec();
    home.wallet.read_again();
    let mut again = Home::of(ANNA, &market.community);
    again.wallet.import(stored(&home.wallet)).unwrap();
    again.catch_up(&market.community);
    assert_eq!(again.wallet.windows(), before, "reading again changes nothing");
}

#[test]
fn a_replaced_meter_of_another_class_is_read_without_being_told() {
    let mut market = Market::usual();
    market.deliverable(500);
    let (window, genesis) = (market.window(0), market.community.genesis.clone());
    let key = SigningKey::from_bytes(&[99; 32]);
    let change =
        RegistryChange::Meter { meter: MeterId(ANNA as u32), class: RangeBits::Bits32, key: key.verifying_key() };
    let plan = RegistryPlan { serial: 1, change, valid_until: Envelope::validity_from(market.community.now()) };
    let signed = plan.prepare(&genesis).sign(&genesis, &registrar_key()).unwrap();
    market.community.settle(vec![signed.finish(&genesis).unwrap()]);
    let built = correction(&mut market, ANNA, window, (70_000, 3), &key, RangeBits::Bits32);
    market.community.settle(vec![built]);
    assert_eq!(window_of(market.wallet(ANNA), window).readings, vec![(70_000, 3); 4]);
}

/// Submits an attestation that the key in force signed together with the change that replaces this key, again and again: in
/// the order of their ids it is in the block or in none, and every block is one that others take.
#[test]
fn what_an_old_key_signed_is_in_no_block_behind_the_exchange() {
    let mut market = Market::usual();
    let genesis = market.community.genesis.clone();
    let meter = MeterId(ANNA as u32);
    let mut key = meter_key(ANNA);
    let (mut before, mut behind) = (0, 0);
    for round in 0..12u8 {
        let committed = market.community.node.store().state();
        let standing = LedgerState::new(&genesis, &committed).meter_standing(meter).unwrap().unwrap();
        drop(committed);
        assert_eq!(standing.meter.key, key.verifying_key());
        let end = market.end_of(standing.next_window).max(market.community.now());
        market.community.block_at(end);
        let position =
            ChainPosition { sequence: standing.sequence, last: standing.last, next_window: standing.next_window };
        let paired = pairing(ANNA);
        let spend = market.wallet(ANNA).address().spend;
        let attestor = Attestor::restore(meter, key.clone(), paired.day_key, spend, position);
        let metered = Metered { export: Quantity(5), import: Quantity(7) };
        let now = market.community.now();
        let pending = attestor.attest(&genesis, |_| Some(metered), now, &mut market.community.rng).unwrap();
        let attest = pending.built;
        let new = SigningKey::from_bytes(&[150 + round; 32]);
        let change = RegistryChange::Meter { meter, class: RangeBits::Bits16, key: new.verifying_key() };
        let serial = u64::from(round) + 1;
        let plan = RegistryPlan { serial, change, valid_until: Envelope::validity_from(now) };
        let change = plan.prepare(&genesis).sign(&genesis, &registrar_key()).unwrap().finish(&genesis).unwrap();
        let (first, second) = (*attest.transaction.id(), *change.transaction.id());
        for verdict in market.community.node.submit_all(vec![attest, change]) {
            verdict.unwrap();
        }
        market.community.clock.step_to(now.plus(10));
        let produced = market.community.node.produce().unwrap();
        market.community.scan(&produced);
        let ids: Vec<TransactionId> = produced.block.transactions.iter().map(|one| *one.id()).collect();
        if first < second {
            assert_eq!(ids, [first, second]);
            before += 1;
        } else {
            assert_eq!(ids, [second]);
            assert_eq!(produced.dropped, [(first, Rejection::MeterSignature)]);
            behind += 1;
        }
        key = new;
    }
    assert!(before > 0 && behind > 0, "{before} before and {behind} behind");
}
