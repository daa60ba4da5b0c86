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
        Audience, BalanceNote, Disclosure, PaidSecrets, Party, Place, ReadingClaim, ReceivedSecrets, Request,
        prove_balance, prove_delivery, prove_payment_made, prove_payment_received, prove_reading,
    },
    note::Asset,
    storage::{ChainLog, SimDisk},
    transaction::{Action, attest::WindowStatus, build::Built},
    units::{Credit, Interval, MeterId, Quantity, Timestamp, Utility},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::kit::{ANNA, BERT, CARLA, START, Setup, World, build::Bid, electricity};

pub const VERIFIER: &str = "Finanzamt Köln";
pub const NONCE: &str = "7f3a";

#[derive(Clone)]
pub struct Chain {
    pub world: World,
    pub records: Vec<(Vec<u8>, Vec<u8>)>,
    /// Payment made, received, delivery by its seller and buyer, a reading, a missing one, a balance.
    pub disclosures: Vec<Disclosure>,
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
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
        let mut chain = Chain { world, records: Vec::new(), disclosures: Vec::new() };
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
        ];
        chain
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
        }
    }
}
