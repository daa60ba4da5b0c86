//! The state as bytes, canonical: a gateway's snapshot.

use hushwatt_crypto::range::RangeBits;
use hushwatt_drivers::{Direction, Medium};
use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    units::{Interval, Quantity, Timestamp},
};

use super::{
    Config, Counters, Registers,
    accept::{AGREE, Doubt, Held, Last},
    boundary::{Boundary, MAX_BOUNDARIES, Reading},
    config::Layout,
    event::ClockFault,
    sample::{Count, MAX_METER_NUMBER, Sample},
    substitute::{MAX_RULE, Rule, Substitution},
};
use crate::Metered;

/// Version of the encoding.
const VERSION: u8 = 1;
const MEDIA: [Medium; 5] = [Medium::Electricity, Medium::Water, Medium::Heat, Medium::Cooling, Medium::Gas];
const CLASSES: [RangeBits; 2] = [RangeBits::Bits16, RangeBits::Bits32];
const LAYOUTS: [Layout; 3] = [Layout::TwoWay, Layout::OneWay(Direction::Import), Layout::OneWay(Direction::Export)];

impl Registers {
    /// The state as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION);
        self.config.encode(&mut writer);
        writer.u64(self.decided_to).u32(self.stretch).u64(self.frozen_to).u64(self.forgotten_to);
        let Counters { accepted, dropped, breaks, rollovers } = self.counters;
        writer.u64(accepted).u64(dropped).u64(breaks).u64(rollovers);
        writer.u8(self.last.is_some().into());
        if let Some(last) = &self.last {
            last.sample.encode(&mut writer);
            writer.u64(last.time.0).u64(last.import_turns).u64(last.export_turns);
        }
        writer.count(self.held.len());
        for held in &self.held {
            held.sample.encode(&mut writer);
            writer.u64(held.time.0);
        }
        writer.u8(self.doubt.is_some().into());
        if let Some(doubt) = &self.doubt {
            writer.u64(doubt.from.0).u64(doubt.until.0).u64(doubt.seconds);
        }
        let (fault, seconds) = match self.clock_fault {
            None => (0, 0),
            Some(ClockFault::Offset(seconds)) => (1, seconds),
            Some(ClockFault::Stuck) => (2, 0),
            Some(ClockFault::Jumped(seconds)) => (3, seconds),
        };
        writer.u8(fault).bytes(&seconds.to_le_bytes());
        write_count(&mut writer, self.boundaries.len());
        for (number, Boundary { reading, clean }) in &self.boundaries {
            writer.u64(*number).u64(reading.import).u64(reading.export).u32(reading.stretch);
            writer.u8(u8::from(reading.fine) | u8::from(*clean) << 1);
        }
        write_count(&mut writer, self.given_up.len());
        for (from, to) in &self.given_up {
            writer.u64(*from).u64(*to);
        }
        write_count(&mut writer, self.substitutes.len());
        for (number, metered) in &self.substitutes {
            writer.u64(*number).u32(metered.import.0).u32(metered.export.0);
        }
        write_count(&mut writer, self.rules.len());
        for (first, rule) in &self.rules {
            writer.u64(*first).u32(rule.intervals);
            write_text(&mut writer, &rule.name);
        }
        writer.finish()
    }

    /// Reads back what [`Registers::encode`] gave. Total on any bytes; what contradicts itself is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let reader = &mut reader;
        if reader.u8()? != VERSION {
            return Err(DecodeError::WrongVersion);
        }
        let config = Config::decode(reader)?;
        let mut state = Registers::new(config).map_err(|_| DecodeError::NotCanonical)?;
        state.decided_to = reader.u64()?;
        state.stretch = reader.u32()?;
        state.frozen_to = reader.u64()?;
        state.forgotten_to = reader.u64()?;
        state.counters = Counters {
            accepted: reader.u64()?,
            dropped: reader.u64()?,
            breaks: reader.u64()?,
            rollovers: reader.u64()?,
        };
        if reader.count(0..=1)? == 1 {
            state.last = Some(Last {
                sample: Sample::decode(reader)?,
                time: Timestamp(reader.u64()?),
                import_turns: reader.u64()?,
                export_turns: reader.u64()?,
            });
        }
        for _ in 0..reader.count(0..=AGREE - 1)? {
            state.held.push(Held { sample: Sample::decode(reader)?, time: Timestamp(reader.u64()?) });
        }
        if reader.count(0..=1)? == 1 {
            state.doubt =
                Some(Doubt { from: Timestamp(reader.u64()?), until: Timestamp(reader.u64()?), seconds: reader.u64()? });
        }
        let fault = reader.u8()?;
        let seconds = i64::from_le_bytes(reader.array()?);
        state.clock_fault = match fault {
            0 => None,
            1 => Some(ClockFault::Offset(seconds)),
            2 => Some(ClockFault::Stuck),
            3 => Some(ClockFault::Jumped(seconds)),
            _ => return Err(DecodeError::UnknownTag),
        };
        for _ in 0..read_count(reader, MAX_BOUNDARIES)? {
            let number = reader.u64()?;
            let (import, export, stretch) = (reader.u64()?, reader.u64()?, reader.u32()?);
            let flags = reader.count(0..=3)?;
            let reading = Reading { import, export, stretch, fine: flags & 1 == 1 };
            state.boundaries.insert(number, Boundary { reading, clean: flags & 2 == 2 });
        }
        for _ in 0..read_count(reader, MAX_BOUNDARIES)? {
            state.given_up.push((reader.u64()?, reader.u64()?));
        }
        for _ in 0..read_count(reader, MAX_BOUNDARIES)? {
            let number = reader.u64()?;
            let (import, export) = (Quantity(reader.u32()?), Quantity(reader.u32()?));
            state.substitutes.insert(number, Metered { import, export });
        }
        for _ in 0..read_count(reader, MAX_BOUNDARIES)? {
            let (first, intervals) = (reader.u64()?, reader.u32()?);
            state.rules.insert(first, Rule { intervals, name: read_text(reader, MAX_RULE)? });
        }
        if !reader.rest().is_empty() {
            return Err(DecodeError::TrailingBytes);
        }
        // Maps sort and drop doubles: what was in another order does not come out as it went in.
        if !state.is_consistent() || state.encode() != bytes {
            return Err(DecodeError::NotCanonical);
        }
        Ok(state)
    }

    /// What every state that the engine makes has in common.
    fn is_consistent(&self) -> bool {
        let ascending = self.boundaries.values().zip(self.boundaries.values().skip(1)).all(|(old, new)| {
            let (old, new) = (old.reading, new.reading);
            let grows = old.import <= new.import && old.export <= new.export;
            old.stretch < new.stretch || (old.stretch == new.stretch && grows)
        });
        let decided = self.boundaries.keys().next_back().is_none_or(|last| *last < self.decided_to);
        let newest = self.boundaries.values().next_back().is_none_or(|last| last.reading.stretch <= self.stretch);
        let ranges = self.given_up.iter().all(|(from, to)| from < to)
            && self.given_up.iter().zip(self.given_up.iter().skip(1)).all(|(one, next)| one.1 <= next.0);
        // What counts up by one forever must not end at a planted end.
        let small = [self.decided_to, self.frozen_to, self.forgotten_to].iter().all(|number| *number < 1 << 60)
            && self.rules.keys().all(|first| *first < 1 << 60);
        let started = self.held.is_empty() || self.last.is_some();
        ascending && decided && newest && ranges && small && started
    }
}

impl Config {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        let place = |found: Option<usize>| u8::try_from(found.unwrap_or(usize::MAX)).unwrap_or(u8::MAX);
        writer.u8(place(MEDIA.iter().position(|medium| *medium == self.medium)));
        writer.u8(place(LAYOUTS.iter().position(|layout| *layout == self.layout)));
        writer.u8(place(CLASSES.iter().position(|class| *class == self.class)));
        writer.u64(self.interval).u64(self.intervals).u64(self.boundary_tolerance).u64(self.clock_tolerance);
        writer.u64(self.max_rate).u64(self.modulus.unwrap_or(0));
    }

    /// Reads the encoding; what contradicts itself is for [`Config::check`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        fn entry<T: Copy>(reader: &mut Reader<'_>, table: &[T]) -> Result<T, DecodeError> {
            table.get(usize::from(reader.u8()?)).copied().ok_or(DecodeError::UnknownTag)
        }
        Ok(Config {
            medium: entry(reader, &MEDIA)?,
            layout: entry(reader, &LAYOUTS)?,
            class: entry(reader, &CLASSES)?,
            interval: reader.u64()?,
            intervals: reader.u64()?,
            boundary_tolerance: reader.u64()?,
            clock_tolerance: reader.u64()?,
            max_rate: reader.u64()?,
            modulus: Some(reader.u64()?).filter(|modulus| *modulus != 0),
        })
    }
}

impl Sample {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.received.0).u8(self.at.is_some().into());
        if let Some(at) = self.at {
            writer.u64(at.0);
        }
        write_text(writer, &self.meter);
        for count in [self.import, self.export] {
            writer.u64(count.value).u64(count.step).u64(count.modulus.unwrap_or(0));
        }
    }

    /// Reads the encoding; refuses what no meter shows.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let received = Timestamp(reader.u64()?);
        let at = if reader.count(0..=1)? == 1 { Some(Timestamp(reader.u64()?)) } else { None };
        let meter = read_text(reader, MAX_METER_NUMBER)?;
        let mut count = || -> Result<Count, DecodeError> {
            let (value, step) = (reader.u64()?, reader.u64()?);
            Ok(Count { value, step, modulus: Some(reader.u64()?).filter(|modulus| *modulus != 0) })
        };
        let sample = Sample { received, at, meter, import: count()?, export: count()? };
        sample.check().map_err(|_| DecodeError::NotCanonical)?;
        Ok(sample)
    }
}

impl Substitution {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.first.0).u64(self.rounding);
        write_text(writer, &self.rule);
        for values in [&self.import, &self.export] {
            write_count(writer, values.len());
            values.iter().for_each(|value| {
                writer.u64(*value);
            });
        }
    }

    /// Reads the encoding.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (first, rounding) = (Interval(reader.u64()?), reader.u64()?);
        let rule = read_text(reader, MAX_RULE)?;
        let mut values = || -> Result<Vec<u64>, DecodeError> {
            (0..read_count(reader, MAX_BOUNDARIES)?).map(|_| reader.u64()).collect()
        };
        Ok(Substitution { first, import: values()?, export: values()?, rounding, rule })
    }
}

fn write_count(writer: &mut Writer, count: usize) {
    writer.u32(u32::try_from(count).unwrap_or(u32::MAX));
}

fn read_count(reader: &mut Reader<'_>, cap: usize) -> Result<usize, DecodeError> {
    let count = reader.u32()? as usize;
    if count <= cap { Ok(count) } else { Err(DecodeError::LengthOutOfRange) }
}

fn write_text(writer: &mut Writer, text: &str) {
    writer.count(text.len()).bytes(text.as_bytes());
}

fn read_text(reader: &mut Reader<'_>, cap: usize) -> Result<String, DecodeError> {
    let length = reader.count(0..=cap)?;
    let text = core::str::from_utf8(reader.bytes(length)?).map_err(|_| DecodeError::NotCanonical)?;
    Ok(text.to_owned())
}
