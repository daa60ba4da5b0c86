//! A recorded chain of each release keeps holding: what was valid stays valid, roots stay equal, and a wallet still
//! restores its balance from its seed.
//!
//! `tests/golden/chain-v2.hwl`, the hint files beside it and `expected.json` were written once by [`write`], with fixed
//! seeds. They are never written again: a later release with other rules adds `chain-v3` and keeps this one.
//! `HUSHWATT_WRITE_GOLDEN=1` writes the files where they do not exist yet, and touches nothing that does.
//!
//! Version 2 is the first with several validators: certificates hold their votes, headers name the validators of their
//! epoch, the state counts blocks. A chain of version 1, before any release, had one validator's signature instead;
//! `chain-v1.hwl` is kept to see that it is refused in plain words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../ledger/tests/kit/mod.rs"]
mod kit;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_audits::{AuditError, NoProgress, Report, verify_path};
use hushwatt_crypto::{
    NetworkId,
    keys::{Account, Seed},
    meter::DayKey,
};
use hushwatt_ledger::{
    block::{BlockDigest, Certificate},
    note::Asset,
    parameters::Parameters,
    storage::{ChainLog, Day, Hint, HintStore, RealDisk},
    transaction::{attest::WindowStatus, build::Built, hints::encode_hints, open::ContractId},
    units::{MeterId, Timestamp, Utility, Window},
};
use hushwatt_wallet::{Archive, Follower, Pairing, PurchaseState, Wallet, restore};
use serde::{Deserialize, Serialize};

use kit::{ANNA, BERT, CARLA, Household, OwnedNote, START, Setup, TREASURY, World, build::Bid, electricity};

/// What the files must give, and the secrets with which they do: a test network's, worth nothing.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Expected {
    network: String,
    height: u64,
    time: u64,
    tip: String,
    state_root: String,
    /// Mint, Transfer, Open, Attest, Deliver, Burn, Registry.
    transactions: [u64; 7],
    /// Certificates, blocks without one, changes of the validators.
    finality: [u64; 3],
    notes: u64,
    spent: u64,
    buckets: u64,
    minted: u64,
    burned: u64,
    fees: u64,
    /// Opened, settled, expired, still open.
    contracts: [u64; 4],
    wallets: Vec<ExpectedWallet>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct ExpectedWallet {
    seed: String,
    meters: Vec<ExpectedMeter>,
    available: u64,
    pending: u64,
    locked: u64,
    /// Base units of energy attested and not delivered.
    undelivered: u64,
    /// Base units bought.
    bought: u64,
    /// Notes ever owned.
    notes: usize,
    /// Contracts as buyer: open, delivered, expired.
    purchases: [usize; 3],
    /// Contracts as seller.
    claims: usize,
    /// Own readings opened.
    readings: usize,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct ExpectedMeter {
    meter: u32,
    day: u64,
    day_key: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn chain_path(folder: &Path) -> PathBuf {
    folder.join("chain-v2.hwl")
}

fn hints_path(folder: &Path) -> PathBuf {
    folder.join("chain-v2-hints")
}

fn expected_path(folder: &Path) -> PathBuf {
    folder.join("expected.json")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> [u8; 32] {
    let bytes: Vec<u8> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

// Reading.

fn audited(folder: &Path, network: &NetworkId) -> Report {
    let report = verify_path(&chain_path(folder), network, &mut NoProgress).unwrap();
    assert!(report.holds(), "{report}");
    report
}

/// Restores wallets from the files and the secrets of `expected`; everything else is computed anew.
fn replayed(folder: &Path, expected: &Expected) -> Expected {
    let network = NetworkId(from_hex(&expected.network));
    let report = audited(folder, &network);
    let mut archive = Archive::open(&chain_path(folder), &hints_path(folder)).unwrap();
    let genesis = Arc::new(archive.genesis().clone());
    let mut wallets: Vec<Wallet> = expected
        .wallets
        .iter()
        .map(|wallet| {
            let mut restored = Wallet::new(genesis.clone(), &Seed::from_bytes(from_hex(&wallet.seed))).unwrap();
            for meter in &wallet.meters {
                let day_key = DayKey::from_bytes(meter.day, from_hex(&meter.day_key));
                restored.pair(Pairing { meter: MeterId(meter.meter), day_key });
            }
            restored
        })
        .collect();
    let mut follower = Follower::new(genesis);
    restore(&mut archive, &mut follower, &mut wallets, 0, &mut ()).unwrap();

    let (tip, totals) = (report.tip.unwrap(), report.totals.unwrap());
    assert_eq!(BlockDigest(follower.tip().digest.0).to_string(), tip.digest, "follower and auditor agree on the tip");
    let root = follower.tip().set_hash.root(&network);
    assert_eq!(hex(&root), tip.state_root, "follower and auditor agree on the state");
    let (kinds, contracts, finality) = (totals.transactions, totals.contracts, totals.finality);
    let wallets = wallets.iter().zip(&expected.wallets).map(|(wallet, known)| {
        let balance = wallet.balance();
        let in_state = |state: fn(&PurchaseState) -> bool| wallet.purchases().filter(|p| state(&p.state)).count();
        ExpectedWallet {
            seed: known.seed.clone(),
            meters: known.meters.iter().map(|m| ExpectedMeter { day_key: m.day_key.clone(), ..*m }).collect(),
            available: balance.available.0,
            pending: balance.pending.0,
            locked: balance.locked.0,
            undelivered: Utility::ALL.map(|utility| wallet.undelivered(utility)).iter().sum(),
            bought: Utility::ALL.map(|utility| wallet.bought(utility)).iter().sum(),
            notes: wallet.notes().count(),
            purchases: [
                in_state(|state| matches!(state, PurchaseState::Open)),
                in_state(|state| matches!(state, PurchaseState::Delivered(_))),
                in_state(|state| matches!(state, PurchaseState::Expired)),
            ],
            claims: wallet.claims().count(),
            readings: wallet.readings().len(),
        }
    });
    Expected {
        network: report.network,
        height: tip.height,
        time: tip.time,
        tip: tip.digest,
        state_root: tip.state_root,
        transactions: [
            kinds.mints,
            kinds.transfers,
            kinds.opens,
            kinds.attests,
            kinds.delivers,
            kinds.burns,
            kinds.registry_changes,
        ],
        finality: [finality.certificates, finality.covered_by_later, finality.validator_changes],
        notes: totals.notes,
        spent: totals.spent,
        buckets: follower.state().counters().unwrap().buckets,
        minted: totals.money.minted,
        burned: totals.money.burned,
        fees: totals.money.fees,
        contracts: [contracts.opened, contracts.settled, contracts.expired, contracts.open],
        wallets: wallets.collect(),
    }
}

#[test]
fn the_golden_chain_still_holds_and_wallets_still_find_their_money() {
    let folder = folder();
    if std::env::var("HUSHWATT_WRITE_GOLDEN").is_ok_and(|value| value == "1") && !chain_path(&folder).exists() {
        write(&folder);
    }
    let text = fs::read_to_string(expected_path(&folder)).expect("tests/golden/expected.json is checked in");
    let expected: Expected = serde_json::from_str(&text).unwrap();
    assert_eq!(replayed(&folder, &expected), expected);

    // What the record is worth: every kind, an expiry, an open contract, and all money in somebody's wallet.
    assert!(expected.transactions.iter().all(|count| *count > 0), "{:?}", expected.transactions);
    assert!(expected.contracts.iter().all(|count| *count > 0), "{:?}", expected.contracts);
    assert!(expected.finality.iter().all(|count| *count > 0), "{:?}", expected.finality);
    let owned: u64 = expected.wallets.iter().map(|wallet| wallet.available + wallet.pending + wallet.locked).sum();
    assert_eq!(owned, expected.minted - expected.burned - expected.fees);
}

#[test]
fn the_recorded_chain_of_version_1_is_refused_in_plain_words() {
    let refused = verify_path(&folder().join("chain-v1.hwl"), &NetworkId([0; 32]), &mut NoProgress);
    let Err(error @ AuditError::NoChain(_)) = refused else { panic!("{refused:?}") };
    let text = error.to_string();
    assert!(text.contains("format version 1") && text.contains("use the hushwatt that wrote it"), "{text}");
}

/// The kit and the wallet crate read the same chain: the generator is checked on every run, in a folder that is thrown
/// away.
#[test]
fn a_chain_written_today_holds_and_its_wallets_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let text = fs::read_to_string(expected_path(folder.path())).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    assert_eq!(replayed(folder.path(), &expected), expected);
}

// Writing.

/// A world and the files that its blocks go to.
struct Recorder {
    world: World,
    log: ChainLog,
    hints: HintStore,
}

impl Recorder {
    fn accept(&mut self, at: Timestamp, built: &[Built]) {
        let block = self.world.accept(at, built);
        // Block 6 is final by the certificate of block 7 only.
        let certificate = Some(self.world.certify(&block)).filter(|_| block.header.height != 6);
        let hints: Vec<Hint> = built
            .iter()
            .filter(|built| !built.hints.is_empty())
            .map(|built| Hint { tx_id: built.transaction.id().0, bytes: encode_hints(&built.hints) })
            .collect();
        self.hints.append(Day::of_unix(at.0), &hints).unwrap();
        self.log.append(&block.encode(), &Certificate::encode_optional(certificate.as_ref())).unwrap();
    }

    fn note(&self, who: usize, place: usize) -> OwnedNote {
        self.world.spendable(who, Asset::Credit)[place].clone()
    }

    /// Pays from the payer's note at this place among those that can be spent.
    fn pay(&mut self, (from, place): (usize, usize), payees: &[(usize, u64)]) -> Built {
        let note = self.note(from, place);
        let paid: u64 = payees.iter().map(|(_, value)| value).sum();
        let rest = note.opening.value - paid - self.world.parameters().fee;
        self.world.transfer(&[note], &[payees, &[(from, rest)]].concat())
    }

    /// Opens a contract with Anna, from the buyer's note at this place.
    fn open(&mut self, buyer: usize, place: usize, window: Window, quantity: u32) -> (Built, ContractId) {
        let bid = Bid { buyer, seller: ANNA, utility: Utility::Electricity, window, price: 200, quantity };
        let open = self.world.open_with(&[self.note(buyer, place)], &bid);
        let contract = self.world.contract_of(&open);
        (open, contract)
    }
}

fn setup() -> Setup {
    let parameters = Parameters { ring_min: 8, ring_cap: 16, fee: 7, epoch_blocks: 4, ..Parameters::default() };
    Setup { seed: 20_260_101, parameters, ..Setup::default() }
}

fn write(folder: &Path) {
    let mut world = World::before_the_first_block(&setup());
    let seeds: Vec<[u8; 32]> = (1..=4).map(|byte| [byte; 32]).collect();
    let account = |seed: &[u8; 32]| Account::from_seed(world.genesis.network(), &Seed::from_bytes(*seed)).unwrap();
    world.households = seeds.iter().map(|seed| Household::new(account(seed))).collect();
    let disk = Arc::new(RealDisk);
    let log = ChainLog::open(disk.clone(), &chain_path(folder), world.genesis.bytes()).unwrap();
    let hints = HintStore::open(disk, &hints_path(folder)).unwrap();
    let mut recorder = Recorder { world, log, hints };
    tell(&mut recorder);
    drop(recorder.log);
    fs::remove_file(folder.join("chain-v2.hwl.lock")).unwrap();

    // The secrets are known; what the chain gives with them is what is expected, and the kit's own households agree.
    let world = &recorder.world;
    let wallets = seeds.iter().enumerate().map(|(who, seed)| ExpectedWallet {
        seed: hex(seed),
        meters: world
            .meters
            .iter()
            .filter(|meter| meter.owner == who)
            .map(|meter| ExpectedMeter {
                meter: meter.id.0,
                day: meter.day_key.day(),
                day_key: hex(meter.day_key.expose()),
            })
            .collect(),
        available: 0,
        pending: 0,
        locked: 0,
        undelivered: 0,
        bought: 0,
        notes: 0,
        purchases: [0; 3],
        claims: 0,
        readings: 0,
    });
    let secrets = Expected {
        network: world.network().to_string(),
        height: 0,
        time: 0,
        tip: String::new(),
        state_root: String::new(),
        transactions: [0; 7],
        finality: [0; 3],
        notes: 0,
        spent: 0,
        buckets: 0,
        minted: 0,
        burned: 0,
        fees: 0,
        contracts: [0; 4],
        wallets: wallets.collect(),
    };
    let expected = replayed(folder, &secrets);
    assert_eq!(expected.tip, world.parent.digest.to_string());
    for (wallet, household) in expected.wallets.iter().zip(&world.households) {
        assert_eq!(wallet.available + wallet.pending, household.balance(Asset::Credit));
        assert_eq!(wallet.notes, household.notes.len());
    }
    fs::write(expected_path(folder), serde_json::to_string_pretty(&expected).unwrap() + "\n").unwrap();
}

/// Nine blocks over two days.
fn tell(recorder: &mut Recorder) {
    let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
    let mint = recorder.world.mint(&payees);
    recorder.accept(START.plus(60), &[mint]);

    // 2: bids for the first window, payments, and one note split in eight: enough origins for a bucket, and more notes
    // than one bucket holds.
    let window = recorder.world.window(0);
    let (to_bert, bert) = recorder.open(BERT, 0, window, 700);
    let (to_carla, carla) = recorder.open(CARLA, 0, window, 500);
    let (to_expire, _) = recorder.open(TREASURY, 0, window, 300);
    let split: Vec<(usize, u64)> = vec![(BERT, 1_000_000); 7];
    let mut block = vec![to_bert, to_carla, to_expire, recorder.pay((BERT, 1), &split)];
    for (from, place, to) in [(ANNA, 0, BERT), (ANNA, 1, CARLA), (BERT, 2, CARLA), (CARLA, 1, ANNA), (CARLA, 2, ANNA)] {
        block.push(recorder.pay((from, place), &[(to, 1_500_000)]));
    }
    recorder.accept(START.plus(120), &block);

    // 3: all meters but the last attest the window, one with a substituted value.
    let parameters = recorder.world.parameters().clone();
    let end = parameters.window_end(window);
    let statuses = [WindowStatus::Measured, WindowStatus::Measured, WindowStatus::Substituted, WindowStatus::Measured];
    let attests: Vec<Built> = (0..4)
        .map(|meter| {
            let reading = recorder.world.reading(statuses[meter], 1000 * (meter as u32 + 1), 13);
            recorder.world.attest_until(meter, window, &[reading], Timestamp(end.0 + 1800))
        })
        .collect();
    recorder.accept(end.plus(60), &attests);

    // 4: the window's energy is sealed; one meter posts an estimated and a measured window.
    let sealed = parameters.attest_until(window).plus(1);
    let readings =
        [recorder.world.reading(WindowStatus::Estimated, 50, 50), recorder.world.measured(u16::MAX.into(), 0)];
    let until = Timestamp(sealed.0.next_multiple_of(600) + 1800);
    let attest = recorder.world.attest_until(0, Window(window.0 + 1), &readings, until);
    recorder.accept(sealed, &[attest]);

    // 5: Anna delivers to two of three, the treasury burns, and from block 8 on there is a fifth validator.
    let deliver = recorder.world.deliver(ANNA, electricity(window), &[(bert, 600), (carla, 0)]);
    let burn = recorder.world.burn(2_000_000);
    let fifth = recorder.world.new_validators(1);
    let five = [recorder.world.validators[..4].to_vec(), fifth].concat();
    let change = recorder.world.change_validators(&five);
    recorder.accept(sealed.plus(300), &[deliver, burn, change]);

    // 6: the third contract expires.
    let late = parameters.deliver_until(window).plus(1);
    recorder.accept(late, &[]);

    // 7: the last meter comes back: a late window, a missing one.
    let readings =
        [recorder.world.reading(WindowStatus::Late, 80, 10), recorder.world.reading(WindowStatus::Missing, 0, 0)];
    let attest = recorder.world.attest(4, window, &readings);
    recorder.accept(late.plus(60), &[attest]);

    // 8, the next day: what waited too long for company is sealed; a contract is opened that stays open.
    let now = sealed.plus(86_400 + 600);
    recorder.accept(now, &[]);
    let ahead = Window(parameters.window_at(now).0 + 2);
    let newest = |recorder: &Recorder, who, value| -> usize {
        recorder.world.spendable(who, Asset::Credit).iter().rposition(|note| note.opening.value > value).unwrap()
    };
    let last = newest(recorder, BERT, 20_007);
    let (stays_open, _) = recorder.open(BERT, last, ahead, 100);
    let last = newest(recorder, CARLA, 12);
    let payment = recorder.pay((CARLA, last), &[(BERT, 5)]);
    recorder.accept(now.plus(60), &[stays_open, payment]);
}
