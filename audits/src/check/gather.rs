//! The facts about one disclosure, gathered in one pass over a chain, from a file or block by block.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Read,
    path::Path,
};

use hushwatt_crypto::Point;
use hushwatt_ledger::{
    block::{AlreadyVerified, Block, Certificate, Parent, Uncovered, check_certificate, execute_block},
    disclosure::{At, Claim, ContractFacts, Disclosure, Facts, Included, Place, Receipt, RingFacts},
    genesis::Genesis,
    note::{BucketId, BucketVersion},
    parameters::Parameters,
    state::{BlockEvents, LedgerState, MemoryState, RingCache, StateError},
    storage::StorageError,
    transaction::{Action, Transaction, TransactionId, open::ContractId},
    units::{MeterId, Timestamp, Window},
};

use crate::{
    error::AuditError,
    verify::{HEADER_BYTES, Progress, RECORD_BYTES, open_chain, read_genesis},
};

/// Why there are no facts to hold a disclosure against.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// No chain of the disclosure's network.
    #[error(transparent)]
    Chain(#[from] AuditError),
    /// A block that is damaged, does not follow, is not certified, or breaks a rule.
    #[error("the chain is broken at block {height}: {reason}; get it from somebody else")]
    Broken {
        /// The block.
        height: u64,
        /// What is wrong.
        reason: String,
    },
    /// Nothing is final.
    #[error("the chain has no final block yet, so that it says nothing")]
    NoBlocks,
}

/// Gathers the facts of an exported chain, or of the one in a node's folder.
///
/// # Errors
/// [`FactsError`].
pub fn facts_from_path(
    path: &Path,
    disclosure: &Disclosure,
    progress: &mut dyn Progress,
) -> Result<ChainFacts, FactsError> {
    let (file, total) = open_chain(path)?;
    facts_from_reader(file, total, disclosure, progress)
}

/// Gathers the facts of a chain from any source of bytes; `total` is their number, for the progress only.
///
/// # Errors
/// [`FactsError`].
pub fn facts_from_reader<R: Read>(
    source: R,
    total: u64,
    disclosure: &Disclosure,
    progress: &mut dyn Progress,
) -> Result<ChainFacts, FactsError> {
    let (mut reader, genesis) = read_genesis(source, &disclosure.statement().network)?;
    let mut done = HEADER_BYTES + reader.genesis().len() as u64;
    let mut gatherer = Gatherer::new(genesis, disclosure)?;
    loop {
        let record = match reader.next_record() {
            Ok(Some(record)) => record,
            Ok(None) => return gatherer.finish(),
            Err(error @ StorageError::ExportIo { .. }) => return Err(AuditError::Read(error).into()),
            Err(error) => return Err(gatherer.broken(&error)),
        };
        gatherer.record(&record.body, &record.cert)?;
        done += RECORD_BYTES + record.body.len() as u64 + record.cert.len() as u64;
        progress.progress(done, total);
    }
}

/// Follows a chain from its first block and keeps what a disclosure is about.
pub struct Gatherer {
    genesis: Genesis,
    state: MemoryState,
    rings: RingCache,
    parent: Parent,
    uncovered: Uncovered<()>,
    wanted: Wanted,
    found: Found,
}

/// What to look out for.
#[derive(Default)]
struct Wanted {
    place: Option<Place>,
    /// The keys of notes up to this block.
    keys_until: Option<u64>,
    contract: Option<ContractId>,
    buckets: BTreeSet<BucketId>,
    /// Corrections of this meter in this window.
    window: Option<(MeterId, Window)>,
}

/// What was found of it.
#[derive(Default)]
struct Found {
    transaction: Option<(Place, Transaction, Timestamp)>,
    contract: Option<(ContractId, ContractFacts)>,
    correction: Option<(TransactionId, At)>,
    /// How many notes have each one-time key.
    keys: HashMap<[u8; 32], u64>,
    /// Every version that each wanted bucket ever had, with the digest of its content.
    versions: BTreeMap<BucketVersion, [u8; 32]>,
}

impl Wanted {
    fn by(claim: &Claim, parameters: &Parameters) -> Self {
        let mut wanted = Wanted::default();
        match claim {
            Claim::PaymentMade(payment) | Claim::PaymentReceived(payment) => {
                wanted.place = Some(payment.place);
                wanted.keys_until = Some(payment.place.height);
            }
            Claim::Reading(reading) => {
                let intervals = parameters.intervals_per_window() as u64;
                wanted.place = Some(reading.place);
                wanted.window = Some((reading.meter, Window(reading.interval.0 / intervals)));
            }
            Claim::Delivery(delivery) => wanted.contract = Some(delivery.contract),
            Claim::Balance(balance) => wanted.buckets = balance.notes.iter().map(|note| note.bucket.id).collect(),
        }
        wanted
    }
}

impl Gatherer {
    /// Before the first block.
    ///
    /// # Errors
    /// The genesis is that of another network than the disclosure's.
    pub fn new(genesis: Genesis, disclosure: &Disclosure) -> Result<Self, FactsError> {
        let (expected, found) = (disclosure.statement().network, *genesis.network());
        if expected != found {
            return Err(AuditError::ForeignNetwork { expected, found }.into());
        }
        let parent = Parent::genesis(&genesis);
        Ok(Gatherer {
            state: MemoryState::new(),
            rings: RingCache::new(),
            uncovered: Uncovered::after(&parent),
            parent,
            wanted: Wanted::by(&disclosure.statement().claim, &genesis.parameters),
            found: Found::default(),
            genesis,
        })
    }

    /// The block that comes next.
    pub fn next_height(&self) -> u64 {
        self.parent.height.saturating_add(self.uncovered.len() as u64).saturating_add(1)
    }

    fn broken(&self, reason: &dyn std::fmt::Display) -> FactsError {
        FactsError::Broken { height: self.next_height(), reason: reason.to_string() }
    }

    /// Takes the next block with its certificate, which may be empty: it then waits for that of a later block.
    ///
    /// # Errors
    /// [`FactsError::Broken`]: nothing more can be gathered from this chain.
    pub fn record(&mut self, body: &[u8], certificate: &[u8]) -> Result<(), FactsError> {
        let decoded = Block::decode_record(self.genesis.network(), body, certificate);
        let (block, certificate): (Block, Option<Certificate>) = decoded.map_err(|error| self.broken(&error))?;
        let (header, height) = (block.header, self.next_height());
        let broken = |reason: &dyn std::fmt::Display| FactsError::Broken { height, reason: reason.to_string() };
        self.uncovered.push(&self.genesis, block, ()).map_err(|rule| broken(&rule))?;
        let Some(certificate) = certificate else { return Ok(()) };
        check_certificate(&self.genesis, &self.state, &header, &certificate).map_err(|error| broken(&error))?;
        self.uncovered.take().into_iter().try_for_each(|(block, ())| self.block(block))
    }

    /// A block that is final.
    fn block(&mut self, block: Block) -> Result<(), FactsError> {
        let executed =
            execute_block(&self.genesis, &self.state, &self.rings, &self.parent, &block, &mut AlreadyVerified)
                .map_err(|refused| FactsError::Broken { height: block.header.height, reason: refused.to_string() })?;
        if self.wanted.keys_until.is_some_and(|until| block.header.height <= until) {
            let events = BlockEvents::of(&executed.changes).map_err(|error| self.broken(&error))?;
            for (_, made) in events.notes {
                *self.found.keys.entry(made.key).or_default() += 1;
            }
        }
        self.state.apply(executed.changes);
        self.parent = executed.parent;
        let at = At { height: block.header.height, time: block.header.time };
        let ledger = LedgerState::new(&self.genesis, &self.state);
        for id in &self.wanted.buckets {
            let bucket = ledger.bucket(*id).map_err(|error| self.broken(&error))?;
            let version = bucket.map(|bucket| (BucketVersion { id: *id, length: bucket.length }, bucket.digest));
            self.found.versions.extend(version);
        }
        if let Some(wanted) = self.wanted.contract {
            block.transactions.iter().for_each(|transaction| self.found.contract(wanted, transaction, at));
        }
        for transaction in &block.transactions {
            if let Action::Correct(correct) = transaction.action()
                && self.wanted.window == Some((correct.statement.meter, correct.statement.window))
            {
                self.found.correction = Some((*transaction.id(), at));
            }
        }
        if let Some(place) = self.wanted.place.filter(|place| place.height == at.height) {
            let mut transactions = block.transactions.into_iter();
            let transaction = transactions.find(|transaction| *transaction.id() == place.transaction);
            self.found.transaction = transaction.map(|transaction| (place, transaction, at.time));
        }
        Ok(())
    }

    /// All that was gathered; blocks that no certificate covers do not count.
    ///
    /// # Errors
    /// [`FactsError::NoBlocks`].
    pub fn finish(self) -> Result<ChainFacts, FactsError> {
        if self.parent.height == 0 {
            return Err(FactsError::NoBlocks);
        }
        let tip = At { height: self.parent.height, time: self.parent.time };
        Ok(ChainFacts { genesis: self.genesis, state: self.state, rings: self.rings, tip, found: self.found })
    }
}

impl Found {
    fn contract(&mut self, wanted: ContractId, transaction: &Transaction, at: At) {
        match transaction.action() {
            Action::Open(open) if ContractId::of(&transaction.envelope().network, transaction.id()) == wanted => {
                let terms = open.statement.contract;
                self.contract = Some((wanted, ContractFacts { terms, opened: at, receipt: None }));
            }
            Action::Deliver(deliver) => {
                let mut deliveries = deliver.statement.deliveries.iter();
                let delivery = deliveries.find(|delivery| delivery.contract == wanted);
                if let (Some(delivery), Some((_, contract))) = (delivery, &mut self.contract) {
                    contract.receipt = Some(Receipt { delivered: delivery.delivered, at });
                }
            }
            _ => {}
        }
    }
}

/// What a chain says about the disclosure for which it was gone through; of other disclosures it knows nothing.
pub struct ChainFacts {
    genesis: Genesis,
    state: MemoryState,
    rings: RingCache,
    tip: At,
    found: Found,
}

impl Facts for ChainFacts {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    fn tip(&self) -> At {
        self.tip
    }

    fn transaction(&self, place: &Place) -> Result<Option<Included<'_>>, StateError> {
        let found = self.found.transaction.as_ref().filter(|(at, ..)| at == place);
        Ok(found.map(|(_, transaction, time)| Included { transaction, time: *time }))
    }

    fn last_correction(&self, _: MeterId, _: Window) -> Result<Option<(TransactionId, At)>, StateError> {
        Ok(self.found.correction)
    }

    fn notes_with_key(&self, key: &Point, _: u64) -> Result<u64, StateError> {
        Ok(self.found.keys.get(key.as_bytes()).copied().unwrap_or_default())
    }

    fn contract(&self, id: &ContractId) -> Result<Option<ContractFacts>, StateError> {
        Ok(self.found.contract.filter(|(found, _)| found == id).map(|(_, contract)| contract))
    }

    fn ring(&self, version: BucketVersion) -> Result<Option<RingFacts>, StateError> {
        let Some(digest) = self.found.versions.get(&version) else { return Ok(None) };
        let ledger = LedgerState::new(&self.genesis, &self.state);
        let bucket = ledger.bucket(version.id)?.ok_or(StateError::Missing("a bucket"))?;
        Ok(Some(RingFacts { asset: bucket.asset, members: ledger.ring(&self.rings, version, *digest)? }))
    }

    fn is_spent(&self, image: &Point) -> Result<bool, StateError> {
        LedgerState::new(&self.genesis, &self.state).is_spent(image)
    }
}
