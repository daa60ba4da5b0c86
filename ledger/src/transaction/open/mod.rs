//! Open: a buyer's firm bid; credit is locked in a contract (protocol section 6.3).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    Label, NetworkId, Point,
    clsag::Clsag,
    hash::Hasher,
    range::{RangeBits, RangeProof},
};

use super::{Statement, TransactionId, spend::Spend};
use crate::{
    codec::{DecodeError, Reader, Writer},
    note::{BucketVersion, Output},
    units::{Price, Utility, Window},
};

/// Hints of an Open: change 0, refund 1, claim 2.
pub const HINTS: usize = 3;
/// Index of the change's hint.
pub const CHANGE_HINT: u8 = 0;
/// Index of the refund's hint: for the buyer himself.
pub const REFUND_HINT: u8 = 1;
/// Index of the claim's hint: for the seller.
pub const CLAIM_HINT: u8 = 2;

/// Id of a contract: a hash of its Open's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId(pub [u8; 32]);

impl ContractId {
    /// Of the contract that a transaction opens.
    pub fn of(network: &NetworkId, open: &TransactionId) -> Self {
        ContractId(Hasher::new(network, Label::ContractId).part(&open.0).finish32())
    }
}

impl core::fmt::Debug for ContractId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is bought, at which price, and who gets what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContractTerms {
    /// What.
    pub utility: Utility,
    /// When delivered.
    pub window: Window,
    /// At most this price, exactly this price: micro-euro per base unit.
    pub price: Price,
    /// `C_q`: the quantity bought.
    pub quantity: Point,
    /// `K = b_d*G + t*J`: the blinding the receipt will have.
    pub handle: Point,
    /// Key of the refund note.
    pub refund_key: Point,
    /// Key the seller signs with.
    pub claim_key: Point,
}

impl ContractTerms {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u8(self.utility.code()).u64(self.window.0).u32(self.price.micro_euro());
        for point in [&self.quantity, &self.handle, &self.refund_key, &self.claim_key] {
            writer.element(point);
        }
    }

    /// Reads the encoding.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(ContractTerms {
            utility: Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?,
            window: Window(reader.u64()?),
            price: Price::new(reader.u32()?).ok_or(DecodeError::LengthOutOfRange)?,
            quantity: reader.point()?,
            handle: reader.point()?,
            refund_key: reader.point()?,
            claim_key: reader.point()?,
        })
    }
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenStatement {
    /// The bucket all inputs are from.
    pub bucket: BucketVersion,
    /// 1 to 4 credit inputs, sorted by key image.
    pub inputs: Vec<Spend>,
    /// The change note.
    pub change: Output,
    /// The contract.
    pub contract: ContractTerms,
}

/// An Open with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// What is signed.
    pub statement: OpenStatement,
    /// One ring signature an input.
    pub signatures: Vec<Clsag>,
    /// The change in 64 bits.
    pub change_range: RangeProof,
    /// The quantity in 32 bits.
    pub quantity_range: RangeProof,
}

impl Statement for OpenStatement {
    const KIND: u8 = 3;

    fn encode(&self, writer: &mut Writer) {
        self.bucket.encode(writer);
        Spend::encode_all(&self.inputs, writer);
        self.change.encode(writer);
        self.contract.encode(writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(OpenStatement {
            bucket: BucketVersion::decode(reader)?,
            inputs: Spend::decode_all(reader)?,
            change: Output::decode(reader)?,
            contract: ContractTerms::decode(reader)?,
        })
    }
}

impl Open {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = OpenStatement::decode(reader)?;
        let ring = statement.bucket.ring();
        let signatures = statement.inputs.iter().map(|_| reader.clsag(ring)).collect::<Result<_, _>>()?;
        let change_range = reader.range(RangeProof::encoded_len(RangeBits::Bits64, 1))?;
        let quantity_range = reader.range(RangeProof::encoded_len(RangeBits::Bits32, 1))?;
        Ok(Open { statement, signatures, change_range, quantity_range })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        self.signatures.iter().for_each(|signature| {
            writer.clsag(signature);
        });
        writer.range(&self.change_range).range(&self.quantity_range);
    }
}
