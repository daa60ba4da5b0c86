//! What a wallet knows, saved and read back: everything, on wallets that traded; damage is refused or harmless.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod market;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use hushwatt_crypto::keys::{Account, OneTimeSecret};
use hushwatt_ledger::{transaction::order::Side, units::Timestamp};
use hushwatt_wallet::{Snapshot, SnapshotError, Wallet};
use market::{ANNA, BERT, CARLA, Market, hall::Hall, stored};
use support::{Setup, seed_of};

/// A market after a delivery, an expiry, payments with messages, and with something of everything still open.
fn busy() -> Market {
    let mut market = Market::usual();
    let (first, one) = market.open(BERT, ANNA, market.window(0), 1_000);
    let (_, two) = market.open(CARLA, ANNA, market.window(0), 70);
    let (_, three) = market.open(CARLA, ANNA, market.window(12), 10);
    market.community.settle(vec![one, two, three]);
    market.deliverable(500);
    market.deliver(ANNA, &[(first, 600)]);
    let mut hall = Hall::of(market.window(0));
    hall.place(&mut market, BERT, Side::Sell, 50, 100);
    hall.place(&mut market, CARLA, Side::Buy, 40, 300);
    hall.place(&mut market, ANNA, Side::Buy, 30, 50);
    hall.clear(&mut market);
    let deadline = market.community.genesis.parameters.deliver_until(market.window(0));
    market.community.block_at(deadline.plus(1));
    // The auction of a later window takes orders now.
    let mut hall = Hall::of(market.window(12));
    for who in [ANNA, BERT, CARLA] {
        hall.place(&mut market, who, Side::Buy, 20, 400);
    }
    let payment = market.pay(CARLA, BERT, 77, Some("for the eggs"));
    market.community.settle(vec![payment]);
    // Reserved, and not in any block.
    market.pay(BERT, CARLA, 5, None);
    market
}

fn json(wallet: &Wallet) -> serde_json::Value {
    serde_json::to_value(wallet.export()).unwrap()
}

fn fresh(market: &Market, who: usize) -> Wallet {
    Wallet::new(market.community.genesis.clone(), &seed_of(who)).unwrap()
}

#[test]
fn a_wallet_that_was_saved_and_read_back_is_the_same() {
    let market = busy();
    for who in [ANNA, BERT, CARLA] {
        let known = market.wallet(who);
        let mut back = fresh(&market, who);
        back.import(stored(known)).unwrap();
        assert_eq!(json(&back), json(known));
        assert_eq!((back.height(), back.time()), (known.height(), known.time()));
        assert_eq!((back.balance(), back.pending()), (known.balance(), known.pending()));
        assert_eq!((back.movements(), back.windows()), (known.movements(), known.windows()));
        assert_eq!(back.readings(), known.readings());
        assert_eq!(back.needed_buckets(), known.needed_buckets());
        let contracts = |wallet: &Wallet| {
            let bought =
                wallet.purchases().map(|one| (one.id, one.terms, one.quantity.clone(), one.opened, one.settled));
            let sold = wallet.claims().map(|one| (one.id, one.terms, one.quantity.clone(), one.opened, one.settled));
            (bought.collect::<Vec<_>>(), sold.collect::<Vec<_>>())
        };
        assert_eq!(contracts(&back), contracts(known));
        let orders = |wallet: &Wallet| -> Vec<_> {
            let facts = wallet.orders().map(|one| (one.id, one.terms, one.limit, one.placed, one.ended, one.state));
            facts.collect()
        };
        assert_eq!(orders(&back), orders(known));
        assert_eq!((known.orders().count(), known.open_orders().count()), (2, 1));
        assert!(!known.movements().is_empty() && known.notes().any(|note| note.spent));
    }
    let reserved = market.wallet(BERT).notes().filter(|note| note.reserved_until.is_some()).count();
    assert_eq!(reserved, 1);
}

#[test]
fn a_saved_wallet_goes_on_scanning_and_spending() {
    let mut market = busy();
    for who in [ANNA, BERT, CARLA] {
        let mut back = fresh(&market, who);
        back.import(stored(market.wallet(who))).unwrap();
        market.community.wallets[who] = back;
    }
    market.community.next_epoch();
    let before = market.total(ANNA);
    let payment = market.pay(CARLA, ANNA, 1_000, None);
    market.community.settle(vec![payment]);
    assert_eq!(market.total(ANNA), before + 1_000);
    market.community.block_at(market.community.now().plus(86_400));
    assert!(market.wallet(BERT).notes().all(|note| note.reserved_until.is_none()), "the lost payment is given up");
}

#[test]
fn no_secret_that_spends_is_saved() {
    let market = busy();
    let wallet = market.wallet(BERT);
    let text = json(wallet).to_string();
    let account = Account::from_seed(market.community.genesis.network(), &seed_of(BERT)).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(!text.contains(&hex(seed_of(BERT).expose())));
    for note in wallet.notes() {
        assert!(text.contains(&hex(&note.tweak.to_bytes()[..])));
        let secret = OneTimeSecret::new(&note.tweak, account.spend());
        assert!(!text.contains(&hex(&secret.secret().to_bytes()[..])));
    }
}

#[test]
fn a_snapshot_of_another_version_network_or_household_is_refused_and_changes_nothing() {
    let market = busy();
    let changed = |field: &str, value: serde_json::Value| -> Snapshot {
        let mut json = json(market.wallet(BERT));
        json[field] = value;
        serde_json::from_value(json).unwrap()
    };
    let mut wallet = fresh(&market, BERT);
    let before = json(&wallet);
    assert_eq!(wallet.import(changed("version", 6.into())), Err(SnapshotError::Version(6)));
    assert_eq!(wallet.import(changed("network", "07".repeat(32).into())), Err(SnapshotError::OtherNetwork));
    assert_eq!(wallet.import(stored(market.wallet(ANNA))), Err(SnapshotError::OtherKeys));
    assert!(matches!(
        wallet.import(changed("transactions", Vec::<String>::new().into())),
        Err(SnapshotError::Damaged(_))
    ));
    assert!(matches!(wallet.import(changed("pairings", Vec::<String>::new().into())), Err(SnapshotError::Damaged(_))));
    let mut notes = json(market.wallet(BERT))["notes"].as_array().unwrap().clone();
    notes.push(notes[0].clone());
    assert_eq!(wallet.import(changed("notes", notes.clone().into())), Err(SnapshotError::Damaged("a note's number")));
    notes.pop();
    notes[0].as_object_mut().unwrap().remove("image");
    assert_eq!(wallet.import(changed("notes", notes.into())), Err(SnapshotError::Damaged("a note's key image")));
    assert_eq!(json(&wallet), before);
    let elsewhere = Setup { start: Timestamp(support::START.0 + 86_400), ..Setup::default() }.genesis();
    let mut foreign = Wallet::new(elsewhere, &seed_of(BERT)).unwrap();
    assert_eq!(foreign.import(stored(market.wallet(BERT))), Err(SnapshotError::OtherNetwork));
}

#[test]
fn a_snapshot_of_the_first_version_had_no_orders_and_is_read_as_it_is() {
    let market = Market::usual();
    let mut first = json(market.wallet(BERT));
    first["version"] = 1.into();
    assert!(first.as_object_mut().unwrap().remove("orders").is_some());
    let mut back = fresh(&market, BERT);
    back.import(serde_json::from_value(first).unwrap()).unwrap();
    assert_eq!(json(&back), json(market.wallet(BERT)));
    let mut never = json(market.wallet(BERT));
    never["version"] = 0.into();
    let refused = fresh(&market, BERT).import(serde_json::from_value(never).unwrap());
    assert_eq!(refused, Err(SnapshotError::Version(0)));
}

#[test]
fn a_damaged_snapshot_never_panics() {
    let market = busy();
    let text = json(market.wallet(BERT)).to_string().into_bytes();
    let (mut read, mut refused) = (0, 0);
    for place in (0..text.len()).step_by(7) {
        for letter in [b'0', b'9', b'f', b'"', b'{', 0xff] {
            let mut damaged = text.clone();
            damaged[place] = letter;
            let Ok(snapshot) = serde_json::from_slice::<Snapshot>(&damaged) else {
                refused += 1;
                continue;
            };
            let mut wallet = fresh(&market, BERT);
            if wallet.import(snapshot).is_ok() {
                read += 1;
                let _ = (wallet.balance(), wallet.pending(), wallet.readings(), wallet.needed_buckets());
            }
        }
    }
    assert!(read > 0 && refused > 0);
    for length in (0..text.len()).step_by(11) {
        assert!(serde_json::from_slice::<Snapshot>(&text[..length]).is_err());
    }
}
