//! Correct: a meter replaces what it attested of one window (protocol section 6.2). A minted note stays as it is.

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    Point,
    range::{RangeBits, RangeProof},
    signature::Signature,
};

use super::{
    Statement, TransactionId,
    attest::MAX_INTERVALS,
    metered::{Values, class_of_proof, decode_proofs, decode_values},
};
use crate::{
    codec::{DecodeError, Reader, Writer},
    units::{MeterId, Window},
};

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CorrectStatement {
    /// Which meter.
    pub meter: MeterId,
    /// One more than its last: Attests and Corrects of a meter are one chain.
    pub sequence: u64,
    /// Id of its last.
    pub previous: TransactionId,
    /// Salt of the blindings, another one than the attestation's.
    pub salt: [u8; 32],
    /// Which window.
    pub window: Window,
    /// `E[t]`, exported, as it should have been.
    pub export: Vec<Point>,
    /// `I[t]`, imported, as it should have been.
    pub import: Vec<Point>,
}

/// A Correct with its proof and signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Correct {
    /// What is signed.
    pub statement: CorrectStatement,
    /// Every value in the meter's class; in class 32 also the window's two sums.
    pub range: RangeProof,
    /// By the meter's key.
    pub signature: Signature,
}

impl CorrectStatement {
    /// The new commitments.
    pub fn values(&self) -> Values<'_> {
        Values { export: &self.export, import: &self.import }
    }
}

impl Statement for CorrectStatement {
    const KIND: u8 = 8;

    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.meter.0).u64(self.sequence).bytes(&self.previous.0).bytes(&self.salt);
        writer.u64(self.window.0).count(self.export.len());
        self.values().encode(writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let meter = MeterId(reader.u32()?);
        let sequence = reader.u64()?;
        let previous = TransactionId(reader.array()?);
        let salt = reader.array()?;
        let window = Window(reader.u64()?);
        // A window far beyond any clock would overflow the arithmetic of its end.
        if window.0 > u64::from(u32::MAX) {
            return Err(DecodeError::LengthOutOfRange);
        }
        let intervals = reader.count(1..=MAX_INTERVALS)?;
        let (export, import) = decode_values(reader, intervals)?;
        Ok(CorrectStatement { meter, sequence, previous, salt, window, export, import })
    }
}

impl Correct {
    /// The meter's class when it was made, if it is final.
    pub fn class(&self) -> Option<RangeBits> {
        class_of_proof(1, self.statement.export.len(), &self.range)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = CorrectStatement::decode(reader)?;
        let (range, signature) = decode_proofs(reader)?;
        Ok(Correct { statement, range, signature })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.range(&self.range).signature(&self.signature);
    }
}
