//! Why the engine stops.

/// The application's log failed; the engine stops rather than vote on what it could not store.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LogError(Box<dyn std::error::Error + Send + Sync>);

impl LogError {
    /// From any error.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        LogError(source.into())
    }
}

/// Why an engine could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The secret key is not usable.
    #[error("the validator key is not a usable Ed25519 secret key")]
    Key,
    /// A validator's public key is not usable.
    #[error("a validator's public key of epoch {epoch} is not a usable Ed25519 key")]
    ValidatorKey {
        /// The epoch.
        epoch: u64,
    },
    /// The engine's folder remembers blocks that the log lacks.
    #[error(
        "this node has applied block {applied} before, but its log ends at {log}: the log was replaced by an older one. Put back the newer log; if it is lost, make a new folder with 'node init --rejoin'"
    )]
    AheadOfLog {
        /// What was applied.
        applied: u64,
        /// Where the log ends.
        log: u64,
    },
    /// A part of the engine ended, usually because the disk failed; the log says why.
    #[error("the consensus engine stopped by itself ({part}): look for the first error in the log, then start again")]
    Stopped {
        /// Which part.
        part: &'static str,
    },
    /// The thread of the engine could not be started or ended by a panic.
    #[error("the consensus engine's thread failed: look for the first error in the log, then start again")]
    Thread,
    /// A final block could not be applied.
    #[error("a final block could not be applied: {0}")]
    Apply(LogError),
}
