//! Clear: the operator's proven outcome of a sealed-bid auction (protocol section 6.4).

mod build;
mod check;
mod effect;

use hushwatt_circuits::CircuitProof;
use hushwatt_crypto::{Point, handle::HandleProof, signature::Signature};

use super::{Statement, order::OrderId};
use crate::{
    codec::{DecodeError, Reader, Writer},
    parameters::AuctionParameters,
    units::{Price, Utility, Window},
};

pub use build::{ClearError, ClearPlan, Cleared};

/// How many orders a Clear lists: both sides have some.
pub const ORDERS: core::ops::RangeInclusive<usize> = 2..=AuctionParameters::MOST_ORDERS as usize;

/// What an order gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Which.
    pub order: OrderId,
    /// `C_a = com(a; b_a)`: how much of it is traded, and afterwards the receipt.
    pub fill: Point,
}

/// How an auction ends. Orders stand in ascending order of their ids, all that the ledger accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Something is traded, at one price.
    Trade {
        /// Micro-euro per base unit: any integer between floor and cap.
        price: Price,
        /// What each order gets, perhaps nothing.
        fills: Vec<Fill>,
    },
    /// No bid reaches an ask.
    NoTrade {
        /// All orders.
        orders: Vec<OrderId>,
    },
}

impl Outcome {
    const NO_TRADE: u8 = 0;
    const TRADE: u8 = 1;

    /// The orders, as listed.
    pub fn orders(&self) -> Vec<OrderId> {
        match self {
            Outcome::Trade { fills, .. } => fills.iter().map(|fill| fill.order).collect(),
            Outcome::NoTrade { orders } => orders.clone(),
        }
    }

    /// The clearing price, if there is one.
    pub fn price(&self) -> Option<Price> {
        match self {
            Outcome::Trade { price, .. } => Some(*price),
            Outcome::NoTrade { .. } => None,
        }
    }

    /// What is committed to have been traded of an order.
    pub fn fill_of(&self, id: &OrderId) -> Option<&Point> {
        match self {
            Outcome::Trade { fills, .. } => fills.iter().find(|fill| fill.order == *id).map(|fill| &fill.fill),
            Outcome::NoTrade { .. } => None,
        }
    }

    fn encode(&self, writer: &mut Writer) {
        match self {
            Outcome::NoTrade { orders } => {
                writer.u8(Self::NO_TRADE).count(orders.len());
                orders.iter().for_each(|order| {
                    writer.bytes(&order.0);
                });
            }
            Outcome::Trade { price, fills } => {
                writer.u8(Self::TRADE).u32(price.micro_euro()).count(fills.len());
                fills.iter().for_each(|fill| {
                    writer.bytes(&fill.order.0).element(&fill.fill);
                });
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            Self::NO_TRADE => {
                let count = reader.count(ORDERS)?;
                let orders = (0..count).map(|_| Ok(OrderId(reader.array()?))).collect::<Result<_, DecodeError>>()?;
                Ok(Outcome::NoTrade { orders })
            }
            Self::TRADE => {
                let price = Price::new(reader.u32()?).ok_or(DecodeError::LengthOutOfRange)?;
                let count = reader.count(ORDERS)?;
                let fills = (0..count)
                    .map(|_| Ok(Fill { order: OrderId(reader.array()?), fill: reader.point()? }))
                    .collect::<Result<_, DecodeError>>()?;
                Ok(Outcome::Trade { price, fills })
            }
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClearStatement {
    /// What was traded.
    pub utility: Utility,
    /// Of which window.
    pub window: Window,
    /// How it ended.
    pub outcome: Outcome,
}

/// A Clear with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clear {
    /// What is signed.
    pub statement: ClearStatement,
    /// That each fill keeps the blinding of its order; none where nothing is filled.
    pub handles: Option<HandleProof>,
    /// That price and fills are right.
    pub proof: CircuitProof,
    /// The operator's signature of the id.
    pub signature: Signature,
}

impl Statement for ClearStatement {
    const KIND: u8 = 11;

    fn encode(&self, writer: &mut Writer) {
        writer.u8(self.utility.code()).u64(self.window.0);
        self.outcome.encode(writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(ClearStatement {
            utility: Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?,
            window: Window(reader.u64()?),
            outcome: Outcome::decode(reader)?,
        })
    }
}

impl Clear {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = ClearStatement::decode(reader)?;
        let handles = match statement.outcome {
            Outcome::Trade { .. } => Some(reader.handle_proof()?),
            Outcome::NoTrade { .. } => None,
        };
        Ok(Clear { statement, handles, proof: reader.circuit_proof()?, signature: reader.signature()? })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        if let Some(handles) = &self.handles {
            writer.handle_proof(handles);
        }
        writer.circuit_proof(&self.proof).signature(&self.signature);
    }
}
