//! Orders of the sealed-bid auction (protocol section 6.4): Sell gives up energy, Buy locks credit. Both commit to quantity
//! and limit, and come with the operator's signature that he could open them.

mod build;
mod buy;
mod check;
mod effect;
mod opening;
mod sell;

use hushwatt_crypto::{
    Element, Label, NetworkId, Point,
    commitment::value_part,
    hash::Hasher,
    signature::{Signature, SigningKey},
};

use super::{Action, Transaction, TransactionId};
use crate::{
    block::BlockDigest,
    codec::{DecodeError, Reader, Writer},
    parameters::Parameters,
    units::{Utility, Window},
};

pub use build::{BuyPlan, SellPlan, UnadmittedOrder, UnprovenOrder};
pub use buy::{Buy, BuyStatement, HINTS as BUY_HINTS, REFUND_HINT};
pub use check::check_without_ring;
pub use opening::{ORDER_OPENING_BYTES, OrderOpening};
pub use sell::{HINTS as SELL_HINTS, PAYOUT_HINT, REST_HINT, Sell, SellStatement};

/// Index of the change's hint, in both kinds.
pub const CHANGE_HINT: u8 = 0;

/// Id of an order: a hash of its transaction's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub [u8; 32]);

impl OrderId {
    /// Of the order that a transaction places.
    pub fn of(network: &NetworkId, order: &TransactionId) -> Self {
        OrderId(Hasher::new(network, Label::OrderId).part(&order.0).finish32())
    }
}

impl core::fmt::Display for OrderId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl core::fmt::Debug for OrderId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Who wants what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Asks: gives energy for credit.
    Sell,
    /// Bids: gives credit for energy.
    Buy,
}

/// What an order offers, in commitments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderTerms {
    /// What is traded.
    pub utility: Utility,
    /// Delivered when.
    pub window: Window,
    /// `C_q`: the quantity, at least `q_min`.
    pub quantity: Point,
    /// `C_limit`: the lowest price of a seller, the highest of a buyer; micro-euro per base unit, any integer between floor
    /// and cap.
    pub limit: Point,
    /// `K = b_a*G + t*J`: the blinding the fill will have.
    pub handle: Point,
}

impl OrderTerms {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u8(self.utility.code()).u64(self.window.0);
        writer.element(&self.quantity).element(&self.limit).element(&self.handle);
    }

    /// Reads the encoding.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(OrderTerms {
            utility: Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?,
            window: Window(reader.u64()?),
            quantity: reader.point()?,
            limit: reader.point()?,
            handle: reader.point()?,
        })
    }

    /// What must not be negative for quantity and limit to be allowed: `C_q - q_min*H`, `C_limit - floor*H`,
    /// `cap*H - C_limit`.
    pub fn bounded(&self, q_min: u32, parameters: &Parameters) -> [Element; 3] {
        let bounds = parameters.prices_of(self.utility);
        [
            Element::new(self.quantity.point() - value_part(q_min.into())),
            Element::new(self.limit.point() - value_part(bounds.floor.into())),
            Element::new(value_part(bounds.cap.into()) - self.limit.point()),
        ]
    }
}

/// What Sell and Buy have in common.
#[derive(Clone, Copy, Debug)]
pub struct OrderView<'a> {
    /// Which of the two.
    pub side: Side,
    /// What is offered.
    pub terms: &'a OrderTerms,
    /// The operator's signature of the transaction's id.
    pub admission: &'a Signature,
}

impl Action {
    /// As an order, if it is one.
    pub fn order(&self) -> Option<OrderView<'_>> {
        match self {
            Action::Sell(sell) => {
                Some(OrderView { side: Side::Sell, terms: &sell.statement.terms, admission: &sell.admission })
            }
            Action::Buy(buy) => {
                Some(OrderView { side: Side::Buy, terms: &buy.statement.terms, admission: &buy.admission })
            }
            _ => None,
        }
    }
}

/// The operator's signature that admits an order, given only after he has opened it.
pub fn admit(operator: &SigningKey, network: &NetworkId, order: &TransactionId) -> Signature {
    operator.sign(network, Label::OperatorSignature, &order.0)
}

/// The same order with this admission; its id stays what it was. `None` if it is no order.
pub fn with_admission(transaction: &Transaction, admission: Signature) -> Option<Transaction> {
    let mut action = transaction.action().clone();
    match &mut action {
        Action::Sell(sell) => sell.admission = admission,
        Action::Buy(buy) => buy.admission = admission,
        _ => return None,
    }
    Some(Transaction::new(*transaction.envelope(), action))
}

/// Orders by rank, in which those of equal limits are served: by a hash with the first block after orders closed, which
/// nobody knew when he ordered.
pub fn ranked(network: &NetworkId, rank: &BlockDigest, ids: impl IntoIterator<Item = OrderId>) -> Vec<OrderId> {
    let hash = |id: &OrderId| Hasher::new(network, Label::OrderRank).part(&rank.0).part(&id.0).finish32();
    let mut ids: Vec<OrderId> = ids.into_iter().collect();
    ids.sort_by_cached_key(|id| (hash(id), *id));
    ids
}
