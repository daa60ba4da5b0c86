//! What a gateway keeps on disk, so that a cut of power at any moment loses at most the telegram in flight, and no window is
//! ever attested twice or with other values.
//!
//! * **Written before it counts.** Every change is a record, appended and synced before the call returns and before it shows.
//!   An error means that nothing was changed; after a full disk the same store goes on.
//! * **Values freeze.** [`Store::built`] is called before a transaction is sent. From then on the values of its windows are
//!   those, whatever is read or imported later; when it expires unseen, the same values are built again with a new salt. The
//!   store refuses anything else.
//! * **The chain goes on** where it stood: [`Store::confirmed`], only from final blocks, moves it. If the ledger is ahead (the
//!   disk was lost, or is an old copy), [`Store::adopt`] goes on there and never attests the same window again.
//! * **Bounded.** What is attested long ago is dropped ([`Store::forget_before`]), its sums are kept; the journal is replaced
//!   by a snapshot then, and each [`COMPACT_AFTER`] bytes.
//!
//! The engine's decisions are not written one by one: its calls are, and it decides alike when they are replayed. Each
//! sample's record says how far boundaries were decided before it, so a program with other rules notices and refuses. The
//! secrets have a file of their own, replaced whole ([`crate::keys`]), so that a reading key leaves nothing behind here.
//!
//! | file | what |
//! |---|---|
//! | `journal.rs` | the file: records, checksums, torn tails, compaction |
//! | `record.rs` | what a record says |
//! | `state.rs`, `snapshot.rs` | what all records together say; the same as bytes |
//! | `periods.rs` | what opens the sums of periods, until it is shared |
//! | `disk.rs` | files that only their owner may read |
//! | `error.rs` | everything that can be wrong |

mod error;
mod journal;
mod periods;
mod record;
mod snapshot;
mod state;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    storage::{Disk, DiskLock},
    transaction::TransactionId,
    units::{MeterId, Period, Timestamp, Window},
};
use hushwatt_meter_attest::{
    ChainPosition,
    registers::{Config, Event, Outcome, Reaction, Registers, Sample, Substitution},
};

pub use error::{Refusal, StoreError};
pub use journal::TornTail;
pub use periods::{Counted, Ending, Openings, OutgoingShare, PeriodSums, Settled};
pub use record::{Content, MAX_WARNING, Outgoing};
pub use state::{Attested, State, Sums, Waiting, Warning};

use journal::{Journal, Opened, Owner};
use record::Record;
use state::Reply;

/// The journal is replaced by a snapshot after this many bytes of records.
pub const COMPACT_AFTER: u64 = 1 << 20;
/// After a compaction that failed it is tried again after so many.
const RETRY_AFTER: u64 = 64 << 10;
/// The journal takes no more beyond this.
const MAX_JOURNAL: u64 = 48 << 20;

const JOURNAL: &str = "journal";
const LOCK: &str = "lock";

/// What a gateway keeps.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    journal: Journal,
    state: State,
    torn: Option<TornTail>,
    compact_at: u64,
    _lock: Box<dyn DiskLock>,
}

impl Store {
    /// Makes the journal of a meter that was never read, in a folder that is there. `position` is the start of the chain for a
    /// new meter, or where the ledger stands for one whose disk was lost.
    pub fn create(
        disk: Arc<dyn Disk>,
        folder: &Path,
        network: &NetworkId,
        meter: MeterId,
        registers: Config,
        position: ChainPosition,
    ) -> Result<Self, StoreError> {
        let lock = lock(&*disk, folder)?;
        let path = folder.join(JOURNAL);
        if disk.open(&path).map_err(StoreError::io("open", &path))?.is_some() {
            return Err(StoreError::Exists { path: folder.to_path_buf() });
        }
        let mut registers = Registers::new(registers).map_err(|error| StoreError::Configuration(error.into()))?;
        if let Some(last) = position.next_window.0.checked_sub(1) {
            registers.freeze(Window(last));
        }
        let state = State::new(registers, position);
        let owner = Owner { network: *network, meter };
        let journal = Journal::create(&*disk, &path, owner, &state.encode())?;
        let compact_at = journal.bytes() + COMPACT_AFTER;
        Ok(Store { disk, journal, state, torn: None, compact_at, _lock: lock })
    }

    /// Opens a journal, checks all of it and replays it.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, network: &NetworkId, meter: MeterId) -> Result<Self, StoreError> {
        let lock = lock(&*disk, folder)?;
        let path = folder.join(JOURNAL);
        let opened = Journal::open(&*disk, &path, Owner { network: *network, meter })?;
        let Opened { journal, bytes, bodies, torn } =
            opened.ok_or_else(|| StoreError::Missing { path: folder.to_path_buf() })?;
        let other_rules = |record| StoreError::OtherRules { path: path.clone(), record };
        let mut bodies = bodies.into_iter();
        let body = |range| bytes.get(range).unwrap_or_default();
        let (first, snapshot) = bodies.next().ok_or_else(|| StoreError::Missing { path: folder.to_path_buf() })?;
        let compact_at = snapshot.end as u64 + COMPACT_AFTER;
        let mut state = State::decode(body(snapshot)).map_err(|_| other_rules(first))?;
        for (number, range) in bodies {
            let record = Record::decode(body(range)).map_err(|_| other_rules(number))?;
            if let Record::Sample { mark, .. } | Record::Tick { mark, .. } = &record
                && *mark != state.registers.mark()
            {
                return Err(other_rules(number));
            }
            state.apply(&record).map_err(|_| other_rules(number))?;
        }
        Ok(Store { disk, journal, state, torn, compact_at, _lock: lock })
    }

    /// What is known.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What opening cut off: a record that a crash left unfinished.
    pub fn torn_tail(&self) -> Option<TornTail> {
        self.torn
    }

    /// Length of the journal, bytes.
    pub fn bytes(&self) -> u64 {
        self.journal.bytes()
    }

    /// Takes a sample. One that is no news is not written down.
    pub fn sample(&mut self, sample: &Sample) -> Result<Reaction, StoreError> {
        sample.check()?;
        if let Some(outcome) = self.state.registers.old_news(sample) {
            return Ok(Reaction { outcome, events: Vec::new() });
        }
        let record = Record::Sample { mark: self.state.registers.mark(), sample: sample.clone() };
        let Reply { outcome, events } = self.append_and_apply(&record)?;
        Ok(Reaction { outcome: outcome.unwrap_or(Outcome::Accepted), events })
    }

    /// Lets the clock decide what no sample can decide any more; writes only if it does.
    pub fn tick(&mut self, now: Timestamp) -> Result<Vec<Event>, StoreError> {
        if !self.state.registers.tick_is_due(now) {
            return Ok(Vec::new());
        }
        let record = Record::Tick { mark: self.state.registers.mark(), now };
        Ok(self.append_and_apply(&record)?.events)
    }

    /// The gateway's clock was set.
    pub fn clock_was_set(&mut self, before: Timestamp, after: Timestamp) -> Result<Vec<Event>, StoreError> {
        Ok(self.append_and_apply(&Record::ClockSet { before, after })?.events)
    }

    /// Takes the operator's values for a gap.
    pub fn substitute(&mut self, values: &Substitution) -> Result<(), StoreError> {
        self.try_and_append(Record::Substituted(values.clone()))
    }

    /// Makes the open intervals of a window missing, so that it can be attested.
    pub fn give_up(&mut self, window: Window) -> Result<(), StoreError> {
        self.try_and_append(Record::GivenUp(window))
    }

    /// Tells the engine otherwise about its meter; writes only if it is otherwise.
    pub fn configure(&mut self, config: Config) -> Result<(), StoreError> {
        if config == *self.state.registers.config() {
            return Ok(());
        }
        self.try_and_append(Record::Configured(config))
    }

    /// Fixes the values of a transaction, before it is sent. Only when the one before is past its validity by the ledger's own
    /// time, and was not seen, may there be another for the same place; with the same values.
    pub fn built(&mut self, outgoing: Outgoing) -> Result<(), StoreError> {
        self.try_and_append(Record::Built(outgoing))
    }

    /// The waiting transaction was sent.
    pub fn submitted(&mut self, at: Timestamp) -> Result<(), StoreError> {
        self.try_and_append(Record::Submitted(at))
    }

    /// A final block has a transaction of ours: the chain moves on.
    pub fn confirmed(&mut self, id: &TransactionId, at: Timestamp) -> Result<(), StoreError> {
        self.confirmed_with(id, at, Vec::new())
    }

    /// The same, with what its windows add to periods that had not closed by then.
    pub fn confirmed_with(
        &mut self,
        id: &TransactionId,
        at: Timestamp,
        counted: Vec<Counted>,
    ) -> Result<(), StoreError> {
        self.try_and_append(Record::Confirmed { id: *id, at, counted })
    }

    /// What opens a period's sums was shared among the committee, before it is sent. Later ones are the same, but for how long
    /// they are valid.
    pub fn shared(&mut self, period: Period, share: OutgoingShare) -> Result<(), StoreError> {
        self.try_and_append(Record::Shared(period, share))
    }

    /// Nothing is shared of a period any more: what opens its sums is wiped, and the journal written anew as by
    /// [`Self::forget_before`].
    pub fn settle(&mut self, settled: Settled) -> Result<(), StoreError> {
        self.try_and_append(Record::Settled(settled))?;
        self.compact_soon();
        Ok(())
    }

    /// Goes on where the ledger stands. What waits is dropped: its place is taken.
    pub fn adopt(&mut self, position: ChainPosition) -> Result<(), StoreError> {
        self.try_and_append(Record::Adopted(position))
    }

    /// Keeps something for the installer, cut to [`MAX_WARNING`] bytes. The number it has is the last one's.
    pub fn warn(&mut self, at: Timestamp, text: &str) -> Result<(), StoreError> {
        let mut text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        while text.len() > MAX_WARNING {
            text.pop();
        }
        self.try_and_append(Record::Warned { at, text })
    }

    /// The installer has seen a warning.
    pub fn acknowledge(&mut self, number: u64) -> Result<(), StoreError> {
        self.try_and_append(Record::Acknowledged(number))
    }

    /// Drops what is known of the windows before this one, all of which must be attested, and writes the journal anew, so that
    /// it has no byte of them any more; if the disk does not take that, it is tried again with the next record. Their sums stay.
    pub fn forget_before(&mut self, window: Window) -> Result<(), StoreError> {
        self.try_and_append(Record::Forgot(window))?;
        self.compact_soon();
        Ok(())
    }

    /// Now, or with the next record if the disk does not take it.
    fn compact_soon(&mut self) {
        if self.compact().is_err() {
            self.compact_at = 0;
        }
    }

    /// Replaces the journal by a snapshot. Done by itself now and then; good to do before a program ends.
    pub fn compact(&mut self) -> Result<(), StoreError> {
        let done = self.journal.compact(&*self.disk, &self.state.encode());
        let wait = if done.is_ok() { COMPACT_AFTER } else { RETRY_AFTER };
        self.compact_at = self.journal.bytes() + wait;
        done
    }

    /// For what may be refused: tried on a copy first.
    fn try_and_append(&mut self, record: Record) -> Result<(), StoreError> {
        let mut next = self.state.clone();
        next.apply(&record)?;
        self.append(&record)?;
        self.state = next;
        self.tidy();
        Ok(())
    }

    /// For what cannot be refused.
    fn append_and_apply(&mut self, record: &Record) -> Result<Reply, StoreError> {
        self.append(record)?;
        let reply = self.state.apply(record)?;
        self.tidy();
        Ok(reply)
    }

    fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        if self.journal.bytes() > MAX_JOURNAL && self.compact().is_err() {
            return Err(StoreError::Full { path: self.journal.path().to_path_buf(), bytes: self.journal.bytes() });
        }
        self.journal.append(&record.encode())
    }

    /// A compaction that fails is tried again later; the journal goes on as it is.
    fn tidy(&mut self) {
        if self.journal.bytes() >= self.compact_at {
            let _ = self.compact();
        }
    }
}

fn lock(disk: &dyn Disk, folder: &Path) -> Result<Box<dyn DiskLock>, StoreError> {
    let path: PathBuf = folder.join(LOCK);
    disk.lock(&path).map_err(|source| match source.kind() {
        io::ErrorKind::WouldBlock => StoreError::InUse { path: path.clone() },
        _ => StoreError::Io { action: "lock", path: path.clone(), source },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use hushwatt_crypto::range::RangeBits;
    use hushwatt_drivers::Medium;
    use hushwatt_ledger::{parameters::Parameters, storage::SimDisk};
    use hushwatt_meter_attest::registers::Layout;

    use super::*;

    #[test]
    fn a_record_that_this_program_would_decide_otherwise_is_refused() {
        let (disk, folder): (Arc<dyn Disk>, _) = (Arc::new(SimDisk::new()), Path::new("/state"));
        let (network, meter) = (NetworkId([1; 32]), MeterId(0));
        let config = Config::new(&Parameters::default(), Medium::Heat, Layout::TwoWay, RangeBits::Bits16);
        let mut records = vec![
            Record::Tick { mark: [0, 0, 1], now: Timestamp(100_000) }.encode(),
            Record::Acknowledged(4).encode(),
            Record::Submitted(Timestamp(1)).encode(),
        ];
        records.extend([vec![], vec![99]]);
        for record in records {
            let disk = Arc::new(SimDisk::new()) as Arc<dyn Disk>;
            let start = ChainPosition::start(Window(5));
            let mut store = Store::create(Arc::clone(&disk), folder, &network, meter, config.clone(), start).unwrap();
            store.journal.append(&record).unwrap();
            drop(store);
            let refused = Store::open(disk, folder, &network, meter).unwrap_err();
            assert!(matches!(refused, StoreError::OtherRules { record: 1, .. }));
        }
        assert!(matches!(Store::open(disk, folder, &network, meter), Err(StoreError::Missing { .. })));
    }
}
