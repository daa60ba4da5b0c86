//! A community around a real node: one validator on a stepped clock, a treasury, wallets and meter keys, all from fixed
//! seeds. The wallet's tests use the same file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "tests; each test binary uses its own part"
)]

use std::{path::Path, sync::Arc};

use hushwatt_crypto::{keys::Seed, range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    state::BlockEvents,
    transaction::{
        Action, Envelope, Transaction,
        build::{Built, Payee},
        mint::build::MintPlan,
    },
    units::{Timestamp, Utility},
};
pub use hushwatt_node::Produced;
use hushwatt_node::{Lockstep, MempoolLimits, SteppedClock};
use hushwatt_wallet::{ChainBlock, Follower, Treasury, Wallet};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

/// Midnight UTC.
pub const START: Timestamp = Timestamp(20_254 * 86_400);
/// Stands for the treasury where a wallet's place is asked for.
pub const TREASURY: usize = usize::MAX;

/// `HUSHWATT_EFFORT=full` runs long, anything else runs as long as CI allows.
pub fn effort(ci: u64, full: u64) -> u64 {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { full } else { ci }
}

pub fn validator_key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

pub fn treasury_key() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

pub fn registrar_key() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

pub fn operator_key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

pub fn meter_key(meter: usize) -> SigningKey {
    SigningKey::from_bytes(&[100 + meter as u8; 32])
}

/// What a community is made from.
#[derive(Clone)]
pub struct Setup {
    pub start: Timestamp,
    pub parameters: Parameters,
    pub simulated_time: bool,
    /// Households; the treasury comes on top.
    pub wallets: usize,
    pub meters: usize,
    pub limits: MempoolLimits,
}

impl Default for Setup {
    /// Small rings and quick epochs.
    fn default() -> Self {
        Setup {
            start: START,
            parameters: Parameters { ring_min: 2, ring_cap: 16, credit_epoch: 600, ..Parameters::default() },
            simulated_time: true,
            wallets: 3,
            meters: 3,
            limits: MempoolLimits::default(),
        }
    }
}

impl Setup {
    pub fn genesis(&self) -> Arc<Genesis> {
        let meter = |meter| Meter {
            utility: Utility::Electricity,
            class: RangeBits::Bits16,
            key: meter_key(meter).verifying_key(),
        };
        let genesis = NewGenesis {
            time: self.start,
            simulated_time: self.simulated_time,
            parameters: self.parameters.clone(),
            validators: vec![validator_key().verifying_key()],
            registrars: vec![registrar_key().verifying_key()],
            registrar_quorum: 1,
            treasury: treasury_key().verifying_key(),
            operator: Some(operator_key().verifying_key()),
            meters: (0..self.meters).map(meter).collect(),
        };
        Arc::new(genesis.build().unwrap())
    }
}

/// Everybody, side by side.
pub struct Community {
    pub genesis: Arc<Genesis>,
    pub clock: SteppedClock,
    pub node: Lockstep,
    pub follower: Follower,
    pub treasury: Treasury,
    pub wallets: Vec<Wallet>,
    pub rng: ChaCha20Rng,
    pub folder: TempDir,
}

/// What a block did, in the eyes of a follower that stands before it.
pub fn follow(follower: &mut Follower, produced: &Produced) -> BlockEvents {
    let Produced { block, certificate, hints, .. } = produced.clone();
    let next = ChainBlock { block, certificate: Some(certificate), hints };
    follower.follow(next).unwrap().pop().expect("the block is final").events
}

pub fn seed_of(wallet: usize) -> Seed {
    Seed::from_bytes([10 + wallet as u8; 32])
}

impl Community {
    /// Before block 1.
    pub fn found(setup: &Setup) -> Self {
        let genesis = setup.genesis();
        let folder = tempfile::tempdir().unwrap();
        let clock = SteppedClock::new(genesis.time);
        let node =
            Lockstep::open(folder.path(), genesis.clone(), validator_key(), Box::new(clock.clone()), setup.limits);
        let treasury = Wallet::new(genesis.clone(), &Seed::from_bytes([9; 32])).unwrap();
        Community {
            clock,
            node: node.unwrap(),
            follower: Follower::new(genesis.clone()),
            treasury: Treasury::new(treasury, treasury_key()),
            wallets: (0..setup.wallets).map(|who| Wallet::new(genesis.clone(), &seed_of(who)).unwrap()).collect(),
            rng: ChaCha20Rng::seed_from_u64(7),
            genesis,
            folder,
        }
    }

    /// With block 1, whose notes are bucket 0.
    pub fn funded(setup: &Setup, notes: &[(usize, u64)]) -> Self {
        let mut community = Self::found(setup);
        community.mint(notes);
        community
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn now(&self) -> Timestamp {
        self.follower.tip().time
    }

    /// The next Mint, for these wallets; filled up to eight notes with notes of the treasury.
    pub fn mint_of(&mut self, notes: &[(usize, u64)]) -> Built {
        let address =
            |who: usize| *if who == TREASURY { self.treasury.wallet.address() } else { self.wallets[who].address() };
        let mut payees: Vec<Payee> = notes.iter().map(|(who, value)| Payee::new(address(*who), *value)).collect();
        while payees.len() < 8 {
            payees.push(Payee::new(address(TREASURY), 1_000_000));
        }
        let serial = self.follower.state().counters().unwrap().mint_serial + 1;
        let valid_until = Envelope::validity_from(self.now());
        let plan = MintPlan { serial, payees, valid_until };
        plan.prove(&self.genesis, &mut self.rng).unwrap().sign(&treasury_key())
    }

    pub fn mint(&mut self, notes: &[(usize, u64)]) {
        let mint = self.mint_of(notes);
        self.settle(vec![mint]);
    }

    /// Notes in a bucket of their own: two Mints, so that it has two origins.
    pub fn fund(&mut self, notes: &[(usize, u64)]) {
        self.mint(notes);
        self.mint(&[]);
        self.next_epoch();
    }

    /// Wallet `from` pays; not submitted.
    pub fn pay(&mut self, from: usize, payments: &[(usize, u64)]) -> Built {
        let to = |who: &usize| *self.wallets[*who].address();
        let payments: Vec<_> =
            payments.iter().map(|(who, value)| (to(who), hushwatt_ledger::units::Credit(*value))).collect();
        let now = self.now();
        self.wallets[from].pay(&self.follower, &payments, now, &mut self.rng).unwrap()
    }

    /// Everything is accepted and in the next block, ten seconds later.
    pub fn settle(&mut self, built: Vec<Built>) -> Produced {
        let count = built.len();
        for verdict in self.node.submit_all(built) {
            verdict.unwrap();
        }
        let produced = self.block_at(self.now().plus(10));
        assert_eq!(produced.block.transactions.len(), count, "all are in the block");
        produced
    }

    /// The next block, which everybody scans.
    pub fn block_at(&mut self, time: Timestamp) -> Produced {
        self.clock.step_to(time);
        let produced = self.node.produce().unwrap();
        assert_eq!(produced.dropped, [], "nothing is dropped");
        self.scan(&produced);
        produced
    }

    pub fn scan(&mut self, produced: &Produced) {
        let events = follow(&mut self.follower, produced);
        self.treasury.wallet.scan_block(&produced.block, &produced.hints, &events);
        for wallet in &mut self.wallets {
            wallet.scan_block(&produced.block, &produced.hints, &events);
        }
    }

    /// An empty block at the start of the next credit epoch: seals what waits.
    pub fn next_epoch(&mut self) -> Produced {
        let length = self.genesis.parameters.credit_epoch;
        self.block_at(Timestamp((self.genesis.parameters.epoch_at(self.now()) + 1) * length))
    }
}

/// The same transaction with another action and hints; nothing is signed again.
pub fn tampered(built: &Built, change: impl FnOnce(&mut Action)) -> Built {
    let mut action = built.transaction.action().clone();
    change(&mut action);
    Built::new(Transaction::new(*built.transaction.envelope(), action), built.hints.clone())
}
