//! Buy: credit locked for an auction, the cap for each unit (protocol section 6.4).

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

/// Hints of a Buy: change 0, refund 1.
pub const HINTS: usize = 2;
/// Index of the refund's hint.
pub const REFUND_HINT: u8 = 1;

/// Values in a Buy's 32-bit range proof: quantity, limit from below and above.
pub const RANGE_VALUES: usize = 3;

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuyStatement {
    /// The bucket all inputs are from.
    pub bucket: BucketVersion,
    /// 1 to 4 credit inputs, sorted by key image.
    pub inputs: Vec<Spend>,
    /// Credit that is not locked.
    pub change: Output,
    /// What is wanted; `cap * C_q` is locked.
    pub terms: OrderTerms,
    /// The buyer's key for what comes back.
    pub refund_key: Point,
}

/// A Buy with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Buy {
    /// What is signed.
    pub statement: BuyStatement,
    /// One ring signature an input.
    pub signatures: Vec<Clsag>,
    /// The change in 64 bits.
    pub change_range: RangeProof,
    /// Quantity and limit in 32 bits.
    pub terms_range: RangeProof,
    /// The operator's signature of the id.
    pub admission: Signature,
}

impl Statement for BuyStatement {
    const KIND: u8 = 10;

    fn encode(&self, writer: &mut Writer) {
        self.bucket.encode(writer);
        Spend::encode_all(&self.inputs, writer);
        self.change.encode(writer);
        self.terms.encode(writer);
        writer.element(&self.refund_key);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(BuyStatement {
            bucket: BucketVersion::decode(reader)?,
            inputs: Spend::decode_all(reader)?,
            change: Output::decode(reader)?,
            terms: OrderTerms::decode(reader)?,
            refund_key: reader.point()?,
        })
    }
}

impl Buy {
    pub(in crate::transaction) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = BuyStatement::decode(reader)?;
        let ring = statement.bucket.ring();
        let signatures = statement.inputs.iter().map(|_| reader.clsag(ring)).collect::<Result<_, _>>()?;
        let change_range = reader.range(RangeProof::encoded_len(RangeBits::Bits64, 1))?;
        let terms_range = reader.range(RangeProof::encoded_len(RangeBits::Bits32, RANGE_VALUES))?;
        Ok(Buy { statement, signatures, change_range, terms_range, admission: reader.signature()? })
    }

    pub(in crate::transaction) fn encode_proofs(&self, writer: &mut Writer) {
        self.signatures.iter().for_each(|signature| {
            writer.clsag(signature);
        });
        writer.range(&self.change_range).range(&self.terms_range).signature(&self.admission);
    }
}
