//! What the engine says of a sample, in types: for the installer's page, the log and the tests.

use hushwatt_ledger::units::Timestamp;

/// What became of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// The same telegram again.
    Duplicate,
    /// Not newer than the last one accepted.
    Older,
    /// Odd: it counts only if the next ones agree with it.
    HeldBack(Odd),
}

/// What is odd about a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Odd {
    /// Another meter number.
    OtherMeter,
    /// A register went down, and not over its end.
    Decrease,
    /// A register went up by more than can flow.
    Leap,
}

/// What is wrong with the meter's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockFault {
    /// This many seconds ahead of the gateway's (behind, if negative): the gateway's time is used.
    Offset(i64),
    /// It stands still while the registers move: the gateway's time is used.
    Stuck,
    /// It went back, or forward by this many seconds more than passed: the gateway's time is used.
    Jumped(i64),
}

/// What else is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The reading of a boundary is known, for good: base units since the stretch's meter was made.
    Boundary {
        /// When.
        at: Timestamp,
        /// Register of imports.
        import: u64,
        /// Register of exports.
        export: u64,
    },
    /// The readings of these boundaries will never be known.
    Unknown {
        /// The first.
        from: Timestamp,
        /// The last.
        to: Timestamp,
    },
    /// A register passed its end and started again from zero.
    Rollover,
    /// The registers were set back: the intervals touched are missing.
    Reset,
    /// Another meter hangs there now: the intervals touched are missing.
    Exchanged {
        /// Number of the old one.
        from: String,
        /// Number of the new one.
        to: String,
    },
    /// The registers leapt further than can flow, for good: the intervals touched are missing. `max_rate` may be too low.
    Leapt,
    /// So many samples that were held back are dropped: the next ones did not agree with them.
    Dropped(usize),
    /// The meter's clock cannot be believed.
    Clock(ClockFault),
    /// The meter's clock is believed again.
    ClockRight,
    /// Registers that count in steps of so many base units settle nothing.
    Coarse(u64),
    /// The gateway's clock was set by so many seconds: the intervals touched are not measured.
    GatewayClock(i64),
    /// So much was never delivered that the oldest is forgotten.
    Overflow,
}

/// The engine's answer to a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reaction {
    /// What became of it.
    pub outcome: Outcome,
    /// What it led to, in order.
    pub events: Vec<Event>,
}
