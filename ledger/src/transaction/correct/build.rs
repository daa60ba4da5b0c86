//! How a meter builds a Correct: plan, prove, sign. Readings and blindings come from the meter's own software.

use hushwatt_crypto::{
    Label, Rng,
    commitment::Opening,
    range::{self, RangeBits, RangeProof},
    signature::SigningKey,
};

use super::{Correct, CorrectStatement};
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

/// What a meter wants to correct.
pub struct CorrectPlan {
    /// Which meter.
    pub meter: MeterId,
    /// One more than its last.
    pub sequence: u64,
    /// Id of its last.
    pub previous: TransactionId,
    /// Salt the blindings were derived with, never one that was used before.
    pub salt: [u8; 32],
    /// An attested window.
    pub window: Window,
    /// Exported, an opening per interval.
    pub export: Vec<Opening>,
    /// Imported, an opening per interval.
    pub import: Vec<Opening>,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// A Correct with its range proof; what is missing is the meter's signature.
pub struct UnsignedCorrect {
    envelope: Envelope,
    statement: CorrectStatement,
    range: RangeProof,
}

impl CorrectPlan {
    /// Commits and proves ranges, in the class that the meter has now.
    ///
    /// # Errors
    /// [`BuildError::WindowShape`] for another number of intervals than the genesis', [`BuildError::Crypto`] for a value
    /// outside of the class.
    pub fn prove(self, genesis: &Genesis, class: RangeBits, rng: &mut impl Rng) -> Result<UnsignedCorrect, BuildError> {
        let network = *genesis.network();
        let intervals = genesis.parameters.intervals_per_window();
        if self.export.len() != intervals || self.import.len() != intervals {
            return Err(BuildError::WindowShape);
        }
        let statement = CorrectStatement {
            meter: self.meter,
            sequence: self.sequence,
            previous: self.previous,
            salt: self.salt,
            window: self.window,
            export: commit(&self.export)?,
            import: commit(&self.import)?,
        };
        let envelope = Envelope { network, valid_until: self.valid_until, hints: HintsDigest::of(&network, &[]) };
        let digest = signing_digest(&envelope, &statement);
        let openings = range_openings(class, &[Openings { export: &self.export, import: &self.import }]);
        let range = range::prove(&network, &digest.0, class, &openings, rng)?;
        Ok(UnsignedCorrect { envelope, statement, range })
    }
}

impl UnsignedCorrect {
    /// The id the correction will have.
    pub fn id(&self) -> TransactionId {
        signing_digest(&self.envelope, &self.statement)
    }

    /// Signs with the meter's key.
    pub fn sign(self, key: &SigningKey) -> Built {
        let digest = self.id();
        let signature = key.sign(&self.envelope.network, Label::MeterSignature, &digest.0);
        let action = Action::Correct(Correct { statement: self.statement, range: self.range, signature });
        Built::new(Transaction::new(self.envelope, action), Vec::new())
    }
}
