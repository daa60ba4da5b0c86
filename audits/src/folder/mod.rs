//! An audit that goes on where the last one ended: the ledger's state and the audit's own books in a folder.
//!
//! * What stands there was verified, every proof of it: it is written, all at once, only after the proofs that wait were checked and
//!   the books compared with the ledger. Whatever kills the audit leaves the books of some block before, and the next run goes on
//!   from there.
//! * The report is that of an audit from the genesis, byte for byte: the chain's records up to there are read again and must be the
//!   same, to the byte.
//! * In memory are the changes since the books were last written (some 32 MB), and what goes with windows, days, meters and open
//!   contracts and orders; what goes with transactions (state, key images, notes) is in the index, which keeps 34 bytes of memory for
//!   each entry beside its pages at hand.
//! * The folder is believed as the program is: whoever may write to it may put any answer there. Nothing in it is secret.
//!
//! Files: `<folder>/about`, what it is and of which network; `<folder>/index/`, an index of the ledger's
//! ([`hushwatt_ledger::storage::SledIndex`]), which opens only as what it was after some batch, and is begun again otherwise.
//!
//! | file | what it is |
//! |---|---|
//! | `state.rs` | the index, and what waits to be written to it |
//! | `kept.rs` | the books as bytes |

mod kept;
mod state;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::{Label, NetworkId, hash::Hasher, set_hash::SetHash};
use hushwatt_ledger::{
    block::{Block, Parent},
    codec::{DecodeError, Reader, Writer},
    genesis::Genesis,
    state::INDEX_SCHEMA,
    storage::{NoProbe, Opened, Probe, Record, SledIndex, StorageError},
};

use crate::{
    error::{AuditError, FolderError},
    proofs::ProofCounts,
    report::{Finality, Report, SOFTWARE},
    tally::{Sets, Tally},
    verify::{HEADER_BYTES, Progress, RECORD_BYTES, Replay, check_network, open_chain, read_genesis},
};

pub(crate) use kept::{Kept, kept, kept_enum, kept_inside};
pub(crate) use state::{FolderState, SharedIndex};

/// Version of the pages; those of another one are begun again, as are those of another version of the program.
const BOOKS: u32 = 2;
/// What is written first into the file `about`.
const ABOUT: &str = "hushwatt audit folder 1";
/// Most bytes of it that are looked at.
const MOST_ABOUT: u64 = 256;
/// The books are written when about so much waits in memory.
const COMMIT_BYTES: usize = 32 << 20;

/// Which program wrote the books.
#[derive(PartialEq, Eq)]
struct Writing {
    books: u32,
    software: String,
}
kept!(Writing { books, software });

impl Writing {
    fn of_this_program() -> Self {
        Writing { books: BOOKS, software: SOFTWARE.to_owned() }
    }
}

/// Where a replay stands, beside its tally.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    pub parent: Parent,
    pub state_root: [u8; 32],
    /// Notes that the ledger has.
    pub notes: u64,
    pub finality: Finality,
    /// Where the last final block ends in the file.
    pub covered: u64,
    /// Of all records up to there.
    pub records: Digests,
    pub verified: ProofCounts,
}
kept!(Standing { parent, state_root, notes, finality, covered, records, verified });

/// All pages of the books.
pub(crate) fn pages(standing: &Standing, tally: &Tally<'_>) -> Vec<Vec<u8>> {
    let first = [page_of(|page| Writing::of_this_program().keep(page)), page_of(|page| standing.keep(page))];
    first.into_iter().chain(tally.pages()).collect()
}

pub(crate) fn page_of(keep: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    keep(&mut writer);
    writer.finish()
}

fn read_page<T: Kept>(page: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(page);
    let value = T::read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// Of all records up to one, as they stand in the file.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Digests {
    /// Of the blocks.
    bodies: [u8; 32],
    /// Of the certificates, which are others from node to node.
    certificates: [u8; 32],
}
kept!(Digests { bodies, certificates });

impl Digests {
    /// With the next record.
    pub fn with(&self, network: &NetworkId, record: &Record) -> Self {
        let next = |what: &[u8], before: &[u8; 32], part: &[u8]| {
            Hasher::new(network, Label::AuditReport).part(what).part(before).part(part).finish32()
        };
        Digests {
            bodies: next(b"bodies", &self.bodies, &record.body),
            certificates: next(b"certificates", &self.certificates, &record.cert),
        }
    }
}

/// The books of an audit in a folder.
pub struct AuditFolder {
    path: PathBuf,
    network: NetworkId,
    index: SharedIndex,
    /// Nothing before the first block.
    standing: Option<Standing>,
    begun_again: Option<String>,
    commit_bytes: usize,
}

impl AuditFolder {
    /// Opens the books of a network's chain, or begins them in a folder that is new or empty.
    ///
    /// # Errors
    /// [`AuditError::Folder`]: it holds something else, or the books of another network, is in use, or cannot be used.
    pub fn open(folder: &Path, network: &NetworkId) -> Result<Self, AuditError> {
        Self::open_probed(folder, network, Arc::new(NoProbe))
    }

    /// The same, with a probe before and after each change of the index.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_probed(folder: &Path, network: &NetworkId, probe: Arc<dyn Probe>) -> Result<Self, AuditError> {
        let is_new = claim(folder, network)?;
        // Another layout of the ledger's entries, or of the pages, is another schema.
        let schema = INDEX_SCHEMA << 16 | BOOKS;
        let opened =
            SledIndex::open_or_recreate_probed(&folder.join("index"), schema, probe).map_err(FolderError::Store)?;
        let (index, mut begun_again) = match opened {
            (index, Opened::Recreated(reason)) => (index, (!is_new).then_some(reason)),
            (index, Opened::Existing) => (index, None),
        };
        let index = SharedIndex::new(index);
        let writing = index.page(0).map_err(FolderError::Store)?;
        let mut standing = None;
        if read_page::<Writing>(&writing).is_ok_and(|found| found == Writing::of_this_program()) {
            let page = index.page(1).map_err(FolderError::Store)?;
            let read = read_page(&page).map_err(|_| FolderError::Unreadable(folder.to_path_buf()))?;
            standing = Some(read);
        } else if !writing.is_empty() {
            // Another program may judge otherwise what this one has not looked at.
            index.clear().map_err(FolderError::Store)?;
            begun_again = Some("it was kept by another version of the program".to_owned());
        }
        let (path, network) = (folder.to_path_buf(), *network);
        Ok(AuditFolder { path, network, index, standing, begun_again, commit_bytes: COMMIT_BYTES })
    }

    /// Height of the last block that was audited; 0 before the first.
    pub fn height(&self) -> u64 {
        self.standing.map_or(0, |standing| standing.parent.height)
    }

    /// Why the audit begins with the genesis again although the folder is not new, if so.
    pub fn begun_again(&self) -> Option<&str> {
        self.begun_again.as_deref()
    }

    /// Writes the books whenever so many bytes wait.
    #[cfg(test)]
    fn commit_every(mut self, bytes: usize) -> Self {
        self.commit_bytes = bytes;
        self
    }

    /// Goes on with a chain file, or the one in a node's folder, up to its end. The report is about all of the chain:
    /// [`crate::verify_path`]'s.
    ///
    /// # Errors
    /// [`AuditError`] when there is no such chain to audit, or when it is not the one that these are the books of. What is wrong in
    /// the chain is in the report.
    pub fn verify_path(self, chain: &Path, progress: &mut dyn Progress) -> Result<Report, AuditError> {
        let (file, total) = open_chain(chain)?;
        self.verify_reader(file, total, progress)
    }

    /// The same with a chain from any source of bytes; `total` is their number, for the progress only.
    ///
    /// # Errors
    /// As for [`Self::verify_path`].
    pub fn verify_reader<R: Read>(
        self,
        source: R,
        total: u64,
        progress: &mut dyn Progress,
    ) -> Result<Report, AuditError> {
        let (mut reader, genesis) = read_genesis(source, &self.network)?;
        let mut done = HEADER_BYTES + reader.genesis().len() as u64;
        let mut replay = self.replay(&genesis, done)?;
        let (audited, expected) = (*replay.parent(), *replay.records());
        let (mut records, mut last) = (Digests::default(), None);
        for _ in 1..=audited.height {
            let record = reader.next_record().map_err(|error| match error {
                StorageError::ExportIo { .. } => AuditError::Read(error),
                error => FolderError::Damaged { audited: audited.height, source: error }.into(),
            })?;
            let ends = FolderError::Shorter { audited: audited.height };
            let record = record.ok_or(ends)?;
            records = records.with(&self.network, &record);
            done += RECORD_BYTES + record.body.len() as u64 + record.cert.len() as u64;
            last = Some(record.body);
            progress.progress(done, total);
        }
        if records != expected {
            let (height, same_end) = (audited.height, last.is_some_and(|body| self.is_block(&audited, &body)));
            return Err(match (records.bodies == expected.bodies, same_end) {
                (true, _) => FolderError::OtherCopy { height },
                // The last block leads by digests to all before it: some of those here are others.
                (false, true) => FolderError::Altered { height },
                (false, false) => FolderError::Forked { height },
            }
            .into());
        }
        progress.continues(done, total);
        let ended = replay.run(&mut || reader.next_record(), total, progress);
        replay.judged(ended)
    }

    /// Goes on with blocks in the order of the chain, the first of which is the last one that was audited ([`Self::height`]), or
    /// block 1: for a chain of which only the end is to be fetched.
    ///
    /// # Errors
    /// As for [`Self::verify_path`].
    pub fn verify_blocks(
        self,
        genesis: &[u8],
        mut next: impl FnMut() -> Result<Option<Record>, StorageError>,
        progress: &mut dyn Progress,
    ) -> Result<Report, AuditError> {
        let header = HEADER_BYTES + genesis.len() as u64;
        let genesis = check_network(genesis, &self.network)?;
        let mut replay = self.replay(&genesis, header)?;
        let audited = *replay.parent();
        if audited.height > 0 {
            let ends = FolderError::Shorter { audited: audited.height };
            let record = next().map_err(AuditError::Read)?.ok_or(ends)?;
            if !self.is_block(&audited, &record.body) {
                return Err(FolderError::Forked { height: audited.height }.into());
            }
        }
        let ended = replay.run(&mut next, 0, progress);
        replay.judged(ended)
    }

    /// Whether these bytes are the block.
    fn is_block(&self, audited: &Parent, body: &[u8]) -> bool {
        Block::decode(&self.network, body).is_ok_and(|block| block.header.digest(&self.network) == audited.digest)
    }

    /// The replay as it was left.
    fn replay<'g>(&self, genesis: &'g Genesis, header: u64) -> Result<Replay<'g, FolderState>, AuditError> {
        let state = |set_hash| FolderState::new(self.index.clone(), set_hash, self.commit_bytes);
        let sets = Sets::in_folder(self.index.clone());
        let Some(standing) = &self.standing else {
            return Ok(Replay::begin(genesis, state(SetHash::empty()), Tally::new(genesis).with_sets(sets), header));
        };
        let numbers = 2..2 + Tally::PAGES;
        let pages: Vec<Vec<u8>> =
            numbers.map(|page| self.index.page(page)).collect::<Result<_, _>>().map_err(FolderError::Store)?;
        let tally = Tally::read(genesis, sets, &pages).map_err(|_| FolderError::Unreadable(self.path.clone()))?;
        Ok(Replay::resume(genesis, state(standing.parent.set_hash), tally, standing))
    }
}

/// Says in a folder what it is for, or reads it there; gives whether it was new.
fn claim(folder: &Path, network: &NetworkId) -> Result<bool, FolderError> {
    let failed = |source| FolderError::Io { path: folder.to_path_buf(), source };
    let (about, unfinished) = (folder.join("about"), folder.join("about.new"));
    let mut text = String::new();
    match fs::File::open(&about) {
        Ok(file) => {
            file.take(MOST_ABOUT).read_to_string(&mut text).map_err(failed)?;
            let found = text.strip_prefix(ABOUT).and_then(|rest| rest.trim().parse::<NetworkId>().ok());
            match found.ok_or_else(|| FolderError::SomethingElse(folder.to_path_buf()))? {
                found if found == *network => Ok(false),
                found => Err(FolderError::Foreign { path: folder.to_path_buf(), expected: *network, found }),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(failed)?;
            for entry in fs::read_dir(folder).map_err(failed)? {
                if entry.map_err(failed)?.path() != unfinished {
                    return Err(FolderError::SomethingElse(folder.to_path_buf()));
                }
            }
            let mut file = fs::File::create(&unfinished).map_err(failed)?;
            writeln!(file, "{ABOUT}\n{network}").and_then(|()| file.sync_all()).map_err(failed)?;
            fs::rename(&unfinished, &about).map_err(failed)?;
            // Else a crash could leave an index in a folder that says nothing of what it is.
            fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            Ok(true)
        }
        Err(error) => Err(failed(error)),
    }
}
