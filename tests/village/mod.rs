//! A small community with real nodes on loopback and stepped clocks, for tests of wallets: money from a treasury, meters
//! with their gateways, and neighbours who do enough that nobody is alone.
//!
//! ```text
//! let mut village = Village::found(&Plan::default());
//! village.fund(&[(anna, Credit::from_euro(50))]);              // final and spendable
//! village.set_up_gateway(0, &anna);                            // meter 0 is in Anna's home
//! let window = village.window();
//! village.attest(window, &[Counted { home: 0, exported: 1200, imported: 0 }]);
//! village.seal_energy(window);                                 // can be delivered now
//! ```
//!
//! Wallets of any kind read the node at [`Village::url`]; those of the engine alone may be [shown](Village::show) the blocks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

mod metering;
mod money;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use hushwatt::local_network::{LocalError, LocalNetwork, LocalOptions, patiently};
use hushwatt_crypto::{
    keys::Seed,
    range::RangeBits,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::{Genesis, Meter, NewGenesis},
    parameters::{AuctionParameters, Parameters},
    transaction::{build::Built, hints::decode_hints},
    units::{Timestamp, Utility, Window},
};
use hushwatt_node::{
    client::{ClientError, NodeClient, Taken},
    config::Seconds,
    http::backend::BlockRecord,
};
use hushwatt_wallet::{ChainBlock, FinalBlock, Follower, Treasury, Wallet};
use rand_core::OsRng;
use tempfile::TempDir;

pub use metering::{Counted, Home};

/// 16 June 2026, 04:40 UTC: the first window is the one from five to six.
pub const START: Timestamp = Timestamp(1_781_584_800);
/// Bytes of blocks asked for at a time.
const PIECE: u64 = 16 << 20;

/// What a village is made from.
pub struct Plan {
    /// Real nodes. One runs inside the test's process, several in processes of their own.
    pub validators: usize,
    /// Homes whose meters wait for their gateway: meter 0, 1, and so on.
    pub homes: usize,
    /// What the homes' meters measure; electricity if nothing is said.
    pub utilities: Vec<Utility>,
    /// Meters after those, of neighbours who post in every window.
    pub neighbours: usize,
    /// Keys of meters after those, whose gateways are no part of the village.
    pub foreign: Vec<VerifyingKey>,
    /// The market operator's key, if there is one.
    pub operator: Option<VerifyingKey>,
    pub parameters: Parameters,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            validators: 1,
            homes: 2,
            utilities: Vec::new(),
            neighbours: 3,
            foreign: Vec::new(),
            operator: None,
            // Windows of an hour; money is spendable at the next full ten minutes, energy half an hour after its window.
            parameters: Parameters {
                ring_min: 2,
                ring_cap: 64,
                credit_epoch: 600,
                seal_after: 3600,
                attestation_deadline: 1800,
                append_slot: 900,
                auction: Some(AuctionParameters { max_orders: 64, ..AuctionParameters::default() }),
                ..Parameters::default()
            },
        }
    }
}

/// A community.
pub struct Village {
    pub genesis: Arc<Genesis>,
    pub net: LocalNetwork,
    /// All final blocks so far, from block 1.
    pub chain: Vec<FinalBlock>,
    pub treasury: Treasury,
    pub registrars: Vec<SigningKey>,
    follower: Follower,
    homes: Vec<Home>,
    /// Homes before the neighbours'.
    named_homes: usize,
    counted: BTreeMap<(usize, Window), Counted>,
    now: Timestamp,
    /// Removed when it is dropped, after the network.
    _folder: TempDir,
}

impl Village {
    /// Starts the nodes and brings money into the treasury.
    pub fn found(plan: &Plan) -> Self {
        let keys = |count: usize| -> Vec<SigningKey> { (0..count).map(|_| SigningKey::random(&mut OsRng)).collect() };
        let (validators, registrars, meters) = (keys(plan.validators), keys(3), keys(plan.homes + plan.neighbours));
        let treasury_key = SigningKey::random(&mut OsRng);
        let meter = |(place, key): (usize, _)| Meter {
            utility: plan.utilities.get(place).copied().unwrap_or(Utility::Electricity),
            class: RangeBits::Bits16,
            key,
        };
        let meter_keys = meters.iter().map(SigningKey::verifying_key).chain(plan.foreign.iter().copied());
        let genesis = NewGenesis {
            time: START,
            simulated_time: true,
            parameters: plan.parameters.clone(),
            validators: validators.iter().map(SigningKey::verifying_key).collect(),
            registrars: registrars.iter().map(SigningKey::verifying_key).collect(),
            registrar_quorum: 2,
            treasury: treasury_key.verifying_key(),
            operator: plan.operator,
            meters: meter_keys.enumerate().map(meter).collect(),
        };
        let genesis = Arc::new(genesis.build().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let program = (plan.validators > 1).then(|| env!("CARGO_BIN_EXE_hushwatt").into());
        let options = LocalOptions { program, heartbeat: Seconds(1) };
        let mut net = LocalNetwork::lay_out(&genesis, validators, folder.path(), options).unwrap();
        net.start_all().unwrap();
        let purse = Wallet::new(genesis.clone(), &Seed::random(&mut OsRng)).unwrap();
        let treasury = Treasury::new(purse, treasury_key);
        let homes = meters.into_iter().enumerate().map(|(place, key)| Home::new(&genesis, place, key)).collect();
        let mut village = Village {
            follower: Follower::new(genesis.clone()),
            genesis,
            net,
            chain: Vec::new(),
            treasury,
            registrars,
            homes,
            named_homes: plan.homes,
            counted: BTreeMap::new(),
            now: START,
            _folder: folder,
        };
        village.mint();
        for place in plan.homes..village.homes.len() {
            let neighbour = *village.treasury.wallet.address();
            village.set_up_gateway(place, &neighbour);
        }
        village
    }

    /// Where the first node listens.
    pub fn url(&self) -> String {
        self.node().base().to_string()
    }

    /// The first node.
    pub fn node(&self) -> &NodeClient {
        self.net.client(0)
    }

    /// Where the nodes keep their folders.
    pub fn folder(&self) -> &Path {
        self._folder.path()
    }

    /// What all clocks show.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The window that lasts now.
    pub fn window(&self) -> Window {
        self.genesis.parameters.window_at(self.now)
    }

    /// Lets so many seconds pass.
    pub fn step(&mut self, seconds: u64) {
        self.to(self.now.plus(seconds));
    }

    /// Moves all clocks on to a time, and waits until there is a final block of it.
    pub fn to(&mut self, time: Timestamp) {
        assert!(time > self.now, "clocks do not run backwards");
        self.now = time;
        self.net.step_clocks(time).unwrap();
        self.until("a block of the new time is final", |village| village.follower.tip().time >= time);
    }

    /// Hands these in and waits until they are final.
    pub fn submit(&mut self, built: &[Built]) {
        for built in built {
            match self.node().submit(built, 60).unwrap() {
                Taken::Final { .. } => {}
                Taken::Waiting { id } => panic!("transaction {id} was not final within a minute"),
            }
        }
        self.read();
    }

    /// Reads new blocks until this holds.
    pub fn until(&mut self, what: &'static str, mut holds: impl FnMut(&Self) -> bool) {
        patiently::<(), LocalError>(what, || {
            self.read();
            Ok(holds(self).then_some(()))
        })
        .unwrap();
    }

    /// Reads what is new on the first node.
    pub fn read(&mut self) {
        let next = self.follower.tip().height + self.follower.waiting() as u64 + 1;
        let mut records = Vec::new();
        let take = |record| {
            records.push(record);
            Ok::<_, ClientError>(())
        };
        self.net.client(0).blocks(next, PIECE, take).unwrap();
        for record in records {
            for block in self.follower.follow(chain_block(&self.genesis, &record)).unwrap() {
                self.treasury.wallet.scan_block(&block.block, &block.hints, &block.events);
                self.chain.push(block);
            }
        }
    }

    /// Shows a wallet of the engine all blocks that it has not seen.
    pub fn show(&self, wallet: &mut Wallet) {
        for FinalBlock { block, hints, events } in &self.chain {
            if block.header.height > wallet.height() {
                wallet.scan_block(block, hints, events);
            }
        }
    }

    /// The public view of the chain.
    pub fn view(&self) -> &Follower {
        &self.follower
    }
}

fn chain_block(genesis: &Genesis, record: &BlockRecord) -> ChainBlock {
    let (block, certificate) = Block::decode_record(genesis.network(), &record.body, &record.certificate).unwrap();
    let encoded = record.hints.as_ref().expect("hints are kept for months");
    let hints: BlockHints = encoded.iter().map(|hints| decode_hints(hints).unwrap()).collect();
    ChainBlock { block, certificate, hints }
}
