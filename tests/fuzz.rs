//! Every decoder, over the checked-in corpus and seeded mutants of it (see `fuzz_targets/mod.rs`).
//!
//! `HUSHWATT_EFFORT=full` runs twenty times as many mutants. `HUSHWATT_WRITE_CORPUS=1` writes the seeds of the corpus
//! anew, from the chains in `small_chain/`; what is put beside them by hand, such as inputs that once failed, stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod fuzz_targets;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
mod small_chain;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Instant,
};

use hushwatt_client::{Offer, SignedOffer};
use hushwatt_crypto::{
    NetworkId, SecretScalar,
    commitment::Opening,
    designated::VerifierSecret,
    keys,
    meter::{DayKey, Register},
};
use hushwatt_ledger::{
    block::{Block, Certificate},
    codec::Writer,
    disclosure::{
        self, Ask, Audience, Disclosure, HeldWindow, Hours, Inquiry, Party, PeakClaim, Period, Place, ReadingClaim,
        Request, Tariff, prove_bill, prove_peak, prove_reading,
    },
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    state::{StateRead, block_batch},
    storage::{Day, Hint, HintStore, SimDisk},
    transaction::{
        Action, Envelope, Transaction, TransactionId,
        build::Built,
        hints::encode_hints,
        open::ContractId,
        registry::RegistryChange,
        request::Target as TotalTarget,
        share::{Subject, TradeId},
    },
    units::{Credit, Interval, MeterId, Price, Quantity, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::readings::HEADER;
use hushwatt_wallet::{
    file::SeedWords,
    household::{PairingCode, PaymentLink},
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use fuzz_targets::{TARGETS, Target, account, parsed};
use kit::{
    Setup, World,
    auction::Wish,
    full_effort,
    totals::{self, Community},
};
use small_chain::{SmallChain, correction, money, trade};

/// Largest corpus, all targets together.
const MAX_CORPUS_BYTES: u64 = 300_000;

fn corpus_folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target)
}

/// The files of a target's corpus in the order of their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpus_folder(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

// Mutants.

/// Lengths and counts at which decoders stumble.
const INTERESTING: [u64; 20] = [
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    31,
    32,
    33,
    64,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

/// Longest mutant: long enough for every seed twice.
const MAX_MUTANT: usize = 1 << 16;

struct Mutator {
    rng: ChaCha20Rng,
}

impl Mutator {
    fn below(&mut self, bound: usize) -> usize {
        self.rng.next_u64() as usize % bound.max(1)
    }

    /// A place in the bytes, and how many from there on, at most `most`.
    fn stretch(&mut self, length: usize, most: usize) -> (usize, usize) {
        let at = self.below(length);
        (at, self.below(most).min(length - at))
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    fn once(&mut self, data: &mut Vec<u8>, other: &[u8]) {
        let length = data.len();
        match self.below(12) {
            0..=1 if length > 0 => {
                let at = self.below(length);
                data[at] ^= 1 << self.below(8);
            }
            2 if length > 0 => {
                let at = self.below(length);
                data[at] = self.rng.next_u32() as u8;
            }
            3 => data.truncate(self.below(length + 1)),
            4 => {
                let insert = self.below(40);
                let insert = self.bytes(insert);
                let at = self.below(length + 1);
                data.splice(at..at, insert);
            }
            5 if length > 0 => {
                let (at, count) = self.stretch(length, 64);
                data.drain(at..at + count);
            }
            // A number, little-endian, in one to eight bytes.
            6..=7 if length > 0 => {
                let width = [1, 2, 4, 8][self.below(4)].min(length);
                let number = INTERESTING[self.below(INTERESTING.len())].to_le_bytes();
                let at = self.below(length - width + 1);
                data[at..at + width].copy_from_slice(&number[..width]);
            }
            // A stretch of another seed over one of this, in place or not.
            8 if length > 0 && !other.is_empty() => {
                let (from, count) = self.stretch(other.len(), 256);
                let (at, replaced) = self.stretch(length, 256);
                data.splice(at..at + replaced, other[from..from + count].iter().copied());
            }
            9 if length > 0 && !other.is_empty() => {
                let (at, from) = (self.below(length), self.below(other.len()));
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            // A number in a text.
            10..=11 if data.iter().any(u8::is_ascii_digit) => {
                let from = self.below(length);
                let Some(at) = (from..length).chain(0..from).find(|at| data[*at].is_ascii_digit()) else { return };
                let digits = data[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = INTERESTING[self.below(INTERESTING.len())].to_string();
                data.splice(at..at + digits, number.into_bytes());
            }
            _ => data.push(self.rng.next_u32() as u8),
        }
        data.truncate(MAX_MUTANT);
    }

    /// One to four mutations, few more often than many.
    fn mutant(&mut self, seeds: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut data = seeds[self.below(seeds.len())].1.clone();
        let other = &seeds[self.below(seeds.len())].1;
        let count = 1 + self.below(4).min(self.below(4));
        (0..count).for_each(|_| self.once(&mut data, other));
        data
    }
}

/// Runs one input; a panic is reported with the input kept on disk.
fn run(name: &str, target: Target, what: &str, data: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| target(data))).is_err() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}-{what}"));
        fs::write(&path, data).unwrap();
        panic!("{name} panicked on {what}: fix it, and keep {} in tests/corpus/{name}", path.display());
    }
}

/// The corpus and so many mutants; twenty times as many with time to spend.
fn fuzz(name: &str, mutants: u64) {
    let (place, (_, target)) =
        TARGETS.iter().enumerate().find(|(_, (known, _))| *known == name).expect("a target of this name");
    let (seeds, start) = (corpus(name), Instant::now());
    seeds.iter().for_each(|(file, data)| run(name, *target, file, data));
    let mutants = if full_effort() { 20 * mutants } else { mutants };
    (0..mutants).into_par_iter().for_each(|number| {
        let rng = ChaCha20Rng::seed_from_u64(((place as u64) << 40) + number);
        let data = Mutator { rng }.mutant(&seeds);
        run(name, *target, &format!("mutant-{number}"), &data);
    });
    println!("{name}: {} seeds, {mutants} mutants, {:.1} s", seeds.len(), start.elapsed().as_secs_f32());
}

macro_rules! targets {
    ($($test:ident: $name:literal, $mutants:literal;)+) => {
        $(#[test] fn $test() { fuzz($name, $mutants); })+

        #[test]
        fn every_target_has_its_test() {
            let tested = [$($name),+];
            assert_eq!(TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), tested);
        }
    };
}

targets! {
    transactions_decode_or_are_refused: "transaction", 20_000;
    blocks_decode_or_are_refused: "block", 20_000;
    certificates_decode_or_are_refused: "certificate", 20_000;
    genesis_files_parse_or_are_refused: "genesis", 20_000;
    addresses_decode_or_are_refused: "address", 20_000;
    offers_decode_or_are_refused: "offer", 20_000;
    what_people_paste_is_read_or_refused: "wallet_text", 20_000;
    disclosures_are_read_or_refused: "disclosure", 20_000;
    // What can be read is verified: a tenth of a millisecond.
    requests_are_read_or_refused: "request", 20_000;
    files_of_allocations_are_read_or_refused: "allocation", 10_000;
    hints_open_or_do_not: "hints", 20_000;
    range_proofs_decode_or_are_refused: "range", 20_000;
    ring_signatures_decode_or_are_refused: "clsag", 20_000;
    circuit_proofs_decode_or_are_refused: "circuit_proof", 20_000;
    // Verifying takes milliseconds too.
    circuit_proofs_hold_or_are_refused: "circuit_verify", 2_000;
    chain_files_are_read_or_refused: "chain", 20_000;
    hint_files_are_read_or_refused: "hint_file", 20_000;
    readings_are_read_or_refused: "readings", 20_000;
    state_entries_are_read_or_refused: "state", 20_000;
    // An audit executes and verifies what it can: milliseconds, not microseconds.
    chains_are_audited_or_refused: "audit", 2_000;
    certified_chains_are_audited_or_refused: "audit_certified", 1_000;
}

// The corpus.

/// A target, a file name, what is in it.
type Seed = (&'static str, String, Vec<u8>);

fn proofs(transaction: &Transaction) -> Vec<Vec<u8>> {
    let range = |proof: &hushwatt_crypto::range::RangeProof| proof.as_bytes().to_vec();
    match transaction.action() {
        Action::Transfer(transfer) => vec![range(&transfer.range)],
        Action::Attest(attest) => vec![range(&attest.range)],
        Action::Open(open) => vec![range(&open.change_range), range(&open.quantity_range)],
        Action::Deliver(deliver) => vec![range(&deliver.range)],
        Action::Mint(mint) => vec![range(&mint.range)],
        Action::Burn(burn) => vec![range(&burn.range)],
        Action::Registry(_) => Vec::new(),
        Action::Correct(correct) => vec![range(&correct.range)],
        Action::Sell(sell) => vec![range(&sell.range)],
        Action::Buy(buy) => vec![range(&buy.change_range), range(&buy.terms_range)],
        Action::Clear(_) => Vec::new(),
        Action::Share(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_) => Vec::new(),
    }
}

fn signatures(transaction: &Transaction) -> Vec<Vec<u8>> {
    let signatures = match transaction.action() {
        Action::Transfer(transfer) => &transfer.signatures,
        Action::Open(open) => &open.signatures,
        Action::Deliver(deliver) => &deliver.signatures,
        Action::Burn(burn) => &burn.signatures,
        Action::Sell(sell) => &sell.signatures,
        Action::Buy(buy) => &buy.signatures,
        _ => return Vec::new(),
    };
    let encoded = signatures.iter().map(|signature| {
        let mut writer = Writer::new();
        writer.count(signature.responses.len()).clsag(signature);
        writer.finish()
    });
    encoded.collect()
}

fn hint_file(chain: &SmallChain) -> Vec<u8> {
    let day = Day::of_unix(kit::START.0);
    let mut store = HintStore::open(std::sync::Arc::new(SimDisk::new()), "hints".as_ref()).unwrap();
    for built in chain.built.iter().flatten() {
        let hint = Hint { tx_id: built.transaction.id().0, bytes: encode_hints(&built.hints) };
        store.append(day, &[hint]).unwrap();
    }
    let mut file = Vec::new();
    store.export(day, &mut file).unwrap();
    file
}

/// The key of output 0 of a Mint, and the Mint's hints.
fn key_and_hints(chain: &SmallChain) -> Vec<u8> {
    let built = &chain.built[0][0];
    let Action::Mint(mint) = built.transaction.action() else { panic!("block 1 is a Mint") };
    let key = mint.statement.outputs[0].key;
    [key.as_bytes().as_slice(), &encode_hints(&built.hints[..2])].concat()
}

/// The state before a block, behind the id of its open contract.
fn state_entries(chain: &SmallChain, before: usize) -> Vec<u8> {
    let (state, tip) = &chain.before[before];
    let mut entries = state.range(&[], &[u8::MAX]).unwrap();
    let local = block_batch(&Default::default(), &chain.blocks[before - 1], tip);
    entries.extend(local.into_iter().map(|(key, value)| (key, value.unwrap())));
    let contract = chain.world.contract_of(&chain.built[1][0]);
    let mut writer = Writer::new();
    writer.bytes(&contract.0);
    for (key, value) in entries {
        writer.u8(key.len() as u8).u16(value.len() as u16).bytes(&key).bytes(&value);
    }
    writer.finish()
}

/// A world with its auctions of window 0 closed: one that trades, and one that does not.
fn closed() -> (World, Vec<Built>) {
    let mut world = World::with_energy(&Setup { notes: 2, ..Setup::default() }, |_| {});
    let window = world.window(0);
    let wish = |who, utility, limit, quantity| Wish { who, utility, window, limit, quantity };
    let orders = [
        world.sell(&wish(kit::ANNA, Utility::Electricity, 100, 600)),
        world.buy(&wish(kit::BERT, Utility::Electricity, 200, 300)),
        world.sell(&wish(kit::CARLA, Utility::Water, 200, 300)),
        world.buy(&wish(kit::TREASURY, Utility::Water, 100, 300)),
    ];
    world.accept(world.after(60), &orders);
    world.close(window);
    (world, orders.into())
}

/// Both kinds of orders, and both kinds of Clears.
fn auctioned() -> Vec<Built> {
    let (mut world, orders) = closed();
    let window = world.window(0);
    let clears = [Utility::Electricity, Utility::Water].map(|utility| world.clear(utility, window).0);
    orders.into_iter().chain(clears).collect()
}

/// What stands in the state of two closed auctions, behind the id of an order.
fn auction_entries() -> Vec<u8> {
    let (world, orders) = closed();
    assert_eq!(world.window(0), parsed().first_window(), "its keys are those that the target asks for");
    let mut writer = Writer::new();
    writer.bytes(&world.order_of(&orders[0]).0);
    for (key, value) in world.state.range(b"A", &[u8::MAX]).unwrap() {
        if [b'A', b'C', b'O', b'P', b'U'].contains(&key[0]) {
            writer.u8(key.len() as u8).u16(value.len() as u16).bytes(&key).bytes(&value);
        }
    }
    writer.finish()
}

/// All that a total is made from, with one share that is wrong.
fn totalled() -> (Community, Vec<Built>) {
    let mut community = totals::attested();
    community.pass_to(community.times().close.plus(1));
    let [export, import] = community.sums(1);
    let more = Opening::new(export.value + 1, export.blinding.clone());
    let shares = vec![community.share(0), community.share_openings(1, [&more, &import])];
    community.accept_shares(shares.clone());
    let complaint = community.complain(Subject::Meter(MeterId(1)), 0, 2).unwrap();
    let secret = community.world.households[kit::ANNA].notes[0].secret.clone();
    let trade = community.share_trade_as(Utility::Electricity, TradeId([8; 32]), &export, &secret);
    let request = community.request(TotalTarget::Cohort(0), &[1, 2, 3]);
    let release = community.release(3, &[0]);
    let named = totals::committee(3, &totals::members(5, 60));
    let named = community.world.change_registry(RegistryChange::Committee(named));
    let cohorts = RegistryChange::Cohorts(vec![totals::cohort([(0, 0), (1, 1), (2, 2), (3, 2)])]);
    let cohorts = community.world.change_registry(cohorts);
    let all = shares.into_iter().chain([complaint, trade, request, release, named, cohorts]).collect();
    (community, all)
}

/// What stands in the state of a period that was shared, behind the id of a trade.
fn total_entries(community: &Community) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.bytes(&[8; 32]);
    for (key, value) in community.world.state.range(b"A", &[u8::MAX]).unwrap() {
        if [b'C', b'G', b'H', b'L', b'Q', b'T'].contains(&key[0]) {
            writer.u8(key.len() as u8).u16(value.len() as u16).bytes(&key).bytes(&value);
        }
    }
    writer.finish()
}

fn bodies(mode: u8, chain: &SmallChain) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(mode);
    for block in &chain.blocks {
        let body = block.encode();
        writer.u32(body.len() as u32).bytes(&body);
    }
    writer.finish()
}

/// Every seed, from our own code.
fn written() -> Vec<Seed> {
    let chains = [("money", money()), ("trade", trade()), ("correction", correction())];
    let mut seeds: Vec<Seed> = Vec::new();
    let mut add = |target, name: String, bytes: Vec<u8>| seeds.push((target, name, bytes));
    for (story, chain) in &chains {
        let transactions = chain.blocks.iter().flat_map(|block| &block.transactions);
        for (number, transaction) in transactions.enumerate() {
            let name = format!("{story}-{number}-{}", transaction.action().name().to_lowercase());
            add("transaction", name.clone(), transaction.encode());
            let parts = proofs(transaction);
            parts.into_iter().enumerate().for_each(|(n, proof)| add("range", format!("{name}-{n}"), proof));
            let parts = signatures(transaction);
            parts.into_iter().enumerate().for_each(|(n, bytes)| add("clsag", format!("{name}-{n}"), bytes));
        }
        for block in &chain.blocks {
            add("block", format!("{story}-{}", block.header.height), block.encode());
            add("certificate", format!("{story}-{}", block.header.height), fuzz_targets::certified(&block.header));
        }
        add("chain", (*story).to_owned(), chain.file());
        add("audit", (*story).to_owned(), chain.file());
        add("hint_file", (*story).to_owned(), hint_file(chain));
        add("hints", (*story).to_owned(), key_and_hints(chain));
        add("audit_certified", format!("{story}-as-it-is"), bodies(0, chain));
        add("audit_certified", format!("{story}-proposed"), bodies(1, chain));
    }
    let (_, trade) = &chains[1];
    add("state", "contract-open".to_owned(), state_entries(trade, 3));
    add("state", "energy-sealed".to_owned(), state_entries(trade, 4));
    add("state", "validators-changed".to_owned(), state_entries(&chains[0].1, 3));
    add("state", "window-corrected".to_owned(), state_entries(&chains[2].1, 4));

    let names = ["sell", "buy", "sell-water", "buy-water", "clear-trade", "clear-no-trade"];
    for (name, built) in names.iter().zip(auctioned()) {
        let envelope = Envelope { network: *parsed().network(), ..*built.transaction.envelope() };
        let transaction = Transaction::new(envelope, built.transaction.action().clone());
        add("transaction", format!("auction-{name}"), transaction.encode());
    }
    add("state", "auction-closed".to_owned(), auction_entries());

    let names = ["share", "share-wrong", "complain", "share-trade", "request", "release", "committee", "cohorts"];
    let (community, built) = totalled();
    for (name, built) in names.iter().zip(built) {
        let envelope = Envelope { network: *parsed().network(), ..*built.transaction.envelope() };
        let transaction = Transaction::new(envelope, built.transaction.action().clone());
        add("transaction", format!("total-{name}"), transaction.encode());
    }
    add("state", "total-shared".to_owned(), total_entries(&community));

    let square = fuzz_targets::proven_square(&mut ChaCha20Rng::seed_from_u64(7));
    add("circuit_proof", "square".to_owned(), square.clone());
    add("circuit_verify", "square".to_owned(), square);
    let network = parsed().network();
    add("address", "ours".to_owned(), account(1).address().encode(network).into_bytes());
    add("address", "upper-case".to_owned(), account(2).address().encode(network).to_uppercase().into_bytes());
    add("address", "foreign".to_owned(), account(1).address().encode(&NetworkId([9; 32])).into_bytes());
    let offer = |utility, quantity| {
        let offer = Offer {
            seller: *account(1).address(),
            utility,
            window: Window(485_000),
            quantity: Quantity(quantity),
            price: Price::new(280).unwrap(),
            valid_until: Timestamp(1_746_003_600),
        };
        SignedOffer::sign(network, offer, &account(1), &mut ChaCha20Rng::seed_from_u64(5)).unwrap()
    };
    add("offer", "energy".to_owned(), offer(Utility::Electricity, 1_200).encode());
    add("offer", "water".to_owned(), offer(Utility::Water, u32::MAX).encode());
    add("offer", "link".to_owned(), offer(Utility::Heat, 1).to_link(network).into_bytes());
    let link =
        PaymentLink { to: *account(1).address(), amount: Some(Credit(12_345_678)), message: Some("März".to_owned()) };
    add("wallet_text", "payment-link".to_owned(), link.encode(network).into_bytes());
    let code = PairingCode { meter: MeterId(3), day_key: DayKey::from_bytes(20_254, [7; 32]) };
    add("wallet_text", "pairing-code".to_owned(), code.encode(network).as_bytes().to_vec());
    add("wallet_text", "view-key".to_owned(), account(1).view().export(network).as_bytes().to_vec());
    let words = SeedWords::from_seed(&keys::Seed::from_bytes([1; 32]));
    add("wallet_text", "words".to_owned(), words.phrase().as_bytes().to_vec());
    add("wallet_text", "amount".to_owned(), "1.234,50 EUR".as_bytes().to_vec());
    let audience = Audience::new("Tax office", "2026-117", "tax return").unwrap();
    let request = Request { network: *network, audience, made: Timestamp(1_746_000_000) };
    let place = Place { height: 3, transaction: TransactionId([5; 64]) };
    let reading = ReadingClaim {
        place,
        meter: MeterId(3),
        interval: Interval(1_940_000),
        register: Register::Export,
        value: Quantity(0),
    };
    let opening = Opening::new(77, SecretScalar::from_wide(&[3; 64]));
    let proven = prove_reading(&request, reading, &opening, &mut ChaCha20Rng::seed_from_u64(6)).unwrap();
    add("disclosure", "reading.json".to_owned(), proven.to_json().unwrap().into_bytes());
    for (name, disclosure) in [("bill.json", bill(&request)), ("peak.json", peak(&request))] {
        add("disclosure", name.to_owned(), disclosure.to_json().unwrap().into_bytes());
    }
    let secret = VerifierSecret::from_bytes(&[2; 32]).unwrap();
    let random = &mut ChaCha20Rng::seed_from_u64(9);
    for (name, ask) in asks() {
        let expires = Timestamp(1_746_100_000);
        let inquiry = Inquiry::new(*network, ("Tax office", "tax return"), expires, ask, &secret, random).unwrap();
        add("request", format!("{name}.json"), inquiry.to_json().unwrap().into_bytes());
        if name == "peak" {
            add("request", "link".to_owned(), inquiry.to_link().unwrap().into_bytes());
            // Made for one verifier: fresh commitments and what ties them to the ledger's.
            let answer = peak(&inquiry.answer(expires));
            add("disclosure", "peak-for-one.json".to_owned(), answer.to_json().unwrap().into_bytes());
        }
    }
    let defaults = NewGenesis {
        time: parsed().time,
        simulated_time: false,
        parameters: Parameters::default(),
        validators: parsed().validators().keys().to_vec(),
        registrars: parsed().registrars().to_vec(),
        registrar_quorum: 3,
        treasury: parsed().treasury,
        operator: None,
        meters: parsed().meters().map(|(_, meter)| meter.clone()).collect(),
    };
    add("genesis", "defaults.json".to_owned(), defaults.build().unwrap().bytes().to_vec());
    let rows = |rows: &[&str]| format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes();
    let quarter = ["00:00:00Z,a,100,0", "00:15:00Z,a,0,250", "00:00:00Z,b,7,7", "00:45:00Z,b,60000,0"];
    let quarter = quarter.map(|row| format!("2025-06-15T{row}"));
    add("readings", "quarters.csv".to_owned(), rows(&quarter.each_ref().map(String::as_str)));
    add("readings", "hours.csv".to_owned(), rows(&["2024-02-28T23:00:00Z,x,1,2", "2024-02-29T00:00:00Z,x,3,4"]));
    seeds
}

/// A day of which a meter posted one window.
fn held() -> (Period, Vec<HeldWindow>) {
    let day = |text| disclosure::Day::parse(text).unwrap();
    let period = Period::new(day("2025-06-15"), day("2025-06-16"), 1).unwrap();
    let values = (1u8..=4).map(|value| Opening::new(value.into(), SecretScalar::from_wide(&[value; 64]))).collect();
    (period, vec![HeldWindow { window: parsed().parameters.window_at(Timestamp(1_749_988_800)), values }])
}

/// What can be asked, one of each kind.
fn asks() -> Vec<(&'static str, Ask)> {
    let (period, tariff) = (held().0, Tariff::from_toml(Tariff::EXAMPLE).unwrap());
    let (to, calendar) = (*account(1).address(), tariff.calendar().clone());
    let (meter, register) = (MeterId(0), Register::Import);
    let hours = vec![Hours::parse("Mon-Fri 17-20").unwrap(), Hours::parse("Sat,Sun 0-24").unwrap()];
    vec![
        ("payment-made", Ask::PaymentMade { to, amount: Credit(12_345_678) }),
        ("payment-received", Ask::PaymentReceived { to, amount: Credit(1) }),
        ("delivery", Ask::Delivery { contract: ContractId([5; 32]), party: Party::Buyer }),
        ("reading", Ask::Reading { meter, at: Timestamp(1_749_988_800), register }),
        ("energy", Ask::Energy { meter, register, period, calendar: calendar.clone() }),
        ("shared", Ask::Shared { party: Party::Seller, utility: Utility::Water, period, calendar: calendar.clone() }),
        ("bill", Ask::Bill { meter, period, tariff }),
        ("peak", Ask::Peak { meter, register, period, calendar, hours, limit: 16 }),
        ("balance", Ask::Balance { at_least: Credit(500_000_000) }),
    ]
}

fn bill(request: &Request) -> Disclosure {
    let ((period, held), tariff) = (held(), Tariff::from_toml(Tariff::EXAMPLE).unwrap());
    let random = &mut ChaCha20Rng::seed_from_u64(7);
    prove_bill(request, parsed(), (MeterId(0), 3), (period, tariff), &held, random).unwrap()
}

fn peak(request: &Request) -> Disclosure {
    let ((period, held), tariff) = (held(), Tariff::from_toml(Tariff::EXAMPLE).unwrap());
    let claim = PeakClaim {
        meter: MeterId(0),
        height: 3,
        register: Register::Import,
        period,
        calendar: tariff.calendar().clone(),
        hours: vec![Hours::parse("Mon-Fri 17-20").unwrap(), Hours::parse("Sat,Sun 0-24").unwrap()],
        limit: 16,
    };
    prove_peak(request, parsed(), &claim, &held, &mut ChaCha20Rng::seed_from_u64(8), &mut |_, _| {}).unwrap()
}

#[test]
fn the_corpus_is_small_and_its_seeds_are_still_valid() {
    if std::env::var("HUSHWATT_WRITE_CORPUS").is_ok_and(|value| value == "1") {
        for (target, name, bytes) in written() {
            fs::create_dir_all(corpus_folder(target)).unwrap();
            fs::write(corpus_folder(target).join(name), bytes).unwrap();
        }
    }
    let total: usize = TARGETS.iter().flat_map(|(name, _)| corpus(name)).map(|(_, data)| data.len()).sum();
    println!("{total} bytes of corpus");
    assert!(total as u64 <= MAX_CORPUS_BYTES, "{total} bytes");
    let network = parsed().network();
    let seeds = |target| corpus(target).into_iter().filter(|(name, _)| !name.starts_with("failed-"));
    for (name, data) in seeds("transaction") {
        assert!(Transaction::decode(network, &data).is_ok(), "transaction/{name}");
    }
    for (name, data) in seeds("block") {
        assert!(Block::decode(network, &data).is_ok(), "block/{name}");
    }
    for (name, data) in seeds("certificate") {
        assert!(Certificate::decode(&data).is_ok(), "certificate/{name}");
    }
    for (name, data) in seeds("genesis") {
        assert!(Genesis::parse(&data).is_ok(), "genesis/{name}");
    }
    for (name, data) in seeds("readings") {
        assert!(hushwatt_meter_attest::readings::read_csv(data.as_slice()).is_ok(), "readings/{name}");
    }
    for (name, data) in seeds("disclosure") {
        assert!(Disclosure::from_json(&data).is_ok(), "disclosure/{name}");
    }
    for (name, data) in seeds("request") {
        let link = std::str::from_utf8(&data).ok().filter(|text| Inquiry::is_link(text));
        let inquiry = link.map_or_else(|| Inquiry::from_json(&data), Inquiry::from_link);
        assert!(inquiry.is_ok_and(|inquiry| inquiry.verify().is_ok()), "request/{name}");
    }
    for (name, data) in seeds("allocation") {
        assert_eq!(fuzz_targets::allocation_files(&data), 1, "allocation/{name}");
    }
    for (name, data) in seeds("audit") {
        let report = hushwatt_audits::verify_reader(data.as_slice(), 0, network, &mut hushwatt_audits::NoProgress);
        assert!(report.is_ok_and(|report| report.holds()), "audit/{name}");
    }
}
