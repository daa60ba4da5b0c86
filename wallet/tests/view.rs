//! A household's own view of the ledger on a real node: it suffices to spend, it stays small, it comes back from its bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_ledger::{
    Rejection,
    note::Asset,
    units::{Credit, Quantity, Timestamp, Utility},
};
use hushwatt_wallet::{Delivery, FollowerError, PublicView, PurchaseState, RingSource, ViewError, WalletError};
use market::{ANNA, BERT, CARLA, HOUR, Home, Market, PRICE, chain_of};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use support::{Community, Setup};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

#[test]
fn a_home_that_keeps_only_its_own_buckets_trades_like_one_that_keeps_everything() {
    let mut market = Market::usual();
    let [mut anna, mut bert] = [ANNA, BERT].map(|who| Home::of(who, &market.community));
    let window = market.window(0);
    bert.catch_up(&market.community);
    let offer = market.offer(ANNA, window, 1_000);
    let now = bert.view.tip().time;
    let built = bert.wallet.open(&bert.view, &offer, now, &mut rng()).unwrap();
    let id =
        hushwatt_ledger::transaction::open::ContractId::of(market.community.genesis.network(), built.transaction.id());
    market.community.settle(vec![built]);
    let (other, two) = market.open(CARLA, ANNA, window, 900);
    market.community.settle(vec![two]);
    market.deliverable(500);
    let deliver = |anna: &mut Home, market: &mut Market, contract, quantity| {
        anna.catch_up(&market.community);
        let deliveries = [Delivery { contract, quantity: Quantity(quantity) }];
        let now = anna.view.tip().time;
        let built = anna.wallet.deliver(&anna.view, &deliveries, now, &mut rng()).unwrap();
        market.community.settle(vec![built]);
    };
    deliver(&mut anna, &mut market, id, 700);
    // The change comes back to a bucket of which every other note is somebody else's or spent.
    market.community.block_at(market.community.now().plus(HOUR));
    deliver(&mut anna, &mut market, other, 900);
    assert_eq!(market.purchase(CARLA, other), PurchaseState::Delivered(Quantity(900)));
    market.community.next_epoch();
    // Payouts and refunds are spent from buckets that were sealed meanwhile.
    for (home, who) in [(&mut anna, ANNA), (&mut bert, BERT)] {
        home.catch_up(&market.community);
        assert_eq!(home.wallet.balance().total().0, market.total(who));
        let (to, now) = (*market.wallet(CARLA).address(), home.view.tip().time);
        let built = home.wallet.pay(&home.view, &[(to, Credit(10_000))], now, &mut rng()).unwrap();
        market.community.settle(vec![built]);
    }
    assert_eq!(market.total(ANNA), 4_000_000 + 1_600 * u64::from(PRICE) - 10_000);
}

#[test]
fn a_view_gives_the_buckets_and_rings_that_a_follower_gives() {
    let mut market = Market::usual();
    let (id, built) = market.open(BERT, ANNA, market.window(0), 1_000);
    market.community.settle(vec![built]);
    market.deliverable(500);
    market.deliver(ANNA, &[(id, 400)]);
    market.community.next_epoch();
    let mut view = PublicView::new(market.community.genesis.clone());
    for height in 1..=market.community.node.store().tip().height {
        view.follow(chain_of(&market.community, height)).unwrap();
    }
    let follower = &market.community.follower;
    let (seen, known) = (RingSource::counters(&view).unwrap(), RingSource::counters(follower).unwrap());
    assert_eq!(seen, known);
    assert_eq!((view.tip().height, view.tip().digest), (follower.tip().height, follower.tip().digest));
    for bucket in (0..known.buckets).map(hushwatt_ledger::note::BucketId) {
        let version = view.latest(bucket).unwrap();
        assert_eq!(version, follower.latest(bucket).unwrap());
        let members = |source: &dyn Fn() -> std::sync::Arc<[hushwatt_crypto::clsag::Member]>| {
            source().iter().map(|member| (*member.key(), *member.commitment())).collect::<Vec<_>>()
        };
        assert_eq!(members(&|| view.ring(version).unwrap()), members(&|| follower.ring(version).unwrap()));
    }
}

#[test]
fn what_a_view_forgot_is_missing_and_its_size_does_not_follow_the_ledgers() {
    let notes = [(ANNA, 1_000), (BERT, 500_000), (BERT, 500_000), (BERT, 500_000), (BERT, 500_000)];
    let mut community = Community::funded(&Setup::default(), &notes);
    let mut home = Home::of(CARLA, &community);
    let mut sizes = Vec::new();
    for _ in 0..6 {
        let built = vec![community.pay(BERT, &[(ANNA, 1)]), community.pay(BERT, &[(ANNA, 2)])];
        community.settle(built);
        community.next_epoch();
        home.catch_up(&community);
        sizes.push(home.view.export().len());
    }
    assert!(sizes[5] <= sizes[2] + 200, "{sizes:?}");
    assert!(home.view.latest(hushwatt_ledger::note::BucketId(0)).is_err(), "nobody here can spend from it");
    let mut empty = Home::of(ANNA, &community);
    empty.catch_up(&community);
    empty.view.prune(|_| false).unwrap();
    let (to, now) = (*community.wallets[BERT].address(), community.now());
    let refused = empty.wallet.pay(&empty.view, &[(to, Credit(1_000))], now, &mut rng());
    assert!(matches!(refused, Err(WalletError::State(_))), "its bucket was forgotten");
}

#[test]
fn energy_that_can_no_longer_be_delivered_keeps_no_bucket() {
    let mut market = Market::usual();
    market.deliverable(500);
    let mut home = Home::of(ANNA, &market.community);
    home.catch_up(&market.community);
    let asset = Asset::Energy { utility: Utility::Electricity, window: market.window(0) };
    let bucket = home.wallet.notes().find(|note| note.asset == asset).unwrap().bucket().unwrap();
    assert!(home.wallet.needed_buckets().contains(&bucket));
    assert_eq!(home.wallet.most_at_once(asset), 2_000);
    let deadline = market.community.genesis.parameters.deliver_until(market.window(0));
    market.community.block_at(deadline.plus(1));
    home.catch_up(&market.community);
    assert!(!home.wallet.needed_buckets().contains(&bucket));
    market.community.block_at(deadline.plus(2 * HOUR));
    home.catch_up(&market.community);
    assert!(home.view.latest(bucket).is_err());
}

#[test]
fn a_view_believes_no_block_without_its_certificate() {
    let mut community = Community::funded(&Setup::default(), &[(ANNA, 10)]);
    community.settle(Vec::new());
    community.settle(Vec::new());
    let mut view = PublicView::new(community.genesis.clone());
    let mut forged = chain_of(&community, 1);
    forged.block.header.state_root[0] ^= 1;
    let refused = view.follow(forged);
    assert!(matches!(refused, Err(FollowerError::Certificate { height: 1, source: Rejection::CertificateSignature })));
    let refused = view.follow(chain_of(&community, 2));
    assert!(matches!(refused, Err(FollowerError::Unlinked { height: 2, source: Rejection::BlockHeight })));
    let mut later = chain_of(&community, 1);
    later.certificate = None;
    assert!(view.follow(later).unwrap().is_empty());
    assert_eq!((view.tip().height, view.waiting()), (0, 1));
    let followed = view.follow(chain_of(&community, 2)).unwrap();
    assert_eq!(followed.iter().map(|followed| followed.block.header.height).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((view.tip().height, view.waiting()), (2, 0));
    view.follow(chain_of(&community, 3)).unwrap();
    // Transactions of another block under a right header.
    let mut other = chain_of(&community, 1);
    other.block.transactions.clear();
    let refused = PublicView::new(community.genesis.clone()).follow(other);
    assert!(matches!(refused, Err(FollowerError::Block { height: 1, .. })), "the certificate does not cover them");
}

#[test]
fn exported_views_of_other_networks_versions_and_lengths_are_refused() {
    let community = Community::funded(&Setup::default(), &[(ANNA, 10)]);
    let mut home = Home::of(ANNA, &community);
    home.catch_up(&community);
    let bytes = home.view.export();
    let other = Setup { start: Timestamp(support::START.0 + 86_400), ..Setup::default() }.genesis();
    let import = |bytes: &[u8]| PublicView::import(community.genesis.clone(), bytes).err();
    assert_eq!(PublicView::import(other, &bytes).err(), Some(ViewError::OtherNetwork));
    assert_eq!(import(b""), Some(ViewError::Foreign));
    assert_eq!(import(&[b"hushwatt view 2\n", &bytes[16..]].concat()), Some(ViewError::Foreign));
    assert!(matches!(import(&[&bytes[..], b"x"].concat()), Some(ViewError::Damaged(_))));
    for length in 0..bytes.len() {
        assert!(import(&bytes[..length]).is_some(), "cut at {length}");
    }
    // A tip that is not the state's.
    let mut moved = bytes.clone();
    moved[16 + 32] ^= 1;
    assert!(matches!(import(&moved), Some(ViewError::Damaged(_))));
    assert_eq!(import(&bytes), None);
}
