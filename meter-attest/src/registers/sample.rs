//! One reading of the registers, as the engine takes it.

use hushwatt_drivers::{Direction, Medium, MeterReading};
use hushwatt_ledger::units::Timestamp;

use super::config::{Config, Layout};

/// No register counts further, in base units: 9 million GWh.
pub const MAX_REGISTER: u64 = 1 << 53;
/// The longest meter number, in bytes.
pub const MAX_METER_NUMBER: usize = 64;
/// No time is later: the year 36,812.
const MAX_TIME: u64 = 1 << 40;

/// What one way has counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Base units since the meter was made.
    pub value: u64,
    /// What its last digit counts, base units; at least 1.
    pub step: u64,
    /// Where it, or one of the tariff registers it is the sum of, starts again from zero.
    pub modulus: Option<u64>,
}

/// One reading of a meter's registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// When the gateway received it, by its own clock.
    pub received: Timestamp,
    /// When the meter read its registers, by the meter's clock, if it says.
    pub at: Option<Timestamp>,
    /// The meter's number.
    pub meter: String,
    /// Taken.
    pub import: Count,
    /// Given.
    pub export: Count,
}

/// Why a reading is no sample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// Another medium.
    #[error("the meter {meter:?} measures {found:?}, not {expected:?}: choose the right meter of the telegram")]
    OtherMedium {
        /// Its number.
        meter: String,
        /// What it measures.
        found: Medium,
        /// What it should.
        expected: Medium,
    },
    /// A register is absent.
    #[error("the telegram has no {0:?} register: is the meter set to show it, or does the meter count one way only?")]
    NoRegister(Direction),
    /// A meter that is said to count one way counts both.
    #[error("the meter counts both ways, but is set up as one that counts one way: set it up as a two-way meter")]
    CountsBothWays,
    /// A number that cannot be.
    #[error("the meter's number is empty, longer than 64 bytes or has control characters")]
    MeterNumber,
    /// A value or time that cannot be.
    #[error("a register, its step or a time of the telegram is beyond what any meter shows")]
    Absurd,
}

impl Sample {
    /// From a meter's part of a telegram that the gateway received at `received`.
    pub fn new(reading: &MeterReading, received: Timestamp, config: &Config) -> Result<Self, SampleError> {
        if reading.medium != config.medium {
            return Err(SampleError::OtherMedium {
                meter: reading.meter.chars().take(MAX_METER_NUMBER).collect(),
                found: reading.medium,
                expected: config.medium,
            });
        }
        let (import, export) = match config.layout {
            Layout::TwoWay => (count(reading, Direction::Import)?, count(reading, Direction::Export)?),
            Layout::OneWay(way) => {
                let one = match (count(reading, Direction::Import), count(reading, Direction::Export)) {
                    (Ok(_), Ok(_)) => return Err(SampleError::CountsBothWays),
                    (Ok(one), Err(_)) | (Err(_), Ok(one)) => one,
                    (Err(error), Err(_)) => return Err(error),
                };
                let none = Count { value: 0, step: 1, modulus: None };
                if way == Direction::Import { (one, none) } else { (none, one) }
            }
        };
        let at = reading.at.map(|at| Timestamp(at.0));
        let sample = Sample { received, at, meter: reading.meter.clone(), import, export };
        sample.check()?;
        Ok(sample)
    }

    /// Refuses what no meter shows; [`super::Registers::accept`] does so first of all.
    pub fn check(&self) -> Result<(), SampleError> {
        let named = (1..=MAX_METER_NUMBER).contains(&self.meter.len()) && !self.meter.chars().any(char::is_control);
        if !named {
            return Err(SampleError::MeterNumber);
        }
        let time = |time: Timestamp| time.0 <= MAX_TIME;
        let count = |count: &Count| {
            count.value <= MAX_REGISTER
                && (1..=MAX_REGISTER).contains(&count.step)
                && count.modulus.is_none_or(|modulus| (1..=MAX_REGISTER).contains(&modulus))
        };
        let sound = time(self.received) && self.at.is_none_or(time) && count(&self.import) && count(&self.export);
        if sound { Ok(()) } else { Err(SampleError::Absurd) }
    }

    /// The coarser step of its registers.
    pub(super) fn step(&self) -> u64 {
        self.import.step.max(self.export.step)
    }
}

/// The total of one way; of tariff registers the modulus is theirs, if they share one.
fn count(reading: &MeterReading, way: Direction) -> Result<Count, SampleError> {
    let value = reading.total(way);
    let (Some(value), Some(step)) = (value, reading.step(way)) else {
        let has_any = reading.registers.iter().any(|register| register.direction == way);
        return Err(if has_any { SampleError::Absurd } else { SampleError::NoRegister(way) });
    };
    let of_way = || reading.registers.iter().filter(|register| register.direction == way);
    let has_total = of_way().any(|register| register.tariff.is_none());
    let mut moduli = of_way().filter(|register| !has_total || register.tariff.is_none()).map(|it| it.modulus);
    let modulus = moduli.next().flatten();
    let shared = moduli.all(|other| other == modulus);
    Ok(Count { value, step, modulus: modulus.filter(|_| shared) })
}
