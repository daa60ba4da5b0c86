//! Finding the models of a device, and reading those with registers of energy, one question after the other.

use std::fmt::Write as _;

use crate::{Driver, DriverError, Medium, MeterReading, Options, Report, UnixTime};

use super::NAME;
use super::frame::{Answer, Found, MOST, Question, exception, find};
use super::models::{Model, model, register};

/// Where the marker "SunS" may be.
const PLACES: [u16; 3] = [40_000, 0, 50_000];

/// The marker.
const MARKER: [u16; 2] = [0x5375, 0x6e53];

/// Model of the device's name and number; what is read of it, and where the parts are.
const COMMON: (u16, u16) = (1, 66);

/// Most models of a device.
const MODELS: usize = 64;

/// Seconds after which an answer is no longer waited for.
const PATIENCE: u64 = 5;

/// A model that was found.
#[derive(Clone, Debug)]
struct Place {
    id: u16,
    length: u16,
    address: u16,
    /// Name of the device, from the last common model before it.
    device: String,
    model: Model,
}

/// What the next question is for.
#[derive(Clone, Debug)]
enum Step {
    /// The marker at one of [`PLACES`].
    Marker(usize),
    /// The identifier and length of a model.
    Header(u16),
    /// The common model there.
    Common(u16),
    /// The registers of a place found.
    Read(usize),
}

/// A device.
pub(super) struct SunSpec {
    unit: u8,
    transaction: u16,
    step: Step,
    /// The question that was sent, and when.
    sent: Option<(Question, u64)>,
    asked: bool,
    bytes: Vec<u8>,
    noise: bool,
    /// Models of all kinds found in the walk, and the useful ones; kept as long as reading works.
    ids: Vec<u16>,
    places: Vec<Place>,
    device: String,
    readings: Vec<MeterReading>,
    /// Registers that the device does not have.
    missing: Vec<String>,
}

impl SunSpec {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            unit: options.address.unwrap_or(1),
            transaction: 0,
            step: Step::Marker(0),
            sent: None,
            asked: false,
            bytes: Vec::new(),
            noise: false,
            ids: Vec::new(),
            places: Vec::new(),
            device: String::new(),
            readings: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Begins again: with reading if the places are known, else with looking for them.
    fn restart(&mut self, forget: bool) {
        if forget {
            self.places.clear();
        }
        self.step = if self.places.is_empty() { Step::Marker(0) } else { Step::Read(0) };
        if self.places.is_empty() {
            self.ids.clear();
            self.device.clear();
        }
        self.readings.clear();
        self.missing.clear();
    }

    /// First register and number of registers of the next question.
    fn wanted(&self) -> (u16, u16) {
        match &self.step {
            Step::Marker(index) => (PLACES.get(*index).copied().unwrap_or_default(), 2),
            Step::Header(address) => (*address, 2),
            Step::Common(address) => (*address, COMMON.1),
            Step::Read(index) => match self.places.get(*index) {
                Some(place) => (place.address, place.model.span().min(MOST)),
                None => (0, 2),
            },
        }
    }

    /// Goes on after an answer; what came of the round if it is at its end.
    fn answer(&mut self, answer: Answer) -> Option<Result<Report, DriverError>> {
        let registers = match answer {
            Answer::Registers(registers) => registers,
            Answer::Exception(code) => return self.refused(code),
        };
        let fault = match self.step.clone() {
            Step::Marker(_) if registers == MARKER => {
                let address = self.wanted().0.saturating_add(2);
                self.step = Step::Header(address);
                return None;
            }
            Step::Marker(index) => return self.next_marker(index),
            Step::Header(address) => match registers.as_slice() {
                [0xffff, _] => return self.begin_reading(),
                [id, length] => return self.found(address, *id, *length),
                _ => "a header of another length".to_owned(),
            },
            Step::Common(address) => {
                self.device = name(&registers).unwrap_or_else(|| format!("unit {}", self.unit));
                let length = registers.get(1).copied().unwrap_or_default();
                return self.go_on(address, length);
            }
            Step::Read(index) => match self.places.get(index).cloned() {
                Some(place) if registers.starts_with(&[place.id, place.length]) => {
                    self.take(&place, &registers);
                    return self.read_next(index + 1);
                }
                _ => "the models have moved; they are looked for again".to_owned(),
            },
        };
        self.restart(true);
        Some(Err(DriverError::Malformed { format: NAME, what: fault }))
    }

    /// An exception: while looking for the marker it means "not here".
    fn refused(&mut self, code: u8) -> Option<Result<Report, DriverError>> {
        if let (Step::Marker(index), 1..=4) = (&self.step, code) {
            return self.next_marker(*index);
        }
        // A device that is only busy still has its models where they were.
        self.restart(!matches!(code, 5 | 6 | 10 | 11));
        Some(Err(DriverError::MeterFault { format: NAME, what: exception(code) }))
    }

    fn next_marker(&mut self, index: usize) -> Option<Result<Report, DriverError>> {
        if index + 1 < PLACES.len() {
            self.step = Step::Marker(index + 1);
            return None;
        }
        self.restart(true);
        let what =
            format!("no SunSpec map in unit {}: no \"SunS\" at 40000, 0 or 50000; is the unit right?", self.unit);
        Some(Err(DriverError::Unsupported { what: format!("{NAME}: {what}") }))
    }

    /// A model's header was read.
    fn found(&mut self, address: u16, id: u16, length: u16) -> Option<Result<Report, DriverError>> {
        if id == 0 || length == 0 || self.ids.len() >= MODELS {
            self.restart(true);
            let what = format!("the list of models is broken at {address} (model {id} of length {length})");
            return Some(Err(DriverError::Malformed { format: NAME, what }));
        }
        self.ids.push(id);
        if id == COMMON.0 && length >= COMMON.1 - 2 {
            self.step = Step::Common(address);
            return None;
        }
        if let Some(model) = model(id).filter(|model| length >= model.length) {
            let device = if self.device.is_empty() { format!("unit {}", self.unit) } else { self.device.clone() };
            self.places.push(Place { id, length, address, device, model });
        }
        self.go_on(address, length)
    }

    /// To the model after this one.
    fn go_on(&mut self, address: u16, length: u16) -> Option<Result<Report, DriverError>> {
        match address.checked_add(2).and_then(|next| next.checked_add(length)).filter(|next| *next < u16::MAX - 1) {
            Some(next) => {
                self.step = Step::Header(next);
                None
            }
            None => {
                self.restart(true);
                let what = format!("the list of models goes beyond the registers at {address}");
                Some(Err(DriverError::Malformed { format: NAME, what }))
            }
        }
    }

    /// The list of models is complete.
    fn begin_reading(&mut self) -> Option<Result<Report, DriverError>> {
        // Several models of one inverter say the same; the one with the widest registers is taken.
        let all = self.places.clone();
        self.places.retain(|place| {
            let better = |other: &Place| {
                let rank = (other.model.inverter, other.address) < (place.model.inverter, place.address);
                other.device == place.device && other.model.inverter.is_some() && rank
            };
            place.model.inverter.is_none() || !all.iter().any(better)
        });
        if self.places.is_empty() {
            let list = self.ids.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            self.restart(true);
            let what = format!("none of its models has a register of energy (models {list})");
            return Some(Err(DriverError::NothingToRead { format: NAME, what }));
        }
        self.step = Step::Read(0);
        None
    }

    /// Takes what a place says.
    fn take(&mut self, place: &Place, registers: &[u16]) {
        let mut found = Vec::new();
        for point in place.model.points {
            match register(place.id, point, registers) {
                Some(register) => found.push(register),
                None => self.missing.push(format!("{}:{}", place.id, point.name)),
            }
        }
        if !found.is_empty() {
            let mut meter = format!("{}/{}", place.device, place.id);
            // Several meters behind one device, under one number: told apart by their order.
            let twins = self.readings.iter().filter(|reading| reading.meter.starts_with(&meter)).count();
            if twins > 0 {
                let _ = write!(meter, ".{}", twins + 1);
            }
            let (medium, complaints) = (Medium::Electricity, Vec::new());
            self.readings.push(MeterReading { meter, medium, at: None, registers: found, complaints });
        }
    }

    fn read_next(&mut self, index: usize) -> Option<Result<Report, DriverError>> {
        if index < self.places.len() {
            self.step = Step::Read(index);
            return None;
        }
        let readings = core::mem::take(&mut self.readings);
        let missing = core::mem::take(&mut self.missing);
        self.restart(false);
        if readings.is_empty() {
            let what = format!("{} not there, zero, or without a scale", missing.join(", "));
            return Some(Err(DriverError::NothingToRead { format: NAME, what }));
        }
        Some(Ok(Report::Telegram(readings)))
    }
}

/// Maker and serial number of the common model: text of two bytes a register, filled up with zeros.
fn name(registers: &[u16]) -> Option<String> {
    let text = |begin: usize, length: usize| {
        let bytes = registers.get(begin..begin + length)?.iter().flat_map(|register| register.to_be_bytes());
        let bytes: Vec<u8> = bytes.take_while(|byte| *byte != 0).filter(u8::is_ascii_graphic).collect();
        String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
    };
    let (maker, serial) = (text(2, 16), text(50, 16)?);
    Some(maker.map_or(serial.clone(), |maker| format!("{maker}-{serial}")))
}

impl Driver for SunSpec {
    fn request(&mut self, now: UnixTime) -> Option<Vec<u8>> {
        if let Some((_, sent)) = self.sent {
            if now.0 >= sent && now.0 - sent < PATIENCE {
                return None;
            }
            // Not answered: the round is given up, and what was found is not relied on.
            self.restart(true);
        }
        self.asked = true;
        self.transaction = self.transaction.wrapping_add(1);
        let (address, count) = self.wanted();
        let question = Question { transaction: self.transaction, unit: self.unit, address, count };
        self.sent = Some((question, now.0));
        Some(question.bytes())
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        if !self.asked {
            return vec![Err(unasked(bytes))];
        }
        let mut reports = Vec::new();
        for part in bytes.chunks(1024) {
            self.bytes.extend_from_slice(part);
            let mut start = 0;
            while let Some((question, _)) = self.sent {
                let rest = self.bytes.get(start..).unwrap_or_default();
                match find(rest, question) {
                    Found::More => break,
                    Found::Noise => {
                        start += 1;
                        if !core::mem::replace(&mut self.noise, true) {
                            let what = "bytes that are no frame of Modbus TCP".to_owned();
                            reports.push(Err(DriverError::Malformed { format: NAME, what }));
                        }
                    }
                    Found::Other(error, length) => {
                        start += length;
                        reports.push(Err(error));
                    }
                    Found::Answer(answer, length) => {
                        start += length;
                        self.noise = false;
                        self.sent = None;
                        reports.extend(self.answer(answer));
                    }
                }
            }
            if self.sent.is_none() {
                // Nothing is asked, so nothing more is expected.
                start = self.bytes.len();
            }
            self.bytes.drain(..start.min(self.bytes.len()));
        }
        reports
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let left = core::mem::take(&mut self.bytes).len();
        if self.sent.take().is_some() {
            self.restart(true);
            if left > 0 {
                return vec![Err(DriverError::CutOff { format: NAME, bytes: left })];
            }
        }
        Vec::new()
    }
}

/// Why bytes that nobody asked for are not read.
fn unasked(bytes: &[u8]) -> DriverError {
    if bytes.trim_ascii_start().starts_with(b"{") {
        let what = "a description of a SunSpec model, not values of a meter; a device is read over Modbus TCP";
        return DriverError::Unsupported { what: format!("{NAME}: {what}") };
    }
    let what = "a device is asked over Modbus TCP; a recording of answers alone does not say which registers they are";
    DriverError::Unsupported { what: format!("{NAME}: {what}") }
}
