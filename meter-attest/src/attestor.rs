//! The meter's side of an attestation: which windows, which status, which blindings (protocol section 6.2).
//!
//! Missing readings stay missing: a window that lacks any interval is attested as missing, commits zeros that stand for
//! nothing, and mints nothing. Nothing is interpolated here.

use hushwatt_crypto::{
    Point, Rng, SecretScalar,
    commitment::Opening,
    meter::{DayKey, Register},
    range::{MAX_PROOF_BITS, RangeBits},
    signature::SigningKey,
};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{
        Envelope, TransactionId,
        attest::{
            MAX_WINDOWS, WindowStatus,
            build::{AttestPlan, WindowOpenings},
        },
        build::{BuildError, Built},
    },
    units::{Interval, MeterId, Quantity, Timestamp, Window},
};

/// Why a meter did not attest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttestError {
    /// No window is over that was not attested.
    #[error("{0} has attested every window that is over")]
    NothingDue(MeterId),
    /// The genesis does not know it.
    #[error("{0} is not registered in the genesis")]
    Unregistered(MeterId),
    /// More than the class allows.
    #[error(
        "{meter}: {value} in interval {interval} does not fit the meter's class of {bits} bits: register it in class 32"
    )]
    ExceedsClass {
        /// Which meter.
        meter: MeterId,
        /// Which interval, absolute.
        interval: u64,
        /// The reading.
        value: u32,
        /// Bits of the class.
        bits: usize,
    },
    /// The day key of the window was deleted.
    #[error("{meter}: the reading key of day {day} is gone; windows of that day cannot be attested")]
    NoDayKey {
        /// Which meter.
        meter: MeterId,
        /// UTC day.
        day: u64,
    },
    /// The builder refused.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// What a meter counted in one interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metered {
    /// Exported.
    pub export: Quantity,
    /// Imported.
    pub import: Quantity,
}

/// A meter that attests: its keys, and where its chain stands.
pub struct Attestor {
    meter: MeterId,
    key: SigningKey,
    day_key: DayKey,
    household: Point,
    sequence: u64,
    last: TransactionId,
    next_window: Window,
}

/// An attestation that was built and not yet seen on the ledger.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What to submit.
    pub built: Built,
    /// The windows it covers, with their status.
    pub windows: Vec<(Window, WindowStatus)>,
    sequence: u64,
}

impl Attestor {
    /// A newly registered meter, paired with a household whose public spend key is `household`.
    pub fn new(genesis: &Genesis, meter: MeterId, key: SigningKey, day_key: DayKey, household: Point) -> Self {
        Attestor {
            meter,
            key,
            day_key,
            household,
            sequence: 0,
            last: TransactionId([0; 64]),
            next_window: genesis.first_window(),
        }
    }

    /// Which meter.
    pub fn meter(&self) -> MeterId {
        self.meter
    }

    /// The window it attests next.
    pub fn next_window(&self) -> Window {
        self.next_window
    }

    /// Attests every window that is over, at most as many as fit one attestation. The chain moves on only with
    /// [`Attestor::confirm`]: a lost or refused attestation is simply built again, with another salt.
    pub fn attest(
        &self,
        genesis: &Genesis,
        reading: impl Fn(Interval) -> Option<Metered>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Pending, AttestError> {
        let parameters = &genesis.parameters;
        let class = genesis.meter(self.meter).ok_or(AttestError::Unregistered(self.meter))?.class;
        let due = (self.next_window.0..)
            .map(Window)
            .take(most_windows(parameters.intervals_per_window(), class))
            .take_while(|window| parameters.window_end(*window) <= now);
        let mut windows = Vec::new();
        for window in due {
            let first = parameters.first_interval(window);
            let intervals = (0..parameters.intervals_per_window() as u64).map(|offset| Interval(first.0 + offset));
            let metered: Option<Vec<Metered>> = intervals.map(&reading).collect();
            let status = match &metered {
                None => WindowStatus::Missing,
                Some(_) if now > parameters.attest_until(window) => WindowStatus::Late,
                Some(_) => WindowStatus::Measured,
            };
            let zero = Metered { export: Quantity(0), import: Quantity(0) };
            let metered = metered.unwrap_or_else(|| vec![zero; parameters.intervals_per_window()]);
            self.check_class(class, first, &metered)?;
            windows.push((window, status, metered));
        }
        let first_window = windows.first().map(|(window, _, _)| *window).ok_or(AttestError::NothingDue(self.meter))?;
        let values: Vec<u32> =
            windows.iter().flat_map(|(_, _, metered)| metered).flat_map(|m| [m.export.0, m.import.0]).collect();
        let day_key = self.key_of(genesis, first_window)?;
        let first = parameters.first_interval(first_window).0;
        let salt = day_key.attestation_salt(genesis.network(), self.meter.0, first, &values, rng);
        let openings = windows
            .iter()
            .map(|(window, status, metered)| self.openings(genesis, &salt, *window, *status, metered))
            .collect::<Result<_, AttestError>>()?;
        let plan = AttestPlan {
            meter: self.meter,
            sequence: self.sequence + 1,
            previous: self.last,
            salt,
            first_window,
            windows: openings,
            valid_until: Envelope::validity_from(now),
        };
        let built = plan.prove(genesis, rng)?.sign(&self.key);
        let windows = windows.into_iter().map(|(window, status, _)| (window, status)).collect();
        Ok(Pending { built, windows, sequence: self.sequence + 1 })
    }

    /// The attestation is on the ledger: the next one follows it. Anything but the next one changes nothing.
    pub fn confirm(&mut self, pending: &Pending) {
        let count = pending.windows.len() as u64;
        if pending.sequence == self.sequence + 1 {
            self.sequence = pending.sequence;
            self.last = *pending.built.transaction.id();
            self.next_window = Window(self.next_window.0 + count);
        }
    }

    fn check_class(&self, class: RangeBits, first: Interval, metered: &[Metered]) -> Result<(), AttestError> {
        for (interval, reading) in (first.0..).zip(metered) {
            let value = reading.export.0.max(reading.import.0);
            if u64::from(value) > class.max() {
                return Err(AttestError::ExceedsClass { meter: self.meter, interval, value, bits: class.bits() });
            }
        }
        Ok(())
    }

    fn key_of(&self, genesis: &Genesis, window: Window) -> Result<DayKey, AttestError> {
        let day = genesis.parameters.window_start(window).day();
        self.day_key.advance(genesis.network(), day).ok_or(AttestError::NoDayKey { meter: self.meter, day })
    }

    fn openings(
        &self,
        genesis: &Genesis,
        salt: &[u8; 32],
        window: Window,
        status: WindowStatus,
        metered: &[Metered],
    ) -> Result<WindowOpenings, AttestError> {
        let network = genesis.network();
        let key = self.key_of(genesis, window)?;
        let first = genesis.parameters.first_interval(window).0;
        let opening = |register, interval, quantity: Quantity| -> Opening {
            let blinding: SecretScalar = key.reading_blinding(network, self.meter.0, salt, register, interval);
            Opening::new(quantity.0.into(), blinding)
        };
        let export = (first..).zip(metered).map(|(at, m)| opening(Register::Export, at, m.export)).collect();
        let import = (first..).zip(metered).map(|(at, m)| opening(Register::Import, at, m.import)).collect();
        let note_key = if status.mints() {
            let key = key.note_key(network, self.meter.0, window.0, &self.household);
            Some(key.map_err(BuildError::Crypto)?)
        } else {
            None
        };
        Ok(WindowOpenings { status, export, import, note_key })
    }
}

/// How many windows fit one attestation of this class: at most 24, and within the cap on proof work.
fn most_windows(intervals: usize, class: RangeBits) -> usize {
    let per_window = 2 * intervals + if class == RangeBits::Bits32 { 2 } else { 0 };
    let fits = |windows: &usize| (windows * per_window).next_power_of_two() * class.bits() <= MAX_PROOF_BITS;
    (1..=MAX_WINDOWS).rev().find(fits).unwrap_or(1)
}
