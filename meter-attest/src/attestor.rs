//! The meter's side of an attestation: which windows, which status, which blindings (protocol section 6.2).
//!
//! What is attested comes as a [`Draft`] for each window; its status is posted as it is, but for the attestation deadline,
//! after which what would mint is late. Missing readings stay missing: such a window commits zeros that stand for nothing,
//! and mints nothing. Nothing is interpolated here.

use hushwatt_crypto::{
    NetworkId, Point, Rng, SecretScalar,
    commitment::Opening,
    meter::{DayKey, Register},
    range::{MAX_PROOF_BITS, RangeBits},
    signature::SigningKey,
};
use hushwatt_ledger::{
    codec::DecodeError,
    genesis::Genesis,
    transaction::{
        Action, Envelope, Transaction,
        attest::{
            MAX_WINDOWS, WindowStatus,
            build::{AttestPlan, WindowOpenings},
        },
        build::{BuildError, Built},
        correct::build::CorrectPlan,
    },
    units::{Interval, MeterId, Quantity, Timestamp, Window},
};

use crate::{ChainPosition, Draft, DraftStatus, Metered};

/// Why a meter did not attest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttestError {
    /// No window is over that was not attested, or the first such window is not decided yet.
    #[error("{0} has attested every window that is over and decided")]
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

/// A meter that attests: its keys, and where its chain stands.
pub struct Attestor {
    meter: MeterId,
    key: SigningKey,
    day_key: DayKey,
    household: Point,
    position: ChainPosition,
    /// The class it has now, if that is not the genesis' any more.
    class: Option<RangeBits>,
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

/// Why bytes are no [`Pending`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PendingError {
    /// Not a transaction of this network.
    #[error("the kept attestation is no transaction of this network: {0}")]
    Decode(#[from] DecodeError),
    /// A transaction of another kind.
    #[error("the kept transaction is a {0}, not an attestation")]
    OtherKind(&'static str),
}

impl Pending {
    /// Its bytes, to be kept on disk before it is sent: those of the transaction, which say all the rest.
    pub fn encode(&self) -> Vec<u8> {
        self.built.transaction.encode()
    }

    /// Reads back what [`Pending::encode`] gave. Total on any bytes; nothing is verified.
    pub fn decode(network: &NetworkId, bytes: &[u8]) -> Result<Self, PendingError> {
        let transaction = Transaction::decode(network, bytes)?;
        let Action::Attest(attest) = transaction.action() else {
            return Err(PendingError::OtherKind(transaction.action().name()));
        };
        let windows = attest.statement.indexed_windows().map(|(window, attested)| (window, attested.status)).collect();
        let sequence = attest.statement.sequence;
        Ok(Pending { built: Built::new(transaction, Vec::new()), windows, sequence })
    }

    /// Its place in the meter's chain.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl Attestor {
    /// A newly registered meter, paired with a household whose public spend key is `household`.
    pub fn new(genesis: &Genesis, meter: MeterId, key: SigningKey, day_key: DayKey, household: Point) -> Self {
        Self::restore(meter, key, day_key, household, ChainPosition::start(genesis.first_window()))
    }

    /// A meter whose chain stands at `position`: from a gateway's disk, or from the ledger's record if the disk is lost.
    pub fn restore(
        meter: MeterId,
        key: SigningKey,
        day_key: DayKey,
        household: Point,
        position: ChainPosition,
    ) -> Self {
        Attestor { meter, key, day_key, household, position, class: None }
    }

    /// The same meter in the class that it has now, for one that the registrars replaced.
    pub fn in_class(self, class: RangeBits) -> Self {
        Attestor { class: Some(class), ..self }
    }

    /// Which meter.
    pub fn meter(&self) -> MeterId {
        self.meter
    }

    /// The window it attests next.
    pub fn next_window(&self) -> Window {
        self.position.next_window
    }

    /// Where its chain stands, to be kept.
    pub fn position(&self) -> ChainPosition {
        self.position
    }

    /// The reading key as it stands.
    pub fn day_key(&self) -> &DayKey {
        &self.day_key
    }

    /// Forgets the reading keys of all days before `day`: their windows can then neither be attested nor opened here. A day
    /// that is already over for it, or more than 40,000 days ahead, changes nothing.
    pub fn forget_days_before(&mut self, network: &NetworkId, day: u64) {
        if let Some(key) = self.day_key.advance(network, day) {
            self.day_key = key;
        }
    }

    /// Attests every window that is over from what was read in each interval: all of them read is measured, else missing.
    /// As [`Attestor::attest_drafts`].
    pub fn attest(
        &self,
        genesis: &Genesis,
        reading: impl Fn(Interval) -> Option<Metered>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Pending, AttestError> {
        let intervals = genesis.parameters.intervals_per_window();
        let draft = |window| {
            let first = genesis.parameters.first_interval(window).0;
            let metered: Option<_> = (first..).take(intervals).map(|interval| reading(Interval(interval))).collect();
            Some(match metered {
                Some(metered) => Draft { status: DraftStatus::Measured, metered },
                None => Draft::missing(intervals),
            })
        };
        self.attest_drafts(genesis, draft, now, rng)
    }

    /// Attests the windows that are over, up to the first without a draft, at most as many as fit one attestation. The
    /// chain moves on only with [`Attestor::confirm`]: a lost or refused attestation is simply built again, with another
    /// salt. Whoever sends one must give the same drafts for its windows ever after.
    pub fn attest_drafts(
        &self,
        genesis: &Genesis,
        draft: impl Fn(Window) -> Option<Draft>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Pending, AttestError> {
        let parameters = &genesis.parameters;
        let class = self.class_now(genesis)?;
        let first_window = self.position.next_window;
        let due = (first_window.0..)
            .map(Window)
            .take(most_windows(parameters.intervals_per_window(), class))
            .take_while(|window| parameters.window_end(*window) <= now);
        let mut windows = Vec::new();
        for (window, draft) in due.map_while(|window| draft(window).map(|draft| (window, draft))) {
            let status = draft.status.posted(now > parameters.attest_until(window));
            let metered = match draft.status {
                DraftStatus::Missing => Draft::missing(parameters.intervals_per_window()).metered,
                _ => draft.metered,
            };
            self.check_class(class, parameters.first_interval(window), &metered)?;
            windows.push((window, status, metered));
        }
        if windows.is_empty() {
            return Err(AttestError::NothingDue(self.meter));
        }
        let values: Vec<u32> =
            windows.iter().flat_map(|(_, _, metered)| metered).flat_map(|m| [m.export.0, m.import.0]).collect();
        let day_key = self.key_of(genesis, first_window)?;
        let first = parameters.first_interval(first_window).0;
        let salt = day_key.attestation_salt(genesis.network(), self.meter.0, first, &values, rng);
        let openings = windows
            .iter()
            .map(|(window, status, metered)| self.openings(genesis, &salt, *window, *status, metered))
            .collect::<Result<_, AttestError>>()?;
        let sequence = self.position.sequence + 1;
        let plan = AttestPlan {
            meter: self.meter,
            sequence,
            previous: self.position.last,
            salt,
            first_window,
            windows: openings,
            valid_until: Envelope::validity_from(now),
        };
        let built = plan.prove_in(genesis, class, rng)?.sign(&self.key);
        let windows = windows.into_iter().map(|(window, status, _)| (window, status)).collect();
        Ok(Pending { built, windows, sequence })
    }

    /// The attestation is on the ledger: the next one follows it. Anything but the next one changes nothing.
    pub fn confirm(&mut self, pending: &Pending) {
        let count = pending.windows.len() as u64;
        if pending.sequence == self.position.sequence + 1 {
            self.position = ChainPosition {
                sequence: pending.sequence,
                last: *pending.built.transaction.id(),
                next_window: Window(self.position.next_window.0 + count),
            };
        }
    }

    /// Other values for a window that is attested, at the next place of the chain. Once it is on the ledger the chain stands at
    /// its sequence and id, at the same window: [`Attestor::restore`] there.
    pub fn correct(
        &self,
        genesis: &Genesis,
        window: Window,
        metered: &[Metered],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, AttestError> {
        let class = self.class_now(genesis)?;
        let first = genesis.parameters.first_interval(window);
        self.check_class(class, first, metered)?;
        let values: Vec<u32> = metered.iter().flat_map(|m| [m.export.0, m.import.0]).collect();
        let key = self.key_of(genesis, window)?;
        let salt = key.attestation_salt(genesis.network(), self.meter.0, first.0, &values, rng);
        let openings = self.openings(genesis, &salt, window, WindowStatus::Estimated, metered)?;
        let plan = CorrectPlan {
            meter: self.meter,
            sequence: self.position.sequence + 1,
            previous: self.position.last,
            salt,
            window,
            export: openings.export,
            import: openings.import,
            valid_until: Envelope::validity_from(now),
        };
        Ok(plan.prove(genesis, class, rng)?.sign(&self.key))
    }

    fn class_now(&self, genesis: &Genesis) -> Result<RangeBits, AttestError> {
        let registered = genesis.meter(self.meter).ok_or(AttestError::Unregistered(self.meter))?;
        Ok(self.class.unwrap_or(registered.class))
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
