//! One chain that every process makes alike: transactions built beforehand, block `n` at a fixed time. So what a killed
//! node left can be compared with what it must be, block by block.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    block::{Block, BlockDigest, Certificate, check_certificate},
    genesis::Genesis,
    parameters::Parameters,
    rules::structure::hints_match,
    state::recompute_root,
    transaction::{
        Envelope, Transaction,
        build::{Built, Payee},
        hints::{decode_hints, encode_hints},
        mint::build::MintPlan,
    },
    units::Timestamp,
};
use hushwatt_node::{Lockstep, MempoolLimits, Recovery, SteppedClock, Store};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;
use tempfile::TempDir;

use crate::support::{Community, START, Setup, treasury_key, validator_key};

/// Blocks of the chain. Each but the first two spends a note of bucket 0, which has so many.
pub const HEIGHTS: u64 = 60;
/// Seconds between blocks: the chain passes midnight after a few blocks, so hints are in two files, and an epoch ends.
const PACE: u64 = 10;

pub fn setup() -> Setup {
    let parameters = Parameters { ring_min: 8, ring_cap: 64, credit_epoch: 300, ..Parameters::default() };
    Setup { start: Timestamp(START.0 - 5 * PACE - 1), parameters, wallets: 1, meters: 1, ..Setup::default() }
}

pub fn time_of(height: u64) -> Timestamp {
    setup().start.plus(PACE * height)
}

/// The chain as it must be, and the folder with its transactions.
pub struct Chain {
    pub genesis: Arc<Genesis>,
    pub digests: Vec<BlockDigest>,
    pub folder: TempDir,
}

/// Built once for all tests of a process.
pub fn chain() -> &'static Chain {
    static CHAIN: OnceLock<Chain> = OnceLock::new();
    CHAIN.get_or_init(build)
}

fn build() -> Chain {
    let setup = setup();
    let mut community = Community::found(&setup);
    let folder = tempfile::tempdir().unwrap();
    let (genesis, payee) = (community.genesis.clone(), *community.treasury.wallet.address());
    let mints: Vec<Built> = (1..=HEIGHTS)
        .into_par_iter()
        .map(|serial| {
            let rng = &mut ChaCha20Rng::seed_from_u64(serial);
            let notes = if serial == 1 { HEIGHTS as usize } else { 2 };
            let payees = vec![Payee::new(payee, 1_000_000); notes];
            let plan = MintPlan { serial, payees, valid_until: Envelope::validity_from(setup.start) };
            plan.prove(&genesis, rng).unwrap().sign(&treasury_key())
        })
        .collect();
    let mut digests = Vec::new();
    for (height, mint) in (1..=HEIGHTS).zip(mints) {
        let mut built = vec![mint];
        if height > 2 {
            let to = *community.wallets[0].address();
            let payment = [(to, hushwatt_ledger::units::Credit(height))];
            // Only notes of bucket 0, whose ring is small and known from the start.
            let wallet = &mut community.treasury.wallet;
            built.push(wallet.pay(&community.follower, &payment, setup.start, &mut community.rng).unwrap());
        }
        for (place, built) in built.iter().enumerate() {
            fs::write(file(folder.path(), height, place, "tx"), built.transaction.encode()).unwrap();
            fs::write(file(folder.path(), height, place, "hints"), encode_hints(&built.hints)).unwrap();
        }
        for verdict in community.node.submit_all(built) {
            verdict.unwrap();
        }
        let produced = community.block_at(time_of(height));
        digests.push(produced.block.header.digest(genesis.network()));
    }
    Chain { genesis, digests, folder }
}

fn file(folder: &Path, height: u64, place: usize, what: &str) -> PathBuf {
    folder.join(format!("{height}.{place}.{what}"))
}

/// The transactions of a block, from the chain's folder.
pub fn transactions(genesis: &Genesis, folder: &Path, height: u64) -> Vec<Built> {
    let read = |place| -> Option<Built> {
        let bytes = fs::read(file(folder, height, place, "tx")).ok()?;
        let hints = fs::read(file(folder, height, place, "hints")).unwrap();
        let transaction = Transaction::decode(genesis.network(), &bytes).unwrap();
        Some(Built::new(transaction, decode_hints(&hints).unwrap()))
    };
    (0..2).map_while(read).collect()
}

/// A node of this network on an open store.
pub fn node_on(store: Store) -> (Lockstep, SteppedClock) {
    let clock = SteppedClock::new(setup().start);
    let node = Lockstep::on_store(store, validator_key(), Box::new(clock.clone()), MempoolLimits::default()).unwrap();
    (node, clock)
}

/// Submits the next block's transactions; gives its height. When this returns they are accepted.
pub fn submit_next(node: &mut Lockstep, clock: &SteppedClock, chain: &Path) -> u64 {
    let height = node.store().tip().height + 1;
    clock.step_to(time_of(height));
    let genesis = node.store().genesis().clone();
    for verdict in node.submit_all(transactions(&genesis, chain, height)) {
        verdict.unwrap();
    }
    height
}

/// Submits the next block's transactions and makes it; gives its height.
pub fn make_next(node: &mut Lockstep, clock: &SteppedClock, chain: &Path) -> u64 {
    let height = submit_next(node, clock, chain);
    assert_eq!(node.produce().unwrap().dropped, []);
    height
}

/// Makes blocks up to a height in a folder.
pub fn make_up_to(folder: &Path, height: u64) {
    let (mut node, clock) = node_on(Store::open(folder, chain().genesis.clone()).unwrap());
    while node.store().tip().height < height {
        make_next(&mut node, &clock, chain().folder.path());
    }
}

/// Opens what is in a folder and holds all of it against the chain: at least the acknowledged blocks, at most one more,
/// each with its hints and certificate, and an index that is exactly the state after the last.
pub fn check(folder: &Path, acknowledged: u64) -> (Store, Recovery) {
    let chain = chain();
    let (genesis, network) = (&chain.genesis, chain.genesis.network());
    let store = Store::open(folder, genesis.clone()).unwrap();
    let tip = store.tip();
    assert!((acknowledged..=acknowledged + 1).contains(&tip.height), "block {} of {acknowledged}", tip.height);
    let mut last: Option<Block> = None;
    for height in 1..=tip.height {
        let (block, certificate): (Block, Option<Certificate>) = store.block(height).unwrap();
        let digest = block.header.digest(network);
        assert_eq!((block.header.height, digest), (height, chain.digests[height as usize - 1]));
        check_certificate(genesis, &store.state(), &block.header, &certificate.unwrap()).unwrap();
        if let Some(last) = &last {
            assert_eq!(block.header.parent, last.header.digest(network), "blocks follow each other");
        }
        let hints: Vec<Vec<Hint>> = store.block_hints(&block).unwrap();
        for (transaction, hints) in block.transactions.iter().zip(&hints) {
            let digest = &transaction.envelope().hints;
            hints_match(network, transaction.action(), digest, hints).expect("an acknowledged block has its hints");
        }
        last = Some(block);
    }
    assert!(store.block(tip.height + 1).is_err(), "nothing beyond the tip is visible");
    if let Some(last) = last {
        let state = recompute_root(network, &store.state()).unwrap();
        assert_eq!(state, tip.set_hash, "the index is the state of the tip");
        assert_eq!(state.root(network), last.header.state_root);
    }
    let recovery = store.recovery().clone();
    (store, recovery)
}
