//! Attest: a meter's commitments to what was exported and imported in each interval (protocol section 6.2).

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
    metered::{class_of_proof, decode_proofs, decode_values},
};
use crate::{
    codec::{DecodeError, Reader, Writer},
    units::{MeterId, Window},
};

/// Most windows of one attestation.
pub const MAX_WINDOWS: usize = 24;
/// Most intervals of one window.
pub const MAX_INTERVALS: usize = 12;

/// How a window's values came about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WindowStatus {
    /// Read from the registers. Mints.
    Measured,
    /// Replaced by a settlement rule. Mints.
    Substituted,
    /// Spread over a gap. Does not mint.
    Estimated,
    /// Posted after the attestation deadline. Does not mint.
    Late,
    /// Not known; commits to zeros that stand for nothing. Does not mint.
    Missing,
}

impl WindowStatus {
    /// Every status, in the order of their codes.
    pub const ALL: [WindowStatus; 5] = [
        WindowStatus::Measured,
        WindowStatus::Substituted,
        WindowStatus::Estimated,
        WindowStatus::Late,
        WindowStatus::Missing,
    ];

    fn code(self) -> u8 {
        match self {
            WindowStatus::Measured => 0,
            WindowStatus::Substituted => 1,
            WindowStatus::Estimated => 2,
            WindowStatus::Late => 3,
            WindowStatus::Missing => 4,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Its word in reports, JSON and files of wallets.
    pub const fn name(self) -> &'static str {
        match self {
            WindowStatus::Measured => "measured",
            WindowStatus::Substituted => "substituted",
            WindowStatus::Estimated => "estimated",
            WindowStatus::Late => "late",
            WindowStatus::Missing => "missing",
        }
    }

    /// Whether a window of this status makes an energy note.
    pub fn mints(self) -> bool {
        matches!(self, WindowStatus::Measured | WindowStatus::Substituted)
    }
}

/// One window: a commitment per interval and register, and the key of its energy note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttestedWindow {
    /// How the values came about.
    pub status: WindowStatus,
    /// `E[t]`, exported.
    pub export: Vec<Point>,
    /// `I[t]`, imported.
    pub import: Vec<Point>,
    /// `P`; present exactly when the status mints, by the encoding.
    pub note_key: Option<Point>,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttestStatement {
    /// Which meter.
    pub meter: MeterId,
    /// One more than its last.
    pub sequence: u64,
    /// Id of its last; zeros for the first.
    pub previous: TransactionId,
    /// Salt of the blindings.
    pub salt: [u8; 32],
    /// The first of the windows.
    pub first_window: Window,
    /// 1 to 24 consecutive windows, each with the same number of intervals.
    pub windows: Vec<AttestedWindow>,
}

/// An Attest with its proof and signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attest {
    /// What is signed.
    pub statement: AttestStatement,
    /// Every value in the meter's class; in class 32 also each window's two sums.
    pub range: RangeProof,
    /// By the meter's key.
    pub signature: Signature,
}

impl AttestStatement {
    /// The windows with their indices.
    pub fn indexed_windows(&self) -> impl Iterator<Item = (Window, &AttestedWindow)> {
        (self.first_window.0..).map(Window).zip(&self.windows)
    }
}

impl Statement for AttestStatement {
    const KIND: u8 = 2;

    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.meter.0).u64(self.sequence).bytes(&self.previous.0).bytes(&self.salt);
        writer.u64(self.first_window.0);
        writer.count(self.windows.first().map_or(0, |window| window.export.len())).count(self.windows.len());
        for window in &self.windows {
            window.values().encode(writer.u8(window.status.code()));
            window.note_key.iter().for_each(|key| {
                writer.element(key);
            });
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let meter = MeterId(reader.u32()?);
        let sequence = reader.u64()?;
        let previous = TransactionId(reader.array()?);
        let salt = reader.array()?;
        let first_window = Window(reader.u64()?);
        let intervals = reader.count(1..=MAX_INTERVALS)?;
        let count = reader.count(1..=MAX_WINDOWS)?;
        // A window far beyond any clock would overflow the arithmetic of its end.
        if first_window.0 > u64::from(u32::MAX) {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut windows = Vec::with_capacity(count);
        for _ in 0..count {
            let status = WindowStatus::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?;
            let (export, import) = decode_values(reader, intervals)?;
            let note_key = if status.mints() { Some(reader.point()?) } else { None };
            windows.push(AttestedWindow { status, export, import, note_key });
        }
        Ok(AttestStatement { meter, sequence, previous, salt, first_window, windows })
    }
}

impl Attest {
    /// The meter's class when it was made, if it is final.
    pub fn class(&self) -> Option<RangeBits> {
        let intervals = self.statement.windows.first()?.export.len();
        class_of_proof(self.statement.windows.len(), intervals, &self.range)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = AttestStatement::decode(reader)?;
        let (range, signature) = decode_proofs(reader)?;
        Ok(Attest { statement, range, signature })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.range(&self.range).signature(&self.signature);
    }
}
