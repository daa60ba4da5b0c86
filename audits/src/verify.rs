//! The replay: from the genesis, block by block, by the ledger's own rules, out of nothing but the chain file.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read},
    path::Path,
};

use hushwatt_crypto::{NetworkId, set_hash::SetHash};
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Block, Certificate, Parent, Refused, Uncovered, check_certificate, execute_block},
    genesis::Genesis,
    note::{Note, NoteNumber},
    state::{Changes, Counters, LedgerState, MemoryState, RingCache, StateError, StateRead, recompute_root},
    storage::{ChainReader, Record, StorageError},
    transaction::Transaction,
};

use crate::{
    error::{AuditError, FolderError},
    folder::{self, Digests, Standing},
    proofs::ProofCounts,
    questions::Question,
    report::{FailedTransaction, Failure, Finality, Report, Tip},
    tally::{Difference, Tally},
    watch::{Watch, of_bad_proof},
};

/// Where the chain file lies in a node's folder, and in its data.
const CHAIN_FILES: [&str; 2] = ["data/chain.hwl", "chain.hwl"];
/// Bytes of the file's header beside the genesis, and of a record beside its parts (see the ledger's `storage::frame`).
pub(crate) const HEADER_BYTES: u64 = 28;
pub(crate) const RECORD_BYTES: u64 = 40;

/// Told how far the audit is. The library itself prints nothing.
pub trait Progress {
    /// So many of `total` bytes of the chain file are done; called after each record. `total` is 0 when it is not known.
    fn progress(&mut self, done: u64, total: u64);

    /// The part that an earlier run audited is read, which says nothing about how long the rest takes.
    fn continues(&mut self, done: u64, total: u64) {
        self.progress(done, total);
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn progress(&mut self, _: u64, _: u64) {}
}

impl<F: FnMut(u64, u64)> Progress for F {
    fn progress(&mut self, done: u64, total: u64) {
        self(done, total);
    }
}

/// Audits a chain file, or the one in a node's folder.
///
/// # Errors
/// [`AuditError`] when there is no such chain to audit. What is wrong in the chain is in the report.
pub fn verify_path(path: &Path, network: &NetworkId, progress: &mut dyn Progress) -> Result<Report, AuditError> {
    let (file, total) = open_chain(path)?;
    verify_reader(file, total, network, progress)
}

/// [`verify_path`], as if the chain ended with a block: [`verify_reader_until`].
///
/// # Errors
/// [`AuditError`] when there is no such chain to audit. What is wrong in the chain is in the report.
pub fn verify_path_until(
    path: &Path,
    network: &NetworkId,
    last: u64,
    progress: &mut dyn Progress,
) -> Result<Report, AuditError> {
    let (file, total) = open_chain(path)?;
    verify_reader_until(file, total, network, last, progress)
}

/// A chain file, or the one in a node's folder, with its length.
pub(crate) fn open_chain(path: &Path) -> Result<(File, u64), AuditError> {
    let open = |source: io::Error| AuditError::Open { path: path.to_path_buf(), source };
    let inside = CHAIN_FILES.map(|name| path.join(name)).into_iter().find(|inside| inside.is_file());
    let file = File::open(inside.as_deref().unwrap_or(path)).map_err(open)?;
    let about = file.metadata().map_err(open)?;
    if about.is_dir() {
        return Err(open(io::ErrorKind::IsADirectory.into()));
    }
    Ok((file, about.len()))
}

/// Audits a chain from any source of bytes; `total` is their number, for the progress only.
///
/// # Errors
/// [`AuditError`] when there is no such chain to audit. What is wrong in the chain is in the report.
pub fn verify_reader<R: Read>(
    source: R,
    total: u64,
    network: &NetworkId,
    progress: &mut dyn Progress,
) -> Result<Report, AuditError> {
    verify_reader_until(source, total, network, u64::MAX, progress)
}

/// [`verify_reader`], as if the chain ended with the block of height `last`: what a report of a chain that went on since is held
/// against. The bytes are read up to the certificate that makes this block final; a chain that is shorter is audited to its end.
///
/// # Errors
/// [`AuditError`] when there is no such chain to audit. What is wrong in the chain is in the report.
pub fn verify_reader_until<R: Read>(
    source: R,
    total: u64,
    network: &NetworkId,
    last: u64,
    progress: &mut dyn Progress,
) -> Result<Report, AuditError> {
    let (mut reader, genesis) = read_genesis(source, network)?;
    let header = HEADER_BYTES + reader.genesis().len() as u64;
    let mut replay = Replay::begin(&genesis, MemoryState::new(), Tally::new(&genesis), header);
    replay.last = last;
    let ended = replay.run(&mut || reader.next_record(), total, progress);
    replay.judged(ended)
}

/// Reads the header of a chain, which must be this network's.
pub(crate) fn read_genesis<R: Read>(source: R, network: &NetworkId) -> Result<(ChainReader<R>, Genesis), AuditError> {
    let reader = ChainReader::new(source).map_err(|error| match error {
        StorageError::ExportIo { .. } => AuditError::Read(error),
        error => AuditError::NoChain(error),
    })?;
    let genesis = check_network(reader.genesis(), network)?;
    Ok((reader, genesis))
}

/// Reads a genesis, which must be this network's.
pub(crate) fn check_network(genesis: &[u8], network: &NetworkId) -> Result<Genesis, AuditError> {
    let genesis = Genesis::parse(genesis)?;
    if genesis.network() != network {
        return Err(AuditError::ForeignNetwork { expected: *network, found: *genesis.network() });
    }
    Ok(genesis)
}

/// Where a replay keeps the ledger's entries: in memory, or in the folder of an audit that goes on later.
pub(crate) trait Shelf: StateRead {
    /// Whether anything is left of it when the audit is over.
    const KEEPS: bool;

    /// Takes over changes.
    fn put(&mut self, changes: Changes);

    /// The set hash of all entries, computed from them.
    fn set_hash(&self, network: &NetworkId) -> Result<SetHash, StateError>;

    /// Whether so much waits to be written, with these bytes of other things, that it should be.
    fn is_full(&self, beside: usize) -> bool;

    /// Writes all that waits, with new elements of the tally's sets and with the pages of the books, at once. The entries then have
    /// this set hash.
    fn commit(
        &mut self,
        set_hash: SetHash,
        elements: HashSet<Box<[u8]>>,
        pages: &[Vec<u8>],
    ) -> Result<(), StorageError>;
}

impl Shelf for MemoryState {
    const KEEPS: bool = false;

    fn put(&mut self, changes: Changes) {
        self.apply(changes);
    }

    fn set_hash(&self, network: &NetworkId) -> Result<SetHash, StateError> {
        recompute_root(network, self)
    }

    fn is_full(&self, _: usize) -> bool {
        false
    }

    fn commit(&mut self, _: SetHash, _: HashSet<Box<[u8]>>, _: &[Vec<u8>]) -> Result<(), StorageError> {
        Ok(())
    }
}

/// Everything that is kept from block to block.
pub(crate) struct Replay<'g, S> {
    genesis: &'g Genesis,
    state: S,
    rings: RingCache,
    parent: Parent,
    state_root: [u8; 32],
    notes: u64,
    /// What no certificate covers yet, with where each record begins.
    uncovered: Uncovered<u64>,
    finality: Finality,
    /// Where the last final block ends in the file, and the digest of all records up to there.
    covered: u64,
    covered_records: Digests,
    /// Where the next record begins, and the digest of all records before it.
    end: u64,
    records: Digests,
    /// Blocks above this height are left out.
    last: u64,
    watch: Watch<'g>,
    /// Why nothing that comes after it means anything.
    broken: Option<StorageError>,
}

pub(crate) type Step<T> = Result<T, Box<Failure>>;

impl<'g, S: Shelf> Replay<'g, S> {
    /// Before the first block, whose record begins at `offset`.
    pub fn begin(genesis: &'g Genesis, state: S, tally: Tally<'g>, offset: u64) -> Self {
        let parent = Parent::genesis(genesis);
        let standing = Standing {
            parent,
            state_root: parent.set_hash.root(genesis.network()),
            notes: 0,
            finality: Finality::default(),
            covered: offset,
            records: Digests::default(),
            verified: ProofCounts::default(),
        };
        Self::resume(genesis, state, tally, &standing)
    }

    /// After a final block, as it was left there.
    pub fn resume(genesis: &'g Genesis, state: S, tally: Tally<'g>, standing: &Standing) -> Self {
        let Standing { parent, state_root, notes, finality, covered, records, verified } = *standing;
        Replay {
            genesis,
            state,
            rings: RingCache::new(),
            parent,
            state_root,
            notes,
            uncovered: Uncovered::after(&parent),
            finality,
            covered,
            covered_records: records,
            end: covered,
            records,
            last: u64::MAX,
            watch: Watch::new(genesis, tally, verified, covered),
            broken: None,
        }
    }

    /// The last final block.
    pub fn parent(&self) -> &Parent {
        &self.parent
    }

    /// The digest of all records that were read.
    pub fn records(&self) -> &Digests {
        &self.records
    }

    /// The independent totals.
    #[cfg(test)]
    pub fn tally(&mut self) -> &mut Tally<'g> {
        &mut self.watch.tally
    }

    /// What keeps the state.
    #[cfg(test)]
    pub fn shelf(&self) -> &S {
        &self.state
    }

    /// Replays records to their end, or to the block that is the last to be looked at.
    pub fn run(
        &mut self,
        next: &mut dyn FnMut() -> Result<Option<Record>, StorageError>,
        total: u64,
        progress: &mut dyn Progress,
    ) -> Result<Step<()>, AuditError> {
        progress.progress(self.end, total);
        while self.parent.height < self.last {
            let step = match next() {
                Ok(Some(record)) => self.record(&record).and_then(|()| self.commit_if_full()),
                Ok(None) => break,
                Err(error @ StorageError::ExportIo { .. }) => return Err(AuditError::Read(error)),
                Err(error) => Err(self.damaged(&error)),
            };
            if step.is_err() {
                return Ok(step);
            }
            progress.progress(self.end, total);
        }
        Ok(Ok(()))
    }

    /// The report of a replay that ran to its end, or to a failure; none if what keeps its state failed.
    pub fn judged(mut self, ended: Result<Step<()>, AuditError>) -> Result<Report, AuditError> {
        let genesis = self.genesis;
        let settled = ended?.and_then(|()| self.settle()).and_then(|()| self.commit());
        match (settled, self.broken.take()) {
            (_, Some(source)) => Err(FolderError::Store(source).into()),
            (Ok(()), None) => Ok(self.report()),
            (Err(failure), None) => Ok(Report::failed(genesis, *failure)),
        }
    }

    /// Writes the books, if they are kept and enough waits.
    ///
    /// What an audit in memory compares at its end only is compared here too: no chain can make it differ, a ledger that errs is found at an
    /// earlier block.
    fn commit_if_full(&mut self) -> Step<()> {
        let beside = self.watch.tally.sets().bytes();
        if !S::KEEPS || !self.uncovered.is_empty() || !self.state.is_full(beside) {
            return Ok(());
        }
        self.settle()?;
        self.commit()
    }

    /// Writes the books, if they are kept.
    fn commit(&mut self) -> Step<()> {
        if !S::KEEPS {
            return Ok(());
        }
        let standing = Standing {
            parent: self.parent,
            state_root: self.state_root,
            notes: self.notes,
            finality: self.finality,
            covered: self.covered,
            records: self.covered_records,
            verified: self.watch.deferred.verified(),
        };
        let pages = folder::pages(&standing, &self.watch.tally);
        let elements = self.watch.tally.sets().take_fresh();
        self.state.commit(self.parent.set_hash, elements, &pages).map_err(|error| self.stuck(error.into()))
    }

    fn failure(&self, question: Question, rule: String, message: String) -> Box<Failure> {
        let (block, byte_offset) = (self.watch.height, Some(self.watch.offset));
        Box::new(Failure { question, block, byte_offset, transaction: None, rule, message })
    }

    fn broken(&mut self, rule: &Rejection) -> Box<Failure> {
        let failure = self.failure(Question::of_rule(rule, None), rule.name(), rule.to_string());
        self.watch.earliest(failure)
    }

    fn differs(&mut self, block: &[Transaction], place: Option<usize>, difference: &Difference) -> Box<Failure> {
        let mut failure = self.failure(difference.question(), difference.name(), difference.to_string());
        failure.transaction = place.map(|place| FailedTransaction::new(place, block.get(place)));
        self.watch.earliest(failure)
    }

    /// The ledger's own bookkeeping gave out, which no block should be able to cause; or what it is kept in failed, and nothing is
    /// known.
    fn stuck(&mut self, error: StateError) -> Box<Failure> {
        let message = format!("the replay could not go on: {error}");
        if let StateError::Storage(error) = error {
            self.broken.get_or_insert(error);
        }
        let failure = self.failure(Question::Blocks, "State".to_owned(), message);
        self.watch.earliest(failure)
    }

    /// A flaw of the file.
    fn damaged(&mut self, error: &StorageError) -> Box<Failure> {
        self.at_next_record();
        let mut failure = self.failure(Question::Blocks, "Storage".to_owned(), error.to_string());
        if let StorageError::BadExport { offset, flaw, .. } = error {
            let text = format!("{flaw:?}");
            failure.rule = text.split([' ', '{', '(']).next().unwrap_or_default().to_owned();
            failure.byte_offset = Some(*offset);
        }
        self.watch.earliest(failure)
    }

    /// Bytes that are no block of this network: names the transaction to blame, if there is one.
    fn malformed(&mut self, body: &[u8], rule: &Rejection) -> Box<Failure> {
        let mut failure = self.failure(Question::Blocks, rule.name(), rule.to_string());
        failure.transaction =
            unreadable_transaction(self.genesis.network(), body).map(|place| FailedTransaction::new(place, None));
        self.watch.earliest(failure)
    }

    /// What goes wrong from here on goes wrong in the record after those that were read.
    fn at_next_record(&mut self) {
        let waiting = self.uncovered.len() as u64;
        self.watch.height = self.parent.height.saturating_add(waiting).saturating_add(1);
        self.watch.offset = self.end;
    }

    /// The next record of the file: it waits for its certificate or a later one, and with that it is replayed.
    fn record(&mut self, record: &Record) -> Step<()> {
        self.at_next_record();
        let network = self.genesis.network();
        let block =
            Block::decode(network, &record.body).map_err(|error| self.malformed(&record.body, &error.into()))?;
        let certificate = Certificate::decode_optional(&record.cert)
            .map_err(|error| self.broken(&Rejection::CertificateMalformed(error)))?;
        let header = block.header;
        let pushed = self.uncovered.push(self.genesis, block, self.end);
        pushed.map_err(|rule| self.broken(&rule))?;
        if let Some(certificate) = &certificate {
            check_certificate(self.genesis, &self.state, &header, certificate).map_err(|error| match error {
                CheckError::Rejected(rule) => self.broken(&rule),
                CheckError::State(error) => self.stuck(error),
            })?;
        }
        self.end += RECORD_BYTES + record.body.len() as u64 + record.cert.len() as u64;
        self.records = self.records.with(network, record);
        let Some(certificate) = certificate else { return Ok(()) };
        self.finality.certificates += 1;
        self.finality.votes += certificate.signatures.len() as u64;
        let covered = self.uncovered.take();
        let wanted = covered.iter().position(|(block, _)| block.header.height > self.last);
        let (wanted, left_out) = covered.split_at(wanted.unwrap_or(covered.len()));
        wanted.iter().try_for_each(|(block, offset)| self.block(block, *offset))?;
        self.finality.covered_by_later += wanted.len() as u64;
        match left_out.first() {
            Some((_, offset)) => self.covered = *offset,
            None => {
                // The last of them has the certificate itself.
                self.finality.covered_by_later -= 1;
                self.watch.tally.certified(certificate.signatures.len() as u64);
                (self.covered, self.covered_records) = (self.end, self.records);
            }
        }
        Ok(())
    }

    /// A block that is final.
    fn block(&mut self, block: &Block, offset: u64) -> Step<()> {
        (self.watch.height, self.watch.offset) = (self.parent.height.saturating_add(1), offset);
        self.watch.tally.begin_block(&self.parent.digest, block.header.time);
        let executed = execute_block(self.genesis, &self.state, &self.rings, &self.parent, block, &mut self.watch);
        let executed = executed.map_err(|refused| self.refused(block, refused))?;
        self.state.put(executed.changes);
        self.parent = executed.parent;
        self.state_root = block.header.state_root;
        self.compare(block)
    }

    fn refused(&mut self, block: &Block, refused: Refused) -> Box<Failure> {
        let rule = match refused.source {
            CheckError::Rejected(rule) => rule,
            CheckError::State(error) => return self.stuck(error),
        };
        let transaction = refused.place.and_then(|place| block.transactions.get(place));
        let question = Question::of_rule(&rule, transaction.map(Transaction::action));
        let mut failure = self.failure(question, rule.name(), rule.to_string());
        failure.transaction = refused.place.map(|place| FailedTransaction::new(place, transaction));
        self.watch.earliest(failure)
    }

    /// Holds the ledger after this block against the tally.
    fn compare(&mut self, block: &Block) -> Step<()> {
        let compared = self.compare_block(block);
        // What could not be looked up may have looked right, or wrong.
        match self.watch.tally.sets().take_failure() {
            None => compared,
            Some(error) => Err(self.stuck(error.into())),
        }
    }

    fn compare_block(&mut self, block: &Block) -> Step<()> {
        if self.watch.differs() {
            let later = self.failure(Question::Blocks, String::new(), String::new());
            return Err(self.watch.earliest(later));
        }
        let (made, counters) = self.made().map_err(|error| self.stuck(error))?;
        self.notes = counters.notes;
        self.watch
            .tally
            .end_block(&made, &counters)
            .map_err(|(place, difference)| self.differs(&block.transactions, place, &difference))?;
        let ledger = LedgerState::new(self.genesis, &self.state);
        let tally = &mut self.watch.tally;
        let nowhere = |found: Option<Difference>| found.map(|difference| (None, difference));
        let mut found = tally.compare_totals(&ledger);
        if let Ok(None) = found {
            found = tally.compare_trades(&ledger).map(nowhere);
        }
        if let Ok(None) = found {
            found = tally.compare_validators(&ledger).map(nowhere);
        }
        match found {
            Ok(None) => Ok(()),
            Ok(Some((place, difference))) => Err(self.differs(&block.transactions, place, &difference)),
            Err(error) => Err(self.stuck(error)),
        }
    }

    /// The notes that the ledger made in the last block, and its counters.
    fn made(&self) -> Result<(Vec<Note>, Counters), StateError> {
        let ledger = LedgerState::new(self.genesis, &self.state);
        let counters = ledger.counters()?;
        let made = (self.notes..counters.notes)
            .map(|number| Ok(ledger.note(NoteNumber(number))?.ok_or(StateError::Missing("a new note"))?.note))
            .collect::<Result<_, StateError>>()?;
        Ok((made, counters))
    }

    /// The proofs that wait, and what is compared at the end only, or before what was verified is written down.
    fn settle(&mut self) -> Step<()> {
        self.watch.height = self.parent.height;
        if let Some(bad) = self.watch.flush() {
            return Err(of_bad_proof(&bad));
        }
        let network = *self.genesis.network();
        let set_hash = self.state.set_hash(&network).map_err(|error| self.stuck(error))?;
        if set_hash.root(&network) != self.state_root {
            return Err(self.differs(&[], None, &Difference::RecomputedRoot));
        }
        let ledger = LedgerState::new(self.genesis, &self.state);
        match self.watch.tally.compare_all(&ledger) {
            Ok(None) => Ok(()),
            Ok(Some(difference)) => Err(self.differs(&[], None, &difference)),
            Err(error) => Err(self.stuck(error)),
        }
    }

    /// The chain is over, and all of it holds.
    fn report(self) -> Report {
        let tip = Tip::new(&self.parent, &self.state_root, self.covered, self.uncovered.len() as u64);
        let (proofs, totals) = (self.watch.deferred.verified(), self.watch.tally.finish());
        Report::holding(self.genesis, tip, proofs, self.finality, totals)
    }
}

/// The first transaction in these bytes that cannot be read, if the block around it can.
fn unreadable_transaction(network: &NetworkId, body: &[u8]) -> Option<usize> {
    // A header is two numbers and four hashes; then the count, and each transaction behind its length.
    let mut rest = body.get(2 * 8 + 4 * 32..)?;
    let mut number = || {
        let (bytes, after) = rest.split_first_chunk::<4>()?;
        rest = after;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    let count = number()?;
    for place in 0..count {
        let (bytes, after) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*bytes) as usize;
        let Some((transaction, after)) = after.split_at_checked(length) else { return Some(place) };
        if Transaction::decode(network, transaction).is_err() {
            return Some(place);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod forgeries;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::kit::{
        ANNA, BERT, CARLA, START, Setup, World,
        forge::{changed_range, tampered},
    };
    use hushwatt_ledger::{storage::RecordNumber, transaction::Action};

    fn record(world: &World, number: u64, block: &Block) -> Record {
        Record { number: RecordNumber(number), body: block.encode(), cert: world.certify(block).encode() }
    }

    #[test]
    fn a_batch_that_is_full_in_the_middle_of_a_block_blames_the_same_transaction() {
        let mut world = World::before_the_first_block(&Setup::default());
        let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
        let mint = world.mint(&payees);
        let mut records = vec![world.accept(START.plus(60), &[mint])];
        let mut payments = [world.pay(ANNA, BERT, 5), world.pay(BERT, ANNA, 5), world.pay(CARLA, ANNA, 5)];
        payments.sort_by_key(|built| *built.transaction.id());
        let good = world.propose(START.plus(120), &payments).unwrap().block;
        payments[1] = tampered(&payments[1], |_, action| {
            let Action::Transfer(transfer) = action else { return };
            transfer.range = changed_range(&transfer.range, 4).unwrap();
        });
        let bad = world.propose(START.plus(120), &payments).unwrap().block;
        for (second, place) in [(good, None), (bad, Some(1))] {
            records.truncate(1);
            records.push(second);
            for limit in [1, 2, 3, 4, 1000] {
                let mut replay = Replay::begin(&world.genesis, MemoryState::new(), Tally::new(&world.genesis), 0);
                replay.watch.limit(limit);
                let steps = records.iter().zip(0..).map(|(block, number)| record(&world, number, block));
                let failure =
                    steps.map(|record| replay.record(&record)).find_map(Result::err).or_else(|| replay.settle().err());
                let failed = failure.as_ref().map(|failure| (failure.block, failure.rule.as_str()));
                assert_eq!(failed, place.map(|_| (2, "RangeProof")), "batches of {limit}");
                let blamed = failure.and_then(|failure| failure.transaction).map(|transaction| transaction.place);
                assert_eq!(blamed, place, "batches of {limit}");
            }
        }
    }
}
