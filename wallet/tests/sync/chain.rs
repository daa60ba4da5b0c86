//! A chain of one validator, made by the ledger alone: a Mint in every third block.

use std::sync::{Arc, LazyLock};

use hushwatt_client::BlockRecord;
use hushwatt_crypto::{
    keys::{Account, Seed},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::{Certificate, Parent, propose, vote},
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    state::{MemoryState, RingCache},
    transaction::{
        Envelope,
        build::{Built, Payee},
        hints::encode_hints,
        mint::build::MintPlan,
    },
    units::{Epoch, Timestamp},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub const HEIGHTS: u64 = 12;
pub const START: Timestamp = Timestamp(1_750_000_000);
/// Transactions in all.
pub const MINTS: u64 = 4;

pub struct Chain {
    pub genesis: Arc<Genesis>,
    pub records: Vec<BlockRecord>,
}

/// Whom the Mints pay.
pub fn owner() -> Seed {
    Seed::from_bytes([5; 32])
}

/// The chain; and one that is the same up to block 6 and goes on otherwise.
pub static CHAIN: LazyLock<Chain> = LazyLock::new(|| make(&genesis(Parameters::default()), 60, HEIGHTS));
pub static TWIN: LazyLock<Chain> = LazyLock::new(|| make(&CHAIN.genesis, 61, HEIGHTS));
/// Another community's.
pub static FOREIGN: LazyLock<Chain> =
    LazyLock::new(|| make(&genesis(Parameters { fee: 1, ..Parameters::default() }), 60, 3));

fn genesis(parameters: Parameters) -> Arc<Genesis> {
    let new = NewGenesis {
        time: START,
        simulated_time: true,
        parameters,
        validators: vec![key(1).verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(2).verifying_key(),
        operator: None,
        meters: Vec::new(),
    };
    Arc::new(new.build().unwrap())
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// Minutes between blocks, and other seconds between those after the sixth.
fn make(genesis: &Arc<Genesis>, later: u64, heights: u64) -> Chain {
    let mut state = MemoryState::new();
    let mut parent = Parent::genesis(genesis);
    let to = *Account::from_seed(genesis.network(), &owner()).unwrap().address();
    let records = (1..=heights).map(|height| {
        let time = parent.time.plus(if height > 6 { later } else { 60 });
        let minted: Vec<Built> = (height % 3 == 1).then(|| mint(genesis, height / 3 + 1, to)).into_iter().collect();
        let candidates: Vec<_> = minted.iter().map(|built| built.transaction.clone()).collect();
        let proposal = propose(genesis, &state, &RingCache::new(), &parent, time, &candidates).unwrap();
        assert_eq!(proposal.block.transactions.len(), minted.len());
        parent = proposal.executed.parent;
        let signature = vote(&key(1), genesis.network(), Epoch(0), height, height - 1, &parent.digest);
        let certificate =
            Certificate { epoch: Epoch(0), view: height, parent_view: height - 1, signatures: vec![(0, signature)] };
        state.apply(proposal.executed.changes);
        BlockRecord {
            height,
            body: proposal.block.encode(),
            // The certificate of a later block covers these.
            certificate: if height % 4 == 3 { Vec::new() } else { certificate.encode() },
            hints: Some(minted.iter().map(|built| encode_hints(&built.hints)).collect()),
        }
    });
    Chain { genesis: genesis.clone(), records: records.collect() }
}

fn mint(genesis: &Genesis, serial: u64, to: hushwatt_crypto::address::Address) -> Built {
    let rng = &mut ChaCha20Rng::seed_from_u64(serial);
    let valid_until = Envelope::validity_from(START);
    let plan = MintPlan { serial, payees: vec![Payee::new(to, 1_000_000); 8], valid_until };
    plan.prove(genesis, rng).unwrap().sign(&key(2))
}
