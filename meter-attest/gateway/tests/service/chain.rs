//! A ledger of one validator, made by the ledger crate alone: it takes transactions as a node does, by every rule, and makes
//! blocks when it is told to.

use std::sync::Arc;

use hushwatt_client::BlockRecord;
use hushwatt_crypto::{
    keys::{Account, Seed},
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_gateway::ledger::Said;
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Certificate, Parent, propose, vote},
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    state::{LedgerState, MemoryState, RingCache},
    transaction::{
        Action, Envelope, Transaction, TransactionId,
        attest::AttestStatement,
        build::Payee,
        check::{check_alone, check_state},
        mint::build::MintPlan,
    },
    units::{MeterId, Timestamp, Utility},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub const METER: MeterId = MeterId(0);
/// 2025-06-02T00:00:00Z.
pub const START: Timestamp = Timestamp(20_241 * 86_400);

pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// The meter's key.
pub fn meter_key() -> SigningKey {
    key(3)
}

/// The household that the meter is paired with.
pub fn household(genesis: &Genesis) -> Account {
    Account::from_seed(genesis.network(), &Seed::from_bytes([5; 32])).unwrap()
}

pub fn genesis(parameters: Parameters) -> Arc<Genesis> {
    let new = NewGenesis {
        time: START,
        simulated_time: true,
        parameters,
        validators: vec![key(1).verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(2).verifying_key(),
        operator: None,
        meters: vec![Meter {
            utility: Utility::Electricity,
            class: RangeBits::Bits16,
            key: meter_key().verifying_key(),
        }],
    };
    Arc::new(new.build().unwrap())
}

/// The chain.
pub struct Chain {
    pub genesis: Arc<Genesis>,
    state: MemoryState,
    cache: RingCache,
    parent: Parent,
    pub records: Vec<BlockRecord>,
    waiting: Vec<Transaction>,
    /// Every attestation in a block, in order.
    pub attested: Vec<(TransactionId, AttestStatement)>,
    /// Everything that the meter said, in order.
    pub said: Vec<Said>,
    /// Whether transactions that wait are left out of blocks.
    pub holds_back: bool,
}

impl Chain {
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let parent = Parent::genesis(&genesis);
        let mut chain = Chain {
            genesis,
            state: MemoryState::new(),
            cache: RingCache::new(),
            parent,
            records: Vec::new(),
            waiting: Vec::new(),
            attested: Vec::new(),
            said: Vec::new(),
            holds_back: false,
        };
        let to = *household(&chain.genesis).address();
        let plan = MintPlan {
            serial: 1,
            payees: vec![Payee::new(to, 1_000_000); 8],
            valid_until: Envelope::validity_from(START),
        };
        let mint = plan.prove(&chain.genesis, &mut ChaCha20Rng::seed_from_u64(1)).unwrap().sign(&key(2));
        chain.waiting.push(mint.transaction);
        chain.block(START.plus(1));
        chain
    }

    pub fn height(&self) -> u64 {
        self.parent.height
    }

    pub fn time(&self) -> Timestamp {
        self.parent.time
    }

    pub fn digest(&self) -> [u8; 32] {
        self.parent.digest.0
    }

    /// Whether a transaction is valid now, by all rules.
    pub fn check(&self, transaction: &Transaction, now: Timestamp) -> Result<(), Rejection> {
        let mut state = LedgerState::new(&self.genesis, &self.state);
        state.begin_block(&self.parent.digest, now).unwrap();
        let checked = (|| {
            let resolved = state.resolve(&self.cache, transaction, now)?;
            check_state(&state, transaction, &resolved, now)?;
            check_alone(&self.genesis, transaction, &resolved).map_err(CheckError::Rejected)
        })();
        match checked {
            Ok(()) => Ok(()),
            Err(CheckError::Rejected(rejection)) => Err(rejection),
            Err(error) => panic!("{error}"),
        }
    }

    /// Takes a transaction as a node does.
    pub fn submit(&mut self, transaction: Transaction, now: Timestamp) -> Result<(), Rejection> {
        if self.waiting.iter().any(|waiting| waiting.id() == transaction.id()) {
            return Ok(());
        }
        self.check(&transaction, now)?;
        self.waiting.push(transaction);
        Ok(())
    }

    /// Makes a block of what waits and is still valid.
    pub fn block(&mut self, time: Timestamp) {
        let time = time.max(self.parent.time);
        let candidates = if self.holds_back { Vec::new() } else { std::mem::take(&mut self.waiting) };
        let proposal = propose(&self.genesis, &self.state, &self.cache, &self.parent, time, &candidates).unwrap();
        for transaction in &proposal.block.transactions {
            match transaction.action() {
                Action::Attest(attest) => {
                    self.attested.push((*transaction.id(), attest.statement.clone()));
                    self.said.push(Said::Attested(attest.statement.clone()));
                }
                Action::Correct(correct) => self.said.push(Said::Corrected(correct.statement.clone())),
                _ => {}
            }
        }
        let parent = proposal.executed.parent;
        let height = parent.height;
        let epoch = self.genesis.parameters.epoch_of(height);
        let signature = vote(&key(1), self.genesis.network(), epoch, height, height - 1, &parent.digest);
        let certificate =
            Certificate { epoch, view: height, parent_view: height - 1, signatures: vec![(0, signature)] };
        self.state.apply(proposal.executed.changes);
        self.records.push(BlockRecord {
            height,
            body: proposal.block.encode(),
            // The certificate of a later block covers some.
            certificate: if height % 7 == 3 { Vec::new() } else { certificate.encode() },
            hints: None,
        });
        self.parent = parent;
    }
}
