//! A household's own view of the ledger on a real node: it suffices to spend, it stays small, it comes back from its bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_crypto::{Label, order_seal::SealingKey, signature::SigningKey};
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Certificate, transaction_root, vote},
    committee::{Committee, CommitteeMember},
    note::Asset,
    parameters::{Parameters, TotalsParameters},
    transaction::{
        Action, Envelope, Transaction,
        build::Built,
        registry::{Registry, RegistryChange, build::RegistryPlan},
    },
    units::{Credit, Quantity, Timestamp, Utility},
};
use hushwatt_wallet::{
    ChainBlock, Delivery, FollowerError, PublicView, PurchaseState, RingSource, ViewError, WalletError,
};
use market::{ANNA, BERT, CARLA, HOUR, Home, Market, PRICE, chain_of};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use support::{Community, Setup, registrar_key, validator_key};

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

/// The same block with another transaction in it, signed by the validator all the same.
fn certified(community: &Community, honest: &ChainBlock, transaction: Transaction) -> ChainBlock {
    let network = community.genesis.network();
    let mut forged = honest.clone();
    forged.block.transactions = vec![transaction];
    forged.block.header.transaction_root = transaction_root(network, &forged.block.transactions);
    let height = forged.block.header.height;
    let epoch = community.genesis.parameters.epoch_of(height);
    let signature = vote(&validator_key(), network, epoch, height, height - 1, &forged.block.header.digest(network));
    let signatures = vec![(0, signature)];
    forged.certificate = Some(Certificate { epoch, view: height, parent_view: height - 1, signatures });
    forged
}

fn with_totals() -> Community {
    let setup = Setup::default();
    let parameters = Parameters { totals: Some(TotalsParameters::default()), ..setup.parameters.clone() };
    Community::funded(&Setup { parameters, ..setup }, &[(ANNA, 10)])
}

/// With keys of these numbers.
fn committee_of(numbers: [u8; 3]) -> Committee {
    let member = |number: u8| {
        let mut secret = [0; 32];
        secret[0] = number;
        let sealing = *SealingKey::from_bytes(&secret).unwrap().public();
        CommitteeMember { key: SigningKey::from_bytes(&[number; 32]).verifying_key(), sealing }
    };
    Committee::new(2, numbers.map(member).to_vec()).unwrap()
}

/// A change that names such a committee, signed by the registrar.
fn committee_change(community: &Community, serial: u64, numbers: [u8; 3]) -> Built {
    let change = RegistryChange::Committee(committee_of(numbers));
    let genesis = &community.genesis;
    let plan = RegistryPlan { serial, change, valid_until: Envelope::validity_from(community.now()) };
    plan.prepare(genesis).sign(genesis, &registrar_key()).unwrap().finish(genesis).unwrap()
}

/// A view that follows all that stands before a height, and then this block.
fn view_after(community: &Community, next: ChainBlock) -> (Result<(), FollowerError>, PublicView) {
    let mut view = PublicView::new(community.genesis.clone());
    let height = next.block.header.height;
    (1..height).for_each(|before| drop(view.follow(chain_of(community, before)).unwrap()));
    (view.follow(next).map(drop), view)
}

/// Of a period that begins after the tip.
fn next_committee(view: &PublicView) -> Option<Committee> {
    let period = view.genesis().parameters.totals.unwrap().period_at(view.tip().time.plus(86_400));
    view.state().committee_of(period).unwrap()
}

fn refused_as(followed: Result<(), FollowerError>, height: u64) -> Rejection {
    let Err(FollowerError::Block { height: at, source }) = followed else { panic!("{followed:?}") };
    assert_eq!((at, source.place), (height, Some(0)));
    let CheckError::Rejected(rule) = source.source else { panic!("{:?}", source.source) };
    rule
}

#[test]
fn a_view_believes_no_committee_that_the_registrars_did_not_sign_although_validators_certified_it() {
    let mut community = with_totals();
    let genesis = community.genesis.clone();
    let signed = committee_change(&community, 1, [60, 61, 62]);
    let Action::Registry(registry) = signed.transaction.action().clone() else { panic!("no Registry") };
    let height = community.settle(vec![signed]).block.header.height;
    let honest = chain_of(&community, height);
    let unsigned = Registry { signatures: Vec::new(), ..registry.clone() };
    let mut foreign = registry;
    let (other, id) = (SigningKey::from_bytes(&[99; 32]), honest.block.transactions[0].id());
    foreign.signatures[0].1 = other.sign(genesis.network(), Label::RegistrySignature, &id.0);
    for (forged, rule) in [(unsigned, Rejection::RegistryQuorum), (foreign, Rejection::RegistrySignature)] {
        let forged = Transaction::new(*honest.block.transactions[0].envelope(), Action::Registry(forged));
        let (followed, view) = view_after(&community, certified(&community, &honest, forged));
        assert_eq!(refused_as(followed, height), rule);
        assert!(next_committee(&view).is_none());
    }
    let (followed, view) = view_after(&community, honest);
    assert!(followed.is_ok() && next_committee(&view).is_some());
}

#[test]
fn a_view_believes_no_earlier_committee_again_although_the_registrars_had_signed_it_and_validators_certified_it() {
    let mut community = with_totals();
    let first = committee_change(&community, 1, [60, 61, 62]);
    let replayed = first.transaction.clone();
    community.settle(vec![first]);
    let second = committee_change(&community, 2, [63, 64, 65]);
    community.settle(vec![second]);
    // A block with any transaction, in whose place the first change comes again, to the byte.
    let third = committee_change(&community, 3, [66, 67, 68]);
    let height = community.settle(vec![third]).block.header.height;
    let honest = chain_of(&community, height);
    let (followed, view) = view_after(&community, certified(&community, &honest, replayed));
    assert_eq!(refused_as(followed, height), Rejection::RegistrySerial);
    assert_eq!(next_committee(&view), Some(committee_of([63, 64, 65])));
    let (followed, view) = view_after(&community, honest);
    assert!(followed.is_ok());
    assert_eq!(next_committee(&view), Some(committee_of([66, 67, 68])));
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
    // An earlier program's believed what no registrar signed; a later one's, and a committee member's, are of another shape.
    for other in [&b"hushwatt view 1\n"[..], b"hushwatt view 3\n", b"hushwatt view with periods 2\n"] {
        assert_eq!(import(&[other, &bytes[16..]].concat()), Some(ViewError::Foreign));
    }
    let with_periods = |first: &[u8]| {
        let export = PublicView::with_periods(community.genesis.clone()).export();
        let length = b"hushwatt view with periods 2\n".len();
        PublicView::import_with_periods(community.genesis.clone(), &[first, &export[length..]].concat()).err()
    };
    assert_eq!(with_periods(b"hushwatt view with periods 2\n"), None);
    assert_eq!(with_periods(b"hushwatt view with periods 1\n"), Some(ViewError::Foreign));
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
