//! What a wallet tells its household: what happened, in whose words, and what it waits for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_ledger::{
    parameters::Parameters,
    transaction::{attest::WindowStatus, order::Side},
    units::{Credit, MeterId, Price, Quantity, Timestamp, Utility},
};
use hushwatt_wallet::{MAX_MESSAGE, Movement, MovementKind, Payment, Pending, PendingReason, Wallet, WalletError};
use market::{ANNA, BERT, CARLA, HOUR, Market, PRICE};
use support::{Community, Setup, TREASURY};

const ELECTRICITY: Utility = Utility::Electricity;

fn kinds(wallet: &Wallet) -> Vec<MovementKind> {
    wallet.movements().iter().map(|movement| movement.kind.clone()).collect()
}

fn last(wallet: &Wallet) -> &Movement {
    wallet.movements().last().unwrap()
}

/// What a wallet owns, by its history alone.
fn by_history(wallet: &Wallet) -> i128 {
    let signed = |credit: &Credit| i128::from(credit.0);
    let changes = wallet.movements().iter().map(|movement| match &movement.kind {
        MovementKind::TopUp(amount) | MovementKind::Received(amount) => signed(amount),
        MovementKind::Sent { amount, fee, known: true, .. } => -signed(amount) - signed(fee),
        MovementKind::Sent { known: false, .. } => panic!("no hint was lost"),
        MovementKind::Moved { fee } | MovementKind::Opened { fee, .. } => -signed(fee),
        MovementKind::Bought { paid, .. } => -signed(paid),
        MovementKind::Expired { .. } => 0,
        MovementKind::Sold { earned, .. } => signed(earned),
        MovementKind::Burned(amount) => -signed(amount),
        MovementKind::Placed { fee, .. } => -signed(fee),
        MovementKind::Filled { side: Side::Buy, money, .. } => -signed(money),
        MovementKind::Filled { side: Side::Sell, money, .. } => signed(money),
        MovementKind::Unfilled { .. } => 0,
    });
    changes.sum()
}

#[test]
fn a_payment_is_sent_to_one_and_received_by_the_other_in_the_payers_words() {
    let mut market = Market::usual();
    let payment = market.pay(ANNA, BERT, 77, Some("für die Eier"));
    let produced = market.community.settle(vec![payment.clone()]);
    let (anna, bert) = (market.wallet(ANNA), market.wallet(BERT));
    let payee = Some(anna.payee_tag(bert.address()));
    assert_eq!(
        kinds(anna),
        [
            MovementKind::TopUp(Credit(4_000_000)),
            MovementKind::Sent { amount: Credit(77), fee: Credit(0), known: true, payee },
        ]
    );
    assert_eq!(last(anna).message, None, "his words are for the payee");
    let received = Movement {
        time: produced.block.header.time,
        height: produced.block.header.height,
        transaction: Some(*payment.transaction.id()),
        contract: None,
        order: None,
        kind: MovementKind::Received(Credit(77)),
        message: Some("für die Eier".to_owned()),
    };
    assert_eq!(last(bert), &received);
    assert_ne!(anna.payee_tag(bert.address()), anna.payee_tag(market.wallet(CARLA).address()));
    assert_eq!(kinds(market.wallet(CARLA)).len(), 1, "nobody else learns of it");
}

#[test]
fn a_payment_to_several_names_no_payee_and_one_to_oneself_only_moves() {
    let parameters = Parameters { fee: 100, ..Setup::default().parameters };
    let mut market = Market::new(parameters);
    let pay = |market: &mut Market, payments: &[(usize, u64)]| {
        let built = market.community.pay(ANNA, payments);
        market.community.settle(vec![built]);
    };
    pay(&mut market, &[(BERT, 5), (CARLA, 6), (ANNA, 7)]);
    let sent = MovementKind::Sent { amount: Credit(11), fee: Credit(100), known: true, payee: None };
    assert_eq!(last(market.wallet(ANNA)).kind, sent);
    pay(&mut market, &[(BERT, 5), (BERT, 6)]);
    let payee = Some(market.wallet(ANNA).payee_tag(market.wallet(BERT).address()));
    let sent = MovementKind::Sent { amount: Credit(11), fee: Credit(100), known: true, payee };
    assert_eq!(last(market.wallet(ANNA)).kind, sent);
    assert_eq!(last(market.wallet(BERT)).kind, MovementKind::Received(Credit(11)), "one movement a transaction");
    pay(&mut market, &[(ANNA, 1)]);
    assert_eq!(last(market.wallet(ANNA)).kind, MovementKind::Moved { fee: Credit(100) });
    market.community.next_epoch();
    let Community { wallets, follower, rng, .. } = &mut market.community;
    let now = follower.tip().time;
    let split = wallets[ANNA].split(follower, now, rng).unwrap();
    market.community.settle(vec![split]);
    assert_eq!(last(market.wallet(ANNA)).kind, MovementKind::Moved { fee: Credit(100) });
    for who in [ANNA, BERT, CARLA] {
        assert_eq!(by_history(market.wallet(who)), i128::from(market.total(who)));
    }
}

#[test]
fn a_message_has_room_for_so_many_bytes_and_a_longer_one_is_refused() {
    let mut market = Market::usual();
    let longest = "ü".repeat(MAX_MESSAGE / 2);
    let payment = market.pay(ANNA, BERT, 1, Some(&longest));
    market.community.settle(vec![payment]);
    assert_eq!(last(market.wallet(BERT)).message.as_deref(), Some(&*longest));
    let to = *market.wallet(BERT).address();
    let payment = Payment { to, amount: Credit(1), message: Some(format!("{longest}.")) };
    let before = market.wallet(ANNA).balance();
    let Community { wallets, follower, rng, .. } = &mut market.community;
    let now = follower.tip().time;
    let refused = wallets[ANNA].pay_with(follower, &[payment], now, rng);
    assert!(matches!(refused, Err(WalletError::LongMessage { length: 63, limit: 62 })));
    assert_eq!(market.wallet(ANNA).balance(), before, "nothing was reserved");
}

#[test]
fn both_sides_of_trades_are_told_what_was_ordered_delivered_and_returned() {
    let mut market = Market::usual();
    let (window, later) = (market.window(0), market.window(1));
    let (first, one) = market.open(BERT, ANNA, window, 1_000);
    let (second, two) = market.open(CARLA, ANNA, window, 300);
    let (third, three) = market.open(BERT, CARLA, later, 10);
    let opened = *one.transaction.id();
    market.community.settle(vec![one, two, three]);
    let price = Price::new(PRICE).unwrap();
    let orders: Vec<&Movement> = market.wallet(BERT).movements()[1..].iter().collect();
    let order = orders.iter().find(|movement| movement.contract == Some(first)).unwrap();
    let (lock, quantity) = (Credit(300_000), Quantity(1_000));
    let fee = Credit(0);
    assert_eq!(order.kind, MovementKind::Opened { lock, quantity, price, window, utility: ELECTRICITY, fee });
    assert_eq!(order.transaction, Some(opened));
    assert_eq!(market.wallet(ANNA).movements().len(), 1, "an order is nothing to its seller's money yet");

    market.deliverable(500);
    let delivery = market.try_deliver(ANNA, &[(first, 700), (second, 300)]).unwrap();
    let produced = market.community.settle(vec![delivery.clone()]);
    let (id, height) = (*delivery.transaction.id(), produced.block.header.height);
    let earned = Credit(1_000 * u64::from(PRICE));
    let delivered = Quantity(1_000);
    let sold = MovementKind::Sold { earned, delivered, window, utility: ELECTRICITY, contracts: 2 };
    assert_eq!((&last(market.wallet(ANNA)).kind, last(market.wallet(ANNA)).contract), (&sold, None));
    let bought = |paid, refund, delivered| MovementKind::Bought {
        paid: Credit(paid * u64::from(PRICE)),
        refund: Credit(refund * u64::from(PRICE)),
        delivered: Quantity(delivered),
        window,
        utility: ELECTRICITY,
        price,
    };
    for (who, contract, kind) in [(BERT, first, bought(700, 300, 700)), (CARLA, second, bought(300, 0, 300))] {
        let movement = last(market.wallet(who));
        assert_eq!((&movement.kind, movement.contract, movement.transaction), (&kind, Some(contract), Some(id)));
    }
    let claim = market.wallet(ANNA).claims().find(|claim| claim.id == first).unwrap();
    assert_eq!((claim.delivered, claim.settled, claim.opened.1), (Some(Quantity(700)), Some((height, id)), opened));
    assert_eq!(claim.earned(), Credit(700 * u64::from(PRICE)));
    let purchase = market.wallet(BERT).purchases().find(|purchase| purchase.id == first).unwrap();
    assert_eq!((purchase.settled, purchase.opened.1), (Some((height, id)), opened));

    let deadline = market.community.genesis.parameters.deliver_until(later);
    market.community.block_at(deadline.plus(1));
    let expired = last(market.wallet(BERT));
    let refund = Credit(10 * u64::from(PRICE));
    let kind = MovementKind::Expired { refund, quantity: Quantity(10), window: later, utility: ELECTRICITY, price };
    assert_eq!((&expired.kind, expired.contract, expired.transaction), (&kind, Some(third), None));
    let claim = market.wallet(CARLA).claims().find(|claim| claim.id == third).unwrap();
    assert_eq!((claim.delivered, claim.settled), (None, None));
    for who in [ANNA, BERT, CARLA] {
        assert_eq!(by_history(market.wallet(who)), i128::from(market.total(who)));
    }
}

#[test]
fn the_treasurys_history_has_what_it_minted_paid_and_burned() {
    let mut community = Community::funded(&Setup::default(), &[(TREASURY, 3_000_000)]);
    let (now, to) = (community.now(), *community.wallets[ANNA].address());
    let wallet = &mut community.treasury.wallet;
    let payment = wallet.pay(&community.follower, &[(to, Credit(500_000))], now, &mut community.rng).unwrap();
    community.settle(vec![payment]);
    community.next_epoch();
    let now = community.now();
    let burn = community.treasury.burn(&community.follower, Credit(1_500_000), now, &mut community.rng).unwrap();
    community.settle(vec![burn]);
    let wallet = &community.treasury.wallet;
    assert_eq!(last(wallet).kind, MovementKind::Burned(Credit(1_500_000)));
    assert_eq!(by_history(wallet), i128::from(wallet.balance().total().0));
    assert_eq!(kinds(&community.wallets[ANNA]), [MovementKind::Received(Credit(500_000))]);
}

#[test]
fn where_hints_were_lost_an_amount_is_not_claimed_to_be_exact() {
    let mut market = Market::usual();
    let built = market.pay(ANNA, BERT, 77, None);
    let produced = market.community.settle(vec![built]);
    let mut wallet = Wallet::new(market.community.genesis.clone(), &support::seed_of(ANNA)).unwrap();
    let mut follower = hushwatt_wallet::Follower::new(market.community.genesis.clone());
    for height in 1..=produced.block.header.height {
        let mut next = market::chain_of(&market.community, height);
        if height == produced.block.header.height {
            next.hints = vec![Vec::new()];
        }
        wallet.scan_blocks(&follower.follow(next).unwrap());
    }
    let sent = MovementKind::Sent { amount: Credit(1_000_000), fee: Credit(0), known: false, payee: None };
    assert_eq!(last(&wallet).kind, sent, "the change was not found");
}

#[test]
fn what_waits_says_why_and_until_when() {
    let mut market = Market::usual();
    let parameters = market.community.genesis.parameters.clone();
    let window = market.window(0);
    assert_eq!(market.wallet(BERT).pending(), []);
    let (id, built) = market.open(BERT, ANNA, window, 1_000);
    let before = market.wallet(BERT).pending();
    let on_its_way = Pending { amount: Credit(1_000_000), reason: PendingReason::OnItsWay, expected: None };
    assert_eq!(before, [on_its_way]);
    market.community.settle(vec![built]);
    let now = market.community.now();
    let end = Timestamp((parameters.epoch_at(now) + 1) * parameters.credit_epoch);
    let waiting =
        |expected| Pending { amount: Credit(700_000), reason: PendingReason::NextSettlement, expected: Some(expected) };
    let until = Some(parameters.deliver_until(window));
    let locked = Pending { amount: Credit(300_000), reason: PendingReason::Locked(id), expected: until };
    assert_eq!(market.wallet(BERT).pending(), [waiting(end), locked]);
    let sum: u64 = market.wallet(BERT).pending().iter().map(|pending| pending.amount.0).sum();
    let balance = market.wallet(BERT).balance();
    assert_eq!(sum, balance.pending.0 + balance.locked.0);
    // A single note finds no company at the epoch's end.
    market.community.block_at(end.plus(1));
    assert_eq!(market.wallet(BERT).pending(), [waiting(now.plus(parameters.seal_after)), locked]);
    market.community.block_at(now.plus(parameters.seal_after + 1));
    assert_eq!(market.wallet(BERT).pending().iter().filter(|one| one.amount == Credit(700_000)).count(), 0);
}

#[test]
fn readings_are_kept_by_window_and_their_openings_open_the_ledgers_commitments() {
    let mut market = Market::usual();
    market.deliverable(500);
    market.community.block_at(market.community.now().plus(30 * HOUR));
    let produced = market.attest(40);
    let wallet = market.wallet(ANNA);
    let first = &wallet.windows()[0];
    assert_eq!((first.meter, first.window, first.status), (MeterId(0), market.window(0), WindowStatus::Measured));
    assert_eq!(first.readings, [(500, 7); 4]);
    assert_eq!((first.exported(), first.imported()), (2_000, 28));
    assert!(wallet.windows().len() > 24, "the next attestation is of more than a day");
    assert_eq!(wallet.readings().len(), 4 * wallet.windows().len());
    let of_block = wallet.windows().iter().filter(|window| window.height == produced.block.header.height);
    let mut checked = 0;
    for window in of_block {
        let attested = produced.block.transactions.iter().find(|one| *one.id() == window.transaction).unwrap();
        let hushwatt_ledger::transaction::Action::Attest(attest) = attested.action() else { panic!("no attestation") };
        let (_, attested) = attest.statement.indexed_windows().find(|(place, _)| *place == window.window).unwrap();
        for (place, reading) in wallet.readings_of(window).iter().enumerate() {
            assert!(reading.export.opens(attested.export[place].element()));
            assert!(reading.import.opens(attested.import[place].element()));
            checked += 1;
        }
    }
    assert_eq!(checked, 4 * 24);
}
