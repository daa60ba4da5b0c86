//! How a seller builds a Deliver: plan, derive, prove.

use hushwatt_crypto::{
    Point, Rng, SecretScalar,
    address::Address,
    clsag::Member,
    commitment::Opening,
    handle::{self, HandleWitness},
    hint::{Hint, HintBody},
    keys::OneTimeSecret,
    onetime::NewOutput,
    range::{self, RangeBits},
    schnorr,
};

use super::{CHANGE_HINT, Deliver, DeliverStatement, Delivery, MAX_CONTRACTS, PAYOUT_HINT};
use crate::{
    genesis::Genesis,
    note::BucketVersion,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built, MadeOutput, Memo, Payee},
        open::ContractId,
        signing_digest,
        spend::{BalancedInputs, OwnedInput, SortedInputs},
    },
    units::{Price, Quantity, Timestamp},
};

/// A contract as its seller knows it from the claim's hint, and what he delivers to it.
#[derive(Clone)]
pub struct ClaimedContract {
    /// Which.
    pub id: ContractId,
    /// At which price.
    pub price: Price,
    /// Opening of `C_q`.
    pub quantity: Opening,
    /// `b_d`, the blinding the receipt must have.
    pub delivered_blinding: SecretScalar,
    /// `t` of the handle.
    pub t: SecretScalar,
    /// `K`.
    pub handle: Point,
    /// Secret of the claim key.
    pub claim: OneTimeSecret,
    /// How much is delivered: at most the contract's quantity.
    pub deliver: Quantity,
}

/// What a seller decides.
pub struct DeliverPlan {
    /// The energy bucket version all inputs are in.
    pub bucket: BucketVersion,
    /// 1 to 4 energy notes of the contracts' window.
    pub inputs: Vec<OwnedInput>,
    /// The seller's own address: change and payout.
    pub seller: Address,
    /// 1 to 7 contracts.
    pub contracts: Vec<ClaimedContract>,
    /// What the seller notes for himself beside the change.
    pub change_memo: Memo,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// A Deliver whose statement stands and whose proofs are missing.
pub struct UnprovenDeliver {
    envelope: Envelope,
    statement: DeliverStatement,
    hints: Vec<Hint>,
    contracts: Vec<ClaimedContract>,
    range: Vec<Opening>,
    inputs: BalancedInputs,
}

impl DeliverPlan {
    /// Derives receipts, change, payout and fresh input commitments.
    pub fn derive(mut self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnprovenDeliver, BuildError> {
        if self.contracts.is_empty() || self.contracts.len() > MAX_CONTRACTS {
            return Err(BuildError::ContractCount);
        }
        self.contracts.sort_by_key(|contract| contract.id);
        let network = genesis.network();
        let inputs = SortedInputs::new(self.inputs)?;
        let context = inputs.context();

        let (mut receipts, mut rests, mut payout) = (Vec::new(), Vec::new(), Opening::new(0, SecretScalar::zero()));
        for contract in &self.contracts {
            let delivered = u64::from(contract.deliver.0);
            let rest = contract.quantity.value.checked_sub(delivered).ok_or(BuildError::OverDelivery)?;
            let receipt = Opening::new(delivered, contract.delivered_blinding.clone());
            rests.push(Opening::new(rest, contract.quantity.blinding.minus(&receipt.blinding)));
            let price = u64::from(contract.price.micro_euro());
            payout.value =
                payout.value.checked_add(contract.price.times(contract.deliver).0).ok_or(BuildError::Overflow)?;
            payout.blinding = payout.blinding.plus(&receipt.blinding.times(price));
            receipts.push(receipt);
        }
        let delivered: u64 = receipts.iter().map(|receipt| receipt.value).sum();
        let rest = inputs.total()?.checked_sub(delivered).ok_or(BuildError::Unbalanced)?;
        let (change_output, change_hint, MadeOutput { opening: change, .. }) =
            Payee::with_memo(self.seller, rest, self.change_memo).make(network, context, CHANGE_HINT.into(), rng)?;
        let payout_output = NewOutput::derive(network, &self.seller, context, PAYOUT_HINT, rng)?;
        let payout_hint = Hint::seal(&payout_output, &HintBody::note(payout.value, payout.blinding.clone()));
        let hints = vec![change_hint, payout_hint];

        let blinding = SecretScalar::sum(receipts.iter().chain([&change]).map(|opening| &opening.blinding));
        let inputs = inputs.balance(&blinding, rng)?;
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        let deliveries = self
            .contracts
            .iter()
            .zip(&receipts)
            .map(|(contract, receipt)| Ok(Delivery { contract: contract.id, delivered: receipt.commit_point()? }))
            .collect::<Result<_, BuildError>>()?;
        let statement = DeliverStatement {
            bucket: self.bucket,
            inputs: inputs.spends().to_vec(),
            change: change_output,
            payout_key: payout_output.key,
            deliveries,
        };
        let range = receipts.into_iter().chain(rests).chain([change]).collect();
        Ok(UnprovenDeliver { envelope, statement, hints, contracts: self.contracts, range, inputs })
    }
}

impl UnprovenDeliver {
    /// Proves ranges and handles, signs every claim, and every input over the bucket.
    pub fn prove(self, ring: &[Member], rng: &mut impl Rng) -> Result<Built, BuildError> {
        if ring.len() != self.statement.bucket.ring() {
            return Err(BuildError::WrongRing);
        }
        let network = &self.envelope.network;
        let digest = signing_digest(&self.envelope, &self.statement);
        let range = range::prove(network, &digest.0, RangeBits::Bits32, &self.range, rng)?;
        let delivered: Vec<Point> = self.statement.deliveries.iter().map(|delivery| delivery.delivered).collect();
        let handle_points: Vec<Point> = self.contracts.iter().map(|contract| contract.handle).collect();
        let witnesses: Vec<HandleWitness<'_>> = self
            .contracts
            .iter()
            .map(|contract| HandleWitness { delivered: contract.deliver.0, t: &contract.t })
            .collect();
        let handles = handle::prove(network, &digest.0, &delivered, &handle_points, &witnesses, rng)?;
        let claims = self
            .contracts
            .iter()
            .map(|contract| schnorr::sign(network, contract.claim.secret(), &digest.0, rng))
            .collect::<Result<_, _>>()?;
        let signatures = self.inputs.sign(network, |_| Some(ring), &digest, rng)?;
        let action = Action::Deliver(Deliver { statement: self.statement, signatures, claims, handles, range });
        let authorship = self.inputs.authorship();
        Ok(Built { authorship, ..Built::new(Transaction::new(self.envelope, action), self.hints) })
    }
}
