//! How the treasury builds a Burn: plan, derive, prove, sign.

use hushwatt_crypto::{
    Label, Rng,
    address::Address,
    clsag::{Clsag, Member},
    commitment::Opening,
    hint::Hint,
    range::{self, RangeBits, RangeProof},
    signature::SigningKey,
};

use super::{Burn, BurnInput, BurnStatement};
use crate::{
    genesis::Genesis,
    note::BucketVersion,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built, MadeOutput, Memo, Payee},
        signing_digest,
        spend::{BalancedInputs, OwnedInput, SortedInputs},
    },
    units::{Credit, Timestamp},
};

/// What the treasury wants to burn.
pub struct BurnPlan {
    /// 1 to 4 notes, each with its bucket.
    pub inputs: Vec<(BucketVersion, OwnedInput)>,
    /// How much.
    pub total: Credit,
    /// Where the change goes: the treasury.
    pub change: Address,
    /// What the treasury notes for itself beside the change.
    pub change_memo: Memo,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// A Burn whose statement stands and whose proofs are missing.
pub struct UnprovenBurn {
    envelope: Envelope,
    statement: BurnStatement,
    hints: Vec<Hint>,
    change: Opening,
    inputs: BalancedInputs,
}

/// A Burn with its proofs; what is missing is the treasury's signature.
pub struct UnsignedBurn {
    envelope: Envelope,
    statement: BurnStatement,
    hints: Vec<Hint>,
    authorship: Vec<Opening>,
    signatures: Vec<Clsag>,
    range: RangeProof,
}

impl BurnPlan {
    /// Derives change, hint and fresh input commitments.
    pub fn derive(self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnprovenBurn, BuildError> {
        let network = genesis.network();
        // Bucket and note travel together through the sorting by key image.
        let mut tagged = self
            .inputs
            .into_iter()
            .map(|(bucket, input)| Ok((input.secret.key_image()?, bucket, input)))
            .collect::<Result<Vec<_>, BuildError>>()?;
        tagged.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        let buckets: Vec<BucketVersion> = tagged.iter().map(|(_, bucket, _)| *bucket).collect();
        let inputs = SortedInputs::new(tagged.into_iter().map(|(_, _, input)| input).collect())?;
        let rest = inputs.total()?.checked_sub(self.total.0).ok_or(BuildError::Unbalanced)?;
        let payee = Payee::with_memo(self.change, rest, self.change_memo);
        let (change_output, hint, MadeOutput { opening: change, .. }) =
            payee.make(network, inputs.context(), 0, rng)?;
        let inputs = inputs.balance(&change.blinding, rng)?;
        let hints = vec![hint];
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        let listed =
            buckets.iter().zip(inputs.spends()).map(|(bucket, spend)| BurnInput { bucket: *bucket, spend: *spend });
        let statement = BurnStatement { inputs: listed.collect(), total: self.total, change: change_output };
        Ok(UnprovenBurn { envelope, statement, hints, change, inputs })
    }
}

impl UnprovenBurn {
    /// Proves the range and signs each input over its bucket; `rings` are in the order of [`Self::buckets`].
    pub fn prove(self, rings: &[&[Member]], rng: &mut impl Rng) -> Result<UnsignedBurn, BuildError> {
        let fits = self.statement.inputs.iter().zip(rings).all(|(input, ring)| input.bucket.ring() == ring.len());
        if rings.len() != self.statement.inputs.len() || !fits {
            return Err(BuildError::WrongRing);
        }
        let network = &self.envelope.network;
        let digest = signing_digest(&self.envelope, &self.statement);
        let range = range::prove(network, &digest.0, RangeBits::Bits64, &[self.change], rng)?;
        let signatures = self.inputs.sign(network, |place| rings.get(place).copied(), &digest, rng)?;
        let authorship = self.inputs.authorship();
        let UnprovenBurn { envelope, statement, hints, .. } = self;
        Ok(UnsignedBurn { envelope, statement, hints, authorship, signatures, range })
    }

    /// The buckets of the inputs, in their order.
    pub fn buckets(&self) -> Vec<BucketVersion> {
        self.statement.inputs.iter().map(|input| input.bucket).collect()
    }
}

impl UnsignedBurn {
    /// Signs with the treasury's key.
    pub fn sign(self, key: &SigningKey) -> Built {
        let digest = signing_digest(&self.envelope, &self.statement);
        let signature = key.sign(&self.envelope.network, Label::TreasurySignature, &digest.0);
        let UnsignedBurn { envelope, statement, hints, authorship, signatures, range } = self;
        let action = Action::Burn(Burn { statement, signatures, range, signature });
        Built { authorship, ..Built::new(Transaction::new(envelope, action), hints) }
    }
}
