//! Burn: the treasury takes credit out of circulation; the total is public (protocol section 6.5).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    clsag::Clsag,
    range::{RangeBits, RangeProof},
    signature::Signature,
};

use super::{
    Statement,
    spend::{MAX_INPUTS, Spend},
};
use crate::{
    codec::{DecodeError, Reader, Writer},
    note::{BucketVersion, Output},
    units::Credit,
};

/// Hints of a Burn: change 0.
pub const HINTS: usize = 1;

/// An input with a bucket of its own: what the treasury returns is not secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BurnInput {
    /// Its bucket.
    pub bucket: BucketVersion,
    /// Key image and fresh commitment.
    pub spend: Spend,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BurnStatement {
    /// 1 to 4 inputs, sorted by key image.
    pub inputs: Vec<BurnInput>,
    /// How much is burned.
    pub total: Credit,
    /// The change note.
    pub change: Output,
}

/// A Burn with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Burn {
    /// What is signed.
    pub statement: BurnStatement,
    /// One ring signature an input.
    pub signatures: Vec<Clsag>,
    /// The change in 64 bits.
    pub range: RangeProof,
    /// By the treasury's key.
    pub signature: Signature,
}

impl Statement for BurnStatement {
    const KIND: u8 = 6;

    fn encode(&self, writer: &mut Writer) {
        writer.count(self.inputs.len());
        for input in &self.inputs {
            input.bucket.encode(writer);
            input.spend.encode(writer);
        }
        writer.u64(self.total.0);
        self.change.encode(writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_INPUTS)?;
        let inputs = (0..count)
            .map(|_| Ok(BurnInput { bucket: BucketVersion::decode(reader)?, spend: Spend::decode(reader)? }))
            .collect::<Result<_, DecodeError>>()?;
        Ok(BurnStatement { inputs, total: Credit(reader.u64()?), change: Output::decode(reader)? })
    }
}

impl Burn {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = BurnStatement::decode(reader)?;
        let signatures =
            statement.inputs.iter().map(|input| reader.clsag(input.bucket.ring())).collect::<Result<_, _>>()?;
        let range = reader.range(RangeProof::encoded_len(RangeBits::Bits64, 1))?;
        Ok(Burn { statement, signatures, range, signature: reader.signature()? })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        self.signatures.iter().for_each(|signature| {
            writer.clsag(signature);
        });
        writer.range(&self.range).signature(&self.signature);
    }
}
