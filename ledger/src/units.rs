//! Quantities with their units in the type (protocol section 1). Arithmetic is checked; products of a price and a
//! quantity fit by construction.

use core::fmt;

/// Seconds since 1970-01-01T00:00:00Z, as in a block header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This many seconds later; stops at the end of time rather than wrapping.
    pub const fn plus(self, seconds: u64) -> Self {
        Timestamp(self.0.saturating_add(seconds))
    }

    /// This many seconds earlier; stops at 1970.
    pub const fn minus(self, seconds: u64) -> Self {
        Timestamp(self.0.saturating_sub(seconds))
    }

    /// The UTC day, counted from 1970-01-01.
    pub const fn day(self) -> u64 {
        self.0 / 86_400
    }
}

/// Absolute index of a settlement window: unix seconds divided by the window length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Window(pub u64);

/// Absolute index of a metering interval: unix seconds divided by the interval length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Interval(pub u64);

/// Absolute index of a period that totals are made of: unix seconds divided by the period's length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period(pub u64);

/// Number of a stretch of blocks with one set of validators: height divided by `epoch_blocks`. (A credit epoch is a
/// stretch of time, and something else.)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The one after.
    pub const fn next(self) -> Self {
        Epoch(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.0)
    }
}

/// An amount in the base unit of a utility: watt-hours or litres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Quantity(pub u32);

/// Micro-euro per base unit of a utility; below 2^31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Price(u32);

impl Price {
    /// Prices are at least 1 and below 2^31.
    pub const fn new(micro_euro: u32) -> Option<Self> {
        if micro_euro >= 1 && micro_euro < 1 << 31 { Some(Price(micro_euro)) } else { None }
    }

    /// Micro-euro per base unit.
    pub const fn micro_euro(self) -> u32 {
        self.0
    }

    /// Price times quantity: at most 2^31 * 2^32, so it fits.
    pub const fn times(self, quantity: Quantity) -> Credit {
        Credit(self.0 as u64 * quantity.0 as u64)
    }
}

/// Money in micro-euro. The whole supply stays below 2^63, so sums of what exists fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Credit(pub u64);

impl Credit {
    /// No money.
    pub const ZERO: Credit = Credit(0);
    /// The supply stays below this.
    pub const SUPPLY_LIMIT: Credit = Credit(1 << 63);

    /// From whole euros.
    pub const fn from_euro(euro: u32) -> Self {
        Credit(euro as u64 * 1_000_000)
    }

    /// The sum, if it fits.
    pub const fn checked_add(self, other: Credit) -> Option<Credit> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Credit(sum)),
            None => None,
        }
    }

    /// The difference, if it is not negative.
    pub const fn checked_sub(self, other: Credit) -> Option<Credit> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Credit(rest)),
            None => None,
        }
    }

    /// The sum of several, if it fits.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Credit>) -> Option<Credit> {
        amounts.into_iter().try_fold(Credit::ZERO, Credit::checked_add)
    }
}

impl fmt::Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} EUR", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// What is metered and traded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Utility {
    /// Watt-hours.
    Electricity,
    /// Litres.
    Water,
    /// Watt-hours of heat.
    Heat,
}

impl Utility {
    /// Every utility, in the order of their codes.
    pub const ALL: [Utility; 3] = [Utility::Electricity, Utility::Water, Utility::Heat];

    /// The code in encodings.
    pub const fn code(self) -> u8 {
        match self {
            Utility::Electricity => 0,
            Utility::Water => 1,
            Utility::Heat => 2,
        }
    }

    /// From its code.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Utility::Electricity),
            1 => Some(Utility::Water),
            2 => Some(Utility::Heat),
            _ => None,
        }
    }

    /// Its word in files and interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Utility::Electricity => "electricity",
            Utility::Water => "water",
            Utility::Heat => "heat",
        }
    }

    /// The base unit's name.
    pub const fn unit(self) -> &'static str {
        match self {
            Utility::Electricity | Utility::Heat => "Wh",
            Utility::Water => "l",
        }
    }
}

/// Number of a meter: its place in the genesis list, which is registration order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct MeterId(pub u32);

impl fmt::Display for MeterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "meter {}", self.0)
    }
}
