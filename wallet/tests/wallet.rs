//! The wallet on a real node: choice, payments, rolls, reservations, restoring, scanning of hostile blocks, and the
//! treasury (protocol sections 2 to 4, 6.1 and 6.5).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    Rejection,
    block::Certificate,
    note::{BucketId, NoteNumber},
    parameters::Parameters,
    state::BlockEvents,
    storage::{ChainLog, Day},
    transaction::{Action, Transaction, build::BuildError, build::Built},
    units::{Credit, Timestamp},
};
use hushwatt_node::{Produced, Store};
use hushwatt_wallet::{
    Archive, ArchiveError, ChainBlock, FinalBlock, Follower, FollowerError, Place, Wallet, WalletError, restore,
};
use support::{Community, Setup, TREASURY, follow, seed_of, tampered};

const ANNA: usize = 0;
const BERT: usize = 1;
const CARLA: usize = 2;

fn funded(notes: &[(usize, u64)]) -> Community {
    Community::funded(&Setup::default(), notes)
}

fn total(community: &Community, who: usize) -> u64 {
    community.wallets[who].balance().total().0
}

fn available(community: &Community, who: usize) -> u64 {
    community.wallets[who].balance().available.0
}

/// Values of the notes that a transaction of this wallet spends, ascending.
fn spent_by(wallet: &Wallet, built: &Built) -> Vec<u64> {
    let spends = built.transaction.action().spends();
    let value = |image| wallet.notes().find(|note| note.image == Some(image)).unwrap().opening.value;
    let mut values: Vec<u64> = spends.iter().map(|spend| value(spend.image)).collect();
    values.sort_unstable();
    values
}

/// Bucket of the only unspent note of this value.
fn bucket_of(wallet: &Wallet, value: u64) -> BucketId {
    let note = wallet.notes().find(|note| !note.spent && note.opening.value == value).unwrap();
    match note.place {
        Place::Sealed { bucket, .. } => bucket,
        Place::Waiting => panic!("it waits"),
    }
}

fn try_pay(community: &mut Community, from: usize, amount: u64) -> Result<Built, WalletError> {
    let (now, to) = (community.now(), *community.wallets[CARLA].address());
    community.wallets[from].pay(&community.follower, &[(to, Credit(amount))], now, &mut community.rng)
}

// Choice.

#[test]
fn the_smallest_single_note_that_covers_a_payment_is_spent() {
    let mut community = funded(&[(ANNA, 100), (ANNA, 40), (ANNA, 70), (ANNA, 39)]);
    for (amount, spent) in [(40, 40), (41, 70), (71, 100), (1, 39)] {
        let built = community.pay(ANNA, &[(BERT, amount)]);
        assert_eq!(spent_by(&community.wallets[ANNA], &built), [spent]);
    }
}

#[test]
fn up_to_four_notes_of_one_bucket_are_put_together_the_largest_first() {
    let mut community = funded(&[(ANNA, 10), (ANNA, 20), (ANNA, 30), (ANNA, 40), (ANNA, 50)]);
    let built = community.pay(ANNA, &[(BERT, 140)]);
    assert_eq!(spent_by(&community.wallets[ANNA], &built), [20, 30, 40, 50]);
    community.settle(vec![built]);
    assert_eq!((total(&community, ANNA), total(&community, BERT)), (10, 140));
}

#[test]
fn money_that_four_notes_do_not_hold_is_scattered_not_insufficient() {
    let mut community = funded(&[(ANNA, 10); 6]);
    let refused = try_pay(&mut community, ANNA, 41);
    assert!(matches!(refused, Err(WalletError::Scattered { needed: Credit(41) })));
    assert!(matches!(try_pay(&mut community, ANNA, 61), Err(WalletError::InsufficientCredit { .. })));
    assert_eq!(available(&community, ANNA), 60, "a refusal reserves nothing");
}

#[test]
fn money_of_two_buckets_is_scattered_until_it_is_rolled_into_one() {
    let mut community = funded(&[(ANNA, 60)]);
    community.fund(&[(ANNA, 70)]);
    assert!(matches!(try_pay(&mut community, ANNA, 100), Err(WalletError::Scattered { needed: Credit(100) })));
    let buckets = community.wallets[ANNA].credit_by_bucket();
    assert_eq!(buckets.iter().map(|(_, credit)| credit.0).collect::<Vec<_>>(), [60, 70]);
    let now = community.now();
    let rolls = buckets.iter().map(|(bucket, _)| {
        community.wallets[ANNA].roll(&community.follower, *bucket, now, &mut community.rng).unwrap()
    });
    let rolls: Vec<Built> = rolls.collect();
    community.settle(rolls);
    assert_eq!((available(&community, ANNA), total(&community, ANNA)), (0, 130), "they wait for their bucket");
    community.next_epoch();
    assert_eq!(bucket_of(&community.wallets[ANNA], 60), bucket_of(&community.wallets[ANNA], 70));
    let built = community.pay(ANNA, &[(BERT, 100)]);
    assert_eq!(spent_by(&community.wallets[ANNA], &built), [60, 70]);
    community.settle(vec![built]);
    assert_eq!((total(&community, ANNA), total(&community, BERT)), (30, 100));
}

#[test]
fn insufficient_credit_names_what_is_needed_available_and_on_its_way() {
    let mut community = funded(&[(ANNA, 100), (BERT, 33)]);
    let built = community.pay(BERT, &[(ANNA, 33)]);
    community.settle(vec![built]);
    let refused = try_pay(&mut community, ANNA, 120).unwrap_err();
    assert!(matches!(
        refused,
        WalletError::InsufficientCredit { needed: Credit(120), available: Credit(100), pending: Credit(33) }
    ));
    assert!(refused.to_string().contains("0.000120 EUR"), "{refused}");
    assert!(matches!(try_pay(&mut community, CARLA, 1), Err(WalletError::InsufficientCredit { .. })));
    assert!(matches!(try_pay(&mut community, ANNA, u64::MAX), Err(WalletError::InsufficientCredit { .. })));
}

// Paying.

#[test]
fn a_payment_to_one_two_and_seven_payees_arrives_and_the_change_comes_back() {
    let mut community = funded(&[(ANNA, 1_000); 3]);
    let pay = |community: &mut Community, payments: &[(usize, u64)], outputs| {
        let built = community.pay(ANNA, payments);
        assert_eq!(built.transaction.action().hint_count(), outputs);
        community.settle(vec![built]);
    };
    pay(&mut community, &[(BERT, 5)], 2);
    assert_eq!([ANNA, BERT, CARLA].map(|who| total(&community, who)), [2_995, 5, 0]);
    pay(&mut community, &[(BERT, 7), (CARLA, 11)], 8);
    assert_eq!([ANNA, BERT, CARLA].map(|who| total(&community, who)), [2_977, 12, 11]);
    pay(&mut community, &[(BERT, 1), (BERT, 2), (BERT, 3), (CARLA, 4), (CARLA, 5), (CARLA, 6), (ANNA, 7)], 8);
    assert_eq!([ANNA, BERT, CARLA].map(|who| total(&community, who)), [2_956, 18, 26]);
    assert_eq!(available(&community, ANNA), 0);
    community.next_epoch();
    assert_eq!(available(&community, ANNA), 2_956, "change and the note to herself can be spent again");
}

#[test]
fn no_payee_and_eight_payees_are_refused() {
    let mut community = funded(&[(ANNA, 1_000)]);
    let (now, to) = (community.now(), *community.wallets[BERT].address());
    for count in [0, 8] {
        let payments = vec![(to, Credit(1)); count];
        let refused = community.wallets[ANNA].pay(&community.follower, &payments, now, &mut community.rng);
        assert!(matches!(refused, Err(WalletError::Nothing(_))));
    }
    assert_eq!(available(&community, ANNA), 1_000);
}

#[test]
fn an_exact_payment_makes_an_empty_change_note() {
    let mut community = funded(&[(ANNA, 1_000)]);
    let built = community.pay(ANNA, &[(BERT, 1_000)]);
    community.settle(vec![built]);
    assert_eq!((total(&community, ANNA), total(&community, BERT)), (0, 1_000));
}

#[test]
fn a_split_makes_eight_notes_of_the_largest_and_loses_nothing() {
    let mut community = funded(&[(ANNA, 1_003), (ANNA, 7)]);
    let now = community.now();
    let built = community.wallets[ANNA].split(&community.follower, now, &mut community.rng).unwrap();
    assert_eq!(spent_by(&community.wallets[ANNA], &built), [1_003]);
    community.settle(vec![built]);
    let waiting = community.wallets[ANNA].notes().filter(|note| note.place == Place::Waiting);
    let mut values: Vec<u64> = waiting.map(|note| note.opening.value).collect();
    values.sort_unstable();
    assert_eq!(values, [125, 125, 125, 125, 125, 125, 125, 128]);
    let now = community.now();
    let refused = community.wallets[ANNA].split(&community.follower, now, &mut community.rng);
    assert!(matches!(refused, Err(WalletError::Nothing("split"))), "7 micro-euro make no eight notes");
}

#[test]
fn there_is_nothing_to_roll_in_a_strangers_bucket() {
    let mut community = funded(&[(ANNA, 10)]);
    let now = community.now();
    let refused = community.wallets[BERT].roll(&community.follower, BucketId(0), now, &mut community.rng);
    assert!(matches!(refused, Err(WalletError::Nothing("roll"))));
}

#[test]
fn on_a_network_with_a_fee_every_transfer_burns_it_and_choice_counts_it_in() {
    let parameters = Parameters { fee: 100, ..Setup::default().parameters };
    let setup = Setup { parameters, ..Setup::default() };
    let mut community = Community::funded(&setup, &[(ANNA, 1_000), (ANNA, 5_000), (BERT, 90)]);
    let minted = community.follower.state().counters().unwrap().supply().unwrap().0;
    let built = community.pay(ANNA, &[(CARLA, 901)]);
    assert_eq!(spent_by(&community.wallets[ANNA], &built), [5_000], "1,000 is not enough for 901 and the fee");
    community.settle(vec![built]);
    assert_eq!((total(&community, ANNA), total(&community, CARLA)), (1_000 + 3_999, 901));
    let built = community.pay(ANNA, &[(CARLA, 900)]);
    assert_eq!(spent_by(&community.wallets[ANNA], &built), [1_000]);
    community.settle(vec![built]);
    community.next_epoch();
    let now = community.now();
    let split = community.wallets[ANNA].split(&community.follower, now, &mut community.rng).unwrap();
    let bucket = bucket_of(&community.wallets[CARLA], 901);
    let roll = community.wallets[CARLA].roll(&community.follower, bucket, now, &mut community.rng).unwrap();
    community.settle(vec![split, roll]);
    assert_eq!((total(&community, ANNA), total(&community, CARLA)), (3_899, 1_701));
    let supply = community.follower.state().counters().unwrap().supply().unwrap().0;
    assert_eq!(minted - supply, 400, "four transfers");
    assert!(matches!(
        try_pay(&mut community, BERT, 1),
        Err(WalletError::InsufficientCredit { needed: Credit(101), available: Credit(90), .. })
    ));
    let now = community.now();
    let refused = community.wallets[BERT].split(&community.follower, now, &mut community.rng);
    assert!(matches!(refused, Err(WalletError::Nothing("split"))), "the fee is more than the note");
    let refused = community.wallets[BERT].roll(&community.follower, BucketId(0), now, &mut community.rng);
    assert!(matches!(refused, Err(WalletError::Nothing("roll"))));
}

// Reservations.

#[test]
fn notes_of_a_transaction_on_its_way_are_not_chosen_again() {
    let mut community = funded(&[(ANNA, 50), (ANNA, 60)]);
    let one = community.pay(ANNA, &[(BERT, 10)]);
    let other = community.pay(ANNA, &[(BERT, 10)]);
    let wallet = &community.wallets[ANNA];
    assert_eq!((spent_by(wallet, &one), spent_by(wallet, &other)), (vec![50], vec![60]));
    let balance = wallet.balance();
    assert_eq!((balance.available, balance.pending), (Credit(0), Credit(110)));
    assert!(matches!(try_pay(&mut community, ANNA, 1), Err(WalletError::InsufficientCredit { .. })));
    community.settle(vec![one, other]);
    assert_eq!((total(&community, ANNA), total(&community, BERT)), (90, 20));
}

#[test]
fn notes_of_a_refused_transaction_are_free_once_it_is_released() {
    let mut community = funded(&[(ANNA, 50)]);
    let built = community.pay(ANNA, &[(BERT, 10)]);
    community.wallets[ANNA].release(&built);
    assert_eq!(available(&community, ANNA), 50);
    let again = community.pay(ANNA, &[(BERT, 20)]);
    community.settle(vec![again]);
    // Releasing what is spent gives nothing back.
    community.wallets[ANNA].release(&built);
    assert_eq!((available(&community, ANNA), total(&community, BERT)), (0, 20));
}

#[test]
fn notes_of_an_expired_transaction_are_free_again_by_themselves() {
    let mut community = funded(&[(ANNA, 50)]);
    let lost = community.pay(ANNA, &[(BERT, 10)]);
    let until = lost.transaction.envelope().valid_until;
    assert_eq!(available(&community, ANNA), 0);
    community.block_at(until);
    assert_eq!(available(&community, ANNA), 0, "it may be included in this second");
    community.block_at(until.plus(1));
    assert_eq!(available(&community, ANNA), 50);
    let again = community.pay(ANNA, &[(BERT, 20)]);
    community.settle(vec![again]);
    assert_eq!((total(&community, ANNA), total(&community, BERT)), (30, 20));
}

// Restoring.

/// Chain and hint files as an auditor or a wallet downloads them.
fn exported(community: &Community) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store: &Store = community.node.store();
    store.export(&mut std::fs::File::create(folder.path().join("chain")).unwrap()).unwrap();
    let hints = folder.path().join("hints");
    std::fs::create_dir(&hints).unwrap();
    for day in store.hint_days().unwrap() {
        let mut file = std::fs::File::create(hints.join(day.file_name())).unwrap();
        store.export_hints(day, &mut file).unwrap();
    }
    folder
}

fn restored(community: &Community, folder: &std::path::Path) -> Vec<Wallet> {
    let mut archive = Archive::open(&folder.join("chain"), &folder.join("hints")).unwrap();
    assert_eq!(archive.genesis().network(), community.genesis.network());
    let mut follower = Follower::new(community.genesis.clone());
    let mut wallets: Vec<Wallet> =
        (0..3).map(|who| Wallet::new(community.genesis.clone(), &seed_of(who)).unwrap()).collect();
    restore(&mut archive, &mut follower, &mut wallets, follower_height(community), &mut ()).unwrap();
    assert_eq!(*follower.tip(), *community.follower.tip());
    wallets
}

fn follower_height(community: &Community) -> u64 {
    community.follower.tip().height
}

/// A chain over two days with payments, a roll and a reservation.
fn busy() -> Community {
    let mut community = funded(&[(ANNA, 1_000), (BERT, 2_000), (CARLA, 300)]);
    let built = vec![community.pay(ANNA, &[(BERT, 10), (CARLA, 20)]), community.pay(BERT, &[(ANNA, 500)])];
    community.settle(built);
    community.next_epoch();
    community.block_at(Timestamp((community.now().day() + 1) * 86_400 + 5));
    let built = vec![community.pay(ANNA, &[(CARLA, 900)]), community.pay(CARLA, &[(BERT, 19)])];
    community.settle(built);
    community
}

fn facts(wallet: &Wallet) -> Vec<(NoteNumber, u64, bool, Place)> {
    wallet.notes().map(|note| (note.number, note.opening.value, note.spent, note.place)).collect()
}

#[test]
fn a_wallet_restored_from_its_seed_has_the_same_notes_and_balance() {
    let community = busy();
    let folder = exported(&community);
    assert_eq!(community.node.store().hint_days().unwrap().len(), 2);
    for (wallet, restored) in community.wallets.iter().zip(restored(&community, folder.path())) {
        assert_eq!(facts(wallet), facts(&restored));
        assert_eq!(wallet.balance(), restored.balance());
        assert_eq!(wallet.height(), restored.height());
    }
}

#[test]
fn a_restored_wallet_spends() {
    let mut community = busy();
    community.next_epoch();
    let folder = exported(&community);
    community.wallets = restored(&community, folder.path());
    let before = total(&community, BERT);
    let built = community.pay(ANNA, &[(BERT, 123)]);
    community.settle(vec![built]);
    assert_eq!(total(&community, BERT), before + 123);
}

#[test]
fn where_hints_were_forgotten_a_wallet_restores_only_what_came_later() {
    let community = busy();
    let folder = exported(&community);
    let first = Day::of_unix(community.genesis.time.0);
    std::fs::remove_file(folder.path().join("hints").join(first.file_name())).unwrap();
    let wallets = restored(&community, folder.path());
    assert_eq!(wallets[CARLA].balance().total(), Credit(900 + 20 - 19), "what the second day brought");
    assert!(wallets[BERT].notes().all(|note| community.wallets[BERT].notes().any(|own| own.number == note.number)));
    assert!(wallets[BERT].notes().count() < community.wallets[BERT].notes().count());
}

#[test]
fn a_follower_refuses_a_block_without_the_validators_signature_or_out_of_order() {
    let mut community = funded(&[(ANNA, 10)]);
    let produced = community.settle(Vec::new());
    let mut fresh = Follower::new(community.genesis.clone());
    let last = chain_of(&community, 2);
    let refused = fresh.follow(last.clone());
    assert!(matches!(refused, Err(FollowerError::Unlinked { height: 2, source: Rejection::BlockHeight })));
    assert_eq!(fresh.tip().height, 0);
    fresh.follow(chain_of(&community, 1)).unwrap();
    let mut forged = last.clone();
    forged.block.header.state_root[0] ^= 1;
    let refused = fresh.follow(forged);
    assert!(matches!(refused, Err(FollowerError::Certificate { height: 2, source: Rejection::CertificateSignature })));
    assert_eq!(fresh.tip().height, 1);
    fresh.follow(last).unwrap();
    assert_eq!(fresh.tip().digest, produced.block.header.digest(community.genesis.network()));
}

/// A block of the node with its certificate and hints.
fn chain_of(community: &Community, height: u64) -> ChainBlock {
    let store = community.node.store();
    let (block, certificate) = store.block(height).unwrap();
    let hints = store.block_hints(&block).unwrap();
    ChainBlock { block, certificate, hints }
}

#[test]
fn blocks_without_a_certificate_wait_for_that_of_a_later_one() {
    let community = busy();
    let last = community.node.store().tip().height;
    let mut follower = Follower::new(community.genesis.clone());
    let mut wallets: Vec<Wallet> =
        (0..3).map(|who| Wallet::new(community.genesis.clone(), &seed_of(who)).unwrap()).collect();
    let mut heights = Vec::new();
    for height in 1..=last {
        let mut next = chain_of(&community, height);
        // Only every third block has one, and the last.
        if height % 3 != 0 && height != last {
            next.certificate = None;
        }
        let waited = follower.waiting();
        let followed = follower.follow(next.clone()).unwrap();
        assert_eq!(followed.len(), if next.certificate.is_some() { waited + 1 } else { 0 });
        for FinalBlock { block, hints, events } in followed {
            heights.push(block.header.height);
            wallets.iter_mut().for_each(|wallet| wallet.scan_block(&block, &hints, &events));
        }
        assert_eq!(follower.tip().height, height - follower.waiting() as u64);
    }
    assert_eq!(heights, (1..=last).collect::<Vec<u64>>());
    assert_eq!(follower.tip(), community.follower.tip());
    for (wallet, known) in wallets.iter().zip(&community.wallets) {
        assert_eq!(wallet.balance().total(), known.balance().total());
    }
}

#[test]
fn a_false_block_that_waits_is_never_followed() {
    let mut community = funded(&[(ANNA, 10)]);
    community.settle(Vec::new());
    let mut follower = Follower::new(community.genesis.clone());
    // A right block 1 of other content, which nobody certified; then the right block 2.
    let mut false_one = chain_of(&community, 1);
    false_one.block.header.time = false_one.block.header.time.plus(1);
    false_one.certificate = None;
    assert!(follower.follow(false_one.clone()).unwrap().is_empty());
    assert_eq!((follower.tip().height, follower.waiting()), (0, 1));
    let refused = follower.follow(chain_of(&community, 2));
    assert!(matches!(refused, Err(FollowerError::Unlinked { height: 2, source: Rejection::BlockParent })));
    assert_eq!((follower.tip().height, follower.waiting()), (0, 0), "it starts over at its tip");
    for height in [1, 2] {
        assert_eq!(follower.follow(chain_of(&community, height)).unwrap().len(), 1);
    }
    assert_eq!(follower.tip(), community.follower.tip());
}

#[test]
fn an_archive_whose_last_blocks_are_not_final_is_read_up_to_them_and_says_so() {
    let community = busy();
    let folder = exported(&community);
    let store = community.node.store();
    let height = store.tip().height;
    let path = folder.path().join("uncertified.hwl");
    let disk = std::sync::Arc::new(hushwatt_ledger::storage::RealDisk);
    let mut log = ChainLog::open(disk, &path, community.genesis.bytes()).unwrap();
    for height in 1..=height {
        let (block, certificate) = store.block(height).unwrap();
        let certificate = certificate.filter(|_| height + 2 <= store.tip().height);
        log.append(&block.encode(), &Certificate::encode_optional(certificate.as_ref())).unwrap();
    }
    drop(log);
    let mut archive = Archive::open(&path, &folder.path().join("hints")).unwrap();
    let mut follower = Follower::new(community.genesis.clone());
    let refused = restore(&mut archive, &mut follower, &mut [], height, &mut ());
    assert!(matches!(refused, Err(ArchiveError::NotFinal { blocks: 2 })));
    assert_eq!(follower.tip().height, height - 2);
}

// Hostile blocks. The node refuses most of them, and a wallet does not count on that.

/// The last block's events as the follower saw them, with another node's eyes.
fn events_of(community: &Community, produced: &Produced) -> BlockEvents {
    let mut follower = Follower::new(community.genesis.clone());
    for height in 1..produced.block.header.height {
        let (block, certificate) = community.node.store().block(height).unwrap();
        follower.follow(ChainBlock { block, certificate, hints: Vec::new() }).unwrap();
    }
    follow(&mut follower, produced)
}

/// A fresh wallet of BERT's that sees only this block.
fn bert_sees(community: &Community, produced: &Produced, hints: &[Vec<Hint>], events: &BlockEvents) -> Wallet {
    let mut wallet = Wallet::new(community.genesis.clone(), &seed_of(BERT)).unwrap();
    wallet.scan_block(&produced.block, &hints.to_vec(), events);
    wallet
}

fn paid_to_bert() -> (Community, Produced, BlockEvents) {
    let mut community = funded(&[(ANNA, 1_000)]);
    let built = community.pay(ANNA, &[(BERT, 77)]);
    let produced = community.settle(vec![built]);
    let events = events_of(&community, &produced);
    (community, produced, events)
}

#[test]
fn garbled_missing_and_foreign_hints_are_unpaid() {
    let (community, produced, events) = paid_to_bert();
    let whole = &produced.hints;
    assert_eq!(bert_sees(&community, &produced, whole, &events).balance().total(), Credit(77));
    let place = (0..2)
        .find(|place| {
            let mut hints = whole.clone();
            hints[0][*place].0[60] ^= 1;
            bert_sees(&community, &produced, &hints, &events).notes().count() == 0
        })
        .expect("one of the two is BERT's");
    let length = whole[0][place].0.len();
    for at in 0..length {
        let mut hints = whole.clone();
        hints[0][place].0[at] ^= 0x80;
        let wallet = bert_sees(&community, &produced, &hints, &events);
        assert_eq!(wallet.notes().count(), 0, "byte {at}");
    }
    for hints in [vec![], vec![vec![]], vec![vec![whole[0][place]]], vec![vec![whole[0][place]; 3]]] {
        assert_eq!(bert_sees(&community, &produced, &hints, &events).notes().count(), 0);
    }
    let swapped = vec![whole[0].iter().rev().cloned().collect()];
    assert_eq!(bert_sees(&community, &produced, &swapped, &events).notes().count(), 0);
}

#[test]
fn a_hint_whose_opening_does_not_fit_the_note_on_the_ledger_is_unpaid() {
    let (community, produced, mut events) = paid_to_bert();
    let other = events.notes[0].1.commitment;
    let last = events.notes.len() - 1;
    events.notes[0].1.commitment = events.notes[last].1.commitment;
    events.notes[last].1.commitment = other;
    assert_eq!(bert_sees(&community, &produced, &produced.hints, &events).notes().count(), 0);
}

#[test]
fn a_note_paid_twice_to_one_key_counts_once() {
    let (community, produced, mut events) = paid_to_bert();
    // The same key and commitment once more in the block, by another transaction: worth nothing, as one key image
    // spends both.
    let doubled: Vec<_> = events.notes.iter().map(|(number, record)| (NoteNumber(number.0 + 100), *record)).collect();
    events.notes.extend(doubled);
    let wallet = bert_sees(&community, &produced, &produced.hints, &events);
    assert_eq!((wallet.notes().count(), wallet.balance().total()), (1, Credit(77)));
}

#[test]
fn a_key_copied_into_another_transaction_with_its_hint_is_unpaid() {
    let mut community = funded(&[(ANNA, 1_000), (ANNA, 1_000)]);
    let first = community.pay(ANNA, &[(BERT, 77)]);
    let second = community.pay(ANNA, &[(CARLA, 77)]);
    let Action::Transfer(given) = first.transaction.action().clone() else { panic!("no transfer") };
    let copy = tampered(&second, |action| match action {
        Action::Transfer(transfer) => transfer.statement.outputs = given.statement.outputs.clone(),
        _ => panic!("no transfer"),
    });
    let mut produced = community.settle(vec![first.clone()]);
    let events = events_of(&community, &produced);
    produced.block.transactions = vec![copy.transaction];
    // Everything is the first one's but the inputs, and so the context from which keys derive.
    let wallet = bert_sees(&community, &produced, std::slice::from_ref(&first.hints), &events);
    assert_eq!(wallet.notes().count(), 0);
}

#[test]
fn a_block_scanned_twice_counts_once() {
    let (community, produced, events) = paid_to_bert();
    let mut wallet = bert_sees(&community, &produced, &produced.hints, &events);
    wallet.scan_block(&produced.block, &produced.hints, &events);
    assert_eq!(wallet.balance().total(), Credit(77));
}

// The treasury.

#[test]
fn the_treasury_mints_to_itself_and_pays_from_it() {
    let mut community = Community::found(&Setup::default());
    let now = community.now();
    let mint = community.treasury.mint(&community.follower, &[Credit(500); 8], now, &mut community.rng).unwrap();
    community.settle(vec![mint]);
    let (now, to) = (community.now(), *community.wallets[ANNA].address());
    assert_eq!(community.treasury.wallet.balance().available, Credit(4_000), "bucket 0 is sealed at once");
    let wallet = &mut community.treasury.wallet;
    let built = wallet.pay(&community.follower, &[(to, Credit(1_200))], now, &mut community.rng).unwrap();
    community.settle(vec![built]);
    assert_eq!(total(&community, ANNA), 1_200);
    let now = community.now();
    let second = community.treasury.mint(&community.follower, &[Credit(1); 2], now, &mut community.rng).unwrap();
    community.settle(vec![second]);
    let counters = community.follower.state().counters().unwrap();
    assert_eq!((counters.mint_serial, counters.minted), (2, Credit(4_002)));
    let now = community.now();
    let refused = community.treasury.mint(&community.follower, &[Credit(1)], now, &mut community.rng);
    assert!(matches!(refused, Err(WalletError::Build(BuildError::OutputCount))));
}

#[test]
fn the_treasury_burns_out_of_several_buckets_and_keeps_the_change() {
    let mut community = Community::funded(&Setup::default(), &[(TREASURY, 3_000_000), (TREASURY, 1)]);
    community.fund(&[(TREASURY, 5_000_000)]);
    let (now, before) = (community.now(), community.treasury.wallet.balance().total().0);
    let supply = community.follower.state().counters().unwrap().supply().unwrap().0;
    let burn = community.treasury.burn(&community.follower, Credit(7_500_000), now, &mut community.rng).unwrap();
    assert_eq!(spent_by(&community.treasury.wallet, &burn), [3_000_000, 5_000_000]);
    let Action::Burn(inner) = burn.transaction.action() else { panic!("no burn") };
    assert_ne!(inner.statement.inputs[0].bucket.id, inner.statement.inputs[1].bucket.id);
    community.settle(vec![burn]);
    assert_eq!(community.treasury.wallet.balance().total().0, before - 7_500_000);
    let counters = community.follower.state().counters().unwrap();
    assert_eq!((counters.supply().unwrap().0, counters.burned), (supply - 7_500_000, Credit(7_500_000)));
}

#[test]
fn more_than_the_four_largest_notes_cannot_be_burned_at_once() {
    let mut community = Community::funded(&Setup::default(), &[(TREASURY, 100); 8]);
    let now = community.now();
    let refused = community.treasury.burn(&community.follower, Credit(401), now, &mut community.rng);
    assert!(matches!(
        refused,
        Err(WalletError::InsufficientCredit { needed: Credit(401), available: Credit(400), .. })
    ));
    let burn = community.treasury.burn(&community.follower, Credit(400), now, &mut community.rng).unwrap();
    community.settle(vec![burn]);
    assert_eq!(community.treasury.wallet.balance().total(), Credit(400));
}

#[test]
fn a_stranger_with_a_treasury_of_his_own_mints_nothing() {
    let mut community = funded(&[(ANNA, 10)]);
    let wallet = Wallet::new(community.genesis.clone(), &seed_of(BERT)).unwrap();
    let forger = hushwatt_wallet::Treasury::new(wallet, support::meter_key(0));
    let now = community.now();
    let mint = forger.mint(&community.follower, &[Credit(1_000); 2], now, &mut community.rng).unwrap();
    let refused = community.node.submit(mint).unwrap_err();
    assert!(refused.to_string().contains("TreasurySignature"), "{refused}");
}

#[test]
fn a_payment_that_travelled_as_bytes_is_the_same() {
    let mut community = funded(&[(ANNA, 10)]);
    let built = community.pay(ANNA, &[(BERT, 3)]);
    let transaction = Transaction::decode(community.genesis.network(), &built.transaction.encode()).unwrap();
    community.settle(vec![Built::new(transaction, built.hints)]);
    assert_eq!((total(&community, ANNA), total(&community, BERT)), (7, 3));
}
