//! Several wallets of one household: a second copy of the same seed, one that only looks, and what they learn of each other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_ledger::{
    note::NoteNumber,
    units::{Credit, Quantity, Timestamp, Utility},
};
use hushwatt_wallet::{
    ChainBlock, Delivery, FinalBlock, Follower, Movement, MovementKind, PublicView, Treasury, Wallet, WalletError,
};
use market::{ANNA, BERT, CARLA, Home, Market, chain_of, pairing, stored};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use support::{Community, seed_of};

fn notes(wallet: &Wallet) -> Vec<(NoteNumber, u64, bool)> {
    wallet.notes().map(|note| (note.number, note.opening.value, note.spent)).collect()
}

fn all_blocks(community: &Community) -> Vec<FinalBlock> {
    let mut follower = Follower::new(community.genesis.clone());
    let heights = 1..=community.node.store().tip().height;
    heights.flat_map(|height| follower.follow(chain_of(community, height)).unwrap()).collect()
}

/// Payments, a split, a roll, contracts, a delivery, an expiry.
fn busy(mut look: impl FnMut(&Market)) -> Market {
    let mut market = Market::usual();
    look(&market);
    let (first, one) = market.open(BERT, ANNA, market.window(0), 1_000);
    let (_, two) = market.open(CARLA, ANNA, market.window(0), 70);
    market.community.settle(vec![one, two]);
    look(&market);
    let payment = market.pay(BERT, CARLA, 77, Some("hello"));
    market.community.settle(vec![payment]);
    look(&market);
    market.deliverable(500);
    let Community { wallets, follower, rng, .. } = &mut market.community;
    let now = follower.tip().time;
    let split = wallets[ANNA].split(follower, now, rng).unwrap();
    let (bucket, _) = wallets[BERT].credit_by_bucket()[0];
    let roll = wallets[BERT].roll(follower, bucket, now, rng).unwrap();
    market.community.settle(vec![split, roll]);
    look(&market);
    market.deliver(ANNA, &[(first, 600)]);
    look(&market);
    let deadline = market.community.genesis.parameters.deliver_until(market.window(0));
    market.community.block_at(deadline.plus(1));
    look(&market);
    let payment = market.pay(BERT, ANNA, 1_000_000, None);
    market.community.settle(vec![payment]);
    look(&market);
    market
}

#[test]
fn a_wallet_that_only_looks_sees_all_that_its_household_does() {
    let mut homes: Vec<Home> = Vec::new();
    let market = busy(|market| {
        if homes.is_empty() {
            let home = |who| Home::looking_at(market.wallet(who), who, &market.community);
            homes = [ANNA, BERT, CARLA].map(home).into();
        }
        for (home, known) in homes.iter_mut().zip(&market.community.wallets) {
            home.catch_up(&market.community);
            assert_eq!(notes(&home.wallet), notes(known));
            assert_eq!(home.wallet.movements(), known.movements());
            assert_eq!(home.wallet.balance(), known.balance());
            assert_eq!(home.wallet.windows(), known.windows());
        }
    });
    let spent = |wallet: &Wallet| wallet.notes().map(|note| note.spent_by).collect::<Vec<_>>();
    for (home, known) in homes.iter().zip(&market.community.wallets) {
        assert_eq!(spent(&home.wallet), spent(known));
        assert!(home.wallet.is_view_only() && !known.is_view_only());
        assert_eq!(home.wallet.address(), known.address());
        assert_eq!(home.wallet.view_key_export(), known.view_key_export());
        assert!(home.wallet.notes().all(|note| note.image.is_none()));
        assert!(known.notes().all(|note| note.image.is_some()));
    }
}

#[test]
fn a_wallet_that_only_looks_signs_nothing() {
    let market = busy(|_| {});
    let mut home = Home::looking_at(market.wallet(BERT), BERT, &market.community);
    home.catch_up(&market.community);
    let (now, mut rng) = (market.community.now(), ChaCha20Rng::seed_from_u64(1));
    let (to, offer) = (*market.wallet(ANNA).address(), market.offer(ANNA, market.window(30), 1));
    let Home { wallet, view, .. } = &mut home;
    let contract = wallet.purchases().next().unwrap().id;
    let (bucket, _) = wallet.credit_by_bucket()[0];
    let deliveries = [Delivery { contract, quantity: Quantity(1) }];
    let refusals = [
        wallet.pay(view, &[(to, Credit(1))], now, &mut rng).err(),
        wallet.split(view, now, &mut rng).err(),
        wallet.roll(view, bucket, now, &mut rng).err(),
        wallet.open(view, &offer, now, &mut rng).err(),
        wallet.deliver(view, &deliveries, now, &mut rng).err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Some(WalletError::ViewOnly)), "{refusal:?}");
    }
    let key = market.wallet(BERT).view_key_export();
    let looking = Wallet::view_only(market.community.genesis.clone(), &key).unwrap();
    let mut treasury = Treasury::new(looking, support::treasury_key());
    let refused = treasury.burn(view, Credit(1), now, &mut rng);
    assert!(matches!(refused, Err(WalletError::ViewOnly)));
    assert!(Wallet::view_only(market.community.genesis.clone(), "hwview1nonsense").is_err());
}

#[test]
fn a_snapshot_of_a_full_wallet_opens_in_one_that_only_looks_and_not_the_other_way() {
    let market = busy(|_| {});
    let known = market.wallet(BERT);
    let genesis = market.community.genesis.clone();
    let mut looking = Wallet::view_only(genesis.clone(), &known.view_key_export()).unwrap();
    looking.import(stored(known)).unwrap();
    assert_eq!(looking.balance(), known.balance());
    let mut home = Home::looking_at(known, BERT, &market.community);
    home.catch_up(&market.community);
    let refused = Wallet::new(genesis, &seed_of(BERT)).unwrap().import(stored(&home.wallet));
    assert!(refused.is_err(), "it lacks the key images");
}

#[test]
fn a_second_copy_of_a_wallet_sees_what_the_first_one_spends() {
    let mut homes: Vec<Home> = Vec::new();
    busy(|market| {
        if homes.is_empty() {
            homes = [ANNA, BERT, CARLA].map(|who| Home::of(who, &market.community)).into();
        }
        for (home, known) in homes.iter_mut().zip(&market.community.wallets) {
            home.catch_up(&market.community);
            assert_eq!(notes(&home.wallet), notes(known));
            assert_eq!(home.wallet.movements(), known.movements(), "payees included");
        }
    });
}

#[test]
fn of_two_copies_that_spend_the_same_note_one_learns_that_the_other_was_faster() {
    let mut market = Market::usual();
    let mut slow = Home::of(BERT, &market.community);
    slow.catch_up(&market.community);
    let (to, now) = (*market.wallet(CARLA).address(), market.community.now());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let late = slow.wallet.pay(&slow.view, &[(to, Credit(5))], now, &mut rng).unwrap();
    let fast = market.pay(BERT, ANNA, 900_000, None);
    assert!(!slow.wallet.spent_by_other(&late));
    market.community.settle(vec![fast.clone()]);
    slow.catch_up(&market.community);
    assert!(slow.wallet.spent_by_other(&late));
    assert!(!slow.wallet.spent_by_other(&fast), "that one made it");
    assert!(!market.wallet(BERT).spent_by_other(&fast));
    let spent = slow.wallet.notes().find(|note| note.spent).unwrap();
    assert_eq!((spent.spent_by, spent.reserved_until), (Some(*fast.transaction.id()), None));
    assert!(market.community.node.submit(late.clone()).is_err());
    // Giving it up, or setting it aside again, brings nothing back.
    slow.wallet.release(&late);
    slow.wallet.reserve_again(&late);
    assert_eq!(slow.wallet.balance().total(), market.wallet(BERT).balance().total());
}

#[test]
fn a_transaction_that_never_made_it_gives_its_notes_back_when_the_ledger_has_passed_its_time() {
    let mut market = Market::usual();
    let mut home = Home::of(BERT, &market.community);
    home.catch_up(&market.community);
    let (to, now) = (*market.wallet(CARLA).address(), market.community.now());
    let lost = home.wallet.pay(&home.view, &[(to, Credit(5))], now, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    let until = lost.transaction.envelope().valid_until;
    let available = |home: &Home| home.wallet.balance().available.0;
    home.restart();
    assert_eq!(available(&home), 3_000_000, "a restart forgets no reservation");
    // A wallet restored from an older backup is told again.
    let mut older = Home::of(BERT, &market.community);
    older.catch_up(&market.community);
    assert_eq!(available(&older), 4_000_000);
    older.wallet.reserve_again(&lost);
    older.restart();
    for block in [until, until.plus(1)] {
        assert_eq!((available(&home), available(&older)), (3_000_000, 3_000_000), "it may still be included");
        market.community.block_at(block);
        home.catch_up(&market.community);
        older.catch_up(&market.community);
    }
    assert_eq!((available(&home), available(&older)), (4_000_000, 4_000_000));
    home.wallet.reserve_again(&lost);
    assert_eq!(available(&home), 4_000_000, "its time is over");
    // Another payment takes the same note; giving the lost one up leaves that alone.
    let now = home.view.tip().time;
    home.wallet.pay(&home.view, &[(to, Credit(5))], now, &mut ChaCha20Rng::seed_from_u64(2)).unwrap();
    home.wallet.release(&lost);
    assert_eq!(available(&home), 3_000_000);
    assert_eq!(home.wallet.movements().len(), 1, "it never happened");
}

#[test]
fn blocks_before_a_wallets_birthday_are_not_searched() {
    let market = busy(|_| {});
    let blocks = all_blocks(&market.community);
    let born = blocks[3].block.header.time;
    let mut wallet = Wallet::new(market.community.genesis.clone(), &seed_of(CARLA)).unwrap();
    wallet.set_birthday(born);
    wallet.pair(pairing(CARLA));
    for followed in &blocks {
        wallet.scan_block(&followed.block, &followed.hints, &followed.events);
        if followed.block.header.time < born {
            assert_eq!((wallet.notes().count(), wallet.movements().len()), (0, 0));
        }
    }
    let known = market.wallet(CARLA);
    assert_eq!((wallet.height(), wallet.time()), (known.height(), known.time()));
    assert!(wallet.notes().count() > 0 && wallet.notes().all(|note| note.made >= born));
    let later = |wallet: &Wallet| wallet.notes().filter(|note| note.made >= born).count();
    assert!(later(&wallet) <= later(known));
    let received: Vec<&Movement> =
        wallet.movements().iter().filter(|one| matches!(one.kind, MovementKind::Received(_))).collect();
    assert!(received.iter().all(|movement| movement.time >= born));
}

#[test]
fn blocks_scanned_together_give_what_they_give_one_by_one() {
    let market = busy(|_| {});
    let blocks = all_blocks(&market.community);
    for who in [ANNA, BERT, CARLA] {
        let fresh = || {
            let mut wallet = Wallet::new(market.community.genesis.clone(), &seed_of(who)).unwrap();
            wallet.pair(pairing(who));
            wallet
        };
        let (mut together, mut pieces) = (fresh(), fresh());
        together.scan_blocks(&blocks);
        for piece in blocks.chunks(3) {
            pieces.scan_blocks(piece);
        }
        // A piece that comes twice, or late, changes nothing.
        pieces.scan_blocks(&blocks[..4]);
        for wallet in [&together, &pieces] {
            assert_eq!(notes(wallet), notes(market.wallet(who)));
            assert_eq!(wallet.movements(), market.wallet(who).movements());
            assert_eq!(wallet.readings(), market.wallet(who).readings());
        }
    }
}

#[test]
fn a_wallet_takes_any_hints_without_complaint() {
    let market = busy(|_| {});
    let blocks = all_blocks(&market.community);
    let mut view = PublicView::new(market.community.genesis.clone());
    let mut wallet = Wallet::new(market.community.genesis.clone(), &seed_of(BERT)).unwrap();
    for (place, followed) in blocks.iter().enumerate() {
        let mut next: ChainBlock = chain_of(&market.community, followed.block.header.height);
        match place % 4 {
            0 => next.hints.clear(),
            1 => next.hints.iter_mut().for_each(|hints| hints.reverse()),
            2 => next.hints.iter_mut().flatten().for_each(|hint| hint.0[place] ^= 1),
            _ => next.hints.push(vec![hushwatt_crypto::hint::Hint([7; hushwatt_crypto::hint::HINT_LENGTH]); 300]),
        }
        wallet.scan_blocks(&view.follow(next).unwrap());
    }
    assert_eq!(wallet.height(), market.wallet(BERT).height());
    assert_eq!(wallet.time(), Timestamp(market.community.now().0));
    assert_eq!(wallet.energy(Utility::Electricity, market.window(0)).available, 0, "no meter is paired");
}
