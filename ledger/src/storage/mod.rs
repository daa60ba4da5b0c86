//! Bytes that survive: the append-only chain log, the hint files beside it, and an index which can always be rebuilt.
//!
//! This folder knows nothing about transactions. It keeps three promises to the code above it:
//!
//! 1. **What was acknowledged is there.** [`ChainLog::append`] and [`HintStore::append`] return only after an `fdatasync`;
//!    a crash at any instant, with any part of the unsynced bytes lost, torn or garbled, loses nothing acknowledged.
//! 2. **What is shown is whole.** A record is visible only if all of its bytes match its checksum. What an unfinished append
//!    left behind is cut off at the next open and reported ([`TornTail`]); any other damage is an error which says what to
//!    do, never a silent repair.
//! 3. **The log is the truth, the index is a convenience.** [`SledIndex`] opens what it finds only if that is exactly the
//!    state after some applied batch, and starts empty otherwise; the caller then replays the log.
//!
//! Order of one block (protocol sections 3 and 7): hints to their day's file and synced, then the block to the log and
//! synced, then one batch to the index. So whatever the index shows is in the log, and the hints of every block in the log
//! were durable before it.
//!
//! | file | what it is |
//! |---|---|
//! | [`disk`] | the few file operations used, as traits; [`RealDisk`] |
//! | `private` | [`PrivateDisk`]: the same with files that only their owner may read; [`write_private_file`] and its folders |
//! | [`sim`] | a disk in memory that may lose or tear whatever was not synced; for tests |
//! | [`probe`] | a hook before and after every change, with which tests kill the process |
//! | `whole` | small files that are read and replaced whole |
//! | `frame` | the file format: header, records, checksums, and the streaming reader |
//! | `append` | one append-only file of such records: opening, repair, appending, reading |
//! | [`log`] | `chain.hwl`: genesis, then blocks with their certificates |
//! | [`hints`] | one file of hints for each UTC day; forgetting a day is unlinking its file |
//! | [`index`] | the ordered key-value index as a trait, and the one in memory |
//! | [`sled_index`] | the index on sled |

mod append;
pub mod disk;
mod error;
mod frame;
pub mod hints;
pub mod index;
pub mod log;
mod private;
pub mod probe;
pub mod sim;
pub mod sled_index;
mod whole;

pub use append::{AppendFile, TornTail};
pub use disk::{Disk, DiskFile, DiskLock, RealDisk};
pub use error::StorageError;
pub use frame::{Flaw, Format, Frame};
pub use hints::{Day, Hint, HintReader, HintStore};
pub use index::{Index, IndexBatch, IndexEntries, MemoryIndex};
pub use log::{ChainLog, ChainReader, ChainWriter, Record, RecordNumber};
pub use private::{
    PrivateDisk, drop_private_drafts, foreign_entry, is_empty_folder, is_private_draft, make_private_folder,
    write_private_file,
};
pub use probe::{Moment, NoProbe, Probe, ProbedDisk};
pub use sim::SimDisk;
pub use sled_index::{Opened, SledIndex};
pub use whole::{read_whole, replace_whole};
