//! How a wallet builds a Transfer: plan, derive, prove.

use hushwatt_crypto::{
    Rng, SecretScalar,
    clsag::Member,
    commitment::Opening,
    hint::Hint,
    range::{self, RangeBits},
};

use super::{Transfer, TransferStatement};
use crate::{
    genesis::Genesis,
    note::BucketVersion,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built, MadeOutput, Payee, shuffle},
        signing_digest,
        spend::{BalancedInputs, OwnedInput, SortedInputs},
    },
    units::Timestamp,
};

/// What a wallet decides: notes of one bucket, and who gets how much. Outputs must equal inputs less the fee.
pub struct TransferPlan {
    /// The bucket version all inputs are in.
    pub bucket: BucketVersion,
    /// 1 to 4 notes.
    pub inputs: Vec<OwnedInput>,
    /// 2 or 8 payees, change included; their order is shuffled.
    pub payees: Vec<Payee>,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// A Transfer whose statement stands and whose proofs are missing.
pub struct UnprovenTransfer {
    envelope: Envelope,
    statement: TransferStatement,
    hints: Vec<Hint>,
    made: Vec<MadeOutput>,
    inputs: BalancedInputs,
}

impl TransferPlan {
    /// Derives outputs, hints and fresh input commitments.
    pub fn derive(mut self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnprovenTransfer, BuildError> {
        if self.payees.len() != 2 && self.payees.len() != 8 {
            return Err(BuildError::OutputCount);
        }
        let network = genesis.network();
        let inputs = SortedInputs::new(self.inputs)?;
        let paid = self.payees.iter().map(|payee| payee.value);
        let spent = paid.into_iter().try_fold(genesis.parameters.fee, u64::checked_add).ok_or(BuildError::Overflow)?;
        if inputs.total()? != spent {
            return Err(BuildError::Unbalanced);
        }
        shuffle(&mut self.payees, rng);
        let (mut outputs, mut hints, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for (index, payee) in self.payees.iter().enumerate() {
            let (output, hint, secrets) = payee.make(network, inputs.context(), index, rng)?;
            outputs.push(output);
            hints.push(hint);
            made.push(secrets);
        }
        let blinding = SecretScalar::sum(made.iter().map(|made: &MadeOutput| &made.opening.blinding));
        let inputs = inputs.balance(&blinding, rng)?;
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        let statement = TransferStatement { bucket: self.bucket, inputs: inputs.spends().to_vec(), outputs };
        Ok(UnprovenTransfer { envelope, statement, hints, made, inputs })
    }
}

impl UnprovenTransfer {
    /// Proves ranges and signs every input over the bucket.
    pub fn prove(self, ring: &[Member], rng: &mut impl Rng) -> Result<Built, BuildError> {
        if ring.len() != self.statement.bucket.ring() {
            return Err(BuildError::WrongRing);
        }
        let network = &self.envelope.network;
        let digest = signing_digest(&self.envelope, &self.statement);
        let openings: Vec<Opening> = self.made.iter().map(|made| made.opening.clone()).collect();
        let range = range::prove(network, &digest.0, RangeBits::Bits64, &openings, rng)?;
        let signatures = self.inputs.sign(network, |_| Some(ring), &digest, rng)?;
        let action = Action::Transfer(Transfer { statement: self.statement, signatures, range });
        let authorship = self.inputs.authorship();
        let UnprovenTransfer { envelope, hints, made, .. } = self;
        Ok(Built { transaction: Transaction::new(envelope, action), hints, authorship, made })
    }
}
