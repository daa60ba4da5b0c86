//! The whole state as the body of a journal's first record.

use std::{collections::BTreeMap, sync::Arc};

use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    transaction::{TransactionId, attest::MAX_WINDOWS},
    units::{Timestamp, Window},
};
use hushwatt_meter_attest::registers::Registers;

use super::{
    periods::Periods,
    record::{
        read_content, read_draft, read_outgoing, read_position, read_text, write_content, write_draft, write_outgoing,
        write_position, write_text,
    },
    state::{Attested, MAX_ATTESTED, MAX_EARLIER, MAX_WARNINGS, State, Sums, Waiting, Warning},
};

/// Version of the encoding; no record begins with it. The earlier one had no periods, and is written where there are none.
const VERSION: u8 = 0x82;
const WITHOUT_PERIODS: u8 = 0x81;

impl State {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let w = &mut writer;
        let registers = self.registers.encode();
        let version = if self.periods.is_empty() { WITHOUT_PERIODS } else { VERSION };
        w.u8(version).u32(u32::try_from(registers.len()).unwrap_or(u32::MAX)).bytes(&registers);
        write_position(w, &self.position);
        w.u64(self.sums.export).u64(self.sums.import).u64(self.next_warning);
        w.count(self.frozen.len());
        for (window, draft) in &self.frozen {
            w.u64(window.0);
            write_draft(w, draft);
        }
        w.u8(self.waiting.is_some().into());
        if let Some(waiting) = &self.waiting {
            write_outgoing(w, &waiting.outgoing);
            w.u32(waiting.submissions)
                .u8(waiting.submitted.is_some().into())
                .u64(waiting.submitted.map_or(0, |at| at.0));
        }
        w.count(self.earlier.len());
        for (id, content) in &self.earlier {
            w.bytes(&id.0);
            write_content(w, content);
        }
        w.u32(u32::try_from(self.attested.len()).unwrap_or(u32::MAX));
        for (window, Attested { sequence, at, draft, corrected }) in self.attested.iter() {
            w.u64(window.0).u64(*sequence).u64(at.0).u8((*corrected).into());
            write_draft(w, draft);
        }
        w.count(self.warnings.len());
        for Warning { number, at, text, acknowledged } in &self.warnings {
            w.u64(*number).u64(at.0).u8((*acknowledged).into());
            write_text(w, text);
        }
        if version == VERSION {
            self.periods.encode(w);
        }
        writer.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let version = r.u8()?;
        if ![VERSION, WITHOUT_PERIODS].contains(&version) {
            return Err(DecodeError::WrongVersion);
        }
        let length = r.u32()? as usize;
        let registers = Registers::decode(r.bytes(length)?)?;
        let position = read_position(r)?;
        let sums = Sums { export: r.u64()?, import: r.u64()? };
        let next_warning = r.u64()?;
        let flag = |r: &mut Reader<'_>| Ok::<bool, DecodeError>(r.count(0..=1)? == 1);
        let mut frozen = BTreeMap::new();
        // What an adopted position left of one attestation, and a whole other one.
        for _ in 0..r.count(0..=2 * MAX_WINDOWS)? {
            frozen.insert(Window(r.u64()?), read_draft(r)?);
        }
        let waiting = if flag(r)? {
            let (outgoing, submissions) = (read_outgoing(r)?, r.u32()?);
            let submitted = flag(r)?.then_some(());
            let at = Timestamp(r.u64()?);
            Some(Waiting { outgoing, submissions, submitted: submitted.map(|()| at) })
        } else {
            None
        };
        let mut earlier = Vec::new();
        for _ in 0..r.count(0..=MAX_EARLIER)? {
            earlier.push((TransactionId(r.array()?), read_content(r)?));
        }
        let count = r.u32()? as usize;
        if count > MAX_ATTESTED {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut attested = BTreeMap::new();
        for _ in 0..count {
            let (window, sequence, at) = (Window(r.u64()?), r.u64()?, Timestamp(r.u64()?));
            let (corrected, draft) = (flag(r)?, read_draft(r)?);
            attested.insert(window, Attested { sequence, at, draft, corrected });
        }
        let mut warnings = Vec::new();
        for _ in 0..r.count(0..=MAX_WARNINGS)? {
            let (number, at) = (r.u64()?, Timestamp(r.u64()?));
            let (acknowledged, text) = (flag(r)?, read_text(r)?);
            warnings.push(Warning { number, at, text, acknowledged });
        }
        let periods = if version == VERSION { Periods::decode(r)? } else { Periods::default() };
        reader.finish()?;
        let (attested, periods) = (Arc::new(attested), Arc::new(periods));
        Ok(State { registers, position, frozen, waiting, earlier, attested, sums, warnings, next_warning, periods })
    }
}
