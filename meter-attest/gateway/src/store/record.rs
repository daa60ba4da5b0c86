//! What the journal records: every call that changes what a gateway knows, before it does.

use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    transaction::{
        MAX_TRANSACTION_BYTES, Transaction, TransactionId,
        attest::{MAX_INTERVALS, MAX_WINDOWS},
    },
    units::{Period, Quantity, Timestamp, Window},
};
use hushwatt_meter_attest::{
    ChainPosition, Draft, DraftStatus, Metered, Pending,
    registers::{Config, Sample, Substitution},
};

use super::periods::{Counted, OutgoingShare, Settled};

/// The longest text of a warning, bytes.
pub const MAX_WARNING: usize = 255;

/// A transaction of the meter's chain that was built, and what it fixes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Its id.
    pub id: TransactionId,
    /// Its place in the meter's chain.
    pub sequence: u64,
    /// The last block time at which it may be included.
    pub valid_until: Timestamp,
    /// What it says.
    pub content: Content,
    /// The transaction's bytes, as they are sent.
    pub bytes: Vec<u8>,
}

/// What a transaction of the meter's chain says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Windows that follow each other.
    Attestation {
        /// The first.
        first: Window,
        /// The values of each.
        drafts: Vec<Draft>,
    },
    /// Other values for a window that is attested.
    Correction {
        /// Which.
        window: Window,
        /// Its new values.
        draft: Draft,
    },
}

impl Outgoing {
    /// From what the attestor built, and the drafts that it asked for, in the order of its windows.
    pub fn attestation(pending: &Pending, drafts: Vec<Draft>) -> Self {
        let transaction = &pending.built.transaction;
        let first = pending.windows.first().map_or(Window(0), |(window, _)| *window);
        Outgoing {
            id: *transaction.id(),
            sequence: pending.sequence(),
            valid_until: transaction.envelope().valid_until,
            content: Content::Attestation { first, drafts },
            bytes: pending.encode(),
        }
    }

    /// From a correction at place `sequence` of the chain, with the values it says.
    pub fn correction(transaction: &Transaction, sequence: u64, window: Window, draft: Draft) -> Self {
        Outgoing {
            id: *transaction.id(),
            sequence,
            valid_until: transaction.envelope().valid_until,
            content: Content::Correction { window, draft },
            bytes: transaction.encode(),
        }
    }
}

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Record {
    /// A sample that is news. With it, how far boundaries were decided before: a check on replay.
    Sample { mark: [u64; 3], sample: Sample },
    /// The clock decided a boundary.
    Tick { mark: [u64; 3], now: Timestamp },
    /// The gateway's clock was set.
    ClockSet { before: Timestamp, after: Timestamp },
    /// The operator's values were taken.
    Substituted(Substitution),
    /// A window's open intervals were given up.
    GivenUp(Window),
    /// The engine was told otherwise about its meter.
    Configured(Config),
    /// A transaction was built.
    Built(Outgoing),
    /// The waiting transaction was sent.
    Submitted(Timestamp),
    /// A final block has a transaction of ours. What its windows add to periods that have not closed.
    Confirmed { id: TransactionId, at: Timestamp, counted: Vec<Counted> },
    /// The ledger is ahead of the gateway.
    Adopted(ChainPosition),
    /// Something for the installer.
    Warned { at: Timestamp, text: String },
    /// The installer has seen it.
    Acknowledged(u64),
    /// What is known of earlier windows was dropped.
    Forgot(Window),
    /// What opens a period's sums was shared among the committee, and is about to be sent.
    Shared(Period, OutgoingShare),
    /// Nothing is shared of a period any more.
    Settled(Settled),
}

impl Record {
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let w = &mut writer;
        match self {
            Record::Sample { mark, sample } => {
                w.u8(1);
                write_mark(w, mark);
                sample.encode(w);
            }
            Record::Tick { mark, now } => {
                w.u8(2);
                write_mark(w, mark);
                w.u64(now.0);
            }
            Record::ClockSet { before, after } => {
                w.u8(3).u64(before.0).u64(after.0);
            }
            Record::Substituted(values) => values.encode(w.u8(4)),
            Record::GivenUp(window) => {
                w.u8(5).u64(window.0);
            }
            Record::Configured(config) => config.encode(w.u8(6)),
            Record::Built(outgoing) => write_outgoing(w.u8(7), outgoing),
            Record::Submitted(at) => {
                w.u8(8).u64(at.0);
            }
            Record::Confirmed { id, at, counted } => {
                w.u8(if counted.is_empty() { 9 } else { 14 }).bytes(&id.0).u64(at.0);
                if !counted.is_empty() {
                    w.count(counted.len());
                    counted.iter().for_each(|one| one.encode(w));
                }
            }
            Record::Adopted(position) => write_position(w.u8(10), position),
            Record::Warned { at, text } => {
                w.u8(11).u64(at.0);
                write_text(w, text);
            }
            Record::Acknowledged(number) => {
                w.u8(12).u64(*number);
            }
            Record::Forgot(window) => {
                w.u8(13).u64(window.0);
            }
            Record::Shared(period, share) => share.encode(w.u8(15).u64(period.0)),
            Record::Settled(settled) => settled.encode(w.u8(16)),
        }
        writer.finish()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let record = match r.u8()? {
            1 => Record::Sample { mark: read_mark(r)?, sample: Sample::decode(r)? },
            2 => Record::Tick { mark: read_mark(r)?, now: Timestamp(r.u64()?) },
            3 => Record::ClockSet { before: Timestamp(r.u64()?), after: Timestamp(r.u64()?) },
            4 => Record::Substituted(Substitution::decode(r)?),
            5 => Record::GivenUp(Window(r.u64()?)),
            6 => Record::Configured(Config::decode(r)?),
            7 => Record::Built(read_outgoing(r)?),
            8 => Record::Submitted(Timestamp(r.u64()?)),
            9 => Record::Confirmed { id: TransactionId(r.array()?), at: Timestamp(r.u64()?), counted: Vec::new() },
            10 => Record::Adopted(read_position(r)?),
            11 => Record::Warned { at: Timestamp(r.u64()?), text: read_text(r)? },
            12 => Record::Acknowledged(r.u64()?),
            13 => Record::Forgot(Window(r.u64()?)),
            14 => {
                let (id, at) = (TransactionId(r.array()?), Timestamp(r.u64()?));
                let count = r.count(1..=MAX_WINDOWS)?;
                let counted = (0..count).map(|_| Counted::decode(r)).collect::<Result<_, _>>()?;
                Record::Confirmed { id, at, counted }
            }
            15 => Record::Shared(Period(r.u64()?), OutgoingShare::decode(r)?),
            16 => Record::Settled(Settled::decode(r)?),
            _ => return Err(DecodeError::UnknownTag),
        };
        reader.finish()?;
        Ok(record)
    }
}

fn write_mark(writer: &mut Writer, mark: &[u64; 3]) {
    mark.iter().for_each(|number| {
        writer.u64(*number);
    });
}

fn read_mark(reader: &mut Reader<'_>) -> Result<[u64; 3], DecodeError> {
    Ok([reader.u64()?, reader.u64()?, reader.u64()?])
}

pub(super) fn write_text(writer: &mut Writer, text: &str) {
    writer.count(text.len()).bytes(text.as_bytes());
}

pub(super) fn read_text(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let length = reader.count(0..=MAX_WARNING)?;
    let text = core::str::from_utf8(reader.bytes(length)?).map_err(|_| DecodeError::NotCanonical)?;
    Ok(text.to_owned())
}

pub(super) fn write_position(writer: &mut Writer, position: &ChainPosition) {
    writer.u64(position.sequence).bytes(&position.last.0).u64(position.next_window.0);
}

pub(super) fn read_position(reader: &mut Reader<'_>) -> Result<ChainPosition, DecodeError> {
    Ok(ChainPosition {
        sequence: reader.u64()?,
        last: TransactionId(reader.array()?),
        next_window: Window(reader.u64()?),
    })
}

pub(super) fn write_draft(writer: &mut Writer, draft: &Draft) {
    writer.u8(draft.status as u8).count(draft.metered.len());
    for metered in &draft.metered {
        writer.u32(metered.export.0).u32(metered.import.0);
    }
}

pub(super) fn read_draft(reader: &mut Reader<'_>) -> Result<Draft, DecodeError> {
    let status = DraftStatus::ALL.get(usize::from(reader.u8()?)).copied().ok_or(DecodeError::UnknownTag)?;
    let metered = (0..reader.count(1..=MAX_INTERVALS)?)
        .map(|_| Ok(Metered { export: Quantity(reader.u32()?), import: Quantity(reader.u32()?) }))
        .collect::<Result<_, DecodeError>>()?;
    Ok(Draft { status, metered })
}

pub(super) fn write_content(writer: &mut Writer, content: &Content) {
    match content {
        Content::Attestation { first, drafts } => {
            writer.u8(0).u64(first.0).count(drafts.len());
            drafts.iter().for_each(|draft| write_draft(writer, draft));
        }
        Content::Correction { window, draft } => {
            writer.u8(1).u64(window.0);
            write_draft(writer, draft);
        }
    }
}

pub(super) fn read_content(reader: &mut Reader<'_>) -> Result<Content, DecodeError> {
    match reader.u8()? {
        0 => {
            let first = Window(reader.u64()?);
            let count = reader.count(1..=MAX_WINDOWS)?;
            let drafts = (0..count).map(|_| read_draft(reader)).collect::<Result<_, _>>()?;
            Ok(Content::Attestation { first, drafts })
        }
        1 => Ok(Content::Correction { window: Window(reader.u64()?), draft: read_draft(reader)? }),
        _ => Err(DecodeError::UnknownTag),
    }
}

pub(super) fn write_outgoing(writer: &mut Writer, outgoing: &Outgoing) {
    writer.bytes(&outgoing.id.0).u64(outgoing.sequence).u64(outgoing.valid_until.0);
    write_content(writer, &outgoing.content);
    writer.u32(u32::try_from(outgoing.bytes.len()).unwrap_or(u32::MAX)).bytes(&outgoing.bytes);
}

pub(super) fn read_outgoing(reader: &mut Reader<'_>) -> Result<Outgoing, DecodeError> {
    let (id, sequence) = (TransactionId(reader.array()?), reader.u64()?);
    let valid_until = Timestamp(reader.u64()?);
    let content = read_content(reader)?;
    let length = reader.u32()? as usize;
    if length > MAX_TRANSACTION_BYTES {
        return Err(DecodeError::LengthOutOfRange);
    }
    Ok(Outgoing { id, sequence, valid_until, content, bytes: reader.bytes(length)?.to_vec() })
}
