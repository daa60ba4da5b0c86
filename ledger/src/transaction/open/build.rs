//! How a buyer builds an Open: plan, derive, prove.

use hushwatt_crypto::{
    Rng, SecretScalar,
    address::Address,
    clsag::Member,
    commitment::Opening,
    handle::handle,
    hint::{Hint, HintBody},
    onetime::NewOutput,
    range::{self, RangeBits},
};

use super::{CHANGE_HINT, CLAIM_HINT, ContractTerms, Open, OpenStatement, REFUND_HINT};
use crate::{
    genesis::Genesis,
    note::BucketVersion,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built, MadeOutput, Memo, Payee},
        signing_digest,
        spend::{BalancedInputs, OwnedInput, SortedInputs},
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

/// What a buyer decides.
pub struct OpenPlan {
    /// The bucket version all inputs are in.
    pub bucket: BucketVersion,
    /// 1 to 4 credit notes, worth at least price times quantity and the fee.
    pub inputs: Vec<OwnedInput>,
    /// The buyer's own address: change and refund.
    pub buyer: Address,
    /// The seller's address: the claim.
    pub seller: Address,
    /// What is bought.
    pub utility: Utility,
    /// When.
    pub window: Window,
    /// At which price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// What the buyer notes for himself beside the change.
    pub change_memo: Memo,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// An Open whose statement stands and whose proofs are missing.
pub struct UnprovenOpen {
    envelope: Envelope,
    statement: OpenStatement,
    hints: Vec<Hint>,
    change: Opening,
    quantity: Opening,
    inputs: BalancedInputs,
}

impl OpenPlan {
    /// Derives keys, the contract, hints and fresh input commitments.
    pub fn derive(self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnprovenOpen, BuildError> {
        let network = genesis.network();
        let inputs = SortedInputs::new(self.inputs)?;
        let context = inputs.context();
        let lock = self.price.times(self.quantity);
        let spent = lock.checked_add(Credit(genesis.parameters.fee)).ok_or(BuildError::Overflow)?;
        let rest = inputs.total()?.checked_sub(spent.0).ok_or(BuildError::Unbalanced)?;
        let (change_output, change_hint, MadeOutput { opening: change, .. }) =
            Payee::with_memo(self.buyer, rest, self.change_memo).make(network, context, CHANGE_HINT.into(), rng)?;

        let quantity = Opening::new(self.quantity.0.into(), SecretScalar::random(rng));
        let (delivered, t) = (SecretScalar::random(rng), SecretScalar::random(rng));
        let body = HintBody::contract(quantity.value, quantity.blinding.clone(), &delivered, &t);
        let refund = NewOutput::derive(network, &self.buyer, context, REFUND_HINT, rng)?;
        let claim = NewOutput::derive(network, &self.seller, context, CLAIM_HINT, rng)?;
        let hints = vec![change_hint, Hint::seal(&refund, &body), Hint::seal(&claim, &body)];
        let contract = ContractTerms {
            utility: self.utility,
            window: self.window,
            price: self.price,
            quantity: quantity.commit_point()?,
            handle: handle(&delivered, &t)?,
            refund_key: refund.key,
            claim_key: claim.key,
        };
        let price = u64::from(self.price.micro_euro());
        let inputs = inputs.balance(&change.blinding.plus(&quantity.blinding.times(price)), rng)?;
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        let spends = inputs.spends().to_vec();
        let statement = OpenStatement { bucket: self.bucket, inputs: spends, change: change_output, contract };
        Ok(UnprovenOpen { envelope, statement, hints, change, quantity, inputs })
    }
}

impl UnprovenOpen {
    /// Proves ranges and signs every input over the bucket.
    pub fn prove(self, ring: &[Member], rng: &mut impl Rng) -> Result<Built, BuildError> {
        if ring.len() != self.statement.bucket.ring() {
            return Err(BuildError::WrongRing);
        }
        let network = &self.envelope.network;
        let digest = signing_digest(&self.envelope, &self.statement);
        let change_range = range::prove(network, &digest.0, RangeBits::Bits64, &[self.change], rng)?;
        let quantity_range = range::prove(network, &digest.0, RangeBits::Bits32, &[self.quantity], rng)?;
        let signatures = self.inputs.sign(network, |_| Some(ring), &digest, rng)?;
        let action = Action::Open(Open { statement: self.statement, signatures, change_range, quantity_range });
        let authorship = self.inputs.authorship();
        Ok(Built { authorship, ..Built::new(Transaction::new(self.envelope, action), self.hints) })
    }
}
