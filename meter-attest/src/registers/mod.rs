//! From cumulative registers to intervals (protocol section 6.2): a pure engine, without clock and without I/O.
//!
//! A meter counts up. What it counted in an interval is the difference of its registers at the interval's two boundaries,
//! in whole base units; so the sum over any intervals is exactly what the registers say, however samples fall.
//!
//! 1. **A boundary's reading** is that of the last sample at or before it, if that is not older than
//!    [`Config::boundary_tolerance`]; else of the first after it, if that is not later than so much; else it is unknown.
//!    Once decided it stays.
//! 2. **An interval** between two known boundaries is measured. Boundaries that stay unknown between two known ones leave a
//!    gap: its difference is spread over its intervals in whole units, estimated. Until a gap ends its intervals are open.
//! 3. **A stretch** is what one meter counted without a break. A reset, another meter, or a leap beyond what can flow begins
//!    a new one; intervals between the last known boundary of one and the first of the next are missing. A single odd
//!    sample begins nothing: it is held back until [`AGREE`] in a row agree.
//! 4. **Clocks.** A sample's time is the meter's own if that is close to the gateway's, else the gateway's. Where the
//!    gateway's own clock was set ([`Registers::clock_was_set`]) the registers go on but the time is in doubt: estimated. A telegram
//!    that the line says again is old by the meter's clock, whatever the gateway's says of it.
//! 5. **Registers coarser than [`MAX_STEP`]** are never measured, and never interpolated within a step.
//!
//! The same calls in the same order give the same state, so a journal of them is a copy of it; [`Registers::encode`] is
//! another.
//!
//! | file | what |
//! |---|---|
//! | `config.rs`, `sample.rs`, `event.rs` | what goes in and what is said of it |
//! | `accept.rs` | which time a sample has, whether it is odd, stretches |
//! | `boundary.rs` | the readings of boundaries |
//! | `interval.rs` | intervals and windows from them; gaps, giving up |
//! | `substitute.rs` | the operator's values in place of estimates |
//! | `codec.rs` | the state as bytes |

mod accept;
mod boundary;
mod codec;
mod config;
mod event;
mod interval;
mod sample;
mod substitute;

use std::collections::BTreeMap;

use hushwatt_ledger::units::Timestamp;

pub use accept::AGREE;
pub use boundary::MAX_BOUNDARIES;
pub use config::{Config, ConfigError, Layout, MAX_STEP};
pub use event::{ClockFault, Event, Odd, Outcome, Reaction};
pub use interval::{IntervalState, WindowState};
pub use sample::{Count, MAX_METER_NUMBER, MAX_REGISTER, Sample, SampleError};
pub use substitute::{MAX_RULE, SubstituteError, Substitution};

use crate::Metered;
use accept::{Doubt, Held, Last};
use boundary::Boundary;
use substitute::Rule;

/// One meter's registers, and what follows from them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registers {
    config: Config,
    last: Option<Last>,
    /// Odd samples in a row that agree with each other, fewer than [`AGREE`].
    held: Vec<Held>,
    /// Known readings by boundary number, unix seconds / interval.
    boundaries: BTreeMap<u64, Boundary>,
    /// Every boundary below this number is decided: known, or unknown for ever.
    decided_to: u64,
    /// Number of the stretch that the last sample belongs to.
    stretch: u32,
    doubt: Option<Doubt>,
    clock_fault: Option<ClockFault>,
    /// Intervals that were attested as missing before their gap ended: first, and first after; ascending.
    given_up: Vec<(u64, u64)>,
    substitutes: BTreeMap<u64, Metered>,
    /// By first interval.
    rules: BTreeMap<u64, Rule>,
    /// The values of all intervals below are attested.
    frozen_to: u64,
    /// All intervals below are forgotten.
    forgotten_to: u64,
    counters: Counters,
}

/// How many samples did not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Accepted.
    pub accepted: u64,
    /// Held back once, and dropped later.
    pub dropped: u64,
    /// Stretches that ended: resets, exchanges and leaps.
    pub breaks: u64,
    /// Registers that passed their end.
    pub rollovers: u64,
}

impl Registers {
    /// Of a meter that was never read.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Registers {
            config,
            last: None,
            held: Vec::new(),
            boundaries: BTreeMap::new(),
            decided_to: 0,
            stretch: 0,
            doubt: None,
            clock_fault: None,
            given_up: Vec::new(),
            substitutes: BTreeMap::new(),
            rules: BTreeMap::new(),
            frozen_to: 0,
            forgotten_to: 0,
            counters: Counters::default(),
        })
    }

    /// What it was told about its meter.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes another configuration from now on. What is decided stays: lengths, medium and layout cannot change, and the
    /// class can only grow.
    pub fn reconfigure(&mut self, config: Config) -> Result<(), ReconfigureError> {
        config.check()?;
        let old = &self.config;
        let fixed = (config.interval, config.intervals, config.medium, config.layout)
            == (old.interval, old.intervals, old.medium, old.layout);
        if !fixed || config.class < old.class {
            return Err(ReconfigureError::Fixed);
        }
        self.config = config;
        Ok(())
    }

    /// The last sample that counted.
    pub fn last(&self) -> Option<&Sample> {
        self.last.as_ref().map(|last| &last.sample)
    }

    /// The time that the last sample counts for.
    pub fn last_time(&self) -> Option<Timestamp> {
        self.last.as_ref().map(|last| last.time)
    }

    /// How many samples are held back now.
    pub fn held_back(&self) -> usize {
        self.held.len()
    }

    /// What is wrong with the meter's clock, if anything is.
    pub fn clock_fault(&self) -> Option<ClockFault> {
        self.clock_fault
    }

    /// Whether the registers count too coarsely to settle anything.
    pub fn is_coarse(&self) -> bool {
        self.last().is_some_and(|sample| sample.step() > MAX_STEP)
    }

    /// How far boundaries are decided, and the last known one: import and export. Two engines that were told the same and
    /// decide alike have the same.
    pub fn mark(&self) -> [u64; 3] {
        let last = self.boundaries.values().next_back().map(|boundary| boundary.reading);
        [self.decided_to, last.map_or(0, |reading| reading.import), last.map_or(0, |reading| reading.export)]
    }

    /// Counts of what happened.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The end of the last interval whose boundaries are decided.
    pub fn decided_until(&self) -> Timestamp {
        Timestamp(self.decided_to.saturating_sub(1).saturating_mul(self.config.interval))
    }
}

/// Why a configuration was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReconfigureError {
    /// It contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It contradicts what was attested.
    #[error(
        "interval, window, medium and direction of a meter cannot change, and its class cannot shrink: register it anew"
    )]
    Fixed,
}
