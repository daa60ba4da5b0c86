//! What any meter says, in units of its medium: cumulative registers, or a file's values by interval.

/// Seconds since 1970-01-01T00:00:00Z. Local time is turned into it where it is read, and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnixTime(pub u64);

/// What a meter measures. The base unit is the watt-hour, for water and gas the litre.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Medium {
    /// Watt-hours.
    Electricity,
    /// Litres, cold or warm.
    Water,
    /// Watt-hours of heat.
    Heat,
    /// Watt-hours of cold.
    Cooling,
    /// Litres of gas at the meter.
    Gas,
}

/// Which way it flows, seen from the household.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Taken by the household (OBIS 1.8 for electricity; all of water and heat).
    Import,
    /// Given by it (OBIS 2.8).
    Export,
}

/// A register that only counts up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RegisterReading {
    /// Its name in the meter's protocol, such as `1-0:1.8.1`.
    pub code: String,
    /// Which way.
    pub direction: Direction,
    /// The tariff it counts; `None` for the total of all.
    pub tariff: Option<u8>,
    /// In whole base units, rounded down: of differences of rounded sums nothing is lost.
    pub value: u64,
    /// What the last digit counts, in base units, at least 1 (1 for 0.001 kWh and finer, 1,000 for whole kWh).
    pub step: u64,
    /// The value, in base units, at which the register starts again from zero, if the protocol tells.
    pub modulus: Option<u64>,
}

/// One meter in one telegram. A telegram may speak of several, as P1 does of gas and water meters behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeterReading {
    /// The meter's own number, as it says; another number is another meter.
    pub meter: String,
    /// What it measures.
    pub medium: Medium,
    /// When it read its registers, by its own clock; `None` if it does not say.
    pub at: Option<UnixTime>,
    /// Its registers, each once: a total, or tariffs that add up to it, or both.
    pub registers: Vec<RegisterReading>,
    /// What the meter complains of, in words: a fault, an empty battery, a reading it calls invalid. None is grounds to refuse.
    pub complaints: Vec<String>,
}

impl MeterReading {
    /// The sum over all tariffs in one direction, in base units: the total register where there is one, else the tariffs added;
    /// `None` if the meter has none, or the sum overflows.
    pub fn total(&self, direction: Direction) -> Option<u64> {
        let of = |register: &&RegisterReading| register.direction == direction;
        let total = self.registers.iter().filter(of).find(|register| register.tariff.is_none());
        if let Some(total) = total {
            return Some(total.value);
        }
        let mut tariffs = self.registers.iter().filter(of).peekable();
        tariffs.peek()?;
        tariffs.try_fold(0u64, |sum, register| sum.checked_add(register.value))
    }

    /// The coarsest step of the registers that [`Self::total`] adds in one direction.
    pub fn step(&self, direction: Direction) -> Option<u64> {
        let of = |register: &&RegisterReading| register.direction == direction;
        let total = self.registers.iter().filter(of).find(|register| register.tariff.is_none());
        let steps = self.registers.iter().filter(of).map(|register| register.step).max();
        total.map(|register| register.step).or(steps)
    }
}

/// How sure the source is of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SeriesQuality {
    /// Read.
    Measured,
    /// Made up by the operator by a rule of his, and valid for settlement.
    Substituted,
    /// Estimated, and to be replaced.
    Estimated,
    /// The file says nothing about it.
    Unstated,
}

/// A value of one interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntervalValue {
    /// Its beginning.
    pub start: UnixTime,
    /// Its length in seconds.
    pub seconds: u32,
    /// In thousandths of a base unit, since files have values finer than a watt-hour.
    pub milli: u64,
    /// How sure the source is.
    pub quality: SeriesQuality,
}

/// What a file says of one meter and direction, by interval, ascending; what has no value is missing, not zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// The metering point or meter, as the file says; empty if it does not.
    pub meter: String,
    /// What is measured.
    pub medium: Medium,
    /// Which way.
    pub direction: Direction,
    /// Ascending by start, without overlap.
    pub values: Vec<IntervalValue>,
}
