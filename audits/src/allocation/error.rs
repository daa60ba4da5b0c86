//! What can be wrong with a file, and why nothing was allocated.

use hushwatt_crypto::{NetworkId, meter::Register};
use hushwatt_ledger::{
    disclosure::TextFlaw,
    units::{Interval, MeterId, Utility},
};

/// Why a file is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Longer than any such file.
    #[error("the file is longer than any such file of this program ({most} bytes)")]
    TooLong {
        /// The longest.
        most: usize,
    },
    /// Not of this shape; what the parser says, without what could deceive on a screen.
    #[error("the file is not of this program: {0}")]
    Syntax(String),
    /// Another format or a later version.
    #[error(
        "the file's format is {found:?}, but {expected:?} is read here: is it the right file, and this program new enough?"
    )]
    Format {
        /// What it says.
        found: String,
        /// What is read.
        expected: &'static str,
    },
    /// Hexadecimal digits, a length, a point or a scalar.
    #[error("{field} in the file is malformed: {reason}")]
    Field {
        /// Which.
        field: &'static str,
        /// Why.
        reason: String,
    },
    /// A name.
    #[error("{field} in the file is not usable: {flaw}")]
    Text {
        /// Which.
        field: &'static str,
        /// Why.
        flaw: TextFlaw,
    },
    /// No sharing key.
    #[error("the sharing key is not usable: {0}")]
    Key(&'static str),
}

/// Why nothing was allocated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocateError {
    /// Nobody gave anything.
    #[error("there are no openings: each member gives a file that \"hushwatt wallet openings\" made")]
    NoOpenings,
    /// Of another network.
    #[error("the openings of {meter} are of network {found}, not of {expected}")]
    ForeignNetwork {
        /// Whose.
        meter: MeterId,
        /// In the file.
        found: NetworkId,
        /// Of the chain.
        expected: NetworkId,
    },
    /// Made for somebody else.
    #[error("the openings of {meter} were made for {found:?}, but the key's allocator is {expected:?}")]
    ForAnother {
        /// Whose.
        meter: MeterId,
        /// In the file.
        found: String,
        /// In the key.
        expected: String,
    },
    /// Two files of one meter.
    #[error("there are two files with openings of {0}")]
    Twice(MeterId),
    /// A meter that the key does not name.
    #[error("there are openings of {0}, which the sharing key does not name: they are not needed, delete them")]
    NotInKey(MeterId),
    /// The key names a meter that the network does not have, or one of another utility.
    #[error("the sharing key names {meter}, which is no meter of {} in this network", utility.name())]
    NoSuchMeter {
        /// Which.
        meter: MeterId,
        /// What is shared.
        utility: Utility,
    },
    /// A member gave nothing.
    #[error(
        "{meter} is in the sharing key, but there is no file with its openings: ask its household, or change the key"
    )]
    NoFile {
        /// Whose.
        meter: MeterId,
    },
    /// The files have no time in common.
    #[error("the files with openings have no whole period in common")]
    NothingInCommon,
    /// Too long a time.
    #[error("{periods} periods are more than one allocation may have ({most}): allocate a month at a time")]
    TooManyPeriods {
        /// Asked for.
        periods: u64,
        /// Most.
        most: u64,
    },
    /// The ledger has a reading, the file has not.
    #[error("the openings of {meter} lack {} of interval {}, which the ledger has: ask its household for a new file", register_name(*register), interval.0)]
    NoOpening {
        /// Whose.
        meter: MeterId,
        /// Which register.
        register: Register,
        /// Of when.
        interval: Interval,
    },
    /// The opening does not open what is on the ledger.
    #[error("the opening of {meter} for {} of interval {} is not that of the reading in force: it was corrected since, or the file was changed. Ask its household for a new file", register_name(*register), interval.0)]
    WrongOpening {
        /// Whose.
        meter: MeterId,
        /// Which register.
        register: Register,
        /// Of when.
        interval: Interval,
    },
    /// The key does not fit the numbers.
    #[error("the sharing key cannot be applied")]
    Rule,
    /// The proof system.
    #[error("no proof could be made: {0}")]
    Proof(#[from] hushwatt_circuits::Error),
}

/// What a register counts, for people.
pub(super) const fn register_name(register: Register) -> &'static str {
    match register {
        Register::Export => "what was given",
        Register::Import => "what was taken",
    }
}
