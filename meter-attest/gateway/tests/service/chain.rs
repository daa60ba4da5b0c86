//! A ledger of one validator, made by the ledger crate alone: it takes transactions as a node does, by every rule, and makes
//! blocks when it is told to.

use std::{collections::BTreeMap, sync::Arc};

use hushwatt_client::BlockRecord;
use hushwatt_crypto::{
    hint::Hint,
    keys::{Account, Seed},
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_gateway::ledger::Said;
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Block, Certificate, Parent, propose, transaction_root, vote},
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    state::{LedgerState, MemoryState, MeteredPeriod, RingCache},
    transaction::{
        Action, Envelope, HintsDigest, Transaction, TransactionId,
        attest::AttestStatement,
        build::Payee,
        check::{check_alone, check_state},
        mint::build::MintPlan,
        registry::{RegistryChange, build::RegistryPlan},
        share::ShareStatement,
    },
    units::{MeterId, Period, Timestamp, Utility},
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

/// The registrars, both of whom must sign.
pub const REGISTRARS: [u8; 2] = [11, 12];

/// Meters of a community that makes totals, each of another owner: enough for a cohort without the first three.
pub const METERS: u32 = 7;

pub fn genesis(parameters: Parameters) -> Arc<Genesis> {
    let meters = if parameters.totals.is_some() { METERS } else { 1 };
    let meter = |number: u32| Meter {
        utility: Utility::Electricity,
        class: RangeBits::Bits16,
        key: if number == METER.0 { meter_key().verifying_key() } else { key(20 + number as u8).verifying_key() },
    };
    let new = NewGenesis {
        time: START,
        simulated_time: true,
        parameters,
        validators: vec![key(1).verifying_key()],
        registrars: REGISTRARS.map(|number| key(number).verifying_key()).to_vec(),
        registrar_quorum: 2,
        treasury: key(2).verifying_key(),
        operator: None,
        meters: (0..meters).map(meter).collect(),
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
    serial: u64,
    /// Hints of every transaction that was offered.
    pub offered: BTreeMap<TransactionId, Vec<Hint>>,
    /// Every Share that was offered, with the digest of its sealed shares.
    pub offered_shares: Vec<(Period, HintsDigest)>,
    /// Every Share in a block, in order, with its id.
    pub shared: Vec<(TransactionId, ShareStatement)>,
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
            serial: 0,
            offered: BTreeMap::new(),
            offered_shares: Vec::new(),
            shared: Vec::new(),
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

    /// A change of the registry with these registrars' signatures.
    fn change(&self, change: RegistryChange, signers: &[u8]) -> Transaction {
        let plan =
            RegistryPlan { serial: self.serial + 1, change, valid_until: Envelope::validity_from(self.parent.time) };
        let genesis = &self.genesis;
        let prepared = plan.prepare(genesis);
        let signed = signers.iter().fold(prepared, |prepared, number| prepared.sign(genesis, &key(*number)).unwrap());
        signed.finish(genesis).unwrap().transaction
    }

    /// The registrars change something, in a block of its own.
    pub fn registry(&mut self, change: RegistryChange, time: Timestamp) {
        let transaction = self.change(change, &REGISTRARS);
        self.check(&transaction, time).unwrap();
        self.serial += 1;
        self.waiting.push(transaction);
        self.block(time);
    }

    /// A block that the validators certify although a registrar's signature in it is another's.
    pub fn forged_registry(&mut self, change: RegistryChange, time: Timestamp) {
        let signed = self.change(change, &REGISTRARS);
        let Action::Registry(mut registry) = signed.action().clone() else { panic!("no Registry") };
        let (first, second) = (registry.signatures[0].1, registry.signatures[1].1);
        (registry.signatures[0].1, registry.signatures[1].1) = (second, first);
        let forged = Transaction::new(*signed.envelope(), Action::Registry(registry));
        assert_eq!(self.check(&forged, time), Err(Rejection::RegistrySignature));
        let proposal = propose(&self.genesis, &self.state, &self.cache, &self.parent, time, &[]).unwrap();
        let (mut block, mut parent) = (proposal.block, proposal.executed.parent);
        block.transactions = vec![forged];
        block.header.transaction_root = transaction_root(self.genesis.network(), &block.transactions);
        parent.digest = block.header.digest(self.genesis.network());
        self.state.apply(proposal.executed.changes);
        self.append(&block, parent);
    }

    /// What the ledger has of the meter's sums of a period.
    pub fn metered(&self, period: Period) -> MeteredPeriod {
        LedgerState::new(&self.genesis, &self.state).metered_period(period, METER).unwrap().unwrap()
    }

    /// Takes a transaction as a node does.
    pub fn submit(&mut self, transaction: Transaction, hints: Vec<Hint>, now: Timestamp) -> Result<(), Rejection> {
        if let Action::Share(share) = transaction.action() {
            assert!(share.statement.lists(self.genesis.network(), &hints));
            self.offered_shares.push((share.statement.period, transaction.envelope().hints));
        }
        self.offered.insert(*transaction.id(), hints);
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
                Action::Share(share) => self.shared.push((*transaction.id(), share.statement.clone())),
                _ => {}
            }
        }
        self.state.apply(proposal.executed.changes);
        self.append(&proposal.block, proposal.executed.parent);
    }

    fn append(&mut self, block: &Block, parent: Parent) {
        let height = parent.height;
        let epoch = self.genesis.parameters.epoch_of(height);
        let signature = vote(&key(1), self.genesis.network(), epoch, height, height - 1, &parent.digest);
        let certificate =
            Certificate { epoch, view: height, parent_view: height - 1, signatures: vec![(0, signature)] };
        self.records.push(BlockRecord {
            height,
            body: block.encode(),
            // The certificate of a later block covers some.
            certificate: if height % 7 == 3 { Vec::new() } else { certificate.encode() },
            hints: None,
        });
        self.parent = parent;
    }
}
