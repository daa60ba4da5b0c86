//! Deliver: a seller's energy against the contracts made out to him (protocol section 6.3).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    Point,
    clsag::Clsag,
    handle::HandleProof,
    range::{RangeBits, RangeProof},
    schnorr::Schnorr,
};

use super::{Statement, open::ContractId, spend::Spend};
use crate::{
    codec::{DecodeError, Reader, Writer},
    note::{BucketVersion, Output},
};

/// Hints of a Deliver: change 0, payout 1.
pub const HINTS: usize = 2;
/// Index of the energy change's hint.
pub const CHANGE_HINT: u8 = 0;
/// Index of the payout's hint.
pub const PAYOUT_HINT: u8 = 1;
/// Most contracts of one Deliver.
pub const MAX_CONTRACTS: usize = 7;

/// One contract served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Which.
    pub contract: ContractId,
    /// `C_d = com(d; b_d)`: the quantity delivered, and afterwards the receipt.
    pub delivered: Point,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliverStatement {
    /// The energy bucket all inputs are from.
    pub bucket: BucketVersion,
    /// 1 to 4 energy inputs, sorted by key image.
    pub inputs: Vec<Spend>,
    /// Energy that is left.
    pub change: Output,
    /// The seller's key for the payout.
    pub payout_key: Point,
    /// 1 to 7 contracts, sorted by id.
    pub deliveries: Vec<Delivery>,
}

/// A Deliver with its proofs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deliver {
    /// What is signed.
    pub statement: DeliverStatement,
    /// One ring signature an input.
    pub signatures: Vec<Clsag>,
    /// One signature a contract, by its claim key.
    pub claims: Vec<Schnorr>,
    /// That each receipt keeps its buyer's blinding.
    pub handles: HandleProof,
    /// All `d`, all `q - d` and the change, in 32 bits.
    pub range: RangeProof,
}

/// Values in a Deliver's range proof: each `d`, each `q - d`, the change.
pub fn range_values(contracts: usize) -> usize {
    2 * contracts + 1
}

impl Statement for DeliverStatement {
    const KIND: u8 = 4;

    fn encode(&self, writer: &mut Writer) {
        self.bucket.encode(writer);
        Spend::encode_all(&self.inputs, writer);
        self.change.encode(writer);
        writer.element(&self.payout_key).count(self.deliveries.len());
        for delivery in &self.deliveries {
            writer.bytes(&delivery.contract.0).element(&delivery.delivered);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bucket = BucketVersion::decode(reader)?;
        let inputs = Spend::decode_all(reader)?;
        let change = Output::decode(reader)?;
        let payout_key = reader.point()?;
        let count = reader.count(1..=MAX_CONTRACTS)?;
        let deliveries = (0..count)
            .map(|_| Ok(Delivery { contract: ContractId(reader.array()?), delivered: reader.point()? }))
            .collect::<Result<_, DecodeError>>()?;
        Ok(DeliverStatement { bucket, inputs, change, payout_key, deliveries })
    }
}

impl Deliver {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = DeliverStatement::decode(reader)?;
        let ring = statement.bucket.ring();
        let signatures = statement.inputs.iter().map(|_| reader.clsag(ring)).collect::<Result<_, _>>()?;
        let claims = statement.deliveries.iter().map(|_| reader.schnorr()).collect::<Result<_, _>>()?;
        let handles = reader.handle_proof()?;
        let values = range_values(statement.deliveries.len());
        let range = reader.range(RangeProof::encoded_len(RangeBits::Bits32, values))?;
        Ok(Deliver { statement, signatures, claims, handles, range })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        self.signatures.iter().for_each(|signature| {
            writer.clsag(signature);
        });
        self.claims.iter().for_each(|claim| {
            writer.schnorr(claim);
        });
        writer.handle_proof(&self.handles).range(&self.range);
    }
}
