//! Why bytes were not read.

/// Why a telegram or file was refused. The texts are for the person who set the meter up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// The checksum does not fit.
    #[error("{format}: the checksum is wrong ({what}); the line is disturbed, or the text was changed")]
    Checksum {
        /// Which format.
        format: &'static str,
        /// Which checksum.
        what: &'static str,
    },
    /// It ended too early.
    #[error("{format}: cut off after {bytes} bytes")]
    CutOff {
        /// Which format.
        format: &'static str,
        /// How many bytes there were.
        bytes: usize,
    },
    /// Longer than any telegram or file of its kind.
    #[error("{format}: longer than {limit} bytes")]
    TooLong {
        /// Which format.
        format: &'static str,
        /// The most.
        limit: usize,
    },
    /// Not of the format, or against its rules.
    #[error("{format}: {what}")]
    Malformed {
        /// Which format.
        format: &'static str,
        /// What is wrong, and where.
        what: String,
    },
    /// Right, and without any register that could be settled.
    #[error("{format}: {what}")]
    NothingToRead {
        /// Which format.
        format: &'static str,
        /// What is missing.
        what: String,
    },
    /// The meter reports an error of its own.
    #[error("{format}: the meter reports {what}")]
    MeterFault {
        /// Which format.
        format: &'static str,
        /// Which error.
        what: String,
    },
    /// Encrypted, and the key is not given or does not fit.
    #[error("{format}: {what}")]
    Key {
        /// Which format.
        format: &'static str,
        /// What to do.
        what: String,
    },
    /// Recognised, and not supported.
    #[error("{what}")]
    Unsupported {
        /// What it is, and what to use instead.
        what: String,
    },
    /// Not recognised.
    #[error("unknown format; the closest is {closest}: {why}")]
    Unknown {
        /// Name of the closest.
        closest: &'static str,
        /// Why it is not that.
        why: String,
    },
}
