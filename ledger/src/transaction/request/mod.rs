//! Request: a registrar asks for a total; the first one fixes for ever what it is over (protocol section 10).

mod build;
mod check;
mod effect;

use hushwatt_crypto::signature::Signature;

use super::Statement;
use crate::{
    codec::{DecodeError, Reader, Writer},
    committee::MAX_COHORT,
    units::{MeterId, Period, Utility},
};

pub use build::RequestPlan;

/// What a total is over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// The meters of a cohort, by its place in the list of the period.
    Cohort(u8),
    /// The trades of a utility whose sellers shared what they delivered.
    Trades(Utility),
}

impl Target {
    const COHORT: u8 = 0;
    const TRADES: u8 = 1;

    /// Two bytes, by which it is found.
    pub(crate) fn code(self) -> [u8; 2] {
        match self {
            Target::Cohort(place) => [Self::COHORT, place],
            Target::Trades(utility) => [Self::TRADES, utility.code()],
        }
    }

    pub(crate) fn from_code(code: [u8; 2]) -> Result<Self, DecodeError> {
        match code {
            [Self::COHORT, place] => Ok(Target::Cohort(place)),
            [Self::TRADES, code] => Utility::from_code(code).map(Target::Trades).ok_or(DecodeError::UnknownTag),
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestStatement {
    /// Of which period.
    pub period: Period,
    /// Over what.
    pub target: Target,
    /// Meters of the cohort that are left out, in ascending order: those that did not share, or wrongly, and as many more as make
    /// three. Of trades none are named: all that were shared rightly are in.
    pub left_out: Vec<MeterId>,
    /// The registrar who asks, by his place in the genesis.
    pub registrar: u8,
}

/// A request with its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What is signed.
    pub statement: RequestStatement,
    /// By the registrar's key.
    pub signature: Signature,
}

impl Statement for RequestStatement {
    const KIND: u8 = 14;

    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.period.0).bytes(&self.target.code()).u8(self.registrar);
        writer.u16(u16::try_from(self.left_out.len()).unwrap_or(u16::MAX));
        for meter in &self.left_out {
            writer.u32(meter.0);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (period, target) = (Period(reader.u64()?), Target::from_code(reader.array()?)?);
        let (registrar, count) = (reader.u8()?, usize::from(reader.u16()?));
        if count > MAX_COHORT {
            return Err(DecodeError::LengthOutOfRange);
        }
        let left_out = (0..count).map(|_| Ok(MeterId(reader.u32()?))).collect::<Result<_, DecodeError>>()?;
        Ok(RequestStatement { period, target, left_out, registrar })
    }
}

impl Request {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Request { statement: RequestStatement::decode(reader)?, signature: reader.signature()? })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.signature(&self.signature);
    }
}
