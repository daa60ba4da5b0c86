//! What the engine is told about its meter.

use hushwatt_crypto::range::RangeBits;
use hushwatt_drivers::{Direction, Medium};
use hushwatt_ledger::parameters::Parameters;

use super::sample::MAX_REGISTER;

/// A register that counts coarser than this, in base units, settles nothing: every window is estimated.
pub const MAX_STEP: u64 = 10;

/// Which registers the meter has, and which way they count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// One for each way, as an electricity meter of today.
    TwoWay,
    /// One only. What it counts is this way, whatever its protocol calls it: a household's water or heat meter counts
    /// imports, the meter of a well or of a heat plant counts exports. The other way stays zero.
    OneWay(Direction),
}

/// What the engine is told about its meter, and how strict it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// What it measures.
    pub medium: Medium,
    /// Which registers it has.
    pub layout: Layout,
    /// The class it is registered with.
    pub class: RangeBits,
    /// Length of an interval, seconds.
    pub interval: u64,
    /// Intervals of a window.
    pub intervals: u64,
    /// How far from a boundary a sample may be to be its reading, seconds; at most a tenth of the interval.
    pub boundary_tolerance: u64,
    /// How far the meter's clock may be from the gateway's to be believed, seconds.
    pub clock_tolerance: u64,
    /// The most that can flow, base units an hour, each way. More is taken for a fault.
    pub max_rate: u64,
    /// Where the registers start again from zero, base units, for a meter whose telegrams do not tell.
    pub modulus: Option<u64>,
}

/// What is wrong with a [`Config`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Lengths that no network has.
    #[error("the interval must be 300, 600, 900, 1800 or 3600 seconds, and a window 1 to 12 of them")]
    Interval,
    /// Too far for a boundary.
    #[error("boundary_tolerance must be between 1 second and a tenth of the interval: set it to 30")]
    BoundaryTolerance,
    /// Clocks that far apart are not believed.
    #[error("clock_tolerance must be at most 300 seconds: set it to 60")]
    ClockTolerance,
    /// Nothing could flow.
    #[error("max_rate must be at least 1 base unit an hour and at most 10^12: set it to what the connection can carry")]
    MaxRate,
    /// Too small or too large.
    #[error("modulus must be at least 1,000 and at most 2^53 base units: six digits of kWh make 1,000,000,000 Wh")]
    Modulus,
    /// A class that meters do not have.
    #[error("a meter's class is 16 or 32 bits")]
    Class,
}

impl Config {
    /// The defaults for a network: a boundary's reading within 30 s, clocks within 60 s, and a rate that the connection of
    /// a large house does not reach (250 kW, 50 m3/h).
    pub fn new(parameters: &Parameters, medium: Medium, layout: Layout, class: RangeBits) -> Self {
        Config {
            medium,
            layout,
            class,
            interval: parameters.interval,
            intervals: parameters.intervals_per_window() as u64,
            boundary_tolerance: (parameters.interval / 10).min(30),
            clock_tolerance: 60,
            max_rate: match medium {
                Medium::Electricity | Medium::Heat | Medium::Cooling => 250_000,
                Medium::Water | Medium::Gas => 50_000,
            },
            modulus: None,
        }
    }

    /// Refuses what contradicts itself.
    pub fn check(&self) -> Result<(), ConfigError> {
        let ensure = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
        let interval = [300, 600, 900, 1800, 3600].contains(&self.interval) && (1..=12).contains(&self.intervals);
        ensure(interval, ConfigError::Interval)?;
        let boundary = (1..=self.interval / 10).contains(&self.boundary_tolerance);
        ensure(boundary, ConfigError::BoundaryTolerance)?;
        ensure(self.clock_tolerance <= 300, ConfigError::ClockTolerance)?;
        ensure((1..=1_000_000_000_000).contains(&self.max_rate), ConfigError::MaxRate)?;
        let modulus = self.modulus.is_none_or(|modulus| (1_000..=MAX_REGISTER).contains(&modulus));
        ensure(modulus, ConfigError::Modulus)?;
        ensure(matches!(self.class, RangeBits::Bits16 | RangeBits::Bits32), ConfigError::Class)
    }
}
