//! Sell: energy given into an auction (protocol section 6.4).

use hushwatt_crypto::{
    Point,
    clsag::Clsag,
    range::{RangeBits, RangeProof},
    signature::Signature,
};

use super::OrderTerms;
use crate::{
    codec::{DecodeError, Reader, Writer},
    note::{BucketVersion, Output},
    transaction::{Statement, spend::Spend},
};

/// Hints of a Sell: change 0, payout 1, rest 2.
pub const HINTS: usize = 3;
/// Index of the payout's hint.
pub const PAYOUT_HINT: u8 = 1;
/// Index of the hint for what is not sold.
pub const REST_HINT: u8 = 2;

/// Values in a Sell's range proof: quantity, limit from below and above, change.
pub const RANGE_VALUES: usize = 4;

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SellStatement {
    /// The energy bucket all inputs are from.
    pub bucket: BucketVersion,
    /// 1 to 4 energy inputs, sorted by key image.
    pub inputs: Vec<Spend>,
    /// Energy that is not offered.
    pub change: Output,
    /// What is offered.
    pub terms: OrderTerms,
    /// The seller's key for the money.
    pub payout_key: Point,
    /// The seller's key for the energy that is not sold.
    pub rest_key: Point,
}

/// A Sell with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sell {
    /// What is signed.
    pub statement: SellStatement,
    /// One ring signature an input.
    pub signatures: Vec<Clsag>,
    /// Quantity, limit and change, in 32 bits.
    pub range: RangeProof,
    /// The operator's signature of the id.
    pub admission: Signature,
}

impl Statement for SellStatement {
    const KIND: u8 = 9;

    fn encode(&self, writer: &mut Writer) {
        self.bucket.encode(writer);
        Spend::encode_all(&self.inputs, writer);
        self.change.encode(writer);
        self.terms.encode(writer);
        writer.element(&self.payout_key).element(&self.rest_key);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(SellStatement {
            bucket: BucketVersion::decode(reader)?,
            inputs: Spend::decode_all(reader)?,
            change: Output::decode(reader)?,
            terms: OrderTerms::decode(reader)?,
            payout_key: reader.point()?,
            rest_key: reader.point()?,
        })
    }
}

impl Sell {
    pub(in crate::transaction) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = SellStatement::decode(reader)?;
        let ring = statement.bucket.ring();
        let signatures = statement.inputs.iter().map(|_| reader.clsag(ring)).collect::<Result<_, _>>()?;
        let range = reader.range(RangeProof::encoded_len(RangeBits::Bits32, RANGE_VALUES))?;
        Ok(Sell { statement, signatures, range, admission: reader.signature()? })
    }

    pub(in crate::transaction) fn encode_proofs(&self, writer: &mut Writer) {
        self.signatures.iter().for_each(|signature| {
            writer.clsag(signature);
        });
        writer.range(&self.range).signature(&self.admission);
    }
}
