//! Contracts and own meters on a real node: what a buyer and a seller find on the ledger by themselves (protocol sections
//! 6.2 and 6.3).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_crypto::meter::DayKey;
use hushwatt_ledger::{
    block::BlockHints,
    parameters::Parameters,
    state::BlockEvents,
    transaction::{
        Action, Transaction,
        attest::WindowStatus,
        build::{BuildError, Built},
        open::ContractId,
    },
    units::{Credit, Interval, MeterId, Price, Quantity, Utility},
};
use hushwatt_meter_attest::Metered;
use hushwatt_node::Produced;
use hushwatt_wallet::{ChainBlock, ClaimState, Follower, Pairing, PurchaseState, Wallet, WalletError};
use market::{ANNA, BERT, CARLA, HOUR, Market, PRICE, pairing};
use support::{Community, Setup, follow, seed_of, tampered};

#[test]
fn a_buyer_finds_full_partial_and_zero_delivery_and_every_refund() {
    let mut market = Market::usual();
    let window = market.window(0);
    let opened: Vec<(ContractId, Built)> = (0..3).map(|_| market.open(BERT, ANNA, window, 1_000)).collect();
    let ids: Vec<ContractId> = opened.iter().map(|(id, _)| *id).collect();
    market.community.settle(opened.into_iter().map(|(_, built)| built).collect());
    let lock = Credit(3 * 300_000);
    assert_eq!(market.wallet(BERT).balance().locked, lock);
    assert_eq!(market.total(BERT), 4_000_000, "what is locked is still his");
    assert!(ids.iter().all(|id| market.claim(ANNA, *id) == Some(ClaimState::Open)));
    assert!(ids.iter().all(|id| market.claim(CARLA, *id).is_none()), "a stranger learns of no contract");

    market.deliverable(500);
    assert_eq!(market.wallet(ANNA).open_claims(Utility::Electricity, window).count(), 3);
    let energy = market.wallet(ANNA).energy(Utility::Electricity, window);
    assert_eq!(energy.available, 2_000);
    market.deliver(ANNA, &[(ids[0], 1_000), (ids[1], 400), (ids[2], 0)]);

    let states: Vec<PurchaseState> = ids.iter().map(|id| market.purchase(BERT, *id)).collect();
    assert_eq!(states, [1_000, 400, 0].map(|quantity| PurchaseState::Delivered(Quantity(quantity))));
    assert!(ids.iter().all(|id| market.claim(ANNA, *id) == Some(ClaimState::Settled)));
    let paid = 1_400 * u64::from(PRICE);
    assert_eq!((market.total(ANNA), market.total(BERT)), (4_000_000 + paid, 4_000_000 - paid));
    assert_eq!(market.wallet(BERT).bought(Utility::Electricity), 1_400);
    assert_eq!(market.wallet(BERT).balance().locked, Credit(0));
    let energy = market.wallet(ANNA).energy(Utility::Electricity, window);
    assert_eq!((energy.available, energy.pending), (0, 600), "the change waits for its bucket");
    // Payout and refunds are notes like any other.
    market.community.next_epoch();
    let all = market.total(ANNA);
    assert_eq!(market.wallet(ANNA).balance().available.0, all);
    let built = market.community.pay(BERT, &[(CARLA, 900_000)]);
    market.community.settle(vec![built]);
}

#[test]
fn a_refund_is_spent() {
    let mut market = Market::usual();
    let (id, built) = market.open(BERT, ANNA, market.window(0), 1_000);
    market.community.settle(vec![built]);
    market.deliverable(500);
    market.deliver(ANNA, &[(id, 1)]);
    market.community.next_epoch();
    let wallet = market.wallet(BERT);
    let refund = wallet.notes().find(|note| note.opening.value == 999 * u64::from(PRICE)).unwrap().clone();
    // The smallest note that covers it is the refund itself.
    let built = market.community.pay(BERT, &[(CARLA, 299_000)]);
    assert_eq!(Some(built.transaction.action().spends()[0].image), refund.image);
    market.community.settle(vec![built]);
    assert_eq!(market.total(CARLA), 4_299_000);
}

#[test]
fn energy_change_is_delivered_after_two_append_slots() {
    let mut market = Market::usual();
    let window = market.window(0);
    let (first, one) = market.open(BERT, ANNA, window, 500);
    let (second, other) = market.open(CARLA, ANNA, window, 700);
    market.community.settle(vec![one, other]);
    market.deliverable(300);
    market.deliver(ANNA, &[(first, 500)]);
    let refused = market.try_deliver(ANNA, &[(second, 700)]);
    assert!(matches!(refused, Err(WalletError::InsufficientEnergy { available: Quantity(0), .. })));
    market.community.block_at(market.community.now().plus(HOUR));
    market.deliver(ANNA, &[(second, 700)]);
    assert_eq!(market.purchase(CARLA, second), PurchaseState::Delivered(Quantity(700)));
    assert_eq!(market.total(ANNA), 4_000_000 + 1_200 * u64::from(PRICE));
}

#[test]
fn a_contract_nobody_delivers_to_expires_and_gives_the_whole_lock_back() {
    let mut market = Market::usual();
    let window = market.window(0);
    let (id, built) = market.open(BERT, ANNA, window, 1_000);
    market.community.settle(vec![built]);
    market.deliverable(500);
    let deadline = market.community.genesis.parameters.deliver_until(window);
    market.community.block_at(deadline);
    assert_eq!(market.purchase(BERT, id), PurchaseState::Open, "in the last second it can still be delivered to");
    market.community.block_at(deadline.plus(1));
    assert_eq!(market.purchase(BERT, id), PurchaseState::Expired);
    assert_eq!(market.claim(ANNA, id), Some(ClaimState::Expired));
    let balance = market.wallet(BERT).balance();
    assert_eq!((balance.total(), balance.locked), (Credit(4_000_000), Credit(0)));
    assert_eq!(market.wallet(BERT).bought(Utility::Electricity), 0);
    assert!(matches!(market.try_deliver(ANNA, &[(id, 1)]), Err(WalletError::UnknownContract(other)) if other == id));
}

#[test]
fn deliveries_that_cannot_be_are_refused_before_anything_is_signed() {
    let mut market = Market::usual();
    let (first, second) = (market.window(0), market.window(1));
    let (id, one) = market.open(BERT, ANNA, first, 3_000);
    let (small, two) = market.open(BERT, ANNA, first, 10);
    let (later, three) = market.open(BERT, ANNA, second, 10);
    market.community.settle(vec![one, two, three]);
    market.deliverable(500);
    let refused = market.try_deliver(ANNA, &[(id, 2_001)]);
    let amounts = (Quantity(2_001), Quantity(2_000));
    assert!(
        matches!(refused, Err(WalletError::InsufficientEnergy { needed, available }) if (needed, available) == amounts)
    );
    assert!(matches!(market.try_deliver(ANNA, &[(small, 11)]), Err(WalletError::Build(BuildError::OverDelivery))));
    assert!(matches!(market.try_deliver(ANNA, &[(id, 1), (later, 1)]), Err(WalletError::MixedContracts)));
    assert!(matches!(market.try_deliver(CARLA, &[(id, 1)]), Err(WalletError::UnknownContract(_))));
    assert!(matches!(market.try_deliver(ANNA, &[]), Err(WalletError::Nothing("deliver"))));
    let energy = market.wallet(ANNA).energy(Utility::Electricity, first);
    assert_eq!(energy.available, 2_000, "nothing was reserved");
}

#[test]
fn a_lock_and_the_fee_must_be_covered_to_open() {
    let mut market = Market::new(Parameters { fee: 100_000, ..Setup::default().parameters });
    let offer = market.offer(ANNA, market.window(0), 3_001);
    let Community { wallets, follower, rng, .. } = &mut market.community;
    let now = follower.tip().time;
    let built = wallets[BERT].open(follower, &offer, now, rng).unwrap();
    assert_eq!(built.transaction.action().spends().len(), 2, "900,300 and the fee need two notes of a euro");
    market.community.settle(vec![built]);
    assert_eq!(market.total(BERT), 3_900_000);
    let offer = market.offer(ANNA, market.window(0), 13_334);
    let Community { wallets, follower, rng, .. } = &mut market.community;
    let refused = wallets[CARLA].open(follower, &offer, now, rng);
    assert!(matches!(
        refused,
        Err(WalletError::InsufficientCredit { needed: Credit(4_100_200), available: Credit(4_000_000), .. })
    ));
}

// Contracts a seller must not believe in.

fn events_of(community: &Community, produced: &Produced) -> BlockEvents {
    let mut follower = Follower::new(community.genesis.clone());
    for height in 1..produced.block.header.height {
        let (block, certificate) = community.node.store().block(height).unwrap();
        follower.follow(ChainBlock { block, certificate, hints: Vec::new() }).unwrap();
    }
    follow(&mut follower, produced)
}

/// A fresh wallet's claims and purchases after a block of these transactions.
fn seen_by(
    who: usize,
    market: &Market,
    produced: &Produced,
    transactions: Vec<Transaction>,
    hints: BlockHints,
    events: &BlockEvents,
) -> (usize, usize) {
    let mut wallet = Wallet::new(market.community.genesis.clone(), &seed_of(who)).unwrap();
    let mut block = produced.block.clone();
    block.transactions = transactions;
    wallet.scan_block(&block, &hints, events);
    (wallet.claims().count(), wallet.purchases().count())
}

fn with_terms(built: &Built, change: impl FnOnce(&mut hushwatt_ledger::transaction::open::ContractTerms)) -> Built {
    tampered(built, |action| match action {
        Action::Open(open) => change(&mut open.statement.contract),
        _ => panic!("no open"),
    })
}

#[test]
fn a_contract_whose_hint_does_not_open_it_is_accepted_by_nobody() {
    let mut market = Market::usual();
    let (_, built) = market.open(BERT, ANNA, market.window(0), 1_000);
    let (_, other) = market.open(CARLA, ANNA, market.window(0), 1_000);
    let produced = market.community.settle(vec![built.clone()]);
    let events = events_of(&market.community, &produced);
    let sees = |who, built: &Built| {
        let (transactions, hints) = (vec![built.transaction.clone()], vec![built.hints.clone()]);
        seen_by(who, &market, &produced, transactions, hints, &events)
    };
    assert_eq!((sees(ANNA, &built), sees(BERT, &built), sees(CARLA, &built)), ((1, 0), (0, 1), (0, 0)));
    let Action::Open(foreign) = other.transaction.action().clone() else { panic!("no open") };
    let foreign = foreign.statement.contract;
    let wrong: [(Built, &str); 4] = [
        (with_terms(&built, |terms| terms.handle = foreign.handle), "secrets of another handle"),
        (with_terms(&built, |terms| terms.quantity = foreign.quantity), "opening of another quantity"),
        (with_terms(&built, |terms| terms.claim_key = foreign.claim_key), "somebody else's claim key"),
        (with_terms(&built, |terms| terms.claim_key = terms.refund_key), "the refund's key as claim key"),
    ];
    for (wrong, what) in wrong {
        assert_eq!(sees(ANNA, &wrong).0, 0, "{what}");
    }
    for at in 0..built.hints[2].0.len() {
        let mut garbled = built.clone();
        garbled.hints[2].0[at] ^= 0x80;
        assert_eq!(sees(ANNA, &garbled).0, 0, "byte {at}");
    }
    let mut swapped = built.clone();
    swapped.hints.swap(1, 2);
    assert_eq!((sees(ANNA, &swapped), sees(BERT, &swapped)), ((0, 0), (0, 0)));
}

#[test]
fn a_second_contract_with_a_handle_seen_before_is_not_accepted() {
    let mut market = Market::usual();
    let (_, built) = market.open(BERT, ANNA, market.window(0), 1_000);
    let produced = market.community.settle(vec![built.clone()]);
    let events = events_of(&market.community, &produced);
    // Another price makes it another contract; its hints open it as well as the first one.
    let again = with_terms(&built, |terms| terms.price = Price::new(PRICE + 10).unwrap());
    assert_ne!(again.transaction.id(), built.transaction.id());
    let alone = seen_by(ANNA, &market, &produced, vec![again.transaction.clone()], vec![again.hints.clone()], &events);
    assert_eq!(alone.0, 1);
    let transactions = vec![built.transaction.clone(), again.transaction];
    let both = seen_by(ANNA, &market, &produced, transactions, vec![built.hints.clone(), again.hints], &events);
    assert_eq!(both.0, 1);
}

// Own meters.

#[test]
fn measured_late_and_missing_windows_of_the_own_meter_are_opened() {
    let mut market = Market::usual();
    let (genesis, first) = (market.community.genesis.clone(), market.window(0));
    let start = genesis.parameters.first_interval(first);
    // The meter comes back after five hours: three windows are late, of the second an interval is missing.
    let away = market.end_of(market.window(4));
    market.community.block_at(away.plus(1));
    let reading = |interval: Interval| {
        let n = (interval.0 - start.0) as u32;
        (n != 5).then_some(Metered { export: Quantity(100 + n), import: Quantity(n) })
    };
    let now = market.community.now();
    let pending = market.attestors[ANNA].attest(&genesis, reading, now, &mut market.community.rng).unwrap();
    market.community.settle(vec![pending.built.clone()]);

    let readings = market.wallet(ANNA).readings();
    assert_eq!(readings.len(), 5 * 4);
    let statuses: Vec<WindowStatus> = readings.chunks(4).map(|window| window[0].status).collect();
    use WindowStatus::{Late, Measured, Missing};
    assert_eq!(statuses, [Late, Missing, Late, Measured, Measured]);
    for (n, reading) in (0u32..).zip(readings) {
        assert_eq!((reading.meter, reading.interval), (MeterId(0), Interval(start.0 + u64::from(n))));
        let missing = (4..8).contains(&n);
        let (export, import) = if missing { (0, 0) } else { (100 + n, n) };
        assert_eq!((reading.exported(), reading.imported()), (Quantity(export), Quantity(import)));
    }
    let notes: Vec<u64> = market
        .wallet(ANNA)
        .notes()
        .filter(|note| note.asset != hushwatt_ledger::note::Asset::Credit)
        .map(|note| note.opening.value)
        .collect();
    assert_eq!(notes, [4 * 100 + 12 + 13 + 14 + 15, 4 * 100 + 16 + 17 + 18 + 19], "only measured windows mint");
    assert_eq!(market.wallet(ANNA).undelivered(Utility::Electricity), notes.iter().sum::<u64>());
    assert!(market.wallet(BERT).readings().is_empty(), "nobody else's meter is opened");
}

#[test]
fn a_pairing_with_another_key_or_another_meter_opens_nothing() {
    let mut market = Market::usual();
    market.community.block_at(market.end_of(market.window(0)));
    let produced = market.attest(500);
    let events = events_of(&market.community, &produced);
    let sees = |pairing: Pairing| {
        let mut wallet = Wallet::new(market.community.genesis.clone(), &seed_of(ANNA)).unwrap();
        wallet.pair(pairing);
        wallet.scan_block(&produced.block, &produced.hints, &events);
        (wallet.readings().len(), wallet.undelivered(Utility::Electricity))
    };
    assert_eq!(sees(pairing(ANNA)), (4, 2_000));
    assert_eq!(sees(Pairing { meter: MeterId(0), ..pairing(BERT) }), (0, 0));
    assert_eq!(sees(Pairing { meter: MeterId(9), ..pairing(ANNA) }), (0, 0));
    let tomorrow = DayKey::from_bytes(support::START.day() + 1, [50; 32]);
    assert_eq!(sees(Pairing { meter: MeterId(0), day_key: tomorrow }), (0, 0), "yesterday's key is gone");
    // The neighbour's meter with its key: readings open, and the note stays its household's.
    assert_eq!(sees(pairing(BERT)), (4, 0));
}
