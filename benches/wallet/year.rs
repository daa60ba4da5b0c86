//! A wallet that has seen a year: opened, and written.

use std::{
    cell::LazyCell,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use criterion::Criterion;
use curve25519_dalek::{RistrettoPoint, constants::RISTRETTO_BASEPOINT_POINT};
use hushwatt_crypto::{Point, SecretScalar, hash::hex, keys::Seed};
use hushwatt_ledger::{
    codec::Writer,
    genesis::Genesis,
    transaction::{
        TransactionId,
        open::{ContractId, ContractTerms},
    },
    units::{Price, Timestamp, Utility, Window},
};
use hushwatt_wallet::{
    file::{SeedWords, Strength, WalletFile},
    household::{Household, views::HistoryFilter},
};
use rand::{RngCore, rngs::OsRng};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    community::{Community, random_point},
    sync::{household, passphrase, read_chain, write_chain},
};

const WINDOWS: u64 = 365 * 24;
/// Blocks that were really read, so that there are notes to spend and their company.
const BLOCKS: u64 = 20;
const OWN: usize = 50;
/// Lines of the history that are shown first.
const LINES: usize = 50;

/// Distinct points, faster than random ones.
struct Points(RistrettoPoint);

impl Points {
    fn next(&mut self) -> Point {
        self.0 += RISTRETTO_BASEPOINT_POINT;
        Point::new(self.0).unwrap()
    }

    fn text(&mut self) -> String {
        hex(self.next().as_bytes())
    }
}

fn secret() -> String {
    hex(&SecretScalar::random(&mut OsRng).to_bytes()[..])
}

fn salt() -> String {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    hex(&bytes)
}

/// The year, added to what the wallet knows already.
struct Year<'a> {
    genesis: &'a Genesis,
    points: Points,
    /// Ids of all transactions; everything else names their places.
    transactions: Vec<Value>,
    notes: Vec<Value>,
    purchases: Vec<Value>,
    windows: Vec<Value>,
    movements: Vec<Value>,
}

impl<'a> Year<'a> {
    fn of(genesis: &'a Genesis, wallet: &mut Value) -> Self {
        let mut take = |name: &str| std::mem::take(wallet[name].as_array_mut().unwrap());
        Year {
            genesis,
            points: Points(*random_point().point()),
            transactions: take("transactions"),
            notes: take("notes"),
            purchases: take("purchases"),
            windows: take("windows"),
            movements: take("movements"),
        }
    }

    fn put(self, wallet: &mut Value) {
        wallet["transactions"] = self.transactions.into();
        wallet["notes"] = self.notes.into();
        wallet["purchases"] = self.purchases.into();
        wallet["windows"] = self.windows.into();
        wallet["movements"] = self.movements.into();
    }

    fn transaction(&mut self) -> (usize, TransactionId) {
        let mut id = [0; 64];
        OsRng.fill_bytes(&mut id);
        self.transactions.push(hex(&id).into());
        (self.transactions.len() - 1, TransactionId(id))
    }

    /// A note that a transaction made and the next one spent.
    fn note(&mut self, value: u64, height: u64, time: u64, transaction: usize) {
        // After all those that are really there.
        let number = 1_000_000_000 + self.notes.len() as u64;
        self.notes.push(json!({
            "number": number, "asset": "credit", "key": self.points.text(), "image": self.points.text(),
            "tweak": secret(), "value": value, "blinding": secret(), "height": height, "made": time,
            "transaction": transaction, "output": 0, "sealed": [number / 128, number % 128], "spent_by": transaction,
        }));
    }

    /// A window is measured; energy for it is ordered and delivered, and somebody pays.
    fn window(&mut self, window: Window, height: u64) {
        let (utility, time) = (Utility::Electricity, self.genesis.parameters.window_start(window).0);
        let (attested, _) = self.transaction();
        self.windows.push(json!({
            "meter": 0, "window": window.0, "status": "measured", "height": height, "transaction": attested,
            "salt": salt(), "readings": [[0, 181], [12, 40], [0, 233], [91, 0]], "pairing": 0,
        }));
        let (opened, id) = self.transaction();
        let (settled, _) = self.transaction();
        let terms = ContractTerms {
            utility,
            window,
            price: Price::new(250).unwrap(),
            quantity: self.points.next(),
            handle: self.points.next(),
            refund_key: self.points.next(),
            claim_key: self.points.next(),
        };
        let mut writer = Writer::new();
        terms.encode(&mut writer);
        self.purchases.push(json!({
            "contract": {
                "terms": hex(&writer.finish()), "quantity": 400, "quantity_blinding": secret(),
                "delivered_blinding": secret(), "opened": [height, opened], "settled": [height, settled],
                "state": "settled", "delivered": 318,
            },
            "refund_tweak": secret(),
        }));
        let contract = hex(&ContractId::of(self.genesis.network(), &id).0);
        let energy =
            |quantity: u32| json!({ "window": window.0, "utility": utility, "price": 250, "quantity": quantity });
        self.note(2_400_000, height, time, opened);
        self.movements.push(json!({
            "time": time, "height": height, "transaction": opened, "contract": contract,
            "kind": { "opened": { "lock": 100_000, "fee": 0, "energy": energy(400) } },
        }));
        self.note(20_500, height, time, settled);
        self.movements.push(json!({
            "time": time, "height": height, "transaction": settled, "contract": contract,
            "kind": { "bought": { "paid": 79_500, "refund": 20_500, "energy": energy(318) } },
        }));
        let (paid, _) = self.transaction();
        self.note(150_000, height, time, paid);
        self.movements.push(json!({
            "time": time, "height": height, "transaction": paid, "message": "Thank you for the strawberries",
            "kind": { "received": 150_000 },
        }));
    }
}

/// Makes the file; gives its path and how much is in it, in bytes.
fn make(folder: &Path) -> (PathBuf, usize) {
    let (community, path, chain) = (Community::new(), folder.join("wallet"), folder.join("chain"));
    let words = SeedWords::from_seed(&Seed::random(&mut OsRng));
    write_chain(&chain, &community, &words, BLOCKS, OWN);
    let mut household = household(&path, &community, &words, Strength::USUAL);
    read_chain(&chain, &mut household);
    household.save().unwrap();
    let now = household.now();
    drop(household);

    let (mut file, content) = WalletFile::open(&path, &passphrase()).unwrap();
    let mut content: Value = serde_json::from_slice(&content).unwrap();
    let parameters = &community.genesis.parameters;
    let last = parameters.window_at(now).0;
    let wallet = &mut content["wallet"];
    let day = Timestamp(parameters.window_start(Window(last - WINDOWS)).0).day();
    wallet["pairings"] = json!([{ "meter": 0, "day": day, "key": salt() }]);
    let mut year = Year::of(&community.genesis, wallet);
    (last - WINDOWS..last).for_each(|window| year.window(Window(window), 1));
    year.put(wallet);
    let content = serde_json::to_vec(&content).unwrap();
    file.save(&content).unwrap();
    (path, content.len())
}

/// What a page or command shows first.
fn usable(path: &Path) -> Household {
    let household = Household::open(path, &passphrase()).unwrap();
    black_box(household.overview(Vec::new()));
    let filter = HistoryFilter { limit: Some(LINES), ..HistoryFilter::default() };
    assert_eq!(household.history(&filter).len(), LINES);
    household
}

pub fn run(c: &mut Criterion) {
    // Only made if this is to be measured.
    let made: LazyCell<(TempDir, PathBuf)> = LazyCell::new(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (path, content) = make(folder.path());
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        println!(
            "year: the file has {:.1} MiB, its content {:.1} MiB before encryption",
            mib(fs::metadata(&path).unwrap().len()),
            mib(content as u64)
        );
        (folder, path)
    });
    let mut group = c.benchmark_group("year");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("open/passphrase", |b| {
        let (file, _) = WalletFile::open(&made.1, &passphrase()).unwrap();
        b.iter(|| file.check_passphrase(&passphrase()).unwrap());
    });
    group.bench_function("open/file", |b| {
        b.iter_custom(|rounds| timed(rounds, || WalletFile::open(&made.1, &passphrase()).unwrap()))
    });
    group.bench_function("open/usable", |b| b.iter_custom(|rounds| timed(rounds, || usable(&made.1))));
    group.bench_function("save", |b| {
        let mut household = Household::open(&made.1, &passphrase()).unwrap();
        b.iter(|| household.save().unwrap());
    });
    group.finish();
}

/// Whatever is opened is closed again, out of the time.
fn timed<T>(rounds: u64, open: impl Fn() -> T) -> Duration {
    let once = |_| {
        let start = Instant::now();
        let opened = open();
        let elapsed = start.elapsed();
        drop(opened);
        elapsed
    };
    (0..rounds).map(once).sum()
}
