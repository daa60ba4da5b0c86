//! Transfer: moves credit from 1 to 4 notes of one bucket into 2 or 8 new ones (protocol section 6.1).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    clsag::Clsag,
    range::{RangeBits, RangeProof},
};

use super::{Statement, spend::Spend};
use crate::{
    codec::{DecodeError, Reader, Writer},
    note::{BucketVersion, Output},
};

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferStatement {
    /// The bucket all inputs are from.
    pub bucket: BucketVersion,
    /// 1 to 4 inputs, sorted by key image.
    pub inputs: Vec<Spend>,
    /// 2 or 8 outputs.
    pub outputs: Vec<Output>,
}

/// A Transfer with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// What is signed.
    pub statement: TransferStatement,
    /// One ring signature an input.
    pub signatures: Vec<Clsag>,
    /// All outputs in 64 bits.
    pub range: RangeProof,
}

impl Statement for TransferStatement {
    const KIND: u8 = 1;

    fn encode(&self, writer: &mut Writer) {
        self.bucket.encode(writer);
        Spend::encode_all(&self.inputs, writer);
        writer.count(self.outputs.len());
        self.outputs.iter().for_each(|output| output.encode(writer));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bucket = BucketVersion::decode(reader)?;
        let inputs = Spend::decode_all(reader)?;
        let count = reader.count(2..=8)?;
        if count != 2 && count != 8 {
            return Err(DecodeError::LengthOutOfRange);
        }
        let outputs = (0..count).map(|_| Output::decode(reader)).collect::<Result<_, _>>()?;
        Ok(TransferStatement { bucket, inputs, outputs })
    }
}

impl Transfer {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = TransferStatement::decode(reader)?;
        let ring = statement.bucket.ring();
        let signatures = statement.inputs.iter().map(|_| reader.clsag(ring)).collect::<Result<_, _>>()?;
        let range = reader.range(RangeProof::encoded_len(RangeBits::Bits64, statement.outputs.len()))?;
        Ok(Transfer { statement, signatures, range })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        self.signatures.iter().for_each(|signature| {
            writer.clsag(signature);
        });
        writer.range(&self.range);
    }
}
