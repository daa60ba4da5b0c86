//! How a meter builds an Attest: plan, prove, sign. Readings and blindings come from the meter's own software.

use hushwatt_crypto::{
    Label, Point, Rng,
    commitment::Opening,
    range::{self, RangeBits, RangeProof},
    signature::SigningKey,
};

use super::{Attest, AttestStatement, AttestedWindow, MAX_WINDOWS, WindowStatus};
use crate::{
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction, TransactionId,
        build::{BuildError, Built},
        metered::{Openings, commit, range_openings},
        signing_digest,
    },
    units::{MeterId, Timestamp, Window},
};

/// The openings of one window.
pub struct WindowOpenings {
    /// How the values came about.
    pub status: WindowStatus,
    /// Exported, an opening per interval.
    pub export: Vec<Opening>,
    /// Imported, an opening per interval.
    pub import: Vec<Opening>,
    /// Key of the energy note, for a status that mints.
    pub note_key: Option<Point>,
}

/// What a meter wants to attest.
pub struct AttestPlan {
    /// Which meter.
    pub meter: MeterId,
    /// One more than its last.
    pub sequence: u64,
    /// Id of its last; zeros for the first.
    pub previous: TransactionId,
    /// Salt the blindings were derived with.
    pub salt: [u8; 32],
    /// The first of the windows.
    pub first_window: Window,
    /// 1 to 24 windows.
    pub windows: Vec<WindowOpenings>,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// An Attest with its range proof; what is missing is the meter's signature.
pub struct UnsignedAttest {
    envelope: Envelope,
    statement: AttestStatement,
    range: RangeProof,
}

impl AttestPlan {
    /// Commits and proves ranges, in the class that the genesis gave the meter.
    pub fn prove(self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnsignedAttest, BuildError> {
        let class = genesis.meter(self.meter).ok_or(BuildError::WindowShape)?.class;
        self.prove_in(genesis, class, rng)
    }

    /// The same in the class that the meter has now, where it was replaced.
    pub fn prove_in(
        self,
        genesis: &Genesis,
        class: RangeBits,
        rng: &mut impl Rng,
    ) -> Result<UnsignedAttest, BuildError> {
        let network = genesis.network();
        let intervals = genesis.parameters.intervals_per_window();
        let shape = |window: &WindowOpenings| {
            window.export.len() == intervals
                && window.import.len() == intervals
                && window.note_key.is_some() == window.status.mints()
        };
        if self.windows.is_empty() || self.windows.len() > MAX_WINDOWS || !self.windows.iter().all(shape) {
            return Err(BuildError::WindowShape);
        }
        let windows = self
            .windows
            .iter()
            .map(|window| {
                Ok(AttestedWindow {
                    status: window.status,
                    export: commit(&window.export)?,
                    import: commit(&window.import)?,
                    note_key: window.note_key,
                })
            })
            .collect::<Result<_, BuildError>>()?;
        let statement = AttestStatement {
            meter: self.meter,
            sequence: self.sequence,
            previous: self.previous,
            salt: self.salt,
            first_window: self.first_window,
            windows,
        };
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &[]) };
        let digest = signing_digest(&envelope, &statement);
        let openings: Vec<Openings<'_>> =
            self.windows.iter().map(|window| Openings { export: &window.export, import: &window.import }).collect();
        let range = range::prove(network, &digest.0, class, &range_openings(class, &openings), rng)?;
        Ok(UnsignedAttest { envelope, statement, range })
    }
}

impl UnsignedAttest {
    /// The id the attestation will have.
    pub fn id(&self) -> TransactionId {
        signing_digest(&self.envelope, &self.statement)
    }

    /// Signs with the meter's key.
    pub fn sign(self, key: &SigningKey) -> Built {
        let digest = self.id();
        let signature = key.sign(&self.envelope.network, Label::MeterSignature, &digest.0);
        let action = Action::Attest(Attest { statement: self.statement, range: self.range, signature });
        Built::new(Transaction::new(self.envelope, action), Vec::new())
    }
}
