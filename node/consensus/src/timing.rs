//! How long the engine waits for what.

use std::time::Duration;

/// Waiting times. All validators of a network should use the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a leader may hold its proposal back before the others skip its turn. A leader with nothing to do
    /// proposes nothing, so an idle network changes its leader at this pace, and each change is some writes.
    pub leader: Duration,
    /// How long a turn may take until its block is certified.
    pub certification: Duration,
    /// How often a vote to skip is repeated.
    pub retry: Duration,
    /// A validator that was silent for so long is skipped at once in its turn.
    pub silent: Duration,
    /// How often a leader looks whether there is something to propose.
    pub poll: Duration,
    /// How long a peer has to answer a request for a missing block.
    pub fetch: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            leader: Duration::from_secs(5),
            certification: Duration::from_secs(8),
            retry: Duration::from_secs(5),
            silent: Duration::from_secs(15),
            poll: Duration::from_millis(10),
            fetch: Duration::from_secs(2),
        }
    }
}
