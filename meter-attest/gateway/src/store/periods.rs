//! What opens a meter's sums of periods, until it is shared (protocol section 10): kept apart from readings and their keys, so
//! that those may be forgotten, and wiped as soon as it was shared or cannot be any more.

use std::collections::BTreeMap;

use hushwatt_crypto::{SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    transaction::{MAX_TRANSACTION_BYTES, TransactionId},
    units::{Period, Timestamp, Window},
};

use super::error::Refusal;

/// Most windows that are kept of all periods together, and most periods. No genesis leaves more open: a period and its terms
/// together are shorter than the retention, which is 366 days at most, and no window is shorter than 300 seconds.
const MAX_OPEN_WINDOWS: usize = 366 * 86_400 / 300;
const MAX_PERIODS: usize = MAX_OPEN_WINDOWS;
/// Most periods that are over and of which it is known how they ended.
const MAX_SETTLED: usize = 64;
/// Longest sealed shares, bytes: no transaction has more.
const MAX_HINT_BYTES: usize = 64 * hushwatt_crypto::hint::HINT_LENGTH;

/// What opens two sums of a meter: secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Openings {
    /// Of what was exported.
    pub export: Opening,
    /// Of what was imported.
    pub import: Opening,
}

/// What a window that a final block has adds to its period, or has instead of what it was before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The period.
    pub period: Period,
    /// The window.
    pub window: Window,
    /// What opens its sums.
    pub openings: Openings,
}

/// A Share that was built, as it is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingShare {
    /// Its id.
    pub id: TransactionId,
    /// The last block time at which it may be included.
    pub valid_until: Timestamp,
    /// The transaction.
    pub bytes: Vec<u8>,
    /// The sealed shares that travel with it.
    pub hints: Vec<u8>,
}

/// What opens the sums of a period that is not shared yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeriodSums {
    /// Windows that are forgotten but for what they add.
    folded: u32,
    /// All of them are before this one.
    folded_until: Window,
    sums: Openings,
    windows: BTreeMap<Window, Openings>,
    /// A window was corrected of which the openings of before are gone.
    is_lost: bool,
    share: Option<OutgoingShare>,
}

/// How it ended with a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// A certified block has the Share.
    Shared,
    /// The term was over before a certified block had it.
    Late,
    /// Not every window was attested by this gateway before the period closed.
    Incomplete,
    /// The meter is in no cohort of the period.
    NoCohort,
    /// No committee was named before the period began.
    NoCommittee,
    /// The settings say that nothing is shared.
    Declined,
    /// Something was shared in this meter's name that this gateway did not make.
    Foreign,
}

/// A period that is over for the gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settled {
    /// Which.
    pub period: Period,
    /// How.
    pub ending: Ending,
    /// When, by the ledger.
    pub at: Timestamp,
}

/// Every period of which something is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Periods {
    pub open: BTreeMap<Period, PeriodSums>,
    /// Oldest first.
    pub settled: Vec<Settled>,
}

impl Ending {
    const ALL: [Ending; 7] = [
        Ending::Shared,
        Ending::Late,
        Ending::Incomplete,
        Ending::NoCohort,
        Ending::NoCommittee,
        Ending::Declined,
        Ending::Foreign,
    ];

    /// Its word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Ending::Shared => "shared",
            Ending::Late => "late",
            Ending::Incomplete => "incomplete",
            Ending::NoCohort => "no-cohort",
            Ending::NoCommittee => "no-committee",
            Ending::Declined => "declined",
            Ending::Foreign => "foreign",
        }
    }
}

impl Openings {
    fn zero() -> Self {
        let zero = || Opening::new(0, SecretScalar::zero());
        Openings { export: zero(), import: zero() }
    }

    fn plus(&self, other: &Self) -> Self {
        let add =
            |a: &Opening, b: &Opening| Opening::new(a.value.saturating_add(b.value), a.blinding.plus(&b.blinding));
        Openings { export: add(&self.export, &other.export), import: add(&self.import, &other.import) }
    }

    fn encode(&self, writer: &mut Writer) {
        for opening in [&self.export, &self.import] {
            writer.u64(opening.value).bytes(&opening.blinding.to_bytes()[..]);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut opening = || Ok::<_, DecodeError>(Opening::new(reader.u64()?, SecretScalar::decode(&reader.array()?)?));
        Ok(Openings { export: opening()?, import: opening()? })
    }
}

impl Counted {
    pub(super) fn encode(&self, writer: &mut Writer) {
        self.openings.encode(writer.u64(self.period.0).u64(self.window.0));
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (period, window) = (Period(reader.u64()?), Window(reader.u64()?));
        Ok(Counted { period, window, openings: Openings::decode(reader)? })
    }
}

impl OutgoingShare {
    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.bytes(&self.id.0).u64(self.valid_until.0);
        for part in [&self.bytes, &self.hints] {
            writer.u32(u32::try_from(part.len()).unwrap_or(u32::MAX)).bytes(part);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (id, valid_until) = (TransactionId(reader.array()?), Timestamp(reader.u64()?));
        let mut part = |most: usize| {
            let length = reader.u32()? as usize;
            if length > most {
                return Err(DecodeError::LengthOutOfRange);
            }
            Ok(reader.bytes(length)?.to_vec())
        };
        Ok(OutgoingShare { id, valid_until, bytes: part(MAX_TRANSACTION_BYTES)?, hints: part(MAX_HINT_BYTES)? })
    }
}

impl Settled {
    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u64(self.period.0).u8(self.ending as u8).u64(self.at.0);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let period = Period(reader.u64()?);
        let ending = Ending::ALL.get(usize::from(reader.u8()?)).copied().ok_or(DecodeError::UnknownTag)?;
        Ok(Settled { period, ending, at: Timestamp(reader.u64()?) })
    }
}

impl PeriodSums {
    fn new() -> Self {
        PeriodSums {
            folded: 0,
            folded_until: Window(0),
            sums: Openings::zero(),
            windows: BTreeMap::new(),
            is_lost: false,
            share: None,
        }
    }

    /// How many windows of the period are in.
    pub fn windows(&self) -> u64 {
        u64::from(self.folded) + self.windows.len() as u64
    }

    /// What opens the period's sums as far as they go; `None` if that is lost.
    pub fn openings(&self) -> Option<Openings> {
        let sum = |sum: Openings, window: &Openings| sum.plus(window);
        (!self.is_lost).then(|| self.windows.values().fold(self.sums.clone(), sum))
    }

    /// The Share that was built last.
    pub fn share(&self) -> Option<&OutgoingShare> {
        self.share.as_ref()
    }

    fn count(&mut self, window: Window, openings: &Openings) {
        if window < self.folded_until {
            self.is_lost = true;
        } else {
            self.windows.insert(window, openings.clone());
        }
    }

    /// Adds up what the windows before this one add: what each of them did is forgotten.
    fn fold(&mut self, until: Window) {
        let kept = self.windows.split_off(&until);
        let folded = core::mem::replace(&mut self.windows, kept);
        self.sums = folded.values().fold(self.sums.clone(), |sum, window| sum.plus(window));
        self.folded = self.folded.saturating_add(u32::try_from(folded.len()).unwrap_or(u32::MAX));
        self.folded_until = self.folded_until.max(until);
    }

    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.folded).u64(self.folded_until.0).u8(self.is_lost.into());
        self.sums.encode(writer);
        writer.u32(u32::try_from(self.windows.len()).unwrap_or(u32::MAX));
        for (window, openings) in &self.windows {
            openings.encode(writer.u64(window.0));
        }
        writer.u8(self.share.is_some().into());
        if let Some(share) = &self.share {
            share.encode(writer);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (folded, folded_until) = (reader.u32()?, Window(reader.u64()?));
        let is_lost = reader.count(0..=1)? == 1;
        let sums = Openings::decode(reader)?;
        let count = reader.u32()? as usize;
        if count > MAX_OPEN_WINDOWS {
            return Err(DecodeError::LengthOutOfRange);
        }
        let windows = (0..count)
            .map(|_| Ok((Window(reader.u64()?), Openings::decode(reader)?)))
            .collect::<Result<_, DecodeError>>()?;
        let share = if reader.count(0..=1)? == 1 { Some(OutgoingShare::decode(reader)?) } else { None };
        Ok(PeriodSums { folded, folded_until, sums, windows, is_lost, share })
    }
}

impl Periods {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.settled.is_empty()
    }

    /// Counts what a final block of this time has; what is over for the gateway stays so.
    pub fn count(&mut self, counted: &[Counted], at: Timestamp) {
        for one in counted {
            if self.settled.iter().all(|settled| settled.period != one.period) {
                self.open.entry(one.period).or_insert_with(PeriodSums::new).count(one.window, &one.openings);
            }
        }
        let mut windows: usize = self.open.values().map(|period| period.windows.len()).sum();
        while self.open.len() > MAX_PERIODS || windows > MAX_OPEN_WINDOWS {
            // More than a year is open: the term of the oldest is over.
            let Some((period, sums)) = self.open.pop_first() else { return };
            windows = windows.saturating_sub(sums.windows.len());
            self.end(Settled { period, ending: Ending::Late, at });
        }
    }

    /// A Share is about to be sent; never another one than before, but for how long it is valid.
    pub fn build(&mut self, period: Period, share: &OutgoingShare) -> Result<(), Refusal> {
        let sums = self.open.get_mut(&period).ok_or(Refusal::NoPeriod(period))?;
        if share.bytes.len() > MAX_TRANSACTION_BYTES || share.hints.len() > MAX_HINT_BYTES {
            return Err(Refusal::TooLong);
        }
        if sums.share.as_ref().is_some_and(|before| before.hints != share.hints) {
            return Err(Refusal::OtherShare(period));
        }
        sums.share = Some(share.clone());
        Ok(())
    }

    /// Nothing is shared of a period any more: what opens its sums goes.
    pub fn settle(&mut self, settled: Settled) -> Result<(), Refusal> {
        self.open.remove(&settled.period).ok_or(Refusal::NoPeriod(settled.period))?;
        self.end(settled);
        Ok(())
    }

    fn end(&mut self, settled: Settled) {
        self.settled.push(settled);
        let excess = self.settled.len().saturating_sub(MAX_SETTLED);
        self.settled.drain(..excess);
    }

    pub fn fold(&mut self, until: Window) {
        self.open.values_mut().for_each(|period| period.fold(until));
    }

    pub fn encode(&self, writer: &mut Writer) {
        writer.u32(u32::try_from(self.open.len()).unwrap_or(u32::MAX));
        for (period, sums) in &self.open {
            sums.encode(writer.u64(period.0));
        }
        writer.count(self.settled.len());
        self.settled.iter().for_each(|settled| settled.encode(writer));
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.u32()? as usize;
        if count > MAX_PERIODS {
            return Err(DecodeError::LengthOutOfRange);
        }
        let open = (0..count)
            .map(|_| Ok((Period(reader.u64()?), PeriodSums::decode(reader)?)))
            .collect::<Result<_, DecodeError>>()?;
        let count = reader.count(0..=MAX_SETTLED)?;
        let settled = (0..count).map(|_| Settled::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Periods { open, settled })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::journal::MAX_BODY, *};

    fn openings(number: u64) -> Openings {
        let opening = |value| Opening::new(value, SecretScalar::zero());
        Openings { export: opening(number), import: opening(10 * number) }
    }

    fn counted(period: u64, window: u64, number: u64) -> Counted {
        Counted { period: Period(period), window: Window(window), openings: openings(number) }
    }

    fn exported(periods: &Periods, period: u64) -> Option<u64> {
        periods.open[&Period(period)].openings().map(|openings| openings.export.value)
    }

    #[test]
    fn a_correction_takes_the_place_of_what_was_and_a_forgotten_windows_share_of_the_sum_stays() {
        let mut periods = Periods::default();
        periods.count(&[counted(1, 10, 5), counted(1, 11, 7), counted(2, 12, 1)], NOW);
        periods.count(&[counted(1, 10, 6)], NOW);
        assert_eq!((exported(&periods, 1), periods.open[&Period(1)].windows()), (Some(13), 2));
        periods.fold(Window(11));
        periods.fold(Window(11));
        assert_eq!((exported(&periods, 1), periods.open[&Period(1)].windows()), (Some(13), 2));
        periods.count(&[counted(1, 11, 8)], NOW);
        assert_eq!(exported(&periods, 1), Some(14));
        // What the window added is not known any more.
        periods.count(&[counted(1, 10, 9)], NOW);
        assert_eq!((exported(&periods, 1), exported(&periods, 2)), (None, Some(1)));
    }

    const NOW: Timestamp = Timestamp(9);

    fn windows_in(periods: &Periods) -> usize {
        periods.open.values().map(|period| period.windows.len()).sum()
    }

    /// As many windows as there are of 300 seconds in so many periods of so many days, from the first one on.
    fn five_minutes(periods: u64, days: u64) -> Vec<Counted> {
        let each = days * 86_400 / 300;
        (0..periods * each).map(|window| counted(window / each, window, 1)).collect()
    }

    #[test]
    fn the_longest_periods_of_the_shortest_windows_stay_open_together() {
        let mut periods = Periods::default();
        five_minutes(3, 31).chunks(24).for_each(|counted| periods.count(counted, NOW));
        assert_eq!((periods.open.len(), windows_in(&periods), periods.settled.len()), (3, 3 * 8_928, 0));
        assert!((0..3).all(|period| exported(&periods, period) == Some(8_928)));
        let mut writer = Writer::new();
        periods.encode(&mut writer);
        let bytes = writer.finish();
        assert_eq!(Periods::decode(&mut Reader::new(&bytes)), Ok(periods));
        // The shortest periods are as many as there are windows.
        let each: Vec<Counted> = (0..MAX_OPEN_WINDOWS as u64).map(|window| counted(window, window, 1)).collect();
        let mut most = Periods::default();
        most.count(&each, NOW);
        assert_eq!((most.open.len(), windows_in(&most), most.settled.len()), (MAX_OPEN_WINDOWS, MAX_OPEN_WINDOWS, 0));
        // With all else that a snapshot has it is still a record.
        let mut writer = Writer::new();
        most.encode(&mut writer);
        assert!(writer.finish().len() + (8 << 20) < MAX_BODY);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_goes_is_known_to_be_late() {
        let mut periods = Periods::default();
        let fits = MAX_OPEN_WINDOWS / 8_928;
        periods.count(&five_minutes(fits as u64, 31), NOW);
        assert_eq!((periods.open.len(), periods.settled.len()), (fits, 0));
        let more: Vec<Counted> = (0..8_928).map(|n| counted(50, 1_000_000 + n, 1)).collect();
        periods.count(&more, NOW);
        let late = Settled { period: Period(0), ending: Ending::Late, at: NOW };
        assert_eq!((periods.settled.as_slice(), periods.open.len()), (&[late][..], fits));
        assert!(windows_in(&periods) <= MAX_OPEN_WINDOWS);
        // It is over, and stays so.
        periods.count(&[counted(0, 5, 1)], NOW);
        assert!(!periods.open.contains_key(&Period(0)));

        let mut periods = Periods::default();
        let each: Vec<Counted> = (0..MAX_PERIODS as u64 + 2).map(|n| counted(n, n, 1)).collect();
        periods.count(&each[..MAX_PERIODS], NOW);
        periods.fold(Window(u64::MAX));
        periods.count(&each[MAX_PERIODS..], NOW);
        assert_eq!((periods.open.len(), periods.open.keys().next()), (MAX_PERIODS, Some(&Period(2))));
        assert_eq!(periods.settled.iter().map(|settled| settled.period).collect::<Vec<_>>(), [0, 1].map(Period));
    }

    #[test]
    fn a_period_that_is_over_stays_so() {
        let mut periods = Periods::default();
        periods.count(&[counted(7, 1, 1), counted(8, 2, 1)], NOW);
        let settled = Settled { period: Period(8), ending: Ending::Declined, at: NOW };
        assert_eq!(periods.settle(settled), Ok(()));
        periods.count(&[counted(8, 3, 1)], NOW);
        assert!(!periods.open.contains_key(&Period(8)));
        assert_eq!(periods.settle(settled), Err(Refusal::NoPeriod(Period(8))));
    }
}
