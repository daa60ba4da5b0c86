//! Which of the records are the registers that are settled.

use std::collections::BTreeMap;

use crate::exact::Worth;
use crate::{Direction, DriverError, Medium, MeterReading, RegisterReading, UnixTime};

use super::NAME;
use super::header::{Device, Kind};
use super::records::{Function, Raw, Record, Table};
use super::value::{Flow, Number, Quantity, meaning, moment, number};

/// Manufacturers whose second part of the device (subunit 1) counts what is exported: it is the convention of ABB's meters and of
/// those that follow them. Of others it is not known, and not guessed.
const SUBUNIT_1_EXPORTS: [&str; 2] = ["ABB", "GMC"];

/// Registers found, and what is wrong with others.
#[derive(Default)]
pub(super) struct Gathered {
    found: BTreeMap<(Medium, Direction, Option<u8>), (u8, RegisterReading)>,
    complaints: Vec<String>,
    at: Option<UnixTime>,
    invalid: Vec<String>,
}

/// Where a record belongs, and how much it is preferred (0 most).
type Place = (Medium, Direction, Option<u8>, u8);

/// The place of a register of this kind of device.
fn place(device: &Device, quantity: Quantity, flow: Flow, record: &Record<'_>) -> Option<Place> {
    let whole = record.subunit == 0 && record.tariff == 0;
    match (device.kind, quantity, flow) {
        (Kind::One(Medium::Electricity), Quantity::Energy, _) => {
            let tariff = if record.tariff == 0 { None } else { Some(u8::try_from(record.tariff).ok()?) };
            match (record.subunit, flow) {
                (0, Flow::Forward) => Some((Medium::Electricity, Direction::Import, tariff, 0)),
                (0, Flow::Plain) => Some((Medium::Electricity, Direction::Import, tariff, 1)),
                (0, Flow::Backward) => Some((Medium::Electricity, Direction::Export, tariff, 0)),
                (1, Flow::Plain) if SUBUNIT_1_EXPORTS.contains(&device.manufacturer.as_str()) => {
                    Some((Medium::Electricity, Direction::Export, tariff, 1))
                }
                _ => None,
            }
        }
        (Kind::One(medium @ (Medium::Heat | Medium::Cooling)), Quantity::Energy, Flow::Plain) if whole => {
            Some((medium, Direction::Import, None, 0))
        }
        (Kind::One(medium @ (Medium::Heat | Medium::Cooling)), Quantity::Energy, Flow::Forward) if whole => {
            Some((medium, Direction::Import, None, 1))
        }
        (Kind::HeatAndCold, Quantity::Energy, Flow::Plain) if whole => Some((Medium::Heat, Direction::Import, None, 0)),
        (Kind::HeatAndCold, Quantity::Energy, Flow::Forward) if whole => {
            Some((Medium::Heat, Direction::Import, None, 1))
        }
        (Kind::HeatAndCold, Quantity::Energy, Flow::Backward) if whole => {
            Some((Medium::Cooling, Direction::Import, None, 0))
        }
        (Kind::One(Medium::Gas), Quantity::Volume, Flow::Uncorrected) if whole => {
            Some((Medium::Gas, Direction::Import, None, 0))
        }
        (Kind::One(medium @ (Medium::Water | Medium::Gas)), Quantity::Volume, Flow::Plain) if whole => {
            Some((medium, Direction::Import, None, 1))
        }
        (Kind::One(Medium::Water), Quantity::Volume, Flow::Forward) if whole => {
            Some((Medium::Water, Direction::Import, None, 2))
        }
        _ => None,
    }
}

impl Gathered {
    /// Adds complaints of the device.
    pub(super) fn complain(&mut self, complaints: Vec<String>) {
        for complaint in complaints {
            if !self.complaints.contains(&complaint) {
                self.complaints.push(complaint);
            }
        }
    }

    /// Takes what counts of the records of one telegram.
    ///
    /// # Errors
    /// Two records that nothing tells apart say different things.
    pub(super) fn take(
        &mut self,
        device: &Device,
        records: &[Record<'_>],
        offset: Option<i32>,
    ) -> Result<(), DriverError> {
        for record in records.iter().filter(|record| record.storage == 0 && record.function == Function::Instantaneous)
        {
            self.clock_and_flags(record, offset);
            let Some((quantity, worth, flow, error)) = meaning(record) else { continue };
            let Some((medium, direction, tariff, rank)) = place(device, quantity, flow, record) else {
                if device.kind == Kind::One(Medium::Electricity) && quantity == Quantity::Energy && record.subunit == 1
                {
                    let code = &record.code;
                    self.complain(vec![format!("{code} of subunit 1 is not read: which way it counts is not known")]);
                }
                continue;
            };
            let Some(register) = self.register(record, worth, direction, tariff, error) else { continue };
            self.enter(medium, rank, register)?;
        }
        Ok(())
    }

    /// The clock of the device, and its error flags.
    fn clock_and_flags(&mut self, record: &Record<'_>, offset: Option<i32>) {
        match (record.table, record.unit, record.raw) {
            (Table::Primary, 0x6d, Raw::Integer(bytes)) if record.more.is_empty() && record.subunit == 0 => {
                self.at = self.at.or_else(|| moment(bytes, offset));
            }
            (Table::Fd, 0x17, raw) => {
                let flags = match number(raw) {
                    Some(Number::Counts(flags)) => flags,
                    Some(_) => u64::MAX,
                    None => 0,
                };
                if flags != 0 {
                    self.complain(vec![format!("error flags {flags:X}h")]);
                }
            }
            _ => {}
        }
    }

    /// A register of a record; what is invalid is noted.
    fn register(
        &mut self,
        record: &Record<'_>,
        worth: Worth,
        direction: Direction,
        tariff: Option<u8>,
        error: u8,
    ) -> Option<RegisterReading> {
        let code = record.code.clone();
        let read = match number(record.raw)? {
            _ if error != 0 => None,
            Number::Counts(counts) => worth.of(counts).map(|value| (value, worth.step())),
            Number::Binary32(bits) => worth.of_binary32(bits),
            Number::Negative | Number::Invalid => None,
        };
        let Some((value, step)) = read else {
            let why = if error == 0 { String::new() } else { format!(" (record error {error:02X}h)") };
            self.invalid.push(format!("{code}{why}"));
            return None;
        };
        let modulus = match record.raw {
            Raw::Decimal(bytes) => {
                let digits = u32::try_from(bytes.len()).ok()?.saturating_mul(2);
                10u64.checked_pow(digits).and_then(|counts| worth.modulus(counts))
            }
            _ => None,
        };
        Some(RegisterReading { code, direction, tariff, value, step, modulus })
    }

    /// Keeps the preferred register of a place: the one that says most plainly what it is, then the finest.
    fn enter(&mut self, medium: Medium, rank: u8, register: RegisterReading) -> Result<(), DriverError> {
        let key = (medium, register.direction, register.tariff);
        match self.found.get(&key) {
            Some((best, kept)) if (*best, kept.step) == (rank, register.step) && kept.value != register.value => {
                let what = format!("{} and {} say different things of the same register", kept.code, register.code);
                Err(DriverError::Malformed { format: NAME, what })
            }
            Some((best, kept)) if (*best, kept.step) <= (rank, register.step) => Ok(()),
            _ => {
                self.found.insert(key, (rank, register));
                Ok(())
            }
        }
    }

    /// The reading: one, or two of a device for heat and cold.
    ///
    /// # Errors
    /// No register was found, or those that were are marked invalid.
    pub(super) fn readings(mut self, device: &Device) -> Result<Vec<MeterReading>, DriverError> {
        let invalid = core::mem::take(&mut self.invalid);
        self.complain(invalid.iter().map(|code| format!("{code} has no valid value")).collect());
        let mut readings: Vec<MeterReading> = Vec::new();
        for ((medium, _, _), (_, register)) in self.found {
            match readings.last_mut().filter(|reading| reading.medium == medium) {
                Some(reading) => reading.registers.push(register),
                None => readings.push(MeterReading {
                    meter: device.meter.clone(),
                    medium,
                    at: self.at,
                    registers: vec![register],
                    complaints: self.complaints.clone(),
                }),
            }
        }
        if !readings.is_empty() {
            return Ok(readings);
        }
        if !invalid.is_empty() {
            return Err(DriverError::MeterFault {
                format: NAME,
                what: format!("no valid value in {}", invalid.join(", ")),
            });
        }
        let what = match device.kind {
            Kind::One(Medium::Water | Medium::Gas) => "no present volume in this telegram",
            _ => "no present energy in this telegram",
        };
        Err(DriverError::NothingToRead { format: NAME, what: format!("{what} of {}", device.meter) })
    }
}
