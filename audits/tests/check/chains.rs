//! A short story in blocks, with one disclosure of each kind about it.

use std::{path::Path, sync::Arc, sync::LazyLock};

use hushwatt_audits::{
    NoProgress,
    check::{Asked, ChainFacts, CheckReport, FactsError, check, facts_from_reader},
};
use hushwatt_crypto::{SecretScalar, commitment::Opening, meter::Register};
use hushwatt_ledger::{
    block::Block,
    disclosure::{
        Audience, BalanceNote, Calendar, Day, Disclosure, HeldWindow, Hours, PaidSecrets, Party, PeakClaim, Period,
        Place, ReadingClaim, ReceivedSecrets, Request, Tariff, prove_balance, prove_bill, prove_delivery,
        prove_payment_made, prove_payment_received, prove_peak, prove_reading,
    },
    note::Asset,
    storage::{ChainLog, SimDisk},
    transaction::{Action, attest::WindowStatus, build::Built},
    units::{Credit, Interval, MeterId, Quantity, Timestamp, Utility},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::kit::{ANNA, BERT, CARLA, START, Setup, World, build::Bid, electricity, household::Claim};

pub const VERIFIER: &str = "Finanzamt Köln";
pub const NONCE: &str = "7f3a";
/// Prices that ten watt-hours show in.
pub const TARIFF: &str = r#"
format = "hushwatt tariff 1"
name = "Tag und Nacht"
utility = "electricity"
time_zone = "Europe/Berlin"
standing_charge = "0.42 EUR/day"
minimum = "0 EUR"
vat = "19 %"
zone = [
    { name = "Nacht", price = "150 ct/kWh", hours = ["0-3:30"] },
    { name = "Tag", price = "300 ct/kWh" },
]
"#;

#[derive(Clone)]
pub struct Chain {
    pub world: World,
    pub records: Vec<(Vec<u8>, Vec<u8>)>,
    /// Payment made, received, delivery by its seller and buyer, a reading, a missing one, a balance, a bill, a peak.
    pub disclosures: Vec<Disclosure>,
    /// The attestation of meter 0, and what Bert knows of his contract.
    told: Option<(Built, Claim)>,
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The day of the story, in Berlin.
fn day() -> Period {
    Period::new(Day::parse("2025-06-15").unwrap(), Day::parse("2025-06-16").unwrap(), 1).unwrap()
}

static CHAIN: LazyLock<Chain> = LazyLock::new(Chain::tell);

/// A copy of the story.
pub fn chain() -> Chain {
    CHAIN.clone()
}

impl Chain {
    pub fn accept(&mut self, at: Timestamp, built: &[Built]) -> u64 {
        let block = self.world.accept(at, built);
        self.append(&block);
        block.header.height
    }

    fn append(&mut self, block: &Block) {
        self.records.push((block.encode(), self.world.certify(block).encode()));
    }

    pub fn request(&self) -> Request {
        let audience = Audience::new(VERIFIER, NONCE, "support of 2026").unwrap();
        Request { network: *self.world.network(), audience, made: self.world.now().plus(30) }
    }

    fn tell() -> Self {
        let world = World::before_the_first_block(&Setup::default());
        let mut chain = Chain { world, records: Vec::new(), disclosures: Vec::new(), told: None };
        let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
        let mint = chain.world.mint(&payees);
        chain.accept(START.plus(60), &[mint]);
        let window = chain.world.window(0);
        let payment = chain.world.pay(ANNA, BERT, 2_500_000);
        let bid = Bid { buyer: CARLA, seller: BERT, utility: Utility::Electricity, window, price: 210, quantity: 700 };
        let open = chain.world.open(&bid);
        let contract = chain.world.contract_of(&open);
        let paid_in = chain.accept(START.plus(120), &[payment.clone(), open]);
        let end = chain.world.parameters().window_end(window);
        let until = Timestamp(end.0 + 1800);
        let reading = chain.world.measured(1000, 10);
        let lost = chain.world.reading(WindowStatus::Missing, 0, 0);
        let attests = [
            chain.world.attest_until(0, window, std::slice::from_ref(&reading), until),
            chain.world.attest_until(1, window, &[reading], until),
            chain.world.attest_until(2, window, &[lost], until),
        ];
        let attested_in = chain.accept(end.plus(60), &attests);
        let sealed = chain.world.parameters().attest_until(window).plus(1);
        chain.accept(sealed, &[]);
        let claim = chain.world.households[BERT].claims[0].clone();
        let purchase = chain.world.households[CARLA].purchases[0].clone();
        // Bert's and Anna's notes, and Bert's alone: an energy bucket of two.
        let deliver = chain.world.deliver(BERT, electricity(window), &[(contract, 600)]);
        chain.accept(sealed.plus(300), &[deliver]);

        let request = chain.request();
        let output = payment.made.iter().position(|made| made.to == chain.world.address(BERT)).unwrap();
        let made = &payment.made[output];
        let place = Place { height: paid_in, transaction: *payment.transaction.id() };
        let paid = PaidSecrets { tweak: &made.tweak, opening: &made.opening, authorship: &payment.authorship };
        let account = &chain.world.households[BERT].account;
        let received = ReceivedSecrets { account, tweak: &made.tweak, opening: &made.opening };
        let receipt = Opening::new(600, claim.delivered_blinding.clone());
        let (read, opening) = chain.reading(0, attested_in, &attests[0], 250);
        let (missing, nothing) = chain.reading(2, attested_in, &attests[2], 0);
        let notes: Vec<BalanceNote> = chain.money(CARLA);
        let rng = &mut rng(7);
        chain.disclosures = vec![
            prove_payment_made(&request, place, output as u8, &made.to, &paid, rng).unwrap(),
            prove_payment_received(&request, place, output as u8, &received, rng).unwrap(),
            prove_delivery(&request, contract, Party::Seller, &claim.secret, &receipt, rng).unwrap(),
            prove_delivery(&request, contract, Party::Buyer, &purchase.secret, &receipt, rng).unwrap(),
            prove_reading(&request, read, &opening, rng).unwrap(),
            prove_reading(&request, missing, &nothing, rng).unwrap(),
            prove_balance(&request, Credit(25_000_000), &notes, rng).unwrap(),
            chain.bill(&attests[0]),
            chain.peak(&attests[0]),
        ];
        let [attested, ..] = attests;
        chain.told = Some((attested, claim));
        chain
    }

    /// What meter 0 posted of the story's window.
    pub fn attested(&self) -> Built {
        self.told.clone().unwrap().0
    }

    /// The contract to which Bert delivered 600 Wh.
    pub fn sold(&self) -> Claim {
        self.told.clone().unwrap().1
    }

    /// What meter 0 posted of the story's window, opened.
    pub fn held(&self, posted: &Built) -> Vec<HeldWindow> {
        let (world, window) = (&self.world, self.world.window(0));
        let (salt, values) = match posted.transaction.action() {
            Action::Attest(attest) => (attest.statement.salt, world.meters[0].readings[&window].import.clone()),
            // A correction's hundred watt-hours, spread over the window.
            Action::Correct(correct) => (correct.statement.salt, vec![25; 4]),
            _ => panic!(),
        };
        let (network, first) = (world.network(), world.parameters().first_interval(window).0);
        let key = world.meters[0].day_key.advance(network, world.parameters().window_start(window).day()).unwrap();
        let opened = (first..).zip(values).map(|(interval, value)| {
            Opening::new(value.into(), key.reading_blinding(network, 0, &salt, Register::Import, interval))
        });
        vec![HeldWindow { window, values: opened.collect() }]
    }

    /// What meter 0 has to pay for the story's day.
    pub fn bill(&self, posted: &Built) -> Disclosure {
        let (tariff, height) = (Tariff::from_toml(TARIFF).unwrap(), self.world.parent.height);
        let (place, terms) = ((MeterId(0), height), (day(), tariff));
        prove_bill(&self.request(), &self.world.genesis, place, terms, &self.held(posted), &mut rng(8)).unwrap()
    }

    /// Meter 0 took no more than 16 W before four o'clock.
    pub fn peak(&self, posted: &Built) -> Disclosure {
        let claim = PeakClaim {
            meter: MeterId(0),
            height: self.world.parent.height,
            register: Register::Import,
            period: day(),
            calendar: Calendar::new("Europe/Berlin").unwrap(),
            hours: vec![Hours::parse("Sun 3-4").unwrap()],
            limit: 16,
        };
        let (genesis, held) = (&self.world.genesis, self.held(posted));
        prove_peak(&self.request(), genesis, &claim, &held, &mut rng(9), &mut |_, _| {}).unwrap()
    }

    pub fn money(&self, who: usize) -> Vec<BalanceNote> {
        let notes = self.world.spendable(who, Asset::Credit).into_iter();
        let shown = notes.map(|note| {
            let (bucket, position) = self.world.locate(note.number).unwrap();
            let ring = self.world.ring(bucket);
            BalanceNote { bucket, ring, position, secret: note.secret, opening: note.opening }
        });
        shown.collect()
    }

    fn reading(&self, meter: usize, height: u64, attest: &Built, value: u32) -> (ReadingClaim, Opening) {
        let Action::Attest(action) = attest.transaction.action() else { panic!() };
        let (world, window) = (&self.world, self.world.window(0));
        let (network, first) = (world.network(), world.parameters().first_interval(window).0);
        let key = world.meters[meter].day_key.advance(network, world.parameters().window_start(window).day()).unwrap();
        let salt = &action.statement.salt;
        let blinding: SecretScalar = key.reading_blinding(network, meter as u32, salt, Register::Export, first + 3);
        let place = Place { height, transaction: *attest.transaction.id() };
        let claim = ReadingClaim {
            place,
            meter: MeterId(meter as u32),
            interval: Interval(first + 3),
            register: Register::Export,
            value: Quantity(value),
        };
        (claim, Opening::new(value.into(), blinding))
    }

    pub fn file(&self) -> Vec<u8> {
        let genesis = self.world.genesis.bytes();
        let mut log = ChainLog::open(Arc::new(SimDisk::new()), Path::new("chain.hwl"), genesis).unwrap();
        for (body, certificate) in &self.records {
            log.append(body, certificate).unwrap();
        }
        let mut file = Vec::new();
        log.export(&mut file).unwrap();
        file
    }

    pub fn facts(&self, disclosure: &Disclosure) -> Result<ChainFacts, FactsError> {
        facts_from_reader(self.file().as_slice(), 0, disclosure, &mut NoProgress)
    }

    pub fn check(&self, disclosure: &Disclosure, asked: &Asked) -> CheckReport {
        check(disclosure, &self.facts(disclosure).unwrap(), asked).unwrap()
    }

    /// All that a careful verifier asks.
    pub fn asked(&self) -> Asked {
        Asked {
            verifier: Some(VERIFIER.to_owned()),
            nonce: Some(NONCE.to_owned()),
            network: Some(*self.world.network()),
            ..Asked::default()
        }
    }
}
