//! How a household builds an order: plan, derive, prove; then the operator admits it.

use hushwatt_crypto::{
    NetworkId, Point, Rng, SecretScalar,
    address::Address,
    clsag::Member,
    commitment::Opening,
    context::Context,
    handle::handle,
    hint::{Hint, HintBody},
    onetime::NewOutput,
    range::{self, RangeBits},
    signature::Signature,
};

use super::{
    Buy, BuyStatement, CHANGE_HINT, OrderOpening, OrderTerms, Sell, SellStatement, Side, buy, sell, with_admission,
};
use crate::{
    genesis::Genesis,
    note::BucketVersion,
    parameters::{AuctionParameters, Parameters},
    transaction::{
        Action, Envelope, HintsDigest, Transaction, TransactionId,
        build::{BuildError, Built, MadeOutput, Memo, Payee},
        signing_digest,
        spend::{BalancedInputs, OwnedInput, SortedInputs},
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

/// What a seller decides.
pub struct SellPlan {
    /// The energy bucket version all inputs are in.
    pub bucket: BucketVersion,
    /// 1 to 4 energy notes of the utility and window, worth at least the quantity.
    pub inputs: Vec<OwnedInput>,
    /// The seller's own address: change, payout and rest.
    pub seller: Address,
    /// What is sold.
    pub utility: Utility,
    /// Of which window.
    pub window: Window,
    /// How much at most.
    pub quantity: Quantity,
    /// At which price at least.
    pub limit: Price,
    /// What the seller notes for himself beside the change.
    pub change_memo: Memo,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// What a buyer decides.
pub struct BuyPlan {
    /// The bucket version all inputs are in.
    pub bucket: BucketVersion,
    /// 1 to 4 credit notes, worth at least the utility's cap times the quantity, and the fee.
    pub inputs: Vec<OwnedInput>,
    /// The buyer's own address: change and refund.
    pub buyer: Address,
    /// What is bought.
    pub utility: Utility,
    /// Of which window.
    pub window: Window,
    /// How much at most.
    pub quantity: Quantity,
    /// At which price at most.
    pub limit: Price,
    /// What the buyer notes for himself beside the change.
    pub change_memo: Memo,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// The statement of either kind.
enum OrderStatement {
    Sell(SellStatement),
    Buy(BuyStatement),
}

/// An order whose statement stands and whose proofs are missing.
pub struct UnprovenOrder {
    envelope: Envelope,
    statement: OrderStatement,
    hints: Vec<Hint>,
    opening: OrderOpening,
    /// What is in range for quantity and limit to be allowed.
    bounded: [Opening; 3],
    change: Opening,
    inputs: BalancedInputs,
}

/// A proven order that the operator has not admitted yet.
pub struct UnadmittedOrder {
    /// The order, with zeros where the admission will be: its id is final.
    pub built: Built,
    /// What the operator has to know; for him and its owner only.
    pub opening: OrderOpening,
}

/// Quantity and limit as committed to, before the keys are known.
struct Offer {
    terms: OrderTerms,
    opening: OrderOpening,
    bounded: [Opening; 3],
    /// What the owner's own hints say.
    body: HintBody,
}

/// Draws the secrets of an order for what is allowed.
fn offer(
    parameters: &Parameters,
    (utility, window): (Utility, Window),
    quantity: Quantity,
    limit: Price,
    rng: &mut impl Rng,
) -> Result<Offer, BuildError> {
    let AuctionParameters { q_min, .. } = parameters.auction.ok_or(BuildError::NoAuctions)?;
    let bounds = parameters.prices_of(utility);
    let over = quantity.0.checked_sub(q_min).ok_or(BuildError::OrderTooSmall)?;
    let above = limit.micro_euro().checked_sub(bounds.floor).ok_or(BuildError::LimitOutOfRange)?;
    let below = bounds.cap.checked_sub(limit.micro_euro()).ok_or(BuildError::LimitOutOfRange)?;
    let mut secret = || SecretScalar::random(rng);
    let [b_q, b_limit, b_a, t] = [secret(), secret(), secret(), secret()];
    let body = HintBody::contract(quantity.0.into(), b_q.clone(), &b_a, &t);
    let bounded = [
        Opening::new(over.into(), b_q.clone()),
        Opening::new(above.into(), b_limit.clone()),
        Opening::new(below.into(), SecretScalar::zero().minus(&b_limit)),
    ];
    let opening = OrderOpening::new((quantity, b_q), (limit, b_limit), b_a, t);
    let terms = OrderTerms {
        utility,
        window,
        quantity: opening.quantity_opening().commit_point()?,
        limit: opening.limit_opening().commit_point()?,
        handle: handle(opening.fill_blinding(), opening.t())?,
    };
    Ok(Offer { terms, opening, bounded, body })
}

fn own_output(
    network: &NetworkId,
    to: &Address,
    context: Context,
    index: u8,
    body: &HintBody,
    rng: &mut impl Rng,
) -> Result<(Point, Hint), BuildError> {
    let output = NewOutput::derive(network, to, context, index, rng)?;
    Ok((output.key, Hint::seal(&output, body)))
}

impl SellPlan {
    /// Derives keys, commitments, hints and fresh input commitments.
    ///
    /// # Errors
    /// [`BuildError::NoAuctions`], [`BuildError::OrderTooSmall`], [`BuildError::LimitOutOfRange`], and
    /// [`BuildError::Unbalanced`] if the notes are worth less than the quantity.
    pub fn derive(self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnprovenOrder, BuildError> {
        let network = genesis.network();
        let asset = (self.utility, self.window);
        let Offer { terms, opening, bounded, body } =
            offer(&genesis.parameters, asset, self.quantity, self.limit, rng)?;
        let inputs = SortedInputs::new(self.inputs)?;
        let context = inputs.context();
        let rest = inputs.total()?.checked_sub(self.quantity.0.into()).ok_or(BuildError::Unbalanced)?;
        let (change_output, change_hint, MadeOutput { opening: change, .. }) =
            Payee::with_memo(self.seller, rest, self.change_memo).make(network, context, CHANGE_HINT.into(), rng)?;
        let (payout_key, payout_hint) = own_output(network, &self.seller, context, sell::PAYOUT_HINT, &body, rng)?;
        let (rest_key, rest_hint) = own_output(network, &self.seller, context, sell::REST_HINT, &body, rng)?;
        let hints = vec![change_hint, payout_hint, rest_hint];
        let inputs = inputs.balance(&change.blinding.plus(&body.blinding), rng)?;
        let statement = OrderStatement::Sell(SellStatement {
            bucket: self.bucket,
            inputs: inputs.spends().to_vec(),
            change: change_output,
            terms,
            payout_key,
            rest_key,
        });
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        Ok(UnprovenOrder { envelope, statement, hints, opening, bounded, change, inputs })
    }
}

impl BuyPlan {
    /// Derives keys, commitments, hints and fresh input commitments.
    ///
    /// # Errors
    /// As [`SellPlan::derive`]; [`BuildError::Unbalanced`] if the notes are worth less than the cap times the quantity and the
    /// fee.
    pub fn derive(self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnprovenOrder, BuildError> {
        let (network, parameters) = (genesis.network(), &genesis.parameters);
        let asset = (self.utility, self.window);
        let Offer { terms, opening, bounded, body } = offer(parameters, asset, self.quantity, self.limit, rng)?;
        let inputs = SortedInputs::new(self.inputs)?;
        let context = inputs.context();
        let cap = parameters.prices_of(self.utility).cap;
        let lock = Price::new(cap).ok_or(BuildError::LimitOutOfRange)?.times(self.quantity);
        let spent = lock.checked_add(Credit(parameters.fee)).ok_or(BuildError::Overflow)?;
        let rest = inputs.total()?.checked_sub(spent.0).ok_or(BuildError::Unbalanced)?;
        let (change_output, change_hint, MadeOutput { opening: change, .. }) =
            Payee::with_memo(self.buyer, rest, self.change_memo).make(network, context, CHANGE_HINT.into(), rng)?;
        let (refund_key, refund_hint) = own_output(network, &self.buyer, context, buy::REFUND_HINT, &body, rng)?;
        let hints = vec![change_hint, refund_hint];
        let inputs = inputs.balance(&change.blinding.plus(&body.blinding.times(cap.into())), rng)?;
        let statement = OrderStatement::Buy(BuyStatement {
            bucket: self.bucket,
            inputs: inputs.spends().to_vec(),
            change: change_output,
            terms,
            refund_key,
        });
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        Ok(UnprovenOrder { envelope, statement, hints, opening, bounded, change, inputs })
    }
}

impl UnprovenOrder {
    /// The id the transaction will have.
    pub fn id(&self) -> TransactionId {
        match &self.statement {
            OrderStatement::Sell(statement) => signing_digest(&self.envelope, statement),
            OrderStatement::Buy(statement) => signing_digest(&self.envelope, statement),
        }
    }

    /// Which side it is on.
    pub fn side(&self) -> Side {
        match &self.statement {
            OrderStatement::Sell(_) => Side::Sell,
            OrderStatement::Buy(_) => Side::Buy,
        }
    }

    fn bucket(&self) -> BucketVersion {
        match &self.statement {
            OrderStatement::Sell(statement) => statement.bucket,
            OrderStatement::Buy(statement) => statement.bucket,
        }
    }

    /// Proves ranges and signs every input over the bucket.
    ///
    /// # Errors
    /// [`BuildError::WrongRing`] if the ring is not of the bucket's length.
    pub fn prove(self, ring: &[Member], rng: &mut impl Rng) -> Result<UnadmittedOrder, BuildError> {
        if ring.len() != self.bucket().ring() {
            return Err(BuildError::WrongRing);
        }
        let (network, digest) = (&self.envelope.network, self.id());
        let signatures = self.inputs.sign(network, |_| Some(ring), &digest, rng)?;
        let admission = Signature([0; 64]);
        let mut range = |bits, openings: &[Opening]| range::prove(network, &digest.0, bits, openings, rng);
        let action = match self.statement {
            OrderStatement::Sell(statement) => {
                let openings: Vec<Opening> = self.bounded.into_iter().chain([self.change]).collect();
                let range = range(RangeBits::Bits32, &openings)?;
                Action::Sell(Sell { statement, signatures, range, admission })
            }
            OrderStatement::Buy(statement) => {
                let change_range = range(RangeBits::Bits64, &[self.change])?;
                let terms_range = range(RangeBits::Bits32, &self.bounded)?;
                Action::Buy(Buy { statement, signatures, change_range, terms_range, admission })
            }
        };
        let authorship = self.inputs.authorship();
        let built = Built { authorship, ..Built::new(Transaction::new(self.envelope, action), self.hints) };
        Ok(UnadmittedOrder { built, opening: self.opening })
    }
}

impl UnadmittedOrder {
    /// The order as it is submitted, with the operator's admission.
    pub fn admitted(self, admission: Signature) -> Built {
        match with_admission(&self.built.transaction, admission) {
            Some(transaction) => Built { transaction, ..self.built },
            None => self.built,
        }
    }
}
