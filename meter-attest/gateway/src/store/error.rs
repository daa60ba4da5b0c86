//! What can go wrong with what a gateway keeps, and what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

use hushwatt_ledger::units::{Period, Window};
use hushwatt_meter_attest::registers::{ReconfigureError, SampleError, SubstituteError};

/// An error of the store. Unless it says otherwise nothing was changed, in memory or on disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused a file operation.
    #[error("could not {action} {}: {source}; check the disk, its free space and the permissions. Nothing was lost: it is tried again", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("{} is in use by another gateway: stop that one first. Two with one key would both attest", path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// Nothing there.
    #[error("there is no journal in {}: make the gateway with \"hushwatt meter init\", or restore the folder", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// Something there already.
    #[error("there is a journal in {} already: a new one would attest the same windows again", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Another kind of file, or one of a later program.
    #[error("{} is no journal that this program can read: {wrong}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        wrong: &'static str,
    },
    /// Another network's or meter's.
    #[error("{} belongs to another network or another meter: use the folder that was made for this one", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Bytes changed that were durable once.
    #[error(
        "{} is damaged at byte {offset} (record {record}): {wrong}, and no crash can do this. Nothing was changed. Keep a copy, test the disk, then make the gateway anew: it goes on where the ledger stands",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of the bad record.
        record: u64,
        /// Where it starts, in bytes.
        offset: u64,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// A record that this program would not have written.
    #[error(
        "record {record} of {} gives another result than when it was written: it was written by a program with other rules. Start that one, which tidies up when it ends, and then this one",
        path.display()
    )]
    OtherRules {
        /// The file.
        path: PathBuf,
        /// Number of the record.
        record: u64,
    },
    /// The name of the journal may or may not be durable.
    #[error("an earlier operation on {} failed half-way: restart the gateway, which repairs it", path.display())]
    Poisoned {
        /// The file.
        path: PathBuf,
    },
    /// The journal cannot be tidied up, so it takes no more.
    #[error("{} has grown to {bytes} bytes and cannot be tidied up: make room on the disk", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// A sample that no meter gives.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Values of the operator that cannot be taken.
    #[error(transparent)]
    Substitute(#[from] SubstituteError),
    /// A configuration that cannot be taken.
    #[error(transparent)]
    Configuration(#[from] ReconfigureError),
    /// What is asked contradicts what was done.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a step of a meter's chain is refused: it would attest a window twice, or with other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A window has other values than in an attestation that was built before.
    #[error("window {} was built with other values before: what may have been sent never changes", .0.0)]
    OtherValues(Window),
    /// Not the next place of the chain.
    #[error("the transaction is number {found} of the meter's chain, the next is {next}")]
    NotNext {
        /// Its number.
        found: u64,
        /// The right one.
        next: u64,
    },
    /// Not the next windows.
    #[error("the attestation begins with window {}, the next is {}", found.0, next.0)]
    NotContiguous {
        /// Its first window.
        found: Window,
        /// The right one.
        next: Window,
    },
    /// No window, too many, or the wrong number of intervals.
    #[error("an attestation has 1 to 24 windows, each with all of its intervals")]
    Shape,
    /// A transaction that is too long.
    #[error("the transaction is longer than any that the ledger takes")]
    TooLong,
    /// A correction of what is not attested.
    #[error("window {} is not attested, or long forgotten: it cannot be corrected", .0.0)]
    NotAttested(Window),
    /// None of ours.
    #[error("the transaction is none that this gateway built for the next place of its chain")]
    NotOurs,
    /// The ledger is not ahead.
    #[error("the ledger's record of the meter is not ahead of the gateway's: there is nothing to adopt")]
    NotAhead,
    /// Nothing to give up.
    #[error("window {} has nothing open that could be given up", .0.0)]
    NothingOpen(Window),
    /// A window that is not attested cannot be forgotten.
    #[error("windows from {} on are not attested yet and cannot be forgotten", .0.0)]
    NotYetAttested(Window),
    /// Nothing is kept of a period.
    #[error("nothing that opens the sums of period {} is kept", .0.0)]
    NoPeriod(Period),
    /// Other shares than before.
    #[error("the sums of period {} were shared otherwise before: what may have been sent never changes", .0.0)]
    OtherShare(Period),
    /// No such warning.
    #[error("there is no warning with number {0}")]
    NoWarning(u64),
}

impl StoreError {
    /// For `map_err`: names what was being done to which file.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}
