//! Mint: the treasury makes new credit; the total is public (protocol section 6.5).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    PublicScalar,
    range::{RangeBits, RangeProof},
    signature::Signature,
};

use super::Statement;
use crate::{
    codec::{DecodeError, Reader, Writer},
    note::Output,
    units::Credit,
};

/// Fewest and most outputs of a Mint.
pub const OUTPUTS: core::ops::RangeInclusive<usize> = 2..=64;

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MintStatement {
    /// One more than the last Mint's.
    pub serial: u64,
    /// The sum of the outputs.
    pub total: Credit,
    /// 2 to 64 outputs.
    pub outputs: Vec<Output>,
    /// `e` with `sum(C) = total*H + e*G`.
    pub excess: PublicScalar,
}

/// A Mint with its proof and signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mint {
    /// What is signed.
    pub statement: MintStatement,
    /// All outputs in 64 bits.
    pub range: RangeProof,
    /// By the treasury's key.
    pub signature: Signature,
}

impl Statement for MintStatement {
    const KIND: u8 = 5;

    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.serial).u64(self.total.0).count(self.outputs.len());
        self.outputs.iter().for_each(|output| output.encode(writer));
        writer.scalar(&self.excess);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let serial = reader.u64()?;
        let total = Credit(reader.u64()?);
        let count = reader.count(OUTPUTS)?;
        let outputs = (0..count).map(|_| Output::decode(reader)).collect::<Result<_, _>>()?;
        Ok(MintStatement { serial, total, outputs, excess: reader.scalar()? })
    }
}

impl Mint {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = MintStatement::decode(reader)?;
        let range = reader.range(RangeProof::encoded_len(RangeBits::Bits64, statement.outputs.len()))?;
        Ok(Mint { statement, range, signature: reader.signature()? })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.range(&self.range).signature(&self.signature);
    }
}
