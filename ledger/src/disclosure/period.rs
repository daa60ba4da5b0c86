//! What a meter attested of a period, as it stood at one block: which commitments a bill or a peak is about, and what the
//! meter did not know.

use hushwatt_crypto::{Element, Point, commitment::Opening, meter::Register};

use super::{
    At, Claim, DisclosureError, Facts,
    calendar::{Calendar, Period},
};
use crate::{
    parameters::Parameters,
    transaction::attest::WindowStatus,
    units::{MeterId, Timestamp, Utility, Window},
};

/// The windows of a meter that a claim is about, and one of its registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Which meter.
    pub meter: MeterId,
    /// Which register.
    pub register: Register,
    /// The first window.
    pub from: Window,
    /// The first window after them.
    pub until: Window,
    /// What counts is what is in force after this block.
    pub height: u64,
}

/// A window of a stretch that has been attested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostedWindow {
    /// Which window.
    pub window: Window,
    /// How its values came about when they were attested.
    pub status: WindowStatus,
    /// The register's values in force at the stretch's height, one commitment an interval.
    pub values: Vec<Point>,
    /// Whether those are a correction's.
    pub corrected: bool,
    /// The last correction after that height, if there was one.
    pub replaced: Option<At>,
}

/// A window of a stretch with what opens it.
#[derive(Clone, Debug)]
pub struct HeldWindow {
    /// Which window.
    pub window: Window,
    /// The register's values in force at the claim's height, one opening an interval.
    pub values: Vec<Opening>,
}

/// A time from a first second until the first one after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first second.
    pub from: Timestamp,
    /// The first one after it.
    pub until: Timestamp,
}

/// Of what a proof about a period is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenPeriod {
    /// Which meter.
    pub meter: MeterId,
    /// What it measures.
    pub utility: Utility,
    /// Export or import.
    pub register: Register,
    /// From when until when.
    pub span: Span,
    /// How many days that is.
    pub days: u32,
    /// Whose days.
    pub calendar: Calendar,
    /// The block after which the readings were in force.
    pub height: u64,
    /// How many intervals count.
    pub intervals: usize,
    /// Nothing was attested of these times by then: they count as nothing.
    pub absent: Vec<Span>,
    /// The meter did not know these and said so: they count as nothing.
    pub missing: Vec<Span>,
    /// Windows that the meter estimated or that were substituted.
    pub estimated: usize,
    /// Windows that were attested late.
    pub late: usize,
    /// Windows that the meter had corrected by then: the corrected values count.
    pub corrected: usize,
    /// Windows that it has corrected since: those corrections do not count.
    pub replaced: usize,
}

/// What bills, peaks and totals have in common.
pub(super) struct Over<'a> {
    pub(super) meter: MeterId,
    pub(super) register: Register,
    pub(super) height: u64,
    pub(super) period: &'a Period,
    pub(super) calendar: &'a Calendar,
}

/// Intervals of a period with their first seconds, and something for each.
pub(super) type Placed<T> = Vec<(Timestamp, T)>;

impl Claim {
    /// The windows that the claim is about, if it is about a period.
    pub fn stretch(&self, parameters: &Parameters) -> Option<Stretch> {
        let over = match self {
            Claim::Bill(bill) => bill.over(),
            Claim::Peak(peak) => peak.over(),
            Claim::Energy(energy) => energy.over(),
            _ => return None,
        };
        let (from, until) = over.intervals(parameters)?;
        let each = parameters.intervals_per_window() as u64;
        let Over { meter, register, height, .. } = over;
        Some(Stretch { meter, register, from: Window(from / each), until: Window(until.div_ceil(each)), height })
    }
}

impl Over<'_> {
    /// The period's intervals, the last one excluded: those that begin in it.
    fn intervals(&self, parameters: &Parameters) -> Option<(u64, u64)> {
        let (from, until) = self.period.bounds(self.calendar)?;
        Some((from.0.div_ceil(parameters.interval), until.0.div_ceil(parameters.interval)))
    }

    /// Those of a window's intervals that begin in the period.
    fn of_window<T>(&self, parameters: &Parameters, window: Window, values: impl IntoIterator<Item = T>) -> Placed<T> {
        let Some((from, until)) = self.intervals(parameters) else { return Vec::new() };
        let numbered = (parameters.first_interval(window).0..).zip(values);
        let counting = numbered.filter(|(interval, _)| (from..until).contains(interval));
        counting.map(|(interval, value)| (Timestamp(interval.saturating_mul(parameters.interval)), value)).collect()
    }

    /// The openings of the period's intervals, in their order.
    pub(super) fn held<'w>(&self, parameters: &Parameters, windows: &'w [HeldWindow]) -> Placed<&'w Opening> {
        let mut windows: Vec<&HeldWindow> = windows.iter().collect();
        windows.sort_by_key(|held| held.window);
        windows.into_iter().flat_map(|held| self.of_window(parameters, held.window, &held.values)).collect()
    }

    /// The ledger's commitments of the period's intervals, in their order, and what there is to say about them.
    pub(super) fn posted(&self, facts: &dyn Facts) -> Result<(Placed<Element>, ProvenPeriod), DisclosureError> {
        let (genesis, tip) = (facts.genesis(), facts.tip());
        let meter = genesis.meter(self.meter).ok_or(DisclosureError::UnknownMeter)?;
        if self.height > tip.height {
            return Err(DisclosureError::UnknownHeight { height: self.height, tip: tip.height });
        }
        let parameters = &genesis.parameters;
        let bounds = self.period.bounds(self.calendar).zip(self.intervals(parameters));
        let ((from, until), (first, end)) = bounds.ok_or(DisclosureError::NoReadings)?;
        let each = parameters.intervals_per_window() as u64;
        let (from_window, until_window) = (Window(first / each), Window(end.div_ceil(each)));
        let (register, height) = (self.register, self.height);
        let stretch = Stretch { meter: self.meter, register, from: from_window, until: until_window, height };
        let posted = facts.windows(&stretch)?;
        let mut placed = Vec::new();
        for window in &posted {
            let values = window.values.iter().map(|value| *value.element());
            placed.extend(self.of_window(parameters, window.window, values));
        }
        if placed.is_empty() {
            return Err(DisclosureError::NoReadings);
        }
        let span = Span { from, until };
        let spans = |windows: &mut dyn Iterator<Item = Window>| joined(parameters, span, windows);
        let counted = |wanted: &dyn Fn(&&PostedWindow) -> bool| posted.iter().filter(wanted).count();
        let known = |window: &Window| posted.binary_search_by_key(window, |posted| posted.window).is_ok();
        let lost = posted.iter().filter(|posted| posted.status == WindowStatus::Missing && !posted.corrected);
        let proven = ProvenPeriod {
            meter: self.meter,
            utility: meter.utility,
            register,
            span,
            days: self.period.days(),
            calendar: self.calendar.clone(),
            height,
            intervals: placed.len(),
            absent: spans(&mut (from_window.0..until_window.0).map(Window).filter(|window| !known(window))),
            missing: spans(&mut lost.map(|posted| posted.window)),
            estimated: counted(&|posted| {
                !posted.corrected && matches!(posted.status, WindowStatus::Estimated | WindowStatus::Substituted)
            }),
            late: counted(&|posted| !posted.corrected && posted.status == WindowStatus::Late),
            corrected: counted(&|posted| posted.corrected),
            replaced: counted(&|posted| posted.replaced.is_some()),
        };
        Ok((placed, proven))
    }
}

/// Windows that follow one another as one span, as far as they are within the period.
fn joined(parameters: &Parameters, within: Span, windows: &mut dyn Iterator<Item = Window>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for window in windows {
        let from = parameters.window_start(window).max(within.from);
        let until = parameters.window_end(window).min(within.until);
        match spans.last_mut() {
            Some(last) if last.until == from => last.until = until,
            _ => spans.push(Span { from, until }),
        }
    }
    spans
}

/// The commitments that openings are of.
pub(super) fn committed(openings: &[Opening]) -> Vec<Element> {
    openings.iter().map(Opening::commit).collect()
}
